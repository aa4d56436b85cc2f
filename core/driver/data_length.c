/* SPDX-License-Identifier: BSD-3-Clause */
#include "driver/data_length.h"

#include <stdbool.h>

#include <upnvme/types.h>

#include "base/error.h"
#include "driver/ns.h"
#include "spec/command.h"
#include "spec/feature.h"
#include "spec/identify.h"
#include "spec/opcode.h"
#include "spec/sqe.h"

/* Of a command that is not known here, or moves as much as it likes. */
#define ANY UINT64_MAX

#define DWORD_BYTES 4u

/* --- admin commands: NVMe Base 2.0c, 5 ------------------------------------------------------------ */

/* 5.27.1: features with data. */
static uint64_t feature_bytes(uint32_t fid, uint32_t dword11)
{
	switch (fid) {
	case NVME_FEAT_LBA_RANGE_TYPE:
	case NVME_FEAT_ENHANCED_CTRLR_METADATA:
	case NVME_FEAT_CTRLR_METADATA:
	case NVME_FEAT_NS_METADATA:
		return 4096;
	case NVME_FEAT_AUTONOMOUS_POWER_STATE:
		return 256;
	case NVME_FEAT_TIMESTAMP:
		return 8;
	case NVME_FEAT_PREDICTABLE_LATENCY_CONFIG:
	case NVME_FEAT_HOST_BEHAVIOR_SUPPORT:
		return 512;
	case NVME_FEAT_HOST_IDENTIFIER: /* EXHID: 128 bits */
		return dword11 & 1 ? 16 : 8;
	default:
		return ANY;
	}
}

static uint64_t get_features_bytes(const struct nvme_sqe *sqe)
{
	uint32_t select = NVME_FIELD_GET(NVME_GET_FEATURES_SEL, sqe->cdw10);

	return select == NVME_FEATURES_SEL_SUPPORTED ?
		       ANY :
		       feature_bytes(NVME_FIELD_GET(NVME_GET_FEATURES_FID, sqe->cdw10), sqe->cdw11);
}

static uint64_t log_page_bytes(const struct nvme_sqe *sqe)
{
	uint64_t low = NVME_FIELD_GET(NVME_GET_LOG_NUMDL, sqe->cdw10);
	uint64_t high = NVME_FIELD_GET(NVME_GET_LOG_NUMDU, sqe->cdw11);

	return ((high << 16 | low) + 1) * DWORD_BYTES;
}

static uint64_t admin_bytes(const struct nvme_sqe *sqe)
{
	switch (sqe->opcode) {
	case NVME_ADMIN_IDENTIFY:
	case NVME_ADMIN_NAMESPACE_ATTACHMENT:
		return NVME_IDENTIFY_BYTES;
	case NVME_ADMIN_NAMESPACE_MANAGEMENT:
		return NVME_FIELD_GET(NVME_NS_MANAGEMENT_SEL, sqe->cdw10) ==
				       NVME_NS_MANAGEMENT_SEL_CREATE ?
			       NVME_IDENTIFY_BYTES :
			       ANY;
	case NVME_ADMIN_GET_LOG_PAGE:
		return log_page_bytes(sqe);
	case NVME_ADMIN_GET_FEATURES:
		return get_features_bytes(sqe);
	case NVME_ADMIN_SET_FEATURES:
		return feature_bytes(NVME_FIELD_GET(NVME_SET_FEATURES_FID, sqe->cdw10), sqe->cdw11);
	case NVME_ADMIN_FIRMWARE_DOWNLOAD:
		return (sqe->cdw10 + 1ull) * DWORD_BYTES;
	case NVME_ADMIN_SECURITY_SEND: /* TL and AL: 5.26, 5.25 */
	case NVME_ADMIN_SECURITY_RECEIVE:
		return sqe->cdw11;
	case NVME_ADMIN_GET_LBA_STATUS: /* MNDW */
		return (sqe->cdw12 + 1ull) * DWORD_BYTES;
	default:
		return ANY;
	}
}

static int check_direction(uint8_t opcode, uint32_t direction)
{
	uint32_t wanted = NVME_OPCODE_DIRECTION(opcode);

	if (direction == wanted)
		return 0;
	return error_set(
		-EINVAL, UPNVME_ERR_ARGUMENT,
		"command %02xh has its data %s, direction says %u: use UPNVME_DATA_%s_DEVICE",
		opcode,
		wanted == NVME_DIRECTION_HOST_TO_CONTROLLER ? "from the host" : "from the device",
		direction, wanted == NVME_DIRECTION_HOST_TO_CONTROLLER ? "TO" : "FROM");
}

int data_length_check_admin(const struct nvme_sqe *sqe, uint32_t direction, uint64_t bytes)
{
	uint64_t moved = admin_bytes(sqe);

	if (moved == ANY || !moved)
		return 0;
	if (bytes < moved)
		return error_set(
			-EINVAL, UPNVME_ERR_TRANSFER,
			"admin command %02xh (dword 10 %08xh) moves %llu bytes, and has a buffer of %llu: give "
			"it at least as many",
			sqe->opcode, sqe->cdw10, (unsigned long long)moved,
			(unsigned long long)bytes);
	return check_direction(sqe->opcode, direction);
}

/* --- I/O commands: NVMe Base 2.0c, 7, and NVM Command Set 1.0c, 3.2 ------------------------------- */

static uint64_t blocks_of(const uint32_t *cdw)
{
	return NVME_FIELD_GET(NVME_RW_NLB, cdw[12]) + 1ull;
}

static bool metadata_stays(const uint32_t *cdw, const struct ns_geometry *geometry)
{
	return ns_metadata_stays(geometry,
				 NVME_FIELD_GET(NVME_RW_PRINFO, cdw[12]) & NVME_PRINFO_PRACT);
}

static uint64_t blocks_bytes(const uint32_t *cdw, const struct ns_geometry *geometry)
{
	if (!geometry)
		return ANY;
	return blocks_of(cdw) *
	       (metadata_stays(cdw, geometry) ? geometry->data_bytes : geometry->block_bytes);
}

/* Of formats with a 16-bit guard, which are even, and of the others. */
static uint64_t copy_range_bytes(const uint32_t *cdw)
{
	return NVME_FIELD_GET(NVME_COPY_DESFMT, cdw[12]) % 2 ? sizeof(struct nvme_copy_range_f1) :
							       sizeof(struct nvme_copy_range_f0);
}

static uint64_t io_bytes(const uint32_t *cdw, const struct ns_geometry *geometry)
{
	switch (cdw[0] & 0xff) {
	case NVME_CMD_READ:
	case NVME_CMD_WRITE:
	case NVME_CMD_COMPARE:
		return blocks_bytes(cdw, geometry);
	case NVME_CMD_FLUSH:
	case NVME_CMD_WRITE_UNCORRECTABLE:
	case NVME_CMD_WRITE_ZEROES:
	case NVME_CMD_VERIFY:
		return 0;
	case NVME_CMD_DATASET_MANAGEMENT:
		return (NVME_FIELD_GET(NVME_DSM_NR, cdw[10]) + 1ull) *
		       sizeof(struct nvme_dsm_range);
	case NVME_CMD_COPY:
		return (NVME_FIELD_GET(NVME_COPY_NR, cdw[12]) + 1ull) * copy_range_bytes(cdw);
	case NVME_CMD_RESERVATION_REGISTER:
	case NVME_CMD_RESERVATION_ACQUIRE:
		return 16;
	case NVME_CMD_RESERVATION_RELEASE:
		return 8;
	case NVME_CMD_RESERVATION_REPORT:
		return (cdw[10] + 1ull) * DWORD_BYTES;
	default:
		return ANY;
	}
}

static int check_metadata(const struct upnvme_raw *raw, const struct ns_geometry *geometry)
{
	uint64_t bytes;

	if (!geometry || !geometry->metadata_bytes || geometry->metadata_extended ||
	    metadata_stays(raw->cdw, geometry))
		return 0;
	bytes = blocks_of(raw->cdw) * geometry->metadata_bytes;
	if (raw->metadata && raw->metadata_bytes >= bytes)
		return 0;
	return error_set(
		-EINVAL, UPNVME_ERR_METADATA,
		"raw command %02xh of %llu blocks moves %llu bytes of separate metadata, and has a buffer "
		"of %u: give it at least as many",
		raw->cdw[0] & 0xff, (unsigned long long)blocks_of(raw->cdw),
		(unsigned long long)bytes, raw->metadata ? raw->metadata_bytes : 0);
}

static bool moves_blocks(uint32_t opcode)
{
	return opcode == NVME_CMD_READ || opcode == NVME_CMD_WRITE || opcode == NVME_CMD_COMPARE;
}

int data_length_check_io(const struct upnvme_raw *raw, const struct ns_geometry *geometry)
{
	uint8_t opcode = (uint8_t)raw->cdw[0];
	uint64_t moved = io_bytes(raw->cdw, geometry);
	uint32_t bytes = raw->direction == UPNVME_DATA_NONE ? 0 : raw->data_bytes;

	if (moved == ANY)
		return 0;
	if (bytes != moved)
		return error_set(
			-EINVAL, UPNVME_ERR_TRANSFER,
			"raw command %02xh moves %llu bytes by its dwords, and %u by data_bytes and direction: "
			"they must agree",
			opcode, (unsigned long long)moved, bytes);
	if (moves_blocks(opcode) && check_metadata(raw, geometry))
		return -EINVAL;
	return moved ? check_direction(opcode, raw->direction) : 0;
}
