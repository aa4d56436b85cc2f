/* SPDX-License-Identifier: BSD-3-Clause */
/* Each kind of step has one operation of io_uring; a lone segment takes the operation without an iovec. */
#include "media/uring_entry.h"

#ifdef HAVE_LIBURING

#include <liburing.h>

static void fill_transfer(struct io_uring_sqe *sqe, int fd, const struct file_step *step)
{
	bool reads = step->kind == FILE_STEP_READ;

	if (step->niov == 1)
		io_uring_prep_rw(reads ? IORING_OP_READ : IORING_OP_WRITE, sqe, fd,
				 step->iov->iov_base, (unsigned)step->iov->iov_len,
				 step->offset_bytes);
	else
		io_uring_prep_rw(reads ? IORING_OP_READV : IORING_OP_WRITEV, sqe, fd, step->iov,
				 (unsigned)step->niov, step->offset_bytes);
	sqe->rw_flags = step->flags;
}

void uring_entry_fill(struct io_uring_sqe *sqe, int fd, const struct file_step *step)
{
	switch (step->kind) {
	case FILE_STEP_READ:
	case FILE_STEP_WRITE:
		fill_transfer(sqe, fd, step);
		break;
	case FILE_STEP_CLEAR:
		/* FALLOCATE has its length where other operations have their address. */
		io_uring_prep_rw(IORING_OP_FALLOCATE, sqe, fd,
				 (const void *)(uintptr_t)step->length_bytes, (unsigned)step->flags,
				 step->offset_bytes);
		break;
	case FILE_STEP_SYNC:
		io_uring_prep_fsync(sqe, fd, IORING_FSYNC_DATASYNC);
		break;
	}
}

#endif
