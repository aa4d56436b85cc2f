/* SPDX-License-Identifier: BSD-3-Clause */
/* Waits for a change by another thread, slices of a wait with a time limit, and the notice of a fork. */
#include "glue.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

unsigned glue_generation;

/* The count of turns: each change that a thread may wait for is one. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;
static atomic_uint turns;

static void conditions_init(void)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&changed, &attributes);
	pthread_condattr_destroy(&attributes);
}

/* Runs in the child of a fork. The locks are made anew, since a thread that the child does not have
 * may have held them. */
static void in_child(void)
{
	glue_generation++;
	pthread_mutex_init(&lock, NULL);
	conditions_init();
	log_in_child();
}

int turn_init(void)
{
	static bool done;

	if (done)
		return 0;
	done = true;
	conditions_init();
	if (pthread_atfork(NULL, NULL, in_child) == 0)
		return 0;
	PyErr_NoMemory();
	return -1;
}

uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

void turn_wait_while(const atomic_uint *word, unsigned value)
{
	uint64_t end = clock_ns() + SLICE_NS;
	struct timespec until = { (time_t)(end / 1000000000ull), (long)(end % 1000000000ull) };

	Py_BEGIN_ALLOW_THREADS;
	pthread_mutex_lock(&lock);
	while (atomic_load(word) == value &&
	       pthread_cond_timedwait(&changed, &lock, &until) != ETIMEDOUT)
		;
	pthread_mutex_unlock(&lock);
	Py_END_ALLOW_THREADS;
}

/* Waits for the next turn. A thread with the interpreter's lock cannot take a turn between the
 * caller's look and this load. An errand's thread, without that lock, can: then the wait takes one
 * slice. */
void turn_wait(void)
{
	turn_wait_while(&turns, atomic_load(&turns));
}

void turn_wake(void)
{
	pthread_mutex_lock(&lock);
	atomic_fetch_add(&turns, 1);
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

uint64_t wait_slice(struct wait *wait)
{
	uint64_t now;

	if (!wait->timeout_ns)
		return 0;
	now = clock_ns();
	if (!wait->end_ns)
		wait->end_ns =
			wait->timeout_ns > UINT64_MAX - now ? UINT64_MAX : now + wait->timeout_ns;
	if (now >= wait->end_ns)
		return 0;
	return wait->end_ns - now < SLICE_NS ? wait->end_ns : now + SLICE_NS;
}

int wait_look(struct session *session)
{
	if (PyErr_CheckSignals() < 0)
		return -1;
	if (session && session->born != glue_generation)
		return glue_raise_forked();
	if (!session || (session->life == LIFE_OPEN && !session->close_wanted))
		return 0;
	return session_check(session) < 0 ? -1 : session_refuse();
}
