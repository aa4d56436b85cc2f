/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interrupts: messages of their vectors for completion queues whose interrupts are enabled (NVMe Base 2.0c, 5.4), and
 * the coalescing of messages (5.27.1.6, 5.27.1.7). INTMS and INTMC do not mask messages (3.1.3.3 and 3.1.3.4).
 *
 * Coalescing needs a thread that watches the time. In inline mode the controller has none, so every message is sent at
 * once, which the specification allows.
 */
#include "softctrl/interrupt.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "softctrl/controller.h"

#define TIME_UNIT_NS (100 * 1000ull) /* of Aggregation Time */

int sc_interrupts_init(struct softctrl *sc, const struct softctrl_interrupt *way)
{
	sc->interrupts.way = *way;
	sc->interrupts.vectors = calloc(sc->nqueues + 1u, sizeof(*sc->interrupts.vectors));
	if (!sc->interrupts.vectors)
		return error_no_memory("interrupt vectors",
				       (sc->nqueues + 1u) * sizeof(struct sc_vector));
	return 0;
}

void sc_interrupts_fini(struct softctrl *sc)
{
	free(sc->interrupts.vectors);
}

/* The caller has the lock. */
static void forget(struct sc_interrupts *interrupts, struct sc_vector *vector)
{
	if (!vector->nentries)
		return;
	vector->nentries = 0;
	atomic_fetch_sub_explicit(&interrupts->nwaiting, 1, memory_order_relaxed);
}

void sc_interrupts_reset(struct softctrl *sc)
{
	struct sc_interrupts *interrupts = &sc->interrupts;

	pthread_mutex_lock(&interrupts->lock);
	atomic_store(&interrupts->coalescing, 0);
	for (uint32_t i = 0; i <= sc->nqueues; i++) {
		forget(interrupts, &interrupts->vectors[i]);
		atomic_store(&interrupts->vectors[i].at_once, false);
	}
	pthread_mutex_unlock(&interrupts->lock);
}

/* Adds entries to the vector; true when the entries are enough for a message. The caller has the lock. */
static bool threshold_reached(struct sc_interrupts *interrupts, struct sc_vector *vector,
			      uint32_t nentries, uint32_t coalescing)
{
	uint32_t threshold =
		UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_INTERRUPT_COALESCING_THR, coalescing) + 1;
	uint32_t time = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_INTERRUPT_COALESCING_TIME, coalescing);

	if (!vector->nentries) {
		vector->due_ns = deadline_after(time * TIME_UNIT_NS);
		atomic_fetch_add_explicit(&interrupts->nwaiting, 1, memory_order_relaxed);
	}
	vector->nentries += nentries;
	if (vector->nentries < threshold)
		return false;
	forget(interrupts, vector);
	return true;
}

/*
 * A message may wait if the host has set both fields: 5.27.1.6. Messages of failures, and of vector 0, which the Admin
 * Queue has, are sent at once.
 */
static bool may_wait(const struct softctrl *sc, uint16_t vector, uint32_t coalescing, bool failed)
{
	return sc->threaded && vector && !failed &&
	       UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_INTERRUPT_COALESCING_THR, coalescing) &&
	       UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_INTERRUPT_COALESCING_TIME, coalescing) &&
	       !atomic_load(&sc->interrupts.vectors[vector].at_once);
}

void sc_interrupt(struct softctrl *sc, uint16_t vector, uint32_t nentries, bool failed)
{
	struct sc_interrupts *interrupts = &sc->interrupts;
	uint32_t coalescing = atomic_load_explicit(&interrupts->coalescing, memory_order_relaxed);
	bool send = true;

	if (!interrupts->way.send)
		return;
	if (may_wait(sc, vector, coalescing, failed)) {
		pthread_mutex_lock(&interrupts->lock);
		send = threshold_reached(interrupts, &interrupts->vectors[vector], nentries,
					 coalescing);
		pthread_mutex_unlock(&interrupts->lock);
	}
	if (send)
		interrupts->way.send(interrupts->way.context, vector);
}

void sc_interrupts_service(struct softctrl *sc)
{
	struct sc_interrupts *interrupts = &sc->interrupts;
	uint64_t now_ns;

	if (!atomic_load_explicit(&interrupts->nwaiting, memory_order_relaxed))
		return;
	now_ns = clock_now_ns();
	pthread_mutex_lock(&interrupts->lock);
	for (uint32_t i = 0; i <= sc->nqueues; i++) {
		struct sc_vector *vector = &interrupts->vectors[i];

		if (!vector->nentries || vector->due_ns > now_ns)
			continue;
		forget(interrupts, vector);
		interrupts->way.send(interrupts->way.context, (uint16_t)i);
	}
	pthread_mutex_unlock(&interrupts->lock);
}

uint64_t sc_interrupts_timeout(struct softctrl *sc)
{
	struct sc_interrupts *interrupts = &sc->interrupts;
	uint64_t due_ns = UINT64_MAX, now_ns;

	if (!atomic_load_explicit(&interrupts->nwaiting, memory_order_relaxed))
		return UINT64_MAX;
	pthread_mutex_lock(&interrupts->lock);
	for (uint32_t i = 0; i <= sc->nqueues; i++)
		if (interrupts->vectors[i].nentries)
			due_ns = MIN(due_ns, interrupts->vectors[i].due_ns);
	pthread_mutex_unlock(&interrupts->lock);
	now_ns = clock_now_ns();
	if (due_ns == UINT64_MAX)
		return UINT64_MAX;
	return due_ns > now_ns ? due_ns - now_ns : 0;
}
