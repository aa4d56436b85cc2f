/* SPDX-License-Identifier: BSD-3-Clause */
/* The I/O calls. The queue pair's inlines are compiled here, once: a read is one function from the
 * caller's line down to the ring, and the rest of it is the general path. */
#include <upnvme/io.h>

#include "base/error.h"
#include "driver/queue/doorbell.h"
#include "driver/queue/straight.h"
#include "driver/queue/take.h"

/* --- submission ------------------------------------------------------------------------------ */

static int check_handles(const struct upnvme_qpair *qp, const struct upnvme_ns *ns)
{
	if (!qp || !ns)
		return error_set(-EINVAL, UPNVME_ERR_NULL, "%s is null",
				 qp ? "the namespace" : "the queue pair");
	return 0;
}

/* The namespace is looked at only after the queue pair: in a forked child that is all zeroes. */
static __attribute__((noinline)) int submit_general(upnvme_qpair *qp, upnvme_ns *ns,
						    struct upnvme_op *op, upnvme_cb cb, void *arg)
{
	int rc = check_handles(qp, ns);

	if (!rc)
		rc = owner_enter_to_submit(qp);
	if (rc)
		return rc;
	if (ns->ctrlr != qp->ctrlr)
		return error_set(-EXDEV, UPNVME_ERR_NS_FOREIGN,
				 "namespace %u belongs to another controller than queue pair %u",
				 ns->nsid, qp->qid);
	qp->ns = ns;
	op->nsid = ns->nsid;
	return qpair_submit_op(qp, op, NULL, cb, arg);
}

static int rw_general(upnvme_qpair *qp, upnvme_ns *ns, const void *buf, uint64_t lba,
		      uint32_t blocks, upnvme_cb cb, void *arg, uint8_t opcode)
{
	struct upnvme_op op = {
		.opcode = opcode, .lba = lba, .blocks = blocks, .buf = (void *)(uintptr_t)buf
	};

	return submit_general(qp, ns, &op, cb, arg);
}

/* These two have the signature of the calls that end in them, so that the shortest path saves no
 * register for their sake. */
static __attribute__((noinline)) int read_pages(upnvme_qpair *qp, upnvme_ns *ns, void *buf,
						uint64_t lba, uint32_t blocks, upnvme_cb cb,
						void *arg)
{
	int rc = STRAIGHT_NOT;

	if (straight_enter(qp, ns))
		rc = straight_pages(qp, ns, ns_geometry(ns), buf, lba, blocks, cb, arg,
				    NVME_CMD_READ);
	return rc == STRAIGHT_NOT ? rw_general(qp, ns, buf, lba, blocks, cb, arg, NVME_CMD_READ) :
				    rc;
}

static __attribute__((noinline)) int write_pages(upnvme_qpair *qp, upnvme_ns *ns, const void *buf,
						 uint64_t lba, uint32_t blocks, upnvme_cb cb,
						 void *arg)
{
	int rc = STRAIGHT_NOT;

	if (straight_enter(qp, ns))
		rc = straight_pages(qp, ns, ns_geometry(ns), buf, lba, blocks, cb, arg,
				    NVME_CMD_WRITE);
	return rc == STRAIGHT_NOT ? rw_general(qp, ns, buf, lba, blocks, cb, arg, NVME_CMD_WRITE) :
				    rc;
}

int upnvme_read(upnvme_qpair *qp, upnvme_ns *ns, void *buf, uint64_t lba, uint32_t blocks,
		upnvme_cb cb, void *arg)
{
	if (unlikely(!straight_is_page(buf) || !straight_enter(qp, ns) ||
		     straight_page(qp, ns, buf, lba, blocks, cb, arg, NVME_CMD_READ)))
		return read_pages(qp, ns, buf, lba, blocks, cb, arg);
	return 0;
}

int upnvme_write(upnvme_qpair *qp, upnvme_ns *ns, const void *buf, uint64_t lba, uint32_t blocks,
		 upnvme_cb cb, void *arg)
{
	if (unlikely(!straight_is_page(buf) || !straight_enter(qp, ns) ||
		     straight_page(qp, ns, buf, lba, blocks, cb, arg, NVME_CMD_WRITE)))
		return write_pages(qp, ns, buf, lba, blocks, cb, arg);
	return 0;
}

int upnvme_compare(upnvme_qpair *qp, upnvme_ns *ns, const void *buf, uint64_t lba, uint32_t blocks,
		   upnvme_cb cb, void *arg)
{
	return rw_general(qp, ns, buf, lba, blocks, cb, arg, UPNVME_OP_COMPARE);
}

static int rw_vectored(upnvme_qpair *qp, upnvme_ns *ns, const struct iovec *iov, uint32_t niov,
		       uint64_t lba, uint32_t blocks, upnvme_cb cb, void *arg, uint8_t opcode)
{
	struct upnvme_op op = { .opcode = opcode,
				.form = UPNVME_FORM_IOV,
				.lba = lba,
				.blocks = blocks,
				.buf = (void *)(uintptr_t)iov,
				.niov = (uint16_t)niov };

	if (niov > UINT16_MAX)
		return error_set(-EINVAL, UPNVME_ERR_IOVEC, "%u iovec segments: at most %u", niov,
				 UINT16_MAX);
	return submit_general(qp, ns, &op, cb, arg);
}

int upnvme_readv(upnvme_qpair *qp, upnvme_ns *ns, const struct iovec *iov, uint32_t niov,
		 uint64_t lba, uint32_t blocks, upnvme_cb cb, void *arg)
{
	return rw_vectored(qp, ns, iov, niov, lba, blocks, cb, arg, UPNVME_OP_READ);
}

int upnvme_writev(upnvme_qpair *qp, upnvme_ns *ns, const struct iovec *iov, uint32_t niov,
		  uint64_t lba, uint32_t blocks, upnvme_cb cb, void *arg)
{
	return rw_vectored(qp, ns, iov, niov, lba, blocks, cb, arg, UPNVME_OP_WRITE);
}

int upnvme_flush(upnvme_qpair *qp, upnvme_ns *ns, upnvme_cb cb, void *arg)
{
	return rw_general(qp, ns, NULL, 0, 0, cb, arg, UPNVME_OP_FLUSH);
}

int upnvme_write_zeroes(upnvme_qpair *qp, upnvme_ns *ns, uint64_t lba, uint32_t blocks,
			upnvme_cb cb, void *arg)
{
	return rw_general(qp, ns, NULL, lba, blocks, cb, arg, UPNVME_OP_WRITE_ZEROES);
}

int upnvme_deallocate(upnvme_qpair *qp, upnvme_ns *ns, uint64_t lba, uint32_t blocks, upnvme_cb cb,
		      void *arg)
{
	return rw_general(qp, ns, NULL, lba, blocks, cb, arg, UPNVME_OP_DATASET_MANAGEMENT);
}

int upnvme_verify(upnvme_qpair *qp, upnvme_ns *ns, uint64_t lba, uint32_t blocks, upnvme_cb cb,
		  void *arg)
{
	return rw_general(qp, ns, NULL, lba, blocks, cb, arg, UPNVME_OP_VERIFY);
}

/* The op's first and third words say what a short form says, and the fields from `metadata` on are
 * not used. */
static inline bool op_is_plain(const struct upnvme_op *op, uint32_t opcode)
{
	static const uint32_t hints_at = offsetof(struct upnvme_op, dsm);
	const char *bytes = (const char *)op;
	uint32_t kind, hints;
	uint64_t tags;

	memcpy(&kind, bytes, sizeof(kind)); /* opcode, form, flags */
	memcpy(&hints, bytes + hints_at, sizeof(hints));
	memcpy(&tags, &op->niov, sizeof(tags));
	return kind == opcode && !(hints | tags | op->ref_tag | (uintptr_t)op->metadata);
}

/* The number of blocks, looked at once: an array of ops may belong to another language, whose threads have no part in
 * this library's rules, and what was checked must be what is used. */
static inline uint32_t op_blocks(const struct upnvme_op *op)
{
	return __atomic_load_n(&op->blocks, __ATOMIC_RELAXED);
}

/* Likewise what of an op in an area is no address. */
static inline uint64_t op_offset(const struct upnvme_op *op)
{
	return (uintptr_t)__atomic_load_n(&op->buf, __ATOMIC_RELAXED);
}

/* A plain read or write of a page in the namespace that was used last, by a caller that has
 * entered. */
static inline __attribute__((always_inline)) int op_straight(upnvme_qpair *qp,
							     const struct upnvme_op *op,
							     const void *buf, upnvme_cb cb,
							     void *arg)
{
	struct upnvme_ns *ns = qp->ns;

	if (ns->nsid != op->nsid || !straight_is_page(buf))
		return STRAIGHT_NOT;
	if (op_is_plain(op, NVME_CMD_READ))
		return straight_page(qp, ns, buf, op->lba, op_blocks(op), cb, arg, NVME_CMD_READ);
	if (op_is_plain(op, NVME_CMD_WRITE))
		return straight_page(qp, ns, buf, op->lba, op_blocks(op), cb, arg, NVME_CMD_WRITE);
	return STRAIGHT_NOT;
}

/* Where the data is: an area has all of it, or it is nowhere. In the geometry that the command is made with, since
 * another thread may put a new one in its place. */
static inline const void *op_data(const struct upnvme_op *op, const struct upnvme_area *area,
				  const struct ns_geometry *geometry, uint32_t blocks)
{
	uint64_t offset = op_offset(op), bytes = (uint64_t)blocks * geometry->block_bytes;

	if (!area)
		return (const void *)(uintptr_t)offset;
	if (!area->data || bytes > area->data_bytes || offset > area->data_bytes - bytes)
		return NULL;
	return (const char *)area->data + offset;
}

/* The same without limit to a page, and all that is not plain. With an area, the op's pointers are
 * offsets. */
static __attribute__((noinline)) int op_submit(upnvme_qpair *qp, const struct upnvme_op *op,
					       const struct upnvme_area *area, upnvme_cb cb,
					       void *arg)
{
	const struct ns_geometry *geometry;
	uint32_t blocks = op_blocks(op);
	struct upnvme_ns *ns;
	int rc = STRAIGHT_NOT;

	if (owner_gate_open(qp)) {
		ns = qp->ns;
		geometry = ns_geometry(ns);
		if (ns->nsid == op->nsid && op_is_plain(op, NVME_CMD_READ))
			rc = straight_pages(qp, ns, geometry, op_data(op, area, geometry, blocks),
					    op->lba, blocks, cb, arg, NVME_CMD_READ);
		else if (ns->nsid == op->nsid && op_is_plain(op, NVME_CMD_WRITE))
			rc = straight_pages(qp, ns, geometry, op_data(op, area, geometry, blocks),
					    op->lba, blocks, cb, arg, NVME_CMD_WRITE);
	}
	return rc == STRAIGHT_NOT ? qpair_submit_op(qp, op, area, cb, arg) : rc;
}

int upnvme_io(upnvme_qpair *qp, const struct upnvme_op *op, upnvme_cb cb, void *arg)
{
	if (!qp || !op)
		return error_set(-EINVAL, UPNVME_ERR_NULL, "upnvme_io: %s is null",
				 qp ? "the op" : "the queue pair");
	return op_submit(qp, op, NULL, cb, cb ? arg : (void *)(uintptr_t)op->tag);
}

int upnvme_io_at(upnvme_qpair *qp, const struct upnvme_area *area, const struct upnvme_op *op,
		 upnvme_cb cb, void *arg)
{
	if (!qp || !area || !op)
		return error_set(-EINVAL, UPNVME_ERR_NULL, "upnvme_io_at: %s is null",
				 !qp   ? "the queue pair" :
				 !area ? "the area" :
					 "the op");
	return op_submit(qp, op, area, cb, cb ? arg : (void *)(uintptr_t)op->tag);
}

/* At how many offsets of an area begins a page that is wholly in it. */
static inline uint64_t area_pages(const struct upnvme_area *area)
{
	return area->data && area->data_bytes >= NVME_PAGE_BYTES ?
		       area->data_bytes - NVME_PAGE_BYTES + 1 :
		       0;
}

/* An op of a batch, by a caller that has entered. `pages` is of the area, if there is one. */
static inline __attribute__((always_inline)) int batch_straight(upnvme_qpair *qp,
								const struct upnvme_op *op,
								const struct upnvme_area *area,
								uint64_t pages, void *tag)
{
	uint64_t offset;

	if (!area)
		return op_straight(qp, op, op->buf, NULL, tag);
	offset = op_offset(op);
	if (offset >= pages)
		return STRAIGHT_NOT;
	return op_straight(qp, op, (const char *)area->data + offset, NULL, tag);
}

/* Compiled twice, so that a batch of addresses pays nothing for areas. */
static inline __attribute__((always_inline)) int batch_submit(upnvme_qpair *qp,
							      const struct upnvme_area *area,
							      const struct upnvme_op *ops,
							      uint32_t n)
{
	const struct upnvme_op *op = ops, *end = ops + n;
	uint64_t pages = area ? area_pages(area) : 0;
	int rc = 0;

	if (!owner_gate_open(qp))
		rc = owner_enter_to_submit(qp);
	for (; !rc && op != end; op++) {
		void *tag = (void *)(uintptr_t)op->tag;

		if (owner_gate_open(qp) && likely(batch_straight(qp, op, area, pages, tag) == 0))
			continue;
		rc = op_submit(qp, op, area, NULL, tag);
		if (rc)
			break;
	}
	if (op == ops)
		return rc;
	ring_now(qp);
	return (int)(op - ops);
}

int upnvme_submit(upnvme_qpair *qp, const struct upnvme_op *ops, uint32_t n)
{
	if (!qp || !ops)
		return error_set(-EINVAL, UPNVME_ERR_NULL, "upnvme_submit: %s is null",
				 qp ? "ops" : "the queue pair");
	return batch_submit(qp, NULL, ops, n);
}

int upnvme_submit_at(upnvme_qpair *qp, const struct upnvme_area *area, const struct upnvme_op *ops,
		     uint32_t n)
{
	if (!qp || !area || !ops)
		return error_set(-EINVAL, UPNVME_ERR_NULL, "upnvme_submit_at: %s is null",
				 !qp   ? "the queue pair" :
				 !area ? "the area" :
					 "ops");
	return batch_submit(qp, area, ops, n);
}

/* --- completion ------------------------------------------------------------------------------ */

/* What a poll finds before it looks at the queue. 0: go on. */
static int enter_to_take(upnvme_qpair *qp)
{
	int rc;

	if (!qp)
		return error_set(-EINVAL, UPNVME_ERR_NULL, "the queue pair is null");
	if (owner_gate_open(qp))
		return 0;
	rc = owner_enter(qp);
	/* The controller was given up and touches nothing any more: what it had is completed here. */
	if (!rc && !qp->in_poll && atomic_load(&qp->ctrlr->failed))
		qpair_abort(qp);
	return rc;
}

static inline int closed_if_wanted(upnvme_qpair *qp, int result)
{
	int rc = 0;

	if (unlikely(qp->close_wanted) && !qp->held)
		rc = qpair_close(qp);
	return unlikely(rc) ? rc : result;
}

static __attribute__((noinline)) int poll_take(upnvme_qpair *qp, uint32_t max)
{
	struct sink sink = { 0 };
	uint32_t handed = take(qp, max, &sink, false);

	return closed_if_wanted(qp, !handed && sink.stopped ? -ENOMSG : (int)handed);
}

/* Nothing has come for so long that the controller is looked at. One that was given up completes
 * what it had, here. */
static __attribute__((noinline, cold)) bool found_dead(upnvme_qpair *qp)
{
	return !patience_look(qp) && !enter_to_take(qp) && take_has_work(qp);
}

/* Commands are outstanding. A poll that finds none of them done does not get beyond this function,
 * but now and then. */
static __attribute__((noinline)) int poll_busy(upnvme_qpair *qp, uint32_t max)
{
	if (unlikely(qp->in_poll))
		return owner_in_callback(qp);
	take_ring(qp);
	if (!take_has_work(qp) && (likely(--qp->patience) || !found_dead(qp)))
		return 0;
	return poll_take(qp, max);
}

static __attribute__((noinline)) int poll_gated(upnvme_qpair *qp, uint32_t max)
{
	int rc = enter_to_take(qp);

	return rc ? rc : poll_busy(qp, max);
}

static inline bool nothing_outstanding(const upnvme_qpair *qp)
{
	return atomic_load_explicit(&qp->tail, memory_order_relaxed) ==
	       atomic_load_explicit(&qp->idle_tail, memory_order_relaxed);
}

int upnvme_poll(upnvme_qpair *qp, uint32_t max)
{
	if (unlikely(!qp || !owner_gate_open(qp)))
		return poll_gated(qp, max);
	return nothing_outstanding(qp) ? 0 : poll_busy(qp, max);
}

int upnvme_reap(upnvme_qpair *qp, struct upnvme_completion *done, uint32_t n)
{
	struct sink sink = { .done = done, .room = n };
	int rc = enter_to_take(qp);

	if (rc)
		return rc;
	if (!done && n)
		return error_set(-EINVAL, UPNVME_ERR_NULL,
				 "upnvme_reap: done is null with room for %u", n);
	if (nothing_outstanding(qp))
		return 0;
	if (qp->in_poll)
		return owner_in_callback(qp);
	take_ring(qp);
	if (unlikely(!take_has_work(qp)) && (likely(--qp->patience) || !found_dead(qp)))
		return closed_if_wanted(qp, 0);
	take(qp, 0, &sink, true);
	rc = closed_if_wanted(qp, 0);
	return sink.n ? (int)sink.n : rc; /* no completion is lost for the sentence of a close */
}

int upnvme_qpair_ring(upnvme_qpair *qp)
{
	int rc = 0;

	if (!qp)
		return error_set(-EINVAL, UPNVME_ERR_NULL,
				 "upnvme_qpair_ring: the queue pair is null");
	if (!owner_gate_open(qp))
		rc = owner_enter(qp);
	if (!rc)
		ring_now(qp);
	return rc;
}
