/* SPDX-License-Identifier: BSD-3-Clause */
/* A controller's life: opened, given up, closed. The order of its end is always the same: the device is stopped from
 * touching memory, then the memory goes. */
#include "driver/ctrlr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/handle.h"
#include "base/log.h"
#include "base/process.h"
#include "base/uri.h"
#include "base/util.h"
#include "driver/admin.h"
#include "driver/aside.h"
#include "driver/bringdown.h"
#include "driver/bringup.h"
#include "driver/cmb.h"
#include "driver/event.h"
#include "driver/features.h"
#include "driver/housekeeper.h"
#include "driver/identify.h"
#include "driver/ns.h"
#include "driver/ns_change.h"
#include "driver/poll.h"
#include "driver/quirks.h"
#include "driver/queue/qpair.h"
#include "transport/transport.h"

#define QPAIRS_DEFAULT           64u
#define QPAIRS_MAX               65535u
#define ADMIN_TIMEOUT_DEFAULT_NS (10 * NS_PER_S)
#define SHUTDOWN_LEAST_MS        5000u

int ctrlr_check(const struct upnvme_ctrlr *ctrlr, const char *call)
{
	if (!ctrlr)
		return error_set(-EINVAL, UPNVME_ERR_NULL,
				 "%s: the controller is null: give the handle of upnvme_open",
				 call);
	return handle_check(ctrlr, HANDLE_CTRLR, call);
}

int ctrlr_check_alive(const struct upnvme_ctrlr *ctrlr)
{
	if (!atomic_load(&ctrlr->failed))
		return 0;
	return error_set(-EIO, UPNVME_ERR_CTRLR_FAILED,
			 "%s has failed and was given up (%s): close it and open it again",
			 ctrlr->uri, ctrlr->failure);
}

/* --- giving up ------------------------------------------------------------------------------------ */

static void alert_qpairs(struct upnvme_ctrlr *ctrlr)
{
	pthread_mutex_lock(&ctrlr->lock);
	for (struct upnvme_qpair *qp = ctrlr->qpairs; qp; qp = qp->next) {
		qpair_alert(qp);
		interrupt_wake(qp);
	}
	pthread_mutex_unlock(&ctrlr->lock);
}

void ctrlr_fail(struct upnvme_ctrlr *ctrlr, const char *why)
{
	pthread_mutex_lock(&ctrlr->fail_lock);
	if (!atomic_load(&ctrlr->failed)) {
		log_error("%s is given up: %s", ctrlr->uri, why);
		snprintf(ctrlr->failure, sizeof(ctrlr->failure), "%s", why);
		if (bringdown_disable(ctrlr, ctrlr->admin_timeout_ns)) {
			log_error("%s cannot be disabled: %s", ctrlr->uri, error_last()->text);
			atomic_store(&ctrlr->at_large, true);
		}
		atomic_store(&ctrlr->failed_untold, true);
		atomic_store(&ctrlr->failed, true);
		admin_abort(ctrlr);
		alert_qpairs(ctrlr);
	}
	pthread_mutex_unlock(&ctrlr->fail_lock);
}

/* --- opening -------------------------------------------------------------------------------------- */

static int check_options(const struct upnvme_open_opts *opts)
{
	if (opts->flags & ~UPNVME_OPEN_HOUSEKEEPING)
		return error_set(-EINVAL, UPNVME_ERR_FLAGS,
				 "upnvme_open_opts.flags is %#x: use only the flags in %#x",
				 opts->flags, UPNVME_OPEN_HOUSEKEEPING);
	if (opts->nqpairs > QPAIRS_MAX)
		return error_set(-EINVAL, UPNVME_ERR_ARGUMENT,
				 "upnvme_open_opts.nqpairs is %u: give %u at most", opts->nqpairs,
				 QPAIRS_MAX);
	if (opts->max_transfer_bytes && opts->max_transfer_bytes < NVME_PAGE_BYTES)
		return error_set(
			-EINVAL, UPNVME_ERR_ARGUMENT,
			"upnvme_open_opts.max_transfer_bytes is %llu: give %u at least, or 0 for "
			"no limit",
			(unsigned long long)opts->max_transfer_bytes, NVME_PAGE_BYTES);
	return 0;
}

static void take_options(struct upnvme_ctrlr *ctrlr, const struct upnvme_open_opts *opts)
{
	ctrlr->wanted_qpairs = opts->nqpairs ? opts->nqpairs : QPAIRS_DEFAULT;
	ctrlr->keep_alive_ms = opts->keep_alive_ms;
	ctrlr->wanted_max_transfer_bytes = opts->max_transfer_bytes;
	ctrlr->admin_timeout_ns =
		opts->admin_timeout_ns ? opts->admin_timeout_ns : ADMIN_TIMEOUT_DEFAULT_NS;
}

static int ctrlr_fill(struct upnvme_ctrlr *ctrlr, const char *uri)
{
	ctrlr->uri = strdup(uri);
	if (!ctrlr->uri || events_create(ctrlr))
		return error_no_memory("a controller", sizeof(*ctrlr));
	return handle_add(ctrlr, HANDLE_CTRLR);
}

static int ctrlr_alloc(struct upnvme_ctrlr **ctrlr, struct transport *transport, const char *uri)
{
	int rc = process_begin();
	struct upnvme_ctrlr *created = rc ? NULL : handle_map(sizeof(*created));

	if (!created)
		return rc ? rc : -ENOMEM;
	rc = ctrlr_fill(created, uri);
	if (rc) {
		events_destroy(created);
		free(created->uri);
		handle_unmap(created, sizeof(*created));
		return rc;
	}
	created->transport = transport;
	created->domain = transport->domain;
	created->shutdown_least_ms = SHUTDOWN_LEAST_MS;
	pthread_mutex_init(&created->lock, NULL);
	pthread_mutex_init(&created->ns_lock, NULL);
	pthread_mutex_init(&created->ns_changes.settling, NULL);
	pthread_mutex_init(&created->fail_lock, NULL);
	*ctrlr = created;
	return 0;
}

void ctrlr_free(struct upnvme_ctrlr *ctrlr)
{
	qpairs_aside_free(ctrlr);
	admin_destroy(ctrlr);
	events_destroy(ctrlr);
	cmb_destroy(ctrlr);
	transport_close(ctrlr->transport);
	pthread_mutex_destroy(&ctrlr->lock);
	pthread_mutex_destroy(&ctrlr->ns_lock);
	pthread_mutex_destroy(&ctrlr->ns_changes.settling);
	pthread_mutex_destroy(&ctrlr->fail_lock);
	free(ctrlr->uri);
	handle_unmap(ctrlr, sizeof(*ctrlr));
}

/* A controller without queue pairs is opened for repair, even if its namespaces cannot be read. */
static int read_namespaces(struct upnvme_ctrlr *ctrlr)
{
	int rc = ns_refresh(ctrlr, NULL, 0);

	if (!rc || ctrlr->limits.max_qpairs || error_last()->code != UPNVME_ERR_CTRLR_STATUS)
		return rc;
	log_warn("%s: its namespaces cannot be read: %s", ctrlr->uri, error_last()->text);
	return 0;
}

static int ctrlr_start(struct upnvme_ctrlr *ctrlr, const struct upnvme_open_opts *opts)
{
	int rc = bringup_enable(ctrlr);

	if (!rc)
		rc = identify_ctrlr(ctrlr);
	if (!rc)
		rc = feature_extend_formats(ctrlr);
	if (!rc)
		rc = feature_negotiate_queues(ctrlr);
	if (!rc)
		rc = keep_alive_start(ctrlr);
	if (!rc)
		rc = ns_changes_learn(ctrlr);
	if (rc)
		return rc;
	events_arm(ctrlr); /* before namespaces are read: changes meanwhile are told */
	rc = read_namespaces(ctrlr);
	if (rc)
		return rc;
	return opts->flags & UPNVME_OPEN_HOUSEKEEPING ? housekeeper_start(ctrlr) : 0;
}

int ctrlr_attach(struct upnvme_ctrlr **ctrlr, struct transport *transport, const char *uri,
		 const struct quirks_choice *quirks, const struct upnvme_open_opts *opts)
{
	static const struct quirks_choice none;
	struct upnvme_ctrlr *created = NULL;
	int rc = check_options(opts);

	if (!rc)
		rc = ctrlr_alloc(&created, transport, uri);
	if (rc) {
		transport_close(transport);
		return rc;
	}
	take_options(created, opts);
	quirks_begin(created, quirks ? quirks : &none);
	rc = ctrlr_start(created, opts);
	if (rc) {
		struct upnvme_error why = *error_last();

		if (created->admin && !atomic_load(&created->failed) &&
		    bringdown_disable(created, created->admin_timeout_ns))
			atomic_store(&created->at_large, true);
		admin_abort(created);
		ctrlr_end(created);
		return error_set(rc, why.code, "%s", why.text);
	}
	*ctrlr = created;
	return 0;
}

int ctrlr_open(struct upnvme_ctrlr **ctrlr, const char *uri, const struct upnvme_open_opts *opts,
	       const struct media_maker *const *makers)
{
	struct transport *transport;
	struct quirks_choice quirks;
	struct uri *parsed;
	int rc = check_options(opts);

	ctrlrs_sweep();
	if (!rc)
		rc = uri_parse(&parsed, uri);
	if (rc)
		return rc;
	rc = quirks_read(parsed, &quirks); /* before a device is touched */
	if (!rc)
		rc = transport_open(&transport, parsed, makers);
	uri_free(parsed);
	return rc ? rc : ctrlr_attach(ctrlr, transport, uri, &quirks, opts);
}

/* --- closing -------------------------------------------------------------------------------------- */

static int check_no_qpairs(struct upnvme_ctrlr *ctrlr)
{
	uint32_t n = 0;

	pthread_mutex_lock(&ctrlr->lock);
	for (struct upnvme_qpair *qp = ctrlr->qpairs; qp; qp = qp->next)
		n++;
	pthread_mutex_unlock(&ctrlr->lock);
	if (!n)
		return 0;
	return error_set(-EBUSY, UPNVME_ERR_BUSY_CHILDREN,
			 "%s still has %u queue pair(s): close them with upnvme_qpair_close first",
			 ctrlr->uri, n);
}

/* The result of closing: an error where data may be lost, or where memory was set aside. `rc` is the first failure, of
 * the shutdown or of disabling, whose sentence is the last error; `shut_down` says that the shutdown was complete. */
static int close_result(const struct upnvme_ctrlr *ctrlr, int rc, bool shut_down)
{
	struct upnvme_error why = *error_last();
	bool lost = !shut_down && ctrlr->limits.volatile_write_cache, aside = ctrlr->at_large;

	if (!shut_down && !lost)
		log_warn("%s: no orderly shutdown: %s", ctrlr->uri, why.text);
	if (!lost && !aside)
		return 0;
	return error_set(
		rc == -ETIMEDOUT ? rc : -EIO,
		lost ? UPNVME_ERR_NOT_DURABLE : UPNVME_ERR_CTRLR_TIMEOUT,
		"%s is closed, but %s%s%s: %s", ctrlr->uri,
		lost ? "data written and not flushed before may be lost" : "",
		lost && aside ? ", and " : "",
		aside ? "memory that the controller may still access is set aside until it is "
			"disabled" :
			"",
		why.text);
}

static int given_up(const struct upnvme_ctrlr *ctrlr)
{
	return error_set(
		-EIO, UPNVME_ERR_CTRLR_FAILED,
		"the controller had failed and was given up, without an orderly shutdown%s",
		ctrlr->at_large ? ", and could not be disabled" : "");
}

static int silence(struct upnvme_ctrlr *ctrlr)
{
	struct upnvme_error why;
	int rc, disabled;

	if (atomic_load(&ctrlr->failed))
		return close_result(ctrlr, given_up(ctrlr), false);
	rc = bringdown_shutdown(ctrlr);
	why = *error_last();
	/* Storage that kept the shutdown from ending in time has had its time. */
	disabled = bringdown_disable(ctrlr, rc == -ETIMEDOUT ? 0 : ctrlr->admin_timeout_ns);
	if (disabled)
		atomic_store(&ctrlr->at_large, true);
	if (!rc)
		return close_result(ctrlr, disabled, true);
	return close_result(ctrlr, error_set(rc, why.code, "%s", why.text), false);
}

int ctrlr_close(struct upnvme_ctrlr *ctrlr)
{
	int rc = ctrlr_check_outside(ctrlr, "upnvme_close");
	struct upnvme_error why;

	if (!rc)
		rc = check_no_qpairs(ctrlr);
	if (rc)
		return rc;
	housekeeper_stop(ctrlr);
	rc = silence(ctrlr);
	why = *error_last();
	atomic_store(&ctrlr->failed, true); /* callbacks that run now cannot start anything */
	admin_abort(ctrlr);
	/* No other thread polls a controller that is being closed: only a callback that was left may still be noted. */
	poll_abandon(ctrlr);
	poll_serve(ctrlr, clock_now_ns());
	ctrlr_end(ctrlr);
	ctrlrs_sweep();
	return rc ? error_set(rc, why.code, "%s", why.text) : 0;
}
