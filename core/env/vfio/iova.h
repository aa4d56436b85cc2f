/* SPDX-License-Identifier: BSD-3-Clause */
/* The bus addresses that an IOMMU offers, and which of them are mapped. */
#ifndef UPNVME_ENV_VFIO_IOVA_H
#define UPNVME_ENV_VFIO_IOVA_H

#include <stdbool.h>
#include <stdint.h>

/* A range that includes both ends. */
struct iova_range {
	uint64_t first;
	uint64_t last;
};

/* A mapping was made by one call, and must be unmapped by one call: VFIO cannot cut a mapping in two.
 * `live_bytes` of its bytes are still wanted. */
struct iova_mapping {
	uint64_t iova;
	uint64_t bytes;
	uint64_t live_bytes;
	uint32_t *frames; /* frames of the pages (frames.h), or null */
};

/* Both arrays are sorted by address. A space of zero bytes has no addresses. */
struct iova_space {
	struct iova_range *ranges;
	uint32_t nranges;
	struct iova_mapping *mappings;
	uint32_t nmappings;
	uint32_t capacity;
	uint64_t page_bytes; /* the IOMMU's smallest page; 0: not told */
};

/* Takes the ranges that the IOMMU offers now, in place of the former ones. */
int iova_space_allow(struct iova_space *space, const struct iova_range *ranges, uint32_t n);
void iova_space_destroy(struct iova_space *space);

/* Takes a free place for `bytes`, at the same offset in a huge page as `va` if such a place is free, so
 * that the IOMMU can use large pages, else at the same offset in the IOMMU's smallest page. -ENOSPC
 * with its sentence when the addresses are used up. */
int iova_take(struct iova_space *space, uint64_t va, uint64_t bytes, uint64_t *iova);

/* Keeps the pages of [iova, iova + bytes) free of mappings until iova_drop. -EADDRINUSE with its sentence if a mapping
 * is there already. */
int iova_reserve(struct iova_space *space, uint64_t iova, uint64_t bytes);

/* The mapping that the address is in, or null. */
struct iova_mapping *iova_find(const struct iova_space *space, uint64_t iova);

/* Notes that [iova, iova + bytes) is not wanted any more, and hands out the next mapping in this
 * range that is unused now; the caller unmaps and drops that mapping, and repeats the call until it
 * returns false. */
bool iova_release(struct iova_space *space, uint64_t *iova, uint64_t *bytes,
		  struct iova_mapping *unused);
/* Forgets the mapping, or the reservation, at `iova`: its addresses are free again. */
void iova_drop(struct iova_space *space, uint64_t iova);

#endif
