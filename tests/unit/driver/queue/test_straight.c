/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads and writes of one buffer: the entry field by field, and its PRPs by an independent walker. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "support/fake_device.h"
#include "support/prp_walk.h"

static void complete(struct fake_device *dev, uint16_t cid)
{
	fake_post(dev, cid, 0);
	assert_int_equal(upnvme_poll(dev->qp, 0), 1);
}

static void a_read_of_a_page_has_one_prp(void **state)
{
	struct fake_device *dev = fake_create(&(struct fake_config){ .block_bytes = 4096 });
	char *buf = fake_alloc(dev, 8192);
	struct upnvme_spec_sqe sqe;

	assert_int_equal(upnvme_read(dev->qp, &dev->ns, buf, 0x123456, 1, fake_note, NULL),
			 -ERANGE);
	assert_int_equal(upnvme_read(dev->qp, &dev->ns, buf, 0x12345, 1, fake_note, NULL), 0);
	assert_false(fake_fetch(dev, &sqe)); /* the doorbell was not rung yet */
	assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
	sqe = fake_take(dev);
	fake_expect_sqe(&sqe, &(struct upnvme_spec_sqe){ .opcode = 0x02,
							 .flags = 0,
							 .cid = sqe.cid,
							 .nsid = FAKE_NSID,
							 .prp1 = fake_iova(buf),
							 .cdw10 = 0x12345 });
	assert_int_not_equal(sqe.cid, 0xffff);
	complete(dev, sqe.cid);
	fake_destroy(dev);
}

static void a_write_over_two_pages_has_two_prps(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	char *buf = fake_alloc(dev, 16384);
	struct upnvme_spec_sqe sqe;

	dev->geometry.nblocks = UINT64_MAX;
	assert_int_equal(upnvme_write(dev->qp, &dev->ns, buf + 4096 - 512, 0x876543210fedcba9, 2,
				      fake_note, NULL),
			 0);
	assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
	sqe = fake_take(dev);
	fake_expect_sqe(&sqe, &(struct upnvme_spec_sqe){ .opcode = 0x01,
							 .cid = sqe.cid,
							 .nsid = FAKE_NSID,
							 .prp1 = fake_iova(buf + 4096 - 512),
							 .prp2 = fake_iova(buf + 4096),
							 .cdw10 = 0x0fedcba9,
							 .cdw11 = 0x87654321,
							 .cdw12 = 1 });
	complete(dev, sqe.cid);
	fake_destroy(dev);
}

/* The ring's entries are used again: nothing of the last lap may be left. */
static void an_entry_is_overwritten_whole(void **state)
{
	struct fake_device *dev = fake_create(&(struct fake_config){ .entries = 4 });
	char *buf = fake_alloc(dev, 65536);

	for (uint32_t i = 0; i < 50; i++) {
		struct upnvme_spec_sqe *ring = fake_resolve(dev, qpair_sq_iova(dev->qp), 4 * 64),
				       sqe;

		memset(&ring[i % 4], 0xff, 64);
		assert_int_equal(upnvme_read(dev->qp, &dev->ns, buf, i, 8, fake_note, NULL), 0);
		assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
		sqe = fake_take(dev);
		fake_expect_sqe(&sqe, &(struct upnvme_spec_sqe){ .opcode = 0x02,
								 .cid = sqe.cid,
								 .nsid = FAKE_NSID,
								 .prp1 = fake_iova(buf),
								 .cdw10 = i,
								 .cdw12 = 7 });
		complete(dev, sqe.cid);
	}
	fake_destroy(dev);
}

static void one_walk(struct fake_device *dev, char *buf, uint32_t blocks, bool by_op)
{
	static struct walk walk;
	uint64_t bytes = (uint64_t)blocks * dev->geometry.block_bytes;
	struct upnvme_op op = { .opcode = UPNVME_OP_WRITE,
				.nsid = FAKE_NSID,
				.blocks = blocks,
				.buf = buf,
				.flags = UPNVME_FUA };
	struct upnvme_spec_sqe sqe;

	if (by_op)
		assert_int_equal(upnvme_io(dev->qp, &op, fake_note, NULL), 0);
	else
		assert_int_equal(upnvme_write(dev->qp, &dev->ns, buf, 0, blocks, fake_note, NULL),
				 0);
	assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
	sqe = fake_take(dev);
	assert_int_equal(sqe.cdw12 & 0xffff, blocks - 1);
	walk_data(dev, &sqe, bytes, &walk);
	if (walk.n != 1 || walk.ranges[0].iova != fake_iova(buf) || walk.ranges[0].bytes != bytes)
		fail_msg("buffer %p, %llu bytes: %u ranges, the first %#llx, %llu bytes",
			 (void *)buf, (unsigned long long)bytes, walk.n,
			 (unsigned long long)walk.ranges[0].iova,
			 (unsigned long long)walk.ranges[0].bytes);
	complete(dev, sqe.cid);
}

/* Offsets around the ends of pages, lengths around one page, two pages and a list's end, by both paths. */
static void prps_are_right_at_every_offset_and_length(void **state)
{
	static const uint32_t near[] = {
		0, 4, 8, 508, 512, 516, 2048, 3580, 3584, 3588, 4088, 4092
	};
	struct fake_device *dev = fake_create(NULL);
	char *buf = fake_alloc(dev, 256 << 10);

	for (size_t i = 0; i < ARRAY_SIZE(near); i++)
		for (uint32_t blocks = 1; blocks <= 256; blocks++) {
			one_walk(dev, buf + near[i], blocks, false);
			one_walk(dev, buf + near[i], blocks, true);
		}
	for (uint32_t offset = 0; offset < 3 * 4096; offset += 4) {
		one_walk(dev, buf + offset, 1, false);
		one_walk(dev, buf + offset, 8, offset % 8);
		one_walk(dev, buf + offset, 17, false);
		one_walk(dev, buf + offset, 256, offset % 8 == 0);
	}
	fake_destroy(dev);
}

/* 2 MiB at an offset are 513 pages: 512 entries of a list, one page of them, to the last. */
static void lists_are_right_around_a_page_of_entries(void **state)
{
	static const uint64_t limits[] = { 2 << 20, (2 << 20) - 4096, 1 << 20, 8192, 4096 };

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		struct fake_device *dev = fake_create(&(struct fake_config){
			.max_transfer_bytes = limits[i], .entries = 4, .block_bytes = 512 });
		char *buf = fake_alloc(dev, (2 << 20) + 8192);
		uint32_t most = (uint32_t)(limits[i] / 512);

		for (uint32_t less = 0; less < 20 && less < most; less++)
			for (uint32_t offset = 0; offset <= 4096; offset += 508) {
				one_walk(dev, buf + offset, most - less, false);
				one_walk(dev, buf + offset, most - less, true);
			}
		fake_destroy(dev);
	}
}

/* Commands in flight have lists of their own. */
static void lists_of_commands_in_flight_do_not_mix(void **state)
{
	enum { N = 15 };
	struct fake_device *dev = fake_create(NULL);
	static struct walk walk;
	char *bufs[N];
	struct upnvme_spec_sqe sqes[N];

	for (int lap = 0; lap < 3; lap++) {
		for (int i = 0; i < N; i++) {
			bufs[i] = fake_alloc(dev, 65536 + 4096);
			assert_int_equal(upnvme_read(dev->qp, &dev->ns, bufs[i] + i * 4, 0, 128,
						     fake_note, NULL),
					 0);
		}
		assert_int_equal(upnvme_read(dev->qp, &dev->ns, bufs[0], 0, 128, fake_note, NULL),
				 -EAGAIN);
		assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
		for (int i = 0; i < N; i++)
			sqes[i] = fake_take(dev);
		for (int i = 0; i < N; i++) {
			walk_data(dev, &sqes[i], 65536, &walk);
			assert_int_equal(walk.n, 1);
			assert_int_equal(walk.ranges[0].iova, fake_iova(bufs[i] + i * 4));
			for (int j = 0; j < i; j++)
				assert_int_not_equal(sqes[i].cid, sqes[j].cid);
		}
		for (int i = 0; i < N; i++)
			fake_post(dev, sqes[(i * 7 + lap) % N].cid, 0);
		assert_int_equal(upnvme_poll(dev->qp, 0), N);
	}
	fake_destroy(dev);
}

static void identifiers_have_generations(void **state)
{
	struct fake_device *dev = fake_create(&(struct fake_config){ .entries = 8 });
	char *buf = fake_alloc(dev, 4096);
	uint16_t last = 0xffff;

	for (int i = 0; i < 70000; i++) {
		struct upnvme_spec_sqe sqe;

		assert_int_equal(upnvme_read(dev->qp, &dev->ns, buf, 0, 1, fake_note, NULL), 0);
		assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
		sqe = fake_take(dev);
		assert_int_not_equal(sqe.cid, last);
		assert_int_not_equal(sqe.cid, 0xffff);
		last = sqe.cid;
		complete(dev, sqe.cid);
	}
	fake_destroy(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_read_of_a_page_has_one_prp),
		cmocka_unit_test(a_write_over_two_pages_has_two_prps),
		cmocka_unit_test(an_entry_is_overwritten_whole),
		cmocka_unit_test(prps_are_right_at_every_offset_and_length),
		cmocka_unit_test(lists_are_right_around_a_page_of_entries),
		cmocka_unit_test(lists_of_commands_in_flight_do_not_mix),
		cmocka_unit_test(identifiers_have_generations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
