/* SPDX-License-Identifier: BSD-3-Clause */
/* Ready-made entries, for the admin queue, which has its own lock instead of an owner. */
#include "driver/queue/doorbell.h"
#include "driver/queue/straight.h"
#include "driver/queue/take.h"

int qpair_push(struct upnvme_qpair *qp, const struct nvme_sqe *sqe, upnvme_cb cb, void *arg)
{
	struct nvme_sqe *tail = atomic_load_explicit(&qp->tail, memory_order_relaxed);
	struct slot *slot = qp->free;

	if (!slot)
		return -EAGAIN;
	slot_pop(qp, slot);
	slot->cb = cb;
	slot->arg = arg;
	slot->blocks = 0;
	slot_set_in_flight(slot);
	/* Its data is the library's own and is given back only after it. */
	atomic_store_explicit(&slot->touches, 0, memory_order_relaxed);
	*tail = *sqe;
	tail->cid = (uint16_t)slot->head;
	atomic_store_explicit(&qp->tail, tail_next(qp, tail), memory_order_release);
	ring_now(qp);
	return 0;
}

int qpair_take(struct upnvme_qpair *qp, uint32_t max)
{
	struct sink sink = { 0 };

	take_ring(qp);
	return (int)take(qp, max, &sink, false);
}
