/* SPDX-License-Identifier: BSD-3-Clause */
/* The pages of physical memory behind this process's addresses: they tell whether the memory that was mapped for a
 * device is still the memory that the process sees. */
#ifndef UPNVME_ENV_VFIO_FRAMES_H
#define UPNVME_ENV_VFIO_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

/* The lower 32 bits of the frame number of each pinned page, to be freed. Null where the kernel
 * does not tell, or there is no memory. */
uint32_t *frames_read(const void *va, uint64_t bytes);

/* True if the pages are still those that were read; also where the kernel does not tell. */
bool frames_same(const uint32_t *frames, void *va, uint64_t bytes);

#endif
