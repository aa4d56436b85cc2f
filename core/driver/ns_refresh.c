/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Asks the controller which namespaces are active, and brings the handles of all namespaces up to date.
 * The work is proportional to the number of active namespaces, never to NN. Its amount and its time have limits
 * that no controller can raise.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/util.h"
#include "driver/admin.h"
#include "driver/command_sets.h"
#include "driver/ctrlr.h"
#include "driver/identify.h"
#include "driver/ns_table.h"
#include <upnvme/spec/identify.h>
#include <upnvme/spec/regs.h>
#include <upnvme/spec/sqe.h>
#include <upnvme/spec/status.h>

/* The most namespaces that are taken from a list. */
#define LISTED_MAX 65536u
/* The most namespaces of a controller without a list: as many as the first piece of a list has. */
#define SCAN_MAX UPNVME_SPEC_NS_LIST_ENTRIES
/* The time of a refresh, in units of admin_timeout_ns: after that time no further Identify begins. */
#define TIMEOUTS 4u

/* One refresh. The struct is in the heap, since a thread that polls may have little stack. */
struct refresh {
	struct upnvme_ctrlr *ctrlr;
	uint64_t deadline_ns;
	const uint32_t *changed; /* null: all */
	uint32_t nchanged;
	uint32_t *active;
	uint32_t nactive;
	uint32_t nrefused; /* namespaces for which there was no room */
	struct ns_table *added;
	union {
		struct upnvme_spec_ns_list list;
		struct upnvme_spec_id_ns id;
	} page;
	struct upnvme_spec_id_ns_nvm nvm;
};

static uint64_t refresh_deadline(const struct upnvme_ctrlr *ctrlr)
{
	uint64_t timeout_ns = ctrlr->admin_timeout_ns;

	return timeout_ns > UINT64_MAX / TIMEOUTS ? UINT64_MAX :
						    deadline_after(TIMEOUTS * timeout_ns);
}

/* Runs Identify into `page`, if the refresh has time left. */
static int refresh_ask(struct refresh *refresh, uint32_t cns, uint32_t nsid, void *page,
		       struct upnvme_completion *done)
{
	struct upnvme_ctrlr *ctrlr = refresh->ctrlr;

	if (!deadline_passed(refresh->deadline_ns))
		return identify_run(ctrlr, cns, nsid, page, done);
	return error_set(
		-ETIMEDOUT, UPNVME_ERR_CTRLR_TIMEOUT,
		"%s: to identify its namespaces takes longer than %u times %llu ms, and namespace "
		"%u was next: raise upnvme_open_opts.admin_timeout_ns, or close the controller",
		ctrlr->uri, TIMEOUTS, (unsigned long long)(ctrlr->admin_timeout_ns / NS_PER_MS),
		nsid);
}

/* --- what is active ------------------------------------------------------------------------------- */

/* Takes in one page of the list; false at the list's end, or where identifiers do not ascend as they must (NVMe
 * Base 2.0c, 4.6.2). */
static bool active_append(struct refresh *refresh)
{
	for (uint32_t i = 0; i < UPNVME_SPEC_NS_LIST_ENTRIES; i++) {
		uint32_t nsid = refresh->page.list.nsid[i], n = refresh->nactive;
		uint32_t last = n ? refresh->active[n - 1] : 0;

		if (nsid == UPNVME_SPEC_NSID_NONE)
			return false;
		if (nsid <= last || nsid > UPNVME_SPEC_NSID_MAX || n == LISTED_MAX) {
			log_warn(
				"the list of active namespaces is cut at %u entries: %u follows %u",
				n, nsid, last);
			return false;
		}
		refresh->active[refresh->nactive++] = nsid;
	}
	return true;
}

static int active_grow(struct refresh *refresh)
{
	uint64_t bytes = (refresh->nactive + UPNVME_SPEC_NS_LIST_ENTRIES) * sizeof(uint32_t);
	uint32_t *grown = realloc(refresh->active, bytes);

	if (!grown)
		return error_no_memory("the list of namespaces", bytes);
	refresh->active = grown;
	return 0;
}

/* Controllers with CC.CSS = 110b may have namespaces of other command sets: only those of NVM are asked for. */
static uint32_t list_cns(const struct upnvme_ctrlr *ctrlr)
{
	return command_sets_select(ctrlr->cap) == UPNVME_SPEC_CC_CSS_IOCS ?
		       UPNVME_SPEC_CNS_IOCS_ACTIVE_NS_LIST :
		       UPNVME_SPEC_CNS_ACTIVE_NS_LIST;
}

/* Whether the status is the answer of a controller that does not know the list. A controller that looks at the lower
 * bits of CNS alone takes the request for Identify of namespace 0, which does not exist. */
static bool status_is_refusal(uint16_t status)
{
	uint16_t code = UPNVME_SPEC_STATUS_CODE(status);

	return code == UPNVME_SPEC_SC_INVALID_FIELD ||
	       code == UPNVME_SPEC_SC_INVALID_NAMESPACE_OR_FORMAT ||
	       code == UPNVME_SPEC_SC_INVALID_OPCODE;
}

/* Identify of an inactive namespace gives zeroes, or an error status (NVMe 1.0e, 5.11). */
static int active_scan(struct refresh *refresh)
{
	uint32_t nn = refresh->ctrlr->id.nn, n = MIN(nn, SCAN_MAX);
	struct upnvme_completion done;
	int rc = 0;

	if (nn > n)
		log_warn("%s has no list of active namespaces, and up to %u namespaces: the first "
			 "%u are looked at",
			 refresh->ctrlr->uri, nn, n);
	refresh->nactive = 0;
	for (uint32_t nsid = 1; !rc && nsid <= n; nsid++) {
		rc = refresh_ask(refresh, UPNVME_SPEC_CNS_NS, nsid, &refresh->page, &done);
		if (!rc && !done.status && refresh->page.id.nsze)
			refresh->active[refresh->nactive++] = nsid;
	}
	return rc;
}

static int active_read(struct refresh *refresh)
{
	struct upnvme_completion done;
	uint32_t last = 0;

	do {
		int rc = active_grow(refresh);

		if (!rc && refresh->ctrlr->version < UPNVME_SPEC_VERSION_1_1)
			return active_scan(refresh);
		if (!rc)
			rc = refresh_ask(refresh, list_cns(refresh->ctrlr), last, &refresh->page,
					 &done);
		if (!rc && !last && status_is_refusal(done.status))
			return active_scan(refresh);
		if (!rc)
			rc = admin_check_status(&done, "Identify");
		if (rc || !active_append(refresh))
			return rc;
		last = refresh->active[refresh->nactive - 1];
	} while (last != UPNVME_SPEC_NSID_MAX); /* no identifier is above */
	return 0;
}

/* --- what has become of them ---------------------------------------------------------------------- */

/* Asks for the extended LBA format of the namespace whose Identify data are in the page. */
static int ask_elbaf(struct refresh *refresh, uint32_t nsid, uint32_t *elbaf)
{
	const struct ctrlr_limits *limits = &refresh->ctrlr->limits;
	const struct upnvme_spec_id_ns *id = &refresh->page.id;
	struct upnvme_completion done;
	int rc;

	*elbaf = 0;
	if (!ns_geometry_has_elbaf(limits, id))
		return 0;
	rc = refresh_ask(refresh, UPNVME_SPEC_CNS_IOCS_NS, nsid, &refresh->nvm, &done);
	if (!rc)
		*elbaf = ns_geometry_elbaf(limits, id, done.status, &refresh->nvm);
	return rc;
}

/* Neither an error status nor zeroes fail the refresh: the namespace may have gone since it was listed. */
static int refresh_ns(struct refresh *refresh, struct upnvme_ns *ns)
{
	struct ns_geometry geometry;
	struct upnvme_completion done;
	uint32_t elbaf;
	int rc = refresh_ask(refresh, UPNVME_SPEC_CNS_NS, ns->nsid, &refresh->page, &done);

	if (rc)
		return rc;
	if (done.status || !refresh->page.id.nsze) {
		log_warn("%s: Identify of namespace %u gave no blocks (status %04xh): not used",
			 refresh->ctrlr->uri, ns->nsid, done.status);
		ns_publish_gone(ns);
		return 0;
	}
	rc = ask_elbaf(refresh, ns->nsid, &elbaf);
	if (rc)
		return rc;
	ns_geometry_decode(&geometry, &refresh->ctrlr->limits, ns->nsid, &refresh->page.id, elbaf);
	return ns_publish(ns, &geometry);
}

static int refresh_new(struct refresh *refresh, uint32_t nsid)
{
	struct upnvme_ns *ns;
	int rc = ns_create(&ns, refresh->ctrlr, nsid);

	if (rc)
		return rc;
	rc = refresh_ns(refresh, ns);
	if (rc)
		ns_uncreate(ns);
	else
		refresh->added->ns[refresh->added->n++] = ns;
	return rc;
}

static bool has_changed(const struct refresh *refresh, const struct upnvme_ns *ns)
{
	if (!refresh->changed || !ns_geometry(ns)->nblocks)
		return true;
	for (uint32_t i = 0; i < refresh->nchanged; i++)
		if (refresh->changed[i] == ns->nsid)
			return true;
	return false;
}

/* Marks every namespace as gone that was known and is not listed any more. */
static void refresh_gone(struct refresh *refresh, const struct ns_table *table)
{
	uint32_t a = 0;

	for (uint32_t i = 0; table && i < table->n; i++) {
		while (a < refresh->nactive && refresh->active[a] < table->ns[i]->nsid)
			a++;
		if (a == refresh->nactive || refresh->active[a] != table->ns[i]->nsid)
			ns_publish_gone(table->ns[i]);
	}
}

/* Handles of new namespaces are added; namespaces that changed or came back are identified anew. A namespace for which
 * there is no room keeps no other from being brought up to date. */
static int refresh_active(struct refresh *refresh, const struct ns_table *table)
{
	for (uint32_t i = 0; i < refresh->nactive; i++) {
		struct upnvme_ns *ns = ns_table_find(table, refresh->active[i]);
		int rc = 0;

		if (!ns)
			rc = refresh_new(refresh, refresh->active[i]);
		else if (has_changed(refresh, ns))
			rc = refresh_ns(refresh, ns);
		if (rc == -ENOSPC)
			refresh->nrefused++;
		else if (rc)
			return rc;
	}
	return 0;
}

/* --- the next table ------------------------------------------------------------------------------- */

static uint64_t table_bytes(uint32_t n)
{
	return sizeof(struct ns_table) + n * sizeof(struct upnvme_ns *);
}

/* Publishes a sorted table of the old and the added handles. */
static int table_merge(struct upnvme_ctrlr *ctrlr, const struct ns_table *added)
{
	struct ns_table *older = atomic_load(&ctrlr->namespaces), *merged;
	uint32_t nolder = older ? older->n : 0, o = 0, a = 0;

	if (!added->n)
		return 0;
	merged = ns_keep(ctrlr, table_bytes(nolder + added->n), "table of namespaces");
	if (!merged)
		return error_last()->err;
	while (o < nolder || a < added->n) {
		bool take_older =
			a == added->n || (o < nolder && older->ns[o]->nsid < added->ns[a]->nsid);

		merged->ns[merged->n++] = take_older ? older->ns[o++] : added->ns[a++];
	}
	merged->older = older;
	atomic_store_explicit(&ctrlr->namespaces, merged, memory_order_release);
	return 0;
}

static int error_refused(const struct refresh *refresh)
{
	return error_set(
		-ENOSPC, UPNVME_ERR_CTRLR_INVALID,
		"%s has announced so many namespaces, or changed them so often, that the %u MiB "
		"that are kept for namespaces have no room for %u of them: close the controller "
		"and open it again",
		refresh->ctrlr->uri, NS_KEPT_BYTES_MAX >> 20, refresh->nrefused);
}

static int refresh_all(struct refresh *refresh)
{
	const struct ns_table *table = atomic_load(&refresh->ctrlr->namespaces);
	int rc = active_read(refresh);

	if (rc)
		return rc;
	refresh->added = calloc(1, table_bytes(refresh->nactive));
	if (!refresh->added)
		return error_no_memory("the table of namespaces", table_bytes(refresh->nactive));
	refresh_gone(refresh, table);
	rc = refresh_active(refresh, table);
	if (!rc)
		rc = table_merge(refresh->ctrlr, refresh->added);
	for (uint32_t i = 0; rc && i < refresh->added->n; i++)
		ns_uncreate(refresh->added->ns[i]);
	atomic_store(&refresh->ctrlr->ns_refused, refresh->nrefused);
	return !rc && refresh->nrefused ? error_refused(refresh) : rc;
}

int ns_refresh(struct upnvme_ctrlr *ctrlr, const uint32_t *changed, uint32_t n)
{
	struct refresh *refresh = calloc(1, sizeof(*refresh));
	int rc;

	if (!refresh)
		return error_no_memory("the list of namespaces", sizeof(*refresh));
	refresh->ctrlr = ctrlr;
	refresh->changed = changed;
	refresh->nchanged = n;
	pthread_mutex_lock(&ctrlr->ns_lock);
	refresh->deadline_ns = refresh_deadline(ctrlr);
	rc = refresh_all(refresh);
	pthread_mutex_unlock(&ctrlr->ns_lock);
	free(refresh->added);
	free(refresh->active);
	free(refresh);
	return rc;
}
