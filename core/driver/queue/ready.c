/* SPDX-License-Identifier: BSD-3-Clause */
/* The ready list: its links and records are in the cursors of its slots. */
#include "driver/queue/ready.h"

#include "driver/queue/split.h"
#include "driver/queue/take.h"

static void ready_link(struct upnvme_qpair *qp, struct slot *slot)
{
	struct cursor *cursor = slot_cursor(qp, slot);

	cursor->ready_next = NULL;
	*qp->ready_end = slot;
	qp->ready_end = &cursor->ready_next;
	qp->nready++;
}

static struct slot *ready_pop(struct upnvme_qpair *qp)
{
	struct slot *slot = qp->ready;

	qp->ready = slot_cursor(qp, slot)->ready_next;
	if (!qp->ready)
		qp->ready_end = &qp->ready;
	qp->nready--;
	return slot;
}

void ready_append(struct upnvme_qpair *qp, struct slot *slot, upnvme_cb cb,
		  const struct upnvme_completion *record)
{
	struct cursor *cursor = slot_cursor(qp, slot);

	slot_mark(slot, SLOT_READY);
	cursor->record = *record;
	cursor->cb = cb;
	ready_link(qp, slot);
}

/* The slot is freed first: the callback may want one. */
static void ready_hand_out(struct upnvme_qpair *qp, struct slot *slot, struct sink *sink)
{
	struct cursor *cursor = slot_cursor(qp, slot);
	struct upnvme_completion record = cursor->record;
	upnvme_cb cb = cursor->cb;

	slot_unmark(slot);
	slot_push(qp, slot);
	take_deliver(sink, cb, &record);
	sink->extra++;
}

uint32_t ready_deliver(struct upnvme_qpair *qp, uint32_t budget, struct sink *sink)
{
	for (; qp->ready && budget > 0; budget--) {
		if (!slot_cursor(qp, qp->ready)->cb && sink->n == sink->room) {
			sink->stopped = true;
			return 0;
		}
		ready_hand_out(qp, ready_pop(qp), sink);
	}
	return budget;
}

void ready_deliver_callbacks(struct upnvme_qpair *qp)
{
	struct sink sink = { 0 };

	for (uint32_t n = qp->nready; n > 0; n--) {
		struct slot *slot = ready_pop(qp);

		if (slot_cursor(qp, slot)->cb)
			ready_hand_out(qp, slot, &sink);
		else
			ready_link(qp, slot);
	}
}
