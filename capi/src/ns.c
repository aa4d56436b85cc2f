/* SPDX-License-Identifier: BSD-3-Clause */
/* upnvme/ctrlr.h, namespaces: handles and properties. */
#include "driver/ns.h"

#include "base/handle.h"
#include "check.h"
#include "driver/ctrlr.h"
#include "options.h"

/* The size of the first version, which never changes. */
#define NS_INFO_V1 96u
_Static_assert(sizeof(struct upnvme_ns_info) >= NS_INFO_V1, "records only grow");

int upnvme_ns_get(upnvme_ns **ns, upnvme_ctrlr *ctrlr, uint32_t nsid)
{
	int rc = check_pointer(ns, "upnvme_ns_get", "ns");

	if (!rc)
		rc = ctrlr_check(ctrlr, "upnvme_ns_get");
	return rc ? rc : ns_get(ns, ctrlr, nsid);
}

uint32_t upnvme_ns_next(upnvme_ctrlr *ctrlr, uint32_t nsid)
{
	return ctrlr_check(ctrlr, "upnvme_ns_next") ? 0 : ns_next(ctrlr, nsid);
}

uint32_t upnvme_ns_id(const upnvme_ns *ns)
{
	return ns ? ns_id(ns) : 0;
}

uint32_t upnvme_ns_block_size(const upnvme_ns *ns)
{
	return ns ? ns_geometry(ns)->data_bytes : 0;
}

uint64_t upnvme_ns_block_count(const upnvme_ns *ns)
{
	return ns ? ns_geometry(ns)->nblocks : 0;
}

uint32_t upnvme_ns_metadata_size(const upnvme_ns *ns)
{
	return ns ? ns_geometry(ns)->metadata_bytes : 0;
}

uint32_t upnvme_ns_max_transfer_blocks(const upnvme_ns *ns)
{
	return ns ? ns_geometry(ns)->max_blocks : 0;
}

int upnvme_ns_info_get(upnvme_ns *ns, struct upnvme_ns_info *info)
{
	struct upnvme_ns_info full;
	int rc = check_pointer(ns, "upnvme_ns_info_get", "ns");

	if (!rc)
		rc = handle_check(ns, HANDLE_NS, "upnvme_ns_info_get");
	if (!rc)
		rc = check_pointer(info, "upnvme_ns_info_get", "info");
	if (!rc)
		rc = record_check(info, NS_INFO_V1, "upnvme_ns_info");
	if (!rc)
		rc = ns_info(ns, &full);
	if (!rc)
		record_give(info, &full, sizeof(full));
	return rc;
}
