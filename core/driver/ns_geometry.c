/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From Identify Namespace to the numbers that the hot path reads. What a hostile or broken device
 * says must not get past here: the format's index, the block's size and the limits are all checked.
 */
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "driver/ctrlr.h"
#include "driver/ns.h"
#include "spec/command.h"

#define LBADS_MIN 9u /* 512 bytes: NVM Command Set 1.0c, 4.1.5.1 */

/* Of one command: what fits in `bytes`, what NLB can say, and never 0. */
static uint32_t limit_blocks(uint64_t bytes, uint32_t block_bytes)
{
	return (uint32_t)MAX(MIN(bytes / block_bytes, NVME_RW_BLOCKS_MAX), 1);
}

/* The bits above the lower four count only where there are more than 16 formats. */
static uint32_t format_index(const struct nvme_id_ns *id)
{
	if (id->nlbaf < 16)
		return NVME_FIELD_GET(NVME_FLBAS_FORMAT_LOW, id->flbas);
	return NVME_FLBAS_FORMAT(id->flbas);
}

/* Why this format cannot be driven, or null. */
static const char *format_fault(const struct nvme_id_ns *id, const struct ctrlr_limits *limits)
{
	uint32_t index = format_index(id), type = NVME_FIELD_GET(NVME_DPS_TYPE, id->dps);
	const struct nvme_lbaf *format = &id->lbaf[index];
	uint64_t bytes;

	if (index > id->nlbaf)
		return "its format is not among those that it has";
	if (format->lbads < LBADS_MIN || format->lbads >= 32)
		return "its block size is no power of two from 512 bytes on";
	bytes = 1ull << format->lbads;
	if (NVME_FIELD_GET(NVME_FLBAS_EXTENDED, id->flbas))
		bytes += format->ms;
	if (bytes > limits->max_transfer_bytes)
		return "one block is more than one command may transfer";
	/* MPTR and PRP1 take no other address, and a request may be split anywhere. */
	if (format->ms % 4)
		return "its metadata is no multiple of 4 bytes";
	if (type > 3 || (type && format->ms < 8))
		return "its protection information is of no known type, or has no room";
	if (id->nsze == 0)
		return "it has no blocks";
	return NULL;
}

static void decode_format(struct ns_geometry *geometry, const struct nvme_id_ns *id)
{
	const struct nvme_lbaf *format = &id->lbaf[format_index(id)];

	geometry->nblocks = id->nsze;
	geometry->data_bytes = 1u << format->lbads;
	geometry->metadata_bytes = format->ms;
	geometry->metadata_extended = format->ms && NVME_FIELD_GET(NVME_FLBAS_EXTENDED, id->flbas);
	geometry->protection = (uint8_t)NVME_FIELD_GET(NVME_DPS_TYPE, id->dps);
	geometry->boundary_blocks = id->noiob;
	geometry->block_bytes = geometry->data_bytes;
	if (geometry->metadata_extended)
		geometry->block_bytes += geometry->metadata_bytes;
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
			uint32_t nsid, const struct nvme_id_ns *id)
{
	const char *fault = format_fault(id, limits);

	memset(geometry, 0, sizeof(*geometry));
	if (fault) {
		log_warn(
			"namespace %u is not used: %s (NSZE %llu, NLBAF %u, FLBAS %02xh, LBADS %u, "
			"MS %u, DPS %02xh)",
			nsid, fault, (unsigned long long)id->nsze, id->nlbaf, id->flbas,
			id->lbaf[format_index(id)].lbads, id->lbaf[format_index(id)].ms, id->dps);
		geometry->refused = true;
		return false;
	}
	decode_format(geometry, id);
	geometry->max_blocks = limit_blocks(limits->max_transfer_bytes, geometry->block_bytes);
	geometry->max_write_zeroes_blocks =
		limit_blocks(limits->max_write_zeroes_bytes, geometry->data_bytes);
	geometry->max_verify_blocks = limit_blocks(limits->max_verify_bytes, geometry->data_bytes);
	if (!geometry->boundary_blocks && !geometry->metadata_bytes)
		derive_straight(geometry);
	return true;
}
