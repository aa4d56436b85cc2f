/* SPDX-License-Identifier: BSD-3-Clause */
/* Entries of commands on blocks, field by field. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "support/fake_device.h"

static void each_command_has_its_entry(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	char *buf = fake_alloc(dev, 4096);
	struct upnvme_op op = { .nsid = FAKE_NSID, .lba = 0x11223, .blocks = 5 };
	const uint32_t lba = 0x11223;

	op.opcode = UPNVME_OP_VERIFY;
	fake_expect_sent(dev, &op,
			 (struct upnvme_spec_sqe){ .opcode = 0x0c, .cdw10 = lba, .cdw12 = 4 });
	op.opcode = UPNVME_OP_WRITE_ZEROES;
	fake_expect_sent(dev, &op,
			 (struct upnvme_spec_sqe){ .opcode = 0x08, .cdw10 = lba, .cdw12 = 4 });
	op.flags = UPNVME_DEALLOCATE_ZEROES | UPNVME_FUA;
	fake_expect_sent(dev, &op,
			 (struct upnvme_spec_sqe){
				 .opcode = 0x08, .cdw10 = lba, .cdw12 = 4 | 1u << 25 | 1u << 30 });
	op.flags = 0;
	op.buf = buf;
	op.opcode = UPNVME_OP_COMPARE;
	fake_expect_sent(
		dev, &op,
		(struct upnvme_spec_sqe){
			.opcode = 0x05, .prp1 = fake_iova(buf), .cdw10 = lba, .cdw12 = 4 });
	op.opcode = UPNVME_OP_FLUSH;
	fake_expect_sent(dev, &op, (struct upnvme_spec_sqe){ .opcode = 0x00 });
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
	struct upnvme_spec_sqe base = { .opcode = 0x01, .prp1 = fake_iova(buf) }, sqe;

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		op.flags = flags[i].flag;
		sqe = base;
		sqe.cdw12 = flags[i].cdw12;
		fake_expect_sent(dev, &op, sqe);
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
	fake_expect_sent(dev, &op, sqe);
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
			struct upnvme_spec_sqe sqe = fake_take(dev);

			assert_int_equal(sqe.cdw14, (uint32_t)table[i].parts[part]);
			assert_int_equal(sqe.cdw3, table[i].parts[part] >> 32);
			assert_int_equal(sqe.cdw2, 0x7766);
		}
		fake_destroy(dev);
	}
}

static void metadata_has_its_pointer_in_each_part(void **state)
{
	struct fake_device *dev = fake_create(&(struct fake_config){ .max_transfer_bytes = 4096 });
	char *buf = fake_alloc(dev, 16384), *metadata = fake_alloc(dev, 4096);
	struct upnvme_op op = {
		.opcode = UPNVME_OP_READ, .nsid = FAKE_NSID, .blocks = 20, .buf = buf
	};
	static uint32_t outside[64];
	struct upnvme_spec_sqe sqe;

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_command_has_its_entry),
		cmocka_unit_test(flags_and_tags_are_where_the_specification_has_them),
		cmocka_unit_test(a_reference_tag_goes_round),
		cmocka_unit_test(metadata_has_its_pointer_in_each_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
