/* SPDX-License-Identifier: BSD-3-Clause */
/* The entry of each command, field by field, and how large ones are cut. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include <cmocka.h>

#include "base/util.h"
#include "support/fake_device.h"

static struct nvme_sqe issue(struct fake_device *dev, const struct upnvme_op *op)
{
	assert_int_equal(upnvme_io(dev->qp, op, fake_note, NULL), 0);
	assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
	return fake_take(dev);
}

static void finish(struct fake_device *dev, uint16_t cid)
{
	uint32_t before = fake_log.n;

	fake_post(dev, cid, 0);
	assert_true(upnvme_poll(dev->qp, 0) >= 0);
	assert_int_equal(fake_log.n, before + 1);
}

/* What is sent is this, and nothing but this. */
static void expect(struct fake_device *dev, const struct upnvme_op *op, struct nvme_sqe expected)
{
	struct nvme_sqe sqe = issue(dev, op);

	expected.cid = sqe.cid;
	expected.nsid = FAKE_NSID;
	fake_expect_sqe(&sqe, &expected);
	finish(dev, sqe.cid);
}

static void each_command_has_its_entry(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	char *buf = fake_alloc(dev, 4096);
	struct upnvme_op op = { .nsid = FAKE_NSID, .lba = 0x11223, .blocks = 5 };
	const uint32_t lba = 0x11223;

	op.opcode = UPNVME_OP_VERIFY;
	expect(dev, &op, (struct nvme_sqe){ .opcode = 0x0c, .cdw10 = lba, .cdw12 = 4 });
	op.opcode = UPNVME_OP_WRITE_ZEROES;
	expect(dev, &op, (struct nvme_sqe){ .opcode = 0x08, .cdw10 = lba, .cdw12 = 4 });
	op.flags = UPNVME_DEALLOCATE_ZEROES | UPNVME_FUA;
	expect(dev, &op,
	       (struct nvme_sqe){ .opcode = 0x08, .cdw10 = lba, .cdw12 = 4 | 1u << 25 | 1u << 30 });
	op.flags = 0;
	op.buf = buf;
	op.opcode = UPNVME_OP_COMPARE;
	expect(dev, &op,
	       (struct nvme_sqe){
		       .opcode = 0x05, .prp1 = fake_iova(buf), .cdw10 = lba, .cdw12 = 4 });
	op.opcode = UPNVME_OP_FLUSH;
	expect(dev, &op, (struct nvme_sqe){ .opcode = 0x00 });
	fake_destroy(dev);
}

static void flags_and_tags_are_where_the_specification_has_them(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	char *buf = fake_alloc(dev, 4096);
	static const struct {
		uint16_t flag;
		uint32_t cdw12;
	} flags[] = {
		{ UPNVME_FUA, 1u << 30 },
		{ UPNVME_LIMITED_RETRY, 1u << 31 },
		{ UPNVME_PRCHK_REF, 1u << 26 },
		{ UPNVME_PRCHK_APP, 1u << 27 },
		{ UPNVME_PRCHK_GUARD, 1u << 28 },
		{ UPNVME_PRACT, 1u << 29 },
		{ UPNVME_STORAGE_TAG_CHECK, 1u << 24 },
	};
	struct upnvme_op op = {
		.opcode = UPNVME_OP_WRITE, .nsid = FAKE_NSID, .blocks = 1, .buf = buf
	};
	struct nvme_sqe base = { .opcode = 0x01, .prp1 = fake_iova(buf) }, sqe;

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		op.flags = flags[i].flag;
		sqe = base;
		sqe.cdw12 = flags[i].cdw12;
		expect(dev, &op, sqe);
	}
	op.flags = 0;
	op.dtype = 0xa;
	op.directive = 0xbeef;
	op.dsm = 0x5c;
	op.app_tag = 0x1357;
	op.app_mask = 0x2468;
	op.ref_tag = 0x8899aabbccddeeff;
	op.ref_tag_high = 0x7766;
	sqe = base;
	sqe.cdw2 = 0x7766;
	sqe.cdw3 = 0x8899aabb;
	sqe.cdw12 = 0xau << 20;
	sqe.cdw13 = 0xbeef005c;
	sqe.cdw14 = 0xccddeeff;
	sqe.cdw15 = 0x24681357;
	expect(dev, &op, sqe);
	fake_destroy(dev);
}

static void a_deallocation_is_one_range(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	struct upnvme_op op = {
		.opcode = UPNVME_OP_DATASET_MANAGEMENT, .nsid = FAKE_NSID, .lba = 77, .blocks = 1000
	};
	struct nvme_sqe sqe = issue(dev, &op);
	const uint32_t *range = fake_resolve(dev, sqe.prp1, 16);

	fake_expect_sqe(&sqe, &(struct nvme_sqe){ .opcode = 0x09,
						  .cid = sqe.cid,
						  .nsid = FAKE_NSID,
						  .prp1 = sqe.prp1,
						  .cdw10 = 0,
						  .cdw11 = 1u << 2 });
	assert_int_equal(sqe.prp1 % 4, 0);
	assert_true(sqe.prp1 % 4096 <= 4096 - 16);
	assert_int_equal(range[0], 0);
	assert_int_equal(range[1], 1000);
	assert_int_equal(range[2], 77);
	assert_int_equal(range[3], 0);
	finish(dev, sqe.cid);
	assert_int_equal(fake_log.done[0].blocks, 1000);
	fake_destroy(dev);
}

static void the_callers_ranges_are_sent_as_they_are(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	char *ranges = fake_alloc(dev, 8192);
	struct upnvme_op op = { .opcode = UPNVME_OP_DATASET_MANAGEMENT,
				.form = UPNVME_FORM_RANGES,
				.nsid = FAKE_NSID,
				.blocks = 256,
				.buf = ranges + 32,
				.dsm = 0x5 };

	expect(dev, &op,
	       (struct nvme_sqe){ .opcode = 0x09,
				  .prp1 = fake_iova(ranges + 32),
				  .prp2 = fake_iova(ranges + 4096),
				  .cdw10 = 255,
				  .cdw11 = 5 });
	op.blocks = 257;
	fake_expect_error(upnvme_io(dev->qp, &op, fake_note, NULL), -EINVAL, UPNVME_ERR_BLOCKS,
			  "257", "256", NULL);
	fake_destroy(dev);
}

/* The parts of one request, each with its blocks, its LBA, its tags. */
static void parts_go_on_where_the_last_ended(void **state)
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
		struct nvme_sqe sqe = fake_take(dev);
		uint32_t blocks = i < 2 ? 16 : 8;

		cids[i] = sqe.cid;
		fake_expect_sqe(&sqe, &(struct nvme_sqe){
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

/* The tag goes round in its own bits, as wide as the format of the protection information and its storage tag leave
 * it (NVM Command Set 1.0c, 5.2.1.4): what stands above is not its own. */
static void a_reference_tag_goes_round(void **state)
{
	static const struct {
		uint8_t bits;
		uint64_t tags, parts[3];
	} table[] = {
		{ 32, 0x5fffffff0, { 0x5fffffff0, 0x5fffffff8, 0x500000000 } },
		{ 28,
		  0xafffffff0,
		  { 0xafffffff0, 0xafffffff8, 0xaf0000000 } },        /* 16-bit guard, STS 4 */
		{ 48, 0x0000fffffffffff8, { 0xfffffffffff8, 0, 8 } }, /* 64-bit guard */
		{ 48, 0x00000000fffffff8, { 0xfffffff8, 0x100000000, 0x100000008 } },
		{ 16, 0x12345678fff8, { 0x12345678fff8, 0x123456780000, 0x123456780008 } },
		{ 64, 0xfffffffffffffff8, { 0xfffffffffffffff8, 0, 8 } }, /* 32-bit guard, STS 16 */
		{ 0, 0x12345678, { 0x12345678, 0x12345678, 0x12345678 } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct fake_device *dev =
			fake_create(&(struct fake_config){ .max_transfer_bytes = 4096 });
		struct upnvme_op op = { .opcode = UPNVME_OP_READ,
					.nsid = FAKE_NSID,
					.blocks = 24,
					.buf = fake_alloc(dev, 65536),
					.ref_tag = table[i].tags,
					.ref_tag_high = 0x7766,
					.flags = UPNVME_PRCHK_REF };

		dev->geometry.protection = 1 + i % 2;
		dev->geometry.ref_tag_bits = table[i].bits;
		assert_int_equal(upnvme_io(dev->qp, &op, fake_note, NULL), 0);
		assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
		for (uint32_t part = 0; part < 3; part++) {
			struct nvme_sqe sqe = fake_take(dev);

			assert_int_equal(sqe.cdw14, (uint32_t)table[i].parts[part]);
			assert_int_equal(sqe.cdw3, table[i].parts[part] >> 32);
			assert_int_equal(sqe.cdw2, 0x7766);
		}
		fake_destroy(dev);
	}
}

static void limits_of_commands_without_data_are_their_own(void **state)
{
	struct fake_device *dev = fake_create(&(struct fake_config){ .entries = 64 });
	struct upnvme_op op = { .opcode = UPNVME_OP_WRITE_ZEROES,
				.nsid = FAKE_NSID,
				.blocks = 1000 };
	struct nvme_sqe sqe;
	uint32_t total = 0, n = 0;

	dev->geometry.max_write_zeroes_blocks = 300;
	dev->geometry.max_verify_blocks = 500;
	dev->ctrlr.limits.max_deallocate_blocks = 400;
	assert_int_equal(upnvme_io(dev->qp, &op, fake_note, NULL), 0);
	op.opcode = UPNVME_OP_VERIFY;
	assert_int_equal(upnvme_io(dev->qp, &op, fake_note, NULL), 0);
	op.opcode = UPNVME_OP_DATASET_MANAGEMENT;
	assert_int_equal(upnvme_io(dev->qp, &op, fake_note, NULL), 0);
	assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
	while (fake_fetch(dev, &sqe)) {
		total += sqe.opcode == 0x09 ? ((uint32_t *)fake_resolve(dev, sqe.prp1, 16))[1] :
					      (sqe.cdw12 & 0xffff) + 1;
		n++;
		fake_post(dev, sqe.cid, 0);
	}
	assert_int_equal(n, 4 + 2 + 3);
	assert_int_equal(total, 3000);
	assert_int_equal(upnvme_poll(dev->qp, 0), 3);
	fake_destroy(dev);
}

static void metadata_has_its_pointer_in_each_part(void **state)
{
	struct fake_device *dev = fake_create(&(struct fake_config){ .max_transfer_bytes = 4096 });
	char *buf = fake_alloc(dev, 16384), *metadata = fake_alloc(dev, 4096);
	struct upnvme_op op = {
		.opcode = UPNVME_OP_READ, .nsid = FAKE_NSID, .blocks = 20, .buf = buf
	};
	static uint32_t outside[64];
	struct nvme_sqe sqe;

	dev->geometry.metadata_bytes = 8;
	dev->geometry.straight_blocks = dev->geometry.page_blocks = 0;
	fake_expect_error(upnvme_io(dev->qp, &op, fake_note, NULL), -EINVAL, UPNVME_ERR_METADATA,
			  "8 bytes", NULL);
	op.metadata = metadata + 2;
	fake_expect_error(upnvme_io(dev->qp, &op, fake_note, NULL), -EFAULT, UPNVME_ERR_METADATA,
			  NULL);
	op.metadata = outside;
	fake_expect_error(upnvme_io(dev->qp, &op, fake_note, NULL), -EFAULT, UPNVME_ERR_METADATA,
			  "160 bytes", NULL);
	op.metadata = metadata;
	assert_int_equal(upnvme_io(dev->qp, &op, fake_note, NULL), 0);
	assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
	for (uint32_t i = 0; i < 3; i++) {
		sqe = fake_take(dev);
		assert_int_equal(sqe.mptr, fake_iova(metadata + i * 8 * 8));
		assert_int_equal(sqe.prp1, fake_iova(buf + i * 4096));
		fake_post(dev, sqe.cid, 0);
	}
	assert_int_equal(upnvme_poll(dev->qp, 0), 1);
	fake_destroy(dev);
}

static void a_raw_command_keeps_its_dwords(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	char *buf = fake_alloc(dev, 8192);
	struct upnvme_raw raw = { .data = buf,
				  .data_bytes = 8192,
				  .metadata = buf + 64,
				  .metadata_bytes = 128,
				  .direction = UPNVME_DATA_TO_DEVICE };
	struct upnvme_op op = { .form = UPNVME_FORM_RAW, .buf = &raw };

	for (uint32_t i = 0; i < 16; i++)
		raw.cdw[i] = 0x01010101u * i;
	raw.cdw[0] = 0xffff00c1;
	raw.cdw[1] = FAKE_NSID;
	expect(dev, &op,
	       (struct nvme_sqe){ .opcode = 0xc1,
				  .cdw2 = 0x02020202,
				  .cdw3 = 0x03030303,
				  .mptr = fake_iova(buf + 64),
				  .prp1 = fake_iova(buf),
				  .prp2 = fake_iova(buf + 4096),
				  .cdw10 = 0x0a0a0a0a,
				  .cdw11 = 0x0b0b0b0b,
				  .cdw12 = 0x0c0c0c0c,
				  .cdw13 = 0x0d0d0d0d,
				  .cdw14 = 0x0e0e0e0e,
				  .cdw15 = 0x0f0f0f0f });
	fake_destroy(dev);
}

static const uint64_t *list_of(struct fake_device *dev, const struct upnvme_op *op)
{
	struct nvme_sqe sqe;

	assert_int_equal(upnvme_io(dev->qp, op, fake_note, NULL), 0);
	assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
	sqe = fake_take(dev);
	fake_post(dev, sqe.cid, 0);
	assert_int_equal(upnvme_poll(dev->qp, 0), 1);
	return fake_resolve(dev, sqe.prp2, 32 * 8);
}

/* There is one slot, whose list the largest request has filled. */
static void a_list_ends_where_the_data_end(void **state)
{
	struct fake_device *dev = fake_create(&(struct fake_config){ .entries = 2 });
	char *buf = fake_alloc(dev, 128 << 10);
	struct iovec iov[] = { { buf, 8192 }, { buf + 16384, 4096 } };
	struct upnvme_op large = {
		.opcode = UPNVME_OP_READ, .nsid = FAKE_NSID, .blocks = 256, .buf = buf
	};
	struct upnvme_op vectored = { .opcode = UPNVME_OP_READ,
				      .form = UPNVME_FORM_IOV,
				      .nsid = FAKE_NSID,
				      .blocks = 24,
				      .buf = iov,
				      .niov = 2 };
	struct upnvme_raw raw = { .cdw = { 0xc2, FAKE_NSID },
				  .data = buf,
				  .data_bytes = 12288,
				  .direction = UPNVME_DATA_FROM_DEVICE };
	struct upnvme_op vendor = { .form = UPNVME_FORM_RAW, .buf = &raw };
	const uint64_t *list = list_of(dev, &large);

	assert_int_equal(list[30], fake_iova(buf + (31 << 12)));
	assert_ptr_equal(list_of(dev, &vectored), list);
	assert_int_equal(list[1], fake_iova(buf + 16384));
	assert_int_equal(list[2], 0);
	assert_ptr_equal(list_of(dev, &vendor), list);
	assert_int_equal(list[1], fake_iova(buf + 8192));
	for (int i = 2; i < 32; i++)
		assert_int_equal(list[i], 0);
	fake_destroy(dev);
}

static void what_the_controller_lacks_is_not_sent(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	char *buf = fake_alloc(dev, 4096);
	static const struct {
		uint8_t opcode;
		const char *name;
	} optional[] = { { UPNVME_OP_COMPARE, "compare" },
			 { UPNVME_OP_WRITE_ZEROES, "write zeroes" },
			 { UPNVME_OP_DATASET_MANAGEMENT, "dataset management" },
			 { UPNVME_OP_VERIFY, "verify" } };
	struct upnvme_op op = { .nsid = FAKE_NSID, .blocks = 1 };

	dev->ctrlr.limits.oncs = 0;
	for (size_t i = 0; i < ARRAY_SIZE(optional); i++) {
		op.opcode = optional[i].opcode;
		op.buf = op.opcode == UPNVME_OP_COMPARE ? buf : NULL;
		fake_expect_error(upnvme_io(dev->qp, &op, fake_note, NULL), -ENOTSUP,
				  UPNVME_ERR_UNSUPPORTED, optional[i].name, NULL);
	}
	fake_destroy(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_command_has_its_entry),
		cmocka_unit_test(flags_and_tags_are_where_the_specification_has_them),
		cmocka_unit_test(a_deallocation_is_one_range),
		cmocka_unit_test(the_callers_ranges_are_sent_as_they_are),
		cmocka_unit_test(parts_go_on_where_the_last_ended),
		cmocka_unit_test(a_reference_tag_goes_round),
		cmocka_unit_test(limits_of_commands_without_data_are_their_own),
		cmocka_unit_test(metadata_has_its_pointer_in_each_part),
		cmocka_unit_test(a_raw_command_keeps_its_dwords),
		cmocka_unit_test(a_list_ends_where_the_data_end),
		cmocka_unit_test(what_the_controller_lacks_is_not_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
