/* SPDX-License-Identifier: BSD-3-Clause */
/* Monotonic time, and the deadlines made of it. */
#ifndef UPNVME_BASE_CLOCK_H
#define UPNVME_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define NS_PER_MS 1000000ull
#define NS_PER_S  1000000000ull

static inline uint64_t clock_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* The sum of two times, at most UINT64_MAX, which means for ever. */
static inline uint64_t ns_add(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* The moment `timeout_ns` from now; a wait without end saturates instead of wrapping. */
static inline uint64_t deadline_after(uint64_t timeout_ns)
{
	return ns_add(clock_now_ns(), timeout_ns);
}

static inline bool deadline_passed(uint64_t deadline_ns)
{
	return deadline_ns != UINT64_MAX && clock_now_ns() >= deadline_ns;
}

#endif
