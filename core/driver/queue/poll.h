/* SPDX-License-Identifier: BSD-3-Clause */
/* Polls and reaps: the way into a take of completions, and the close that may follow it. */
#ifndef UPNVME_DRIVER_QUEUE_POLL_H
#define UPNVME_DRIVER_QUEUE_POLL_H

#include "driver/queue/doorbell.h"
#include "driver/queue/owner.h"

/* poll.c: a poll that found the gate shut. */
int poll_shut(struct upnvme_qpair *qp, uint32_t max);
/* poll.c: a poll with commands outstanding, by a caller that has entered. */
int poll_busy(struct upnvme_qpair *qp, uint32_t max);

/* Completes up to `max` commands (0: all) by their callbacks. Returns how many; -ENOMSG: none, and the next completion
 * is tagged. */
static inline int qpair_poll(struct upnvme_qpair *qp, uint32_t max)
{
	if (unlikely(!owner_gate_open(qp)))
		return poll_shut(qp, max);
	return ring_is_idle(qp) ? 0 : poll_busy(qp, max);
}

/* Takes up to `n` tagged completions, and runs the callbacks of the others. Returns how many are in `done`. */
int qpair_reap(struct upnvme_qpair *qp, struct upnvme_completion *done, uint32_t n);

#endif
