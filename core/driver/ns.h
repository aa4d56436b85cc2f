/* SPDX-License-Identifier: BSD-3-Clause */
/* Namespaces: one handle per identifier, and the geometry that the hot path reads. */
#ifndef UPNVME_DRIVER_NS_H
#define UPNVME_DRIVER_NS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <upnvme/types.h>

struct upnvme_ctrlr;

/*
 * An immutable snapshot of a namespace. When the controller says that the namespace changed, a new snapshot
 * takes its place; old snapshots are kept until the controller is closed, because a queue pair's owner may be
 * looking at them.
 */
struct ns_geometry {
	/* --- what a read or write on the straight path looks at --- */
	uint64_t nblocks; /* NSZE; 0 once the namespace is gone */
	/* A request of at most `page_blocks` blocks that begins below `page_lbas` fits into one
	 * page and into the namespace; both are 0 when no request does. */
	uint64_t page_lbas;
	uint64_t page_blocks; /* 64 bits, as the number that it is compared with */
	/*
	 * The longest request that is surely one plain command; 0 where no request is, for a boundary or metadata.
	 */
	uint32_t straight_blocks;
	/* Bytes that a block takes in the data buffer: with its metadata if that is extended. */
	uint32_t block_bytes;
	/* the rest */
	uint32_t max_blocks; /* of one read, write or compare */
	uint32_t max_write_zeroes_blocks;
	uint32_t max_verify_blocks;
	uint32_t boundary_blocks; /* NOIOB; 0: none */
	uint32_t data_bytes;      /* bytes of data in a block, a power of two */
	uint16_t metadata_bytes;
	bool metadata_extended;
	uint8_t protection; /* type 1 to 3, 0: none */
	uint8_t pi_bytes;   /* of protection information in the metadata of a block; 0: none */
	uint8_t ref_tag_bits; /* of the reference tag, which counts up: those that the storage tag leaves */
	uint8_t csi;          /* the command set: UPNVME_SPEC_CSI_... */
	bool refused; /* active, but of a format that the driver does not take; nblocks is 0 */
	struct ns_geometry *older;
};

/* With PRACT, metadata that is nothing but protection information stays between controller and
 * medium (NVM Command Set 1.0c, 5.2.2.1). Metadata with more in it is transferred whole. */
static inline bool ns_metadata_stays(const struct ns_geometry *geometry, bool pract)
{
	return pract && geometry->protection && geometry->metadata_bytes == geometry->pi_bytes;
}

struct upnvme_spec_id_ns;
struct upnvme_spec_id_ns_nvm;
struct upnvme_ns_info;
struct ctrlr_limits;

struct upnvme_ns {
	_Atomic(const struct ns_geometry *) geometry;
	/* The first two dwords of an entry: identifier << 32 | opcode. */
	uint64_t key_read, key_write;
	struct upnvme_ctrlr *ctrlr;
	uint32_t nsid;
	struct ns_geometry *kept; /* every snapshot so far, the latest first */
};

static inline const struct ns_geometry *ns_geometry(const struct upnvme_ns *ns)
{
	return atomic_load_explicit(&ns->geometry, memory_order_acquire);
}

/* The identifier; 0 once the namespace is gone. */
static inline uint32_t ns_id(const struct upnvme_ns *ns)
{
	return ns_geometry(ns)->nblocks ? ns->nsid : 0;
}

/* The handle of an identifier that is or was active, or null. Any thread. */
struct upnvme_ns *ns_find(struct upnvme_ctrlr *ctrlr, uint32_t nsid);

/* The handle of an active namespace, or its error. */
int ns_get(struct upnvme_ns **ns, struct upnvme_ctrlr *ctrlr, uint32_t nsid);
/* The next active identifier above `nsid`, or 0. */
uint32_t ns_next(struct upnvme_ctrlr *ctrlr, uint32_t nsid);
uint32_t ns_count(struct upnvme_ctrlr *ctrlr);
/* Fills in the public record from a fresh Identify. */
int ns_info(struct upnvme_ns *ns, struct upnvme_ns_info *info);

/* Asks the controller which namespaces are active, and takes in those that are new, gone, or among
 * the `n` that changed; with a null `changed`, all. -ENOSPC: there was no room for some, which
 * have no handle, or are gone; all others are up to date. */
int ns_refresh(struct upnvme_ctrlr *ctrlr, const uint32_t *changed, uint32_t n);
/* Frees handles, snapshots and tables, at the controller's end. */
void ns_destroy(struct upnvme_ctrlr *ctrlr);

/* Stands for an extended LBA format that could not be read: no format has this value. */
#define NS_ELBAF_UNKNOWN UINT32_MAX

/* Whether the guards of the namespace's format may be wider than 16 bits: then Identify with CNS 05h tells the extended
 * LBA format. */
bool ns_geometry_has_elbaf(const struct ctrlr_limits *limits, const struct upnvme_spec_id_ns *id);
/* The extended LBA format, from the answer to that Identify. */
uint32_t ns_geometry_elbaf(const struct ctrlr_limits *limits, const struct upnvme_spec_id_ns *id,
			   uint16_t status, const struct upnvme_spec_id_ns_nvm *nvm);
/* Decodes Identify Namespace for the hot path. False for a namespace that cannot be driven: `refused` is
 * set, and the reason is logged. `elbaf`: the extended LBA format; 0 without one. */
bool ns_geometry_decode(struct ns_geometry *geometry, const struct ctrlr_limits *limits,
			uint32_t nsid, const struct upnvme_spec_id_ns *id, uint32_t elbaf);

#endif
