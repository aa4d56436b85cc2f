/* SPDX-License-Identifier: BSD-3-Clause */
/* An environment provides memory that a device can reach: the operations that each environment
 * implements. */
#ifndef UPNVME_ENV_ENV_H
#define UPNVME_ENV_ENV_H

#include <stdint.h>

struct env;

#define ENV_ANY_NODE (-1)

struct env_ops {
	/* Allocates zeroed pages, aligned to `align`, not inherited by forked children, of the NUMA
	 * node if the node has some (ENV_ANY_NODE: of any). 0 or a negative errno with its sentence. */
	int (*pages_alloc)(struct env *env, uint64_t bytes, uint64_t align, int node, void **va);
	void (*pages_free)(struct env *env, void *va, uint64_t bytes);
	/* Checks the caller's whole pages: 0 if they can be read and written, else a negative errno
	 * with its sentence. Null where `map` finds that out. */
	int (*check)(struct env *env, void *va, uint64_t bytes);
	/* Makes whole pages reachable at *iova: as many of *bytes, from the first on, as fit into
	 * one piece of the bus. Afterwards *bytes is that number of bytes. */
	int (*map)(struct env *env, void *va, uint64_t *bytes, uint64_t *iova);
	/* Checks a mapping: 0 as long as the memory that was mapped at the bus address is still the
	 * memory that the process has at its own address, as far as that can be known; -ESTALE with
	 * its sentence when it is not. Null where each access looks the address up. */
	int (*same)(struct env *env, void *va, uint64_t bytes, uint64_t iova);
	void (*unmap)(struct env *env, void *va, uint64_t bytes, uint64_t iova);
	/* Keeps [iova, iova + bytes) free of mappings until the range is given back; -EADDRINUSE
	 * with its sentence when there is a mapping. Null where memory is never mapped at the bus
	 * addresses of a device's own memory. */
	int (*reserve)(struct env *env, uint64_t iova, uint64_t bytes);
	void (*unreserve)(struct env *env, uint64_t iova);
};

struct env {
	const struct env_ops *ops;
	const char *name;
	/* The distance iova - va, where it is the same for all pages. Else 0, and no bus address
	 * can be resolved (domain_resolve). */
	uint64_t distance;
};

/* The environment of controllers that live in this process: its plain memory. */
struct env *env_host(void);

#endif
