/* SPDX-License-Identifier: BSD-3-Clause */
/* Completions that are not plain successes, and those of a queue pair that stops. */
#include "driver/queue/take.h"

#include "base/error.h"
#include "base/log.h"
#include "driver/ctrlr.h"
#include "driver/ns_change.h"
#include "driver/queue/histogram.h"
#include "driver/queue/doorbell.h"
#include "driver/queue/ready.h"
#include "driver/queue/split.h"

bool take_deliver(struct sink *sink, upnvme_cb cb, const struct upnvme_completion *record)
{
	if (cb) {
		cb((void *)(uintptr_t)record->tag, record);
		return true;
	}
	if (sink->n == sink->room)
		return false;
	sink->done[sink->n++] = *record;
	return true;
}

/* Whether a new entry names a command in flight, of this generation. */
static bool cqe_is_ours(uint64_t rest, const struct slot *slot)
{
	uint32_t head = slot->head;

	return (head & SLOT_CID_MASK) == (uint16_t)(rest >> 32) &&
	       !(head & (SLOT_FREE | SLOT_HOME | SLOT_READY));
}

/* Notes a completion with a wrong queue or head pointer, which is taken all the same: its command would never end
 * otherwise. The identifier alone tells the command, since no other queue posts here, and the driver does not use the
 * head pointer (NVMe Base 2.0c, 3.3.3.2). */
static void take_odd(struct upnvme_qpair *qp, const struct upnvme_spec_cqe *cqe)
{
	if (qp->stats.odd++ == 0)
		log_warn("queue pair %u: the completion of its command %#x says queue %u, "
			 "submission head %u of %llu entries: it is taken all the same (further "
			 "such completions are only counted)",
			 qp->qid, cqe->cid, cqe->sqid, cqe->sqhd, (unsigned long long)qp->entries);
}

/* Notes an entry that names no command in flight. Only the first is logged: a broken device may post many. */
static void take_spurious(struct upnvme_qpair *qp, const struct upnvme_spec_cqe *cqe)
{
	if (qp->stats.spurious++ == 0)
		log_error("queue pair %u: completion entry for command %#x of queue %u, submission "
			  "head %u: no such command is in flight (further such entries are only "
			  "counted)",
			  qp->qid, cqe->cid, cqe->sqid, cqe->sqhd);
	qp->completed--; /* take_consumed counts the entry, but no command is done */
}

/* The completion of a command in flight, from its entry. */
static struct upnvme_completion cqe_record(struct upnvme_qpair *qp,
					   const struct upnvme_spec_cqe *cqe,
					   const struct slot *slot, uint64_t rest)
{
	uint16_t status = (uint16_t)(rest >> 49);

	if ((uint32_t)rest >= qp->entries)
		take_odd(qp, cqe);
	qp->stats.errors += status != 0;
	return (struct upnvme_completion){
		.tag = (uint64_t)(uintptr_t)slot->arg,
		.result = cqe_result(cqe),
		.status = status,
		.blocks = status ? 0 : slot_blocks(slot),
	};
}

/* Namespaces are read again before the caller hears of a command that may have changed them. */
static void note_change(const struct upnvme_qpair *qp, const struct slot *slot)
{
	if (!(slot->head & SLOT_CHANGES))
		return;
	ns_change_by_io_ended(qp->ctrlr);
	if (ns_changes_settle(qp->ctrlr))
		log_warn("%s: %s", qp->ctrlr->uri, error_last()->text);
}

bool take_special(struct upnvme_qpair *qp, const struct upnvme_spec_cqe *cqe, uint64_t rest,
		  struct sink *sink)
{
	struct slot *slot = cqe_slot(qp, rest);
	struct upnvme_completion record;
	bool handed = false;
	upnvme_cb cb;

	if (!cqe_is_ours(rest, slot)) {
		take_spurious(qp, cqe);
		sink->silent++;
		return true;
	}
	if (slot->head & SLOT_PART) {
		record = cqe_record(qp, cqe, slot, rest);
		split_part_done(qp, slot, &record, sink, &handed);
		sink->silent += !handed;
		return true;
	}
	cb = slot->cb;
	if (!cb && sink->n == sink->room) {
		sink->stopped = true;
		return false;
	}
	record = cqe_record(qp, cqe, slot, rest);
	if (slot->head & SLOT_TIMED)
		histogram_stop(qp->histogram, slot_index(qp, slot));
	note_change(qp, slot);
	slot_unmark(slot);
	slot_push(qp, slot);
	take_deliver(sink, cb, &record);
	return true;
}

static void cqe_into_ready(struct upnvme_qpair *qp, const struct upnvme_spec_cqe *cqe,
			   uint64_t rest)
{
	struct slot *slot = cqe_slot(qp, rest);
	struct upnvme_completion record;
	bool handed;

	if (!cqe_is_ours(rest, slot)) {
		take_spurious(qp, cqe);
		return;
	}
	record = cqe_record(qp, cqe, slot, rest);
	note_change(qp, slot);
	if (slot->head & SLOT_PART)
		split_part_done(qp, slot, &record, NULL, &handed);
	else
		ready_append(qp, slot, slot->cb, &record);
}

void take_into_ready(struct upnvme_qpair *qp)
{
	const struct upnvme_spec_cqe *head = qp->head;

	if (qp->transport.hook)
		qp->transport.hook(qp->transport.hook_arg);
	for (uint32_t left = (uint32_t)qp->entries - 1; left > 0; left--) {
		uint64_t rest = cqe_rest(qp, head);

		if (rest & PHASE_BIT)
			break;
		cqe_into_ready(qp, head, rest);
		head = head_next(qp, head);
	}
	take_consumed(qp, head);
}

/* The number of commands in the ring or at the controller, by the slots: qpair_commands lags behind within a poll. */
static uint32_t commands_by_slots(const struct upnvme_qpair *qp)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < qp->outstanding; i++)
		n += !(qp->slots[i].head & (SLOT_FREE | SLOT_HOME | SLOT_READY));
	return n;
}

/* Each entry that was taken has freed a slot or was counted as spurious, so the place in the ring,
 * and with it the phase, follows from the number of entries since the first lap. */
void take_recover(struct upnvme_qpair *qp)
{
	uint32_t n = qpair_commands(qp) - commands_by_slots(qp);
	uint64_t taken = qp->completed + n - qp->stats.aborted + qp->stats.spurious;

	qp->expected &= ~PHASE_BIT;
	if (taken / qp->entries % 2 == 0)
		qp->expected |= PHASE_BIT;
	take_end(qp, qp->cq + taken % qp->entries);
}
