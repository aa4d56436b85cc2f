/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fields of particular commands and features: each at its bits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "spec/command.h"
#include "spec/feature.h"

#define FIELD_IS(name, low, nbits)                                                        \
	do {                                                                              \
		assert_int_equal(name##_SHIFT, low);                                      \
		assert_int_equal(name##_MASK, (1u << (nbits)) - 1);                       \
		assert_int_equal(NVME_FIELD_GET(name, NVME_FIELD_SET(name, name##_MASK)), \
				 name##_MASK);                                            \
	} while (0)

static void fields_of_admin_commands_lie_where_the_specification_has_them(void **state)
{
	(void)state;
	FIELD_IS(NVME_ABORT_SQID, 0, 16);
	FIELD_IS(NVME_ABORT_CID, 16, 16);
	FIELD_IS(NVME_AER_TYPE, 0, 3);
	FIELD_IS(NVME_AER_INFO, 8, 8);
	FIELD_IS(NVME_AER_LID, 16, 8);
	FIELD_IS(NVME_CREATE_CQ_QID, 0, 16);
	FIELD_IS(NVME_CREATE_CQ_QSIZE, 16, 16);
	FIELD_IS(NVME_CREATE_CQ_PC, 0, 1);
	FIELD_IS(NVME_CREATE_CQ_IEN, 1, 1);
	FIELD_IS(NVME_CREATE_CQ_IV, 16, 16);
	FIELD_IS(NVME_CREATE_SQ_QID, 0, 16);
	FIELD_IS(NVME_CREATE_SQ_QSIZE, 16, 16);
	FIELD_IS(NVME_CREATE_SQ_PC, 0, 1);
	FIELD_IS(NVME_CREATE_SQ_QPRIO, 1, 2);
	FIELD_IS(NVME_CREATE_SQ_CQID, 16, 16);
	FIELD_IS(NVME_DELETE_QUEUE_QID, 0, 16);
	FIELD_IS(NVME_GET_FEATURES_FID, 0, 8);
	FIELD_IS(NVME_GET_FEATURES_SEL, 8, 3);
	FIELD_IS(NVME_SET_FEATURES_FID, 0, 8);
	FIELD_IS(NVME_SET_FEATURES_SV, 31, 1);
	FIELD_IS(NVME_GET_LOG_LID, 0, 8);
	FIELD_IS(NVME_GET_LOG_LSP, 8, 7);
	FIELD_IS(NVME_GET_LOG_RAE, 15, 1);
	FIELD_IS(NVME_GET_LOG_NUMDL, 16, 16);
	FIELD_IS(NVME_GET_LOG_NUMDU, 0, 16);
	FIELD_IS(NVME_GET_LOG_LSI, 16, 16);
	FIELD_IS(NVME_GET_LOG_UIDX, 0, 7);
	FIELD_IS(NVME_GET_LOG_OT, 23, 1);
	FIELD_IS(NVME_GET_LOG_CSI, 24, 8);
	FIELD_IS(NVME_IDENTIFY_CNS, 0, 8);
	FIELD_IS(NVME_IDENTIFY_CNTID, 16, 16);
	FIELD_IS(NVME_IDENTIFY_CNSSID, 0, 16);
	FIELD_IS(NVME_IDENTIFY_CSI, 24, 8);
	FIELD_IS(NVME_FORMAT_LBAFL, 0, 4);
	FIELD_IS(NVME_FORMAT_MSET, 4, 1);
	FIELD_IS(NVME_FORMAT_PI, 5, 3);
	FIELD_IS(NVME_FORMAT_PIL, 8, 1);
	FIELD_IS(NVME_FORMAT_SES, 9, 3);
	FIELD_IS(NVME_FORMAT_LBAFU, 12, 2);
}

static void fields_of_io_commands_lie_where_the_specification_has_them(void **state)
{
	(void)state;
	FIELD_IS(NVME_RW_NLB, 0, 16);
	FIELD_IS(NVME_RW_DTYPE, 20, 4);
	FIELD_IS(NVME_RW_PRINFO, 26, 4);
	FIELD_IS(NVME_RW_DSM, 0, 8);
	FIELD_IS(NVME_RW_DSPEC, 16, 16);
	FIELD_IS(NVME_RW_LBAT, 0, 16);
	FIELD_IS(NVME_RW_LBATM, 16, 16);
	FIELD_IS(NVME_DSM_NR, 0, 8);
	FIELD_IS(NVME_COPY_NR, 0, 8);
	FIELD_IS(NVME_COPY_DESFMT, 8, 4);
	FIELD_IS(NVME_COPY_PRINFOR, 12, 4);
	FIELD_IS(NVME_COPY_DTYPE, 20, 4);
	FIELD_IS(NVME_COPY_STCW, 24, 1);
	FIELD_IS(NVME_COPY_PRINFOW, 26, 4);
	FIELD_IS(NVME_COPY_FUA, 30, 1);
	FIELD_IS(NVME_COPY_LR, 31, 1);
	FIELD_IS(NVME_RESERVATION_ACTION, 0, 3);
	FIELD_IS(NVME_RESERVATION_IEKEY, 3, 1);
	FIELD_IS(NVME_RESERVATION_RTYPE, 8, 8);
	FIELD_IS(NVME_RESERVATION_CPTPL, 30, 2);
}

static void fields_of_features_lie_where_the_specification_has_them(void **state)
{
	(void)state;
	FIELD_IS(NVME_ARBITRATION_AB, 0, 3);
	FIELD_IS(NVME_ARBITRATION_LPW, 8, 8);
	FIELD_IS(NVME_ARBITRATION_MPW, 16, 8);
	FIELD_IS(NVME_ARBITRATION_HPW, 24, 8);
	FIELD_IS(NVME_POWER_MANAGEMENT_PS, 0, 5);
	FIELD_IS(NVME_POWER_MANAGEMENT_WH, 5, 3);
	FIELD_IS(NVME_TEMPERATURE_TMPTH, 0, 16);
	FIELD_IS(NVME_TEMPERATURE_TMPSEL, 16, 4);
	FIELD_IS(NVME_TEMPERATURE_THSEL, 20, 2);
	FIELD_IS(NVME_VOLATILE_WRITE_CACHE_WCE, 0, 1);
	FIELD_IS(NVME_NUMBER_OF_QUEUES_NSQR, 0, 16);
	FIELD_IS(NVME_NUMBER_OF_QUEUES_NCQR, 16, 16);
	FIELD_IS(NVME_NUMBER_OF_QUEUES_NSQA, 0, 16);
	FIELD_IS(NVME_NUMBER_OF_QUEUES_NCQA, 16, 16);
	FIELD_IS(NVME_INTERRUPT_COALESCING_THR, 0, 8);
	FIELD_IS(NVME_INTERRUPT_COALESCING_TIME, 8, 8);
	FIELD_IS(NVME_INTERRUPT_VECTOR_IV, 0, 16);
	FIELD_IS(NVME_INTERRUPT_VECTOR_CD, 16, 1);
	FIELD_IS(NVME_ERROR_RECOVERY_TLER, 0, 16);
	FIELD_IS(NVME_ERROR_RECOVERY_DULBE, 16, 1);
}

static void single_bit_flags_are_their_fields(void **state)
{
	(void)state;
	assert_int_equal(NVME_RW_LR, 0x80000000);
	assert_int_equal(NVME_FIELD_GET(NVME_RW_FUA, NVME_RW_FUA), 1);
	assert_int_equal(NVME_RW_FUA, 0x40000000);
	assert_int_equal(NVME_RW_DEAC, 0x02000000);
	assert_int_equal(NVME_RW_STC, 0x01000000);
	assert_int_equal(NVME_FIELD_SET(NVME_RW_PRINFO, NVME_PRINFO_PRACT), 0x20000000);
	assert_int_equal(NVME_DSM_AD, 4);
}

static void an_event_is_taken_apart(void **state)
{
	const uint32_t dw0 = 0x00040002; /* namespace attribute changed, log page 04h */

	(void)state;
	assert_int_equal(NVME_AER_TYPE(dw0), NVME_AER_TYPE_NOTICE);
	assert_int_equal(NVME_AER_INFO(dw0), NVME_AER_NOTICE_NS_ATTRIBUTE_CHANGED);
	assert_int_equal(NVME_AER_LID(dw0), 0x04);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_of_admin_commands_lie_where_the_specification_has_them),
		cmocka_unit_test(fields_of_io_commands_lie_where_the_specification_has_them),
		cmocka_unit_test(fields_of_features_lie_where_the_specification_has_them),
		cmocka_unit_test(single_bit_flags_are_their_fields),
		cmocka_unit_test(an_event_is_taken_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
