/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes submission queue entries from a request, one for each part; the request's kind fills them in. */
#include "base/util.h"
#include "driver/ns.h"
#include "driver/queue/histogram.h"
#include "driver/queue/request.h"
#include "driver/queue/straight.h"

uint32_t request_data_blocks(const struct upnvme_qpair *qp, const struct request *request,
			     uint32_t blocks)
{
	const struct ns_geometry *geometry = request->geometry;

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
		return SLOT_TOUCHES_MANY; /* the buffer is in several pieces on the bus */
	return slot_touches(iova, bytes);
}

uint64_t request_changes(const struct request *request)
{
	return request_kind(request)->flags & KIND_CHANGES ? SLOT_CHANGES_MEDIUM : 0;
}

uint64_t request_touches(struct upnvme_qpair *qp, const struct request *request)
{
	const struct upnvme_op *op = &request->op;
	uint64_t changes = request_changes(request);

	if (op->form == UPNVME_FORM_IOV || op->metadata)
		return changes | SLOT_TOUCHES_MANY;
	if (!op->buf)
		return changes;
	return changes | buffer_touches(qp, op->buf, (uint64_t)op->blocks * request->block_bytes);
}

void request_issue(struct upnvme_qpair *qp, struct request *request, struct slot *slot,
		   uint32_t blocks)
{
	struct upnvme_spec_sqe *tail = atomic_load_explicit(&qp->tail, memory_order_relaxed);
	const struct command_kind *kind = request_kind(request);

	*tail = (struct upnvme_spec_sqe){ .opcode = request->op.opcode,
					  .cid = (uint16_t)slot->head,
					  .nsid = request->op.nsid };
	if (kind->build)
		kind->build(qp, request, slot, blocks, tail);
	request->next += blocks;
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
