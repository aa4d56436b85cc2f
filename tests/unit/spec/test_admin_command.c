/* SPDX-License-Identifier: BSD-3-Clause */
/* Fields of admin commands, each at its bits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <upnvme/spec/admin_command.h>
#include "support/field_is.h"

static void fields_of_admin_commands_lie_where_the_specification_has_them(void **state)
{
	(void)state;
	FIELD_IS(UPNVME_SPEC_ABORT_SQID, 0, 16);
	FIELD_IS(UPNVME_SPEC_ABORT_CID, 16, 16);
	FIELD_IS(UPNVME_SPEC_AER_TYPE, 0, 3);
	FIELD_IS(UPNVME_SPEC_AER_INFO, 8, 8);
	FIELD_IS(UPNVME_SPEC_AER_LID, 16, 8);
	FIELD_IS(UPNVME_SPEC_CREATE_CQ_QID, 0, 16);
	FIELD_IS(UPNVME_SPEC_CREATE_CQ_QSIZE, 16, 16);
	FIELD_IS(UPNVME_SPEC_CREATE_CQ_PC, 0, 1);
	FIELD_IS(UPNVME_SPEC_CREATE_CQ_IEN, 1, 1);
	FIELD_IS(UPNVME_SPEC_CREATE_CQ_IV, 16, 16);
	FIELD_IS(UPNVME_SPEC_CREATE_SQ_QID, 0, 16);
	FIELD_IS(UPNVME_SPEC_CREATE_SQ_QSIZE, 16, 16);
	FIELD_IS(UPNVME_SPEC_CREATE_SQ_PC, 0, 1);
	FIELD_IS(UPNVME_SPEC_CREATE_SQ_QPRIO, 1, 2);
	FIELD_IS(UPNVME_SPEC_CREATE_SQ_CQID, 16, 16);
	FIELD_IS(UPNVME_SPEC_DELETE_QUEUE_QID, 0, 16);
	FIELD_IS(UPNVME_SPEC_GET_FEATURES_FID, 0, 8);
	FIELD_IS(UPNVME_SPEC_GET_FEATURES_SEL, 8, 3);
	FIELD_IS(UPNVME_SPEC_SET_FEATURES_FID, 0, 8);
	FIELD_IS(UPNVME_SPEC_SET_FEATURES_SV, 31, 1);
	FIELD_IS(UPNVME_SPEC_GET_LOG_LID, 0, 8);
	FIELD_IS(UPNVME_SPEC_GET_LOG_LSP, 8, 7);
	FIELD_IS(UPNVME_SPEC_GET_LOG_RAE, 15, 1);
	FIELD_IS(UPNVME_SPEC_GET_LOG_NUMDL, 16, 16);
	FIELD_IS(UPNVME_SPEC_GET_LOG_NUMDU, 0, 16);
	FIELD_IS(UPNVME_SPEC_GET_LOG_LSI, 16, 16);
	FIELD_IS(UPNVME_SPEC_GET_LOG_UIDX, 0, 7);
	FIELD_IS(UPNVME_SPEC_GET_LOG_OT, 23, 1);
	FIELD_IS(UPNVME_SPEC_GET_LOG_CSI, 24, 8);
	FIELD_IS(UPNVME_SPEC_IDENTIFY_CNS, 0, 8);
	FIELD_IS(UPNVME_SPEC_IDENTIFY_CNTID, 16, 16);
	FIELD_IS(UPNVME_SPEC_IDENTIFY_CNSSID, 0, 16);
	FIELD_IS(UPNVME_SPEC_IDENTIFY_CSI, 24, 8);
	FIELD_IS(UPNVME_SPEC_FORMAT_LBAFL, 0, 4);
	FIELD_IS(UPNVME_SPEC_FORMAT_MSET, 4, 1);
	FIELD_IS(UPNVME_SPEC_FORMAT_PI, 5, 3);
	FIELD_IS(UPNVME_SPEC_FORMAT_PIL, 8, 1);
	FIELD_IS(UPNVME_SPEC_FORMAT_SES, 9, 3);
	FIELD_IS(UPNVME_SPEC_FORMAT_LBAFU, 12, 2);
}

static void an_event_is_taken_apart(void **state)
{
	const uint32_t dw0 = 0x00040002; /* namespace attribute changed, log page 04h */

	(void)state;
	assert_int_equal(UPNVME_SPEC_AER_TYPE(dw0), UPNVME_SPEC_AER_TYPE_NOTICE);
	assert_int_equal(UPNVME_SPEC_AER_INFO(dw0), UPNVME_SPEC_AER_NOTICE_NS_ATTRIBUTE_CHANGED);
	assert_int_equal(UPNVME_SPEC_AER_LID(dw0), 0x04);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_of_admin_commands_lie_where_the_specification_has_them),
		cmocka_unit_test(an_event_is_taken_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
