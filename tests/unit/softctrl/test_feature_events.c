/* SPDX-License-Identifier: BSD-3-Clause */
/* The features that say which events a host wants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/softctrl_host.h"

/* A host that asks for events which OAES does not offer is refused, and the configuration stays as it was. */
static void events_that_oaes_does_not_offer_are_refused(void **state)
{
	struct host *host = *state;

	assert_int_equal(host_set_feature(host, 0x0b, 1 << 8 | 1 << 1), 0);
	for (unsigned bit = 0; bit < 32; bit++) {
		bool there = bit < 6 || bit == 8;

		if (!there)
			assert_int_equal(host_set_feature(host, 0x0b, 1u << bit), 0x002);
	}
	assert_int_equal(host_get_feature(host, 0x0b, 0, 0), 1 << 8 | 1 << 1);
}

static void temperature_thresholds_are_kept_for_each_sensor(void **state)
{
	struct host *host = *state;

	assert_int_equal(host_get_feature(host, 0x04, 0, 0), 343);
	assert_int_equal(host_get_feature(host, 0x04, 0, 1 << 20), 0);
	assert_int_equal(host_get_feature(host, 0x04, 0, 1 << 16), 0xffff);
	assert_int_equal(host_set_feature(host, 0x04, 400), 0);
	assert_int_equal(host_set_feature(host, 0x04, 2 << 16 | 401), 0);
	assert_int_equal(host_set_feature(host, 0x04, 1 << 20 | 200), 0);
	assert_int_equal(host_get_feature(host, 0x04, 0, 0), 400);
	assert_int_equal(host_get_feature(host, 0x04, 0, 2 << 16), 401);
	assert_int_equal(host_get_feature(host, 0x04, 0, 1 << 20), 200);
	assert_int_equal(host_get_feature(host, 0x04, 1, 2 << 16), 0xffff);
	assert_int_equal(host_set_feature(host, 0x04, 0xf << 16 | 402), 0);
	assert_int_equal(host_get_feature(host, 0x04, 0, 1 << 16), 402);
	assert_int_equal(host_status(host, 0, host_get_feature_sqe(0x04, 0, 3 << 16)), 0x002);
	assert_int_equal(host_status(host, 0, host_get_feature_sqe(0x04, 0, 2 << 20)), 0x002);
	assert_int_equal(host_set_feature(host, 0x04, 3 << 16), 0x002);
	assert_int_equal(host_set_feature(host, 0x04, 3 << 20), 0x002);
}

#define test(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(events_that_oaes_does_not_offer_are_refused),
		test(temperature_thresholds_are_kept_for_each_sensor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
