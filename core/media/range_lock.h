/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which bytes of a medium are on the move, so that a logical block is always read or written whole: the least atomic
 * write unit that a controller may have is one block (NVM Command Set 1.0, 2.1.4.1, AWUN), and a system moves bytes.
 * Requests that overlap, one of which changes the bytes, go one after the other.
 *
 * An engine takes a request's range before it has the system move the first byte, and leaves it after the last one.
 * What was given up keeps nobody for long, although its bytes may move still. Who may not begin yet keeps a claim, so
 * that those who come later cannot keep it from its turn for ever. Nobody sleeps here: the engine asks again.
 */
#ifndef UPNVME_MEDIA_RANGE_LOCK_H
#define UPNVME_MEDIA_RANGE_LOCK_H

#include <stdatomic.h>

#include "media/media.h"

#define RANGE_REGION_BYTES 65536u /* the largest block */
#define RANGE_NREGIONS     64u    /* lists of what lies in one region */

/* The oldest first: it is what the others wait for, and is met at once. */
struct range_list {
	struct media_request *first;
	struct media_request **last; /* where the next is linked */
};

struct range_locks {
	_Atomic uint32_t lock; /* futex: 0 free, 1 held, 2 held and waited for */
	uint64_t nclaims;      /* ever made: the order of those who wait */
	/*
	 * Whether the system has moved all of a request that began, although its owner has not said so: an owner that
	 * does not poll must not keep the others. NULL: owners say so by themselves. Called under the lock.
	 */
	bool (*is_moved)(const struct media_request *request);
	/* How long a claim holds after its owner has asked last. UINT64_MAX: owners always come back. */
	uint64_t patience_ns;
	struct range_list regions[RANGE_NREGIONS];
	struct range_list wide; /* of those that lie in several regions */
};

void range_locks_init(struct range_locks *ranges,
		      bool (*is_moved)(const struct media_request *request), uint64_t patience_ns);

/* Before a request's first use. */
void range_init(struct media_request *request);
/* True: the request has its range, and may begin or go on. False: ask again. */
bool range_take(struct range_locks *ranges, struct media_request *request);
/* A no-op for a request that has neither range nor claim. */
void range_leave(struct range_locks *ranges, struct media_request *request);

#endif
