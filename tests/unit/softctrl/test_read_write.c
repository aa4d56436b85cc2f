/* SPDX-License-Identifier: BSD-3-Clause */
/* Read and Write as the software controller does them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/softctrl_host.h"

static int setup(void **state)
{
	struct host *host = calloc(1, sizeof(*host));

	host_open(host);
	host_queue_pair(host, 1, 16, 16);
	*state = host;
	return 0;
}

static int teardown(void **state)
{
	host_destroy(*state);
	free(*state);
	return 0;
}

static void fill(uint8_t *bytes, size_t n, unsigned seed)
{
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(i * 31 + i / 512 + seed);
}

static void what_is_written_is_read_back(void **state)
{
	struct host *host = *state;
	uint64_t out_iova, in_iova;
	uint8_t *out = host_page(host, &out_iova), *in = host_page(host, &in_iova);

	fill(out, 4096, 7);
	assert_int_equal(host_status(host, 1, host_rw(0x01, 1, 100, 8, out_iova, 0)), 0);
	assert_int_equal(host_status(host, 1, host_rw(0x02, 1, 100, 8, in_iova, 0)), 0);
	assert_memory_equal(in, out, 4096);
}

static void unwritten_blocks_read_as_zeroes(void **state)
{
	struct host *host = *state;
	uint64_t iova;
	uint8_t *in = host_page(host, &iova), zeroes[512] = { 0 };

	memset(in, 0xaa, 4096);
	assert_int_equal(host_status(host, 1, host_rw(0x02, 1, 5, 1, iova, 0)), 0);
	assert_memory_equal(in, zeroes, 512);
	assert_int_equal(in[512], 0xaa);
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
	struct nvme_sqe sqe = host_rw(0x02, 1, 0, 2049, HOST_IOVA, HOST_IOVA);
	struct nvme_cqe cqe = host_run(host, 1, sqe);

	assert_int_equal(host_code(cqe), 0x002);
	assert_true(NVME_CQE_STATUS(cqe.status) & NVME_STATUS_DNR);
}

static void namespaces_that_are_not_there_are_refused(void **state)
{
	struct host *host = *state;

	assert_int_equal(host_status(host, 1, host_rw(0x02, 0, 0, 1, HOST_IOVA, 0)), 0x00b);
	assert_int_equal(host_status(host, 1, host_rw(0x02, 2, 0, 1, HOST_IOVA, 0)), 0x00b);
	assert_int_equal(host_status(host, 1, host_rw(0x02, 0xffffffff, 0, 1, HOST_IOVA, 0)),
			 0x002);
}

static void unknown_opcodes_and_fused_commands_are_refused(void **state)
{
	struct host *host = *state;
	struct nvme_sqe fused = host_rw(0x02, 1, 0, 1, HOST_IOVA, 0);

	fused.flags = 1;
	assert_int_equal(host_status(host, 1, fused), 0x002);
	assert_int_equal(host_status(host, 1, host_rw(0x04, 1, 0, 1, HOST_IOVA, 0)), 0x001);
	assert_int_equal(host_status(host, 1, host_rw(0x19, 1, 0, 1, HOST_IOVA, 0)), 0x001);
	assert_int_equal(host_status(host, 1, host_rw(0xff, 1, 0, 1, HOST_IOVA, 0)), 0x001);
}

static void unreachable_memory_is_a_data_transfer_error_and_writes_nothing(void **state)
{
	struct host *host = *state;
	uint64_t iova, end = HOST_IOVA + HOST_BYTES;
	uint8_t *page = host_page(host, &iova), zeroes[4096] = { 0 };

	memset(host_ptr(host, end - 4096), 0x55, 4096);
	assert_int_equal(host_status(host, 1, host_rw(0x01, 1, 0, 16, end - 4096, end)), 0x004);
	assert_int_equal(host_status(host, 1, host_rw(0x01, 1, 0, 1, 0, 0)), 0x004);
	memset(page, 0xaa, 4096);
	assert_int_equal(host_status(host, 1, host_rw(0x02, 1, 0, 8, iova, 0)), 0);
	assert_memory_equal(page, zeroes, 4096);
}

static void fua_and_limited_retry_are_accepted(void **state)
{
	struct host *host = *state;
	struct nvme_sqe sqe = host_rw(0x01, 1, 0, 1, HOST_IOVA + HOST_BYTES / 2, 0);

	sqe.cdw12 |= 3u << 30;
	assert_int_equal(host_status(host, 1, sqe), 0);
	sqe.opcode = 0x02;
	assert_int_equal(host_status(host, 1, sqe), 0);
	sqe.cdw12 |= 0xfu << 26; /* PRINFO has nothing to apply to */
	assert_int_equal(host_status(host, 1, sqe), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_written_is_read_back, setup, teardown),
		cmocka_unit_test_setup_teardown(unwritten_blocks_read_as_zeroes, setup, teardown),
		cmocka_unit_test_setup_teardown(lba_out_of_range_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(transfers_above_mdts_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(namespaces_that_are_not_there_are_refused, setup,
						teardown),
		cmocka_unit_test_setup_teardown(unknown_opcodes_and_fused_commands_are_refused,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			unreachable_memory_is_a_data_transfer_error_and_writes_nothing, setup,
			teardown),
		cmocka_unit_test_setup_teardown(fua_and_limited_retry_are_accepted, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
