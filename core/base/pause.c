/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waiting for a device: short pauses while the answer may come at once, long ones when the answer takes long.
 */
#include "base/pause.h"

#include <errno.h>
#include <sched.h>
#include <time.h>

#include "base/clock.h"

#define PAUSE_YIELDS   64u
#define PAUSE_FIRST_NS 2000u
#define PAUSE_DOUBLES  9u /* 2 us << 9 is the longest, about 1 ms */

bool pause_next(struct pause *pause)
{
	struct timespec interval = { 0, PAUSE_FIRST_NS };

	if (pause->round++ < PAUSE_YIELDS) {
		sched_yield();
		return false;
	}
	interval.tv_nsec <<= (pause->round - PAUSE_YIELDS - 1) / 4;
	if (pause->round >= PAUSE_YIELDS + 4 * PAUSE_DOUBLES)
		pause->round = PAUSE_YIELDS + 4 * PAUSE_DOUBLES;
	nanosleep(&interval, NULL);
	return true;
}

void pause_ms(uint32_t ms)
{
	struct timespec left = { ms / 1000, (long)(ms % 1000 * NS_PER_MS) };

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}
