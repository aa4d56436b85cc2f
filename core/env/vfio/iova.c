/* SPDX-License-Identifier: BSD-3-Clause */
/* Gives out bus addresses: first fit, above 4 GiB if there is room. Below 4 GiB are the windows of
 * bridges and of interrupts. The IOMMU does not see every access to these windows: a device behind
 * the same switch might answer. */
#include "env/vfio/iova.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "env/pages.h"

#define PREFERRED_FIRST (4ull << 30)
#define LOWEST_FIRST    65536ull /* address 0 looks like a missing address */
/* Queue pairs note what a command touches in 48 bits. */
#define HIGHEST_LAST   ((1ull << 48) - 1)
#define PAGE_BYTES     4096ull
#define MAPPINGS_FIRST 16u

int iova_space_allow(struct iova_space *space, const struct iova_range *ranges, uint32_t n)
{
	struct iova_range *copy = calloc(n ? n : 1, sizeof(*copy));

	if (!copy)
		return error_no_memory("the table of bus addresses", n * sizeof(*copy));
	if (n)
		memcpy(copy, ranges, n * sizeof(*copy));
	free(space->ranges);
	space->ranges = copy;
	space->nranges = n;
	return 0;
}

void iova_space_destroy(struct iova_space *space)
{
	for (uint32_t i = 0; i < space->nmappings; i++)
		free(space->mappings[i].frames);
	free(space->ranges);
	free(space->mappings);
	*space = (struct iova_space){ 0 };
}

/* The first mapping that ends above `iova`. */
static uint32_t mapping_after(const struct iova_space *space, uint64_t iova)
{
	uint32_t low = 0, high = space->nmappings;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const struct iova_mapping *mapping = &space->mappings[middle];

		if (mapping->iova + mapping->bytes > iova)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* The first address from `from` on that is `offset` past a multiple of `align`. */
static uint64_t congruent_up(uint64_t from, uint64_t offset, uint64_t align)
{
	return from + ((offset - from) & (align - 1));
}

static bool fits(uint64_t at, uint64_t bytes, uint64_t last)
{
	return at <= last && bytes - 1 <= last - at;
}

/* First fit in one range, from `from` on. */
static bool find_in_range(const struct iova_space *space, const struct iova_range *range,
			  uint64_t from, uint64_t va, uint64_t bytes, uint64_t align,
			  uint64_t *iova)
{
	uint64_t last = MIN(range->last, HIGHEST_LAST);
	uint64_t at = congruent_up(MAX(range->first, from), va, align);

	for (uint32_t i = mapping_after(space, at); fits(at, bytes, last); i++) {
		const struct iova_mapping *mapping = &space->mappings[i];

		if (i == space->nmappings || (mapping->iova >= at && mapping->iova - at >= bytes)) {
			*iova = at;
			return true;
		}
		/* Once aligned, the address may be behind the mappings that follow. */
		at = congruent_up(MAX(at, mapping->iova + mapping->bytes), va, align);
	}
	return false;
}

static bool gap_find(const struct iova_space *space, uint64_t from, uint64_t va, uint64_t bytes,
		     uint64_t align, uint64_t *iova)
{
	for (uint32_t i = 0; i < space->nranges; i++)
		if (find_in_range(space, &space->ranges[i], from, va, bytes, align, iova))
			return true;
	return false;
}

/* The page size of mappings: a mapping begins and ends at a multiple of it. */
static uint64_t smallest_page(const struct iova_space *space)
{
	return MAX(space->page_bytes, PAGE_BYTES);
}

static bool find_anywhere(const struct iova_space *space, uint64_t va, uint64_t bytes,
			  uint64_t *iova)
{
	uint64_t page = smallest_page(space);
	uint64_t align = bytes >= PAGES_HUGE_BYTES ? MAX(PAGES_HUGE_BYTES, page) : page;

	return gap_find(space, PREFERRED_FIRST, va, bytes, align, iova) ||
	       gap_find(space, LOWEST_FIRST, va, bytes, align, iova) ||
	       gap_find(space, LOWEST_FIRST, va, bytes, page, iova);
}

static int areas_grow(struct iova_space *space)
{
	uint32_t capacity = MAX(space->capacity * 2, MAPPINGS_FIRST);
	struct iova_mapping *grown;

	if (space->nmappings < space->capacity)
		return 0;
	grown = realloc(space->mappings, capacity * sizeof(*grown));
	if (!grown)
		return error_no_memory("the table of DMA mappings", capacity * sizeof(*grown));
	space->mappings = grown;
	space->capacity = capacity;
	return 0;
}

/* Inserts a mapping; the caller has made room for it (areas_grow). */
static void area_insert(struct iova_space *space, uint64_t iova, uint64_t bytes)
{
	uint32_t at = mapping_after(space, iova);

	memmove(&space->mappings[at + 1], &space->mappings[at],
		(space->nmappings - at) * sizeof(space->mappings[0]));
	space->mappings[at] = (struct iova_mapping){ iova, bytes, bytes, NULL };
	space->nmappings++;
}

int iova_take(struct iova_space *space, uint64_t va, uint64_t bytes, uint64_t *iova)
{
	int rc = areas_grow(space);

	if (rc)
		return rc;
	if (!find_anywhere(space, va, bytes, iova))
		return error_set(
			-ENOSPC, UPNVME_ERR_DEVICE_IOMMU,
			"the IOMMU has no %llu bytes of bus addresses left in one piece: free or "
			"unregister DMA memory",
			(unsigned long long)bytes);
	area_insert(space, *iova, bytes);
	return 0;
}

int iova_reserve(struct iova_space *space, uint64_t iova, uint64_t bytes)
{
	uint64_t first = align_down(iova, smallest_page(space));
	uint64_t end = align_up(iova + bytes, smallest_page(space));
	uint32_t at = mapping_after(space, first);
	int rc = areas_grow(space);

	if (rc)
		return rc;
	if (at < space->nmappings && space->mappings[at].iova < end)
		return error_set(
			-EADDRINUSE, UPNVME_ERR_DEVICE_IOMMU,
			"DMA memory is mapped at bus address %#llx, where the device has %llu "
			"bytes of its own: open this device before much memory is allocated",
			(unsigned long long)iova, (unsigned long long)bytes);
	area_insert(space, first, end - first);
	return 0;
}

struct iova_mapping *iova_find(const struct iova_space *space, uint64_t iova)
{
	uint32_t at = mapping_after(space, iova);

	return at < space->nmappings && space->mappings[at].iova <= iova ? &space->mappings[at] :
									   NULL;
}

bool iova_release(struct iova_space *space, uint64_t *iova, uint64_t *bytes,
		  struct iova_mapping *unused)
{
	uint32_t at = mapping_after(space, *iova);

	while (*bytes && at < space->nmappings) {
		struct iova_mapping *mapping = &space->mappings[at++];
		uint64_t part = MIN(*bytes, mapping->iova + mapping->bytes - *iova);

		mapping->live_bytes -= part;
		*iova += part;
		*bytes -= part;
		if (!mapping->live_bytes) {
			*unused = *mapping;
			return true;
		}
	}
	return false;
}

void iova_drop(struct iova_space *space, uint64_t iova)
{
	uint32_t at = mapping_after(space, iova);

	free(space->mappings[at].frames);
	space->nmappings--;
	memmove(&space->mappings[at], &space->mappings[at + 1],
		(space->nmappings - at) * sizeof(space->mappings[0]));
}
