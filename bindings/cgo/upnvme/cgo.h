/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme/cgo.h
 * The functions of the Go package that must be written in C. The header is for that package alone,
 * and no part of the ABI: each build of the package compiles the header that it finds.
 *
 * No function here calls Go. Where the library calls back, a function of this header notes the
 * arguments in C memory (or writes them to a pipe), and Go reads them when the call has returned.
 * Go's records come as `const void *`, and addresses of C memory as numbers on the way of an I/O:
 * arguments whose types have pointers are searched by cgo for pointers to Go's memory, at each call.
 */
#ifndef UPNVME_CGO_H
#define UPNVME_CGO_H

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include <upnvme.h>

#include "cgo_notes.h"

/** The version of this header. The package compares it with the version that it was written for. */
#define UPNVME_CGO_VERSION 4u

/** The memory of one buffer, as Go gives it. */
struct upnvme_cgo_room {
	uintptr_t base; /**< the address, or 0; a number, since the memory may be Go's */
	uint64_t bytes; /**< length of the memory */
};

/* The area of a command whose data and separate metadata are in one buffer. */
static inline struct upnvme_area upnvme_cgo_area(uintptr_t base, uint64_t bytes)
{
	struct upnvme_area area = { (void *)base, bytes, (void *)base, bytes };

	return area;
}

/* --- queue pairs --------------------------------------------------------------------------------- */

struct upnvme_cgo_qpair;

/** The record of a command with a callback; the library's argument is its address. */
struct upnvme_cgo_slot {
	struct upnvme_cgo_qpair *owner; /**< queue pair of the slot */
	uint64_t index;                 /**< Go's number of the slot */
	struct iovec *iov;              /**< of the last vectored command; kept for the next */
	uint32_t niov;                  /**< number of pieces that `iov` has room for */
	uint32_t reserved;              /**< zero */
	struct upnvme_raw raw;          /**< of the last raw command */
};

/** A queue pair as Go has it. */
struct upnvme_cgo_qpair {
	upnvme_qpair *qp;               /**< the library's */
	struct upnvme_completion *done; /**< for Go to run the callbacks of; the tag is the slot */
	uint32_t ndone;                 /**< number of those; Go sets it back to 0 */
	uint32_t nslots;               /**< commands outstanding at most; the room of `done`, too */
	struct upnvme_cgo_slot *slots; /**< one for each command with a callback */
};

static inline void upnvme_cgo_on_done(void *arg, const struct upnvme_completion *done)
{
	struct upnvme_cgo_slot *slot = (struct upnvme_cgo_slot *)arg;
	struct upnvme_completion *to = &slot->owner->done[slot->owner->ndone++];

	*to = *done;
	to->tag = slot->index;
}

static inline void upnvme_cgo_qpair_free(struct upnvme_cgo_qpair *q)
{
	for (uint32_t i = 0; q->slots && i < q->nslots; i++)
		free(q->slots[i].iov);
	free(q->slots);
	free(q->done);
	free(q);
}

static inline int upnvme_cgo_qpair_tables(struct upnvme_cgo_qpair *q)
{
	q->nslots = upnvme_qpair_outstanding_max(q->qp);
	q->slots = (struct upnvme_cgo_slot *)calloc(q->nslots, sizeof(*q->slots));
	q->done = (struct upnvme_completion *)calloc(q->nslots, sizeof(*q->done));
	if (!q->slots || !q->done)
		return -ENOMEM;
	for (uint32_t i = 0; i < q->nslots; i++) {
		q->slots[i].owner = q;
		q->slots[i].index = i;
	}
	return 0;
}

/** Creates a queue pair of the calling thread, with its tables. */
static inline int upnvme_cgo_qpair_new(struct upnvme_cgo_qpair **made, upnvme_ctrlr *ctrlr,
				       const struct upnvme_qpair_opts *opts)
{
	struct upnvme_cgo_qpair *q = (struct upnvme_cgo_qpair *)calloc(1, sizeof(*q));
	int rc = q ? upnvme_qpair_create(&q->qp, ctrlr, opts) : -ENOMEM;

	if (!rc) {
		rc = upnvme_cgo_qpair_tables(q);
		if (rc)
			upnvme_qpair_close(q->qp);
	}
	if (!rc)
		*made = q;
	else if (q)
		upnvme_cgo_qpair_free(q);
	return rc;
}

/** Does as upnvme_poll. The handle is a number, since cgo before Go 1.20 allocates memory for each
 * pointer to an opaque type. */
static inline int upnvme_cgo_poll(uintptr_t handle, uint32_t max)
{
	struct upnvme_cgo_qpair *q = (struct upnvme_cgo_qpair *)handle;

	return upnvme_poll(q->qp, max);
}

static inline int upnvme_cgo_reap(uintptr_t handle, struct upnvme_completion *done, uint32_t n)
{
	struct upnvme_cgo_qpair *q = (struct upnvme_cgo_qpair *)handle;

	return upnvme_reap(q->qp, done, n);
}

/** The short forms (functions like upnvme_read) that move data. */
enum upnvme_cgo_verb { UPNVME_CGO_READ, UPNVME_CGO_WRITE, UPNVME_CGO_COMPARE };

/* The bytes that a short form moves. Metadata counts: it is in the buffer, as the library refuses a
 * short form for a namespace whose metadata is separate. */
static inline uint64_t upnvme_cgo_bytes(const upnvme_ns *ns, uint32_t blocks)
{
	return blocks * ((uint64_t)upnvme_ns_block_size(ns) + upnvme_ns_metadata_size(ns));
}

/** Submits a short form. One whose data does not fit into the buffer goes as an op with an area, which
 * the library refuses with its own sentence. The library finds a thread that does not own the queue
 * pair before any field of the slot is written. */
static inline int upnvme_cgo_move(struct upnvme_cgo_qpair *q, void *of, uintptr_t at,
				  uint64_t bytes, uint64_t lba, uint32_t blocks, uint32_t verb,
				  uint32_t slot)
{
	static const uint8_t opcodes[] = { UPNVME_OP_READ, UPNVME_OP_WRITE, UPNVME_OP_COMPARE };
	upnvme_ns *ns = (upnvme_ns *)of;
	void *buf = (void *)at, *arg = &q->slots[slot];

	if (ns && upnvme_cgo_bytes(ns, blocks) > bytes) {
		struct upnvme_area area = upnvme_cgo_area(at, bytes);
		struct upnvme_op op = { 0 };

		op.opcode = opcodes[verb];
		op.nsid = upnvme_ns_id(ns);
		op.lba = lba;
		op.blocks = blocks;
		return upnvme_io_at(q->qp, &area, &op, upnvme_cgo_on_done, arg);
	}
	if (verb == UPNVME_CGO_READ)
		return upnvme_read(q->qp, ns, buf, lba, blocks, upnvme_cgo_on_done, arg);
	if (verb == UPNVME_CGO_WRITE)
		return upnvme_write(q->qp, ns, buf, lba, blocks, upnvme_cgo_on_done, arg);
	return upnvme_compare(q->qp, ns, buf, lba, blocks, upnvme_cgo_on_done, arg);
}

static inline int upnvme_cgo_flush(struct upnvme_cgo_qpair *q, upnvme_ns *ns, uint32_t slot)
{
	return upnvme_flush(q->qp, ns, upnvme_cgo_on_done, &q->slots[slot]);
}

static inline int upnvme_cgo_write_zeroes(struct upnvme_cgo_qpair *q, upnvme_ns *ns, uint64_t lba,
					  uint32_t blocks, uint32_t slot)
{
	return upnvme_write_zeroes(q->qp, ns, lba, blocks, upnvme_cgo_on_done, &q->slots[slot]);
}

static inline int upnvme_cgo_deallocate(struct upnvme_cgo_qpair *q, upnvme_ns *ns, uint64_t lba,
					uint32_t blocks, uint32_t slot)
{
	return upnvme_deallocate(q->qp, ns, lba, blocks, upnvme_cgo_on_done, &q->slots[slot]);
}

static inline int upnvme_cgo_verify(struct upnvme_cgo_qpair *q, upnvme_ns *ns, uint64_t lba,
				    uint32_t blocks, uint32_t slot)
{
	return upnvme_verify(q->qp, ns, lba, blocks, upnvme_cgo_on_done, &q->slots[slot]);
}

static inline int upnvme_cgo_slot_iov(struct upnvme_cgo_slot *slot, const void *iov, uint32_t niov)
{
	if (slot->niov < niov) {
		struct iovec *more = (struct iovec *)realloc(slot->iov, niov * sizeof(*slot->iov));

		if (!more)
			return -ENOMEM;
		slot->iov = more;
		slot->niov = niov;
	}
	if (niov)
		memcpy(slot->iov, iov, niov * sizeof(*slot->iov));
	return 0;
}

/** Reads into or writes from several pieces. The array of pieces is copied; ringing first finds a
 * thread that does not own the queue pair, which must not write the slot. */
static inline int upnvme_cgo_movev(struct upnvme_cgo_qpair *q, upnvme_ns *ns, const void *iov,
				   uint32_t niov, uint64_t lba, uint32_t blocks, uint32_t verb,
				   uint32_t slot)
{
	struct upnvme_cgo_slot *arg = &q->slots[slot];
	int rc = upnvme_qpair_ring(q->qp);

	if (!rc)
		rc = upnvme_cgo_slot_iov(arg, iov, niov);
	if (rc)
		return rc;
	if (verb == UPNVME_CGO_READ)
		return upnvme_readv(q->qp, ns, arg->iov, niov, lba, blocks, upnvme_cgo_on_done,
				    arg);
	return upnvme_writev(q->qp, ns, arg->iov, niov, lba, blocks, upnvme_cgo_on_done, arg);
}

/** Submits one op, as Go has it, with a callback. */
static inline int upnvme_cgo_io(struct upnvme_cgo_qpair *q, const void *op, uintptr_t base,
				uint64_t bytes, uint32_t slot)
{
	struct upnvme_area area = upnvme_cgo_area(base, bytes);

	return upnvme_io_at(q->qp, &area, (const struct upnvme_op *)op, upnvme_cgo_on_done,
			    &q->slots[slot]);
}

/** Submits one op whose data is in several pieces. */
static inline int upnvme_cgo_iov(struct upnvme_cgo_qpair *q, const void *from, const void *iov,
				 uint32_t niov, uint32_t slot)
{
	struct upnvme_op op = *(const struct upnvme_op *)from;
	int rc = upnvme_qpair_ring(q->qp);

	if (!rc)
		rc = niov > UINT16_MAX ? -EINVAL : upnvme_cgo_slot_iov(&q->slots[slot], iov, niov);
	if (rc)
		return rc;
	op.form = UPNVME_FORM_IOV;
	op.buf = q->slots[slot].iov;
	op.niov = (uint16_t)niov;
	op.metadata = NULL;
	return upnvme_io(q->qp, &op, upnvme_cgo_on_done, &q->slots[slot]);
}

/** Submits a raw command, with its data at `data`. */
static inline int upnvme_cgo_raw(struct upnvme_cgo_qpair *q, const struct upnvme_raw *raw,
				 uintptr_t data, uint32_t slot)
{
	struct upnvme_op op = { 0 };
	int rc = upnvme_qpair_ring(q->qp);

	if (rc)
		return rc;
	q->slots[slot].raw = *raw;
	q->slots[slot].raw.data = (void *)data;
	op.form = UPNVME_FORM_RAW;
	op.buf = &q->slots[slot].raw;
	return upnvme_io(q->qp, &op, upnvme_cgo_on_done, &q->slots[slot]);
}

/** The result of a batch. */
struct upnvme_cgo_batch {
	uint32_t n; /**< number of commands accepted, or by upnvme_cgo_exec completed */
	int why;    /**< why there are fewer than given: a negative errno; or 0 */
};

/** Submits tagged commands as Go has them, all with data in one buffer. A short count does not tell
 * why the next command was not accepted; submitting again from that command returns its error. */
static inline struct upnvme_cgo_batch upnvme_cgo_submit(uintptr_t handle, const void *ops,
							uint32_t n, uintptr_t base, uint64_t bytes)
{
	struct upnvme_cgo_qpair *q = (struct upnvme_cgo_qpair *)handle;
	struct upnvme_area area = upnvme_cgo_area(base, bytes);
	struct upnvme_cgo_batch batch = { 0, 0 };

	do {
		int rc = upnvme_submit_at(q->qp, &area, (const struct upnvme_op *)ops + batch.n,
					  n - batch.n);

		if (rc < 0)
			batch.why = rc;
		else
			batch.n += (uint32_t)rc;
	} while (batch.n < n && !batch.why);
	return batch;
}

/** Submits a batch and waits for it, as upnvme_exec does. */
static inline struct upnvme_cgo_batch upnvme_cgo_exec(uintptr_t handle, const void *ops, uint32_t n,
						      uintptr_t base, uint64_t bytes,
						      struct upnvme_completion *done,
						      uint32_t ndone, uint64_t timeout_ns)
{
	struct upnvme_cgo_qpair *q = (struct upnvme_cgo_qpair *)handle;
	struct upnvme_area area = upnvme_cgo_area(base, bytes);
	struct upnvme_cgo_batch batch = { 0, 0 };
	struct upnvme_error error;
	int rc = upnvme_exec_at(q->qp, &area, (const struct upnvme_op *)ops, n, done, ndone,
				timeout_ns);

	if (rc < 0) {
		batch.why = rc;
		return batch;
	}
	batch.n = (uint32_t)rc;
	if (batch.n < n) {
		upnvme_error_get(&error);
		batch.why = error.err ? error.err : -EIO;
	}
	return batch;
}

/* --- leases -------------------------------------------------------------------------------------- */

/** A queue pair without an owner, lent to one caller from Go for one command at a time. */
struct upnvme_cgo_lease {
	upnvme_qpair *qp;              /**< without an owner, except within a call below */
	upnvme_ctrlr *ctrlr;           /**< controller of the queue pair */
	char *bounce;                  /**< DMA memory that data is copied through */
	uint64_t bounce_bytes;         /**< size of the bounce buffer */
	struct upnvme_cgo_room room;   /**< place of the command's data */
	struct upnvme_op op;           /**< the command, as Go has it */
	struct upnvme_completion done; /**< the completion */
	struct upnvme_error error;     /**< of the last call that failed */
	uint64_t nblocks;              /**< of the namespace, as it was last seen */
	uint64_t commands;             /**< counted: commands */
	uint64_t bounced;              /**< counted: bytes copied through the bounce buffer */
	uint32_t block_bytes;          /**< of the namespace, as it was last seen */
	uint32_t taken;                /**< 1: a caller has the lease */
	uint32_t index;                /**< place among the leases */
	int fd;                        /**< becomes readable when something completes, or -1 */
	int closed; /**< result of closing the queue pair, with the error above */
};

/* Notes the error in the lease, since the library keeps it for this thread alone, and the goroutine
 * may continue on another. */
static inline int upnvme_cgo_lease_failed(struct upnvme_cgo_lease *lease, int rc)
{
	upnvme_error_get(&lease->error);
	if (lease->error.err != rc) {
		memset(&lease->error, 0, sizeof(lease->error));
		lease->error.err = rc;
	}
	return rc;
}

/* Creates the queue pair with an interrupt, or without one where the controller or the process has no
 * more of them. */
static inline int upnvme_cgo_lease_create(struct upnvme_cgo_lease *lease, upnvme_ctrlr *ctrlr,
					  struct upnvme_qpair_opts opts)
{
	int rc;

	opts.flags |= UPNVME_QPAIR_INTERRUPT;
	rc = upnvme_qpair_create(&lease->qp, ctrlr, &opts);
	lease->fd = rc ? -1 : upnvme_qpair_fd(lease->qp);
	if (rc != -ENOTSUP && rc != -ENOSPC && rc != -EMFILE && rc != -ENFILE)
		return rc;
	opts.flags &= ~UPNVME_QPAIR_INTERRUPT;
	return upnvme_qpair_create(&lease->qp, ctrlr, &opts);
}

static inline int upnvme_cgo_lease_new(struct upnvme_cgo_lease *lease, upnvme_ctrlr *ctrlr,
				       const struct upnvme_qpair_opts *opts)
{
	int rc = upnvme_cgo_lease_create(lease, ctrlr, *opts);

	lease->ctrlr = ctrlr;
	return rc ? upnvme_cgo_lease_failed(lease, rc) : upnvme_qpair_release(lease->qp);
}

/** Replaces the bounce buffer by one of `bytes` bytes. */
static inline int upnvme_cgo_lease_grow(struct upnvme_cgo_lease *lease, uint64_t bytes)
{
	void *more = NULL;
	int rc = upnvme_dma_alloc(&more, lease->ctrlr, bytes, 0);

	if (!rc && lease->bounce)
		rc = upnvme_dma_free(lease->ctrlr, lease->bounce);
	if (rc)
		return upnvme_cgo_lease_failed(lease, rc);
	lease->bounce = (char *)more;
	lease->bounce_bytes = bytes;
	return 0;
}

/**
 * Executes lease->op, and polls for `spin_ns` nanoseconds at most.
 *
 * @return 1: done; 0: in flight still; or a negative errno, with lease->error
 */
static inline int upnvme_cgo_lease_run(struct upnvme_cgo_lease *lease, void *of, uint64_t spin_ns)
{
	const upnvme_ns *ns = (const upnvme_ns *)of;
	struct upnvme_area area = upnvme_cgo_area(lease->room.base, lease->room.bytes);
	int rc = upnvme_exec_at(lease->qp, &area, &lease->op, 1, &lease->done, 1, spin_ns);

	lease->block_bytes = upnvme_ns_block_size(ns);
	lease->nblocks = upnvme_ns_block_count(ns);
	if (rc == 1)
		return 1;
	return rc == -ETIMEDOUT ? 0 : upnvme_cgo_lease_failed(lease, rc);
}

/* Takes the completion if it has come. If not, upnvme_qpair_wait arms the eventfd, so that a later
 * completion ends the sleep; one that came in between is taken. */
static inline int upnvme_cgo_lease_reap(struct upnvme_cgo_lease *lease)
{
	int rc = upnvme_reap(lease->qp, &lease->done, 1);

	if (!rc && lease->fd >= 0 && upnvme_qpair_wait(lease->qp, 0) == 1)
		rc = upnvme_reap(lease->qp, &lease->done, 1);
	return !rc && !upnvme_qpair_inflight(lease->qp) ? -EIO : rc;
}

/** Looks once at the command in flight; returns as upnvme_cgo_lease_run. */
static inline int upnvme_cgo_lease_look(struct upnvme_cgo_lease *lease)
{
	int rc = upnvme_qpair_adopt(lease->qp);

	if (!rc) {
		rc = upnvme_cgo_lease_reap(lease);
		upnvme_qpair_release(lease->qp);
	}
	return rc < 0 ? upnvme_cgo_lease_failed(lease, rc) : rc;
}

/** Looks at many leases; `states` gets the result of each look. Returns the number of commands that
 * are no longer in flight. */
static inline uint32_t upnvme_cgo_leases_look(struct upnvme_cgo_lease **leases, int32_t *states,
					      uint32_t n)
{
	uint32_t ended = 0;

	for (uint32_t i = 0; i < n; i++) {
		states[i] = upnvme_cgo_lease_look(leases[i]);
		ended += states[i] != 0;
	}
	return ended;
}

/* Closes the queue pair. An error, which may say that data is lost, is kept for the close of the
 * controller. */
static inline void upnvme_cgo_lease_end(struct upnvme_cgo_lease *lease)
{
	int rc = upnvme_qpair_close(lease->qp);

	lease->qp = NULL;
	if (rc)
		lease->closed = upnvme_cgo_lease_failed(lease, rc);
}

/** Ends the command in flight, and closes the queue pair. Returns 1 with the completion, or a negative
 * errno with lease->error. */
static inline int upnvme_cgo_lease_stop(struct upnvme_cgo_lease *lease)
{
	int rc = upnvme_qpair_adopt(lease->qp);

	if (!rc)
		rc = upnvme_qpair_stop(lease->qp);
	if (!rc)
		rc = upnvme_reap(lease->qp, &lease->done, 1);
	if (rc < 0)
		upnvme_cgo_lease_failed(lease, rc);
	upnvme_cgo_lease_end(lease);
	return rc < 0 ? rc : 1;
}

/** Frees the resources of a lease, which stays taken. Returns 0, or a negative errno that
 * lease->error explains; the queue pair is closed all the same. */
static inline int upnvme_cgo_lease_close(struct upnvme_cgo_lease *lease)
{
	int rc;

	upnvme_cgo_lease_end(lease);
	rc = upnvme_dma_free(lease->ctrlr, lease->bounce);
	lease->bounce = NULL;
	lease->bounce_bytes = 0;
	if (!lease->closed && rc)
		lease->closed = upnvme_cgo_lease_failed(lease, rc);
	rc = lease->closed;
	lease->closed = 0;
	return rc;
}

#include "cgo_leases.h"

#endif
