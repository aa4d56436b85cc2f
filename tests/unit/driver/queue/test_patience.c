/* SPDX-License-Identifier: BSD-3-Clause */
/* How many polls that find nothing go by before the controller is looked at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "support/fake_device.h"

#define POLLS_LEAST 256u
#define POLLS_MOST  16384u

static void the_first_look_at_the_controller_comes_soon(void **state)
{
	struct fake_device *dev = fake_create(NULL);

	patience_start(dev->qp);
	for (uint32_t i = 1; i < POLLS_LEAST; i++) {
		assert_true(patience_lasts(dev->qp));
		assert_int_equal(dev->qp->looked_ns, 0);
	}
	assert_true(patience_lasts(dev->qp));
	assert_true(dev->qp->looked_ns > 0);
	fake_destroy(dev);
}

/* The count after a look, had so many polls taken so long. */
static uint32_t count_after(uint32_t polls, uint64_t took_ns)
{
	struct fake_device *dev = fake_create(NULL);
	uint32_t count;

	dev->qp->patience_full = polls;
	dev->qp->looked_ns = clock_now_ns() - took_ns;
	assert_true(patience_look(dev->qp));
	count = dev->qp->patience;
	assert_int_equal(count, dev->qp->patience_full);
	fake_destroy(dev);
	return count;
}

/* Polls that take long are few, but never so few that looking costs more than they do; quick ones are many. On a slow
 * machine a count may only be smaller. */
static void the_controller_is_looked_at_in_time_however_fast_the_owner_polls(void **state)
{
	uint32_t count = count_after(8192, 20 * NS_PER_MS);

	assert_in_range(count, POLLS_LEAST, 4096);
	assert_int_equal(count_after(8192, 3600 * NS_PER_S), POLLS_LEAST);
	assert_in_range(count_after(POLLS_MOST, 0), POLLS_LEAST, POLLS_MOST);
}

static void a_controller_that_was_given_up_ends_the_wait(void **state)
{
	struct fake_device *dev = fake_create(NULL);

	patience_start(dev->qp);
	dev->qp->patience = 2;
	atomic_store(&dev->ctrlr.failed, true);
	assert_true(patience_lasts(dev->qp));
	assert_false(patience_lasts(dev->qp));
	fake_destroy(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_look_at_the_controller_comes_soon),
		cmocka_unit_test(the_controller_is_looked_at_in_time_however_fast_the_owner_polls),
		cmocka_unit_test(a_controller_that_was_given_up_ends_the_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
