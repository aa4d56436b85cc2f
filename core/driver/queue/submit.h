/* SPDX-License-Identifier: BSD-3-Clause */
/* Submission, whatever the call: past the owner's gate once, then on the straight path where that fits, else on the
 * general one. */
#ifndef UPNVME_DRIVER_QUEUE_SUBMIT_H
#define UPNVME_DRIVER_QUEUE_SUBMIT_H

#include "driver/queue/doorbell.h"
#include "driver/queue/straight.h"

/* The shortest path of a read or write by handle, compiled into the exported call. Handles may be null. Not 0: nothing
 * was submitted, and submit_pages is to be tried. */
static inline __attribute__((always_inline)) int submit_page(struct upnvme_qpair *qp,
							     struct upnvme_ns *ns, const void *buf,
							     uint64_t lba, uint32_t blocks,
							     upnvme_cb cb, void *arg,
							     uint32_t opcode)
{
	if (!straight_is_page(buf) || !straight_enter(qp, ns))
		return STRAIGHT_NOT;
	return straight_page(qp, ns, buf, lba, blocks, cb, arg, opcode);
}

/* As submit_page, without limit to a page. STRAIGHT_NOT: nothing was submitted, and general_submit is to be called. */
static inline __attribute__((always_inline)) int submit_pages(struct upnvme_qpair *qp,
							      struct upnvme_ns *ns, const void *buf,
							      uint64_t lba, uint32_t blocks,
							      upnvme_cb cb, void *arg,
							      uint32_t opcode)
{
	if (!straight_enter(qp, ns))
		return STRAIGHT_NOT;
	return straight_pages(qp, ns, ns_geometry(ns), buf, lba, blocks, cb, arg, opcode);
}

/* Submits an op, which names its namespace. With an area, the op's pointers are offsets into it. */
int submit_op(struct upnvme_qpair *qp, const struct upnvme_op *op, const struct upnvme_area *area,
	      upnvme_cb cb, void *arg);
/* Submits tagged ops, up to the first that is refused, and rings the doorbell. Returns how many were accepted, or the
 * error of the first op. */
int submit_ops(struct upnvme_qpair *qp, const struct upnvme_op *ops, uint32_t n);
__attribute__((nonnull)) int submit_ops_at(struct upnvme_qpair *qp, const struct upnvme_area *area,
					   const struct upnvme_op *ops, uint32_t n);

/* Rings the doorbell for commands submitted since the last time. */
static inline int submit_ring(struct upnvme_qpair *qp)
{
	int rc = owner_pass(qp);

	if (!rc)
		ring_now(qp);
	return rc;
}

#endif
