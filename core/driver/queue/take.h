/* SPDX-License-Identifier: BSD-3-Clause */
/* Completions: one engine for both ways to take them. The engine is compiled twice, for callbacks alone
 * (upnvme_poll) and for callbacks and tags (upnvme_reap). */
#ifndef UPNVME_DRIVER_QUEUE_TAKE_H
#define UPNVME_DRIVER_QUEUE_TAKE_H

#include "base/barrier.h"
#include "base/util.h"
#include "driver/queue/doorbell.h"
#include "driver/queue/qpair.h"
#include "driver/queue/ready.h"

#define PHASE_BIT  (1ull << 48) /* of the entry's second half */
#define SLOT_SHIFT 5            /* log2(sizeof(struct slot)) */

/* The place for completions. */
struct sink {
	struct upnvme_completion *done; /* tagged ones; without room they stay in the queue */
	uint32_t n, room;
	uint32_t extra;  /* handed out without an entry: the library completed the command */
	uint32_t silent; /* entries that handed nothing out: parts, spurious ones */
	bool stopped;    /* the take ended at a tagged completion without room */
};

/* take.c: takes a new entry that is not a plain success: an error, a part of a split request, a timed
 * command, or an entry that names no command in flight. False: the command is tagged, there is no room,
 * and the entry stays in the queue. */
bool take_special(struct upnvme_qpair *qp, const struct upnvme_spec_cqe *cqe, uint64_t rest,
		  struct sink *sink);
/* take.c: takes all new entries into the ready list, for a queue pair that stops. */
void take_into_ready(struct upnvme_qpair *qp);
/* take.c: ends a take whose owner died in a callback, or has left the callback without a return. */
void take_recover(struct upnvme_qpair *qp);
/* take.c: gives a completion to its callback, or puts it into the sink; false when the sink has no room. */
bool take_deliver(struct sink *sink, upnvme_cb cb, const struct upnvme_completion *record);

/* split.c: issues parts of split requests as far as there is room. */
void split_pump(struct upnvme_qpair *qp);

/* `step` is qp->slot_step, which a loop may have at hand. */
static inline void slot_push_by(struct upnvme_qpair *qp, struct slot *slot, uint64_t step)
{
	slot->blocks_and_head += step;
	atomic_store_explicit(&slot->next, qp->free, memory_order_relaxed);
	qp->free = slot;
}

static inline void slot_push(struct upnvme_qpair *qp, struct slot *slot)
{
	slot_push_by(qp, slot, qp->slot_step);
}

/*
 * The entry's second half in one load: head pointer, queue, identifier, phase and status. The bits that are
 * expected of a new entry are taken out: of a new entry there remain the head pointer in bits 15:0,
 * the identifier in 47:32, the status in 63:49, and nothing else.
 */
static inline uint64_t cqe_rest(const struct upnvme_qpair *qp, const struct upnvme_spec_cqe *cqe)
{
	uint64_t half =
		__atomic_load_n((const uint64_t *)(const void *)&cqe->sqhd, __ATOMIC_ACQUIRE);

#if defined(__aarch64__)
	barrier_after_phase();
#endif
	return half ^ qp->expected;
}

static inline struct slot *cqe_slot(const struct upnvme_qpair *qp, uint64_t rest)
{
	uint64_t offset = (rest >> (32 - SLOT_SHIFT)) & qp->slot_mask;

	return (struct slot *)((char *)qp->slots + offset);
}

static inline uint64_t cqe_result(const struct upnvme_spec_cqe *cqe)
{
	return __atomic_load_n((const uint64_t *)(const void *)cqe, __ATOMIC_RELAXED);
}

static inline const struct upnvme_spec_cqe *head_next(struct upnvme_qpair *qp,
						      const struct upnvme_spec_cqe *head)
{
	if (likely(++head != qp->cq_end))
		return head;
	qp->expected ^= PHASE_BIT;
	return qp->cq;
}

/* Begins a take: rings the doorbell if it is due, and calls the transport's hook. */
static inline void take_ring(struct upnvme_qpair *qp)
{
	if (atomic_load_explicit(&qp->tail, memory_order_relaxed) != qp->rung)
		ring_tail(qp);
	if (qp->transport.hook)
		qp->transport.hook(qp->transport.hook_arg);
}

/* Whether there is something to hand out: a new entry, or a completion in the ready list. */
static inline bool take_has_work(const struct upnvme_qpair *qp)
{
	return !(cqe_rest(qp, qp->head) & PHASE_BIT) || qp->ready;
}

static inline void take_consumed(struct upnvme_qpair *qp, const struct upnvme_spec_cqe *head)
{
	ptrdiff_t n = head - qp->head;

	if (!n)
		return;
	qp->completed += (uint64_t)(n > 0 ? n : n + (ptrdiff_t)qp->entries);
	qp->head = head;
	qp->stats.completion_doorbells++;
	atomic_store_explicit(qp->transport.cq_head, (uint32_t)(head - qp->cq),
			      memory_order_release);
}

/* Ends a take: writes the head doorbell, issues parts of split requests that there is room for now, and notes whether
 * the queue pair is idle. */
static inline void take_end(struct upnvme_qpair *qp, const struct upnvme_spec_cqe *head)
{
	take_consumed(qp, head);
	if (unlikely(qp->pending))
		split_pump(qp);
	qp->in_poll = 0;
	ring_note_idle(qp);
}

static inline uint32_t take_handed(const struct sink *sink, uint32_t budget, uint32_t left)
{
	return budget - left - sink->silent + sink->extra;
}

/* Takes an entry that is not a plain success, if the entry is new. False: the entry stays in the queue. */
static __attribute__((noinline, unused)) bool take_other(struct upnvme_qpair *qp,
							 const struct upnvme_spec_cqe *cqe,
							 struct sink *sink)
{
	uint64_t rest = cqe_rest(qp, cqe);

	return !(rest & PHASE_BIT) && take_special(qp, cqe, rest, sink);
}

/*
 * Takes the new entries from `head` on, up to `stop` at most; returns the first entry that was not taken.
 *
 * The common entry is the plain success of a command in flight, from this queue. The slot's `head` and `blocks` are
 * subtracted from it, and `blocks` are added again: only a head pointer within the ring is left. SLOT_NOT_PLAIN is the
 * sign bit of `blocks`, and extending that sign makes the sum smaller by 2^32. So the sum of a slot that is not plain
 * is small only for the next identifier, which belongs to another slot: whatever the device posts, such a slot is never
 * taken for a plain one. The barriers keep the compiler from holding copies in registers, which are too few.
 */
static inline __attribute__((always_inline)) const struct upnvme_spec_cqe *take_run(
	struct upnvme_qpair *qp, const struct upnvme_spec_cqe *head,
	const struct upnvme_spec_cqe *stop, struct sink *sink, const bool reaping)
{
	struct upnvme_completion record = { 0 };
	const uint64_t step = qp->slot_step;

	for (; head != stop; head++) {
		uint64_t rest = cqe_rest(qp, head);
		struct slot *slot = cqe_slot(qp, rest);
		uint64_t blocks;
		void *arg;

		rest -= slot->blocks_and_head;
		__asm__("" : "+r"(rest));
		blocks = (uint64_t)(int32_t)slot->blocks;
		record.blocks = (uint32_t)blocks;
		atomic_signal_fence(memory_order_seq_cst);
		if (unlikely(rest + blocks >= qp->entries)) {
			if (!take_other(qp, head, sink))
				break;
			continue;
		}
		if (unlikely(!slot->cb && (!reaping || sink->n == sink->room))) {
			sink->stopped = true;
			break;
		}
		arg = slot->arg;
		record.tag = (uint64_t)(uintptr_t)arg;
		record.result = cqe_result(head);
		slot_push_by(qp, slot, step);
		/* The callback is read where it is called: no register has to keep it. */
		atomic_signal_fence(memory_order_seq_cst);
		if (reaping && !slot->cb)
			sink->done[sink->n++] = record;
		else
			slot->cb(arg, &record);
	}
	return head;
}

/* Completes up to `max` entries, after take_ring, and returns how many completions were handed out.
 * A device that ignores the head doorbell and floods the queue cannot keep the owner here for more
 * than a lap. */
static inline __attribute__((always_inline)) uint32_t take(struct upnvme_qpair *qp, uint32_t max,
							   struct sink *sink, const bool reaping)
{
	const struct upnvme_spec_cqe *head;
	uint32_t left,
		budget = MIN(max - 1u, (uint32_t)qp->entries - 2u) + 1u; /* max = 0: no limit */

	qp->in_poll = 1;
	/* The queue pair is marked busy, so that a poll within a callback finds no idle queue, and is refused. */
	atomic_store_explicit(&qp->idle_tail, NULL, memory_order_relaxed);
	if (unlikely(qp->ready))
		budget = ready_deliver(qp, budget, sink);
	head = qp->head;
	left = budget;
	while (left > 0) {
		ptrdiff_t run = MIN((ptrdiff_t)left, qp->cq_end - head);
		const struct upnvme_spec_cqe *stop = head + run;

		head = take_run(qp, head, stop, sink, reaping);
		left -= (uint32_t)(run - (stop - head));
		if (head != stop)
			break;
		if (head == qp->cq_end) {
			head = qp->cq;
			qp->expected ^= PHASE_BIT;
		}
	}
	take_end(qp, head);
	return take_handed(sink, budget, left);
}

#endif
