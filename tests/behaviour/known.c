/* SPDX-License-Identifier: BSD-3-Clause */
/* A list of real controllers: each case gets the first free one that has the shape it wants. */
#include "known.h"

#include <errno.h>
#include <stdio.h>

#include "base/util.h"
#include "stranger.h"

#define CONTROLLERS_MAX 16u
#define MDTS_UNIT       4096u /* CAP.MPSMIN is 0 */

static struct known {
	const char *uri;
	struct shape shape;
} known[CONTROLLERS_MAX];
static uint32_t nknown;

/* --- the list ------------------------------------------------------------------------------- */

static struct shape shape_of(upnvme_ctrlr *ctrlr)
{
	struct upnvme_ctrlr_info info = { .size = UPNVME_CTRLR_INFO_SIZE };
	struct shape shape = { 0 };
	upnvme_ns *ns;

	if (upnvme_ctrlr_info_get(ctrlr, &info) || upnvme_ns_get(&ns, ctrlr, 1))
		return shape;
	shape.block = upnvme_ns_block_size(ns);
	shape.size = upnvme_ns_block_count(ns) * shape.block;
	shape.nqueues = info.max_qpairs;
	shape.nnamespaces = info.ns_count;
	while (((uint64_t)MDTS_UNIT << shape.mdts) < info.max_transfer_bytes)
		shape.mdts++;
	return shape;
}

bool known_add(const char *uri)
{
	upnvme_ctrlr *ctrlr;

	if (nknown == CONTROLLERS_MAX || upnvme_open(&ctrlr, uri, NULL)) {
		fprintf(stderr, "%s: %s\n", uri, upnvme_last_error());
		return false;
	}
	known[nknown++] = (struct known){ uri, shape_of(ctrlr) };
	return !upnvme_close(ctrlr);
}

/* --- a controller for a case ------------------------------------------------------------------ */

static bool fits(const struct shape *there, const struct shape *wanted)
{
	const uint64_t pairs[][2] = {
		{ there->size, wanted->size },
		{ there->block, wanted->block },
		{ there->mdts, wanted->mdts },
		{ there->nqueues, wanted->nqueues },
		{ there->nnamespaces, wanted->nnamespaces },
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		if (pairs[i][1] && pairs[i][1] != pairs[i][0])
			return false;
	return true;
}

static void note(void *arg, const struct upnvme_completion *done)
{
	*(int *)arg = done->status ? -1 : 1;
}

static int wipe(upnvme_qpair *qp, upnvme_ns *ns)
{
	int done = 0, rc;

	rc = upnvme_write_zeroes(qp, ns, 0, (uint32_t)upnvme_ns_block_count(ns), note, &done);
	while (!rc && !done)
		rc = MIN(upnvme_poll(qp, 0), 0);
	return rc ? rc : MIN(done, 0);
}

static int wipe_all(upnvme_ctrlr *ctrlr)
{
	upnvme_qpair *qp;
	upnvme_ns *ns;
	int rc = upnvme_qpair_create(&qp, ctrlr, NULL);

	if (rc)
		return rc;
	for (uint32_t nsid = 0; !rc && (nsid = upnvme_ns_next(ctrlr, nsid)) != 0;) {
		rc = upnvme_ns_get(&ns, ctrlr, nsid);
		if (!rc)
			rc = wipe(qp, ns);
	}
	return upnvme_qpair_close(qp) ? -EIO : rc;
}

int stranger_open(upnvme_ctrlr **ctrlr, const struct shape *shape,
		  const struct upnvme_open_opts *opts)
{
	int rc = -ENODEV;

	for (uint32_t i = 0; i < nknown; i++) {
		if (!fits(&known[i].shape, shape))
			continue;
		rc = upnvme_open(ctrlr, known[i].uri, opts);
		if (rc != -EBUSY)
			return rc ? rc : wipe_all(*ctrlr);
	}
	fprintf(stderr,
		"no controller of %llu bytes in blocks of %llu, MDTS %llu, with %llu namespaces\n",
		(unsigned long long)shape->size, (unsigned long long)shape->block,
		(unsigned long long)shape->mdts, (unsigned long long)shape->nnamespaces);
	return rc;
}
