/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel tells page frames to processes with CAP_SYS_ADMIN
 * (Documentation/admin-guide/mm/pagemap.rst); others read zeroes. */
#include "env/vfio/frames.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/util.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22 /* Linux 5.14 */
#endif

#define ENTRIES       64u /* read at once */
#define ENTRY_PRESENT (1ull << 63)
#define ENTRY_FRAME   ((1ull << 55) - 1)
#define UNKNOWN       0u /* frame 0: not told */

static uint64_t page_bytes(void)
{
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Reads the frames from page number `first` on. */
static bool some_read(uint32_t *frames, int fd, uint64_t first, uint64_t n)
{
	uint64_t entries[ENTRIES];
	ssize_t bytes = (ssize_t)(n * sizeof(entries[0]));

	if (pread(fd, entries, (size_t)bytes, (off_t)(first * sizeof(entries[0]))) != bytes)
		return false;
	for (uint64_t i = 0; i < n; i++)
		frames[i] =
			entries[i] & ENTRY_PRESENT ? (uint32_t)(entries[i] & ENTRY_FRAME) : UNKNOWN;
	return true;
}

static bool all_read(uint32_t *frames, uint64_t first, uint64_t npages)
{
	int fd = fd_open("/proc/self/pagemap", O_RDONLY, 0);
	bool told = fd >= 0;

	for (uint64_t at = 0; told && at < npages; at += ENTRIES)
		told = some_read(frames + at, fd, first + at, MIN(npages - at, ENTRIES));
	if (fd >= 0)
		close(fd);
	return told;
}

static uint32_t *frames_now(const void *va, uint64_t bytes)
{
	uint64_t npages = bytes / page_bytes();
	uint32_t *frames = calloc(npages, sizeof(*frames));

	if (frames && all_read(frames, (uintptr_t)va / page_bytes(), npages))
		return frames;
	free(frames);
	return NULL;
}

uint32_t *frames_read(const void *va, uint64_t bytes)
{
	uint32_t *frames = frames_now(va, bytes);

	if (frames && frames[0] != UNKNOWN)
		return frames;
	free(frames);
	return NULL;
}

/* A page of a file that was dropped comes back as the same page when it is touched; other pages
 * that were given up do not. All pages are therefore touched first, where the kernel can do that
 * without a fault. */
bool frames_same(const uint32_t *frames, void *va, uint64_t bytes)
{
	uint32_t *now;
	bool same = true;

	(void)madvise(va, bytes, MADV_POPULATE_READ);
	now = frames_now(va, bytes);
	for (uint64_t i = 0; now && i < bytes / page_bytes(); i++)
		same = same && (now[i] == frames[i] || now[i] == UNKNOWN || frames[i] == UNKNOWN);
	free(now);
	return same;
}
