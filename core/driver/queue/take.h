/* SPDX-License-Identifier: BSD-3-Clause */
/* Completions: one engine for both ways to take them. It is instantiated twice, for callbacks alone (upnvme_poll) and for
 * callbacks and tags (upnvme_reap). */
#ifndef UPNVME_DRIVER_QUEUE_TAKE_H
#define UPNVME_DRIVER_QUEUE_TAKE_H

#include "base/barrier.h"
#include "base/util.h"
#include "driver/queue/qpair.h"

#define PHASE_BIT (1u << 16) /* of the entry's last dword */

/* Where completions go. */
struct sink {
	struct upnvme_completion *done; /* tagged ones; no room means that they stay in the queue */
	uint32_t n, room;
	uint32_t extra;  /* handed out without an entry of their own: the library completed them */
	uint32_t silent; /* entries that handed nothing out: parts, spurious ones */
	bool stopped;    /* at a tagged completion that there was no room for */
};

/* take.c: an entry that is not a plain success: an error, a part of a split request, a timed command, or one that names no
 * command in flight. False: it stays in the queue, because it is not new, or tagged and without room. */
bool take_special(struct upnvme_qpair *qp, const struct nvme_cqe *cqe, uint32_t word,
		  struct sink *sink);
/* take.c: before the entries: doorbell, transport, what the library completed. */
void take_begin(struct upnvme_qpair *qp, struct sink *sink);
/* take.c: after them: doorbell, parts of split requests that there is room for now, idleness. */
void take_end(struct upnvme_qpair *qp, const struct nvme_cqe *head);
/* take.c: all entries that are there, into the ready list: for a queue pair that stops. */
void take_into_ready(struct upnvme_qpair *qp);
/* take.c: to the callback, or into the sink; false when that has no room. */
bool take_deliver(struct sink *sink, upnvme_cb cb, const struct upnvme_completion *record);

static inline void slot_push(struct upnvme_qpair *qp, struct slot *slot)
{
	slot->head += qp->slot_step;
	atomic_store_explicit(&slot->next, qp->free, memory_order_relaxed);
	qp->free = slot;
}

/* One 32-bit load tells a new entry, its identifier and its status; the rest is read after it. */
static inline uint32_t cqe_word(const struct nvme_cqe *cqe, uint32_t phase)
{
	uint32_t word =
		__atomic_load_n((const uint32_t *)(const void *)&cqe->cid, __ATOMIC_ACQUIRE) ^
		phase;

#if defined(__aarch64__)
	barrier_after_phase();
#endif
	return word;
}

/* The entry's queue is this one, and its head pointer is an index of it. */
static inline bool cqe_origin_ok(const struct upnvme_qpair *qp, const struct nvme_cqe *cqe)
{
	uint32_t origin =
		__atomic_load_n((const uint32_t *)(const void *)&cqe->sqhd, __ATOMIC_RELAXED);

	return origin - qp->cq_identity < qp->entries;
}

static inline uint64_t cqe_result(const struct nvme_cqe *cqe)
{
	return __atomic_load_n((const uint64_t *)(const void *)cqe, __ATOMIC_RELAXED);
}

static inline const struct nvme_cqe *head_next(struct upnvme_qpair *qp, const struct nvme_cqe *head)
{
	if (likely(++head != qp->cq_end))
		return head;
	qp->phase ^= PHASE_BIT;
	return qp->cq;
}

/* Completes up to `max` entries and returns how many completions were handed out. A device that ignores the head
 * doorbell and floods the queue cannot keep its owner here for more than a lap. */
static inline __attribute__((always_inline)) uint32_t take(struct upnvme_qpair *qp, uint32_t max,
							   struct sink *sink, const bool reaping)
{
	struct upnvme_completion record = { 0 };
	const struct nvme_cqe *head;
	uint32_t left, budget = MIN(max - 1u, qp->entries - 2u) + 1u; /* max = 0: no limit */

	qp->in_poll = 1;
	take_begin(qp, sink);
	head = qp->head;
	for (left = budget; left > 0 && !sink->stopped; left--) {
		uint32_t word = cqe_word(head, qp->phase);
		struct slot *slot = &qp->slots[word & qp->slot_mask];
		upnvme_cb cb;

		if (unlikely((word << 16 | word >> 16) != slot->head || !cqe_origin_ok(qp, head))) {
			if (!take_special(qp, head, word, sink))
				break;
			head = head_next(qp, head);
			continue;
		}
		cb = slot->cb;
		if (unlikely(!cb && (!reaping || sink->n == sink->room))) {
			sink->stopped = true;
			break;
		}
		record.tag = (uint64_t)(uintptr_t)slot->arg;
		record.result = cqe_result(head);
		record.blocks = slot->blocks;
		slot_push(qp, slot);
		head = head_next(qp, head);
		if (reaping && !cb)
			sink->done[sink->n++] = record;
		else
			cb((void *)(uintptr_t)record.tag, &record);
	}
	take_end(qp, head);
	return budget - left - sink->silent + sink->extra;
}

#endif
