/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme/io.h
 * Queue pairs, and the commands that go through them.
 *
 * Thread rule of this header: a queue pair belongs to the thread that created (or last adopted) it,
 * and every call with it from another thread is refused with -EPERM (UPNVME_ERR_WRONG_THREAD).
 * Exceptions say so. In a forked child every call fails with -EOWNERDEAD (UPNVME_ERR_FORKED).
 *
 * A command that was accepted completes exactly once. A command with a callback completes by the
 * callback, inside upnvme_poll, upnvme_reap, upnvme_exec, upnvme_qpair_stop or upnvme_qpair_close.
 * A command without a callback carries a tag and comes out of upnvme_reap or upnvme_exec. A
 * callback may submit, may free its buffers and may ask to close its queue pair (carried out when
 * the poll returns). A callback may not poll (-EDEADLK).
 *
 * A call of this header needs less than 8 KiB of stack, beside the callbacks' own need. A thread with
 * 16 KiB of stack will do, except with DPDK's memory.
 *
 * A callback should return. If a callback is left by an exception or longjmp, its poll is not over,
 * and every later call with the queue pair still counts as within the callback. The remedy is
 * upnvme_qpair_abandon, then upnvme_qpair_adopt or upnvme_qpair_close: nothing is lost.
 *
 * Buffers must be memory that the controller can reach (upnvme/mem.h), and stay until completion. A
 * call to a full queue gives -EAGAIN, and nothing is queued: poll, and try again. While an admin
 * command changes the controller's namespaces (upnvme_admin) no queue pair takes commands: -EBUSY.
 */
#ifndef UPNVME_IO_H
#define UPNVME_IO_H

#include "ctrlr.h"
#include "error.h"
#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @name upnvme_qpair_opts.flags
 * @{ */
#define UPNVME_QPAIR_RING_EACH 0x1u /**< ring the doorbell at each command, not once a batch */
#define UPNVME_QPAIR_HISTOGRAM 0x2u /**< measure latencies: reads the clock twice per request */
/** The submission queue is in the controller's memory buffer. The controller fetches commands from there faster than
 * from the host's memory; writing commands costs the host more. See upnvme_ctrlr_info.cmb_flags. */
#define UPNVME_QPAIR_CMB 0x4u
/** Completions signal an eventfd, on which a thread can wait: upnvme_qpair_wait, upnvme_qpair_fd. */
#define UPNVME_QPAIR_INTERRUPT 0x8u
/** @} */

/** Options of a queue pair; begin with UPNVME_QPAIR_OPTS_INIT. Fields grow at the end. */
struct upnvme_qpair_opts {
	uint32_t size;  /**< sizeof(struct upnvme_qpair_opts) */
	uint32_t flags; /**< UPNVME_QPAIR_... */
	/** Entries of both rings, 2 to 65,536; 0: 256 (1,024 with the quirk `long-queues`), or the controller's
	 * maximum if smaller. */
	uint32_t entries;
	/** The most commands in flight: 1 to the smaller of entries - 1 and 4,096; 0: the most possible. */
	uint32_t outstanding;
};
/** Options that ask for the defaults. */
#define UPNVME_QPAIR_OPTS_INIT                                                   \
	{                                                                        \
		UPNVME_CAST(uint32_t, sizeof(struct upnvme_qpair_opts)), 0, 0, 0 \
	}

/**
 * Creates an I/O queue pair, which the calling thread then owns (NVMe Base 2.0c, 5.4 and 5.5).
 *
 * @param[out] qp  the handle, to be closed with upnvme_qpair_close
 * @param ctrlr  the controller
 * @param opts  options; null: the defaults
 * @return 0, or a negative errno: -EINVAL (null, options, more entries than the controller takes),
 *   -E2BIG (options from the future), -ENOTSUP (UPNVME_QPAIR_CMB, and there is no memory buffer for
 *   submission queues; UPNVME_QPAIR_INTERRUPT where there are no interrupts: UIO, `soft:` without
 *   mode=thread), -ENOSPC (no more queue pairs, interrupts, or room in the memory buffer), -ENOMEM,
 *   -EAGAIN (admin queue full), -ETIMEDOUT (not answered: the controller is given up), -EIO
 *   (controller failed, or answered with an error status), -EMFILE, -ENFILE (no descriptor left for
 *   an eventfd), -EOWNERDEAD (after fork)
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API int upnvme_qpair_create(upnvme_qpair **qp, upnvme_ctrlr *ctrlr,
				   const struct upnvme_qpair_opts *opts);

/**
 * Refuses new commands, deletes the queues at the controller, and completes all outstanding commands.
 * Callbacks run here, and tagged completions can still be reaped. Afterwards only upnvme_qpair_close is
 * left to call.
 *
 * After -EIO and -ETIMEDOUT the queue pair *is* stopped, and all commands are completed, but the
 * queues could not be deleted. A controller that does not delete queues is given up
 * (UPNVME_EVENT_FAILED), since only a disabled controller no longer touches the queues' memory.
 * Where storage behind a software controller does not answer, the controller and its other queue
 * pairs go on. Memory that commands of this queue pair may still touch, their buffers included, is
 * set aside until the storage answers: upnvme_dma_free does not give such a buffer out again, and
 * upnvme_mem_unregister says -EBUSY. Do not use such a buffer for anything else.
 *
 * Every wait has a deadline: two admin commands, each at most upnvme_open_opts.admin_timeout_ns. If
 * the controller is given up, the time comes on top that it may take to be disabled (see upnvme_close).
 *
 * @param qp  the queue pair
 * @return 0, or a negative errno: -EINVAL (null), -EPERM (another thread's), -EOWNERDEAD (after
 *   fork), -EDEADLK (within a callback); stopped all the same: -EIO, -ETIMEDOUT
 * @thread The owner's (-EPERM elsewhere); not within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_qpair_stop(upnvme_qpair *qp);

/**
 * Stops the queue pair if that was not done, and frees the queue pair. Tagged completions that were
 * not reaped are dropped. Within a callback of the queue pair the close is only noted: it is carried
 * out when the poll returns, and the poll then gives the error of the close.
 *
 * After -EPERM, -EBUSY and -EOWNERDEAD nothing has happened. After -EIO and -ETIMEDOUT the queue pair
 * *is* closed, and the handle is gone; upnvme_qpair_stop says what that means.
 *
 * @param qp  the queue pair; null is accepted
 * @return 0: closed; or a negative errno: -EINPROGRESS (within one of its callbacks: the close comes
 *   when the poll returns), -EPERM (another thread's), -EBUSY (another thread adopted the queue pair
 *   just now), -EOWNERDEAD (after fork); closed all the same: -EIO, -ETIMEDOUT
 * @thread The owner's (-EPERM elsewhere); any thread if it was released.
 * @since 0.1
 */
UPNVME_API int upnvme_qpair_close(upnvme_qpair *qp);

/**
 * Gives the queue pair up, with its commands in flight. Another thread, or the same, may adopt it.
 *
 * @param qp  the queue pair
 * @return 0, or a negative errno: -EINVAL (null), -EPERM (another thread's, or released before), -EDEADLK
 *   (within a callback), -EOWNERDEAD (after fork)
 * @thread The owner's (-EPERM elsewhere); not within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_qpair_release(upnvme_qpair *qp);

/**
 * Makes the calling thread the owner of a released queue pair.
 *
 * @param qp  the queue pair
 * @return 0, or a negative errno: -EINVAL (null), -EBUSY (the queue pair has an owner), -EOWNERDEAD (after
 *   fork)
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API int upnvme_qpair_adopt(upnvme_qpair *qp);

/**
 * Releases a queue pair whose owner thread has died, or has left one of its callbacks by an exception or
 * longjmp. The caller vouches for this: the call must not be made while the owner can still be inside
 * the library with the queue pair. The next poll hands out the completions that the interrupted one had
 * not. Completions that upnvme_reap or upnvme_exec had stored are in that call's array. A close that a
 * callback asked for is forgotten.
 *
 * @param qp  the queue pair
 * @return 0, or a negative errno: -EINVAL (null), -EOWNERDEAD (after fork)
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API int upnvme_qpair_abandon(upnvme_qpair *qp);

/**
 * Rings the submission doorbell for the commands that were submitted since it was last rung. A poll
 * does the same by itself.
 *
 * @param qp  the queue pair
 * @return 0, or a negative errno: -EINVAL (null), -EPERM (another thread's), -EOWNERDEAD (after
 *   fork)
 * @thread The owner's (-EPERM elsewhere).
 * @since 0.1
 */
UPNVME_API int upnvme_qpair_ring(upnvme_qpair *qp);

/**
 * Tells the queue identifier.
 *
 * @param qp  the queue pair, or null
 * @return 1 to 65,535; 0 for a null handle, or after fork
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API uint32_t upnvme_qpair_id(const upnvme_qpair *qp);

/**
 * Tells how many entries each ring has.
 *
 * @param qp  the queue pair, or null
 * @return 2 to 65,536; 0 for a null handle, or after fork
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API uint32_t upnvme_qpair_entries(const upnvme_qpair *qp);

/**
 * Tells how many commands can be in flight at most.
 *
 * @param qp  the queue pair, or null
 * @return 1 to 4,096; 0 for a null handle, or after fork
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API uint32_t upnvme_qpair_outstanding_max(const upnvme_qpair *qp);

/**
 * Counts the requests that were accepted and are not yet completed.
 *
 * @param qp  the queue pair, or null
 * @return the number; 0 for a null handle, and for a thread that is not the owner
 * @thread The owner's (0 elsewhere).
 * @since 0.1
 */
UPNVME_API uint32_t upnvme_qpair_inflight(const upnvme_qpair *qp);

/** Counters since the queue pair was created; fields grow at the end. */
struct upnvme_qpair_stats {
	uint32_t size;      /**< in: sizeof(struct upnvme_qpair_stats) */
	uint32_t reserved;  /**< zero */
	uint64_t submitted; /**< commands put into the ring; each part of a split request counts */
	uint64_t completed; /**< completion entries taken from the ring */
	uint64_t errors;    /**< those of `completed` that have an error status */
	uint64_t aborted;   /**< commands completed by the library instead */
	uint64_t split;     /**< requests that were sent as several commands */
	uint64_t full;      /**< -EAGAIN answers */
	uint64_t submission_doorbells; /**< writes to the submission doorbell */
	uint64_t completion_doorbells; /**< writes to the completion doorbell */
	uint64_t spurious;             /**< completion entries of no command in flight */
	uint64_t general; /**< commands that took the general path, not the straight one */
	/** Completion entries of commands in flight that named another queue, or a head outside of the ring; the
	 * commands are completed. */
	uint64_t odd;
};
/** The value for upnvme_qpair_stats.size. */
#define UPNVME_QPAIR_STATS_SIZE UPNVME_CAST(uint32_t, sizeof(struct upnvme_qpair_stats))

/**
 * Reads the counters.
 *
 * @param qp  the queue pair
 * @param[in,out] stats  filled in up to stats->size
 * @return 0, or a negative errno: -EINVAL (null, size), -EPERM (another thread's), -EOWNERDEAD
 *   (after fork)
 * @thread The owner's (-EPERM elsewhere).
 * @since 0.1
 */
UPNVME_API int upnvme_qpair_stats_get(const upnvme_qpair *qp, struct upnvme_qpair_stats *stats);

/**
 * Reads the latency histogram (UPNVME_QPAIR_HISTOGRAM). Bucket i counts latencies up to
 * upnvme_histogram_limit_ns(i) that are above the limit of bucket i - 1. Each power of two has 16
 * buckets, from 16 ns on.
 *
 * @param qp  the queue pair
 * @param[out] buckets  the first `n` buckets; may be null if `n` is 0
 * @param n  room in `buckets`, in buckets
 * @return how many buckets there are, or a negative errno: -EINVAL (null), -ENOTSUP (created
 *   without UPNVME_QPAIR_HISTOGRAM), -EPERM (another thread's), -EOWNERDEAD (after fork)
 * @thread The owner's (-EPERM elsewhere).
 * @since 0.1
 */
UPNVME_API int upnvme_qpair_histogram(const upnvme_qpair *qp, uint64_t *buckets, uint32_t n);

/**
 * Tells the largest latency that a bucket counts.
 *
 * @param bucket  the bucket's index, from 0
 * @return the latency in nanoseconds; UINT64_MAX from the last bucket on
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API uint64_t upnvme_histogram_limit_ns(uint32_t bucket);

/** @name The short forms
 * Each submits one request. Blocks are logical blocks, counted from the namespace's first. With a
 * callback the request completes by `cb(arg, completion)`. With a null `cb` the request is a tagged
 * command, whose tag is (uint64_t)arg. Requests larger than the controller takes are split, and
 * complete once. These calls take no separate metadata: where a namespace has such, use upnvme_io.
 * @{ */

/**
 * Reads blocks into a buffer (NVM Command Set 1.0c, 3.2.4).
 *
 * @param qp  the queue pair
 * @param ns  a namespace of the same controller
 * @param[out] buf  DMA or registered memory for `blocks` blocks, aligned to 4 bytes; to stay
 *   until completion
 * @param lba  first block
 * @param blocks  number of blocks, 1 or more
 * @param cb  runs when the command is done; null: a tagged command
 * @param arg  handed to `cb`, or the tag
 * @return 0: accepted, or a negative errno; nothing was submitted then: -EAGAIN (queue full: poll,
 *   and try again), -EINVAL (null, blocks, alignment, metadata), -ERANGE (past the end of the
 *   namespace), -EFAULT (buffer not reachable), -ENODEV (namespace gone), -EXDEV (namespace of
 *   another controller), -EPERM (another thread's), -EOWNERDEAD (after fork), -ESHUTDOWN (queue
 *   pair closing), -EBUSY (an admin command changes namespaces), -EIO (controller failed)
 * @thread The owner's (-EPERM elsewhere), also within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_read(upnvme_qpair *qp, upnvme_ns *ns, void *buf, uint64_t lba,
			   uint32_t blocks, upnvme_cb cb, void *arg);

/**
 * Writes blocks from a buffer (NVM Command Set 1.0c, 3.2.6).
 *
 * @param qp  the queue pair
 * @param ns  a namespace of the same controller
 * @param buf  DMA or registered memory of `blocks` blocks, aligned to 4 bytes; to stay until
 *   completion
 * @param lba  first block
 * @param blocks  number of blocks, 1 or more
 * @param cb  runs when the command is done; null: a tagged command
 * @param arg  handed to `cb`, or the tag
 * @return as upnvme_read
 * @thread The owner's (-EPERM elsewhere), also within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_write(upnvme_qpair *qp, upnvme_ns *ns, const void *buf, uint64_t lba,
			    uint32_t blocks, upnvme_cb cb, void *arg);

/**
 * Compares blocks with a buffer (NVM Command Set 1.0c, 3.2.1). Where they differ, the command has the
 * status Compare Failure.
 *
 * @param qp  the queue pair
 * @param ns  a namespace of the same controller
 * @param buf  DMA or registered memory of `blocks` blocks, aligned to 4 bytes; to stay until
 *   completion
 * @param lba  first block
 * @param blocks  number of blocks, 1 or more
 * @param cb  runs when the command is done; null: a tagged command
 * @param arg  handed to `cb`, or the tag
 * @return as upnvme_read, and -ENOTSUP (the controller has no such command)
 * @thread The owner's (-EPERM elsewhere), also within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_compare(upnvme_qpair *qp, upnvme_ns *ns, const void *buf, uint64_t lba,
			      uint32_t blocks, upnvme_cb cb, void *arg);

/**
 * Reads blocks into several pieces of memory.
 *
 * @param qp  the queue pair
 * @param ns  a namespace of the same controller
 * @param iov  the segments, `blocks` blocks in all; array and memory stay until completion
 * @param niov  number of segments, 1 to 65,535
 * @param lba  first block
 * @param blocks  number of blocks, 1 or more
 * @param cb  runs when the command is done; null: a tagged command
 * @param arg  handed to `cb`, or the tag
 * @return as upnvme_read; -EINVAL also for segments whose total is not `blocks` blocks, or that
 *   neither PRP nor SGL can express
 * @thread The owner's (-EPERM elsewhere), also within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_readv(upnvme_qpair *qp, upnvme_ns *ns, const struct iovec *iov, uint32_t niov,
			    uint64_t lba, uint32_t blocks, upnvme_cb cb, void *arg);

/**
 * Writes blocks from several pieces of memory.
 *
 * @param qp  the queue pair
 * @param ns  a namespace of the same controller
 * @param iov  the segments, `blocks` blocks in all; array and memory stay until completion
 * @param niov  number of segments, 1 to 65,535
 * @param lba  first block
 * @param blocks  number of blocks, 1 or more
 * @param cb  runs when the command is done; null: a tagged command
 * @param arg  handed to `cb`, or the tag
 * @return as upnvme_readv
 * @thread The owner's (-EPERM elsewhere), also within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_writev(upnvme_qpair *qp, upnvme_ns *ns, const struct iovec *iov,
			     uint32_t niov, uint64_t lba, uint32_t blocks, upnvme_cb cb, void *arg);

/**
 * Makes all completed writes of the namespace durable (NVMe Base 2.0c, 7.1).
 *
 * @param qp  the queue pair
 * @param ns  a namespace of the same controller
 * @param cb  runs when the command is done; null: a tagged command
 * @param arg  handed to `cb`, or the tag
 * @return as upnvme_read
 * @thread The owner's (-EPERM elsewhere), also within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_flush(upnvme_qpair *qp, upnvme_ns *ns, upnvme_cb cb, void *arg);

/**
 * Makes blocks read as zeroes (NVM Command Set 1.0c, 3.2.8).
 *
 * @param qp  the queue pair
 * @param ns  a namespace of the same controller
 * @param lba  first block
 * @param blocks  number of blocks, 1 or more
 * @param cb  runs when the command is done; null: a tagged command
 * @param arg  handed to `cb`, or the tag
 * @return as upnvme_read, and -ENOTSUP (the controller has no such command)
 * @thread The owner's (-EPERM elsewhere), also within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_write_zeroes(upnvme_qpair *qp, upnvme_ns *ns, uint64_t lba, uint32_t blocks,
				   upnvme_cb cb, void *arg);

/**
 * Tells the controller that blocks are not needed any more (NVM Command Set 1.0c, 3.2.3). They then
 * read as upnvme_ns_info.deallocated_reads_zero says.
 *
 * @param qp  the queue pair
 * @param ns  a namespace of the same controller
 * @param lba  first block
 * @param blocks  number of blocks, 1 or more
 * @param cb  runs when the command is done; null: a tagged command
 * @param arg  handed to `cb`, or the tag
 * @return as upnvme_read, and -ENOTSUP (the controller has no such command)
 * @thread The owner's (-EPERM elsewhere), also within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_deallocate(upnvme_qpair *qp, upnvme_ns *ns, uint64_t lba, uint32_t blocks,
				 upnvme_cb cb, void *arg);

/**
 * Makes the controller read blocks and check them, without moving data (NVM Command Set 1.0c,
 * 3.2.5).
 *
 * @param qp  the queue pair
 * @param ns  a namespace of the same controller
 * @param lba  first block
 * @param blocks  number of blocks, 1 or more
 * @param cb  runs when the command is done; null: a tagged command
 * @param arg  handed to `cb`, or the tag
 * @return as upnvme_read, and -ENOTSUP (the controller has no such command)
 * @thread The owner's (-EPERM elsewhere), also within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_verify(upnvme_qpair *qp, upnvme_ns *ns, uint64_t lba, uint32_t blocks,
			     upnvme_cb cb, void *arg);
/** @} */

/**
 * Submits one command of any kind.
 *
 * @param qp  the queue pair
 * @param op  the command; the record may go when this call returns, but not the memory that it names
 * @param cb  runs when the command is done; null: a tagged command, whose tag is op->tag
 * @param arg  handed to `cb`
 * @return as upnvme_read; -EINVAL also for a form, flags or an opcode that an op does not take,
 *   -ENOTSUP also for fused commands
 * @thread The owner's (-EPERM elsewhere), also within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_io(upnvme_qpair *qp, const struct upnvme_op *op, upnvme_cb cb, void *arg);

/**
 * Submits tagged commands and rings the doorbell once.
 *
 * @param qp  the queue pair
 * @param ops  the commands; the array may go when this call returns, but not the memory that it names
 * @param n  number of commands
 * @return how many were accepted: fewer than `n` when the queue is full or an op is invalid; if none
 *   was, a negative errno as of upnvme_io
 * @thread The owner's (-EPERM elsewhere), also within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_submit(upnvme_qpair *qp, const struct upnvme_op *ops, uint32_t n);

/** @name Offsets instead of addresses
 * For ops that were made where addresses are not known or not trusted, as in a binding. The `buf` and
 * `metadata` of an op are offsets into an area, and are checked against the area's end. Forms that
 * have addresses in them (UPNVME_FORM_IOV, UPNVME_FORM_RAW) are refused. The offsets of an op without
 * data are not looked at.
 * @{ */

/**
 * Submits one command, as upnvme_io, with its data in an area.
 *
 * @param qp  the queue pair
 * @param area  the area that the op's offsets count from; the record may go when this call returns
 * @param op  the command; the record may go then, too, but not the area's memory
 * @param cb  runs when the command is done; null: a tagged command, whose tag is op->tag
 * @param arg  handed to `cb`
 * @return as upnvme_io; -EFAULT also for data that passes the area's end (UPNVME_ERR_BUFFER_SHORT)
 * @thread The owner's (-EPERM elsewhere), also within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_io_at(upnvme_qpair *qp, const struct upnvme_area *area,
			    const struct upnvme_op *op, upnvme_cb cb, void *arg);

/**
 * Submits tagged commands, as upnvme_submit, with their data in an area.
 *
 * @param qp  the queue pair
 * @param area  the area that the ops' offsets count from; the record may go when this call returns
 * @param ops  the commands; the array may go then, too, but not the area's memory
 * @param n  number of commands
 * @return as upnvme_submit, with the errors of upnvme_io_at
 * @thread The owner's (-EPERM elsewhere), also within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_submit_at(upnvme_qpair *qp, const struct upnvme_area *area,
				const struct upnvme_op *ops, uint32_t n);

/**
 * Submits tagged commands and waits for them, as upnvme_exec, with their data in an area.
 *
 * @param qp  the queue pair
 * @param area  the area that the ops' offsets count from; the record may go when this call returns
 * @param ops  tagged commands; may be null if `n` is 0
 * @param n  number of commands
 * @param[out] done  the completions
 * @param ndone  room in `done`, in completions; at least `n`, and 1
 * @param timeout_ns  as of upnvme_exec
 * @return as upnvme_exec, with the errors of upnvme_io_at
 * @thread The owner's (-EPERM elsewhere); any thread if it is released. Not within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_exec_at(upnvme_qpair *qp, const struct upnvme_area *area,
			      const struct upnvme_op *ops, uint32_t n,
			      struct upnvme_completion *done, uint32_t ndone, uint64_t timeout_ns);
/** @} */

/**
 * Rings the doorbell if commands were submitted, then completes commands by their callbacks. The call
 * does not wait. Polls that find nothing while commands are in flight look now and then whether the
 * controller has failed: at its status register, every few milliseconds, or every 256 polls where
 * that is longer. When the controller has failed, all commands in flight complete as
 * UPNVME_DONE_ABORTED. upnvme_reap, upnvme_exec and upnvme_qpair_wait do the same. This call does not
 * feed the keep-alive timer: upnvme_ctrlr_poll does.
 *
 * @param qp  the queue pair
 * @param max  the most commands to complete; 0: all that are done
 * @return how many were completed, or a negative errno: -ENOMSG (the next completion is a tagged
 *   one, which only upnvme_reap takes), -EINVAL (null), -EPERM (another thread's), -EDEADLK (within
 *   a callback), -EOWNERDEAD (after fork)
 * @thread The owner's (-EPERM elsewhere); not within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_poll(upnvme_qpair *qp, uint32_t max);

/**
 * Does as upnvme_poll, but also stores the completions of tagged commands. Callbacks of other commands
 * run meanwhile, and are not counted.
 *
 * @param qp  the queue pair
 * @param[out] done  the completions; may be null if `n` is 0
 * @param n  room in `done`, in completions
 * @return how many were stored, or a negative errno: -EINVAL (null), -EPERM (another thread's),
 *   -EDEADLK (within a callback), -EOWNERDEAD (after fork)
 * @thread The owner's (-EPERM elsewhere); not within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_reap(upnvme_qpair *qp, struct upnvme_completion *done, uint32_t n);

/**
 * Submits tagged commands and waits for them, in one call, for bindings. Adopts the queue pair if it
 * is released. Submits the ops as room appears, and reaps until as many completions as ops were stored
 * or the time is over. Then releases the queue pair if it was released before. With `n` 0 the call only
 * reaps: until `ndone` completions were stored or no command is in flight. When the time is over,
 * commands stay in flight and come out of a later upnvme_reap or upnvme_exec. An invalid op ends the
 * batch.
 *
 * @param qp  the queue pair
 * @param ops  tagged commands; may be null if `n` is 0
 * @param n  number of commands
 * @param[out] done  the completions
 * @param ndone  room in `done`, in completions; at least `n`, and 1
 * @param timeout_ns  how long to wait in all, in nanoseconds, counted from the first look that found
 *   no completion; UINT64_MAX: without end
 * @return how many were stored: fewer than `n` when the time is over or an op is invalid
 *   (upnvme_error_get says which); or, if none was, a negative errno: -ETIMEDOUT (nothing was done in
 *   time), as upnvme_io for the op that ended the batch, -EINVAL (null, room), -EPERM (another
 *   thread's), -EBUSY (another thread adopted the queue pair just now), -EDEADLK (within a callback),
 *   -EOWNERDEAD (after fork)
 * @thread The owner's (-EPERM elsewhere); any thread if it is released. Not within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_exec(upnvme_qpair *qp, const struct upnvme_op *ops, uint32_t n,
			   struct upnvme_completion *done, uint32_t ndone, uint64_t timeout_ns);

/** @name Waiting instead of polling
 * For queue pairs with UPNVME_QPAIR_INTERRUPT, which are used like any other: commands complete in a
 * poll only. A sleep and its end cost some microseconds, so a program that wants the shortest latency
 * polls.
 *
 * A program with an event loop of its own (epoll, asyncio, Go's netpoller) watches upnvme_qpair_fd
 * for reading. When the descriptor is readable, the program
 *  - reads its 8 bytes, before polling: a later completion makes the descriptor readable again;
 *  - calls upnvme_poll, or upnvme_reap, until the call returns 0;
 *  - before sleeping, calls upnvme_qpair_wait with a time-out of 0. The call rings the doorbell for
 *    commands that callbacks have submitted, and for further parts of split requests, which would
 *    otherwise not begin. Its answer 1 says that a poll would find something now. (Where upnvme_poll
 *    alone is used, upnvme_qpair_ring will do.)
 *
 * The last step is also needed after any other submission of the loop. A controller that dies may
 * signal nothing: the loop needs a timer that calls upnvme_ctrlr_poll, or a controller that was
 * opened with UPNVME_OPEN_HOUSEKEEPING.
 * @{ */

/**
 * Gives the eventfd. The descriptor becomes readable when completions have come since it was last
 * read, and when the controller is given up; it may be readable without a completion, too. The
 * descriptor belongs to the library, which closes it with the queue pair.
 *
 * @param qp  the queue pair
 * @return the descriptor, or a negative errno: -EINVAL (null), -ENOTSUP (created without
 *   UPNVME_QPAIR_INTERRUPT), -EOWNERDEAD (after fork)
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API int upnvme_qpair_fd(const upnvme_qpair *qp);

/**
 * Rings the doorbell if commands were submitted, and sleeps until upnvme_poll or upnvme_reap has
 * something to take: a completion, or a command that the library completed. The call itself takes
 * nothing. It sleeps on the eventfd, and empties the eventfd; signals do not end the sleep. With no
 * command in flight only the time-out ends the sleep. With commands in flight the call wakes ten times
 * a second to see whether the controller has failed.
 *
 * @param qp  the queue pair
 * @param timeout_ns  how long at most, in nanoseconds; 0: not at all; UINT64_MAX: without end
 * @return 1: poll now; 0: the time is over; or a negative errno: -ENOTSUP (created without
 *   UPNVME_QPAIR_INTERRUPT), -EIO (the controller failed, and all completions have been
 *   taken), -ESHUTDOWN (the queue pair was stopped, and all completions have been taken), -EINVAL
 *   (null), -EPERM (another thread's),
 *   -EDEADLK (within a callback), -EOWNERDEAD (after fork)
 * @thread The owner's (-EPERM elsewhere); not within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_qpair_wait(upnvme_qpair *qp, uint64_t timeout_ns);
/** @} */

#ifdef __cplusplus
}
#endif

#endif
