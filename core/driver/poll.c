/* SPDX-License-Identifier: BSD-3-Clause */
/* The admin side is polled too: whoever calls this, an application now and then or the housekeeping
 * thread, keeps the controller informed, watched and heard. */
#include "driver/poll.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/util.h"
#include "driver/admin.h"
#include "driver/bringup.h"
#include "driver/ctrlr.h"
#include "driver/event.h"
#include "driver/features.h"
#include "spec/feature.h"
#include "spec/opcode.h"
#include "spec/regs.h"
#include "transport/transport.h"

/* One for each poll_serve that this thread is within: callbacks of one controller may poll another. */
struct serving {
	const struct upnvme_ctrlr *ctrlr;
	uint32_t ran;
	struct serving *outer;
};

static _Thread_local struct serving *serving;

void poll_note_callback(void)
{
	if (serving)
		serving->ran++;
}

uint32_t poll_serve(struct upnvme_ctrlr *ctrlr)
{
	struct serving frame = { ctrlr, 0, serving };

	serving = &frame;
	frame.ran += admin_serve(ctrlr);
	events_serve(ctrlr);
	serving = frame.outer;
	return frame.ran;
}

int ctrlr_check_outside(const struct upnvme_ctrlr *ctrlr, const char *call)
{
	const struct serving *frame = serving;

	while (frame && frame->ctrlr != ctrlr)
		frame = frame->outer;
	if (!frame)
		return 0;
	return error_set(
		-EDEADLK, UPNVME_ERR_IN_CALLBACK,
		"%s: not within a callback of upnvme_ctrlr_poll: note it, and do it when the "
		"poll has returned",
		call);
}

/* --- keep-alive ----------------------------------------------------------------------------------- */

int keep_alive_start(struct upnvme_ctrlr *ctrlr)
{
	struct feature feature = { .fid = NVME_FEAT_KEEP_ALIVE_TIMER,
				   .value = ctrlr->keep_alive_ms };

	if (!ctrlr->keep_alive_ms)
		return 0;
	if (!ctrlr->id.kas)
		return error_set(-ENOTSUP, UPNVME_ERR_CTRLR_UNSUPPORTED,
				 "%s: the controller has no Keep Alive Timer (KAS 0): open it with "
				 "upnvme_open_opts.keep_alive_ms 0",
				 ctrlr->uri);
	atomic_store(&ctrlr->keep_alive.due_ns,
		     deadline_after(ctrlr->keep_alive_ms * NS_PER_MS / 2));
	return feature_set(ctrlr, &feature, 0, NULL);
}

static void keep_alive_done(void *arg, const struct upnvme_completion *done)
{
	struct upnvme_ctrlr *ctrlr = arg;

	if (done->status && !(done->flags & UPNVME_DONE_ABORTED))
		log_warn("%s: Keep Alive ended with status %04xh", ctrlr->uri, done->status);
	atomic_store(&ctrlr->keep_alive.outstanding, false);
}

/* One at a time; whoever changes `outstanding` sends it. */
static void keep_alive_serve(struct upnvme_ctrlr *ctrlr)
{
	struct admin_command command = { .sqe = { .opcode = NVME_ADMIN_KEEP_ALIVE } };
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

static void watch(struct upnvme_ctrlr *ctrlr)
{
	const struct transport_ops *ops = ctrlr->transport->ops;
	uint32_t csts;

	if (ops->leaving && ops->leaving(ctrlr->transport))
		ctrlr_fail(ctrlr, "the device is being removed");
	else if (bringup_status(ctrlr, &csts))
		ctrlr_fail(ctrlr, "its registers cannot be read: it is gone");
	else if (NVME_CSTS_CFS(csts))
		ctrlr_fail(ctrlr, "it reports a fatal error (CSTS.CFS)");
}

int ctrlr_poll(struct upnvme_ctrlr *ctrlr)
{
	int rc = ctrlr_check_outside(ctrlr, "upnvme_ctrlr_poll");
	uint32_t ran;

	if (rc)
		return rc;
	if (!atomic_load(&ctrlr->failed)) {
		watch(ctrlr);
		keep_alive_serve(ctrlr);
	}
	ran = poll_serve(ctrlr);
	rc = ctrlr_check_alive(ctrlr);
	return rc ? rc : (int)ran;
}
