/* SPDX-License-Identifier: BSD-3-Clause */
/* Anonymous memory: mapped with room for its alignment, trimmed, and not inherited by forked children,
 * since no device would see a child's copies. */
#include "env/pages.h"

#include <limits.h>
#include <linux/mempolicy.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/util.h"

#define HUGE_FLAGS (MAP_HUGETLB | 21 << 26) /* 2^21 bytes: mmap(2), MAP_HUGE_2MB */
#define NODES_MAX  1024u

/* Asks for pages of this node; they are allocated when they are first touched. Memory of another
 * node serves where the node has none, or the kernel knows of no nodes. */
static void prefer_node(void *va, uint64_t bytes, int node)
{
	unsigned long nodes[NODES_MAX / (CHAR_BIT * sizeof(unsigned long))] = { 0 };
	const unsigned bits = CHAR_BIT * sizeof(nodes[0]);

	if (node < 0 || (unsigned)node >= NODES_MAX)
		return;
	nodes[(unsigned)node / bits] = 1ul << (unsigned)node % bits;
	(void)syscall(SYS_mbind, va, bytes, MPOL_PREFERRED, nodes, (unsigned long)NODES_MAX, 0u);
}

static int keep_from_children(void *va, uint64_t bytes)
{
	int err;

	if (!madvise(va, bytes, MADV_DONTFORK))
		return 0;
	err = errno;
	munmap(va, bytes);
	return error_set(
		-err, UPNVME_ERR_SYSTEM,
		"madvise(MADV_DONTFORK) failed for %llu bytes of DMA memory: %s; without this call "
		"a forked child would have a copy: have the sandbox (seccomp) allow madvise",
		(unsigned long long)bytes, strerror(err));
}

static int small_alloc(uint64_t bytes, uint64_t align, int node, void **va)
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
	prefer_node(aligned, bytes, node);
	*va = aligned;
	return keep_from_children(aligned, bytes);
}

static int transparent_alloc(uint64_t bytes, uint64_t align, int node, void **va)
{
	int rc = small_alloc(bytes, align, node, va);

	if (!rc)
		(void)madvise(*va, bytes, MADV_HUGEPAGE); /* a failure leaves small pages */
	return rc;
}

static void plain_free(void *va, uint64_t bytes)
{
	munmap(va, bytes);
}

static int error_huge(uint64_t bytes, int err)
{
	uint64_t wanted = align_up(bytes, PAGES_HUGE_BYTES) / PAGES_HUGE_BYTES;

	if (err == EINVAL || err == ENODEV)
		return error_set(-ENOTSUP, UPNVME_ERR_HUGE_PAGES,
				 "this kernel has no huge pages of 2 MiB: use pages=transparent");
	return error_set(
		-ENOMEM, UPNVME_ERR_HUGE_PAGES,
		"%llu huge pages of 2 MiB are needed, and too few are free: add that number to the "
		"number that `upnvme-devices status` shows, and give the sum as N to `upnvme-devices "
		"setup --huge-pages N:2MiB --apply`",
		(unsigned long long)wanted);
}

/* The mmap reserves the huge pages, so that none is missing when it is touched. */
static int huge_alloc(uint64_t bytes, uint64_t align, int node, void **va)
{
	uint64_t whole = align_up(bytes, PAGES_HUGE_BYTES);

	(void)align; /* a huge page is aligned to its size */
	*va = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | HUGE_FLAGS,
		   -1, 0);
	if (*va == MAP_FAILED)
		return error_huge(bytes, errno);
	prefer_node(*va, whole, node);
	return keep_from_children(*va, whole);
}

static void huge_free(void *va, uint64_t bytes)
{
	munmap(va, align_up(bytes, PAGES_HUGE_BYTES));
}

const struct pages pages_small = { "small", "vfio", small_alloc, plain_free };
const struct pages pages_transparent = { "transparent", "vfio", transparent_alloc, plain_free };
const struct pages pages_huge = { "huge", "vfio", huge_alloc, huge_free };
