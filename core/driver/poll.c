/* SPDX-License-Identifier: BSD-3-Clause */
/* The poll of the admin side: each call, by the application or by the housekeeping thread, serves Keep Alive, looks for
 * failures and takes completions and events. */
#include "driver/poll.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/util.h"
#include "driver/admin.h"
#include "driver/ctrlr.h"
#include "driver/event.h"
#include "driver/features.h"
#include "driver/queue/owner.h"
#include "driver/queue/qpair.h"
#include "driver/watch.h"
#include <upnvme/spec/feature.h>
#include <upnvme/spec/opcode.h>

void poll_note_callback(struct upnvme_ctrlr *ctrlr)
{
	ctrlr->serving.ran++;
}

static uint32_t serve(struct upnvme_ctrlr *ctrlr, uint64_t now_ns)
{
	ctrlr->serving.ran = 0;
	admin_serve(ctrlr, now_ns);
	events_serve(ctrlr);
	return ctrlr->serving.ran;
}

uint32_t poll_serve(struct upnvme_ctrlr *ctrlr, uint64_t now_ns)
{
	uint64_t nobody = 0;
	uint32_t ran;

	if (!atomic_compare_exchange_strong(&ctrlr->serving.thread, &nobody, owner_token()))
		return 0; /* due callbacks are not lost: the running or the next poll runs them */
	ran = serve(ctrlr, now_ns);
	atomic_store(&ctrlr->serving.thread, 0);
	return ran;
}

void poll_abandon(struct upnvme_ctrlr *ctrlr)
{
	events_abandon(ctrlr);
	atomic_store(&ctrlr->serving.thread, 0);
}

int ctrlr_check_outside(struct upnvme_ctrlr *ctrlr, const char *call)
{
	if (atomic_load(&ctrlr->serving.thread) != owner_token())
		return 0;
	return error_set(
		-EDEADLK, UPNVME_ERR_IN_CALLBACK,
		"%s cannot be called within a callback of upnvme_ctrlr_poll: call it when the poll "
		"has returned (if the callback was left by an exception or longjmp, call "
		"upnvme_ctrlr_abandon first)",
		call);
}

/* --- keep-alive ----------------------------------------------------------------------------------- */

int keep_alive_start(struct upnvme_ctrlr *ctrlr)
{
	struct feature feature = { .fid = UPNVME_SPEC_FEAT_KEEP_ALIVE_TIMER,
				   .value = ctrlr->keep_alive_ms };

	if (!ctrlr->keep_alive_ms)
		return 0;
	if (!ctrlr->id.kas)
		return error_set(-ENOTSUP, UPNVME_ERR_CTRLR_UNSUPPORTED,
				 "%s: the controller has no Keep Alive Timer (KAS 0): open it with "
				 "upnvme_open_opts.keep_alive_ms of 0",
				 ctrlr->uri);
	atomic_store(&ctrlr->keep_alive.due_ns,
		     deadline_after(ctrlr->keep_alive_ms * NS_PER_MS / 2));
	return feature_set_own(ctrlr, &feature, NULL);
}

/* A controller that has not answered within the period of Keep Alive is lost (NVMe Base 2.0c, 3.9). A period of a few
 * milliseconds is shorter than an answer may take on a busy machine, so that the answer has a second, or the admin
 * time-out. */
static uint64_t keep_alive_timeout_ns(const struct upnvme_ctrlr *ctrlr)
{
	return MAX(ctrlr->keep_alive_ms * NS_PER_MS, MIN(ctrlr->admin_timeout_ns, NS_PER_S));
}

static void keep_alive_done(void *arg, const struct upnvme_completion *done)
{
	struct upnvme_ctrlr *ctrlr = arg;

	if (done->flags & UPNVME_DONE_ABORTED)
		ctrlr_fail(ctrlr, "it does not answer Keep Alive");
	else if (done->status)
		log_warn("%s: Keep Alive ended with status %04xh", ctrlr->uri, done->status);
	atomic_store(&ctrlr->keep_alive.outstanding, false);
}

/* Sends one Keep Alive at a time: the thread that sets `outstanding` sends the command. */
static void keep_alive_serve(struct upnvme_ctrlr *ctrlr)
{
	struct admin_command command = { .sqe = { .opcode = UPNVME_SPEC_ADMIN_KEEP_ALIVE },
					 .timeout_ns = keep_alive_timeout_ns(ctrlr) };
	struct keep_alive *keep_alive = &ctrlr->keep_alive;

	if (!ctrlr->keep_alive_ms || !deadline_passed(atomic_load(&keep_alive->due_ns)) ||
	    atomic_exchange(&keep_alive->outstanding, true))
		return;
	atomic_store(&keep_alive->due_ns, deadline_after(ctrlr->keep_alive_ms * NS_PER_MS / 2));
	if (admin_start(ctrlr, &command, ADMIN_OWN, keep_alive_done, ctrlr)) {
		log_warn("%s: no Keep Alive: %s", ctrlr->uri, error_last()->text);
		atomic_store(&keep_alive->outstanding, false);
	}
}

/* --- the poll ------------------------------------------------------------------------------------- */

int ctrlr_poll(struct upnvme_ctrlr *ctrlr)
{
	int rc = ctrlr_check_outside(ctrlr, "upnvme_ctrlr_poll");
	/* The clock is read before watch_alive looks for a pause, which excuses late commands. */
	uint64_t now_ns = clock_now_ns();
	uint32_t ran;

	if (rc)
		return rc;
	if (watch_alive(ctrlr)) {
		keep_alive_serve(ctrlr);
		qpairs_sweep(ctrlr);
	}
	ran = poll_serve(ctrlr, now_ns);
	rc = ctrlr_check_alive(ctrlr);
	return rc ? rc : (int)ran;
}
