/* SPDX-License-Identifier: BSD-3-Clause */
/* Ends asynchronous admin commands, those that are late too: callbacks run here, without the admin queue's lock. */
#include <pthread.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "driver/activation.h"
#include "driver/admin_request.h"
#include "driver/ctrlr.h"
#include "driver/ns_change.h"
#include "driver/queue/qpair.h"
#include "driver/poll.h"
#include <upnvme/spec/status.h>

/* A callback to be made, with copies of all that it needs: the request may serve another command by then. */
struct delivery {
	upnvme_cb cb;
	void *arg;
	enum admin_origin origin;
	struct upnvme_completion done;
};

static void deliver_done(struct admin *admin, struct delivery *delivery)
{
	struct admin_request *request = admin->done;

	admin->done = request->next;
	if (!admin->done)
		admin->done_end = &admin->done;
	admin_request_copy_out(request);
	*delivery = (struct delivery){ request->cb, request->arg, request->origin, request->done };
	admin_request_put(request);
}

static void deliver_late(struct admin_request *request, struct delivery *delivery)
{
	request->state = REQUEST_LATE;
	*delivery = (struct delivery){ request->cb, request->arg, request->origin, { 0 } };
	delivery->done.tag = (uint64_t)(uintptr_t)request->arg;
	delivery->done.status = UPNVME_SPEC_SC_ABORT_REQUESTED;
	delivery->done.flags = UPNVME_DONE_ABORTED | UPNVME_DONE_INDETERMINATE;
}

static bool is_late(const struct admin_request *request, uint64_t now_ns)
{
	return request->state == REQUEST_SENT && request->cb &&
	       request->deadline_ns != UINT64_MAX && now_ns >= request->deadline_ns &&
	       !activation_excuses(request->admin->qp->ctrlr, request->deadline_ns);
}

static bool next_delivery(struct admin *admin, uint64_t now_ns, struct delivery *delivery)
{
	if (admin->done) {
		deliver_done(admin, delivery);
		return true;
	}
	for (uint32_t i = 0; i < ADMIN_OUTSTANDING; i++) {
		if (is_late(&admin->requests[i], now_ns)) {
			deliver_late(&admin->requests[i], delivery);
			return true;
		}
	}
	return false;
}

/* Takes the posted completions; returns the number of callbacks for them and for late commands. Commands that these
 * callbacks start are for the next call, so that this one ends. */
static uint32_t collect(struct admin *admin, uint64_t now_ns)
{
	uint32_t n = 0;

	pthread_mutex_lock(&admin->lock);
	admin_take(admin);
	for (const struct admin_request *request = admin->done; request; request = request->next)
		n++;
	for (uint32_t i = 0; i < ADMIN_OUTSTANDING; i++)
		n += is_late(&admin->requests[i], now_ns);
	pthread_mutex_unlock(&admin->lock);
	return n;
}

/* Brings handles of namespaces up to date before callbacks hear that a command has ended. */
static void settle(struct upnvme_ctrlr *ctrlr)
{
	if (ns_changes_are_due(ctrlr) && !atomic_load(&ctrlr->failed) && ns_changes_settle(ctrlr))
		log_warn("%s: %s", ctrlr->uri, error_last()->text);
}

/* Answers are taken one at a time, so that a callback that does not return (longjmp, an exception) loses no other
 * answer. */
void admin_serve(struct upnvme_ctrlr *ctrlr, uint64_t now_ns)
{
	struct admin *admin = ctrlr->admin;
	struct delivery delivery;
	uint32_t n = collect(admin, now_ns);

	settle(ctrlr); /* also for late commands that have ended now, and get no callback any more */
	for (; n > 0; n--) {
		bool found;

		settle(ctrlr);
		pthread_mutex_lock(&admin->lock);
		found = next_delivery(admin, now_ns, &delivery);
		pthread_mutex_unlock(&admin->lock);
		if (!found)
			return;
		if (delivery.origin == ADMIN_CALLER)
			poll_note_callback(ctrlr);
		delivery.cb(delivery.arg, &delivery.done);
	}
}
