/* SPDX-License-Identifier: BSD-3-Clause */
/* Read and Write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/softctrl_host.h"

static void fill(uint8_t *bytes, size_t n, unsigned seed)
{
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(i * 31 + i / 512 + seed);
}

static void written_blocks_are_read_back(void **state)
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
	struct upnvme_spec_sqe sqe = host_rw(0x01, 1, 0, 1, HOST_IOVA + HOST_BYTES / 2, 0);

	sqe.cdw12 |= 3u << 30;
	assert_int_equal(host_status(host, 1, sqe), 0);
	sqe.opcode = 0x02;
	assert_int_equal(host_status(host, 1, sqe), 0);
	sqe.cdw12 |= 0xfu << 26; /* PRINFO: the namespace has no protection information */
	assert_int_equal(host_status(host, 1, sqe), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(written_blocks_are_read_back, host_setup_io,
						host_teardown),
		cmocka_unit_test_setup_teardown(unwritten_blocks_read_as_zeroes, host_setup_io,
						host_teardown),
		cmocka_unit_test_setup_teardown(
			unreachable_memory_is_a_data_transfer_error_and_writes_nothing,
			host_setup_io, host_teardown),
		cmocka_unit_test_setup_teardown(fua_and_limited_retry_are_accepted, host_setup_io,
						host_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
