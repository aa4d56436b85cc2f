/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sleeping until there is something to poll for.
 *
 * The eventfd is emptied, and only then the queue is looked at. An entry that was posted before is
 * found by the look; the signal of an entry that is posted after the look ends the sleep.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"
#include "driver/ctrlr.h"
#include "driver/queue/owner.h"
#include "driver/queue/take.h"

#define WATCH_NS (100 * NS_PER_MS)

/* Completes the commands of a controller that was given up, since the controller will not complete them. */
static void abort_if_failed(struct upnvme_qpair *qp)
{
	if (atomic_load(&qp->ctrlr->failed))
		qpair_abort(qp);
}

/* 1: there is something to take. 0: not yet. A negative errno: nothing is there, and nothing can come. Whether
 * something can come is asked first: where the answer is that the controller has failed, its commands are then
 * completed and found here, before the failure is told. */
static int look(struct upnvme_qpair *qp)
{
	int rc = owner_enter_to_submit(qp);

	abort_if_failed(qp);
	return take_has_work(qp) ? 1 : rc;
}

/* Looks, and counts the look when it finds nothing: the controller may have died without a signal. */
static int look_and_watch(struct upnvme_qpair *qp)
{
	int rc = look(qp);

	return rc || !qpair_commands(qp) || patience_lasts(qp) ? rc : look(qp);
}

static int error_wait(const struct upnvme_qpair *qp, const char *what, int err)
{
	return error_set(-err, UPNVME_ERR_SYSTEM, "queue pair %u: %s its eventfd failed: %s",
			 qp->qid, what, strerror(err));
}

static int look_afresh(struct upnvme_qpair *qp)
{
	uint64_t signals;

	if (read(qp->event_fd, &signals, sizeof(signals)) < 0 && errno != EAGAIN && errno != EINTR)
		return error_wait(qp, "reading", errno);
	return look_and_watch(qp);
}

/* Sleeps until the eventfd or the thread is signalled, or until the deadline: then 1. */
static int sleep_until(const struct upnvme_qpair *qp, uint64_t deadline_ns)
{
	struct pollfd event = { .fd = qp->event_fd, .events = POLLIN };
	uint64_t now_ns = clock_now_ns();
	uint64_t left_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
	struct timespec left = { .tv_sec = (time_t)(left_ns / NS_PER_S),
				 .tv_nsec = (long)(left_ns % NS_PER_S) };

	int n = ppoll(&event, 1, deadline_ns == UINT64_MAX ? NULL : &left, NULL);

	if (n < 0 && errno != EINTR)
		return error_wait(qp, "waiting for", errno);
	return n == 0;
}

/* Sleeps. With commands in flight, the sleep ends from time to time for a look at the controller, which sends no signal
 * when it is dead. */
static int sleep_and_watch(struct upnvme_qpair *qp, uint64_t deadline_ns)
{
	bool watching = qpair_commands(qp);
	uint64_t watch_ns = watching ? deadline_after(WATCH_NS) : UINT64_MAX;
	int rc = sleep_until(qp, MIN(deadline_ns, watch_ns));

	if (rc > 0 && watching)
		patience_look(qp);
	return MIN(rc, 0);
}

static int wait_until(struct upnvme_qpair *qp, uint64_t deadline_ns)
{
	int rc = 0;

	while (!rc) {
		bool late = deadline_passed(deadline_ns);

		rc = look_afresh(qp);
		if (rc || late)
			return rc;
		rc = sleep_and_watch(qp, deadline_ns);
	}
	return rc;
}

int qpair_wait(struct upnvme_qpair *qp, uint64_t timeout_ns)
{
	int rc = owner_enter(qp);

	if (rc)
		return rc;
	if (qp->in_poll)
		return owner_in_callback(qp);
	rc = interrupt_fd(qp);
	if (rc < 0)
		return rc;
	abort_if_failed(qp);
	take_ring(qp);
	rc = look_and_watch(qp);
	return rc ? rc : wait_until(qp, deadline_after(timeout_ns));
}
