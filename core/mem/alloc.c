/* SPDX-License-Identifier: BSD-3-Clause */
/* DMA memory: buddies of pages inside 2 MiB arenas, and a mapping of its own for each larger piece.
 *
 * All book-keeping is outside the memory that it describes: a device that writes to a wrong address
 * cannot break the allocator. Freed memory that a command may still touch is set aside, and
 * looked at again at each later call, so that no free takes memory from under a device. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/util.h"
#include "env/env.h"
#include "mem/internal.h"

#define ARENA_BYTES DOMAIN_ALIGN_MAX
#define UNIT_BYTES  4096ull /* the smallest block: buffers never share a page */
#define ARENA_UNITS (ARENA_BYTES / UNIT_BYTES)
#define ORDERS      10 /* 4 KiB to 2 MiB */

enum block_state { BLOCK_INSIDE, BLOCK_FREE, BLOCK_USED, BLOCK_SET_ASIDE };

/* The state of a block, in the entry of the block's first unit; each unit has an entry. */
struct block {
	uint8_t state;
	uint8_t order;
};

/* `units` is empty for an arena that is one large block. */
struct arena {
	struct arena *next;
	char *base;
	int node;
	uint64_t bytes;
	uint8_t state;    /* state of an arena that is one block */
	uint64_t touched; /* bytes from the base on that were ever given out; the rest is zero */
	uint32_t nused;
	uint32_t nset_aside;
	uint32_t nfree[ORDERS];
	struct block units[];
};

static bool arena_is_large(const struct arena *arena)
{
	return arena->bytes != ARENA_BYTES;
}

/* Takes pages from the environment; the floor is raised, since huge pages may have a file behind them. */
static int pages_take(struct domain *domain, uint64_t bytes, int node, void **base)
{
	struct fd_floor floor;
	int rc;

	fd_floor_raise(&floor);
	rc = domain->env->ops->pages_alloc(domain->env, bytes, ARENA_BYTES, node, base);
	fd_floor_lower(&floor);
	return rc;
}

/* A registration at the addresses of new pages is stale: the memory was unmapped without being
 * unregistered, and the device would still reach the old pages. */
static int arena_register(struct domain *domain, uint64_t base, uint64_t bytes)
{
	if (domain->env->ops->same && regions_touch(domain, base, base + bytes))
		return error_set(
			-ESTALE, UPNVME_ERR_BUFFER_UNREACHABLE,
			"memory from %#llx to %#llx was unmapped while it was registered, and "
			"other memory is there now, but the device still reaches the old memory: "
			"unregister it (upnvme_mem_unregister); next time unregister memory before "
			"it is unmapped",
			(unsigned long long)base, (unsigned long long)(base + bytes));
	return regions_add(domain, base, base + bytes);
}

static int arena_create(struct domain *domain, uint64_t bytes, int node, struct arena **arena)
{
	uint64_t units = bytes == ARENA_BYTES ? ARENA_UNITS : 0;
	struct arena *created = calloc(1, sizeof(*created) + units * sizeof(created->units[0]));
	void *base;
	int rc;

	if (!created)
		return error_no_memory("an arena of DMA memory", sizeof(*created));
	rc = pages_take(domain, bytes, node, &base);
	if (rc)
		goto free_arena;
	rc = arena_register(domain, (uint64_t)(uintptr_t)base, bytes);
	if (rc)
		goto free_pages;
	created->base = base;
	created->node = node;
	created->bytes = bytes;
	if (units) {
		created->units[0] = (struct block){ BLOCK_FREE, ORDERS - 1 };
		created->nfree[ORDERS - 1] = 1;
	}
	created->next = domain->arenas;
	domain->arenas = *arena = created;
	return 0;

free_pages:
	domain->env->ops->pages_free(domain->env, base, bytes);
free_arena:
	free(created);
	return rc;
}

static void arena_unmap(struct domain *domain, struct arena *arena)
{
	for (struct arena **link = &domain->arenas; *link; link = &(*link)->next) {
		if (*link == arena) {
			*link = arena->next;
			break;
		}
	}
	domain->env->ops->pages_free(domain->env, arena->base, arena->bytes);
	free(arena);
}

/* An arena stays for later use if, for want of memory, it cannot be taken out of the table. */
static void arena_destroy(struct domain *domain, struct arena *arena)
{
	uint64_t base = (uint64_t)(uintptr_t)arena->base;

	if (regions_remove(domain, base, base + arena->bytes))
		return;
	users_forget(domain);
	arena_unmap(domain, arena);
}

void arenas_destroy(struct domain *domain)
{
	while (domain->arenas)
		arena_unmap(domain, domain->arenas);
}

bool arenas_would_lose(struct domain *domain, uint64_t base, uint64_t end)
{
	for (struct arena *arena = domain->arenas; arena; arena = arena->next) {
		uint64_t start = (uint64_t)(uintptr_t)arena->base;
		uint64_t from = MAX(base, start), to = MIN(end, start + arena->bytes);
		bool last;

		if (from < to && regions_cover(domain, from, to, &last) && last)
			return true;
	}
	return false;
}

/* The first free block of exactly this order; the caller knows that there is one. */
static uint32_t block_find(struct arena *arena, unsigned order)
{
	uint32_t unit = 0;

	while (arena->units[unit].state != BLOCK_FREE || arena->units[unit].order != order)
		unit += 1u << arena->units[unit].order;
	return unit;
}

/* Halves blocks from `order` down until one of the wanted order is there, and takes it. */
static uint32_t block_take(struct arena *arena, unsigned order, unsigned wanted)
{
	uint32_t unit = block_find(arena, order);

	arena->nfree[order]--;
	while (order > wanted) {
		order--;
		arena->units[unit + (1u << order)] = (struct block){ BLOCK_FREE, (uint8_t)order };
		arena->nfree[order]++;
	}
	arena->units[unit] = (struct block){ BLOCK_USED, (uint8_t)wanted };
	arena->nused++;
	return unit;
}

/* Frees a block, and joins it with its buddy as long as the buddy is free and whole. */
static void block_give(struct arena *arena, uint32_t unit)
{
	unsigned order = arena->units[unit].order;

	arena->nused--;
	while (order < ORDERS - 1) {
		uint32_t buddy = unit ^ (1u << order);

		if (arena->units[buddy].state != BLOCK_FREE || arena->units[buddy].order != order)
			break;
		arena->nfree[order]--;
		arena->units[MAX(unit, buddy)].state = BLOCK_INSIDE;
		unit = MIN(unit, buddy);
		order++;
	}
	arena->units[unit] = (struct block){ BLOCK_FREE, (uint8_t)order };
	arena->nfree[order]++;
}

static bool block_touched(struct domain *domain, struct arena *arena, uint32_t unit)
{
	return users_may_touch(domain, (uint64_t)(uintptr_t)arena->base + unit * UNIT_BYTES,
			       UNIT_BYTES << arena->units[unit].order);
}

/* Gives back the blocks of one arena that were set aside and that no command touches any more. */
static void arena_sweep(struct domain *domain, struct arena *arena)
{
	for (uint32_t unit = 0; arena->nset_aside && unit < ARENA_UNITS;
	     unit += 1u << arena->units[unit].order) {
		if (arena->units[unit].state != BLOCK_SET_ASIDE ||
		    block_touched(domain, arena, unit))
			continue;
		arena->nset_aside--;
		block_give(arena, unit);
	}
}

/* One empty arena is kept, so that a program that allocates and frees in turn does not map memory each time. */
static void arenas_sweep(struct domain *domain)
{
	struct arena *next;
	bool kept = false;

	for (struct arena *arena = domain->arenas; arena; arena = next) {
		next = arena->next;
		if (arena_is_large(arena)) {
			if (arena->state == BLOCK_SET_ASIDE &&
			    !users_may_touch(domain, (uint64_t)(uintptr_t)arena->base,
					     arena->bytes))
				arena_destroy(domain, arena);
			continue;
		}
		if (arena->nset_aside)
			arena_sweep(domain, arena);
		if (arena->nused == 0) {
			if (kept)
				arena_destroy(domain, arena);
			kept = true;
		}
	}
}

static int alloc_large(struct domain *domain, uint64_t bytes, int node, void **va)
{
	struct arena *arena;
	int rc = arena_create(domain, align_up(bytes, domain->page_bytes), node, &arena);

	if (rc)
		return rc;
	arena->state = BLOCK_USED;
	*va = arena->base;
	return 0;
}

/* The smallest free block that holds the order, from any arena of the node. */
static bool arena_with(struct domain *domain, unsigned wanted, int node, struct arena **arena,
		       unsigned *order)
{
	for (*order = wanted; *order < ORDERS; ++*order)
		for (*arena = domain->arenas; *arena; *arena = (*arena)->next)
			if ((*arena)->node == node && (*arena)->nfree[*order])
				return true;
	return false;
}

/* New pages are zero already: writing them would only make them resident. */
static char *arena_zeroed(struct arena *arena, uint64_t offset, uint64_t bytes)
{
	if (offset < arena->touched)
		memset(arena->base + offset, 0, MIN(bytes, arena->touched - offset));
	arena->touched = MAX(arena->touched, offset + bytes);
	return arena->base + offset;
}

static int alloc_block(struct domain *domain, unsigned wanted, int node, void **va)
{
	struct arena *arena;
	unsigned order;
	int rc;

	if (!arena_with(domain, wanted, node, &arena, &order)) {
		rc = arena_create(domain, ARENA_BYTES, node, &arena);
		if (rc)
			return rc;
		order = ORDERS - 1;
	}
	*va = arena_zeroed(arena, block_take(arena, order, wanted) * UNIT_BYTES,
			   UNIT_BYTES << wanted);
	return 0;
}

int domain_alloc(struct domain *domain, uint64_t bytes, uint64_t align, int node, void **va)
{
	uint64_t block = pow2_ceil(MAX(MAX(bytes, align), UNIT_BYTES));
	int rc;

	pthread_mutex_lock(&domain->lock);
	arenas_sweep(domain);
	if (block > ARENA_BYTES)
		rc = alloc_large(domain, bytes, node, va);
	else
		rc = alloc_block(domain, log2_floor(block / UNIT_BYTES), node, va);
	pthread_mutex_unlock(&domain->lock);
	return rc;
}

/* Finds the arena and the unit at which a used block begins; false if no used block begins at `va`. */
static bool block_lookup(struct domain *domain, const char *va, struct arena **arena,
			 uint32_t *unit)
{
	for (*arena = domain->arenas; *arena; *arena = (*arena)->next) {
		uint64_t offset = (uint64_t)(uintptr_t)va - (uint64_t)(uintptr_t)(*arena)->base;

		if (offset >= (*arena)->bytes)
			continue;
		*unit = (uint32_t)(offset / UNIT_BYTES);
		if (arena_is_large(*arena))
			return offset == 0 && (*arena)->state == BLOCK_USED;
		return offset % UNIT_BYTES == 0 && (*arena)->units[*unit].state == BLOCK_USED;
	}
	return false;
}

static int free_locked(struct domain *domain, void *va)
{
	struct arena *arena;
	uint32_t unit;

	if (!block_lookup(domain, va, &arena, &unit))
		return error_set(
			-EINVAL, UPNVME_ERR_MEM_NOT_ALLOCATED,
			"%p is not the start of memory from upnvme_dma_alloc, or was freed before, "
			"and nothing was freed: give an address that upnvme_dma_alloc gave",
			va);
	if (arena_is_large(arena)) {
		arena->state = BLOCK_SET_ASIDE;
	} else {
		arena->units[unit].state = BLOCK_SET_ASIDE;
		arena->nset_aside++;
	}
	arenas_sweep(domain);
	return 0;
}

int domain_free(struct domain *domain, void *va)
{
	int rc;

	pthread_mutex_lock(&domain->lock);
	rc = free_locked(domain, va);
	pthread_mutex_unlock(&domain->lock);
	return rc;
}
