/* SPDX-License-Identifier: BSD-3-Clause */
/* How a request becomes commands, where it is cut, and what its slot says of it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/util.h"
#include "support/fake_device.h"

/* The parts of one request, each with its blocks, its LBA, its tags. */
static void each_part_begins_where_the_last_ended(void **state)
{
	struct fake_device *dev = fake_create(&(struct fake_config){ .max_transfer_bytes = 8192 });
	char *buf = fake_alloc(dev, 65536);
	struct upnvme_op op = { .opcode = UPNVME_OP_WRITE,
				.nsid = FAKE_NSID,
				.lba = 100,
				.blocks = 40,
				.buf = buf,
				.ref_tag = 7,
				.flags = UPNVME_FUA };
	uint16_t cids[3];

	dev->geometry.protection = 1;
	dev->geometry.ref_tag_bits = 32;
	assert_int_equal(upnvme_io(dev->qp, &op, fake_note, NULL), 0);
	assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
	for (uint32_t i = 0; i < 3; i++) {
		struct upnvme_spec_sqe sqe = fake_take(dev);
		uint32_t blocks = i < 2 ? 16 : 8;

		cids[i] = sqe.cid;
		fake_expect_sqe(&sqe, &(struct upnvme_spec_sqe){
					      .opcode = 0x01,
					      .cid = sqe.cid,
					      .nsid = FAKE_NSID,
					      .prp1 = fake_iova(buf + i * 8192),
					      .prp2 = i < 2 ? fake_iova(buf + i * 8192 + 4096) : 0,
					      .cdw10 = 100 + i * 16,
					      .cdw14 = 7 + i * 16,
					      .cdw12 = (blocks - 1) | 1u << 30 });
	}
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(fake_log.n, 0);
		fake_post(dev, cids[2 - i], 0);
		upnvme_poll(dev->qp, 0);
	}
	assert_int_equal(fake_log.n, 1);
	assert_int_equal(fake_log.done[0].blocks, 40);
	fake_destroy(dev);
}

/* The boundary is a hint: a request that must not be split is one command. */
static void a_boundary_does_not_split_a_request_with_no_split(void **state)
{
	struct fake_device *dev = fake_create(&(struct fake_config){ .boundary_blocks = 4 });
	struct upnvme_op op = { .opcode = UPNVME_OP_WRITE,
				.flags = UPNVME_NO_SPLIT,
				.nsid = FAKE_NSID,
				.lba = 2,
				.blocks = 8,
				.buf = fake_alloc(dev, 8192) };
	struct upnvme_spec_sqe sqe;

	assert_int_equal(upnvme_io(dev->qp, &op, fake_note, NULL), 0);
	assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
	sqe = fake_take(dev);
	assert_int_equal(sqe.cdw12, 7);
	fake_post(dev, sqe.cid, 0);
	assert_int_equal(upnvme_poll(dev->qp, 0), 1);
	assert_int_equal(fake_log.done[0].flags, 0);
	fake_destroy(dev);
}

static void a_boundary_ends_a_command(void **state)
{
	struct fake_device *dev = fake_create(&(struct fake_config){ .boundary_blocks = 4 });
	struct upnvme_op op = { .opcode = UPNVME_OP_READ,
				.nsid = FAKE_NSID,
				.lba = 2,
				.blocks = 8,
				.buf = fake_alloc(dev, 8192) };
	static const uint32_t lbas[] = { 2, 4, 8 }, blocks[] = { 2, 4, 2 };
	struct upnvme_spec_sqe sqe;

	assert_int_equal(upnvme_io(dev->qp, &op, fake_note, NULL), 0);
	assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
	for (size_t i = 0; i < ARRAY_SIZE(lbas); i++) {
		sqe = fake_take(dev);
		assert_int_equal(sqe.cdw10, lbas[i]);
		assert_int_equal(sqe.cdw12, blocks[i] - 1);
		fake_post(dev, sqe.cid, 0);
	}
	assert_int_equal(upnvme_poll(dev->qp, 0), 1);
	fake_destroy(dev);
}

/* What a command in flight touches: its buffer, and the medium where its kind changes that. */
static void a_slot_notes_the_memory_that_its_command_touches(void **state)
{
	struct fake_device *dev = fake_create(&(struct fake_config){ .entries = 2 });
	char *buf = fake_alloc(dev, 8192);
	const uint64_t two_pages = fake_iova(buf) | 1ull << SLOT_TOUCHES_PAGES_SHIFT;
	const struct {
		struct upnvme_op op;
		uint64_t touches;
	} table[] = {
		{ { .opcode = 0x00, .buf = buf }, 0 },
		{ { .opcode = 0x01, .buf = buf, .blocks = 16, .flags = UPNVME_FUA },
		  two_pages | 1 },
		{ { .opcode = 0x02, .buf = buf, .blocks = 16, .flags = UPNVME_FUA }, two_pages },
		{ { .opcode = 0x05, .buf = buf, .blocks = 16 }, two_pages },
		{ { .opcode = 0x08, .buf = buf, .blocks = 16 }, 1 },
		{ { .opcode = 0x09, .blocks = 16 }, 1 },
		{ { .opcode = 0x09, .buf = buf, .blocks = 256, .form = UPNVME_FORM_RANGES },
		  fake_iova(buf) | 1 },
		{ { .opcode = 0x0c, .buf = buf, .blocks = 16 }, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct upnvme_op op = table[i].op;
		uint16_t cid;

		op.nsid = FAKE_NSID;
		cid = fake_issue(dev, &op).cid;
		assert_int_equal(atomic_load(&dev->qp->slots[0].touches), table[i].touches);
		fake_finish(dev, cid);
	}
	fake_destroy(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_part_begins_where_the_last_ended),
		cmocka_unit_test(a_boundary_does_not_split_a_request_with_no_split),
		cmocka_unit_test(a_boundary_ends_a_command),
		cmocka_unit_test(a_slot_notes_the_memory_that_its_command_touches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
