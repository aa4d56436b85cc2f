/* SPDX-License-Identifier: BSD-3-Clause */
/* Fields of the NVM command set's commands, each at its bits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <upnvme/spec/nvm_command.h>
#include "support/field_is.h"

static void fields_of_io_commands_lie_where_the_specification_has_them(void **state)
{
	(void)state;
	FIELD_IS(UPNVME_SPEC_RW_NLB, 0, 16);
	FIELD_IS(UPNVME_SPEC_RW_DTYPE, 20, 4);
	FIELD_IS(UPNVME_SPEC_RW_PRINFO, 26, 4);
	FIELD_IS(UPNVME_SPEC_RW_DSM, 0, 8);
	FIELD_IS(UPNVME_SPEC_RW_DSPEC, 16, 16);
	FIELD_IS(UPNVME_SPEC_RW_LBAT, 0, 16);
	FIELD_IS(UPNVME_SPEC_RW_LBATM, 16, 16);
	FIELD_IS(UPNVME_SPEC_DSM_NR, 0, 8);
	FIELD_IS(UPNVME_SPEC_COPY_NR, 0, 8);
	FIELD_IS(UPNVME_SPEC_COPY_DESFMT, 8, 4);
	FIELD_IS(UPNVME_SPEC_COPY_PRINFOR, 12, 4);
	FIELD_IS(UPNVME_SPEC_COPY_DTYPE, 20, 4);
	FIELD_IS(UPNVME_SPEC_COPY_STCW, 24, 1);
	FIELD_IS(UPNVME_SPEC_COPY_PRINFOW, 26, 4);
	FIELD_IS(UPNVME_SPEC_COPY_FUA, 30, 1);
	FIELD_IS(UPNVME_SPEC_COPY_LR, 31, 1);
}

static void single_bit_flags_are_their_fields(void **state)
{
	(void)state;
	assert_int_equal(UPNVME_SPEC_RW_LR_BIT, 0x80000000);
	assert_int_equal(UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_RW_FUA, UPNVME_SPEC_RW_FUA_BIT), 1);
	assert_int_equal(UPNVME_SPEC_RW_FUA_BIT, 0x40000000);
	assert_int_equal(UPNVME_SPEC_RW_DEAC_BIT, 0x02000000);
	assert_int_equal(UPNVME_SPEC_RW_STC_BIT, 0x01000000);
	assert_int_equal(UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_RW_PRINFO, UPNVME_SPEC_PRINFO_PRACT),
			 0x20000000);
	assert_int_equal(UPNVME_SPEC_DSM_AD, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_of_io_commands_lie_where_the_specification_has_them),
		cmocka_unit_test(single_bit_flags_are_their_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
