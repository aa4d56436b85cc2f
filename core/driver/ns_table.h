/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of a controller's namespaces, and the handles in it: for who reads it, and for who makes
 * the next one. */
#ifndef UPNVME_DRIVER_NS_TABLE_H
#define UPNVME_DRIVER_NS_TABLE_H

#include "driver/ns.h"

/* Sorted by identifier. The ones before it are kept: any thread may be looking at them. */
struct ns_table {
	struct ns_table *older;
	uint32_t n;
	struct upnvme_ns *ns[];
};

/* Handles, snapshots and tables live as long as the controller, and a device that invents namespaces,
 * or changes them all the time, must not eat all memory. */
#define NS_KEPT_BYTES_MAX (32u << 20)

/* The handle, or null; so for a null table. */
struct upnvme_ns *ns_table_find(const struct ns_table *table, uint32_t nsid);

/* Zeroed memory that is kept, within that limit; null with its sentence. `what` is in the singular.
 * The caller has ns_lock. */
void *ns_keep(struct upnvme_ctrlr *ctrlr, uint64_t bytes, const char *what);

/* A handle without geometry. */
int ns_create(struct upnvme_ns **ns, struct upnvme_ctrlr *ctrlr, uint32_t nsid);
/* For a handle that no caller has seen. */
void ns_uncreate(struct upnvme_ns *ns);
/* A snapshot in place of the one before. A snapshot that cannot be kept makes the namespace one that is gone, which is
 * the error. */
int ns_publish(struct upnvme_ns *ns, const struct ns_geometry *geometry);
void ns_publish_gone(struct upnvme_ns *ns);

#endif
