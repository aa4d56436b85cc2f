/* SPDX-License-Identifier: BSD-3-Clause */
/* The way to host memory that a controller is given. */
#ifndef UPNVME_SOFTCTRL_RING_DMA_H
#define UPNVME_SOFTCTRL_RING_DMA_H

#include <stdint.h>

/*
 * The controller's way to host memory. `map` gives the address at which the bytes [iova, iova + bytes) are found in
 * this process, contiguous, or NULL when any of these bytes is not reachable (what an IOMMU fault is to a device).
 * Any thread may call it, at any time between softctrl_create and softctrl_destroy. What was mapped for a queue's ring
 * stays in use until the queue is deleted or the controller is reset; what was mapped for a command's data, until the
 * command completes.
 */
struct softctrl_dma {
	void *(*map)(void *context, uint64_t iova, uint64_t bytes);
	void *context;
};

#endif
