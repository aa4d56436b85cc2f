/* SPDX-License-Identifier: BSD-3-Clause */
/* SGL descriptors and segments, good and bad, as commands have them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/softctrl_host.h"

#define PAGE 4096u
#define END  (HOST_IOVA + HOST_BYTES)

static int setup(void **state)
{
	struct host *host = calloc(1, sizeof(*host));

	host_init(host);
	host->config.mdts = 9;
	host_create(host);
	host_enable(host);
	host_queue_pair(host, 1, 16, 16);
	*state = host;
	return 0;
}

static uint16_t sgl_status(struct host *host, uint32_t nblocks, struct upnvme_spec_sgl_desc sgl1)
{
	return host_status(host, 1, host_sgl_rw(0x02, nblocks, sgl1));
}

static void one_sgl_data_block_takes_any_address(void **state)
{
	struct host *host = *state;
	uint8_t *pattern = host_write_pattern(host, 65536);
	uint64_t iova;
	uint8_t *in = host_alloc(host, 65536 + PAGE, PAGE, &iova);

	for (uint32_t offset = 0; offset < 70; offset += 3) {
		memset(in, 0, 65536 + PAGE);
		assert_int_equal(sgl_status(host, 128, host_sgl_desc(0, iova + offset, 65536)), 0);
		assert_memory_equal(in + offset, pattern, 65536);
		assert_int_equal(in[offset + 65536], 0);
	}
	free(pattern);
}

static void sgl_segments_chain(void **state)
{
	struct host *host = *state;
	uint8_t *pattern = host_write_pattern(host, 8192);
	uint64_t iova, one_iova, two_iova;
	struct upnvme_spec_sgl_desc *one = host_page(host, &one_iova),
				    *two = host_page(host, &two_iova);
	uint8_t *in = host_alloc(host, 65536, PAGE, &iova);

	one[0] = host_sgl_desc(0, iova + 10001, 3);
	one[1] = host_sgl_desc(0, 0, 0); /* an empty block, whose address means nothing */
	one[2] = host_sgl_desc(0, iova + 1, 4093);
	one[3] = host_sgl_desc(3, two_iova, 48);
	two[0] = host_sgl_desc(0, iova + 20000, 1000);
	two[1] = host_sgl_desc(0, iova + 30000, 1);
	two[2] = host_sgl_desc(0, iova + 40000, 8192 - 4096 - 1001);
	assert_int_equal(sgl_status(host, 16, host_sgl_desc(2, one_iova, 64)), 0);
	assert_memory_equal(in + 10001, pattern, 3);
	assert_memory_equal(in + 1, pattern + 3, 4093);
	assert_memory_equal(in + 20000, pattern + 4096, 1000);
	assert_memory_equal(in + 30000, pattern + 5096, 1);
	assert_memory_equal(in + 40000, pattern + 5097, 8192 - 5097);
	/* The command itself names the last segment. */
	two[2].length = 4096 - 1001;
	assert_int_equal(sgl_status(host, 8, host_sgl_desc(3, two_iova, 48)), 0);
	assert_memory_equal(in + 20000, pattern, 1000);
	free(pattern);
}

static void sgl_lengths_have_to_fit_the_transfer(void **state)
{
	struct host *host = *state;
	uint64_t iova, seg_iova;
	struct upnvme_spec_sgl_desc *seg = host_page(host, &seg_iova);

	host_alloc(host, 65536, PAGE, &iova);
	assert_int_equal(sgl_status(host, 1, host_sgl_desc(0, iova, 511)), 0x00f);
	assert_int_equal(sgl_status(host, 1, host_sgl_desc(0, iova, 513)), 0x00f);
	assert_int_equal(sgl_status(host, 1, host_sgl_desc(0, iova, 0)), 0x00f);
	seg[0] = host_sgl_desc(0, iova, 256);
	seg[1] = host_sgl_desc(0, iova, 255);
	assert_int_equal(sgl_status(host, 1, host_sgl_desc(3, seg_iova, 32)), 0x00f);
	seg[1].length = 257;
	assert_int_equal(sgl_status(host, 1, host_sgl_desc(3, seg_iova, 32)), 0x00f);
	seg[1].length = 256;
	assert_int_equal(sgl_status(host, 1, host_sgl_desc(3, seg_iova, 32)), 0);
}

static void sgl_descriptor_types_are_checked(void **state)
{
	struct host *host = *state;
	struct upnvme_spec_sgl_desc bad = host_sgl_desc(0, HOST_IOVA, 512);
	uint64_t seg_iova;
	struct upnvme_spec_sgl_desc *seg = host_page(host, &seg_iova);

	for (unsigned type = 0; type < 16; type++) {
		uint16_t expected = type == 2 || type == 3 ? 0x00d : 0x011;

		if (type == 0)
			continue;
		/* A segment's length is a multiple of 16, which 500 is not. */
		assert_int_equal(sgl_status(host, 1, host_sgl_desc(type, seg_iova, 500)), expected);
	}
	bad.id = 0x01; /* offset instead of address */
	assert_int_equal(sgl_status(host, 1, bad), 0x011);
	seg[0] = bad;
	assert_int_equal(sgl_status(host, 1, host_sgl_desc(3, seg_iova, 16)), 0x011);
	seg[0] = host_sgl_desc(1, 0, 512); /* bit bucket, not in SGLS */
	assert_int_equal(sgl_status(host, 1, host_sgl_desc(3, seg_iova, 16)), 0x011);
	bad = host_sgl_desc(3, seg_iova, 16);
	bad.id |= 1;
	assert_int_equal(sgl_status(host, 1, bad), 0x011);
}

static void sgl_segments_are_checked(void **state)
{
	struct host *host = *state;
	uint64_t iova, seg_iova;
	struct upnvme_spec_sgl_desc *seg = host_page(host, &seg_iova);

	host_page(host, &iova);
	assert_int_equal(sgl_status(host, 1, host_sgl_desc(3, seg_iova, 0)), 0x00d);
	assert_int_equal(sgl_status(host, 1, host_sgl_desc(3, seg_iova, 24)), 0x00d);
	assert_int_equal(sgl_status(host, 1, host_sgl_desc(3, seg_iova + 4, 16)), 0x00d);
	assert_int_equal(sgl_status(host, 1, host_sgl_desc(3, END, 16)), 0x004);
	assert_int_equal(sgl_status(host, 1, host_sgl_desc(2, END - 16, 32)), 0x004);
	seg[0] = host_sgl_desc(3, seg_iova, 16);
	assert_int_equal(sgl_status(host, 1, host_sgl_desc(3, seg_iova, 16)),
			 0x00d); /* after the last */
	seg[1] = host_sgl_desc(0, iova, 512);
	assert_int_equal(sgl_status(host, 1, host_sgl_desc(2, seg_iova, 32)),
			 0x00e); /* not at the end */
	seg[0] = host_sgl_desc(0, iova, 512);
	assert_int_equal(sgl_status(host, 1, host_sgl_desc(2, seg_iova, 16)),
			 0x00d); /* no successor */
	seg[0] = host_sgl_desc(2, seg_iova, 16);
	assert_int_equal(sgl_status(host, 1, host_sgl_desc(2, seg_iova, 16)), 0x00e); /* for ever */
	assert_int_equal(sgl_status(host, 1, host_sgl_desc(2, seg_iova, 0xfffffff0)), 0x00e);
	seg[0] = host_sgl_desc(0, END, 512);
	assert_int_equal(sgl_status(host, 1, host_sgl_desc(3, seg_iova, 16)), 0x004);
	seg[0] = host_sgl_desc(0, UINT64_MAX - 1, 512);
	assert_int_equal(sgl_status(host, 1, host_sgl_desc(3, seg_iova, 16)), 0x004);
}

static void many_small_sgl_descriptors_are_taken_up_to_a_limit(void **state)
{
	struct host *host = *state;
	uint64_t iova, seg_iova;
	struct upnvme_spec_sgl_desc *seg = host_alloc(host, 2000 * 16, PAGE, &seg_iova);
	uint8_t *in = host_alloc(host, 65536, PAGE, &iova);
	uint8_t *pattern = host_write_pattern(host, 8192);

	for (uint32_t i = 0; i < 1024; i++)
		seg[i] = host_sgl_desc(0, iova + i * 16, 4);
	assert_int_equal(sgl_status(host, 8, host_sgl_desc(3, seg_iova, 1024 * 16)), 0);
	for (uint32_t i = 0; i < 1024; i++)
		assert_memory_equal(in + i * 16, pattern + i * 4, 4);
	for (uint32_t i = 0; i < 2000; i++)
		seg[i] = host_sgl_desc(0, iova + i * 16, i == 1999 ? 4096 - 1999 : 1);
	assert_int_equal(sgl_status(host, 8, host_sgl_desc(3, seg_iova, 2000 * 16)), 0x00e);
	free(pattern);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, host_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(one_sgl_data_block_takes_any_address),
		test(sgl_segments_chain),
		test(sgl_lengths_have_to_fit_the_transfer),
		test(sgl_descriptor_types_are_checked),
		test(sgl_segments_are_checked),
		test(many_small_sgl_descriptors_are_taken_up_to_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
