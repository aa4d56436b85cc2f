/* SPDX-License-Identifier: BSD-3-Clause */
/* Ranges, durability and failures, which all commands for logical blocks have in common. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/fault_media.h"
#include "support/softctrl_lane.h"

static void fua_reads_and_writes_work(void **state)
{
	struct lane *lane = *state;
	struct upnvme_spec_sqe sqe = lane_rw(lane, 0x01, 1, 8, 512);

	lane_fill(lane, 2);
	sqe.cdw12 |= 1u << 30;
	assert_int_equal(host_status(&lane->host, 1, sqe), 0);
	sqe.opcode = 0x05;
	assert_int_equal(host_status(&lane->host, 1, sqe), 0);
	sqe.opcode = 0x02;
	assert_int_equal(host_status(&lane->host, 1, sqe), 0);
	assert_int_equal(lane_run(lane, 0x05, 1, 8, 512), 0);
}

static void a_read_only_namespace_is_write_protected(void **state)
{
	struct lane *lane = *state;
	struct upnvme_spec_sqe sqe = lane_dsm(lane, 1, 4);

	assert_int_equal(lane_run(lane, 0x02, 2, 0, 8), 0);
	assert_int_equal(lane_run(lane, 0x05, 2, 0, 8), 0);
	assert_int_equal(lane_run(lane, 0x01, 2, 0, 8), 0x020);
	assert_int_equal(lane_run(lane, 0x08, 2, 0, 8), 0x020);
	memset(lane->data, 0, 4096);
	sqe.nsid = 2;
	assert_int_equal(host_status(&lane->host, 1, sqe), 0x020);
	sqe.cdw11 = 1;
	assert_int_equal(host_status(&lane->host, 1, sqe), 0);
}

static void a_namespace_of_larger_blocks_counts_in_its_blocks(void **state)
{
	struct lane *lane = *state;

	lane_fill(lane, 5);
	assert_int_equal(lane_run(lane, 0x01, 3, 16320, 64), 0);
	assert_int_equal(lane_run(lane, 0x05, 3, 16320, 64), 0);
	assert_int_equal(lane_run(lane, 0x02, 3, 16383, 1), 0);
	assert_int_equal(lane_run(lane, 0x02, 3, 16383, 2), 0x080);
	assert_int_equal(lane_run(lane, 0x02, 3, 0, 257), 0x002);
	assert_int_equal(host_status(&lane->host, 1, host_rw(0x0c, 3, 0, 16384, 0, 0)), 0);
}

static void lba_out_of_range_is_refused(void **state)
{
	struct host *host = *state;
	uint64_t iova, last = (16 << 20) / 512 - 1;

	host_page(host, &iova);
	assert_int_equal(host_status(host, 1, host_rw(0x02, 1, last, 1, iova, 0)), 0);
	assert_int_equal(host_status(host, 1, host_rw(0x02, 1, last, 2, iova, 0)), 0x080);
	assert_int_equal(host_status(host, 1, host_rw(0x02, 1, last + 1, 1, iova, 0)), 0x080);
	assert_int_equal(host_status(host, 1, host_rw(0x01, 1, UINT64_MAX, 1, iova, 0)), 0x080);
	assert_int_equal(host_status(host, 1, host_rw(0x01, 1, UINT64_MAX, 2, iova, 0)), 0x080);
}

static void transfers_above_mdts_are_refused(void **state)
{
	struct host *host = *state;
	struct upnvme_spec_sqe sqe = host_rw(0x02, 1, 0, 2049, HOST_IOVA, HOST_IOVA);
	struct upnvme_spec_cqe cqe = host_run(host, 1, sqe);

	assert_int_equal(host_code(cqe), 0x002);
	assert_true(UPNVME_SPEC_CQE_STATUS(cqe.status) & UPNVME_SPEC_STATUS_DNR_BIT);
}

static uint64_t buffer(struct host *host)
{
	uint64_t iova;

	host_page(host, &iova);
	return iova;
}

static uint16_t status(struct host *host, uint8_t opcode, uint32_t flags)
{
	struct upnvme_spec_sqe sqe = host_rw(opcode, 1, 0, 8, buffer(host), 0);

	sqe.cdw12 |= flags;
	return host_status(host, 1, sqe);
}

static void failed_reads_are_unrecovered_read_errors(void **state)
{
	fault.results[MEDIA_READ] = -EIO;
	assert_int_equal(status(*state, 0x02, 0), 0x281);
	assert_int_equal(status(*state, 0x05, 0), 0x281);
	assert_int_equal(status(*state, 0x0c, 0), 0x281);
	fault.results[MEDIA_READ] = -ENOSPC;
	assert_int_equal(status(*state, 0x02, 0), 0x281);
}

static void failed_writes_say_why(void **state)
{
	static const struct {
		int result;
		uint16_t status;
	} rows[] = { { -EIO, 0x280 }, { -EINVAL, 0x280 }, { -ENOSPC, 0x081 }, { -EROFS, 0x020 } };
	struct host *host = *state;
	struct upnvme_spec_sqe dsm = { .opcode = 0x09, .nsid = 1, .cdw10 = 1, .cdw11 = 4 };
	struct upnvme_spec_dsm_range *ranges = host_page(host, &dsm.prp1);

	ranges[0].length = 1;
	ranges[1].length = 1;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fault.results[MEDIA_WRITE] = rows[i].result;
		fault.results[MEDIA_WRITE_ZEROES] = rows[i].result;
		fault.results[MEDIA_DEALLOCATE] = rows[i].result;
		fault.results[MEDIA_FLUSH] = rows[i].result;
		assert_int_equal(status(host, 0x01, 0), rows[i].status);
		assert_int_equal(status(host, 0x08, 0), rows[i].status);
		assert_int_equal(status(host, 0x08, 1 << 25), rows[i].status);
		assert_int_equal(status(host, 0x00, 0), rows[i].status);
		fault.nsubmitted[MEDIA_DEALLOCATE] = 0;
		assert_int_equal(host_status(host, 1, dsm), rows[i].status);
		assert_int_equal(fault.nsubmitted[MEDIA_DEALLOCATE],
				 1); /* the second is not tried */
	}
}

static void reads_with_fua_flush_first(void **state)
{
	static const uint8_t opcodes[] = { 0x02, 0x05, 0x0c };

	for (unsigned i = 0; i < sizeof(opcodes); i++) {
		memset(fault.nsubmitted, 0, sizeof(fault.nsubmitted));
		fault.results[MEDIA_FLUSH] = 0;
		assert_int_not_equal(status(*state, opcodes[i], 1u << 30), 0x281);
		assert_int_equal(fault.nsubmitted[MEDIA_FLUSH], 1);
		assert_int_equal(fault.nsubmitted[MEDIA_READ], 1);
		fault.results[MEDIA_FLUSH] = -EIO;
		assert_int_equal(status(*state, opcodes[i], 1u << 30), 0x280);
		assert_int_equal(fault.nsubmitted[MEDIA_READ], 1);
	}
}

static void writes_are_durable_by_fua_or_without_the_cache(void **state)
{
	struct host *host = *state;
	struct upnvme_spec_sqe cache = { .opcode = 0x09, .cdw10 = 0x06, .cdw11 = 0 };
	struct upnvme_spec_sqe dsm = { .opcode = 0x09, .nsid = 1, .cdw10 = 0, .cdw11 = 4 };
	struct upnvme_spec_dsm_range *ranges = host_page(host, &dsm.prp1);

	ranges[0].length = 1;
	assert_int_equal(status(host, 0x01, 0), 0);
	assert_false(fault.fua);
	assert_int_equal(status(host, 0x01, 1u << 30), 0);
	assert_true(fault.fua);
	assert_int_equal(status(host, 0x08, 0), 0);
	assert_false(fault.fua);
	assert_int_equal(status(host, 0x08, 1u << 30), 0);
	assert_true(fault.fua);
	assert_int_equal(host_status(host, 1, dsm), 0);
	assert_false(fault.fua);
	assert_int_equal(host_status(host, 0, cache), 0);
	assert_int_equal(status(host, 0x01, 0), 0);
	assert_true(fault.fua);
	assert_int_equal(status(host, 0x08, 0), 0);
	assert_true(fault.fua);
	assert_int_equal(host_status(host, 1, dsm), 0);
	assert_true(fault.fua);
}

#define with_defaults(name) cmocka_unit_test_setup_teardown(name, host_setup_io, host_teardown)
#define with_faults(name)   cmocka_unit_test_setup_teardown(name, fault_setup, fault_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		lane_both(fua_reads_and_writes_work),
		lane_both(a_read_only_namespace_is_write_protected),
		lane_both(a_namespace_of_larger_blocks_counts_in_its_blocks),
		with_defaults(lba_out_of_range_is_refused),
		with_defaults(transfers_above_mdts_are_refused),
		with_faults(failed_reads_are_unrecovered_read_errors),
		with_faults(failed_writes_say_why),
		with_faults(reads_with_fua_flush_first),
		with_faults(writes_are_durable_by_fua_or_without_the_cache),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
