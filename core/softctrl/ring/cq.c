/* SPDX-License-Identifier: BSD-3-Clause */
/* A completion queue's ring: its creation, its end, and its doorbell while no queue exists. */
#include "softctrl/ring/cq.h"

#include <stddef.h>

void sc_cq_ring_begin(struct sc_cq_ring *ring, struct upnvme_spec_cqe *entries, uint32_t nentries)
{
	ring->entries = entries;
	ring->nentries = nentries;
	ring->head = 0;
	ring->tail = 0;
	ring->phase = true; /* the host has zeroed the entries: Base 2.0c, 3.3.3.2.2 */
	atomic_store_explicit(&ring->doorbell_seen, 0, memory_order_relaxed);
	atomic_store_explicit(ring->doorbell, 0, memory_order_relaxed);
}

void sc_cq_ring_end(struct sc_cq_ring *ring)
{
	ring->entries = NULL;
	atomic_store_explicit(&ring->doorbell_seen, 0, memory_order_relaxed);
	atomic_store_explicit(ring->doorbell, 0, memory_order_relaxed);
}

bool sc_cq_ring_was_rung_astray(struct sc_cq_ring *ring)
{
	uint32_t value;

	if (!sc_cq_ring_was_rung(ring))
		return false;
	value = atomic_load_explicit(ring->doorbell, memory_order_relaxed);
	atomic_store_explicit(&ring->doorbell_seen, value, memory_order_relaxed);
	return true;
}
