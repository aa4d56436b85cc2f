/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The controller's side of a completion queue's ring. The controller posts entries at the tail; the host takes entries,
 * and moves the head by the doorbell. NVMe Base 2.0c, 3.3.1 and 3.3.3.2 (entries). All functions need the queue's lock,
 * except sc_cq_ring_was_rung.
 */
#ifndef UPNVME_SOFTCTRL_RING_CQ_H
#define UPNVME_SOFTCTRL_RING_CQ_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"
#include <upnvme/spec/cqe.h>

struct sc_cq_ring {
	_Atomic uint32_t *doorbell;
	struct upnvme_spec_cqe *entries;
	uint32_t nentries;
	uint32_t head;
	uint32_t tail;
	_Atomic uint32_t doorbell_seen; /* the value that was last read, valid or not */
	bool phase;
};

void sc_cq_ring_begin(struct sc_cq_ring *ring, struct upnvme_spec_cqe *entries, uint32_t nentries);
void sc_cq_ring_end(struct sc_cq_ring *ring);

/* Reads the doorbell of a queue that does not exist; true when the host has rung it. */
bool sc_cq_ring_was_rung_astray(struct sc_cq_ring *ring);

static inline bool sc_cq_ring_was_rung(const struct sc_cq_ring *ring)
{
	return atomic_load_explicit(ring->doorbell, memory_order_relaxed) !=
	       atomic_load_explicit(&ring->doorbell_seen, memory_order_relaxed);
}

/*
 * Reads the doorbell, and moves the head there. The head moves over posted entries only: any other value is ignored,
 * and the function returns false.
 */
static inline bool sc_cq_ring_look(struct sc_cq_ring *ring)
{
	uint32_t value = atomic_load_explicit(ring->doorbell, memory_order_acquire);
	uint32_t nposted;

	if (value == atomic_load_explicit(&ring->doorbell_seen, memory_order_relaxed))
		return true;
	atomic_store_explicit(&ring->doorbell_seen, value, memory_order_relaxed);
	nposted = (ring->tail + ring->nentries - ring->head) % ring->nentries;
	if (unlikely(value >= ring->nentries ||
		     (value + ring->nentries - ring->head) % ring->nentries > nposted))
		return false;
	ring->head = value;
	return true;
}

static inline uint32_t sc_cq_ring_after_tail(const struct sc_cq_ring *ring)
{
	return ring->tail + 1 == ring->nentries ? 0 : ring->tail + 1;
}

/* A full ring keeps one entry unused, to differ from an empty one. */
static inline bool sc_cq_ring_is_full(const struct sc_cq_ring *ring)
{
	return sc_cq_ring_after_tail(ring) == ring->head;
}

/*
 * Posts an entry; `status` is without the phase tag. The phase tag is in the second half of the entry. So the host must
 * see the first half before the second, which is one store of eight bytes.
 */
static inline void sc_cq_ring_post(struct sc_cq_ring *ring, uint32_t dw0, uint16_t sqhd,
				   uint16_t sqid, uint16_t cid, uint16_t status)
{
	struct upnvme_spec_cqe *cqe = &ring->entries[ring->tail];
	uint64_t second = (uint64_t)UPNVME_SPEC_CQE_STATUS_WORD(status, ring->phase) << 48 |
			  (uint64_t)cid << 32 | (uint32_t)sqid << 16 | sqhd;

	cqe->dw0 = dw0;
	cqe->dw1 = 0;
	__atomic_store_n((uint64_t *)(void *)&cqe->sqhd, second, __ATOMIC_RELEASE);
	ring->tail = sc_cq_ring_after_tail(ring);
	ring->phase ^= ring->tail == 0;
}

#endif
