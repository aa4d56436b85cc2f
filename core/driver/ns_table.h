/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of a controller's namespaces, and the handles in it: for readers of the table, and for the maker of
 * the next one. */
#ifndef UPNVME_DRIVER_NS_TABLE_H
#define UPNVME_DRIVER_NS_TABLE_H

#include "driver/ns.h"

/* A table, sorted by identifier. Older tables are kept: any thread may be looking at them. */
struct ns_table {
	struct ns_table *older;
	uint32_t n;
	struct upnvme_ns *ns[];
};

/* The most memory for handles, snapshots and tables. These live as long as the controller, and a device that invents
 * namespaces, or changes them all the time, must not eat all memory. */
#define NS_KEPT_BYTES_MAX (32u << 20)

/* The handle of an identifier, or null; null for a null table, too. */
struct upnvme_ns *ns_table_find(const struct ns_table *table, uint32_t nsid);

/* Zeroed memory that is kept, within that limit; or null, with its sentence, where `what` names one such
 * thing. The caller holds ns_lock. */
void *ns_keep(struct upnvme_ctrlr *ctrlr, uint64_t bytes, const char *what);

/* Makes a handle without geometry, as that of a namespace that is gone. */
int ns_create(struct upnvme_ns **ns, struct upnvme_ctrlr *ctrlr, uint32_t nsid);
/* Frees a handle, with its snapshots, that no caller has seen, or that none uses any more. */
void ns_uncreate(struct upnvme_ns *ns);
/* Puts a snapshot in the place of the one before. Where the snapshot cannot be kept, the namespace counts as gone, and
 * the call fails. */
int ns_publish(struct upnvme_ns *ns, const struct ns_geometry *geometry);
void ns_publish_gone(struct upnvme_ns *ns);

#endif
