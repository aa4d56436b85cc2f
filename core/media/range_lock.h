/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ranges of a medium whose bytes are on the move, so that a logical block is always read or written whole: the least
 * atomic write unit that a controller may have is one block (NVM Command Set 1.0, 2.1.4.1, AWUN), and a system moves
 * bytes. Requests that overlap, one of which changes the bytes, go one after the other.
 *
 * An engine takes a request's range before the system moves the first byte, and leaves the range after the last one. A
 * request that was given up blocks others no longer, although its bytes may still move. A request that may not begin
 * yet has a claim, so that later requests cannot keep it from its turn for ever. Nobody sleeps here: the engine asks
 * again.
 */
#ifndef UPNVME_MEDIA_RANGE_LOCK_H
#define UPNVME_MEDIA_RANGE_LOCK_H

#include <stdatomic.h>

#include "media/media.h"

#define RANGE_REGION_BYTES 65536u /* the largest block */
#define RANGE_NREGIONS     64u    /* lists of requests that lie in one region */

/* The oldest request comes first: the others wait for it, so a search meets it at once. */
struct range_list {
	struct media_request *first;
	struct media_request **last; /* the pointer to the next that is added */
};

struct range_locks {
	_Atomic uint32_t lock; /* futex: 0 free, 1 held, 2 held and waited for */
	uint64_t nclaims;      /* ever made; a claim's number is its place in the order */
	/*
	 * Whether the system has moved all bytes of a request that its owner has not left yet: an owner that does not
	 * poll must not block the others. NULL: owners always leave in time. Called under the lock.
	 */
	bool (*is_moved)(const struct media_request *request);
	/* A claim holds for this long after its owner has last asked. UINT64_MAX: owners always ask again. */
	uint64_t patience_ns;
	struct range_list regions[RANGE_NREGIONS];
	struct range_list wide; /* of requests that lie in several regions */
};

void range_locks_init(struct range_locks *ranges,
		      bool (*is_moved)(const struct media_request *request), uint64_t patience_ns);

/* To be called before a request's first use. */
void range_init(struct media_request *request);
/* True if the request has its range now, and may begin or go on. False: ask again. */
bool range_take(struct range_locks *ranges, struct media_request *request);
/* Leaves a request's range or claim, if it has one. */
void range_leave(struct range_locks *ranges, struct media_request *request);

#endif
