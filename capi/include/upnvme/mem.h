/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme/mem.h
 * Memory that a device can reach.
 *
 * A buffer of one controller can be used with every controller that is reached in the same way: all
 * soft: controllers, and pcie: controllers whose memory is of one kind
 * (upnvme_ctrlr_info.environment) where the kernel lets them share an IOMMU's mappings, as it
 * mostly does.
 */
#ifndef UPNVME_MEM_H
#define UPNVME_MEM_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Allocates zeroed DMA memory. No two buffers share a page. Forked children do not inherit it.
 *
 * @param[out] buf  the memory, to be freed with upnvme_dma_free or by closing the controller
 * @param ctrlr  a controller that is to reach it
 * @param bytes  how many bytes, 1 to 2^46
 * @param align  alignment in bytes, a power of two up to 2 MiB; 0: a page
 * @return 0, or a negative errno: -EINVAL (null, bytes, alignment), -ENOMEM (memory, or the limit
 *   of locked memory), -ENOSPC (pcie: no bus addresses or mappings left), -ESTALE (pcie: the kernel
 *   put it where memory is registered that was unmapped since), -EOWNERDEAD (after fork)
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API int upnvme_dma_alloc(void **buf, upnvme_ctrlr *ctrlr, size_t bytes, size_t align);

/**
 * Frees what upnvme_dma_alloc gave. Memory that an accepted command may still touch is not given
 * back at once: it is set aside until the command is done, so this is safe at any moment after
 * submission returned.
 *
 * @param ctrlr  a controller that reaches it
 * @param buf  what upnvme_dma_alloc gave; null is accepted
 * @return 0, or a negative errno; nothing was freed then: -EINVAL (null controller, memory that is
 *   not allocated), -EOWNERDEAD (after fork)
 * @thread Any thread, also within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_dma_free(upnvme_ctrlr *ctrlr, void *buf);

/**
 * Makes the caller's own memory reachable for the device. Each page that the range touches is
 * registered whole, and may be registered more than once (pages are counted).
 *
 * The memory must be mapped for reading and writing, and stay so until it is unregistered: where
 * munmap or mprotect takes memory away from a soft: controller, this process gets a fault (SIGSEGV)
 * when a command comes to that memory, also within upnvme_poll. Read-only memory (a constant, a
 * file that is mapped read-only) has to be copied to memory of upnvme_dma_alloc before it can be
 * written to the device.
 *
 * A pcie: device goes on reaching the pages that were registered, also when they are the process's
 * no more: after munmap, mremap, madvise(MADV_DONTNEED) or a mapping over them (MAP_FIXED). The
 * same holds after free, since malloc unmaps large memory, trims its heap, and gives the same
 * addresses again. Memory that is mapped there later is other memory at a registered address: a
 * read command leaves it as it is and has status 0, a write command takes the former content. So
 * unregister first, then unmap or free. Registering such memory again is refused (-ESTALE) where
 * the kernel tells which pages are behind an address (it tells root); elsewhere the mistake is not
 * noticed.
 *
 * @param ctrlr  a controller that is to reach it
 * @param buf  where it begins; any alignment
 * @param bytes  how many bytes
 * @return 0, or a negative errno; nothing was registered then: -EINVAL (null, empty, wrapping),
 *   -EFAULT (not mapped for reading and writing, or not for a device without an IOMMU), -ENOMEM
 *   (memory, or the limit of locked memory), -ENOSPC (pcie: no bus addresses or mappings left),
 *   -ESTALE (pcie: it is registered, and is other memory than it was then: unregister it as often as
 *   it was registered, then register it), -EOWNERDEAD (after fork)
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API int upnvme_mem_register(upnvme_ctrlr *ctrlr, void *buf, size_t bytes);

/**
 * Takes back a registration.
 *
 * @param ctrlr  a controller that reaches the memory
 * @param buf  as it was registered
 * @param bytes  as it was registered
 * @return 0, or a negative errno: -EINVAL (null, or no such registration), -EBUSY (a command in
 *   flight may still touch it: poll its queue pair and try again), -ENOMEM, -EOWNERDEAD (after
 *   fork)
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API int upnvme_mem_unregister(upnvme_ctrlr *ctrlr, void *buf, size_t bytes);

#ifdef __cplusplus
}
#endif

#endif
