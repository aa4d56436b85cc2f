/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of regions: which pages are reachable, how often each was registered, and its bus address.
 *
 * The table is a sorted array of segments, which changes under the domain's lock. Readers (a queue
 * pair that meets a new buffer, a software controller that meets a bus address) take no lock, but
 * keep the rule of a sequence lock: a reader that saw an odd number, or saw it change, looks again. */
#include <stdlib.h>

#include "base/error.h"
#include "base/util.h"
#include "env/env.h"
#include "mem/internal.h"

#define TABLE_INITIAL 64u

#define GET(field)        atomic_load_explicit(&(field), memory_order_acquire)
#define PUT(field, value) atomic_store_explicit(&(field), (value), memory_order_release)

int region_table_init(struct region_table *table)
{
	struct segment *segments = calloc(TABLE_INITIAL, sizeof(*segments));

	if (!segments)
		return error_no_memory("the table of reachable memory",
				       TABLE_INITIAL * sizeof(*segments));
	table->capacity = TABLE_INITIAL;
	PUT(table->segments, segments);
	return 0;
}

void region_table_destroy(struct region_table *table)
{
	for (uint32_t i = 0; i < table->nretired; i++)
		free(table->retired[i]);
	free(GET(table->segments));
}

static void table_begin(struct region_table *table)
{
	atomic_fetch_add(&table->seq, 1);
}

static void table_end(struct region_table *table)
{
	atomic_fetch_add(&table->seq, 1);
}

static void segment_set(struct segment *segment, uint64_t base, uint64_t end, uint64_t delta,
			uint32_t count)
{
	PUT(segment->base, base);
	PUT(segment->end, end);
	PUT(segment->delta, delta);
	segment->count = count;
}

static void segment_copy(struct segment *to, struct segment *from)
{
	segment_set(to, GET(from->base), GET(from->end), GET(from->delta), from->count);
}

/* Makes room for `more` further segments; the former array stays for readers that are still in it. */
static int table_reserve(struct region_table *table, uint32_t more)
{
	struct segment *old = GET(table->segments), *grown;
	uint32_t n = GET(table->nsegments);

	if (n + more <= table->capacity)
		return 0;
	if (table->nretired == ARRAY_SIZE(table->retired) || n + more > table->capacity * 2)
		return error_no_memory("the table of reachable memory", 0);
	grown = calloc(table->capacity * 2, sizeof(*grown));
	if (!grown)
		return error_no_memory("the table of reachable memory",
				       table->capacity * 2 * sizeof(*grown));
	for (uint32_t i = 0; i < n; i++)
		segment_copy(&grown[i], &old[i]);
	table->retired[table->nretired++] = old;
	table->capacity *= 2;
	PUT(table->segments, grown);
	return 0;
}

/* The first segment that ends above `va`. */
static uint32_t segment_after(struct segment *segments, uint32_t n, uint64_t va)
{
	uint32_t low = 0, high = n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (GET(segments[middle].end) > va)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static void table_insert(struct region_table *table, uint32_t at, uint64_t base, uint64_t end,
			 uint64_t delta)
{
	struct segment *segments = GET(table->segments);
	uint32_t n = GET(table->nsegments);

	for (uint32_t i = n; i > at; i--)
		segment_copy(&segments[i], &segments[i - 1]);
	segment_set(&segments[at], base, end, delta, 1);
	PUT(table->nsegments, n + 1);
}

static void table_delete(struct region_table *table, uint32_t at)
{
	struct segment *segments = GET(table->segments);
	uint32_t n = GET(table->nsegments);

	for (uint32_t i = at; i + 1 < n; i++)
		segment_copy(&segments[i], &segments[i + 1]);
	PUT(table->nsegments, n - 1);
}

/* Makes `va` a border between segments if it is inside one. */
static void table_split(struct region_table *table, uint64_t va)
{
	struct segment *segments = GET(table->segments);
	uint32_t at = segment_after(segments, GET(table->nsegments), va);

	if (at == GET(table->nsegments) || GET(segments[at].base) >= va)
		return;
	table_insert(table, at, GET(segments[at].base), va, GET(segments[at].delta));
	segments[at].count = segments[at + 1].count;
	PUT(segments[at + 1].base, va);
}

/* Joins neighbours that are alike, from just before `base` to just after `end`. */
static void table_join(struct region_table *table, uint64_t base, uint64_t end)
{
	struct segment *segments = GET(table->segments);
	uint32_t at = segment_after(segments, GET(table->nsegments), base ? base - 1 : 0);

	while (at + 1 < GET(table->nsegments) && GET(segments[at].base) <= end) {
		struct segment *a = &segments[at], *b = &segments[at + 1];

		if (GET(a->end) == GET(b->base) && a->count == b->count &&
		    GET(a->delta) == GET(b->delta)) {
			PUT(a->end, GET(b->end));
			table_delete(table, at + 1);
		} else {
			at++;
		}
	}
}

/* Adds one registration to memory that the device reaches already. */
static int segment_again(struct domain *domain, struct segment *segment)
{
	const struct env_ops *ops = domain->env->ops;
	uint64_t base = GET(segment->base), bytes = GET(segment->end) - base;
	int rc = 0;

	if (ops->same)
		rc = ops->same(domain->env, (void *)(uintptr_t)base, bytes,
			       base + GET(segment->delta));
	segment->count += !rc;
	return rc;
}

static int gap_fill(struct domain *domain, uint32_t at, uint64_t va, uint64_t *bytes)
{
	struct region_table *table = &domain->table;
	uint64_t iova;
	int rc = table_reserve(table, 3); /* the gap's segment, and two borders to remove it */

	if (!rc)
		rc = domain->env->ops->map(domain->env, (void *)(uintptr_t)va, bytes, &iova);
	if (rc)
		return rc;
	table_begin(table);
	table_insert(table, at, va, va + *bytes, iova - va);
	table_end(table);
	return 0;
}

/* Maps the gaps in [base, end) and adds them to the table. A failure leaves the table as it was. */
static int gaps_fill(struct domain *domain, uint64_t base, uint64_t end)
{
	struct region_table *table = &domain->table;
	uint64_t va = base;

	while (va < end) {
		struct segment *segments = GET(table->segments);
		uint32_t n = GET(table->nsegments), at = segment_after(segments, n, va);
		uint64_t next = at < n ? MIN(GET(segments[at].base), end) : end;
		uint64_t bytes = next - va;
		int rc;

		if (at < n && GET(segments[at].base) <= va) {
			rc = segment_again(domain, &segments[at]);
			bytes = GET(segments[at].end) - va;
		} else {
			rc = gap_fill(domain, at, va, &bytes);
		}
		if (rc) {
			if (va > base)
				regions_remove(domain, base,
					       va); /* finds room: the borders were reserved */
			return rc;
		}
		va += bytes;
	}
	return 0;
}

int regions_add(struct domain *domain, uint64_t base, uint64_t end)
{
	struct region_table *table = &domain->table;
	int rc = table_reserve(table, 2);

	if (rc)
		return rc;
	table_begin(table);
	table_split(table, base);
	table_split(table, end);
	table_end(table);
	rc = gaps_fill(domain, base, end);
	table_begin(table);
	table_join(table, base, end);
	table_end(table);
	if (rc)
		users_forget(domain); /* users may have looked up the short-lived segment */
	return rc;
}

/* Takes one registration from the segment at `at`. With its last registration the segment leaves the
 * table, and then the device's reach; readers do not wait for the unmapping. True if the segment is
 * gone. */
static bool segment_drop(struct domain *domain, uint32_t at)
{
	struct segment *segment = &GET(domain->table.segments)[at];
	uint64_t base = GET(segment->base), end = GET(segment->end), delta = GET(segment->delta);

	if (--segment->count > 0)
		return false;
	table_begin(&domain->table);
	table_delete(&domain->table, at);
	table_end(&domain->table);
	domain->env->ops->unmap(domain->env, (void *)(uintptr_t)base, end - base, base + delta);
	return true;
}

int regions_remove(struct domain *domain, uint64_t base, uint64_t end)
{
	struct region_table *table = &domain->table;
	struct segment *segments;
	uint32_t at;
	int rc = table_reserve(table, 2); /* the two borders */

	if (rc)
		return rc;
	table_begin(table);
	table_split(table, base);
	table_split(table, end);
	table_end(table);
	segments = GET(table->segments);
	at = segment_after(segments, GET(table->nsegments), base);
	while (at < GET(table->nsegments) && GET(segments[at].base) < end)
		at += !segment_drop(domain, at);
	table_begin(table);
	table_join(table, base, end);
	table_end(table);
	return 0;
}

void regions_clear(struct domain *domain)
{
	struct segment *segments = GET(domain->table.segments);

	for (uint32_t i = 0; i < GET(domain->table.nsegments); i++) {
		uint64_t base = GET(segments[i].base), end = GET(segments[i].end);

		domain->env->ops->unmap(domain->env, (void *)(uintptr_t)base, end - base,
					base + GET(segments[i].delta));
	}
	PUT(domain->table.nsegments, 0);
}

bool regions_touch(struct domain *domain, uint64_t base, uint64_t end)
{
	struct segment *segments = GET(domain->table.segments);
	uint32_t n = GET(domain->table.nsegments), at = segment_after(segments, n, base);

	return at < n && GET(segments[at].base) < end;
}

bool regions_cover(struct domain *domain, uint64_t base, uint64_t end, bool *last)
{
	struct region_table *table = &domain->table;
	struct segment *segments = GET(table->segments);
	uint32_t n = GET(table->nsegments), at = segment_after(segments, n, base);
	uint64_t va = base;

	*last = false;
	for (; va < end && at < n && GET(segments[at].base) <= va; at++) {
		*last = *last || segments[at].count == 1;
		va = GET(segments[at].end);
	}
	return va >= end;
}

/* Tries domain_find once; the result counts only if the table did not change meanwhile. */
static bool find_once(struct region_table *table, uint64_t va, struct region *region)
{
	/* The number of segments is read first: the array, read second, is at least as new and as
	 * large. */
	uint32_t n = GET(table->nsegments);
	struct segment *segments = GET(table->segments);
	uint32_t first = segment_after(segments, n, va), last = first;

	if (first == n || GET(segments[first].base) > va)
		return false;
	region->delta = GET(segments[first].delta);
	while (first > 0 && GET(segments[first - 1].end) == GET(segments[first].base) &&
	       GET(segments[first - 1].delta) == region->delta)
		first--;
	while (last + 1 < n && GET(segments[last + 1].base) == GET(segments[last].end) &&
	       GET(segments[last + 1].delta) == region->delta)
		last++;
	region->base = GET(segments[first].base);
	region->bytes = GET(segments[last].end) - region->base;
	return true;
}

bool domain_find(struct domain *domain, uint64_t va, struct region *region)
{
	struct region_table *table = &domain->table;
	uint64_t seq;
	bool found;

	do {
		while ((seq = GET(table->seq)) & 1)
			;
		found = find_once(table, va, region);
	} while (GET(table->seq) != seq);
	return found;
}

bool domain_is_contiguous(struct domain *domain, const void *va, uint64_t bytes)
{
	uint64_t base = (uint64_t)(uintptr_t)va;
	struct region region;

	return domain_find(domain, base, &region) && bytes <= region.bytes - (base - region.base);
}

uint64_t domain_iova(struct domain *domain, const void *va)
{
	struct region region = { 0 };

	domain_find(domain, (uint64_t)(uintptr_t)va, &region);
	return (uint64_t)(uintptr_t)va + region.delta;
}

void *domain_resolve(struct domain *domain, uint64_t iova, uint64_t bytes)
{
	uint64_t va = iova - domain->env->distance;

	return domain_is_contiguous(domain, (void *)(uintptr_t)va, bytes) ? (void *)(uintptr_t)va :
									    NULL;
}
