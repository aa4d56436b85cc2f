/* SPDX-License-Identifier: BSD-3-Clause */
/* Plain memory, which needs no privilege and no huge page. A bus address of a software controller is at a
 * fixed distance from the process's address, so that a driver that confuses the two is caught. */
#include "env/env.h"

#include "env/host/mapped.h"
#include "env/pages.h"

/* Bus addresses have at most 48 bits, as behind an IOMMU. Programs on x86-64 have addresses of 47 bits, so that at this
 * distance nearly every bus address faults when it is used as a pointer. */
#if defined(__x86_64__)
#define HOST_DISTANCE (1ull << 46)
#else
#define HOST_DISTANCE (-(1ull << 46))
#endif

static int host_pages_alloc(struct env *env, uint64_t bytes, uint64_t align, int node, void **va)
{
	(void)env;
	return pages_small.alloc(bytes, align, node, va);
}

static void host_pages_free(struct env *env, void *va, uint64_t bytes)
{
	(void)env;
	pages_small.free(va, bytes);
}

static int host_check(struct env *env, void *va, uint64_t bytes)
{
	uint64_t base = (uint64_t)(uintptr_t)va;

	(void)env;
	return mapped_check(base, base + bytes);
}

static int host_map(struct env *env, void *va, uint64_t *bytes, uint64_t *iova)
{
	(void)bytes; /* always in one piece */
	*iova = (uint64_t)(uintptr_t)va + env->distance;
	return 0;
}

static void host_unmap(struct env *env, void *va, uint64_t bytes, uint64_t iova)
{
	(void)env;
	(void)va;
	(void)bytes;
	(void)iova;
}

static const struct env_ops host_ops = {
	.pages_alloc = host_pages_alloc,
	.pages_free = host_pages_free,
	.check = host_check,
	.map = host_map,
	.unmap = host_unmap,
};

struct env *env_host(void)
{
	static struct env host = { .ops = &host_ops, .name = "host", .distance = HOST_DISTANCE };

	return &host;
}
