/* SPDX-License-Identifier: BSD-3-Clause */
/* Ops, one by one and in batches. The straight path's inlines are compiled here once more, for ops. */
#include "driver/queue/submit.h"

#include "driver/queue/op.h"

/* A plain read or write of a page in the namespace that was used last, by a caller that has
 * passed the gate. */
static inline __attribute__((always_inline)) int op_straight(struct upnvme_qpair *qp,
							     const struct upnvme_op *op,
							     const void *buf, void *tag)
{
	struct upnvme_ns *ns = qp->ns;

	if (ns->nsid != op->nsid || !straight_is_page(buf))
		return STRAIGHT_NOT;
	if (op_is_plain(op, UPNVME_SPEC_CMD_READ))
		return straight_page(qp, ns, buf, op->lba, op_blocks(op), NULL, tag,
				     UPNVME_SPEC_CMD_READ);
	if (op_is_plain(op, UPNVME_SPEC_CMD_WRITE))
		return straight_page(qp, ns, buf, op->lba, op_blocks(op), NULL, tag,
				     UPNVME_SPEC_CMD_WRITE);
	return STRAIGHT_NOT;
}

/* A plain read or write without limit to a page, with a callback or a tag. */
static inline int op_straight_pages(struct upnvme_qpair *qp, const struct upnvme_op *op,
				    const struct upnvme_area *area, upnvme_cb cb, void *arg)
{
	struct upnvme_ns *ns = qp->ns;
	const struct ns_geometry *geometry = ns_geometry(ns);
	uint32_t blocks = op_blocks(op);

	if (ns->nsid != op->nsid)
		return STRAIGHT_NOT;
	if (op_is_plain(op, UPNVME_SPEC_CMD_READ))
		return straight_pages(qp, ns, geometry, op_data(op, area, geometry, blocks),
				      op->lba, blocks, cb, arg, UPNVME_SPEC_CMD_READ);
	if (op_is_plain(op, UPNVME_SPEC_CMD_WRITE))
		return straight_pages(qp, ns, geometry, op_data(op, area, geometry, blocks),
				      op->lba, blocks, cb, arg, UPNVME_SPEC_CMD_WRITE);
	return STRAIGHT_NOT;
}

int submit_op(struct upnvme_qpair *qp, const struct upnvme_op *op, const struct upnvme_area *area,
	      upnvme_cb cb, void *arg)
{
	int rc = owner_gate_open(qp) ? op_straight_pages(qp, op, area, cb, arg) : STRAIGHT_NOT;

	return rc == STRAIGHT_NOT ? general_submit(qp, op, area, cb, arg, NULL) : rc;
}

/* An op of a batch, by a caller that has passed the gate. `pages` is area_pages of the area, if there is one. */
static inline __attribute__((always_inline)) int batch_straight(struct upnvme_qpair *qp,
								const struct upnvme_op *op,
								const struct upnvme_area *area,
								uint64_t pages, void *tag)
{
	uint64_t offset;

	if (!area)
		return op_straight(qp, op, op->buf, tag);
	offset = op_offset(op);
	if (offset >= pages)
		return STRAIGHT_NOT;
	return op_straight(qp, op, (const char *)area->data + offset, tag);
}

/* The batch, compiled twice, so that ops with addresses pay nothing for areas. The gate is looked at for each op, since
 * another thread may shut it between two ops. */
static inline __attribute__((always_inline)) int ops_submit(struct upnvme_qpair *qp,
							    const struct upnvme_area *area,
							    const struct upnvme_op *ops, uint32_t n)
{
	const struct upnvme_op *op = ops, *end = ops + n;
	uint64_t pages = area ? area_pages(area) : 0;
	int rc = 0;

	for (; op != end; op++) {
		void *tag = (void *)(uintptr_t)op->tag;

		if (owner_gate_open(qp) && likely(batch_straight(qp, op, area, pages, tag) == 0))
			continue;
		rc = submit_op(qp, op, area, NULL, tag);
		if (rc)
			break;
	}
	if (op == ops) /* a batch of no ops, too, is refused to a caller that may not submit */
		return rc ? rc : owner_pass_to_submit(qp);
	ring_now(qp);
	return (int)(op - ops);
}

int submit_ops(struct upnvme_qpair *qp, const struct upnvme_op *ops, uint32_t n)
{
	return ops_submit(qp, NULL, ops, n);
}

int submit_ops_at(struct upnvme_qpair *qp, const struct upnvme_area *area,
		  const struct upnvme_op *ops, uint32_t n)
{
	return ops_submit(qp, area, ops, n);
}
