/* SPDX-License-Identifier: BSD-3-Clause */
/* The controller's side of a submission queue's ring, without a controller. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "softctrl/ring/sq.h"

#define N 5u

static _Atomic uint32_t doorbell;
static struct upnvme_spec_sqe entries[N];

static struct sc_sq_ring begin(void)
{
	struct sc_sq_ring ring = { .doorbell = &doorbell };

	atomic_store(&doorbell, 3); /* from before there was a queue */
	for (uint32_t i = 0; i < N; i++)
		entries[i] = (struct upnvme_spec_sqe){ .cid = (uint16_t)(100 + i) };
	sc_sq_ring_begin(&ring, entries, N);
	return ring;
}

static void entries_come_in_order_lap_after_lap(void **state)
{
	struct sc_sq_ring ring = begin();
	struct upnvme_spec_sqe sqe;

	assert_true(sc_sq_ring_look(&ring));
	assert_true(sc_sq_ring_is_empty(&ring));
	for (uint32_t i = 0; i < 3 * N; i++) {
		atomic_store(&doorbell, (i + 1) % N);
		assert_true(sc_sq_ring_look(&ring));
		assert_false(sc_sq_ring_is_empty(&ring));
		assert_int_equal(sc_sq_ring_fetch(&ring, &sqe), i % N);
		assert_int_equal(sqe.cid, 100 + i % N);
		assert_true(sc_sq_ring_is_empty(&ring));
	}
}

static void an_entry_is_copied(void **state)
{
	struct sc_sq_ring ring = begin();
	struct upnvme_spec_sqe sqe;

	atomic_store(&doorbell, 1);
	assert_true(sc_sq_ring_look(&ring));
	sc_sq_ring_fetch(&ring, &sqe);
	entries[0].cid = 7;
	assert_int_equal(sqe.cid, 100);
}

static void a_value_outside_is_refused_once_and_ignored(void **state)
{
	static const uint32_t values[] = { N, N + 1, UINT32_MAX };
	struct sc_sq_ring ring = begin();

	atomic_store(&doorbell, 2);
	assert_true(sc_sq_ring_look(&ring));
	for (unsigned i = 0; i < ARRAY_SIZE(values); i++) {
		atomic_store(&doorbell, values[i]);
		assert_false(sc_sq_ring_look(&ring));
		assert_int_equal(ring.tail, 2);
		assert_true(sc_sq_ring_look(&ring)); /* the same value is no news */
	}
	atomic_store(&doorbell, 4);
	assert_true(sc_sq_ring_look(&ring));
	assert_int_equal(ring.tail, 4);
}

static void a_command_is_found_as_long_as_it_waits(void **state)
{
	struct sc_sq_ring ring = begin();
	struct upnvme_spec_sqe sqe;
	uint32_t place;

	atomic_store(&doorbell, 4);
	assert_true(sc_sq_ring_look(&ring));
	for (uint32_t i = 0; i < 4; i++)
		sc_sq_ring_fetch(&ring, &sqe);
	atomic_store(&doorbell, 2); /* entries 4, 0 and 1 wait */
	assert_true(sc_sq_ring_look(&ring));
	assert_true(sc_sq_ring_find(&ring, 104, &place));
	assert_int_equal(place, 4);
	assert_true(sc_sq_ring_find(&ring, 101, &place));
	assert_int_equal(place, 1);
	assert_false(sc_sq_ring_find(&ring, 102, &place));
	assert_false(sc_sq_ring_find(&ring, 103, &place));
}

static void the_doorbell_of_no_queue_is_noted_once(void **state)
{
	struct sc_sq_ring ring = begin();

	atomic_store(&doorbell, 1);
	assert_true(sc_sq_ring_look(&ring));
	sc_sq_ring_end(&ring);
	assert_int_equal(atomic_load(&doorbell), 0);
	assert_null(ring.entries);
	assert_false(sc_sq_ring_was_rung_astray(&ring));
	atomic_store(&doorbell, 9);
	assert_true(sc_sq_ring_was_rung_astray(&ring));
	assert_false(sc_sq_ring_was_rung_astray(&ring));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_come_in_order_lap_after_lap),
		cmocka_unit_test(an_entry_is_copied),
		cmocka_unit_test(a_value_outside_is_refused_once_and_ignored),
		cmocka_unit_test(a_command_is_found_as_long_as_it_waits),
		cmocka_unit_test(the_doorbell_of_no_queue_is_noted_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
