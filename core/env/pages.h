/* SPDX-License-Identifier: BSD-3-Clause */
/* The kinds of memory for DMA, before a device can reach it. */
#ifndef UPNVME_ENV_PAGES_H
#define UPNVME_ENV_PAGES_H

#include <stdint.h>

/* The bytes of a huge page: the size that x86-64 and aarch64 have in common. */
#define PAGES_HUGE_BYTES (2ull << 20)

struct pages {
	const char *name;
	const char *env; /* the name of the environment */
	/* Allocates zeroed pages, aligned to `align` (a power of two up to 2 MiB), not inherited by
	 * forked children, of the NUMA node if the node has some (ENV_ANY_NODE: of any). 0 or a
	 * negative errno with its sentence. */
	int (*alloc)(uint64_t bytes, uint64_t align, int node, void **va);
	void (*free)(void *va, uint64_t bytes);
};

extern const struct pages pages_small;
extern const struct pages pages_transparent; /* huge pages where the kernel has some to spare */
extern const struct pages pages_huge;        /* pages of 2 MiB that were set aside, or nothing */

#endif
