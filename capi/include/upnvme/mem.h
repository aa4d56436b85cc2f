/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * upnvme/mem.h: memory that a device can reach.
 *
 * Thread rule: any thread. A buffer of one controller can be used with every controller that is
 * reached in the same way (all soft: controllers share one domain).
 */
#ifndef UPNVME_MEM_H
#define UPNVME_MEM_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Allocates `bytes` of zeroed DMA memory, aligned to `align` (a power of two up to 2 MiB; 0: a
 * page), into *buf. Not inherited by forked children. Errors: -EINVAL, -ENOMEM.
 */
UPNVME_API int upnvme_dma_alloc(void **buf, upnvme_ctrlr *ctrlr, size_t bytes, size_t align);

/*
 * Frees what upnvme_dma_alloc gave. Memory that an accepted command may still touch is not given
 * back at once: it is set aside until the command is done, so this is safe at any moment after
 * submission returned. Null is accepted. Errors: -EINVAL for memory that is not allocated (nothing
 * happens then).
 */
UPNVME_API int upnvme_dma_free(upnvme_ctrlr *ctrlr, void *buf);

/*
 * Makes the caller's own memory reachable for the device. Whole pages are registered: those that
 * `buf` and `bytes` touch. Pages may be registered more than once (they are counted). The memory
 * must stay mapped until it is unregistered. Errors: -EINVAL (null, empty, wrapping), -EFAULT (not
 * mapped), -ENOMEM.
 */
UPNVME_API int upnvme_mem_register(upnvme_ctrlr *ctrlr, void *buf, size_t bytes);

/*
 * Takes back a registration, given exactly as it was made. Errors: -EINVAL (no such registration),
 * -EBUSY (a command in flight may still touch it: poll its queue pair and try again).
 */
UPNVME_API int upnvme_mem_unregister(upnvme_ctrlr *ctrlr, void *buf, size_t bytes);

#ifdef __cplusplus
}
#endif

#endif
