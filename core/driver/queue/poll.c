/* SPDX-License-Identifier: BSD-3-Clause */
/* Polls, whose completions go to callbacks, and reaps, whose tagged completions go into an array. */
#include "driver/queue/poll.h"

#include <errno.h>

#include "driver/ctrlr.h"
#include "driver/queue/take.h"

/* The way in of a call that found the gate shut. The commands of a controller that was given up are completed here,
 * since the controller will not complete them. */
static int enter_to_take(struct upnvme_qpair *qp)
{
	int rc = owner_enter(qp);

	if (!rc && !qp->in_poll && atomic_load(&qp->ctrlr->failed))
		qpair_abort(qp);
	return rc;
}

static inline int closed_if_wanted(struct upnvme_qpair *qp, int result)
{
	int rc = 0;

	if (unlikely(qp->close_wanted) && !qp->held)
		rc = qpair_close(qp);
	return unlikely(rc) ? rc : result;
}

static __attribute__((noinline)) int poll_take(struct upnvme_qpair *qp, uint32_t max)
{
	struct sink sink = { 0 };
	uint32_t handed = take(qp, max, &sink, false);

	return closed_if_wanted(qp, !handed && sink.stopped ? -ENOMSG : (int)handed);
}

/* Looks at the controller, after many polls that found nothing. True when it was given up and there is work: its
 * commands are completed here. */
static __attribute__((noinline, cold)) bool found_dead(struct upnvme_qpair *qp)
{
	if (patience_look(qp))
		return false;
	return (owner_gate_open(qp) || !enter_to_take(qp)) && take_has_work(qp);
}

/* A poll that finds no completion ends in this function, except for the rare look at the controller. */
int poll_busy(struct upnvme_qpair *qp, uint32_t max)
{
	if (unlikely(qp->in_poll))
		return owner_in_callback(qp);
	take_ring(qp);
	if (!take_has_work(qp) && (likely(--qp->patience) || !found_dead(qp)))
		return 0;
	return poll_take(qp, max);
}

int poll_shut(struct upnvme_qpair *qp, uint32_t max)
{
	int rc = enter_to_take(qp);

	return rc ? rc : poll_busy(qp, max);
}

int qpair_reap(struct upnvme_qpair *qp, struct upnvme_completion *done, uint32_t n)
{
	struct sink sink = { .done = done, .room = n };
	int rc = owner_gate_open(qp) ? 0 : enter_to_take(qp);

	if (rc)
		return rc;
	if (ring_is_idle(qp))
		return 0;
	if (qp->in_poll)
		return owner_in_callback(qp);
	take_ring(qp);
	if (unlikely(!take_has_work(qp)) && (likely(--qp->patience) || !found_dead(qp)))
		return closed_if_wanted(qp, 0);
	take(qp, 0, &sink, true);
	rc = closed_if_wanted(qp, 0);
	return sink.n ? (int)sink.n : rc; /* no completion is lost for the sentence of a close */
}
