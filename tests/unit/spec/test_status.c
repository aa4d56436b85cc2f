/* SPDX-License-Identifier: BSD-3-Clause */
/* The fields of a status. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <upnvme/spec/status.h>

static void fields_of_a_status_are_taken_apart(void **state)
{
	const uint16_t status = 0x7285; /* 111 0010 1000 0101 */

	(void)state;
	assert_int_equal(UPNVME_SPEC_STATUS_SC(status), 0x85);
	assert_int_equal(UPNVME_SPEC_STATUS_SCT(status), UPNVME_SPEC_SCT_MEDIA);
	assert_int_equal(UPNVME_SPEC_STATUS_CRD(status), 2);
	assert_true(status & UPNVME_SPEC_STATUS_MORE_BIT);
	assert_true(status & UPNVME_SPEC_STATUS_DNR_BIT);
	assert_int_equal(UPNVME_SPEC_STATUS_CODE(status), UPNVME_SPEC_SC_COMPARE_FAILURE);
	assert_int_equal(UPNVME_SPEC_STATUS_MORE_BIT, 1 << 13);
	assert_int_equal(UPNVME_SPEC_STATUS_DNR_BIT, 1 << 14);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_of_a_status_are_taken_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
