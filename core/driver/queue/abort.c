/* SPDX-License-Identifier: BSD-3-Clause */
/* Completion by the library of commands that the device will not complete any more, and the numbers of commands and
 * requests outstanding. */
#include "driver/ctrlr.h"
#include "driver/ns_change.h"
#include "driver/queue/doorbell.h"
#include "driver/queue/ready.h"
#include "driver/queue/split.h"
#include "driver/queue/take.h"
#include <upnvme/spec/status.h>

static struct upnvme_completion aborted_record(const struct slot *slot)
{
	uint64_t touches = atomic_load_explicit(&slot->touches, memory_order_relaxed);
	uint16_t flags = UPNVME_DONE_ABORTED;

	if (touches & SLOT_CHANGES_MEDIUM)
		flags |= UPNVME_DONE_INDETERMINATE;
	return (struct upnvme_completion){
		.tag = (uint64_t)(uintptr_t)slot->arg,
		.status = UPNVME_SPEC_SC_ABORTED_BY_HOST,
		.flags = flags,
	};
}

static void slot_abort(struct upnvme_qpair *qp, struct slot *slot)
{
	struct upnvme_completion record = aborted_record(slot);
	bool handed;

	if (slot->head & (SLOT_FREE | SLOT_HOME | SLOT_READY))
		return;
	qp->stats.aborted++;
	qp->completed++;
	/* Namespaces may have changed: upnvme_ctrlr_poll reads them again. */
	if (slot->head & SLOT_CHANGES)
		ns_change_by_io_ended(qp->ctrlr);
	if (slot->head & SLOT_PART)
		split_part_done(qp, slot, &record, NULL, &handed);
	else
		ready_append(qp, slot, slot->cb, &record);
}

void qpair_abort_outstanding(struct upnvme_qpair *qp)
{
	if (ring_unrung(qp)) {
		qp->submitted += ring_unrung(qp);
		qp->rung = atomic_load_explicit(&qp->tail, memory_order_relaxed);
	}
	split_abort(qp);
	if (qpair_is_loose(qp))
		qpair_keep_touches(qp);
	for (uint32_t i = 0; i < qp->outstanding; i++)
		slot_abort(qp, &qp->slots[i]);
}

uint32_t qpair_commands(const struct upnvme_qpair *qp)
{
	return (uint32_t)(qp->submitted - qp->completed) + ring_unrung(qp);
}

/* Within a poll the counters lag behind, so the slots are counted. */
uint32_t qpair_inflight(const struct upnvme_qpair *qp)
{
	uint32_t n = 0;

	if (ring_is_idle(qp) && !qp->in_poll)
		return 0;
	if (!qp->in_poll && !qp->requests)
		return qpair_commands(qp) + qp->nready;
	for (uint32_t i = 0; i < qp->outstanding; i++) {
		const struct slot *slot = &qp->slots[i];
		bool is_part = slot->head & (SLOT_PART | SLOT_HOME);

		n += !(slot->head & SLOT_FREE) && !is_part;
	}
	return n + qp->requests;
}

void qpair_abort(struct upnvme_qpair *qp)
{
	split_abort(qp); /* first, so that the end of a part issues no further part */
	take_into_ready(qp);
	qpair_abort_outstanding(qp);
	ring_note_idle(qp);
}
