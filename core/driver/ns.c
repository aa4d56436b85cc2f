/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The namespaces of a controller: a table sorted by identifier, of which readers take a snapshot
 * without a lock.
 *
 * Handles and tables live as long as the controller, since any thread may be looking at them. The
 * work is proportional to what is active, never to NN.
 */
#include "driver/ns.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/handle.h"
#include "base/log.h"
#include "base/util.h"
#include "driver/ctrlr.h"
#include "driver/identify.h"
#include "spec/identify.h"
#include "spec/opcode.h"
#include "spec/sqe.h"

/* A device that lies about its namespaces must not eat all memory. */
#define NAMESPACES_MAX 65536u

struct ns_table {
	struct ns_table *older;
	uint32_t n;
	struct upnvme_ns *ns[];
};

/* --- looking up ----------------------------------------------------------------------------------- */

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

static struct upnvme_ns *table_find(const struct ns_table *table, uint32_t nsid)
{
	uint32_t i = table_seek(table, nsid);

	return table && i < table->n && table->ns[i]->nsid == nsid ? table->ns[i] : NULL;
}

struct upnvme_ns *ns_find(struct upnvme_ctrlr *ctrlr, uint32_t nsid)
{
	return table_find(table_of(ctrlr), nsid);
}

int ns_get(struct upnvme_ns **ns, struct upnvme_ctrlr *ctrlr, uint32_t nsid)
{
	struct upnvme_ns *found = ns_find(ctrlr, nsid);

	if (nsid == NVME_NSID_NONE || nsid == NVME_NSID_BROADCAST)
		return error_set(-EINVAL, UPNVME_ERR_ARGUMENT,
				 "%u is no namespace's identifier: they are 1 to FFFFFFFEh", nsid);
	if (!found)
		return error_set(
			-ENODEV, UPNVME_ERR_NS_NOT_FOUND,
			"%s has no active namespace %u: upnvme_ns_next tells which there are",
			ctrlr->uri, nsid);
	if (ns_geometry(found)->refused)
		return error_set(
			-ENODEV, UPNVME_ERR_NS_FORMAT,
			"namespace %u of %s has a format that this library does not take (the log "
			"says why): format it otherwise",
			nsid, ctrlr->uri);
	if (!ns_geometry(found)->nblocks)
		return error_set(
			-ENODEV, UPNVME_ERR_NS_GONE,
			"namespace %u of %s is not active any more: it was deleted or detached",
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

/* --- one namespace -------------------------------------------------------------------------------- */

static bool same_geometry(const struct ns_geometry *a, const struct ns_geometry *b)
{
	return a->nblocks == b->nblocks && a->block_bytes == b->block_bytes &&
	       a->boundary_blocks == b->boundary_blocks && a->data_bytes == b->data_bytes &&
	       a->metadata_bytes == b->metadata_bytes &&
	       a->metadata_extended == b->metadata_extended && a->protection == b->protection &&
	       a->refused == b->refused;
}

/* A snapshot in place of the one before, which stays for those who look at it. */
static int publish(struct upnvme_ns *ns, const struct ns_geometry *geometry)
{
	const struct ns_geometry *older = ns_geometry(ns);
	struct ns_geometry *copy;

	if (older && same_geometry(older, geometry))
		return 0;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return error_no_memory("a namespace", sizeof(*copy));
	*copy = *geometry;
	copy->older = older;
	atomic_store_explicit(&ns->geometry, copy, memory_order_release);
	return 0;
}

static int publish_gone(struct upnvme_ns *ns)
{
	struct ns_geometry gone = { 0 };

	return publish(ns, &gone);
}

/* A status is no failure of ours: the namespace may have gone since it was listed. */
static int ns_identify(struct upnvme_ns *ns)
{
	struct upnvme_ctrlr *ctrlr = ns->ctrlr;
	struct ns_geometry geometry;
	struct nvme_id_ns id;
	struct upnvme_completion done;
	int rc = identify_run(ctrlr, NVME_CNS_NS, ns->nsid, &id, &done);

	if (rc)
		return rc;
	if (done.status) {
		log_warn("%s: Identify of namespace %u answered with status %04xh: not used",
			 ctrlr->uri, ns->nsid, done.status);
		return publish_gone(ns);
	}
	ns_geometry_decode(&geometry, &ctrlr->limits, ns->nsid, &id);
	return publish(ns, &geometry);
}

static void ns_free(struct upnvme_ns *ns)
{
	const struct ns_geometry *geometry = ns ? ns_geometry(ns) : NULL;

	handle_remove(ns);
	while (geometry) {
		const struct ns_geometry *older = geometry->older;

		free((void *)geometry);
		geometry = older;
	}
	free(ns);
}

static int ns_create(struct upnvme_ns **ns, struct upnvme_ctrlr *ctrlr, uint32_t nsid)
{
	struct upnvme_ns *created = calloc(1, sizeof(*created));
	int rc;

	if (!created)
		return error_no_memory("a namespace", sizeof(*created));
	created->ctrlr = ctrlr;
	created->nsid = nsid;
	created->key_read = (uint64_t)nsid << 32 | NVME_CMD_READ;
	created->key_write = (uint64_t)nsid << 32 | NVME_CMD_WRITE;
	rc = ns_identify(created);
	if (!rc)
		rc = handle_add(created, HANDLE_NS);
	if (rc)
		ns_free(created);
	else
		*ns = created;
	return rc;
}

/* --- all of them ---------------------------------------------------------------------------------- */

struct active_list {
	uint32_t *nsid;
	uint32_t n;
};

/* Takes in one page of the list; false at its end, or where it stops ascending as it must (NVMe
 * Base 2.0c, 4.6.2). */
static bool active_append(struct active_list *active, const struct nvme_ns_list *page)
{
	for (uint32_t i = 0; i < NVME_NS_LIST_ENTRIES; i++) {
		uint32_t nsid = page->nsid[i], last = active->n ? active->nsid[active->n - 1] : 0;

		if (nsid == NVME_NSID_NONE)
			return false;
		if (nsid <= last || nsid > NVME_NSID_MAX || active->n == NAMESPACES_MAX) {
			log_warn(
				"the list of active namespaces is cut at %u entries: %u follows %u",
				active->n, nsid, last);
			return false;
		}
		active->nsid[active->n++] = nsid;
	}
	return true;
}

static int active_read(struct upnvme_ctrlr *ctrlr, struct active_list *active)
{
	struct nvme_ns_list page;
	int rc = 0;

	*active = (struct active_list){ 0 };
	for (;;) {
		uint64_t bytes = (active->n + NVME_NS_LIST_ENTRIES) * sizeof(uint32_t);
		uint32_t *grown = realloc(active->nsid, bytes);
		uint32_t last;

		if (!grown)
			return error_no_memory("the list of namespaces", bytes);
		active->nsid = grown;
		last = active->n ? grown[active->n - 1] : 0;
		rc = identify(ctrlr, NVME_CNS_ACTIVE_NS_LIST, last, &page);
		if (rc || !active_append(active, &page))
			return rc;
		if (active->nsid[active->n - 1] == NVME_NSID_MAX) /* nothing can be above */
			return 0;
	}
}

static bool list_has(const uint32_t *list, uint32_t n, uint32_t nsid)
{
	for (uint32_t i = 0; i < n; i++)
		if (list[i] == nsid)
			return true;
	return false;
}

/* Everything that was known and is not listed any more. */
static int refresh_gone(struct upnvme_ctrlr *ctrlr, const struct active_list *active)
{
	const struct ns_table *table = table_of(ctrlr);
	uint32_t a = 0;
	int rc = 0;

	for (uint32_t i = 0; !rc && table && i < table->n; i++) {
		while (a < active->n && active->nsid[a] < table->ns[i]->nsid)
			a++;
		if (a == active->n || active->nsid[a] != table->ns[i]->nsid)
			rc = publish_gone(table->ns[i]);
	}
	return rc;
}

/* Handles of those that are new go to `added`; what changed or came back is identified anew. */
static int refresh_active(struct upnvme_ctrlr *ctrlr, const struct active_list *active,
			  const uint32_t *changed, uint32_t nchanged, struct ns_table *added)
{
	const struct ns_table *table = table_of(ctrlr);
	int rc = 0;

	for (uint32_t i = 0; !rc && i < active->n; i++) {
		struct upnvme_ns *ns = table_find(table, active->nsid[i]);

		if (!ns) {
			rc = ns_create(&added->ns[added->n], ctrlr, active->nsid[i]);
			added->n += !rc;
		} else if (!changed || !ns_geometry(ns)->nblocks ||
			   list_has(changed, nchanged, ns->nsid)) {
			rc = ns_identify(ns);
		}
	}
	return rc;
}

static struct ns_table *table_alloc(uint32_t n)
{
	return calloc(1, sizeof(struct ns_table) + n * sizeof(struct upnvme_ns *));
}

/* A table of both, sorted, in place of the one before. */
static int table_merge(struct upnvme_ctrlr *ctrlr, const struct ns_table *added)
{
	struct ns_table *older = atomic_load(&ctrlr->namespaces), *merged;
	uint32_t nolder = older ? older->n : 0, o = 0, a = 0;

	if (!added->n)
		return 0;
	merged = table_alloc(nolder + added->n);
	if (!merged)
		return error_no_memory("the table of namespaces", nolder + added->n);
	while (o < nolder || a < added->n) {
		bool take_older =
			a == added->n || (o < nolder && older->ns[o]->nsid < added->ns[a]->nsid);

		merged->ns[merged->n++] = take_older ? older->ns[o++] : added->ns[a++];
	}
	merged->older = older;
	atomic_store_explicit(&ctrlr->namespaces, merged, memory_order_release);
	return 0;
}

static int refresh(struct upnvme_ctrlr *ctrlr, const struct active_list *active,
		   const uint32_t *changed, uint32_t n)
{
	struct ns_table *added = table_alloc(active->n);
	int rc;

	if (!added)
		return error_no_memory("the table of namespaces", active->n * sizeof(void *));
	rc = refresh_gone(ctrlr, active);
	if (!rc)
		rc = refresh_active(ctrlr, active, changed, n, added);
	if (!rc)
		rc = table_merge(ctrlr, added);
	for (uint32_t i = 0; rc && i < added->n; i++)
		ns_free(added->ns[i]);
	free(added);
	return rc;
}

int ns_refresh(struct upnvme_ctrlr *ctrlr, const uint32_t *changed, uint32_t n)
{
	struct active_list active;
	int rc;

	pthread_mutex_lock(&ctrlr->ns_lock);
	rc = active_read(ctrlr, &active);
	if (!rc)
		rc = refresh(ctrlr, &active, changed, n);
	free(active.nsid);
	pthread_mutex_unlock(&ctrlr->ns_lock);
	return rc;
}

void ns_destroy(struct upnvme_ctrlr *ctrlr)
{
	struct ns_table *table = atomic_load(&ctrlr->namespaces);

	for (uint32_t i = 0; table && i < table->n; i++)
		ns_free(table->ns[i]);
	while (table) {
		struct ns_table *older = table->older;

		free(table);
		table = older;
	}
	atomic_store(&ctrlr->namespaces, NULL);
}
