/* SPDX-License-Identifier: BSD-3-Clause */
/* Which pages of physical memory are behind this process's addresses: whether what was mapped for a device is still
 * what the process sees. */
#ifndef UPNVME_ENV_VFIO_FRAMES_H
#define UPNVME_ENV_VFIO_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

/* Of pinned pages their numbers, as far as they have 32 bits; to be freed. Null where the kernel does not tell, or
 * there is no memory. */
uint32_t *frames_read(const void *va, uint64_t bytes);

/* False: some of the pages that were there when they were read are others now. Also true where the kernel does not
 * tell. */
bool frames_same(const uint32_t *frames, void *va, uint64_t bytes);

#endif
