/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The submission queue entry and the completion queue entry, byte by byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <upnvme/spec/command.h>
#include <upnvme/spec/cqe.h>
#include <upnvme/spec/opcode.h>
#include <upnvme/spec/sqe.h>

static void a_read_with_two_prp_entries_is_these_64_bytes(void **state)
{
	static const uint8_t bytes[UPNVME_SPEC_SQE_BYTES] = {
		0x02, 0x00, 0x34, 0x12, 0x01, 0x00, 0x00, 0x00, /* opcode, flags, cid, nsid */
		0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, /* cdw2, cdw3 */
		0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, /* mptr */
		0x00, 0x0e, 0x00, 0x10, 0x00, 0x00, 0x00, 0x00, /* prp1 */
		0x00, 0x10, 0x00, 0x10, 0x00, 0x00, 0x00, 0x00, /* prp2 */
		0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, /* slba */
		0x07, 0x00, 0x00, 0x40, 0x00, 0x00, 0x00, 0x00, /* nlb, FUA; cdw13 */
		0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, /* cdw14, cdw15 */
	};
	const struct upnvme_spec_sqe sqe = {
		.opcode = UPNVME_SPEC_CMD_READ,
		.cid = 0x1234,
		.nsid = 1,
		.prp1 = 0x10000e00,
		.prp2 = 0x10001000,
		.cdw10 = 0x55667788,
		.cdw11 = 0x11223344,
		.cdw12 = UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_RW_NLB, 7) | UPNVME_SPEC_RW_FUA_BIT,
	};

	(void)state;
	assert_memory_equal(&sqe, bytes, sizeof(bytes));
}

static void an_sgl_descriptor_lies_where_the_prp_entries_do(void **state)
{
	static const uint8_t bytes[16] = { 0x00, 0x10, 0x20, 0x30, 0, 0, 0, 0,
					   0x80, 0x00, 0x00, 0x00, 0, 0, 0, 0x30 };
	const struct upnvme_spec_sqe sqe = {
		.flags = UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_SQE_PSDT,
					       UPNVME_SPEC_SQE_PSDT_SGL_MPTR_BUFFER),
		.sgl1 = { .address = 0x30201000,
			  .length = 128,
			  .id = UPNVME_SPEC_SGL_ID(UPNVME_SPEC_SGL_TYPE_LAST_SEGMENT,
						   UPNVME_SPEC_SGL_SUBTYPE_ADDRESS) },
	};

	(void)state;
	assert_int_equal(sqe.flags, 0x40);
	assert_memory_equal((const uint8_t *)&sqe + 24, bytes, sizeof(bytes));
	assert_int_equal(UPNVME_SPEC_SGL_ID_TYPE(sqe.sgl1.id), UPNVME_SPEC_SGL_TYPE_LAST_SEGMENT);
	assert_int_equal(UPNVME_SPEC_SGL_ID_SUBTYPE(sqe.sgl1.id), UPNVME_SPEC_SGL_SUBTYPE_ADDRESS);
}

static void fused_and_data_pointer_flags_share_a_byte(void **state)
{
	const uint8_t flags = 0x82;

	(void)state;
	assert_int_equal(UPNVME_SPEC_SQE_FUSE(flags), UPNVME_SPEC_SQE_FUSE_SECOND);
	assert_int_equal(UPNVME_SPEC_SQE_PSDT(flags), UPNVME_SPEC_SQE_PSDT_SGL_MPTR_SGL);
}

static void a_completion_is_these_16_bytes(void **state)
{
	static const uint8_t bytes[UPNVME_SPEC_CQE_BYTES] = { 0x01, 0x00, 0x00, 0x00, 0x02, 0x00,
							      0x00, 0x00, 0x10, 0x00, 0x03, 0x00,
							      0x34, 0x12, 0x05, 0x80 };
	const struct upnvme_spec_cqe cqe = { .dw0 = 1,
					     .dw1 = 2,
					     .sqhd = 0x10,
					     .sqid = 3,
					     .cid = 0x1234,
					     .status = UPNVME_SPEC_CQE_STATUS_WORD(0x4002, 1) };

	(void)state;
	assert_memory_equal(&cqe, bytes, sizeof(bytes));
	assert_int_equal(UPNVME_SPEC_CQE_STATUS(cqe.status), 0x4002);
	assert_int_equal(UPNVME_SPEC_CQE_PHASE(cqe.status), 1);
	assert_int_equal(UPNVME_SPEC_CQE_STATUS_WORD(0x7fff, 0), 0xfffe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_read_with_two_prp_entries_is_these_64_bytes),
		cmocka_unit_test(an_sgl_descriptor_lies_where_the_prp_entries_do),
		cmocka_unit_test(fused_and_data_pointer_flags_share_a_byte),
		cmocka_unit_test(a_completion_is_these_16_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
