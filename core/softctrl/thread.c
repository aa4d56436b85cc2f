/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Threaded mode: a thread polls the doorbells as hardware does. The thread sleeps at the media when only the media have
 * work, and parks when no work is left.
 *
 * To park, the thread sets `parked`, lets every other thread pass a barrier (membarrier), and looks at the doorbells
 * once more. A host's thread stores the doorbell and then loads `parked` (wake.c). So either the host's thread sees
 * that the controller's is parked, or the controller's thread sees the doorbell. Ringing therefore needs no barrier of
 * its own. Where the kernel has no membarrier, the host's read-modify-write of `parked` orders store and load instead.
 */
#include "softctrl/thread.h"

#include <linux/membarrier.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/futex.h"
#include "softctrl/controller.h"
#include "softctrl/process.h"

#define SPINS_BEFORE_REST 1000u /* rounds without work before sleeping or parking */
/* The longest park after a barrier that failed: a doorbell may have been missed. */
#define UNORDERED_NS NS_PER_MS
/* The longest sleep at the media, and so the longest that a doorbell waits for the thread meanwhile. */
#define MEDIA_WAIT_NS (50 * 1000ull)

static int membarrier(int command)
{
	return (int)syscall(SYS_membarrier, command, 0, 0);
}

static bool process_all(struct softctrl *sc)
{
	bool worked = atomic_exchange_explicit(&sc->thread.kicked, false, memory_order_acq_rel);

	for (uint32_t qid = 0; qid <= sc->nqueues; qid++) {
		struct sc_sq *sq = &sc->sqs[qid];
		struct sc_cq *cq = &sc->cqs[qid];

		/* For a queue that does not exist the thread looks at the doorbells only. */
		if (sc_sq_live(sq) ||
		    atomic_load_explicit(sq->ring.doorbell, memory_order_relaxed) ||
		    atomic_load_explicit(cq->ring.doorbell, memory_order_relaxed))
			worked |= sc_process(sc, (uint16_t)qid);
	}
	sc_interrupts_service(sc);
	return worked;
}

/* Sleeps at the media of the first queue that has requests there; false when no queue has. */
static bool rest_at_media(struct softctrl *sc)
{
	bool rested = false;

	for (uint32_t qid = 1; qid <= sc->nqueues && !rested; qid++) {
		struct sc_sq *sq = &sc->sqs[qid];

		pthread_mutex_lock(&sq->lock);
		if (sc_sq_live(sq) && sq->noutstanding) {
			sc_sq_wait_media(sq, MEDIA_WAIT_NS);
			rested = true;
		}
		pthread_mutex_unlock(&sq->lock);
	}
	return rested;
}

static uint64_t park_timeout(struct softctrl *sc)
{
	uint64_t timeout_ns = sc_interrupts_timeout(sc);

	pthread_mutex_lock(&sc->sqs[0].lock);
	if (sc->keep_alive_ms) {
		uint64_t now = clock_now_ns(), deadline = sc->keep_alive_deadline_ns;

		timeout_ns = MIN(timeout_ns, deadline > now ? deadline - now : 0);
	}
	pthread_mutex_unlock(&sc->sqs[0].lock);
	return timeout_ns;
}

static void thread_park(struct softctrl *sc)
{
	struct sc_thread *thread = &sc->thread;
	uint64_t limit_ns = UINT64_MAX;

	atomic_exchange_explicit(&thread->parked, 1, memory_order_acq_rel);
	if (thread->membarrier && membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED))
		limit_ns = UNORDERED_NS;
	if (!process_all(sc) && !atomic_load_explicit(&thread->stop, memory_order_acquire))
		futex_wait(&thread->parked, 1, MIN(park_timeout(sc), limit_ns));
	atomic_store_explicit(&thread->parked, 0, memory_order_release);
}

static void *thread_main(void *arg)
{
	struct softctrl *sc = arg;
	unsigned idle = 0;

	while (!atomic_load_explicit(&sc->thread.stop, memory_order_acquire)) {
		if (process_all(sc)) {
			idle = 0;
			continue;
		}
		if (++idle < SPINS_BEFORE_REST)
			continue;
		if (rest_at_media(sc))
			continue;
		thread_park(sc);
		idle = 0;
	}
	return NULL;
}

/* All signals are blocked in the thread: the application's handlers run on the application's threads. */
int sc_thread_start(struct softctrl *sc)
{
	sigset_t all, before;
	int err;

	sc->thread.membarrier = membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&sc->thread.id, NULL, thread_main, sc);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		return error_set(
			-err, UPNVME_ERR_SYSTEM,
			"the software controller's thread cannot be started (%s): use mode=inline "
			"in the URI, or have the sandbox (seccomp) allow clone3",
			strerror(err));
	pthread_setname_np(sc->thread.id, "upnvme-softctrl");
	sc->thread.started = true;
	return 0;
}

void sc_thread_stop(struct softctrl *sc)
{
	if (!sc->thread.started)
		return;
	atomic_store_explicit(&sc->thread.stop, true, memory_order_release);
	sc_thread_kick(sc);
	pthread_join(sc->thread.id, NULL);
	sc->thread.started = false;
}
