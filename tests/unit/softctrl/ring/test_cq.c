/* SPDX-License-Identifier: BSD-3-Clause */
/* The controller's side of a completion queue's ring, without a controller. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "softctrl/ring/cq.h"

#define N 4u

static _Atomic uint32_t doorbell;
static struct upnvme_spec_cqe entries[N];

static struct sc_cq_ring begin(void)
{
	struct sc_cq_ring ring = { .doorbell = &doorbell };

	atomic_store(&doorbell, 3); /* from before there was a queue */
	memset(entries, 0, sizeof(entries));
	sc_cq_ring_begin(&ring, entries, N);
	return ring;
}

static void the_phase_changes_with_each_lap(void **state)
{
	struct sc_cq_ring ring = begin();

	for (uint32_t i = 0; i < 5 * N; i++) {
		const struct upnvme_spec_cqe *cqe = &entries[i % N];

		entries[i % N].dw1 = 1;
		sc_cq_ring_post(&ring, i, (uint16_t)(i + 1), (uint16_t)(i + 2), (uint16_t)(i + 3),
				(uint16_t)(i + 4));
		assert_int_equal(cqe->dw0, i);
		assert_int_equal(cqe->dw1, 0);
		assert_int_equal(cqe->sqhd, i + 1);
		assert_int_equal(cqe->sqid, i + 2);
		assert_int_equal(cqe->cid, i + 3);
		assert_int_equal(UPNVME_SPEC_CQE_STATUS(cqe->status), i + 4);
		assert_int_equal(UPNVME_SPEC_CQE_PHASE(cqe->status), i / N % 2 == 0);
		atomic_store(&doorbell, (i + 1) % N);
		assert_true(sc_cq_ring_look(&ring));
	}
}

static void one_entry_stays_unused(void **state)
{
	struct sc_cq_ring ring = begin();

	for (uint32_t i = 0; i < N - 1; i++) {
		assert_false(sc_cq_ring_is_full(&ring));
		sc_cq_ring_post(&ring, 0, 0, 0, 0, 0);
	}
	assert_true(sc_cq_ring_is_full(&ring));
	assert_false(sc_cq_ring_was_rung(&ring));
	atomic_store(&doorbell, 1);
	assert_true(sc_cq_ring_was_rung(&ring));
	assert_true(sc_cq_ring_is_full(&ring)); /* until the doorbell is looked at */
	assert_true(sc_cq_ring_look(&ring));
	assert_false(sc_cq_ring_was_rung(&ring));
	assert_false(sc_cq_ring_is_full(&ring));
}

static void the_head_moves_over_posted_entries_only(void **state)
{
	static const uint32_t wrong[] = { 0, 3, N, UINT32_MAX };
	struct sc_cq_ring ring = begin();

	sc_cq_ring_post(&ring, 0, 0, 0, 0, 0);
	sc_cq_ring_post(&ring, 0, 0, 0, 0, 0);
	atomic_store(&doorbell, 1);
	assert_true(sc_cq_ring_look(&ring));
	for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
		atomic_store(&doorbell, wrong[i]);
		assert_false(sc_cq_ring_look(&ring));
		assert_int_equal(ring.head, 1);
		assert_true(sc_cq_ring_look(&ring)); /* the same value is no news */
	}
	atomic_store(&doorbell, 2);
	assert_true(sc_cq_ring_look(&ring));
	assert_int_equal(ring.head, 2);
}

static void the_doorbell_of_no_queue_is_noted_once(void **state)
{
	struct sc_cq_ring ring = begin();

	sc_cq_ring_end(&ring);
	assert_int_equal(atomic_load(&doorbell), 0);
	assert_null(ring.entries);
	assert_false(sc_cq_ring_was_rung_astray(&ring));
	atomic_store(&doorbell, 9);
	assert_true(sc_cq_ring_was_rung_astray(&ring));
	assert_false(sc_cq_ring_was_rung_astray(&ring));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_phase_changes_with_each_lap),
		cmocka_unit_test(one_entry_stays_unused),
		cmocka_unit_test(the_head_moves_over_posted_entries_only),
		cmocka_unit_test(the_doorbell_of_no_queue_is_noted_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
