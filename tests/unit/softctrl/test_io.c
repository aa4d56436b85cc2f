/* SPDX-License-Identifier: BSD-3-Clause */
/* The I/O commands besides Read and Write, over each kind of medium. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/softctrl_host.h"

#define PAGES 64u /* a buffer of 256 KiB, reached by a list */

struct lane {
	struct host host;
	char path[HOST_PATH_BYTES];
	int fd;
	uint8_t *data;
	uint64_t data_iova;
	uint64_t list_iova;
};

static struct lane *lane_new(void)
{
	struct lane *lane = calloc(1, sizeof(*lane));

	lane->fd = -1;
	host_init(&lane->host);
	return lane;
}

static void lane_start(struct lane *lane)
{
	struct host *host = &lane->host;
	uint64_t *list;

	host_create(host);
	host_enable(host);
	host_queue_pair(host, 1, 16, 16);
	lane->data = host_alloc(host, PAGES * 4096, 4096, &lane->data_iova);
	list = host_page(host, &lane->list_iova);
	for (uint64_t i = 1; i < PAGES; i++)
		list[i - 1] = lane->data_iova + i * 4096;
}

static int setup_ram(void **state)
{
	struct lane *lane = lane_new();

	lane->host.media[1] = (struct media_config){
		.maker = &media_ram, .size_bytes = 1 << 20, .block_bytes = 512, .readonly = true
	};
	lane->host.media[2] = (struct media_config){ .maker = &media_ram,
						     .size_bytes = 64 << 20,
						     .block_bytes = 4096 };
	lane->host.config.nnamespaces = 3;
	lane_start(lane);
	*state = lane;
	return 0;
}

static int setup_file(void **state)
{
	struct lane *lane = lane_new();

	lane->fd = host_temp_file(lane->path, 16 << 20);
	lane->host.media[0] = (struct media_config){ .maker = &media_file,
						     .path = lane->path,
						     .block_bytes = 512 };
	lane->host.media[1] = (struct media_config){
		.maker = &media_ram, .size_bytes = 1 << 20, .block_bytes = 512, .readonly = true
	};
	lane->host.media[2] = (struct media_config){ .maker = &media_ram,
						     .size_bytes = 64 << 20,
						     .block_bytes = 4096 };
	lane->host.config.nnamespaces = 3;
	lane_start(lane);
	*state = lane;
	return 0;
}

static int teardown(void **state)
{
	struct lane *lane = *state;

	host_destroy(&lane->host);
	if (lane->fd >= 0) {
		close(lane->fd);
		unlink(lane->path);
	}
	free(lane);
	return 0;
}

static struct nvme_sqe rw(struct lane *lane, uint8_t opcode, uint32_t nsid, uint64_t slba,
			  uint32_t n)
{
	uint32_t pages = n * (nsid == 3 ? 8 : 1) / 8;

	return host_rw(opcode, nsid, slba, n, lane->data_iova,
		       pages > 2 ? lane->list_iova : lane->data_iova + 4096);
}

static uint16_t run(struct lane *lane, uint8_t opcode, uint32_t nsid, uint64_t slba, uint32_t n)
{
	return host_status(&lane->host, 1, rw(lane, opcode, nsid, slba, n));
}

static void fill(struct lane *lane, unsigned seed)
{
	srand(seed);
	for (uint32_t i = 0; i < PAGES * 4096; i++)
		lane->data[i] = (uint8_t)rand();
}

static bool all_zero(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bytes[i])
			return false;
	}
	return true;
}

static void flush_takes_one_namespace_or_all(void **state)
{
	struct lane *lane = *state;
	struct nvme_sqe sqe = { .opcode = 0x00, .nsid = 1 };

	assert_int_equal(run(lane, 0x01, 1, 0, 8), 0);
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

static void compare_finds_a_difference_anywhere(void **state)
{
	struct lane *lane = *state;
	static const uint32_t places[] = { 0, 1, 511, 4095, 4096, 131071, 131072, 200000, 262143 };

	fill(lane, 1);
	assert_int_equal(run(lane, 0x01, 1, 100, 512), 0);
	assert_int_equal(run(lane, 0x05, 1, 100, 512), 0);
	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		lane->data[places[i]] ^= 1;
		assert_int_equal(run(lane, 0x05, 1, 100, 512), 0x285);
		lane->data[places[i]] ^= 1;
	}
	assert_int_equal(run(lane, 0x05, 1, 101, 512), 0x285);
	assert_int_equal(run(lane, 0x05, 1, 100, 2049), 0x002); /* MDTS */
	assert_int_equal(run(lane, 0x05, 1, 32768, 1), 0x080);
}

static void verify_reads_without_data(void **state)
{
	struct lane *lane = *state;
	struct nvme_sqe sqe = host_rw(0x0c, 1, 0, 32768, 0, 0);

	assert_int_equal(host_status(&lane->host, 1, sqe),
			 0); /* beyond MDTS, which is not for it */
	sqe.cdw12 |= 1u << 30;
	assert_int_equal(host_status(&lane->host, 1, sqe), 0);
	sqe.cdw10 = 1;
	assert_int_equal(host_status(&lane->host, 1, sqe), 0x080);
}

static void fua_reads_and_writes_work(void **state)
{
	struct lane *lane = *state;
	struct nvme_sqe sqe = rw(lane, 0x01, 1, 8, 512);

	fill(lane, 2);
	sqe.cdw12 |= 1u << 30;
	assert_int_equal(host_status(&lane->host, 1, sqe), 0);
	sqe.opcode = 0x05;
	assert_int_equal(host_status(&lane->host, 1, sqe), 0);
	sqe.opcode = 0x02;
	assert_int_equal(host_status(&lane->host, 1, sqe), 0);
	assert_int_equal(run(lane, 0x05, 1, 8, 512), 0);
}

static void write_zeroes_makes_zeroes_with_and_without_deallocation(void **state)
{
	static const uint32_t flags[] = { 0, 1u << 25, 1u << 30, 3u << 30, 1u << 25 | 1u << 30 };
	struct lane *lane = *state;

	for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		struct nvme_sqe sqe = host_rw(0x08, 1, 101, 510, 0, 0);

		fill(lane, 3);
		lane->data[511] = 1;
		lane->data[511 * 512] = 1;
		assert_int_equal(run(lane, 0x01, 1, 100, 512), 0);
		sqe.cdw12 |= flags[i];
		assert_int_equal(host_status(&lane->host, 1, sqe), 0);
		assert_int_equal(run(lane, 0x02, 1, 100, 512), 0);
		assert_int_equal(lane->data[511], 1);
		assert_int_equal(lane->data[511 * 512], 1);
		assert_true(all_zero(lane->data + 512, 510 * 512));
	}
	assert_int_equal(host_status(&lane->host, 1, host_rw(0x08, 1, 0, 32768, 0, 0)), 0);
	assert_int_equal(host_status(&lane->host, 1, host_rw(0x08, 1, 1, 32768, 0, 0)), 0x080);
}

static struct nvme_sqe dsm(struct lane *lane, uint32_t nranges, uint32_t attributes)
{
	return (struct nvme_sqe){ .opcode = 0x09,
				  .nsid = 1,
				  .prp1 = lane->data_iova,
				  .prp2 = lane->data_iova + 4096,
				  .cdw10 = nranges - 1,
				  .cdw11 = attributes };
}

static void deallocated_ranges_read_as_zeroes(void **state)
{
	struct lane *lane = *state;
	struct nvme_dsm_range *ranges = (void *)lane->data;

	fill(lane, 4);
	memset(lane->data, 1, PAGES * 4096);
	assert_int_equal(run(lane, 0x01, 1, 0, 512), 0);
	memset(ranges, 0, 4096);
	for (uint32_t i = 0; i < 256; i++) /* every second block; the attributes are hints */
		ranges[i] = (struct nvme_dsm_range){ .slba = 2 * i, .length = 1, .cattr = 0x7ff };
	ranges[7].length = 0;
	assert_int_equal(host_status(&lane->host, 1, dsm(lane, 256, 7)), 0);
	assert_int_equal(run(lane, 0x02, 1, 0, 512), 0);
	for (uint32_t i = 0; i < 512; i++)
		assert_int_equal(lane->data[i * 512 + 511], i % 2 || i == 14);
}

static void deallocation_checks_all_ranges_before_any(void **state)
{
	struct lane *lane = *state;
	struct nvme_dsm_range *ranges = (void *)lane->data;

	memset(lane->data, 1, 512);
	assert_int_equal(run(lane, 0x01, 1, 0, 1), 0);
	memset(ranges, 0, 4096);
	ranges[0].length = 1;
	ranges[1] = (struct nvme_dsm_range){ .slba = 32767, .length = 2 };
	assert_int_equal(host_status(&lane->host, 1, dsm(lane, 2, 4)), 0x080);
	ranges[1] = (struct nvme_dsm_range){ .slba = UINT64_MAX, .length = 1 };
	assert_int_equal(host_status(&lane->host, 1, dsm(lane, 2, 4)), 0x080);
	assert_int_equal(host_status(&lane->host, 1, dsm(lane, 1, 3)), 0); /* hints only */
	assert_int_equal(run(lane, 0x02, 1, 0, 1), 0);
	assert_int_equal(lane->data[0], 1);
	memset(ranges, 0, 4096);
	ranges[0].length = 32768;
	assert_int_equal(host_status(&lane->host, 1, dsm(lane, 1, 4)), 0);
	assert_int_equal(run(lane, 0x02, 1, 0, 1), 0);
	assert_int_equal(lane->data[0], 0);
}

static void ranges_that_cannot_be_reached_are_a_transfer_error(void **state)
{
	struct lane *lane = *state;
	struct nvme_sqe sqe = dsm(lane, 256, 4);

	sqe.prp1 = 0;
	assert_int_equal(host_status(&lane->host, 1, sqe), 0x004);
	sqe.prp1 = lane->data_iova + 2048;
	sqe.prp2 = 0;
	assert_int_equal(host_status(&lane->host, 1, sqe), 0x004);
}

static void a_read_only_namespace_is_write_protected(void **state)
{
	struct lane *lane = *state;
	struct nvme_sqe sqe = dsm(lane, 1, 4);

	assert_int_equal(run(lane, 0x02, 2, 0, 8), 0);
	assert_int_equal(run(lane, 0x05, 2, 0, 8), 0);
	assert_int_equal(run(lane, 0x01, 2, 0, 8), 0x020);
	assert_int_equal(run(lane, 0x08, 2, 0, 8), 0x020);
	memset(lane->data, 0, 4096);
	sqe.nsid = 2;
	assert_int_equal(host_status(&lane->host, 1, sqe), 0x020);
	sqe.cdw11 = 1;
	assert_int_equal(host_status(&lane->host, 1, sqe), 0);
}

static void a_namespace_of_larger_blocks_counts_in_them(void **state)
{
	struct lane *lane = *state;

	fill(lane, 5);
	assert_int_equal(run(lane, 0x01, 3, 16320, 64), 0);
	assert_int_equal(run(lane, 0x05, 3, 16320, 64), 0);
	assert_int_equal(run(lane, 0x02, 3, 16383, 1), 0);
	assert_int_equal(run(lane, 0x02, 3, 16383, 2), 0x080);
	assert_int_equal(run(lane, 0x02, 3, 0, 257), 0x002);
	assert_int_equal(host_status(&lane->host, 1, host_rw(0x0c, 3, 0, 16384, 0, 0)), 0);
}

#define both(name)                                                  \
	cmocka_unit_test_setup_teardown(name, setup_ram, teardown), \
		cmocka_unit_test_setup_teardown(name, setup_file, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		both(flush_takes_one_namespace_or_all),
		both(compare_finds_a_difference_anywhere),
		both(verify_reads_without_data),
		both(fua_reads_and_writes_work),
		both(write_zeroes_makes_zeroes_with_and_without_deallocation),
		both(deallocated_ranges_read_as_zeroes),
		both(deallocation_checks_all_ranges_before_any),
		both(ranges_that_cannot_be_reached_are_a_transfer_error),
		both(a_read_only_namespace_is_write_protected),
		both(a_namespace_of_larger_blocks_counts_in_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
