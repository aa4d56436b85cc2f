/* SPDX-License-Identifier: BSD-3-Clause */
/* DMA memory for a controller: for its queues, and for its users' buffers. */
#ifndef UPNVME_DRIVER_MEMORY_H
#define UPNVME_DRIVER_MEMORY_H

#include <stdint.h>

struct upnvme_ctrlr;

/* As domain_alloc: memory that the controller reaches, on the controller's NUMA node. */
int memory_alloc(struct upnvme_ctrlr *ctrlr, uint64_t bytes, uint64_t align, void **va);

#endif
