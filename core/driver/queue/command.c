/* SPDX-License-Identifier: BSD-3-Clause */
/* From a request to submission queue entries, one for each part (NVM Command Set 1.0, 3.2). */
#include "spec/command.h"

#include "base/util.h"
#include "driver/ctrlr.h"
#include "driver/ns.h"
#include "driver/queue/histogram.h"
#include "driver/queue/request.h"
#include "driver/queue/straight.h"

uint32_t request_limit(const struct upnvme_qpair *qp, const struct request *request)
{
	const struct ns_geometry *geometry = request->geometry;

	switch (request->op.opcode) {
	case UPNVME_OP_WRITE_ZEROES:
		return geometry->max_write_zeroes_blocks;
	case UPNVME_OP_VERIFY:
		return geometry->max_verify_blocks;
	case UPNVME_OP_DATASET_MANAGEMENT:
		return MIN(qp->ctrlr->limits.max_deallocate_blocks, SLOT_NOT_PLAIN - 1);
	default:
		return geometry->max_blocks;
	}
}

uint32_t request_next_blocks(const struct upnvme_qpair *qp, const struct request *request)
{
	const struct ns_geometry *geometry = request->geometry;
	uint32_t blocks = MIN(request->op.blocks - request->next, request_limit(qp, request));

	if (!op_has_data(&request->op))
		return blocks;
	/* A boundary is a hint for reads and writes (NOIOB): a command that crosses it is slower,
	 * not wrong. */
	if (geometry->boundary_blocks && !(request->op.flags & UPNVME_NO_SPLIT)) {
		uint64_t in_stripe = (request->op.lba + request->next) % geometry->boundary_blocks;

		blocks = (uint32_t)MIN(blocks, geometry->boundary_blocks - in_stripe);
	}
	return (uint32_t)(data_fit(qp, &request->op, request->place,
				   (uint64_t)blocks * request->block_bytes) /
			  request->block_bytes);
}

uint64_t buffer_touches(struct upnvme_qpair *qp, const void *buf, uint64_t bytes)
{
	uint64_t iova;

	if (!data_translate(qp, (uint64_t)(uintptr_t)buf, bytes, &iova))
		return SLOT_TOUCHES_MANY; /* it lies about on the bus */
	return slot_touches(iova, bytes);
}

uint64_t request_touches(struct upnvme_qpair *qp, const struct request *request)
{
	const struct upnvme_op *op = &request->op;
	uint64_t changes = 0, bytes = 0;

	if (op_writes_blocks(op) || op->opcode == UPNVME_OP_DATASET_MANAGEMENT)
		changes = SLOT_CHANGES_MEDIUM;
	if (op->form == UPNVME_FORM_IOV || op->metadata)
		return changes | SLOT_TOUCHES_MANY;
	if (op_has_data(op))
		bytes = (uint64_t)op->blocks * request->block_bytes;
	else if (op->form == UPNVME_FORM_RANGES)
		bytes = (uint64_t)op->blocks * sizeof(struct nvme_dsm_range);
	if (!bytes)
		return changes;
	return changes | buffer_touches(qp, op->buf, bytes);
}

/* Dword 12's upper half: the public flags, where the specification has them. */
static uint32_t control_bits(const struct upnvme_op *op)
{
	static const struct {
		uint16_t flag;
		uint32_t bit;
	} map[] = {
		{ UPNVME_FUA, NVME_RW_FUA },
		{ UPNVME_LIMITED_RETRY, NVME_RW_LR },
		{ UPNVME_DEALLOCATE_ZEROES, NVME_RW_DEAC },
		{ UPNVME_STORAGE_TAG_CHECK, NVME_RW_STC },
		{ UPNVME_PRCHK_REF, NVME_FIELD_SET(NVME_RW_PRINFO, 1u) },
		{ UPNVME_PRCHK_APP, NVME_FIELD_SET(NVME_RW_PRINFO, 2u) },
		{ UPNVME_PRCHK_GUARD, NVME_FIELD_SET(NVME_RW_PRINFO, 4u) },
		{ UPNVME_PRACT, NVME_FIELD_SET(NVME_RW_PRINFO, 8u) },
	};
	uint32_t bits = NVME_FIELD_SET(NVME_RW_DTYPE, (uint32_t)op->dtype);

	for (size_t i = 0; i < ARRAY_SIZE(map); i++)
		if (op->flags & map[i].flag)
			bits |= map[i].bit;
	return bits;
}

/* With types 1 and 2 the reference tag goes up by one a block (NVM Command Set 1.0c, 5.2.1.5), in its own bits: those
 * of the storage tag above it stay. */
static uint64_t tags_at(const struct request *request)
{
	const struct ns_geometry *geometry = request->geometry;
	uint64_t tags = request->op.ref_tag;
	uint64_t mask =
		geometry->ref_tag_bits < 64 ? (1ull << geometry->ref_tag_bits) - 1 : UINT64_MAX;

	if (geometry->protection != 1 && geometry->protection != 2)
		return tags;
	return (tags & ~mask) | ((tags + request->next) & mask);
}

static void put_tags(const struct request *request, struct nvme_sqe *sqe)
{
	const struct upnvme_op *op = &request->op;
	uint64_t tags = tags_at(request);

	sqe->cdw2 = op->ref_tag_high;
	sqe->cdw3 = (uint32_t)(tags >> 32);
	sqe->cdw14 = (uint32_t)tags;
	sqe->cdw15 = op->app_tag | (uint32_t)op->app_mask << 16;
}

static void put_blocks(const struct request *request, uint32_t blocks, struct nvme_sqe *sqe)
{
	const struct upnvme_op *op = &request->op;
	uint64_t lba = op->lba + request->next;

	sqe->cdw10 = (uint32_t)lba;
	sqe->cdw11 = (uint32_t)(lba >> 32);
	sqe->cdw12 = control_bits(op) | (blocks - 1);
	sqe->cdw13 = (uint32_t)op->directive << 16 | op->dsm;
	put_tags(request, sqe);
}

static void put_metadata(struct upnvme_qpair *qp, const struct request *request, uint32_t blocks,
			 struct nvme_sqe *sqe)
{
	uint64_t bytes = request->geometry->metadata_bytes;

	if (request->op.metadata)
		data_translate(qp,
			       (uint64_t)(uintptr_t)request->op.metadata + request->next * bytes,
			       blocks * bytes, &sqe->mptr);
}

/* One range, in the slot's list, or the caller's own (NVM Command Set 1.0, 3.2.3). */
static void put_ranges(struct upnvme_qpair *qp, struct request *request, uint32_t blocks,
		       struct slot *slot, struct nvme_sqe *sqe)
{
	const struct upnvme_op *op = &request->op;
	struct nvme_dsm_range *range = slot_list(qp, slot);

	if (op->form == UPNVME_FORM_RANGES) {
		sqe->cdw10 = op->blocks - 1;
		sqe->cdw11 = op->dsm;
		data_build(qp, op, &request->place, (uint64_t)op->blocks * sizeof(*range), slot,
			   sqe);
		return;
	}
	*range = (struct nvme_dsm_range){ .length = blocks, .slba = op->lba + request->next };
	sqe->cdw11 = NVME_DSM_AD;
	sqe->prp1 = slot_list_iova(qp, slot);
}

void request_issue(struct upnvme_qpair *qp, struct request *request, struct slot *slot,
		   uint32_t blocks)
{
	struct nvme_sqe *tail = atomic_load_explicit(&qp->tail, memory_order_relaxed);
	const struct upnvme_op *op = &request->op;
	struct nvme_sqe sqe = { .opcode = op->opcode,
				.nsid = op->nsid,
				.cid = (uint16_t)slot->head };

	if (op->opcode == UPNVME_OP_DATASET_MANAGEMENT) {
		put_ranges(qp, request, blocks, slot, &sqe);
	} else if (op->opcode != UPNVME_OP_FLUSH) {
		put_blocks(request, blocks, &sqe);
		put_metadata(qp, request, blocks, &sqe);
		if (op_has_data(op))
			data_build(qp, op, &request->place, (uint64_t)blocks * request->block_bytes,
				   slot, &sqe);
	}
	request->next += blocks;
	*tail = sqe;
	atomic_store_explicit(&qp->tail, tail_next(qp, tail), memory_order_release);
}

void request_slot_fill(struct upnvme_qpair *qp, struct slot *slot, uint64_t touches,
		       uint32_t blocks, upnvme_cb cb, void *arg)
{
	slot_pop(qp, slot);
	slot->cb = cb;
	slot->arg = arg;
	slot->blocks = blocks;
	slot_set_in_flight(slot);
	atomic_store_explicit(&slot->touches, touches, memory_order_relaxed);
	if (qp->histogram) {
		slot_mark(slot, SLOT_TIMED);
		histogram_start(qp->histogram, slot_index(qp, slot));
	}
}
