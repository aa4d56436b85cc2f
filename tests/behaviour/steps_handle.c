/* SPDX-License-Identifier: BSD-3-Clause */
/* Steps that open, create, close and hand over: controllers, namespaces, queue pairs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run.h"

struct future {
	union {
		struct upnvme_open_opts open;
		struct upnvme_qpair_opts qpair;
		uint8_t bytes[128];
	};
};

/* Replaces {path}, and {uri} by the configuration's URI with the case's own parameters. */
static void uri_expand(struct run *run, const char *from, char *to, size_t room)
{
	const struct configuration *c = run->configuration;
	const char *more = json_string(c->one, "uri", "");
	const char *medium = strcmp(c->medium, "file") == 0 ? run->path : c->medium;
	char uri[400];

	snprintf(uri, sizeof(uri), "soft:%s?size=%llu&block=%u&mode=%s%s%s", medium,
		 (unsigned long long)(case_blocks(run) * c->block), c->block, c->mode,
		 *more ? "&" : "", more);
	*to = '\0';
	while (*from && strlen(to) + 1 < room) {
		if (strncmp(from, "{path}", 6) == 0)
			strncat(to, run->path, room - strlen(to) - 1);
		else if (strncmp(from, "{uri}", 5) == 0)
			strncat(to, uri, room - strlen(to) - 1);
		else
			strncat(to, (char[]){ *from, 0 }, room - strlen(to) - 1);
		from += strncmp(from, "{path}", 6) == 0 ? 6 :
			strncmp(from, "{uri}", 5) == 0  ? 5 :
							  1;
	}
}

/* "future": bytes behind those that the library knows; "size": the struct's own size field. */
static void future_apply(const struct json *step, struct future *opts, uint32_t known)
{
	const struct json *future = json_get(step, "future");
	uint32_t size = (uint32_t)json_number(step, "size", future ? known + 16 : known);

	memcpy(opts->bytes, &size, sizeof(size));
	if (future)
		opts->bytes[known + 8] = (uint8_t)future->number;
}

static bool step_open(struct run *run, const struct json *step)
{
	struct future opts = { .open = UPNVME_OPEN_OPTS_INIT };
	upnvme_ctrlr *ctrlr = NULL;
	char uri[600];
	int rc;

	uri_expand(run, json_string(step, "uri", "{uri}"), uri, sizeof(uri));
	opts.open.max_transfer_bytes = (uint64_t)json_number(step, "max_transfer", 0);
	opts.open.nqpairs = (uint32_t)json_number(step, "nqpairs", 0);
	opts.open.flags = (uint32_t)json_number(step, "flags", 0);
	future_apply(step, &opts, sizeof(opts.open));
	rc = upnvme_open(&ctrlr, uri, &opts.open);
	if (rc == 0)
		named_add(run, NAMED_CTRLR, json_string(step, "as", "ctrlr"))->handle = ctrlr;
	return expect_result(run, step, rc);
}

static bool step_close(struct run *run, const struct json *step)
{
	const char *name = json_string(step, "ctrlr", "ctrlr");
	struct named *named = named_find(run, NAMED_CTRLR, name);
	int rc = upnvme_close(named ? named->handle : NULL);

	if (rc == 0 && named)
		named_remove(named);
	return expect_result(run, step, rc);
}

static bool step_ns(struct run *run, const struct json *step)
{
	upnvme_ctrlr *ctrlr = step_handle(run, NAMED_CTRLR, "ctrlr", "ctrlr");
	upnvme_ns *ns = NULL;
	int rc = upnvme_ns_get(&ns, ctrlr, (uint32_t)json_number(step, "nsid", 1));

	if (rc == 0)
		named_add(run, NAMED_NS, json_string(step, "as", "ns"))->handle = ns;
	return expect_result(run, step, rc);
}

static bool step_qpair(struct run *run, const struct json *step)
{
	const struct json *one = run->configuration->one;
	upnvme_ctrlr *ctrlr = step_handle(run, NAMED_CTRLR, "ctrlr", "ctrlr");
	struct future opts = { .qpair = UPNVME_QPAIR_OPTS_INIT };
	upnvme_qpair *qp = NULL;
	int rc;

	opts.qpair.entries = (uint32_t)json_number(step, "entries", json_number(one, "entries", 0));
	opts.qpair.outstanding = (uint32_t)json_number(step, "outstanding", 0);
	opts.qpair.flags = (uint32_t)json_number(step, "flags", 0);
	future_apply(step, &opts, sizeof(opts.qpair));
	rc = upnvme_qpair_create(&qp, ctrlr, &opts.qpair);
	if (rc == 0)
		named_add(run, NAMED_QPAIR, json_string(step, "as", "qpair"))->handle = qp;
	return expect_result(run, step, rc);
}

static bool step_qpair_close(struct run *run, const struct json *step)
{
	struct named *named = named_find(run, NAMED_QPAIR, json_string(step, "qpair", "qpair"));
	int rc = upnvme_qpair_close(named ? named->handle : NULL);

	/* Within a callback the poll carries the close out. Where functions do not run within polls
	 * it is done at once. */
	if (rc == -EINPROGRESS)
		rc = 0;
	if (rc == 0 && named)
		named_remove(named);
	return expect_result(run, step, rc);
}

static bool simple(struct run *run, const struct json *step, int (*call)(upnvme_qpair *))
{
	return expect_result(run, step, call(step_handle(run, NAMED_QPAIR, "qpair", "qpair")));
}

static bool step_stop(struct run *run, const struct json *step)
{
	return simple(run, step, upnvme_qpair_stop);
}

static bool step_release(struct run *run, const struct json *step)
{
	return simple(run, step, upnvme_qpair_release);
}

static bool step_adopt(struct run *run, const struct json *step)
{
	return simple(run, step, upnvme_qpair_adopt);
}

static bool step_abandon(struct run *run, const struct json *step)
{
	return simple(run, step, upnvme_qpair_abandon);
}

static bool step_ring(struct run *run, const struct json *step)
{
	return simple(run, step, upnvme_qpair_ring);
}

static bool step_file(struct run *run, const struct json *step)
{
	int rc = truncate(run->path, (off_t)json_number(step, "bytes", 0));

	return rc == 0 || run_fail(run, "truncate failed");
}

static bool step_property(struct run *run, const struct json *step)
{
	const char *name = json_string(step, "name", "");
	upnvme_ctrlr *ctrlr = step_handle(run, NAMED_CTRLR, "ctrlr", "ctrlr");
	upnvme_qpair *qp = step_handle(run, NAMED_QPAIR, "qpair", "qpair");
	upnvme_ns *ns = step_handle(run, NAMED_NS, "ns", "ns");
	struct upnvme_ctrlr_info info = { .size = UPNVME_CTRLR_INFO_SIZE };
	const struct {
		const char *name;
		uint64_t value;
	} values[] = {
		{ "ns.block_size", upnvme_ns_block_size(ns) },
		{ "ns.block_count", upnvme_ns_block_count(ns) },
		{ "ns.id", upnvme_ns_id(ns) },
		{ "ns.next", upnvme_ns_next(ctrlr, upnvme_ns_id(ns)) },
		{ "ns.metadata_size", upnvme_ns_metadata_size(ns) },
		{ "ns.max_transfer_bytes",
		  (uint64_t)upnvme_ns_max_transfer_blocks(ns) * upnvme_ns_block_size(ns) },
		{ "qpair.entries", upnvme_qpair_entries(qp) },
		{ "qpair.outstanding_max", upnvme_qpair_outstanding_max(qp) },
		{ "qpair.inflight", upnvme_qpair_inflight(qp) },
		{ "ctrlr.max_transfer_bytes",
		  upnvme_ctrlr_info_get(ctrlr, &info) ? 0 : info.max_transfer_bytes },
		{ "ctrlr.sgl", info.sgl },
		{ "ctrlr.ns_count", info.ns_count },
	};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (strcmp(values[i].name, name) == 0)
			return values[i].value == quantity(run, json_get(step, "is"), 0) ||
			       run_fail(run, "%s is %llu", name,
					(unsigned long long)values[i].value);
	return run_fail(run, "no property \"%s\"", name);
}

const struct step_kind steps_handle[] = {
	{ "open", step_open },
	{ "close", step_close },
	{ "ns", step_ns },
	{ "qpair", step_qpair },
	{ "qpair_close", step_qpair_close },
	{ "stop", step_stop },
	{ "release", step_release },
	{ "adopt", step_adopt },
	{ "abandon", step_abandon },
	{ "ring", step_ring },
	{ "file", step_file },
	{ "property", step_property },
	{ NULL, NULL },
};
