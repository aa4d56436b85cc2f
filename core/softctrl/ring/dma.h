/* SPDX-License-Identifier: BSD-3-Clause */
/* The way to host memory that a controller is given. */
#ifndef UPNVME_SOFTCTRL_RING_DMA_H
#define UPNVME_SOFTCTRL_RING_DMA_H

#include <stdint.h>

/*
 * The controller's way to host memory. `map` gives the address at which this process has the bytes [iova, iova +
 * bytes), contiguous, or NULL when any of these bytes is not reachable (for a device this would be an IOMMU fault). Any
 * thread may call `map`, from softctrl_create until softctrl_destroy returns. The controller uses a queue's ring until
 * the queue is deleted or the controller is reset, and a command's data until the command completes.
 */
struct softctrl_dma {
	void *(*map)(void *context, uint64_t iova, uint64_t bytes);
	void *context;
};

#endif
