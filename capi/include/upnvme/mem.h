/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme/mem.h
 * Memory that a device can reach.
 *
 * A buffer of one controller can be used with every controller that is reached in the same way. These
 * are all soft: controllers; or the pcie: controllers whose memory is of one kind
 * (upnvme_ctrlr_info.environment), where the kernel lets them share an IOMMU's mappings, as it mostly
 * does.
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
 * @param ctrlr  a controller that is to reach the memory
 * @param bytes  size of the memory in bytes, 1 to 2^46
 * @param align  alignment in bytes, a power of two up to 2 MiB; 0: a page
 * @return 0, or a negative errno: -EINVAL (null, bytes, alignment), -ENOMEM (memory, or the limit
 *   of locked memory), -ENOTSUP (pcie with UIO: the kernel cannot pin memory), -ENOSPC (pcie: no bus addresses or
 * mappings left), -ESTALE (pcie: the kernel
 *   put the memory at addresses that are registered, for memory that was unmapped since), -EOWNERDEAD (after fork)
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API int upnvme_dma_alloc(void **buf, upnvme_ctrlr *ctrlr, size_t bytes, size_t align);

/**
 * Frees memory that upnvme_dma_alloc gave. Memory that an accepted command may still touch is set
 * aside until the command is done, and only then given back. So this call is safe at any moment after
 * the submission has returned.
 *
 * @param ctrlr  a controller that reaches the memory
 * @param buf  what upnvme_dma_alloc gave; null is accepted
 * @return 0, or a negative errno; nothing was freed then: -EINVAL (null controller, memory that is
 *   not allocated), -EOWNERDEAD (after fork)
 * @thread Any thread, also within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_dma_free(upnvme_ctrlr *ctrlr, void *buf);

/**
 * Makes the caller's own memory reachable for the device. Each page that the range touches is
 * registered whole. A page may be registered more than once: the registrations are counted.
 *
 * The memory must be mapped for reading and writing, and stay so until it is unregistered. Where
 * munmap or mprotect takes memory away from a soft: controller, this process gets a fault (SIGSEGV)
 * when a command touches that memory, also within upnvme_poll. Read-only memory (a constant, or a
 * file that is mapped read-only) has to be copied to memory of upnvme_dma_alloc before it can be
 * written to the device.
 *
 * A pcie: device goes on reaching the pages that were registered, even when the process has lost
 * them: by munmap, mremap, madvise(MADV_DONTNEED) or a mapping over them (MAP_FIXED). The same holds
 * after free, since malloc unmaps large memory, trims its heap, and gives the same addresses again.
 * Memory that is mapped there later is other memory at a registered address. A read command leaves
 * the new memory as it is and has status 0; a write command writes the old content. So unregister
 * first, then unmap or free. Registering such memory again is refused (-ESTALE) where the kernel
 * tells which pages are behind an address (it tells root). Elsewhere the mistake is not noticed.
 *
 * @param ctrlr  a controller that is to reach the memory
 * @param buf  start of the memory; any alignment
 * @param bytes  size of the memory in bytes
 * @return 0, or a negative errno; nothing was registered then: -EINVAL (null, empty, wrapping),
 *   -EFAULT (not mapped for reading and writing, or not for a device without an IOMMU), -ENOMEM
 *   (memory, or the limit of locked memory), -ENOTSUP (pcie with UIO: the kernel cannot pin memory),
 *   -ENOSPC (pcie: no bus addresses or mappings left),
 *   -ESTALE (pcie: the addresses are registered, for other memory: unregister them as often as they
 *   were registered, then register them), -EOWNERDEAD (after fork); others as the operating system
 *   gave them, with UPNVME_ERR_SYSTEM
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API int upnvme_mem_register(upnvme_ctrlr *ctrlr, void *buf, size_t bytes);

/**
 * Takes back one registration of upnvme_mem_register.
 *
 * @param ctrlr  a controller that reaches the memory
 * @param buf  as it was registered
 * @param bytes  as it was registered
 * @return 0, or a negative errno: -EINVAL (null, or no such registration), -EBUSY (a command in
 *   flight may still touch the memory: poll its queue pair and try again), -ENOMEM, -EOWNERDEAD (after
 *   fork)
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API int upnvme_mem_unregister(upnvme_ctrlr *ctrlr, void *buf, size_t bytes);

#ifdef __cplusplus
}
#endif

#endif
