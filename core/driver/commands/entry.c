/* SPDX-License-Identifier: BSD-3-Clause */
/* The entry of a command on a range of blocks (NVM Command Set 1.0c, 3.2): dwords 10 to 15 are the same for all. */
#include "driver/commands/entry.h"

#include "base/util.h"
#include "driver/ns.h"
#include "driver/queue/request.h"
#include <upnvme/spec/command.h>
#include <upnvme/spec/sqe.h>

/* The upper half of dword 12: the op's flags, in the places that the specification gives them, and the directive
 * type. */
static uint32_t control_bits(const struct upnvme_op *op)
{
	static const struct {
		uint16_t flag;
		uint32_t bit;
	} map[] = {
		{ UPNVME_FUA, UPNVME_SPEC_RW_FUA_BIT },
		{ UPNVME_LIMITED_RETRY, UPNVME_SPEC_RW_LR_BIT },
		{ UPNVME_DEALLOCATE_ZEROES, UPNVME_SPEC_RW_DEAC_BIT },
		{ UPNVME_STORAGE_TAG_CHECK, UPNVME_SPEC_RW_STC_BIT },
		{ UPNVME_PRCHK_REF, UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_RW_PRINFO, 1u) },
		{ UPNVME_PRCHK_APP, UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_RW_PRINFO, 2u) },
		{ UPNVME_PRCHK_GUARD, UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_RW_PRINFO, 4u) },
		{ UPNVME_PRACT, UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_RW_PRINFO, 8u) },
	};
	uint32_t bits = UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_RW_DTYPE, (uint32_t)op->dtype);

	for (size_t i = 0; i < ARRAY_SIZE(map); i++)
		if (op->flags & map[i].flag)
			bits |= map[i].bit;
	return bits;
}

/* The tags of the next block: with types 1 and 2 the reference tag goes up by one for each block (NVM Command Set 1.0c,
 * 5.2.1.5), and the bits of the storage tag above it stay. */
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

static void put_tags(const struct request *request, struct upnvme_spec_sqe *sqe)
{
	const struct upnvme_op *op = &request->op;
	uint64_t tags = tags_at(request);

	sqe->cdw2 = op->ref_tag_high;
	sqe->cdw3 = (uint32_t)(tags >> 32);
	sqe->cdw14 = (uint32_t)tags;
	sqe->cdw15 = op->app_tag | (uint32_t)op->app_mask << 16;
}

static void put_blocks(const struct request *request, uint32_t blocks, struct upnvme_spec_sqe *sqe)
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
			 struct upnvme_spec_sqe *sqe)
{
	uint64_t bytes = request->geometry->metadata_bytes;

	if (request->op.metadata)
		data_translate(qp,
			       (uint64_t)(uintptr_t)request->op.metadata + request->next * bytes,
			       blocks * bytes, &sqe->mptr);
}

void entry_blocks(struct upnvme_qpair *qp, struct request *request, struct slot *slot,
		  uint32_t blocks, struct upnvme_spec_sqe *sqe)
{
	(void)qp;
	(void)slot;
	put_blocks(request, blocks, sqe);
}

void entry_data_blocks(struct upnvme_qpair *qp, struct request *request, struct slot *slot,
		       uint32_t blocks, struct upnvme_spec_sqe *sqe)
{
	put_blocks(request, blocks, sqe);
	put_metadata(qp, request, blocks, sqe);
	data_build(qp, &request->op, &request->place, (uint64_t)blocks * request->block_bytes, slot,
		   sqe);
}
