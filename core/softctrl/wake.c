/* SPDX-License-Identifier: BSD-3-Clause */
/* Waking the controller's thread; thread.c says how parking and waking go together. */
#include "softctrl/wake.h"

#include "base/futex.h"
#include "base/util.h"
#include "softctrl/controller.h"

static void unpark(struct sc_thread *thread)
{
	atomic_store_explicit(&thread->parked, 0, memory_order_release);
	futex_wake_one(&thread->parked);
}

void softctrl_wake(struct softctrl *sc)
{
	struct sc_thread *thread = &sc->thread;
	uint32_t parked;

	if (!sc->threaded)
		return;
	if (likely(thread->membarrier)) {
		atomic_signal_fence(memory_order_seq_cst);
		parked = atomic_load_explicit(&thread->parked, memory_order_relaxed);
	} else {
		parked = atomic_fetch_or_explicit(&thread->parked, 0, memory_order_acq_rel);
	}
	if (unlikely(parked))
		unpark(thread);
}

void sc_thread_kick(struct softctrl *sc)
{
	if (!sc->threaded)
		return;
	atomic_store_explicit(&sc->thread.kicked, true, memory_order_release);
	softctrl_wake(sc);
}
