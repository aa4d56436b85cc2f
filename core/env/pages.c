/* SPDX-License-Identifier: BSD-3-Clause */
/* Anonymous memory: mapped with room for its alignment, trimmed, and kept from forked children,
 * whose copies no device would know of. */
#include "env/pages.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/util.h"

int pages_map(uint64_t bytes, uint64_t align, bool huge, void **va)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), slack = align > page ? align : 0;
	char *raw, *aligned;

	raw = mmap(NULL, bytes + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (raw == MAP_FAILED)
		return error_no_memory("DMA pages", bytes);
	aligned = slack ? (char *)align_up((uintptr_t)raw, align) : raw;
	if (aligned > raw)
		munmap(raw, (size_t)(aligned - raw));
	if (raw + slack > aligned)
		munmap(aligned + bytes, (size_t)(raw + slack - aligned));
	if (madvise(aligned, bytes, MADV_DONTFORK)) {
		int err = errno;

		munmap(aligned, bytes);
		return error_set(-err, UPNVME_ERR_SYSTEM,
				 "madvise(MADV_DONTFORK) failed for %llu bytes of DMA memory: %s",
				 (unsigned long long)bytes, strerror(err));
	}
	if (huge)
		(void)madvise(aligned, bytes,
			      MADV_HUGEPAGE); /* a kernel without them has small ones */
	*va = aligned;
	return 0;
}

void pages_unmap(void *va, uint64_t bytes)
{
	munmap(va, bytes);
}
