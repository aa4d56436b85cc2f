/* SPDX-License-Identifier: BSD-3-Clause */
/* The bus addresses that an IOMMU offers, and which of them are mapped. */
#ifndef UPNVME_ENV_VFIO_IOVA_H
#define UPNVME_ENV_VFIO_IOVA_H

#include <stdbool.h>
#include <stdint.h>

/* Both ends are in it. */
struct iova_range {
	uint64_t first;
	uint64_t last;
};

/* What was mapped by one call, and must be unmapped by one: VFIO cannot cut a mapping in two.
 * `live_bytes` of it are still wanted. */
struct iova_mapping {
	uint64_t iova;
	uint64_t bytes;
	uint64_t live_bytes;
	uint32_t *frames; /* frames.h: of its pages, or null; freed with it */
};

/* Sorted by address, both. Zero bytes is a space without addresses. */
struct iova_space {
	struct iova_range *ranges;
	uint32_t nranges;
	struct iova_mapping *mappings;
	uint32_t nmappings;
	uint32_t capacity;
	uint64_t page_bytes; /* the IOMMU's smallest; 0: not told */
};

/* Takes over the ranges that the IOMMU offers, in place of those before. */
int iova_space_allow(struct iova_space *space, const struct iova_range *ranges, uint32_t n);
void iova_space_destroy(struct iova_space *space);

/* A free place for `bytes`, at the same offset in a huge page as `va` if there is one, so that
 * the IOMMU can use its large pages, and in one of its smallest at least. -ENOSPC with its sentence
 * when the addresses are used up. */
int iova_take(struct iova_space *space, uint64_t va, uint64_t bytes, uint64_t *iova);

/* Keeps the pages of [iova, iova + bytes) free of mappings until they are dropped. -EADDRINUSE with its sentence when
 * there is one. */
int iova_reserve(struct iova_space *space, uint64_t iova, uint64_t bytes);

/* The mapping that the address is in, or null. */
struct iova_mapping *iova_find(const struct iova_space *space, uint64_t iova);

/* [iova, iova + bytes) is not wanted any more: the next mapping in it that thereby has become
 * unused, if there is one, is handed out and to be unmapped, then to be dropped. Repeat until
 * false. */
bool iova_release(struct iova_space *space, uint64_t *iova, uint64_t *bytes,
		  struct iova_mapping *unused);
void iova_drop(struct iova_space *space, uint64_t iova);

#endif
