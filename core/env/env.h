/* SPDX-License-Identifier: BSD-3-Clause */
/* Who provides memory that a device can reach: the operations that each environment implements. */
#ifndef UPNVME_ENV_ENV_H
#define UPNVME_ENV_ENV_H

#include <stdint.h>

struct env;

#define ENV_ANY_NODE (-1)

struct env_ops {
	/* Zeroed pages, aligned to `align`, not inherited by forked children, of the NUMA node if
	 * it has some (ENV_ANY_NODE: wherever). 0 or a negative errno with its sentence. */
	int (*pages_alloc)(struct env *env, uint64_t bytes, uint64_t align, int node, void **va);
	void (*pages_free)(struct env *env, void *va, uint64_t bytes);
	/* Null where mapping finds out. 0 for the caller's whole pages that can be read and written, else a negative
	 * errno with its sentence. */
	int (*check)(struct env *env, void *va, uint64_t bytes);
	/* Makes whole pages reachable at *iova: as many of *bytes, from the first on, as can be had
	 * in one piece of the bus, which *bytes then says. */
	int (*map)(struct env *env, void *va, uint64_t *bytes, uint64_t *iova);
	/* Null where what is at an address is looked up at each access. 0 as long as memory that was mapped at the
	 * bus address is still what the process has at its own, as far as that can be known; -ESTALE with its sentence
	 * when it is not. */
	int (*same)(struct env *env, void *va, uint64_t bytes, uint64_t iova);
	void (*unmap)(struct env *env, void *va, uint64_t bytes, uint64_t iova);
	/* Null where no memory is ever mapped at the bus addresses of a device's own. Keeps [iova, iova +
	 * bytes) free of mappings until it is given back; -EADDRINUSE with its sentence when there is one. */
	int (*reserve)(struct env *env, uint64_t iova, uint64_t bytes);
	void (*unreserve)(struct env *env, uint64_t iova);
};

struct env {
	const struct env_ops *ops;
	const char *name;
	/* Where every page is seen at the same distance: iova - va. Else 0, and the way back
	 * from a bus address (domain_resolve) is not there. */
	uint64_t distance;
};

/* Plain memory of this process: for controllers that live in it. */
struct env *env_host(void);

#endif
