/* SPDX-License-Identifier: BSD-3-Clause */
/* The memory of namespaces that is kept until the controller's end: handles, snapshots of their geometry, and
 * tables. */
#include "driver/ns_table.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/handle.h"
#include "driver/ctrlr.h"
#include <upnvme/spec/opcode.h>

static const struct ns_geometry gone;

void *ns_keep(struct upnvme_ctrlr *ctrlr, uint64_t bytes, const char *what)
{
	void *kept;

	if (bytes > NS_KEPT_BYTES_MAX - ctrlr->ns_kept_bytes) {
		error_set(-ENOSPC, UPNVME_ERR_CTRLR_INVALID,
			  "%s has announced so many namespaces, or changed them so often, that the "
			  "%u MiB that are kept for namespaces have no room for another %s: close "
			  "the controller and open it again",
			  ctrlr->uri, NS_KEPT_BYTES_MAX >> 20, what);
		return NULL;
	}
	kept = calloc(1, bytes);
	if (kept)
		ctrlr->ns_kept_bytes += bytes;
	else
		error_no_memory(what, bytes);
	return kept;
}

/* Gives back memory of ns_keep. */
static void ns_unkeep(struct upnvme_ctrlr *ctrlr, void *memory, uint64_t bytes)
{
	ctrlr->ns_kept_bytes -= bytes;
	free(memory);
}

static bool same_geometry(const struct ns_geometry *a, const struct ns_geometry *b)
{
	return a->nblocks == b->nblocks && a->block_bytes == b->block_bytes &&
	       a->boundary_blocks == b->boundary_blocks && a->data_bytes == b->data_bytes &&
	       a->metadata_bytes == b->metadata_bytes &&
	       a->metadata_extended == b->metadata_extended && a->protection == b->protection &&
	       a->pi_bytes == b->pi_bytes && a->ref_tag_bits == b->ref_tag_bits &&
	       a->csi == b->csi && a->refused == b->refused;
}

/* The equal snapshot of earlier, or null: a namespace whose format alternates takes no further memory. */
static const struct ns_geometry *kept_before(const struct upnvme_ns *ns,
					     const struct ns_geometry *geometry)
{
	const struct ns_geometry *kept = ns->kept;

	while (kept && !same_geometry(kept, geometry))
		kept = kept->older;
	return kept;
}

static const struct ns_geometry *keep_geometry(struct upnvme_ns *ns,
					       const struct ns_geometry *geometry)
{
	struct ns_geometry *copy = ns_keep(ns->ctrlr, sizeof(*copy), "namespace's geometry");

	if (!copy)
		return NULL;
	*copy = *geometry;
	copy->older = ns->kept;
	ns->kept = copy;
	return copy;
}

int ns_publish(struct upnvme_ns *ns, const struct ns_geometry *geometry)
{
	const struct ns_geometry *kept = kept_before(ns, geometry);

	if (!kept)
		kept = keep_geometry(ns, geometry);
	atomic_store_explicit(&ns->geometry, kept ? kept : &gone, memory_order_release);
	return kept ? 0 : error_last()->err;
}

void ns_publish_gone(struct upnvme_ns *ns)
{
	atomic_store_explicit(&ns->geometry, &gone, memory_order_release);
}

int ns_create(struct upnvme_ns **ns, struct upnvme_ctrlr *ctrlr, uint32_t nsid)
{
	struct upnvme_ns *created = ns_keep(ctrlr, sizeof(*created), "namespace");
	int rc = created ? handle_add(created, HANDLE_NS) : error_last()->err;

	if (rc) {
		if (created)
			ns_unkeep(ctrlr, created, sizeof(*created));
		return rc;
	}
	created->ctrlr = ctrlr;
	created->nsid = nsid;
	created->key_read = (uint64_t)nsid << 32 | UPNVME_SPEC_CMD_READ;
	created->key_write = (uint64_t)nsid << 32 | UPNVME_SPEC_CMD_WRITE;
	ns_publish_gone(created);
	*ns = created;
	return 0;
}

void ns_uncreate(struct upnvme_ns *ns)
{
	handle_remove(ns);
	while (ns->kept) {
		struct ns_geometry *kept = ns->kept;

		ns->kept = kept->older;
		ns_unkeep(ns->ctrlr, kept, sizeof(*kept));
	}
	ns_unkeep(ns->ctrlr, ns, sizeof(*ns));
}

void ns_destroy(struct upnvme_ctrlr *ctrlr)
{
	struct ns_table *table = atomic_load(&ctrlr->namespaces);

	for (uint32_t i = 0; table && i < table->n; i++)
		ns_uncreate(table->ns[i]);
	while (table) {
		struct ns_table *older = table->older;

		free(table);
		table = older;
	}
	atomic_store(&ctrlr->namespaces, NULL);
}
