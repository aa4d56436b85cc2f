/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The namespaces of a controller, looked up in a table that never changes: readers load its pointer without a
 * lock.
 */
#include "driver/ns.h"

#include "base/error.h"
#include "driver/ctrlr.h"
#include "driver/ns_table.h"
#include <upnvme/spec/sqe.h>

static const struct ns_table *table_of(struct upnvme_ctrlr *ctrlr)
{
	return atomic_load_explicit(&ctrlr->namespaces, memory_order_acquire);
}

/* The index of the first entry whose identifier is not below `nsid`. */
static uint32_t table_seek(const struct ns_table *table, uint32_t nsid)
{
	uint32_t low = 0, high = table ? table->n : 0;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (table->ns[middle]->nsid < nsid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct upnvme_ns *ns_table_find(const struct ns_table *table, uint32_t nsid)
{
	uint32_t i = table_seek(table, nsid);

	return table && i < table->n && table->ns[i]->nsid == nsid ? table->ns[i] : NULL;
}

struct upnvme_ns *ns_find(struct upnvme_ctrlr *ctrlr, uint32_t nsid)
{
	return ns_table_find(table_of(ctrlr), nsid);
}

int ns_get(struct upnvme_ns **ns, struct upnvme_ctrlr *ctrlr, uint32_t nsid)
{
	struct upnvme_ns *found = ns_find(ctrlr, nsid);

	if (nsid == UPNVME_SPEC_NSID_NONE || nsid == UPNVME_SPEC_NSID_BROADCAST)
		return error_set(-EINVAL, UPNVME_ERR_ARGUMENT,
				 "%u is no identifier of a namespace: give 1 to FFFFFFFEh", nsid);
	if (!found)
		return error_set(
			-ENODEV, UPNVME_ERR_NS_NOT_FOUND,
			"%s has no active namespace %u%s: upnvme_ns_next lists those that are "
			"active",
			ctrlr->uri, nsid,
			atomic_load(&ctrlr->ns_refused) ?
				", or had no room for it (the log says why)" :
				"");
	if (ns_geometry(found)->refused)
		return error_set(
			-ENODEV, UPNVME_ERR_NS_FORMAT,
			"namespace %u of %s has a format that this library does not take (the log "
			"says why): format it with another format",
			nsid, ctrlr->uri);
	if (!ns_geometry(found)->nblocks)
		return error_set(
			-ENODEV, UPNVME_ERR_NS_GONE,
			"namespace %u of %s is not active any more: it was deleted or detached; "
			"upnvme_ns_next lists those that are active",
			nsid, ctrlr->uri);
	*ns = found;
	return 0;
}

uint32_t ns_next(struct upnvme_ctrlr *ctrlr, uint32_t nsid)
{
	const struct ns_table *table = table_of(ctrlr);

	if (nsid == UINT32_MAX)
		return 0;
	for (uint32_t i = table_seek(table, nsid + 1); table && i < table->n; i++)
		if (ns_geometry(table->ns[i])->nblocks)
			return table->ns[i]->nsid;
	return 0;
}

uint32_t ns_count(struct upnvme_ctrlr *ctrlr)
{
	const struct ns_table *table = table_of(ctrlr);
	uint32_t n = 0;

	for (uint32_t i = 0; table && i < table->n; i++)
		n += ns_geometry(table->ns[i])->nblocks != 0;
	return n;
}
