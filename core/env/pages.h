/* SPDX-License-Identifier: BSD-3-Clause */
/* Anonymous pages for DMA, as every environment without an allocator of its own gets them. */
#ifndef UPNVME_ENV_PAGES_H
#define UPNVME_ENV_PAGES_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed pages, aligned to `align` (a power of two), not inherited by forked children. `huge`:
 * ask for transparent huge pages. 0 or a negative errno with its sentence. */
int pages_map(uint64_t bytes, uint64_t align, bool huge, void **va);
void pages_unmap(void *va, uint64_t bytes);

#endif
