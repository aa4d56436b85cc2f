/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The controller's side of a submission queue's ring. The host moves the tail by the doorbell; the controller fetches
 * entries at the head. NVMe Base 2.0c, 3.3.1; PCIe Transport 1.0c, 3.1.2 (doorbells). All functions need the queue's
 * lock.
 */
#ifndef UPNVME_SOFTCTRL_RING_SQ_H
#define UPNVME_SOFTCTRL_RING_SQ_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/util.h"
#include <upnvme/spec/sqe.h>

struct sc_sq_ring {
	_Atomic uint32_t *doorbell;
	struct upnvme_spec_sqe *entries;
	uint32_t nentries;
	uint32_t head;
	uint32_t tail;
	uint32_t doorbell_seen; /* the value that was last read, valid or not */
};

void sc_sq_ring_begin(struct sc_sq_ring *ring, struct upnvme_spec_sqe *entries, uint32_t nentries);
void sc_sq_ring_end(struct sc_sq_ring *ring);

/* Finds the place of a command with this identifier that waits to be fetched; false when none does. */
bool sc_sq_ring_find(const struct sc_sq_ring *ring, uint16_t cid, uint32_t *place);

/* Reads the doorbell of a queue that does not exist; true when the host has rung it. */
bool sc_sq_ring_was_rung_astray(struct sc_sq_ring *ring);

static inline uint32_t sc_sq_ring_after(const struct sc_sq_ring *ring, uint32_t place)
{
	return place + 1 == ring->nentries ? 0 : place + 1;
}

static inline bool sc_sq_ring_is_empty(const struct sc_sq_ring *ring)
{
	return ring->head == ring->tail;
}

/* Reads the doorbell, and moves the tail there. A value outside the queue is ignored, and gives false. */
static inline bool sc_sq_ring_look(struct sc_sq_ring *ring)
{
	uint32_t value = atomic_load_explicit(ring->doorbell, memory_order_acquire);

	if (value == ring->doorbell_seen)
		return true;
	ring->doorbell_seen = value;
	if (unlikely(value >= ring->nentries))
		return false;
	ring->tail = value;
	return true;
}

/* Copies the next entry, since the host may change its memory at any time. Returns the entry's place. */
static inline uint32_t sc_sq_ring_fetch(struct sc_sq_ring *ring, struct upnvme_spec_sqe *sqe)
{
	uint32_t place = ring->head;

	memcpy(sqe, &ring->entries[place], sizeof(*sqe));
	ring->head = sc_sq_ring_after(ring, place);
	return place;
}

#endif
