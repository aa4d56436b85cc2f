/* SPDX-License-Identifier: BSD-3-Clause */
/* The I/O calls. The queue pair's inline functions are compiled into the calls: a plain read is one
 * function from the caller's line down to the ring; all other cases take the general path. */
#include <upnvme/io.h>

#include "base/error.h"
#include "driver/queue/poll.h"
#include "driver/queue/submit.h"

/* --- submission, by handle ----------------------------------------------------------------------- */

static __attribute__((noinline)) int submit_checked(upnvme_qpair *qp, upnvme_ns *ns,
						    const struct upnvme_op *op, upnvme_cb cb,
						    void *arg)
{
	if (!qp || !ns)
		return error_set(-EINVAL, UPNVME_ERR_NULL, "%s is null",
				 qp ? "the namespace" : "the queue pair");
	return general_submit(qp, op, NULL, cb, arg, ns);
}

static int rw_checked(upnvme_qpair *qp, upnvme_ns *ns, const void *buf, uint64_t lba,
		      uint32_t blocks, upnvme_cb cb, void *arg, uint8_t opcode)
{
	struct upnvme_op op = {
		.opcode = opcode, .lba = lba, .blocks = blocks, .buf = (void *)(uintptr_t)buf
	};

	return submit_checked(qp, ns, &op, cb, arg);
}

/* read_pages and write_pages have the signature of the calls that end in them, so that the shortest
 * path saves no register for their sake. */
static __attribute__((noinline)) int read_pages(upnvme_qpair *qp, upnvme_ns *ns, void *buf,
						uint64_t lba, uint32_t blocks, upnvme_cb cb,
						void *arg)
{
	int rc = submit_pages(qp, ns, buf, lba, blocks, cb, arg, UPNVME_OP_READ);

	return rc == STRAIGHT_NOT ? rw_checked(qp, ns, buf, lba, blocks, cb, arg, UPNVME_OP_READ) :
				    rc;
}

static __attribute__((noinline)) int write_pages(upnvme_qpair *qp, upnvme_ns *ns, const void *buf,
						 uint64_t lba, uint32_t blocks, upnvme_cb cb,
						 void *arg)
{
	int rc = submit_pages(qp, ns, buf, lba, blocks, cb, arg, UPNVME_OP_WRITE);

	return rc == STRAIGHT_NOT ? rw_checked(qp, ns, buf, lba, blocks, cb, arg, UPNVME_OP_WRITE) :
				    rc;
}

int upnvme_read(upnvme_qpair *qp, upnvme_ns *ns, void *buf, uint64_t lba, uint32_t blocks,
		upnvme_cb cb, void *arg)
{
	if (unlikely(submit_page(qp, ns, buf, lba, blocks, cb, arg, UPNVME_OP_READ)))
		return read_pages(qp, ns, buf, lba, blocks, cb, arg);
	return 0;
}

int upnvme_write(upnvme_qpair *qp, upnvme_ns *ns, const void *buf, uint64_t lba, uint32_t blocks,
		 upnvme_cb cb, void *arg)
{
	if (unlikely(submit_page(qp, ns, buf, lba, blocks, cb, arg, UPNVME_OP_WRITE)))
		return write_pages(qp, ns, buf, lba, blocks, cb, arg);
	return 0;
}

int upnvme_compare(upnvme_qpair *qp, upnvme_ns *ns, const void *buf, uint64_t lba, uint32_t blocks,
		   upnvme_cb cb, void *arg)
{
	return rw_checked(qp, ns, buf, lba, blocks, cb, arg, UPNVME_OP_COMPARE);
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
		return error_set(-EINVAL, UPNVME_ERR_IOVEC, "%u iovec segments: give %u at most",
				 niov, UINT16_MAX);
	return submit_checked(qp, ns, &op, cb, arg);
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
	return rw_checked(qp, ns, NULL, 0, 0, cb, arg, UPNVME_OP_FLUSH);
}

int upnvme_write_zeroes(upnvme_qpair *qp, upnvme_ns *ns, uint64_t lba, uint32_t blocks,
			upnvme_cb cb, void *arg)
{
	return rw_checked(qp, ns, NULL, lba, blocks, cb, arg, UPNVME_OP_WRITE_ZEROES);
}

int upnvme_deallocate(upnvme_qpair *qp, upnvme_ns *ns, uint64_t lba, uint32_t blocks, upnvme_cb cb,
		      void *arg)
{
	return rw_checked(qp, ns, NULL, lba, blocks, cb, arg, UPNVME_OP_DATASET_MANAGEMENT);
}

int upnvme_verify(upnvme_qpair *qp, upnvme_ns *ns, uint64_t lba, uint32_t blocks, upnvme_cb cb,
		  void *arg)
{
	return rw_checked(qp, ns, NULL, lba, blocks, cb, arg, UPNVME_OP_VERIFY);
}

/* --- submission, by op --------------------------------------------------------------------------- */

static __attribute__((noinline, cold)) int refuse_null(const char *call, const char *what)
{
	return error_set(-EINVAL, UPNVME_ERR_NULL, "%s: %s is null", call, what);
}

int upnvme_io(upnvme_qpair *qp, const struct upnvme_op *op, upnvme_cb cb, void *arg)
{
	if (unlikely(!qp || !op))
		return refuse_null("upnvme_io", qp ? "the op" : "the queue pair");
	return submit_op(qp, op, NULL, cb, cb ? arg : (void *)(uintptr_t)op->tag);
}

int upnvme_io_at(upnvme_qpair *qp, const struct upnvme_area *area, const struct upnvme_op *op,
		 upnvme_cb cb, void *arg)
{
	if (unlikely(!qp || !area || !op))
		return refuse_null("upnvme_io_at", !qp   ? "the queue pair" :
						   !area ? "the area" :
							   "the op");
	return submit_op(qp, op, area, cb, cb ? arg : (void *)(uintptr_t)op->tag);
}

int upnvme_submit(upnvme_qpair *qp, const struct upnvme_op *ops, uint32_t n)
{
	if (unlikely(!qp || !ops))
		return refuse_null("upnvme_submit", qp ? "ops" : "the queue pair");
	return submit_ops(qp, ops, n);
}

int upnvme_submit_at(upnvme_qpair *qp, const struct upnvme_area *area, const struct upnvme_op *ops,
		     uint32_t n)
{
	if (unlikely(!qp || !area || !ops))
		return refuse_null("upnvme_submit_at", !qp   ? "the queue pair" :
						       !area ? "the area" :
							       "ops");
	return submit_ops_at(qp, area, ops, n);
}

int upnvme_qpair_ring(upnvme_qpair *qp)
{
	if (unlikely(!qp))
		return refuse_null("upnvme_qpair_ring", "the queue pair");
	return submit_ring(qp);
}

/* --- completion ---------------------------------------------------------------------------------- */

int upnvme_poll(upnvme_qpair *qp, uint32_t max)
{
	if (unlikely(!qp))
		return refuse_null("upnvme_poll", "the queue pair");
	return qpair_poll(qp, max);
}

int upnvme_reap(upnvme_qpair *qp, struct upnvme_completion *done, uint32_t n)
{
	if (unlikely(!qp))
		return refuse_null("upnvme_reap", "the queue pair");
	if (unlikely(!done && n))
		return error_set(-EINVAL, UPNVME_ERR_NULL,
				 "upnvme_reap: done is null with room for %u", n);
	return qpair_reap(qp, done, n);
}
