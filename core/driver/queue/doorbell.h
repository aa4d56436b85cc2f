/* SPDX-License-Identifier: BSD-3-Clause */
/* The submission doorbell, and whether anything is outstanding. */
#ifndef UPNVME_DRIVER_QUEUE_DOORBELL_H
#define UPNVME_DRIVER_QUEUE_DOORBELL_H

#include "base/barrier.h"
#include "driver/queue/qpair.h"

/* The number of entries written since the doorbell was rung. The ring is never full, so equal pointers mean none. */
static inline uint32_t ring_unrung(const struct upnvme_qpair *qp)
{
	const struct upnvme_spec_sqe *tail = atomic_load_explicit(&qp->tail, memory_order_relaxed);

	return (uint32_t)(tail >= qp->rung ? tail - qp->rung :
					     tail - qp->rung + (ptrdiff_t)qp->entries);
}

static inline void ring_tail(struct upnvme_qpair *qp)
{
	struct upnvme_spec_sqe *tail = atomic_load_explicit(&qp->tail, memory_order_relaxed);

	qp->submitted += ring_unrung(qp);
	qp->rung = tail;
	qp->stats.submission_doorbells++;
	barrier_before_doorbell();
	atomic_store_explicit(qp->transport.sq_tail, (uint32_t)(tail - qp->sq),
			      memory_order_release);
}

/* Rings the doorbell now, not at the next poll. A transport that needs more than the store has a hook, called here. */
static inline void ring_now(struct upnvme_qpair *qp)
{
	if (!ring_unrung(qp))
		return;
	ring_tail(qp);
	if (qp->transport.hook)
		qp->transport.hook(qp->transport.hook_arg);
}

/* Publishes whether anything is outstanding: for an idle poll, and for threads that free memory. */
static inline void ring_note_idle(struct upnvme_qpair *qp)
{
	struct upnvme_spec_sqe *tail = atomic_load_explicit(&qp->tail, memory_order_relaxed);
	int idle = tail == qp->rung && qp->submitted == qp->completed && !qp->ready;

	atomic_store_explicit(&qp->idle_tail, idle ? tail : NULL, memory_order_release);
}

/* Whether nothing was outstanding at the last take, and nothing was submitted since. */
static inline bool ring_is_idle(const struct upnvme_qpair *qp)
{
	return atomic_load_explicit(&qp->tail, memory_order_relaxed) ==
	       atomic_load_explicit(&qp->idle_tail, memory_order_relaxed);
}

#endif
