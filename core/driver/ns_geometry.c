/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Turns Identify Namespace into the numbers that the hot path reads. The values of a hostile or broken device
 * must not get past here: the format's index, the block's size and the limits are all checked.
 */
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "driver/ctrlr.h"
#include "driver/ns.h"
#include <upnvme/spec/command.h>
#include <upnvme/spec/opcode.h>

#define LBADS_MIN 9u /* 512 bytes: NVM Command Set 1.0c, 4.1.5.1 */

/* The most blocks of one command: as many as fit in `bytes` and as NLB can say, and at least one. */
static uint32_t limit_blocks(uint64_t bytes, uint32_t block_bytes)
{
	return (uint32_t)MAX(MIN(bytes / block_bytes, UPNVME_SPEC_RW_BLOCKS_MAX), 1);
}

/* --- protection information ------------------------------------------------------------------------ */

/* Protection information by its format (PIF): its bytes, the bits that storage and reference tag have together, and the
 * least and the most of these that the storage tag takes (NVM Command Set 1.0c, 5.2.1.1 to 5.2.1.4; 4.1.5.3,
 * Figure 101). */
static const struct pi_format {
	uint8_t bytes, tag_bits, storage_bits_min, storage_bits_max;
} pi_formats[] = {
	[UPNVME_SPEC_ELBAF_PIF_16B] = { 8, 32, 0, 32 },
	[UPNVME_SPEC_ELBAF_PIF_32B] = { 16, 80, 16, 64 },
	[UPNVME_SPEC_ELBAF_PIF_64B] = { 16, 48, 0, 48 },
};

bool ns_geometry_has_elbaf(const struct ctrlr_limits *limits, const struct upnvme_spec_id_ns *id)
{
	return UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_DPS_TYPE, id->dps) &&
	       (limits->extended_formats ||
		id->lbaf[upnvme_spec_flbas_format(id->flbas, id->nlbaf)].ms >= 16);
}

/* A controller without extended formats has 16-bit guards only. */
uint32_t ns_geometry_elbaf(const struct ctrlr_limits *limits, const struct upnvme_spec_id_ns *id,
			   uint16_t status, const struct upnvme_spec_id_ns_nvm *nvm)
{
	if (!status)
		return nvm->elbaf[upnvme_spec_flbas_format(id->flbas, id->nlbaf)];
	return limits->extended_formats ? NS_ELBAF_UNKNOWN : 0;
}

static const char *pi_fault(const struct upnvme_spec_id_ns *id, uint32_t elbaf)
{
	uint32_t pif = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_ELBAF_PIF, elbaf);
	uint32_t storage_bits = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_ELBAF_STS, elbaf);

	if (UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_DPS_TYPE, id->dps) > 3)
		return "its protection information is of no known type";
	if (pif >= ARRAY_SIZE(pi_formats))
		return "the format of its protection information is not known";
	if (id->lbaf[upnvme_spec_flbas_format(id->flbas, id->nlbaf)].ms < pi_formats[pif].bytes)
		return "its metadata has no room for its protection information";
	if (storage_bits < pi_formats[pif].storage_bits_min ||
	    storage_bits > pi_formats[pif].storage_bits_max)
		return "the storage tag of its protection information has an impossible size";
	return NULL;
}

static void decode_pi(struct ns_geometry *geometry, const struct upnvme_spec_id_ns *id,
		      uint32_t elbaf)
{
	const struct pi_format *format =
		&pi_formats[UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_ELBAF_PIF, elbaf)];

	geometry->protection = (uint8_t)UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_DPS_TYPE, id->dps);
	geometry->pi_bytes = format->bytes;
	geometry->ref_tag_bits =
		(uint8_t)(format->tag_bits - UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_ELBAF_STS, elbaf));
}

/* --- the format ------------------------------------------------------------------------------------ */

/* The reason why this format cannot be driven, or null. */
static const char *format_fault(const struct upnvme_spec_id_ns *id,
				const struct ctrlr_limits *limits, uint32_t elbaf)
{
	uint32_t index = upnvme_spec_flbas_format(id->flbas, id->nlbaf);
	const struct upnvme_spec_lbaf *format = &id->lbaf[index];
	uint64_t bytes;

	if (id->nsze == 0)
		return "it has no blocks";
	if (index > id->nlbaf)
		return "its format is not among those that it has";
	if (format->lbads < LBADS_MIN || format->lbads >= 32)
		return "its block size is no power of two from 512 bytes on";
	/* Metadata counts here whatever CTRATT.MEM says: a queue pair's lists are made for max_transfer_bytes, and a
	 * block must fit into one list. */
	bytes = 1ull << format->lbads;
	if (UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_FLBAS_EXTENDED, id->flbas))
		bytes += format->ms;
	if (bytes > limits->max_transfer_bytes)
		return "one block is more than one command may transfer";
	/* MPTR and PRP1 take addresses of whole dwords only, and a request may be split at any block. */
	if (format->ms % 4)
		return "its metadata is no multiple of 4 bytes";
	return UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_DPS_TYPE, id->dps) ? pi_fault(id, elbaf) : NULL;
}

static void decode_format(struct ns_geometry *geometry, const struct ctrlr_limits *limits,
			  const struct upnvme_spec_id_ns *id)
{
	const struct upnvme_spec_lbaf *format =
		&id->lbaf[upnvme_spec_flbas_format(id->flbas, id->nlbaf)];

	geometry->csi = UPNVME_SPEC_CSI_NVM; /* namespaces of no other set are listed */
	geometry->nblocks = id->nsze;
	geometry->data_bytes = 1u << format->lbads;
	geometry->metadata_bytes = format->ms;
	geometry->metadata_extended =
		format->ms && UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_FLBAS_EXTENDED, id->flbas);
	geometry->boundary_blocks =
		id->noiob ? id->noiob : (uint32_t)(limits->stripe_bytes >> format->lbads);
	geometry->block_bytes = geometry->data_bytes;
	if (geometry->metadata_extended)
		geometry->block_bytes += geometry->metadata_bytes;
}

/* Limits in bytes count metadata that is among the data, unless CTRATT.MEM says otherwise (NVM Command Set 1.0c,
 * 4.1.5.4, Figure 102; NVMe Base 2.1, 5.1.13.2.1). */
static void decode_block_limits(struct ns_geometry *geometry, const struct ctrlr_limits *limits)
{
	uint32_t counted =
		limits->sizes_exclude_metadata ? geometry->data_bytes : geometry->block_bytes;

	geometry->max_blocks = limit_blocks(limits->max_transfer_bytes, counted);
	geometry->max_write_zeroes_blocks = limit_blocks(limits->max_write_zeroes_bytes, counted);
	geometry->max_verify_blocks = limit_blocks(limits->max_verify_bytes, counted);
}

static void derive_straight(struct ns_geometry *geometry)
{
	uint32_t in_page = NVME_PAGE_BYTES / geometry->block_bytes;

	geometry->straight_blocks =
		(uint32_t)MIN((uint64_t)geometry->max_blocks, geometry->nblocks);
	geometry->page_blocks = MIN(in_page, geometry->straight_blocks);
	if (geometry->page_blocks)
		geometry->page_lbas = geometry->nblocks - geometry->page_blocks + 1;
}

bool ns_geometry_decode(struct ns_geometry *geometry, const struct ctrlr_limits *limits,
			uint32_t nsid, const struct upnvme_spec_id_ns *id, uint32_t elbaf)
{
	const char *fault = format_fault(id, limits, elbaf);

	memset(geometry, 0, sizeof(*geometry));
	if (fault) {
		log_warn(
			"namespace %u is not used: %s (NSZE %llu, NLBAF %u, FLBAS %02xh, LBADS %u, "
			"MS %u, DPS %02xh, ELBAF %xh)",
			nsid, fault, (unsigned long long)id->nsze, id->nlbaf, id->flbas,
			id->lbaf[upnvme_spec_flbas_format(id->flbas, id->nlbaf)].lbads,
			id->lbaf[upnvme_spec_flbas_format(id->flbas, id->nlbaf)].ms, id->dps,
			elbaf);
		geometry->refused = true;
		return false;
	}
	decode_format(geometry, limits, id);
	if (UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_DPS_TYPE, id->dps))
		decode_pi(geometry, id, elbaf);
	decode_block_limits(geometry, limits);
	if (!geometry->boundary_blocks && !geometry->metadata_bytes)
		derive_straight(geometry);
	return true;
}
