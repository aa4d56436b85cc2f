/* SPDX-License-Identifier: BSD-3-Clause */
/* Pauses are short at first and bounded at last. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/pause.h"

static void the_first_pauses_cost_little(void **state)
{
	struct pause pause = { 0 };
	uint64_t start_ns = clock_now_ns();

	for (int i = 0; i < 16; i++)
		pause_next(&pause);
	assert_true(clock_now_ns() - start_ns < 1 * NS_PER_S);
}

static void pauses_grow_to_a_millisecond_and_stay_there(void **state)
{
	struct pause pause = { 0 };
	uint64_t start_ns;

	for (int i = 0; i < 150; i++)
		pause_next(&pause);
	start_ns = clock_now_ns();
	for (int i = 0; i < 8; i++)
		pause_next(&pause);
	assert_in_range(clock_now_ns() - start_ns, 8 * NS_PER_MS, 10 * NS_PER_S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_pauses_cost_little),
		cmocka_unit_test(pauses_grow_to_a_millisecond_and_stay_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
