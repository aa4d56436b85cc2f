/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme/cgo_leases.h
 * Leases: queue pairs that are lent to calls from Go for one command each. A part of upnvme/cgo.h.
 *
 * A lease is taken, used and given back within one call from Go, so that a preempted goroutine has
 * none: otherwise goroutines that wait for a processor would soon have all leases. The lease stays
 * with Go only where Go has more to do: a command is in flight still, an error, or a namespace whose
 * format is not the one that was known.
 */
#ifndef UPNVME_CGO_LEASES_H
#define UPNVME_CGO_LEASES_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <upnvme.h>

/** All leases of a controller. A lease stays in memory as long as the controller, since a search for a
 * free one may look at it at any time; a lease whose queue pair was closed stays marked as taken. */
struct upnvme_cgo_leases {
	uint32_t nmade;    /**< number of leases in `all`; only grows */
	uint32_t nwaiting; /**< callers that wait in turn; new callers come after them */
	uint32_t room;     /**< number of leases that `all` has room for */
	uint32_t reserved; /**< zero */
	struct upnvme_cgo_lease *all[]; /**< by their index */
};

/** The outcome of a call. Without a lease, `rc` is of enum upnvme_cgo_outcome. Otherwise the caller has
 * the lease, and `rc` is the result of upnvme_cgo_lease_run, or UPNVME_CGO_FORMATTED. */
struct upnvme_cgo_ran {
	struct upnvme_cgo_lease *lease; /**< for the caller to finish, or null */
	int rc;                         /**< see above */
};

/** The outcome of a call that has left no lease with Go. */
enum upnvme_cgo_outcome {
	UPNVME_CGO_NO_LEASE,    /**< nothing was done: no lease is free, or others wait */
	UPNVME_CGO_SUCCESS,     /**< done */
	UPNVME_CGO_SUCCESS_WAKE /**< done, and another caller waits for a lease: wake it */
};

/** With a lease: the command was not submitted, since the namespace has another block size than the
 * caller knows, or metadata within the data. */
#define UPNVME_CGO_FORMATTED 2

/** A part of a request that counts in bytes, which one command moves. */
struct upnvme_cgo_piece {
	uint64_t lba;         /**< first block */
	uint64_t nblocks;     /**< of the namespace, as the caller knows it */
	uint64_t bytes;       /**< bytes of data */
	uint32_t blocks;      /**< number of blocks with data of the part */
	uint32_t block_bytes; /**< bytes of a block, as the caller knows them */
	uint32_t head;        /**< bytes of the first block before the data */
	uint16_t direct;      /**< 1: whole blocks in memory that the device reaches; 0: bounced */
	uint16_t opcode;      /**< UPNVME_OP_READ or, of whole blocks, UPNVME_OP_WRITE */
};

/** A struct upnvme_op as numbers, so that cgo has no pointers in it to check. */
struct upnvme_cgo_op {
	uint64_t words[8]; /**< the op's bytes */
};

/* --- taking and giving back ---------------------------------------------------------------------- */

static inline struct upnvme_cgo_leases *upnvme_cgo_leases_new(uint32_t room)
{
	struct upnvme_cgo_leases *leases = (struct upnvme_cgo_leases *)calloc(
		1, sizeof(*leases) + room * sizeof(leases->all[0]));

	if (leases)
		leases->room = room;
	return leases;
}

/** Frees the memory, when no call can be looking for a lease any more. */
static inline void upnvme_cgo_leases_free(struct upnvme_cgo_leases *leases)
{
	for (uint32_t i = 0; leases && i < leases->nmade; i++)
		free(leases->all[i]);
	free(leases);
}

/** Makes one more lease, taken and without a queue pair; null: no memory. */
static inline struct upnvme_cgo_lease *upnvme_cgo_leases_add(struct upnvme_cgo_leases *leases)
{
	struct upnvme_cgo_lease *lease = (struct upnvme_cgo_lease *)calloc(1, sizeof(*lease));

	if (!lease)
		return NULL;
	lease->index = leases->nmade;
	lease->taken = 1;
	leases->all[lease->index] = lease;
	__atomic_store_n(&leases->nmade, lease->index + 1, __ATOMIC_RELEASE);
	return lease;
}

/* Takes the lease if it is free. A caller that waits counts itself in `nwaiting` before it looks for a
 * lease, and a lease is given back before `nwaiting` is read. So at least one side sees the other. */
static inline int upnvme_cgo_lease_try(struct upnvme_cgo_lease *lease)
{
	uint32_t unused = 0;

	return !__atomic_load_n(&lease->taken, __ATOMIC_SEQ_CST) &&
	       __atomic_compare_exchange_n(&lease->taken, &unused, 1u, 0, __ATOMIC_SEQ_CST,
					   __ATOMIC_RELAXED);
}

/** Takes a free lease; null: there is none. Each thread tries first the lease that it had last: the
 * lease's memory is in the cache of its core, and other threads try others first. */
static inline struct upnvme_cgo_lease *upnvme_cgo_lease_take(struct upnvme_cgo_leases *leases)
{
	static __thread uint32_t last;
	uint32_t n = __atomic_load_n(&leases->nmade, __ATOMIC_ACQUIRE);
	uint32_t at = last;

	for (uint32_t i = 0; i < n; i++, at++) {
		if (at >= n)
			at = 0;
		if (upnvme_cgo_lease_try(leases->all[at])) {
			last = at;
			return leases->all[at];
		}
	}
	return NULL;
}

/** Gives a lease back. Returns whether a caller waits for a lease. */
static inline int upnvme_cgo_lease_put(struct upnvme_cgo_leases *leases,
				       struct upnvme_cgo_lease *lease)
{
	__atomic_store_n(&lease->taken, 0u, __ATOMIC_SEQ_CST);
	return __atomic_load_n(&leases->nwaiting, __ATOMIC_SEQ_CST) != 0;
}

static inline void upnvme_cgo_leases_wait_for(struct upnvme_cgo_leases *leases, int32_t more)
{
	__atomic_fetch_add(&leases->nwaiting, (uint32_t)more, __ATOMIC_SEQ_CST);
}

/* Adds to a counter of a lease that the caller has: so there is one writer at a time, C or Go. */
static inline void upnvme_cgo_count(uint64_t *counter, uint64_t more)
{
	__atomic_store_n(counter, *counter + more, __ATOMIC_RELAXED);
}

/* --- whole calls --------------------------------------------------------------------------------- */

/* Returns the lease that the caller has already, or a free one if no other caller waits; or null. */
static inline struct upnvme_cgo_lease *upnvme_cgo_lease_for(struct upnvme_cgo_leases *leases,
							    struct upnvme_cgo_lease *has)
{
	if (has)
		return has;
	if (__atomic_load_n(&leases->nwaiting, __ATOMIC_RELAXED))
		return NULL;
	return upnvme_cgo_lease_take(leases);
}

static inline struct upnvme_cgo_ran upnvme_cgo_left(struct upnvme_cgo_lease *lease, int rc)
{
	struct upnvme_cgo_ran ran = { lease, rc };

	return ran;
}

static inline struct upnvme_cgo_ran upnvme_cgo_succeeded(struct upnvme_cgo_leases *leases,
							 struct upnvme_cgo_lease *lease)
{
	upnvme_cgo_count(&lease->commands, 1);
	return upnvme_cgo_left(NULL, upnvme_cgo_lease_put(leases, lease) ? UPNVME_CGO_SUCCESS_WAKE :
									   UPNVME_CGO_SUCCESS);
}

/** Executes one command, given as Go has it, with its data in `room`. */
static inline struct upnvme_cgo_ran upnvme_cgo_do(uintptr_t of, uintptr_t has, uintptr_t ns,
						  struct upnvme_cgo_op op,
						  struct upnvme_cgo_room room, uint64_t spin_ns)
{
	struct upnvme_cgo_leases *leases = (struct upnvme_cgo_leases *)of;
	struct upnvme_cgo_lease *lease =
		upnvme_cgo_lease_for(leases, (struct upnvme_cgo_lease *)has);
	uint32_t block_bytes;
	uint64_t nblocks;
	int rc;

	if (!lease)
		return upnvme_cgo_left(NULL, UPNVME_CGO_NO_LEASE);
	memcpy(&lease->op, &op, sizeof(lease->op));
	lease->room = room;
	block_bytes = lease->block_bytes;
	nblocks = lease->nblocks;
	rc = upnvme_cgo_lease_run(lease, (void *)ns, spin_ns);
	if (rc != 1 || lease->done.status || lease->block_bytes != block_bytes ||
	    lease->nblocks != nblocks)
		return upnvme_cgo_left(lease, rc);
	return upnvme_cgo_succeeded(leases, lease);
}

static inline int upnvme_cgo_bounce(struct upnvme_cgo_lease *lease, uint64_t bytes)
{
	uint64_t size = 16384;

	if (lease->bounce_bytes >= bytes)
		return 0;
	while (size < bytes)
		size *= 2;
	return upnvme_cgo_lease_grow(lease, size);
}

static inline void upnvme_cgo_piece_op(struct upnvme_cgo_lease *lease, uint32_t nsid,
				       const struct upnvme_cgo_piece *piece)
{
	memset(&lease->op, 0, sizeof(lease->op));
	lease->op.opcode = (uint8_t)piece->opcode;
	lease->op.nsid = nsid;
	lease->op.lba = piece->lba;
	lease->op.blocks = piece->blocks;
}

/* Sets the memory of the command: the caller's own, or the bounce buffer, with a write's data. */
static inline int upnvme_cgo_piece_place(struct upnvme_cgo_lease *lease,
					 const struct upnvme_cgo_piece *piece, char *data)
{
	uint64_t bytes = (uint64_t)piece->blocks * piece->block_bytes;
	int rc = piece->direct ? 0 : upnvme_cgo_bounce(lease, bytes);

	lease->block_bytes = piece->block_bytes;
	lease->nblocks = piece->nblocks;
	if (rc)
		return rc;
	lease->room.base = (uintptr_t)(piece->direct ? data : lease->bounce);
	lease->room.bytes = bytes;
	if (!piece->direct && piece->opcode == UPNVME_OP_WRITE)
		memcpy(lease->bounce, data, piece->bytes);
	return 0;
}

static inline void upnvme_cgo_piece_take(struct upnvme_cgo_lease *lease,
					 const struct upnvme_cgo_piece *piece, char *data)
{
	if (piece->direct)
		return;
	if (piece->opcode == UPNVME_OP_READ)
		memcpy(data, lease->bounce + piece->head, piece->bytes);
	upnvme_cgo_count(&lease->bounced, piece->bytes);
}

/** Whether the namespace has blocks of that size and no metadata, so that the offset of a byte gives
 * its block. The caller must have a lease. */
static inline int upnvme_cgo_fits(uintptr_t of, uint32_t block_bytes)
{
	const upnvme_ns *ns = (const upnvme_ns *)of;

	return upnvme_ns_block_size(ns) == block_bytes && !upnvme_ns_metadata_size(ns);
}

/** Reads a piece of a request, or writes one of whole blocks. `data` may go after the call, but with
 * `direct` it must stay until the command is done. */
static inline struct upnvme_cgo_ran upnvme_cgo_at_once(uintptr_t of, uintptr_t has, uintptr_t ns,
						       struct upnvme_cgo_piece piece, char *data,
						       uint64_t spin_ns)
{
	struct upnvme_cgo_leases *leases = (struct upnvme_cgo_leases *)of;
	struct upnvme_cgo_lease *lease =
		upnvme_cgo_lease_for(leases, (struct upnvme_cgo_lease *)has);
	int rc;

	if (!lease)
		return upnvme_cgo_left(NULL, UPNVME_CGO_NO_LEASE);
	if (!upnvme_cgo_fits(ns, piece.block_bytes))
		return upnvme_cgo_left(lease, UPNVME_CGO_FORMATTED);
	rc = upnvme_cgo_piece_place(lease, &piece, data);
	if (rc)
		return upnvme_cgo_left(lease, rc);
	upnvme_cgo_piece_op(lease, upnvme_ns_id((upnvme_ns *)ns), &piece);
	rc = upnvme_cgo_lease_run(lease, (void *)ns, spin_ns);
	if (rc != 1 || lease->done.status || lease->block_bytes != piece.block_bytes ||
	    lease->nblocks != piece.nblocks)
		return upnvme_cgo_left(lease, rc);
	upnvme_cgo_piece_take(lease, &piece, data);
	return upnvme_cgo_succeeded(leases, lease);
}

/* --- sleeping ------------------------------------------------------------------------------------ */

/** Makes the eventfd whose kicks end upnvme_cgo_leases_sleep; or returns a negative errno. */
static inline int upnvme_cgo_kick_new(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	/* The numbers 0 to 2 are left alone: a program that has closed a standard descriptor may still
	 * read or write it. */
	if (fd >= 0 && fd < 3) {
		int lifted = fcntl(fd, F_DUPFD_CLOEXEC, 3), err = errno;

		close(fd);
		errno = err;
		fd = lifted;
	}
	return fd < 0 ? -errno : fd;
}

/* Ends the sleep. The write fails only where the eventfd's counter is full: then it is readable, and
 * the sleep ends anyway. */
static inline int upnvme_cgo_kick(int fd)
{
	uint64_t one = 1;

	return write(fd, &one, sizeof(one)) < 0 ? -errno : 0;
}

/** Sleeps for less than a second, or until a signal comes. */
static inline void upnvme_cgo_nap(uint32_t ns)
{
	struct timespec nap = { 0, (long)ns };

	nanosleep(&nap, NULL);
}

/**
 * Sleeps until a completion may have come for one of the leases, a kick comes, or the time is over.
 * A signal since upnvme_cgo_leases_look ends the sleep at once.
 *
 * @param fds  room for one more than there are leases
 */
static inline void upnvme_cgo_leases_sleep(struct upnvme_cgo_lease **leases, struct pollfd *fds,
					   uint32_t n, int kick, int timeout_ms)
{
	uint64_t kicks;

	for (uint32_t i = 0; i <= n; i++) {
		fds[i].fd = i < n ? leases[i]->fd : kick;
		fds[i].events = POLLIN;
		fds[i].revents = 0;
	}
	if (poll(fds, n + 1, timeout_ms) > 0 && fds[n].revents &&
	    read(kick, &kicks, sizeof(kicks)) < 0)
		return;
}

#endif
