/* SPDX-License-Identifier: BSD-3-Clause */
/* A domain: the memory that one way of access can reach. Controllers that are reached alike share a
 * domain.
 *
 * The domain knows which pages are reachable and at which bus address (region.c), hands out DMA
 * memory (alloc.c), and knows its users, the queue pairs, so that no memory is taken away under a
 * command in flight. */
#ifndef UPNVME_MEM_DOMAIN_H
#define UPNVME_MEM_DOMAIN_H

#include <stdbool.h>
#include <stdint.h>

struct domain;
struct env;

/* A run of reachable memory with one distance between virtual and bus address: iova = va +
 * delta. */
struct region {
	uint64_t base;
	uint64_t bytes;
	uint64_t delta;
};

/* A queue pair, as the domain sees it. Both functions are called under the domain's lock, from any
 * thread. */
struct domain_user {
	struct domain_user *next, *prev;
	bool (*may_touch)(struct domain_user *user, uint64_t iova, uint64_t bytes);
	void (*forget)(struct domain_user *user); /* drop every region that was looked up before */
};

/* The domain of an environment: each environment has one, which counts its owners. */
int domain_acquire(struct domain **domain, struct env *env);
void domain_release(struct domain *domain);
const struct env *domain_env(const struct domain *domain);

void domain_user_add(struct domain *domain, struct domain_user *user);
void domain_user_remove(struct domain *domain, struct domain_user *user);

/* Allocates zeroed memory, of the NUMA node if the node has some (ENV_ANY_NODE: of any); `align` is a
 * power of two up to DOMAIN_ALIGN_MAX, or 0 for a page. */
#define DOMAIN_ALIGN_MAX (2ull << 20)
int domain_alloc(struct domain *domain, uint64_t bytes, uint64_t align, int node, void **va);
/* Frees memory of domain_alloc. Memory that a command in flight may touch is set aside, and freed later. */
int domain_free(struct domain *domain, void *va);

int domain_register(struct domain *domain, void *va, uint64_t bytes);
int domain_unregister(struct domain *domain, void *va, uint64_t bytes);

/* The largest region around `va`. Lock-free. False when the page at `va` is not reachable. */
bool domain_find(struct domain *domain, uint64_t va, struct region *region);

/* Whether the device sees the bytes in one piece. Without an IOMMU memory from domain_alloc need
 * not be. */
bool domain_is_contiguous(struct domain *domain, const void *va, uint64_t bytes);

/* The bus address of memory that is known to be reachable: what domain_alloc gave. */
uint64_t domain_iova(struct domain *domain, const void *va);

/* The address in this process of a bus address, for a software controller: null unless all the
 * bytes are reachable. Lock-free. */
void *domain_resolve(struct domain *domain, uint64_t iova, uint64_t bytes);

#endif
