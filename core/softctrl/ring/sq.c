/* SPDX-License-Identifier: BSD-3-Clause */
/* A submission queue's ring: its creation, its end, a search, and its doorbell while no queue exists. */
#include "softctrl/ring/sq.h"

void sc_sq_ring_begin(struct sc_sq_ring *ring, struct upnvme_spec_sqe *entries, uint32_t nentries)
{
	ring->entries = entries;
	ring->nentries = nentries;
	ring->head = 0;
	ring->tail = 0;
	ring->doorbell_seen = 0;
	atomic_store_explicit(ring->doorbell, 0, memory_order_relaxed);
}

void sc_sq_ring_end(struct sc_sq_ring *ring)
{
	ring->entries = NULL;
	ring->doorbell_seen = 0;
	atomic_store_explicit(ring->doorbell, 0, memory_order_relaxed);
}

bool sc_sq_ring_find(const struct sc_sq_ring *ring, uint16_t cid, uint32_t *place)
{
	for (*place = ring->head; *place != ring->tail; *place = sc_sq_ring_after(ring, *place))
		if (ring->entries[*place].cid == cid)
			return true;
	return false;
}

bool sc_sq_ring_was_rung_astray(struct sc_sq_ring *ring)
{
	uint32_t value = atomic_load_explicit(ring->doorbell, memory_order_relaxed);
	bool rung = value != ring->doorbell_seen;

	ring->doorbell_seen = value;
	return rung;
}
