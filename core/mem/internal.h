/* SPDX-License-Identifier: BSD-3-Clause */
/* The parts of a domain, which the files of core/mem share: region.c has the table of regions, alloc.c the
 * arenas. */
#ifndef UPNVME_MEM_INTERNAL_H
#define UPNVME_MEM_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "mem/domain.h"

/* Reachable pages [base, end), each of them registered `count` times. The fields are atomic because
 * they are read without the lock; the table's `seq` tells a reader whether it saw one state. */
struct segment {
	_Atomic uint64_t base;
	_Atomic uint64_t end;
	_Atomic uint64_t delta;
	uint32_t count;
};

/* Sorted by address; neighbours that are alike are one segment. */
struct region_table {
	_Atomic uint64_t seq; /* odd while the table changes */
	_Atomic(struct segment *) segments;
	_Atomic uint32_t nsegments;
	uint32_t capacity;
	struct segment *retired[32]; /* former arrays, for late readers; each twice the last */
	uint32_t nretired;
};

struct arena;

struct domain {
	struct env *env;
	uint32_t references;
	uint64_t page_bytes;
	pthread_mutex_t lock; /* guards all fields below */
	struct domain_user *users;
	struct region_table table;
	struct arena *arenas;
};

int region_table_init(struct region_table *table);
void region_table_destroy(struct region_table *table);
/* Adds one registration to each page of [base, end), and maps pages that have none. Called under the lock; base and
 * end are those of whole pages. */
int regions_add(struct domain *domain, uint64_t base, uint64_t end);
/* Takes one registration from each page of [base, end), all of which are registered. Fails, for want of memory,
 * before anything has changed. */
int regions_remove(struct domain *domain, uint64_t base, uint64_t end);
void regions_clear(struct domain *domain);
/* Whether some page of [base, end) is registered. */
bool regions_touch(struct domain *domain, uint64_t base, uint64_t end);
/* True if each page of [base, end) is registered; *last then says whether some page is registered
 * only once. */
bool regions_cover(struct domain *domain, uint64_t base, uint64_t end, bool *last);

/* Whether a command in flight may touch the bytes. Called under the lock. */
bool users_may_touch(struct domain *domain, uint64_t base, uint64_t bytes);
/* Makes all users forget the regions that they have looked up. Called under the lock. */
void users_forget(struct domain *domain);

void arenas_destroy(struct domain *domain);
/* True if one registration less for [base, end) would take from allocated memory its last registration, the
 * allocation's own. */
bool arenas_would_lose(struct domain *domain, uint64_t base, uint64_t end);

#endif
