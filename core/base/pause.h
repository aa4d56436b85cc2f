/* SPDX-License-Identifier: BSD-3-Clause */
/* The interval between two looks at something that a device changes: no event wakes the caller, and
 * a loop without a pause would take the processor from the thread that does the device's work. */
#ifndef UPNVME_BASE_PAUSE_H
#define UPNVME_BASE_PAUSE_H

#include <stdbool.h>
#include <stdint.h>

/* Zero-initialised at the start of a wait. */
struct pause {
	uint32_t round;
};

/* Yields in the first rounds; then sleeps, longer each time, up to a millisecond, and says true. */
bool pause_next(struct pause *pause);
/* Sleeps for as long as that, whatever signals come. */
void pause_ms(uint32_t ms);

#endif
