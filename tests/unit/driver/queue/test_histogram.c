/* SPDX-License-Identifier: BSD-3-Clause */
/* Buckets cover all values without gap or overlap, and are narrow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "driver/queue/histogram.h"

static void limits_of_buckets_ascend(void **state)
{
	assert_int_equal(histogram_limit_ns(0), 0);
	for (uint32_t i = 1; i < HISTOGRAM_BUCKETS; i++)
		assert_true(histogram_limit_ns(i) > histogram_limit_ns(i - 1));
	assert_true(histogram_limit_ns(HISTOGRAM_BUCKETS - 1) == UINT64_MAX);
	assert_true(histogram_limit_ns(HISTOGRAM_BUCKETS) == UINT64_MAX);
	assert_true(histogram_limit_ns(UINT32_MAX) == UINT64_MAX);
}

static void each_limit_is_the_last_of_its_bucket(void **state)
{
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		assert_int_equal(histogram_bucket(histogram_limit_ns(i)), i);
		if (i + 1 < HISTOGRAM_BUCKETS)
			assert_int_equal(histogram_bucket(histogram_limit_ns(i) + 1), i + 1);
	}
	assert_int_equal(histogram_bucket(UINT64_MAX), HISTOGRAM_BUCKETS - 1);
}

static void buckets_are_a_sixteenth_wide(void **state)
{
	for (uint32_t i = 17; i + 1 < HISTOGRAM_BUCKETS; i++) {
		uint64_t low = histogram_limit_ns(i - 1) + 1,
			 width = histogram_limit_ns(i) - low + 1;

		assert_true(width <= low / 16);
	}
}

static void each_measured_latency_is_counted(void **state)
{
	struct histogram *histogram;
	uint64_t total = 0;

	assert_int_equal(histogram_create(&histogram, 4), 0);
	for (uint32_t i = 0; i < 100; i++) {
		histogram_start(histogram, i % 4);
		histogram_stop(histogram, i % 4);
	}
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		total += histogram_counts(histogram)[i];
	assert_int_equal(total, 100);
	histogram_destroy(histogram);
	histogram_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_of_buckets_ascend),
		cmocka_unit_test(each_limit_is_the_last_of_its_bucket),
		cmocka_unit_test(buckets_are_a_sixteenth_wide),
		cmocka_unit_test(each_measured_latency_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
