/* SPDX-License-Identifier: BSD-3-Clause */
#include "driver/commands/check.h"

#include "base/error.h"
#include "base/util.h"
#include "driver/ctrlr.h"
#include "driver/ns.h"
#include "driver/queue/area.h"
#include "driver/queue/qpair.h"
#include "driver/queue/request.h"

static int check_range(const struct upnvme_op *op, const struct ns_geometry *geometry)
{
	if (!op->blocks)
		return error_set(-EINVAL, UPNVME_ERR_BLOCKS, "blocks is 0: give 1 at least");
	if ((uint64_t)op->blocks * geometry->block_bytes > INT64_MAX >> 16)
		return error_set(
			-EINVAL, UPNVME_ERR_BLOCKS,
			"%u blocks are more than one request may have: give less than 2^47 bytes",
			op->blocks);
	if (op->lba >= geometry->nblocks || op->blocks > geometry->nblocks - op->lba)
		return error_set(
			-ERANGE, UPNVME_ERR_LBA_RANGE,
			"LBA %llu and %u blocks pass the end of namespace %u, which has %llu "
			"blocks",
			(unsigned long long)op->lba, op->blocks, op->nsid,
			(unsigned long long)geometry->nblocks);
	return 0;
}

static int check_metadata(struct upnvme_qpair *qp, const struct upnvme_op *op,
			  const struct ns_geometry *geometry)
{
	bool separate = geometry->metadata_bytes && !geometry->metadata_extended;
	uint64_t bytes = (uint64_t)op->blocks * geometry->metadata_bytes, iova;

	if (!op->metadata) {
		if (!separate || ns_metadata_stays(geometry, op->flags & UPNVME_PRACT))
			return 0;
		return error_set(
			-EINVAL, UPNVME_ERR_METADATA,
			"namespace %u has %u bytes of metadata per block in a separate buffer: "
			"give a metadata buffer",
			op->nsid, geometry->metadata_bytes);
	}
	if (!separate)
		return error_set(-EINVAL, UPNVME_ERR_METADATA,
				 "namespace %u takes no separate metadata buffer: give none",
				 op->nsid);
	if (!is_aligned((uintptr_t)op->metadata, 4) ||
	    !data_translate(qp, (uint64_t)(uintptr_t)op->metadata, bytes, &iova))
		return error_set(
			-EFAULT, UPNVME_ERR_METADATA,
			"metadata buffer %p (%llu bytes) is misaligned, or is not wholly in memory "
			"that the device can reach: align it to 4 bytes, and use upnvme_dma_alloc, "
			"or upnvme_mem_register first",
			op->metadata, (unsigned long long)bytes);
	return 0;
}

/* Walks the parts that the request will have: each must be expressible. */
static int check_expressible(struct upnvme_qpair *qp, struct request request)
{
	while (request.next < request.op.blocks) {
		uint32_t blocks = request_next_blocks(qp, &request);

		if (!blocks)
			return error_set(
				-EINVAL, UPNVME_ERR_IOVEC,
				"iovec segment %u: PRP cannot express it (inner segments must "
				"begin and end at multiples of %u bytes) and %s",
				data_segment(qp, &request.op, request.place), NVME_PAGE_BYTES,
				qp->ctrlr->limits.sgl ?
					"one block has too many segments for an SGL" :
					"the controller has no SGL");
		request.next += blocks;
		data_skip(qp, &request.op, &request.place, (uint64_t)blocks * request.block_bytes);
	}
	return 0;
}

static int check_data(struct upnvme_qpair *qp, struct request *request,
		      const struct upnvme_area *area)
{
	struct upnvme_op *op = &request->op;
	uint64_t bytes = (uint64_t)op->blocks * request->block_bytes;
	int rc = area_place(area, op, bytes,
			    (uint64_t)op->blocks * request->geometry->metadata_bytes);

	if (!rc)
		rc = data_check(qp, op, bytes);
	if (!rc)
		rc = check_metadata(qp, op, request->geometry);
	if (!rc && op->form == UPNVME_FORM_IOV)
		rc = check_expressible(qp, *request);
	return rc;
}

/* Checks that one command is enough, where the caller wants no more (UPNVME_NO_SPLIT). */
static int check_whole(const struct upnvme_qpair *qp, const struct request *request)
{
	uint32_t blocks;

	if (!(request->op.flags & UPNVME_NO_SPLIT))
		return 0;
	blocks = request_next_blocks(qp, request);
	if (request_is_whole(request, blocks))
		return 0;
	return error_set(
		-EINVAL, UPNVME_ERR_TRANSFER,
		"%u blocks do not fit into one command, which takes %u here (by the controller's "
		"limits, and by what PRP or SGL can express of the buffer): give fewer, or leave "
		"UPNVME_NO_SPLIT out",
		request->op.blocks, blocks);
}

int check_no_metadata(struct upnvme_op *op, const struct upnvme_area *area, const char *name)
{
	if (area)
		op->metadata = NULL;
	if (!op->metadata)
		return 0;
	return error_set(-EINVAL, UPNVME_ERR_METADATA, "%s takes no metadata buffer: give none",
			 name);
}

/* Checks an op without data, whose buffer means nothing. */
static int check_no_data(struct upnvme_op *op, const struct upnvme_area *area, const char *name)
{
	op->buf = NULL;
	return check_no_metadata(op, area, name);
}

int check_no_blocks(struct upnvme_qpair *qp, const struct command_kind *kind,
		    struct request *request, const struct upnvme_area *area)
{
	(void)qp;
	request->op.blocks = 0;
	return check_no_data(&request->op, area, kind->name);
}

int check_blocks(struct upnvme_qpair *qp, const struct command_kind *kind, struct request *request,
		 const struct upnvme_area *area)
{
	struct upnvme_op *op = &request->op;
	int rc;

	if (op->form == UPNVME_FORM_RANGES)
		return error_set(
			-EINVAL, UPNVME_ERR_ARGUMENT,
			"opcode %#x has no ranges: UPNVME_FORM_RANGES is for dataset management",
			op->opcode);
	rc = check_range(op, request->geometry);
	if (!rc)
		rc = kind->flags & KIND_DATA ? check_data(qp, request, area) :
					       check_no_data(op, area, kind->name);
	return rc ? rc : check_whole(qp, request);
}
