/* SPDX-License-Identifier: BSD-3-Clause */
/* Flush of one namespace, and of all. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/fault_media.h"
#include "support/softctrl_lane.h"

static void flush_takes_one_namespace_or_all(void **state)
{
	struct lane *lane = *state;
	struct upnvme_spec_sqe sqe = { .opcode = 0x00, .nsid = 1 };

	assert_int_equal(lane_run(lane, 0x01, 1, 0, 8), 0);
	assert_int_equal(host_status(&lane->host, 1, sqe), 0);
	sqe.nsid = 2;
	assert_int_equal(host_status(&lane->host, 1, sqe), 0);
	sqe.nsid = 0xffffffff;
	assert_int_equal(host_status(&lane->host, 1, sqe), 0);
	sqe.nsid = 4;
	assert_int_equal(host_status(&lane->host, 1, sqe), 0x00b);
	sqe.nsid = 0;
	assert_int_equal(host_status(&lane->host, 1, sqe), 0x00b);
}

static void flush_of_all_flushes_each(void **state)
{
	struct host *host = *state;
	struct upnvme_spec_sqe sqe = { .opcode = 0x00, .nsid = 0xffffffff };

	assert_int_equal(host_status(host, 1, sqe), 0);
	assert_int_equal(fault.nsubmitted[MEDIA_FLUSH], 2);
	fault.results[MEDIA_FLUSH] = -EIO;
	assert_int_equal(host_status(host, 1, sqe), 0x280);
	assert_int_equal(fault.nsubmitted[MEDIA_FLUSH], 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lane_both(flush_takes_one_namespace_or_all),
		cmocka_unit_test_setup_teardown(flush_of_all_flushes_each, fault_setup,
						fault_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
