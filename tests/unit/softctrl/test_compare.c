/* SPDX-License-Identifier: BSD-3-Clause */
/* Compare and Verify, over memory and over a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/softctrl_lane.h"

static void compare_finds_a_difference_anywhere(void **state)
{
	struct lane *lane = *state;
	static const uint32_t places[] = { 0, 1, 511, 4095, 4096, 131071, 131072, 200000, 262143 };

	lane_fill(lane, 1);
	assert_int_equal(lane_run(lane, 0x01, 1, 100, 512), 0);
	assert_int_equal(lane_run(lane, 0x05, 1, 100, 512), 0);
	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		lane->data[places[i]] ^= 1;
		assert_int_equal(lane_run(lane, 0x05, 1, 100, 512), 0x285);
		lane->data[places[i]] ^= 1;
	}
	assert_int_equal(lane_run(lane, 0x05, 1, 101, 512), 0x285);
	assert_int_equal(lane_run(lane, 0x05, 1, 100, 2049), 0x002); /* MDTS */
	assert_int_equal(lane_run(lane, 0x05, 1, 32768, 1), 0x080);
}

static void verify_reads_without_data(void **state)
{
	struct lane *lane = *state;
	struct upnvme_spec_sqe sqe = host_rw(0x0c, 1, 0, 32768, 0, 0);

	assert_int_equal(host_status(&lane->host, 1, sqe),
			 0); /* beyond MDTS, which does not bound Verify */
	sqe.cdw12 |= 1u << 30;
	assert_int_equal(host_status(&lane->host, 1, sqe), 0);
	sqe.cdw10 = 1;
	assert_int_equal(host_status(&lane->host, 1, sqe), 0x080);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lane_both(compare_finds_a_difference_anywhere),
		lane_both(verify_reads_without_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
