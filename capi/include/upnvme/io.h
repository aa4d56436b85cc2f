/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * upnvme/io.h: queue pairs, and the commands that go through them.
 *
 * Thread rule of this header: a queue pair belongs to the thread that created (or last adopted) it,
 * and every call with it from another thread is refused with -EPERM (UPNVME_ERR_WRONG_THREAD).
 * Exceptions say so. In a forked child every call fails with -EOWNERDEAD (UPNVME_ERR_FORKED).
 *
 * A command that was accepted completes exactly once. One that was given a callback completes by
 * it, inside upnvme_poll, upnvme_reap, upnvme_exec, upnvme_qpair_stop or upnvme_qpair_close; one
 * without carries a tag and comes out of upnvme_reap. A callback may submit, may free its buffers
 * and may close its queue pair (carried out when the poll returns); it may not poll (-EDEADLK).
 *
 * Buffers must be memory that the controller can reach (upnvme/mem.h) and stay until completion.
 * A full queue is -EAGAIN: nothing was queued; poll, and try again.
 */
#ifndef UPNVME_IO_H
#define UPNVME_IO_H

#include "ctrlr.h"
#include "error.h"
#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* upnvme_qpair_opts.flags */
#define UPNVME_QPAIR_RING_EACH 0x1u /* ring the doorbell at each command, not once a batch */
#define UPNVME_QPAIR_HISTOGRAM 0x2u /* measure latencies: reads the clock twice per request */

struct upnvme_qpair_opts {
	uint32_t size;  /* sizeof(struct upnvme_qpair_opts) */
	uint32_t flags; /* UPNVME_QPAIR_... */
	/* Entries of both rings, 2 to 65,536; 0: 256, or the controller's maximum if smaller. */
	uint32_t entries;
	/* Commands in flight, at most entries - 1 and 4,096; 0: as many as there can be. */
	uint32_t outstanding;
};
#define UPNVME_QPAIR_OPTS_INIT                                      \
	{                                                           \
		(uint32_t)sizeof(struct upnvme_qpair_opts), 0, 0, 0 \
	}

/*
 * Creates an I/O queue pair, which the calling thread then owns. `opts` may be null.
 * Errors: -EINVAL (options, more entries than the controller takes), -ENOSPC (no more queue pairs),
 * -ENOMEM, and as upnvme_admin.
 */
UPNVME_API int upnvme_qpair_create(upnvme_qpair **qp, upnvme_ctrlr *ctrlr,
				   const struct upnvme_qpair_opts *opts);

/*
 * Refuses new commands, deletes the queues at the controller, and completes all that is
 * outstanding: callbacks run here, tagged completions can still be reaped, then only
 * upnvme_qpair_close is left to call. Every wait has a deadline. Not within a callback (-EDEADLK).
 * Returns 0 or a negative errno.
 */
UPNVME_API int upnvme_qpair_stop(upnvme_qpair *qp);

/*
 * Stops the queue pair if that was not done, and frees it. Tagged completions that were not reaped
 * are dropped. Within one of its callbacks: carried out when the poll returns. Null is accepted. A
 * queue pair that was released may be closed by any thread.
 */
UPNVME_API int upnvme_qpair_close(upnvme_qpair *qp);

/* Gives the queue pair up, commands in flight included; another thread (or the same) may adopt it. */
UPNVME_API int upnvme_qpair_release(upnvme_qpair *qp);

/* Makes the calling thread the owner of a released queue pair. Any thread; -EBUSY if it has an
 * owner. */
UPNVME_API int upnvme_qpair_adopt(upnvme_qpair *qp);

/*
 * Releases a queue pair whose owner thread has died, from any thread. The caller vouches for that:
 * it must not be called while the owner can still be inside the library with it.
 */
UPNVME_API int upnvme_qpair_abandon(upnvme_qpair *qp);

/* Rings the submission doorbell for what was submitted since the last time; a poll does it by
 * itself. */
UPNVME_API int upnvme_qpair_ring(upnvme_qpair *qp);

/* Properties. Any thread; 0 for a null handle. */
UPNVME_API uint32_t upnvme_qpair_id(const upnvme_qpair *qp);
UPNVME_API uint32_t upnvme_qpair_entries(const upnvme_qpair *qp);
UPNVME_API uint32_t upnvme_qpair_outstanding_max(const upnvme_qpair *qp);

/* Requests accepted and not yet completed. The owner's thread: any other one gets 0, as for a null
 * handle. */
UPNVME_API uint32_t upnvme_qpair_inflight(const upnvme_qpair *qp);

/* Counters since the queue pair was created; they grow at the end. */
struct upnvme_qpair_stats {
	uint32_t size; /* in: sizeof(struct upnvme_qpair_stats) */
	uint32_t reserved;
	uint64_t submitted; /* commands put into the ring; each part of a split request counts */
	uint64_t completed; /* completion entries taken from the ring */
	uint64_t errors;    /* of these, with an error status */
	uint64_t aborted;   /* commands completed by the library instead */
	uint64_t split;     /* requests that went as several commands */
	uint64_t full;      /* -EAGAIN answers */
	uint64_t submission_doorbells;
	uint64_t completion_doorbells;
	uint64_t spurious; /* completion entries that name no command in flight, or another queue */
	uint64_t general;  /* commands that took the general path instead of the straight one */
};
#define UPNVME_QPAIR_STATS_SIZE ((uint32_t)sizeof(struct upnvme_qpair_stats))

/* Fills *stats up to stats->size. The owner's thread. Errors: -EINVAL, -EPERM, -EOWNERDEAD. */
UPNVME_API int upnvme_qpair_stats_get(const upnvme_qpair *qp, struct upnvme_qpair_stats *stats);

/*
 * The latency histogram (UPNVME_QPAIR_HISTOGRAM). Bucket i counts latencies up to
 * upnvme_histogram_limit_ns(i), and above that of the bucket before: 16 buckets per power of two.
 * Copies up to `n` buckets, returns how many there are; -ENOTSUP if the queue pair has none.
 */
UPNVME_API int upnvme_qpair_histogram(const upnvme_qpair *qp, uint64_t *buckets, uint32_t n);
/* In nanoseconds; UINT64_MAX from the last bucket on. Any thread. */
UPNVME_API uint64_t upnvme_histogram_limit_ns(uint32_t bucket);

/*
 * The short forms. `blocks` logical blocks from `lba` (both count from the namespace's first
 * block); `cb(arg, completion)` runs when it is done; a null `cb` makes it a tagged command with
 * tag (uint64_t)arg. Requests larger than the controller takes are split and complete once. Return
 * 0, -EAGAIN (the queue is full), or: -EINVAL (null, blocks, alignment), -ERANGE (past the end of
 * the namespace), -EFAULT (buffer not reachable), -ENODEV (namespace gone), -EXDEV (namespace of
 * another controller), -EPERM, -EOWNERDEAD, -ESHUTDOWN (queue pair closing), -ENOTSUP (the
 * controller has no such command).
 */
UPNVME_API int upnvme_read(upnvme_qpair *qp, upnvme_ns *ns, void *buf, uint64_t lba,
			   uint32_t blocks, upnvme_cb cb, void *arg);
UPNVME_API int upnvme_write(upnvme_qpair *qp, upnvme_ns *ns, const void *buf, uint64_t lba,
			    uint32_t blocks, upnvme_cb cb, void *arg);
UPNVME_API int upnvme_compare(upnvme_qpair *qp, upnvme_ns *ns, const void *buf, uint64_t lba,
			      uint32_t blocks, upnvme_cb cb, void *arg);

/* Scatter and gather. The segments' total must be `blocks` blocks. The array must stay until
 * completion. */
UPNVME_API int upnvme_readv(upnvme_qpair *qp, upnvme_ns *ns, const struct iovec *iov, uint32_t niov,
			    uint64_t lba, uint32_t blocks, upnvme_cb cb, void *arg);
UPNVME_API int upnvme_writev(upnvme_qpair *qp, upnvme_ns *ns, const struct iovec *iov,
			     uint32_t niov, uint64_t lba, uint32_t blocks, upnvme_cb cb, void *arg);

/* Commands without data. Flush makes all completed writes durable; deallocated blocks read as
 * upnvme_ns_info.deallocated_reads_zero says. */
UPNVME_API int upnvme_flush(upnvme_qpair *qp, upnvme_ns *ns, upnvme_cb cb, void *arg);
UPNVME_API int upnvme_write_zeroes(upnvme_qpair *qp, upnvme_ns *ns, uint64_t lba, uint32_t blocks,
				   upnvme_cb cb, void *arg);
UPNVME_API int upnvme_deallocate(upnvme_qpair *qp, upnvme_ns *ns, uint64_t lba, uint32_t blocks,
				 upnvme_cb cb, void *arg);
UPNVME_API int upnvme_verify(upnvme_qpair *qp, upnvme_ns *ns, uint64_t lba, uint32_t blocks,
			     upnvme_cb cb, void *arg);

/* One command of any kind. Errors as the short forms; *op may go as soon as this returns, but not
 * what it points to. */
UPNVME_API int upnvme_io(upnvme_qpair *qp, const struct upnvme_op *op, upnvme_cb cb, void *arg);

/*
 * Submits up to `n` tagged commands and rings the doorbell once. Returns how many were accepted:
 * fewer when the queue is full or an op is invalid. If not even the first was: its error (-EAGAIN
 * when the queue is full).
 */
UPNVME_API int upnvme_submit(upnvme_qpair *qp, const struct upnvme_op *ops, uint32_t n);

/*
 * Rings the doorbell if something was submitted, then completes up to `max` commands (0: all that
 * are there) by their callbacks. Returns how many, or -ENOMSG when the next completion is a tagged
 * one, which only upnvme_reap takes; -EDEADLK within a callback.
 */
UPNVME_API int upnvme_poll(upnvme_qpair *qp, uint32_t max);

/*
 * As upnvme_poll, but stores completions of tagged commands in done[0..n-1]. Returns how many were
 * stored; callbacks of others run on the way and are not counted.
 */
UPNVME_API int upnvme_reap(upnvme_qpair *qp, struct upnvme_completion *done, uint32_t n);

/*
 * All in one call, for bindings: adopts the queue pair if it is released, submits `n` ops as room
 * appears, reaps into done[0..ndone-1] until as many completions as ops were stored, or
 * `timeout_ns` is over, and releases it if it was released before. Returns how many were stored.
 * When the time is over, commands stay in flight and come out of a later upnvme_reap or
 * upnvme_exec; if none was stored: -ETIMEDOUT. ndone must not be less than n. An invalid op ends
 * the batch: its error if nothing was stored, else the count. With n = 0 it only reaps: until
 * `ndone` were stored or nothing is in flight. Any thread if the queue pair is released.
 */
UPNVME_API int upnvme_exec(upnvme_qpair *qp, const struct upnvme_op *ops, uint32_t n,
			   struct upnvme_completion *done, uint32_t ndone, uint64_t timeout_ns);

#ifdef __cplusplus
}
#endif

#endif
