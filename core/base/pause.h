/* SPDX-License-Identifier: BSD-3-Clause */
/* The interval between two looks at something that a device changes: no event wakes the caller, and
 * a loop without a pause would take the processor from the thread that does the device's work. */
#ifndef UPNVME_BASE_PAUSE_H
#define UPNVME_BASE_PAUSE_H

#include <stdbool.h>
#include <stdint.h>

/* How long a wait has lasted; all zeroes at its start. */
struct pause {
	uint32_t round;
};

/* Yields in the first rounds and returns false; later sleeps, longer each time, up to a millisecond, and returns
 * true. */
bool pause_next(struct pause *pause);
/* Sleeps for `ms` milliseconds, whatever signals come. */
void pause_ms(uint32_t ms);

#endif
