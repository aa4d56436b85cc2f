/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows of the NVM command set (NVM Command Set 1.0c, 3.2), and the functions that it alone needs: limits, Dataset
 * Management, Copy. */
#include "base/error.h"
#include "base/util.h"
#include "driver/commands/check.h"
#include "driver/commands/entry.h"
#include "driver/commands/sets.h"
#include "driver/ctrlr.h"
#include "driver/ns.h"
#include "driver/queue/area.h"
#include "driver/queue/qpair.h"
#include "driver/queue/request.h"
#include "driver/queue/straight.h"
#include <upnvme/spec/command.h>
#include <upnvme/spec/identify.h>

#define FLAGS_PI                                                                   \
	(UPNVME_PRCHK_REF | UPNVME_PRCHK_APP | UPNVME_PRCHK_GUARD | UPNVME_PRACT | \
	 UPNVME_STORAGE_TAG_CHECK)
#define FLAGS_RW (UPNVME_FUA | UPNVME_LIMITED_RETRY | UPNVME_NO_SPLIT | FLAGS_PI)

/* --- limits: MDTS, WZSL and VSL in blocks (ns_geometry.c), DMRSL and DMRL ------------------------- */

static uint32_t data_limit(const struct upnvme_qpair *qp, const struct request *request)
{
	(void)qp;
	return request->geometry->max_blocks;
}

static uint32_t write_zeroes_limit(const struct upnvme_qpair *qp, const struct request *request)
{
	(void)qp;
	return request->geometry->max_write_zeroes_blocks;
}

static uint32_t verify_limit(const struct upnvme_qpair *qp, const struct request *request)
{
	(void)qp;
	return request->geometry->max_verify_blocks;
}

static uint32_t deallocation_limit(const struct upnvme_qpair *qp, const struct request *request)
{
	const struct ctrlr_limits *limits = &qp->ctrlr->limits;

	if (request->op.form == UPNVME_FORM_RANGES)
		return limits->max_deallocate_ranges;
	return MIN(limits->max_deallocate_blocks, SLOT_NOT_PLAIN - 1);
}

/* --- dataset management: 3.2.3 -------------------------------------------------------------------- */

/* The caller's own ranges are data that the device reads. */
static int check_ranges(struct upnvme_qpair *qp, const struct command_kind *kind,
			struct request *request, const struct upnvme_area *area)
{
	struct upnvme_op *op = &request->op;
	uint64_t bytes = (uint64_t)op->blocks * sizeof(struct upnvme_spec_dsm_range);
	uint32_t max = qp->ctrlr->limits.max_deallocate_ranges;
	int rc;

	if (op->blocks - 1u >= max)
		return error_set(-EINVAL, UPNVME_ERR_BLOCKS,
				 "%u ranges: the controller takes 1 to %u in one command",
				 op->blocks, max);
	request->block_bytes = sizeof(struct upnvme_spec_dsm_range);
	rc = area_place(area, op, bytes, 0);
	if (!rc)
		rc = check_no_metadata(op, area, kind->name);
	return rc ? rc : data_check(qp, op, bytes);
}

/* Checks the caller's own ranges, or the one range that the op has. */
static int check_deallocation(struct upnvme_qpair *qp, const struct command_kind *kind,
			      struct request *request, const struct upnvme_area *area)
{
	const void *buf;
	int rc;

	if (request->op.form == UPNVME_FORM_RANGES)
		return check_ranges(qp, kind, request, area);
	buf = area ? NULL : request->op.buf;
	rc = check_blocks(qp, kind, request, area);
	if (rc || !buf)
		return rc;
	return error_set(
		-EINVAL, UPNVME_ERR_ARGUMENT,
		"dataset management takes a buffer of range definitions with UPNVME_FORM_RANGES only");
}

/* The op's own range is put into the slot's list. Some devices read 256 ranges whatever NR says, and are not known by
 * name (Linux, nvme_setup_discard): PRP2, which other devices ignore, makes them read on in the queue pair's lists. */
static void entry_deallocation(struct upnvme_qpair *qp, struct request *request, struct slot *slot,
			       uint32_t blocks, struct upnvme_spec_sqe *sqe)
{
	const struct upnvme_op *op = &request->op;
	struct upnvme_spec_dsm_range *range = slot_list(qp, slot);

	if (op->form == UPNVME_FORM_RANGES) {
		sqe->cdw10 = blocks - 1;
		sqe->cdw11 = op->dsm;
		data_build(qp, op, &request->place, (uint64_t)blocks * sizeof(*range), slot, sqe);
		return;
	}
	*range =
		(struct upnvme_spec_dsm_range){ .length = blocks, .slba = op->lba + request->next };
	sqe->cdw11 = UPNVME_SPEC_DSM_AD;
	sqe->prp1 = slot_list_iova(qp, slot);
	sqe->prp2 = qp->lists_iova;
}

/* --- the data of raw entries ---------------------------------------------------------------------- */

static uint64_t blocks_bytes(const uint32_t *cdw, const struct ns_geometry *geometry)
{
	uint64_t blocks = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_RW_NLB, cdw[12]) + 1ull;
	bool pract =
		UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_RW_PRINFO, cdw[12]) & UPNVME_SPEC_PRINFO_PRACT;

	if (!geometry)
		return KIND_BYTES_ANY;
	return blocks *
	       (ns_metadata_stays(geometry, pract) ? geometry->data_bytes : geometry->block_bytes);
}

static uint64_t ranges_bytes(const uint32_t *cdw, const struct ns_geometry *geometry)
{
	(void)geometry;
	return (UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_DSM_NR, cdw[10]) + 1ull) *
	       sizeof(struct upnvme_spec_dsm_range);
}

/* 3.2.2: descriptor formats for a 16-bit guard are even; the others are odd, and have longer descriptors. */
static uint64_t copy_bytes(const uint32_t *cdw, const struct ns_geometry *geometry)
{
	uint64_t ranges = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_COPY_NR, cdw[12]) + 1ull;

	(void)geometry;
	return ranges * (UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_COPY_DESFMT, cdw[12]) % 2 ?
				 sizeof(struct upnvme_spec_copy_range_f1) :
				 sizeof(struct upnvme_spec_copy_range_f0));
}

/* --- the rows ------------------------------------------------------------------------------------- */

static const struct command_kind kind_write = {
	.name = "write",
	.check = check_blocks,
	.build = entry_data_blocks,
	.limit = data_limit,
	.bytes = blocks_bytes,
	.op_flags = FLAGS_RW,
	.flags = KIND_DATA | KIND_WRITES | KIND_CHANGES,
};

static const struct command_kind kind_read = {
	.name = "read",
	.check = check_blocks,
	.build = entry_data_blocks,
	.limit = data_limit,
	.bytes = blocks_bytes,
	.op_flags = FLAGS_RW,
	.flags = KIND_DATA,
};

static const struct command_kind kind_write_uncorrectable = {
	.name = "write uncorrectable",
};

static const struct command_kind kind_compare = {
	.name = "compare",
	.check = check_blocks,
	.build = entry_data_blocks,
	.limit = data_limit,
	.bytes = blocks_bytes,
	.oncs = UPNVME_SPEC_ONCS_COMPARE,
	.op_flags = FLAGS_RW,
	.flags = KIND_DATA,
};

static const struct command_kind kind_write_zeroes = {
	.name = "write zeroes",
	.check = check_blocks,
	.build = entry_blocks,
	.limit = write_zeroes_limit,
	.oncs = UPNVME_SPEC_ONCS_WRITE_ZEROES,
	.op_flags = FLAGS_RW | UPNVME_DEALLOCATE_ZEROES,
	.flags = KIND_WRITES | KIND_CHANGES,
};

static const struct command_kind kind_dataset_management = {
	.name = "dataset management",
	.check = check_deallocation,
	.build = entry_deallocation,
	.limit = deallocation_limit,
	.bytes = ranges_bytes,
	.oncs = UPNVME_SPEC_ONCS_DSM,
	.flags = KIND_CHANGES,
};

static const struct command_kind kind_verify = {
	.name = "verify",
	.check = check_blocks,
	.build = entry_blocks,
	.limit = verify_limit,
	.oncs = UPNVME_SPEC_ONCS_VERIFY,
	.op_flags = FLAGS_RW,
};

static const struct command_kind kind_copy = {
	.name = "copy",
	.bytes = copy_bytes,
};

const struct command_kind *const nvm_kinds[COMMAND_OPCODES] = {
	[UPNVME_SPEC_CMD_FLUSH] = &kind_flush,
	[UPNVME_SPEC_CMD_WRITE] = &kind_write,
	[UPNVME_SPEC_CMD_READ] = &kind_read,
	[UPNVME_SPEC_CMD_WRITE_UNCORRECTABLE] = &kind_write_uncorrectable,
	[UPNVME_SPEC_CMD_COMPARE] = &kind_compare,
	[UPNVME_SPEC_CMD_WRITE_ZEROES] = &kind_write_zeroes,
	[UPNVME_SPEC_CMD_DATASET_MANAGEMENT] = &kind_dataset_management,
	[UPNVME_SPEC_CMD_VERIFY] = &kind_verify,
	[UPNVME_SPEC_CMD_RESERVATION_REGISTER] = &kind_reservation_register,
	[UPNVME_SPEC_CMD_RESERVATION_REPORT] = &kind_reservation_report,
	[UPNVME_SPEC_CMD_RESERVATION_ACQUIRE] = &kind_reservation_acquire,
	[UPNVME_SPEC_CMD_RESERVATION_RELEASE] = &kind_reservation_release,
	[UPNVME_SPEC_CMD_COPY] = &kind_copy,
};
