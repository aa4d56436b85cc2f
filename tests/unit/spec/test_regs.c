/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Register fields: each at its bits, and in and out again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <upnvme/spec/regs.h>

/* Every value of the field goes in and comes out, at bits [low, low + nbits) and nowhere else. */
#define ROUND_TRIP(name, low, nbits)                                           \
	do {                                                                   \
		const uint64_t width = (UINT64_C(1) << (nbits)) - 1;           \
		for (uint64_t v = 0; v <= width; v = v * 2 + 1) {              \
			uint64_t placed = UPNVME_SPEC_FIELD_SET(name, v);      \
			assert_true(placed == v << (low));                     \
			assert_true(UPNVME_SPEC_FIELD_GET(name, placed) == v); \
			assert_true(name(placed) == v);                        \
			if (v == width)                                        \
				break;                                         \
		}                                                              \
		assert_true(name(~(width << (low))) == 0);                     \
		assert_true(UPNVME_SPEC_FIELD_SET(name, width + 1) == 0);      \
	} while (0)

static void fields_of_cap_lie_where_the_specification_has_them(void **state)
{
	(void)state;
	ROUND_TRIP(UPNVME_SPEC_CAP_MQES, 0, 16);
	ROUND_TRIP(UPNVME_SPEC_CAP_CQR, 16, 1);
	ROUND_TRIP(UPNVME_SPEC_CAP_AMS, 17, 2);
	ROUND_TRIP(UPNVME_SPEC_CAP_TO, 24, 8);
	ROUND_TRIP(UPNVME_SPEC_CAP_DSTRD, 32, 4);
	ROUND_TRIP(UPNVME_SPEC_CAP_NSSRS, 36, 1);
	ROUND_TRIP(UPNVME_SPEC_CAP_CSS, 37, 8);
	ROUND_TRIP(UPNVME_SPEC_CAP_BPS, 45, 1);
	ROUND_TRIP(UPNVME_SPEC_CAP_CPS, 46, 2);
	ROUND_TRIP(UPNVME_SPEC_CAP_MPSMIN, 48, 4);
	ROUND_TRIP(UPNVME_SPEC_CAP_MPSMAX, 52, 4);
	ROUND_TRIP(UPNVME_SPEC_CAP_PMRS, 56, 1);
	ROUND_TRIP(UPNVME_SPEC_CAP_CMBS, 57, 1);
	ROUND_TRIP(UPNVME_SPEC_CAP_NSSS, 58, 1);
	ROUND_TRIP(UPNVME_SPEC_CAP_CRMS, 59, 2);
}

static void fields_of_vs_lie_where_the_specification_has_them(void **state)
{
	(void)state;
	ROUND_TRIP(UPNVME_SPEC_VS_TER, 0, 8);
	ROUND_TRIP(UPNVME_SPEC_VS_MNR, 8, 8);
	ROUND_TRIP(UPNVME_SPEC_VS_MJR, 16, 16);
}

static void fields_of_cc_lie_where_the_specification_has_them(void **state)
{
	(void)state;
	ROUND_TRIP(UPNVME_SPEC_CC_EN, 0, 1);
	ROUND_TRIP(UPNVME_SPEC_CC_CSS, 4, 3);
	ROUND_TRIP(UPNVME_SPEC_CC_MPS, 7, 4);
	ROUND_TRIP(UPNVME_SPEC_CC_AMS, 11, 3);
	ROUND_TRIP(UPNVME_SPEC_CC_SHN, 14, 2);
	ROUND_TRIP(UPNVME_SPEC_CC_IOSQES, 16, 4);
	ROUND_TRIP(UPNVME_SPEC_CC_IOCQES, 20, 4);
	ROUND_TRIP(UPNVME_SPEC_CC_CRIME, 24, 1);
}

static void fields_of_csts_lie_where_the_specification_has_them(void **state)
{
	(void)state;
	ROUND_TRIP(UPNVME_SPEC_CSTS_RDY, 0, 1);
	ROUND_TRIP(UPNVME_SPEC_CSTS_CFS, 1, 1);
	ROUND_TRIP(UPNVME_SPEC_CSTS_SHST, 2, 2);
	ROUND_TRIP(UPNVME_SPEC_CSTS_NSSRO, 4, 1);
	ROUND_TRIP(UPNVME_SPEC_CSTS_PP, 5, 1);
	ROUND_TRIP(UPNVME_SPEC_CSTS_ST, 6, 1);
}

static void fields_of_aqa_lie_where_the_specification_has_them(void **state)
{
	(void)state;
	ROUND_TRIP(UPNVME_SPEC_AQA_ASQS, 0, 12);
	ROUND_TRIP(UPNVME_SPEC_AQA_ACQS, 16, 12);
}

static void fields_of_crto_lie_where_the_specification_has_them(void **state)
{
	(void)state;
	ROUND_TRIP(UPNVME_SPEC_CRTO_CRWMT, 0, 16);
	ROUND_TRIP(UPNVME_SPEC_CRTO_CRIMT, 16, 16);
}

static void fields_of_cmbloc_lie_where_the_specification_has_them(void **state)
{
	(void)state;
	ROUND_TRIP(UPNVME_SPEC_CMBLOC_BIR, 0, 3);
	ROUND_TRIP(UPNVME_SPEC_CMBLOC_OFST, 12, 20);
}

static void fields_of_cmbsz_lie_where_the_specification_has_them(void **state)
{
	(void)state;
	ROUND_TRIP(UPNVME_SPEC_CMBSZ_SQS, 0, 1);
	ROUND_TRIP(UPNVME_SPEC_CMBSZ_CQS, 1, 1);
	ROUND_TRIP(UPNVME_SPEC_CMBSZ_LISTS, 2, 1);
	ROUND_TRIP(UPNVME_SPEC_CMBSZ_RDS, 3, 1);
	ROUND_TRIP(UPNVME_SPEC_CMBSZ_WDS, 4, 1);
	ROUND_TRIP(UPNVME_SPEC_CMBSZ_SZU, 8, 4);
	ROUND_TRIP(UPNVME_SPEC_CMBSZ_SZ, 12, 20);
}

static void fields_of_one_register_do_not_overlap(void **state)
{
	uint64_t cap = UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CAP_MQES, 1023) |
		       UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CAP_CQR, 1) |
		       UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CAP_TO, 15) |
		       UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CAP_CSS, 1) |
		       UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CAP_MPSMAX, 4);
	uint32_t cc = UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CC_EN, 1) |
		      UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CC_IOSQES, UPNVME_SPEC_CC_IOSQES_NVM) |
		      UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CC_IOCQES, UPNVME_SPEC_CC_IOCQES_NVM);

	(void)state;
	assert_true(cap == UINT64_C(0x004000200f0103ff));
	assert_int_equal(cc, 0x00460001);
}

static void getters_give_the_register_s_own_width(void **state)
{
	(void)state;
	assert_int_equal(sizeof(UPNVME_SPEC_CAP_MQES(UINT64_C(0))), 8);
	assert_int_equal(sizeof(UPNVME_SPEC_CC_EN(UINT32_C(0))), 4);
}

static void versions_are_written_as_the_register_has_them(void **state)
{
	(void)state;
	assert_int_equal(UPNVME_SPEC_VERSION_2_0, 0x00020000);
	assert_int_equal(UPNVME_SPEC_VERSION_1_2_1, 0x00010201);
	assert_int_equal(UPNVME_SPEC_VS_MJR(UPNVME_SPEC_VERSION_1_4), 1);
	assert_int_equal(UPNVME_SPEC_VS_MNR(UPNVME_SPEC_VERSION_1_4), 4);
}

static void doorbells_are_as_far_apart_as_the_stride(void **state)
{
	(void)state;
	assert_int_equal(UPNVME_SPEC_REG_SQ_TAIL_DOORBELL(0, 0), 0x1000);
	assert_int_equal(UPNVME_SPEC_REG_CQ_HEAD_DOORBELL(0, 0), 0x1004);
	assert_int_equal(UPNVME_SPEC_REG_SQ_TAIL_DOORBELL(1, 0), 0x1008);
	assert_int_equal(UPNVME_SPEC_REG_CQ_HEAD_DOORBELL(1, 0), 0x100c);
	assert_int_equal(UPNVME_SPEC_REG_SQ_TAIL_DOORBELL(3, 4), 0x1000 + 6 * 64);
	assert_int_equal(UPNVME_SPEC_REG_CQ_HEAD_DOORBELL(3, 4), 0x1000 + 7 * 64);
	assert_int_equal(UPNVME_SPEC_REG_CQ_HEAD_DOORBELL(65535, 0), 0x1000 + 131071 * 4);
}

static void sizes_are_computed_from_their_powers(void **state)
{
	(void)state;
	assert_true(UPNVME_SPEC_MPS_BYTES(0) == 4096);
	assert_true(UPNVME_SPEC_MPS_BYTES(15) == 134217728);
	assert_true(UPNVME_SPEC_CMBSZ_UNIT_BYTES(0) == 4096);
	assert_true(UPNVME_SPEC_CMBSZ_UNIT_BYTES(1) == 65536);
	assert_true(UPNVME_SPEC_CMBSZ_UNIT_BYTES(6) == UINT64_C(64) << 30);
}

static void reset_and_shutdown_are_asked_for_in_letters(void **state)
{
	const uint32_t reset = __builtin_bswap32(UPNVME_SPEC_NSSR_RESET);
	const uint32_t normal = __builtin_bswap32(UPNVME_SPEC_NSSD_NORMAL);
	const uint32_t abrupt = __builtin_bswap32(UPNVME_SPEC_NSSD_ABRUPT);

	(void)state;
	assert_memory_equal(&reset, "NVMe", 4);
	assert_memory_equal(&normal, "Nrml", 4);
	assert_memory_equal(&abrupt, "Abpt", 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_of_cap_lie_where_the_specification_has_them),
		cmocka_unit_test(fields_of_vs_lie_where_the_specification_has_them),
		cmocka_unit_test(fields_of_cc_lie_where_the_specification_has_them),
		cmocka_unit_test(fields_of_csts_lie_where_the_specification_has_them),
		cmocka_unit_test(fields_of_aqa_lie_where_the_specification_has_them),
		cmocka_unit_test(fields_of_crto_lie_where_the_specification_has_them),
		cmocka_unit_test(fields_of_cmbloc_lie_where_the_specification_has_them),
		cmocka_unit_test(fields_of_cmbsz_lie_where_the_specification_has_them),
		cmocka_unit_test(fields_of_one_register_do_not_overlap),
		cmocka_unit_test(getters_give_the_register_s_own_width),
		cmocka_unit_test(versions_are_written_as_the_register_has_them),
		cmocka_unit_test(doorbells_are_as_far_apart_as_the_stride),
		cmocka_unit_test(sizes_are_computed_from_their_powers),
		cmocka_unit_test(reset_and_shutdown_are_asked_for_in_letters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
