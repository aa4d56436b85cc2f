/* SPDX-License-Identifier: BSD-3-Clause */
#include "driver/data_length.h"

#include <stdbool.h>

#include <upnvme/types.h>

#include "base/error.h"
#include "driver/commands/kind.h"
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

/* --- I/O commands ----------------------------------------------------------------------------------- */

static int error_length(uint8_t opcode, uint64_t moved, uint32_t bytes)
{
	return error_set(
		-EINVAL, UPNVME_ERR_TRANSFER,
		"raw command %02xh moves %llu bytes by its dwords, and %u by data_bytes and direction: "
		"they must agree",
		opcode, (unsigned long long)moved, bytes);
}

/* Of the kinds whose data are blocks. */
static int check_metadata(const struct upnvme_raw *raw, const struct ns_geometry *geometry)
{
	uint64_t blocks = NVME_FIELD_GET(NVME_RW_NLB, raw->cdw[12]) + 1ull, bytes;
	bool pract = NVME_FIELD_GET(NVME_RW_PRINFO, raw->cdw[12]) & NVME_PRINFO_PRACT;

	if (!geometry->metadata_bytes || geometry->metadata_extended ||
	    ns_metadata_stays(geometry, pract))
		return 0;
	bytes = blocks * geometry->metadata_bytes;
	if (raw->metadata && raw->metadata_bytes >= bytes)
		return 0;
	return error_set(
		-EINVAL, UPNVME_ERR_METADATA,
		"raw command %02xh of %llu blocks moves %llu bytes of separate metadata, and has a buffer "
		"of %u: give it at least as many",
		raw->cdw[0] & 0xff, (unsigned long long)blocks, (unsigned long long)bytes,
		raw->metadata ? raw->metadata_bytes : 0);
}

int data_length_check_io(const struct upnvme_raw *raw, const struct ns_geometry *geometry)
{
	const struct command_kind *kind =
		command_kind(geometry ? geometry->csi : NVME_CSI_NVM, (uint8_t)raw->cdw[0]);
	uint32_t bytes = raw->direction == UPNVME_DATA_NONE ? 0 : raw->data_bytes;
	uint64_t moved = 0;
	int rc = 0;

	if (!kind)
		return 0;
	if (kind->bytes)
		moved = kind->bytes(raw->cdw, geometry);
	if (moved == KIND_BYTES_ANY)
		return 0;
	if (bytes != moved)
		return error_length((uint8_t)raw->cdw[0], moved, bytes);
	if (!moved)
		return 0;
	if (kind->flags & KIND_DATA)
		rc = check_metadata(raw, geometry);
	return rc ? rc : check_direction((uint8_t)raw->cdw[0], raw->direction);
}
