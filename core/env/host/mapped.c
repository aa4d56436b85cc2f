/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds out whether memory can be read and written, without touching it: another thread may use a
 * page, or a page may not exist until it is touched.
 *
 * The kernel lists the mappings in /proc. Where there is no /proc, the kernel can be asked to make
 * the pages ready for writing, which costs memory but changes no content.
 */
#include "env/host/mapped.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/error.h"
#include "base/fd.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

struct mapping {
	uint64_t begin, end;
	bool usable; /* for reading and writing */
};

static int error_unusable(uint64_t at, const char *why)
{
	return error_set(
		-EFAULT, UPNVME_ERR_BUFFER_UNREACHABLE,
		"memory at %#llx %s: register memory that is mapped for both, and copy data that "
		"can only be read to memory of upnvme_dma_alloc",
		(unsigned long long)at, why);
}

static int error_unknown(int maps_err, int advice_err)
{
	return error_set(
		-advice_err, UPNVME_ERR_SYSTEM,
		"the kernel does not tell whether memory can be read and written (/proc/self/maps: "
		"%s; madvise(MADV_POPULATE_WRITE), of Linux 5.14: %s): mount /proc, or have the "
		"sandbox (seccomp) allow one of them",
		strerror(maps_err), strerror(advice_err));
}

/* Skips the rest of the line, a path of any length. */
static void line_skip(FILE *maps, const char *part)
{
	int c = 0;

	while (!strchr(part, '\n') && c != '\n' && c != EOF)
		c = getc(maps);
}

/* Reads a line, as in "7f0000000000-7f0000001000 rw-p ..." (proc_pid_maps(5)). */
static bool mapping_read(FILE *maps, struct mapping *mapping)
{
	char line[64], *at;

	if (!fgets(line, sizeof(line), maps))
		return false;
	line_skip(maps, line);
	mapping->begin = strtoull(line, &at, 16);
	if (*at != '-')
		return false;
	mapping->end = strtoull(at + 1, &at, 16);
	mapping->usable = strncmp(at, " rw", 3) == 0;
	return true;
}

/* Checks [base, end) by the kernel's list, which is sorted. */
static int check_list(FILE *maps, uint64_t base, uint64_t end)
{
	struct mapping mapping;
	uint64_t at = base;

	while (at < end && mapping_read(maps, &mapping)) {
		if (mapping.end <= at)
			continue;
		if (mapping.begin > at)
			break;
		if (!mapping.usable)
			return error_unusable(
				at, "is not mapped for reading and writing in this process");
		at = mapping.end;
	}
	return at < end ? error_unusable(at, "is not mapped in this process") : 0;
}

static int check_by_advice(uint64_t base, uint64_t end, int maps_err)
{
	int err;

	if (!madvise((void *)(uintptr_t)base, end - base, MADV_POPULATE_WRITE))
		return 0;
	err = errno;
	/* EINVAL means that the memory may not be written, or that the kernel does not know the
	 * advice. */
	if (err == ENOMEM || err == EFAULT ||
	    (err == EINVAL && !madvise(NULL, 0, MADV_POPULATE_WRITE)))
		return error_unusable(
			base,
			"and behind it is not (wholly) mapped for reading and writing in this "
			"process");
	return error_unknown(maps_err, err);
}

int mapped_check(uint64_t base, uint64_t end)
{
	FILE *maps = fd_fopen("/proc/self/maps");
	int rc;

	if (!maps)
		return check_by_advice(base, end, errno);
	rc = check_list(maps, base, end);
	fclose(maps);
	return rc;
}
