/* SPDX-License-Identifier: BSD-3-Clause */
/* Namespaces: one handle per identifier, and the geometry that the hot path reads. */
#ifndef UPNVME_DRIVER_NS_H
#define UPNVME_DRIVER_NS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <upnvme/types.h>

struct upnvme_ctrlr;

/* An immutable snapshot. When the controller says that the namespace changed, a new one takes its place; the old ones are
 * kept until the controller is closed, because a queue pair's owner may be looking at them. */
struct ns_geometry {
	/* what a read or write on the straight path looks at */
	uint64_t nblocks; /* NSZE; 0 once the namespace is gone */
	uint64_t key;     /* identifier << 32: the second dword of an entry, in place */
	uint32_t
		straight_blocks; /* longest request that is surely one plain command; 0 when none is (a boundary, metadata) */
	uint32_t
		block_bytes; /* bytes that a block takes in the data buffer: with metadata if that is extended */
	/* the rest */
	uint32_t max_blocks; /* of one read, write or compare */
	uint32_t max_write_zeroes_blocks;
	uint32_t max_verify_blocks;
	uint32_t boundary_blocks; /* NOIOB; 0: none */
	uint32_t data_bytes;      /* bytes of data in a block, a power of two */
	uint16_t metadata_bytes;
	bool metadata_extended;
	uint8_t protection; /* type 1 to 3, 0: none */
	struct ns_geometry *older;
};

struct upnvme_ns {
	_Atomic(const struct ns_geometry *) geometry;
	struct upnvme_ctrlr *ctrlr;
	uint32_t nsid;
};

static inline const struct ns_geometry *ns_geometry(const struct upnvme_ns *ns)
{
	return atomic_load_explicit(&ns->geometry, memory_order_acquire);
}

/* The handle of an identifier that is or was active, or null. Any thread. */
struct upnvme_ns *ns_find(struct upnvme_ctrlr *ctrlr, uint32_t nsid);

#endif
