/* SPDX-License-Identifier: BSD-3-Clause */
/* Rings are made with their descriptors above the standard ones, and tried before the engine relies on them. */
#include "media/uring_ring.h"

#ifdef HAVE_LIBURING

#include <errno.h>
#include <liburing.h>

#include "base/fd.h"
#include "base/process.h"
#include "base/util.h"

/*
 * The kernel may put a new ring where another thread's old one was. Which of the two came first is settled by system
 * calls, which no thread sanitizer sees; the guard expresses that order in C's own terms.
 */
static struct guard making;

static int ring_make(struct io_uring *ring, unsigned entries, struct io_uring_params *params)
{
	struct fd_floor floor;
	int ret;

	guard_enter(&making);
	fd_floor_raise(&floor);
	ret = io_uring_queue_init_params(entries, ring, params);
	fd_floor_lower(&floor);
	guard_leave(&making);
	return ret;
}

int uring_ring_make(struct io_uring *ring, unsigned entries)
{
	struct io_uring_params params = { 0 };

	return ring_make(ring, entries, &params);
}

void uring_ring_unmake(struct io_uring *ring)
{
	guard_enter(&making);
	io_uring_queue_exit(ring);
	guard_leave(&making);
}

static bool has_opcodes(struct io_uring *ring)
{
	static const int needed[] = { IORING_OP_READ,   IORING_OP_WRITE, IORING_OP_READV,
				      IORING_OP_WRITEV, IORING_OP_FSYNC, IORING_OP_FALLOCATE };
	struct io_uring_probe *probe = io_uring_get_probe_ring(ring);
	bool has_all = probe != NULL;

	for (size_t i = 0; has_all && i < ARRAY_SIZE(needed); i++)
		has_all = io_uring_opcode_supported(probe, needed[i]);
	if (probe)
		io_uring_free_probe(probe);
	return has_all;
}

/* A sandbox often lets a ring be made and forbids its use, so one entry is submitted as a trial. */
static bool carries(struct io_uring *ring)
{
	struct __kernel_timespec second = { .tv_sec = 1 };
	struct io_uring_cqe *cqe;
	int ret;

	io_uring_prep_nop(io_uring_get_sqe(ring));
	do /* a signal says nothing about the ring */
		ret = io_uring_submit_and_wait_timeout(ring, &cqe, 1, &second, NULL);
	while (ret == -EINTR);
	return ret >= 0;
}

/*
 * NODROP: completions are never lost. EXT_ARG: a wait with a time-out needs no entry of the ring. SUBMIT_STABLE: an
 * iovec may be freed once its entry was submitted.
 */
bool uring_ring_works(void)
{
	const unsigned needed =
		IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG | IORING_FEAT_SUBMIT_STABLE;
	struct io_uring_params params = { 0 };
	struct io_uring ring;
	bool works;

	if (ring_make(&ring, 4, &params) < 0)
		return false;
	works = (params.features & needed) == needed && has_opcodes(&ring) && carries(&ring);
	uring_ring_unmake(&ring);
	return works;
}

#endif
