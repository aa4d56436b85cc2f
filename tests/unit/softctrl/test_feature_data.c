/* SPDX-License-Identifier: BSD-3-Clause */
/* The features whose value is in the data. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/softctrl_host.h"

static uint64_t timestamp(struct host *host, uint8_t *attributes)
{
	struct upnvme_spec_sqe sqe = host_get_feature_sqe(0x0e, 0, 0);
	uint8_t *data = host_page(host, &sqe.prp1);
	uint64_t ms = 0;

	assert_int_equal(host_status(host, 0, sqe), 0);
	memcpy(&ms, data, 6);
	*attributes = data[6];
	assert_int_equal(data[7], 0);
	return ms;
}

static void timestamp_ticks(void **state)
{
	struct host *host = *state;
	struct upnvme_spec_sqe sqe = host_set_feature_sqe(0x0e, 0);
	uint64_t start = 0x0123456789abull, first, later;
	uint8_t attributes;

	assert_in_range(timestamp(host, &attributes), 0, 10000);
	assert_int_equal(attributes, 0);
	memcpy(host_page(host, &sqe.prp1), &start, 6);
	assert_int_equal(host_status(host, 0, sqe), 0);
	first = timestamp(host, &attributes);
	assert_int_equal(attributes, 1 << 1);
	assert_in_range(first, start, start + 10000);
	do
		later = timestamp(host, &attributes);
	while (later == first && host->used < HOST_BYTES / 2);
	assert_true(later > first);
	host_disable(host);
	host_enable(host);
	assert_in_range(timestamp(host, &attributes), 0, 10000);
	assert_int_equal(attributes, 0);
	sqe.prp1 = 0;
	assert_int_equal(host_status(host, 0, sqe), 0x004);
}

static void host_behavior_is_kept(void **state)
{
	struct host *host = *state;
	struct upnvme_spec_sqe sqe = host_set_feature_sqe(0x16, 0);
	uint8_t *data = host_page(host, &sqe.prp1), expected[512] = { 1, 1, 0 };

	data[0] = 1;
	data[1] = 1;
	data[100] = 77; /* reserved */
	assert_int_equal(host_status(host, 0, sqe), 0);
	data[0] = 2;
	assert_int_equal(host_status(host, 0, sqe), 0x002);
	data[0] = 1;
	data[2] = 1; /* LBAFEE, without ELBAS in CTRATT */
	assert_int_equal(host_status(host, 0, sqe), 0x002);
	sqe.opcode = 0x0a;
	memset(data, 0xff, 4096);
	assert_int_equal(host_status(host, 0, sqe), 0);
	assert_memory_equal(data, expected, 512);
	assert_int_equal(data[512], 0xff);
}

#define test(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(timestamp_ticks),
		test(host_behavior_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
