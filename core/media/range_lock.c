/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Requests that lie in one region are in that region's list; regions whose numbers have the same remainder share a
 * list. Wider requests are in a list of their own. So a lone request meets empty lists, and any other meets few
 * requests that do not overlap it. A request takes the lock twice, for a few instructions each time; the lock is a
 * single word, so that taking the lock costs no more than those instructions.
 */
#include "media/range_lock.h"

#include <time.h>

#include "base/clock.h"
#include "base/futex.h"
#include "base/util.h"

enum range_state { NONE, CLAIMED, TAKEN };

void range_locks_init(struct range_locks *ranges,
		      bool (*is_moved)(const struct media_request *request), uint64_t patience_ns)
{
	*ranges = (struct range_locks){ .is_moved = is_moved, .patience_ns = patience_ns };
	ranges->wide.last = &ranges->wide.first;
	for (unsigned i = 0; i < RANGE_NREGIONS; i++)
		ranges->regions[i].last = &ranges->regions[i].first;
}

static void lock(struct range_locks *ranges)
{
	uint32_t free = 0;

	if (likely(atomic_compare_exchange_strong_explicit(
		    &ranges->lock, &free, 1, memory_order_acquire, memory_order_relaxed)))
		return;
	while (atomic_exchange_explicit(&ranges->lock, 2, memory_order_acquire))
		futex_wait(&ranges->lock, 2, UINT64_MAX);
}

static void unlock(struct range_locks *ranges)
{
	if (unlikely(atomic_exchange_explicit(&ranges->lock, 0, memory_order_release) == 2))
		futex_wake_one(&ranges->lock);
}

void range_init(struct media_request *request)
{
	request->link.range.state = NONE;
}

static uint64_t first_region(const struct media_request *request)
{
	return request->offset_bytes / RANGE_REGION_BYTES;
}

static uint64_t last_region(const struct media_request *request)
{
	return (request->offset_bytes + request->length_bytes - 1) / RANGE_REGION_BYTES;
}

static bool is_wide(const struct media_request *request)
{
	return first_region(request) != last_region(request);
}

static struct range_list *list_of(struct range_locks *ranges, const struct media_request *request)
{
	return is_wide(request) ? &ranges->wide :
				  &ranges->regions[first_region(request) % RANGE_NREGIONS];
}

static void insert(struct range_locks *ranges, struct media_request *request)
{
	struct range_list *list = list_of(ranges, request);

	request->link.range.next = NULL;
	request->link.range.at = list->last;
	*list->last = request;
	list->last = &request->link.range.next;
}

static void take_out(struct range_locks *ranges, struct media_request *request)
{
	struct media_request *next = request->link.range.next;

	*request->link.range.at = next;
	if (next)
		next->link.range.at = request->link.range.at;
	else
		list_of(ranges, request)->last = request->link.range.at;
	request->link.range.state = NONE;
}

static bool conflicts(const struct media_request *a, const struct media_request *b)
{
	return a != b && (a->op != MEDIA_READ || b->op != MEDIA_READ) &&
	       a->offset_bytes < b->offset_bytes + b->length_bytes &&
	       b->offset_bytes < a->offset_bytes + a->length_bytes;
}

/* The time, exact to a few milliseconds, and cheap. */
static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* Whether a claim comes before the request's, and the claim's owner still asks for its turn. */
static bool goes_first(const struct range_locks *ranges, const struct media_request *claim,
		       const struct media_request *request)
{
	return claim->link.range.claim < request->link.range.claim &&
	       (ranges->patience_ns == UINT64_MAX ||
		now_ns() - claim->link.range.asked_ns < ranges->patience_ns);
}

static bool is_given_up(const struct media_request *request)
{
	uint64_t given_up_ns = atomic_load_explicit(&request->given_up_ns, memory_order_relaxed);

	return unlikely(given_up_ns) && deadline_passed(given_up_ns);
}

static bool list_blocks(struct range_locks *ranges, const struct range_list *list,
			const struct media_request *request)
{
	for (struct media_request *other = list->first, *next; other; other = next) {
		next = other->link.range.next;
		if (!conflicts(other, request) || is_given_up(other))
			continue;
		if (other->link.range.state == CLAIMED) {
			if (goes_first(ranges, other, request))
				return true;
		} else if (ranges->is_moved && ranges->is_moved(other)) {
			take_out(ranges, other);
		} else {
			return true;
		}
	}
	return false;
}

static bool lists_block(struct range_locks *ranges, const struct media_request *request)
{
	uint64_t first = first_region(request);
	uint64_t nlists = MIN(last_region(request) - first + 1, RANGE_NREGIONS);

	for (uint64_t i = 0; i < nlists; i++)
		if (list_blocks(ranges, &ranges->regions[(first + i) % RANGE_NREGIONS], request))
			return true;
	return list_blocks(ranges, &ranges->wide, request);
}

static bool is_lone(struct range_locks *ranges, const struct media_request *request)
{
	return !ranges->wide.first && !is_wide(request) && !list_of(ranges, request)->first;
}

bool range_take(struct range_locks *ranges, struct media_request *request)
{
	bool taken;

	lock(ranges);
	if (request->link.range.state == NONE)
		request->link.range.claim = ++ranges->nclaims;
	taken = request->link.range.state == TAKEN || is_lone(ranges, request) ||
		!lists_block(ranges, request);
	if (request->link.range.state == NONE)
		insert(ranges, request);
	request->link.range.state = taken ? TAKEN : CLAIMED;
	if (!taken)
		request->link.range.asked_ns = now_ns();
	unlock(ranges);
	return taken;
}

void range_leave(struct range_locks *ranges, struct media_request *request)
{
	lock(ranges);
	if (request->link.range.state != NONE)
		take_out(ranges, request);
	unlock(ranges);
}
