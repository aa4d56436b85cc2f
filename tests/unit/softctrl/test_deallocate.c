/* SPDX-License-Identifier: BSD-3-Clause */
/* Write Zeroes and Dataset Management, over memory and over a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/softctrl_lane.h"

static bool all_zero(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bytes[i])
			return false;
	}
	return true;
}

static void write_zeroes_makes_zeroes_with_and_without_deallocation(void **state)
{
	static const uint32_t flags[] = { 0, 1u << 25, 1u << 30, 3u << 30, 1u << 25 | 1u << 30 };
	struct lane *lane = *state;

	for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		struct upnvme_spec_sqe sqe = host_rw(0x08, 1, 101, 510, 0, 0);

		lane_fill(lane, 3);
		lane->data[511] = 1;
		lane->data[511 * 512] = 1;
		assert_int_equal(lane_run(lane, 0x01, 1, 100, 512), 0);
		sqe.cdw12 |= flags[i];
		assert_int_equal(host_status(&lane->host, 1, sqe), 0);
		assert_int_equal(lane_run(lane, 0x02, 1, 100, 512), 0);
		assert_int_equal(lane->data[511], 1);
		assert_int_equal(lane->data[511 * 512], 1);
		assert_true(all_zero(lane->data + 512, 510 * 512));
	}
	assert_int_equal(host_status(&lane->host, 1, host_rw(0x08, 1, 0, 32768, 0, 0)), 0);
	assert_int_equal(host_status(&lane->host, 1, host_rw(0x08, 1, 1, 32768, 0, 0)), 0x080);
}

static void deallocated_ranges_read_as_zeroes(void **state)
{
	struct lane *lane = *state;
	struct upnvme_spec_dsm_range *ranges = (void *)lane->data;

	lane_fill(lane, 4);
	memset(lane->data, 1, LANE_PAGES * 4096);
	assert_int_equal(lane_run(lane, 0x01, 1, 0, 512), 0);
	memset(ranges, 0, 4096);
	for (uint32_t i = 0; i < 256; i++) /* every second block; the attributes are hints */
		ranges[i] = (struct upnvme_spec_dsm_range){ .slba = 2 * i,
							    .length = 1,
							    .cattr = 0x7ff };
	ranges[7].length = 0;
	assert_int_equal(host_status(&lane->host, 1, lane_dsm(lane, 256, 7)), 0);
	assert_int_equal(lane_run(lane, 0x02, 1, 0, 512), 0);
	for (uint32_t i = 0; i < 512; i++)
		assert_int_equal(lane->data[i * 512 + 511], i % 2 || i == 14);
}

static void deallocation_checks_all_ranges_before_any(void **state)
{
	struct lane *lane = *state;
	struct upnvme_spec_dsm_range *ranges = (void *)lane->data;

	memset(lane->data, 1, 512);
	assert_int_equal(lane_run(lane, 0x01, 1, 0, 1), 0);
	memset(ranges, 0, 4096);
	ranges[0].length = 1;
	ranges[1] = (struct upnvme_spec_dsm_range){ .slba = 32767, .length = 2 };
	assert_int_equal(host_status(&lane->host, 1, lane_dsm(lane, 2, 4)), 0x080);
	ranges[1] = (struct upnvme_spec_dsm_range){ .slba = UINT64_MAX, .length = 1 };
	assert_int_equal(host_status(&lane->host, 1, lane_dsm(lane, 2, 4)), 0x080);
	assert_int_equal(host_status(&lane->host, 1, lane_dsm(lane, 1, 3)), 0); /* hints only */
	assert_int_equal(lane_run(lane, 0x02, 1, 0, 1), 0);
	assert_int_equal(lane->data[0], 1);
	memset(ranges, 0, 4096);
	ranges[0].length = 32768;
	assert_int_equal(host_status(&lane->host, 1, lane_dsm(lane, 1, 4)), 0);
	assert_int_equal(lane_run(lane, 0x02, 1, 0, 1), 0);
	assert_int_equal(lane->data[0], 0);
}

static void ranges_that_cannot_be_reached_are_a_transfer_error(void **state)
{
	struct lane *lane = *state;
	struct upnvme_spec_sqe sqe = lane_dsm(lane, 256, 4);

	sqe.prp1 = 0;
	assert_int_equal(host_status(&lane->host, 1, sqe), 0x004);
	sqe.prp1 = lane->data_iova + 2048;
	sqe.prp2 = 0;
	assert_int_equal(host_status(&lane->host, 1, sqe), 0x004);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lane_both(write_zeroes_makes_zeroes_with_and_without_deallocation),
		lane_both(deallocated_ranges_read_as_zeroes),
		lane_both(deallocation_checks_all_ranges_before_any),
		lane_both(ranges_that_cannot_be_reached_are_a_transfer_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
