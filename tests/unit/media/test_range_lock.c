/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests that have to wait for others, told in bytes. */
#include "media/media_fixture.h"

#include "base/clock.h"
#include "base/util.h"
#include "media/range_lock.h"

#define KIB 1024ull
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

static struct media_request make(enum media_op op, uint64_t offset, uint64_t length)
{
	struct media_request request = { .op = op, .offset_bytes = offset, .length_bytes = length };

	range_init(&request);
	return request;
}

static void overlapping_changes_exclude_each_other(void **state)
{
	static const struct {
		enum media_op first;
		uint64_t first_at, first_bytes;
		enum media_op second;
		uint64_t second_at, second_bytes;
		bool waits;
	} cases[] = {
		{ MEDIA_READ, 0, 4096, MEDIA_READ, 0, 4096, false },
		{ MEDIA_READ, 0, 4096, MEDIA_WRITE, 0, 4096, true },
		{ MEDIA_WRITE, 0, 4096, MEDIA_READ, 0, 4096, true },
		{ MEDIA_WRITE, 0, 4096, MEDIA_WRITE, 0, 4096, true },
		{ MEDIA_DEALLOCATE, 0, 4096, MEDIA_READ, 0, 4096, true },
		{ MEDIA_READ, 0, 4096, MEDIA_WRITE_ZEROES, 0, 4096, true },
		/* neighbours, and one byte of each other */
		{ MEDIA_WRITE, 0, 4096, MEDIA_WRITE, 4096, 4096, false },
		{ MEDIA_WRITE, 4096, 4096, MEDIA_WRITE, 0, 4096, false },
		{ MEDIA_WRITE, 0, 4097, MEDIA_WRITE, 4096, 4096, true },
		/* in one region and in several, either way round */
		{ MEDIA_WRITE, 32 * KIB, 64 * KIB, MEDIA_READ, 64 * KIB, 512, true },
		{ MEDIA_WRITE, 32 * KIB, 64 * KIB, MEDIA_READ, 96 * KIB, 512, false },
		{ MEDIA_WRITE, 64 * KIB, 512, MEDIA_READ, 32 * KIB, 64 * KIB, true },
		{ MEDIA_WRITE, 0, 64 * KIB, MEDIA_WRITE, 64 * KIB, 64 * KIB, false },
		{ MEDIA_WRITE, 0, 16 * MIB, MEDIA_WRITE, 16 * MIB - 512, 16 * MIB, true },
		/* more regions than there are lists, and regions that share one */
		{ MEDIA_DEALLOCATE, 0, GIB, MEDIA_WRITE, GIB - 512, 512, true },
		{ MEDIA_WRITE, GIB - 512, 512, MEDIA_DEALLOCATE, 0, GIB, true },
		{ MEDIA_WRITE, 0, 512, MEDIA_WRITE, 64 * 64 * KIB, 512, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct media_request first =
			make(cases[i].first, cases[i].first_at, cases[i].first_bytes);
		struct media_request second =
			make(cases[i].second, cases[i].second_at, cases[i].second_bytes);
		struct range_locks ranges;

		range_locks_init(&ranges, NULL, UINT64_MAX);
		assert_true(range_take(&ranges, &first));
		if (range_take(&ranges, &second) == cases[i].waits)
			fail_msg("case %zu", i);
		range_leave(&ranges, &first);
		assert_true(range_take(&ranges, &second));
		assert_true(range_take(&ranges, &second)); /* a second time */
		range_leave(&ranges, &second);
		range_leave(&ranges, &second);
		assert_true(range_take(&ranges, &first));
	}
}

/* Readers that overlap each other without end would keep a writer out. */
static void later_requests_queue_behind_waiting_ones(void **state)
{
	struct media_request readers[] = { make(MEDIA_READ, 0, 4096), make(MEDIA_READ, 0, 4096) };
	struct media_request writer = make(MEDIA_WRITE, 0, 128 * KIB);
	struct range_locks ranges;

	range_locks_init(&ranges, NULL, UINT64_MAX);
	assert_true(range_take(&ranges, &readers[0]));
	assert_false(range_take(&ranges, &writer));
	assert_false(range_take(&ranges, &readers[1]));
	range_leave(&ranges, &readers[0]);
	assert_false(range_take(&ranges, &readers[1]));
	assert_true(range_take(&ranges, &writer));
	assert_false(range_take(&ranges, &readers[1]));
	range_leave(&ranges, &writer);
	assert_true(range_take(&ranges, &readers[1]));
	range_leave(&ranges, &readers[1]);
}

static void a_claim_lapses_when_its_owner_does_not_come_back(void **state)
{
	struct media_request reader = make(MEDIA_READ, 0, 512), late = make(MEDIA_READ, 0, 512);
	struct media_request writer = make(MEDIA_WRITE, 0, 512);
	struct range_locks ranges;

	range_locks_init(&ranges, NULL, 0);
	assert_true(range_take(&ranges, &reader));
	assert_false(range_take(&ranges, &writer));
	assert_true(range_take(&ranges, &late));
	range_leave(&ranges, &reader);
	assert_false(range_take(&ranges, &writer)); /* the later request has the range */
	range_leave(&ranges, &late);
	assert_true(range_take(&ranges, &writer));
	range_leave(&ranges, &writer);
}

static bool moved;

static bool is_moved(const struct media_request *request)
{
	return request->op == MEDIA_WRITE && moved;
}

static void a_request_whose_bytes_are_moved_hinders_no_other(void **state)
{
	struct media_request writer = make(MEDIA_WRITE, 0, 512), reader = make(MEDIA_READ, 0, 512);
	struct range_locks ranges;

	range_locks_init(&ranges, is_moved, UINT64_MAX);
	moved = false;
	assert_true(range_take(&ranges, &writer));
	assert_false(range_take(&ranges, &reader));
	moved = true;
	assert_true(range_take(&ranges, &reader));
	/* The owner has more to move after all, and is in line again. */
	assert_false(range_take(&ranges, &writer));
	range_leave(&ranges, &reader);
	assert_true(range_take(&ranges, &writer));
	range_leave(&ranges, &writer);
}

static void a_request_that_was_given_up_hinders_no_other_for_ever(void **state)
{
	struct media_request hangs = make(MEDIA_READ, 0, 4096), waits = make(MEDIA_WRITE, 0, 4096);
	struct media_request next = make(MEDIA_WRITE, 0, 4096);
	struct range_locks ranges;

	range_locks_init(&ranges, NULL, UINT64_MAX);
	assert_true(range_take(&ranges, &hangs));
	assert_false(range_take(&ranges, &waits));
	hangs.given_up_ns = waits.given_up_ns = deadline_after(3600 * NS_PER_S);
	assert_false(range_take(&ranges, &next));
	range_leave(&ranges, &next);
	hangs.given_up_ns = waits.given_up_ns = 1;
	assert_true(range_take(&ranges, &next));
	range_leave(&ranges, &hangs);
	range_leave(&ranges, &waits);
	assert_true(range_take(&ranges, &next));
	range_leave(&ranges, &next);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_that_was_given_up_hinders_no_other_for_ever),
		cmocka_unit_test(overlapping_changes_exclude_each_other),
		cmocka_unit_test(later_requests_queue_behind_waiting_ones),
		cmocka_unit_test(a_claim_lapses_when_its_owner_does_not_come_back),
		cmocka_unit_test(a_request_whose_bytes_are_moved_hinders_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
