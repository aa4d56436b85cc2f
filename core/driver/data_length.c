/* SPDX-License-Identifier: BSD-3-Clause */
#include "driver/data_length.h"

#include <stdbool.h>

#include <upnvme/types.h>

#include "base/error.h"
#include "driver/commands/admin.h"
#include "driver/commands/kind.h"
#include "driver/ns.h"
#include <upnvme/spec/command.h>
#include <upnvme/spec/opcode.h>
#include <upnvme/spec/sqe.h>

static int check_direction(uint8_t opcode, uint32_t direction)
{
	uint32_t wanted = UPNVME_SPEC_OPCODE_DIRECTION(opcode);

	if (direction == wanted)
		return 0;
	return error_set(
		-EINVAL, UPNVME_ERR_ARGUMENT,
		"command %02xh moves data %s, but its direction is %u: use UPNVME_DATA_%s_DEVICE",
		opcode,
		wanted == UPNVME_SPEC_DIRECTION_HOST_TO_CONTROLLER ? "to the device" :
								     "from the device",
		direction, wanted == UPNVME_SPEC_DIRECTION_HOST_TO_CONTROLLER ? "TO" : "FROM");
}

/* --- admin commands --------------------------------------------------------------------------------- */

int data_length_check_admin(const struct upnvme_spec_sqe *sqe, uint32_t direction, uint64_t bytes)
{
	const struct admin_kind *kind = admin_kind(sqe->opcode);
	uint64_t moved = kind->bytes ? kind->bytes(sqe) : ADMIN_BYTES_ANY;

	if (moved == ADMIN_BYTES_ANY || !moved)
		return 0;
	if (bytes < moved)
		return error_set(
			-EINVAL, UPNVME_ERR_TRANSFER,
			"admin command %02xh (dword 10 is %08xh) moves %llu bytes, but its buffer "
			"has %llu: give a buffer of that size at least",
			sqe->opcode, sqe->cdw10, (unsigned long long)moved,
			(unsigned long long)bytes);
	return check_direction(sqe->opcode, direction);
}

/* --- I/O commands ----------------------------------------------------------------------------------- */

static int error_length(uint8_t opcode, uint64_t moved, uint32_t bytes)
{
	return error_set(
		-EINVAL, UPNVME_ERR_TRANSFER,
		"raw command %02xh moves %llu bytes by its dwords, but %u by data_bytes and "
		"direction: give the same number in both",
		opcode, (unsigned long long)moved, bytes);
}

/* Checks the separate metadata of a command whose data are blocks. */
static int check_metadata_length(const struct upnvme_raw *raw, const struct ns_geometry *geometry)
{
	uint64_t blocks = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_RW_NLB, raw->cdw[12]) + 1ull, bytes;
	bool pract = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_RW_PRINFO, raw->cdw[12]) &
		     UPNVME_SPEC_PRINFO_PRACT;

	if (!geometry->metadata_bytes || geometry->metadata_extended ||
	    ns_metadata_stays(geometry, pract))
		return 0;
	bytes = blocks * geometry->metadata_bytes;
	if (raw->metadata && raw->metadata_bytes >= bytes)
		return 0;
	return error_set(
		-EINVAL, UPNVME_ERR_METADATA,
		"raw command %02xh of %llu blocks moves %llu bytes of separate metadata, but its "
		"metadata buffer has %u: give a buffer of that size at least",
		raw->cdw[0] & 0xff, (unsigned long long)blocks, (unsigned long long)bytes,
		raw->metadata ? raw->metadata_bytes : 0);
}

int data_length_check_io(const struct upnvme_raw *raw, const struct ns_geometry *geometry)
{
	const struct command_kind *kind =
		command_kind(geometry ? geometry->csi : UPNVME_SPEC_CSI_NVM, (uint8_t)raw->cdw[0]);
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
	if (geometry && kind->flags & KIND_DATA)
		rc = check_metadata_length(raw, geometry);
	return rc ? rc : check_direction((uint8_t)raw->cdw[0], raw->direction);
}
