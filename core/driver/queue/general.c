/* SPDX-License-Identifier: BSD-3-Clause */
/* The general path of a submission: every kind of command, every check, and a sentence for each
 * that fails. */
#include "base/error.h"
#include "driver/queue/area.h"
#include "driver/queue/doorbell.h"
#include "driver/queue/split.h"
#include "driver/queue/straight.h"
#include "spec/command.h"
#include "spec/identify.h"

/* What one opcode needs. */
struct op_kind {
	const char *name;
	uint16_t oncs;  /* the bit that says that the controller has it; 0: mandatory */
	uint16_t flags; /* that it takes */
	bool ranged;    /* has LBA and blocks */
};

#define FLAGS_PI                                                                   \
	(UPNVME_PRCHK_REF | UPNVME_PRCHK_APP | UPNVME_PRCHK_GUARD | UPNVME_PRACT | \
	 UPNVME_STORAGE_TAG_CHECK)
#define FLAGS_RW (UPNVME_FUA | UPNVME_LIMITED_RETRY | UPNVME_NO_SPLIT | FLAGS_PI)

static const struct op_kind *op_kind(uint8_t opcode)
{
	static const struct op_kind kinds[] = {
		[UPNVME_OP_FLUSH] = { "flush", 0, 0, false },
		[UPNVME_OP_WRITE] = { "write", 0, FLAGS_RW, true },
		[UPNVME_OP_READ] = { "read", 0, FLAGS_RW, true },
		[UPNVME_OP_COMPARE] = { "compare", NVME_ONCS_COMPARE, FLAGS_RW, true },
		[UPNVME_OP_WRITE_ZEROES] = { "write zeroes", NVME_ONCS_WRITE_ZEROES,
					     FLAGS_RW | UPNVME_DEALLOCATE_ZEROES, true },
		[UPNVME_OP_DATASET_MANAGEMENT] = { "dataset management", NVME_ONCS_DSM, 0, true },
		[UPNVME_OP_VERIFY] = { "verify", NVME_ONCS_VERIFY, FLAGS_RW, true },
	};

	return opcode < ARRAY_SIZE(kinds) && kinds[opcode].name ? &kinds[opcode] : NULL;
}

static int check_kind(const struct upnvme_qpair *qp, const struct upnvme_op *op,
		      const struct op_kind **kind)
{
	*kind = op_kind(op->opcode);
	if (!*kind)
		return error_set(
			-EINVAL, UPNVME_ERR_OPCODE,
			"opcode %#x is not one of upnvme_op's: give it as a struct upnvme_raw with "
			"UPNVME_FORM_RAW",
			op->opcode);
	if (op->form > UPNVME_FORM_RANGES || op->dtype > 15)
		return error_set(
			-EINVAL, UPNVME_ERR_ARGUMENT,
			"form %u or directive type %u is unknown: forms are 0 to 3, types 0 to 15",
			op->form, op->dtype);
	if (op->flags & (UPNVME_FUSED_FIRST | UPNVME_FUSED_SECOND))
		return error_set(-ENOTSUP, UPNVME_ERR_FLAGS, "fused commands are not supported");
	if (op->flags & ~(*kind)->flags)
		return error_set(-EINVAL, UPNVME_ERR_FLAGS, "flags %#x: %s takes only %#x",
				 op->flags, (*kind)->name, (*kind)->flags);
	if ((*kind)->oncs && !(qp->ctrlr->limits.oncs & (*kind)->oncs))
		return error_set(-ENOTSUP, UPNVME_ERR_UNSUPPORTED,
				 "the controller does not support %s (ONCS is %#x)", (*kind)->name,
				 qp->ctrlr->limits.oncs);
	return 0;
}

/* The namespace that an op names, most often the one that was used last. */
static struct upnvme_ns *ns_named(const struct upnvme_qpair *qp, uint32_t nsid)
{
	return qp->ns->ctrlr && qp->ns->nsid == nsid ? qp->ns : ns_find(qp->ctrlr, nsid);
}

/* A handle that the caller gave counts for more than what the op names. */
static int check_handle(const struct upnvme_qpair *qp, const struct upnvme_ns *ns,
			struct upnvme_op *op)
{
	if (!ns)
		return 0;
	if (ns->ctrlr != qp->ctrlr)
		return error_set(-EXDEV, UPNVME_ERR_NS_FOREIGN,
				 "namespace %u belongs to another controller than queue pair %u",
				 ns->nsid, qp->qid);
	op->nsid = ns->nsid;
	return 0;
}

static int check_namespace(struct upnvme_qpair *qp, const struct upnvme_op *op,
			   struct upnvme_ns *ns, const struct ns_geometry **geometry)
{
	if (!ns)
		ns = ns_named(qp, op->nsid);
	if (!ns)
		return error_set(
			-ENODEV, UPNVME_ERR_NS_NOT_FOUND,
			"namespace %u is not active on this controller: upnvme_ns_next lists those that are",
			op->nsid);
	*geometry = ns_geometry(ns);
	if (!(*geometry)->nblocks)
		return error_set(-ENODEV, UPNVME_ERR_NS_GONE, "namespace %u is gone", op->nsid);
	qp->ns = ns;
	return 0;
}

static int check_range(const struct upnvme_op *op, const struct ns_geometry *geometry)
{
	if (!op->blocks)
		return error_set(-EINVAL, UPNVME_ERR_BLOCKS,
				 "blocks is 0: a command has at least one");
	if ((uint64_t)op->blocks * geometry->block_bytes > INT64_MAX >> 16)
		return error_set(-EINVAL, UPNVME_ERR_BLOCKS,
				 "%u blocks are more than one request may have", op->blocks);
	if (op->lba >= geometry->nblocks || op->blocks > geometry->nblocks - op->lba)
		return error_set(
			-ERANGE, UPNVME_ERR_LBA_RANGE,
			"LBA %llu and %u blocks pass the end of namespace %u, which has %llu blocks",
			(unsigned long long)op->lba, op->blocks, op->nsid,
			(unsigned long long)geometry->nblocks);
	return 0;
}

static bool metadata_stays(const struct upnvme_op *op, const struct ns_geometry *geometry)
{
	return ns_metadata_stays(geometry, op->flags & UPNVME_PRACT);
}

static int check_metadata(struct upnvme_qpair *qp, const struct upnvme_op *op,
			  const struct ns_geometry *geometry)
{
	bool separate = geometry->metadata_bytes && !geometry->metadata_extended;
	uint64_t bytes = (uint64_t)op->blocks * geometry->metadata_bytes, iova;

	if (!op->metadata) {
		if (!separate || metadata_stays(op, geometry))
			return 0;
		return error_set(
			-EINVAL, UPNVME_ERR_METADATA,
			"namespace %u has %u bytes of metadata per block in a separate buffer: give one",
			op->nsid, geometry->metadata_bytes);
	}
	if (!separate)
		return error_set(-EINVAL, UPNVME_ERR_METADATA,
				 "namespace %u takes no separate metadata buffer", op->nsid);
	if (!is_aligned((uintptr_t)op->metadata, 4) ||
	    !data_translate(qp, (uint64_t)(uintptr_t)op->metadata, bytes, &iova))
		return error_set(
			-EFAULT, UPNVME_ERR_METADATA,
			"metadata buffer %p (%llu bytes) is misaligned or not in memory that the device can "
			"reach",
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
				"iovec segment %u: PRP cannot express it (inner segments must begin and end at "
				"multiples of %u bytes) and %s",
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
		"%u blocks do not go in one command, %u do (limits, and what PRP or SGL can say of the buffer), and "
		"UPNVME_NO_SPLIT was asked for: make it shorter, or do without the flag",
		request->op.blocks, blocks);
}

/* The caller's own ranges: `blocks` of them, 16 bytes each, are data that the device reads. */
static int check_ranges(struct upnvme_qpair *qp, struct upnvme_op *op,
			const struct upnvme_area *area)
{
	uint64_t bytes = (uint64_t)op->blocks * sizeof(struct nvme_dsm_range);
	uint32_t max = qp->ctrlr->limits.max_deallocate_ranges;
	int rc;

	if (op->opcode != UPNVME_OP_DATASET_MANAGEMENT)
		return error_set(
			-EINVAL, UPNVME_ERR_ARGUMENT,
			"opcode %#x has no ranges: UPNVME_FORM_RANGES is for dataset management",
			op->opcode);
	if (!op->blocks || op->blocks > max)
		return error_set(-EINVAL, UPNVME_ERR_BLOCKS,
				 "%u ranges: the controller takes 1 to %u in one command",
				 op->blocks, max);
	rc = area_place(area, op, bytes, 0);
	return rc ? rc : data_check(qp, op, bytes);
}

/* Of an op that moves no data; of an area's op the offsets mean nothing then. */
static int check_no_data(struct upnvme_op *op, const struct upnvme_area *area, const char *name)
{
	area_place_nothing(area, op);
	if (op->metadata)
		return error_set(-EINVAL, UPNVME_ERR_METADATA,
				 "%s moves no data, and takes no metadata buffer", name);
	if (op->buf && op->opcode == UPNVME_OP_DATASET_MANAGEMENT)
		return error_set(
			-EINVAL, UPNVME_ERR_ARGUMENT,
			"dataset management takes a buffer of range definitions with UPNVME_FORM_RANGES only");
	return 0;
}

static int request_check(struct upnvme_qpair *qp, struct request *request, struct upnvme_ns *ns,
			 const struct upnvme_area *area)
{
	const struct op_kind *kind;
	int rc = check_handle(qp, ns, &request->op);

	if (!rc)
		rc = check_kind(qp, &request->op, &kind);
	if (!rc)
		rc = check_namespace(qp, &request->op, ns, &request->geometry);
	if (rc)
		return rc;
	request->block_bytes = metadata_stays(&request->op, request->geometry) ?
				       request->geometry->data_bytes :
				       request->geometry->block_bytes;
	if (!kind->ranged) {
		request->op.blocks = 0;
		return check_no_data(&request->op, area, kind->name);
	}
	if (request->op.form == UPNVME_FORM_RANGES)
		return check_ranges(qp, &request->op, area);
	rc = check_range(&request->op, request->geometry);
	if (!rc)
		rc = op_has_data(&request->op) ? check_data(qp, request, area) :
						 check_no_data(&request->op, area, kind->name);
	return rc ? rc : check_whole(qp, request);
}

/* One command or several; it is accepted. */
static void request_accept(struct upnvme_qpair *qp, struct request *request, upnvme_cb cb,
			   void *arg)
{
	uint32_t blocks = request->op.form == UPNVME_FORM_RANGES ? request->op.blocks :
								   request_next_blocks(qp, request);
	struct slot *slot = qp->free;

	if (request_is_whole(request, blocks)) {
		request_slot_fill(qp, slot, request_touches(qp, request), blocks, cb, arg);
		request_issue(qp, request, slot, blocks);
	} else {
		slot_pop(qp, slot);
		split_begin(qp, slot, request, cb, arg);
	}
}

static int request_submit(struct upnvme_qpair *qp, const struct upnvme_op *op,
			  const struct upnvme_area *area, upnvme_cb cb, void *arg,
			  struct upnvme_ns *ns)
{
	struct request request = { .op = *op };
	int rc;

	if (request.op.form == UPNVME_FORM_RAW)
		return area ? area_refuse(&request.op) : raw_submit(qp, request.op.buf, cb, arg);
	rc = request_check(qp, &request, ns, area);
	if (rc)
		return rc;
	if (!qp->free)
		return -EAGAIN;
	request_accept(qp, &request, cb, arg);
	return 0;
}

int general_submit(struct upnvme_qpair *qp, const struct upnvme_op *op,
		   const struct upnvme_area *area, upnvme_cb cb, void *arg, struct upnvme_ns *ns)
{
	int rc = owner_pass_to_submit(qp);

	if (rc)
		return rc;
	rc = request_submit(qp, op, area, cb, arg, ns);
	if (rc == -EAGAIN)
		qp->stats.full++;
	if (rc)
		return rc;
	qp->stats.general++;
	if (qp->flags & UPNVME_QPAIR_RING_EACH)
		ring_now(qp);
	return 0;
}
