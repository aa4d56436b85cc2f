/* SPDX-License-Identifier: BSD-3-Clause */
/* Identify Controller: fields that hold others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <upnvme/spec/identify.h>

static void an_identified_controller_is_read_from_its_bytes(void **state)
{
	union {
		uint8_t bytes[UPNVME_SPEC_IDENTIFY_BYTES];
		struct upnvme_spec_id_ctrl ctrl;
	} data = { .bytes = { [0] = 0x36,
			      [1] = 0x1b,
			      [4] = 'S',
			      [77] = 5,
			      [82] = 2,
			      [256] = 0x0a,
			      [280] = 0x11,
			      [295] = 0x22,
			      [512] = 0x66,
			      [513] = 0x44,
			      [516] = 1,
			      [520] = 0x8c,
			      [525] = 7,
			      [538] = 1,
			      [768] = 'n',
			      [2048] = 0x84,
			      [2080] = 9 } };

	(void)state;
	assert_int_equal(data.ctrl.vid, 0x1b36);
	assert_int_equal(data.ctrl.sn[0], 'S');
	assert_int_equal(data.ctrl.mdts, 5);
	assert_int_equal(data.ctrl.ver, 0x00020000);
	assert_int_equal(data.ctrl.oacs, UPNVME_SPEC_OACS_FORMAT | UPNVME_SPEC_OACS_NS_MANAGEMENT);
	assert_int_equal(data.ctrl.tnvmcap.lo, 0x11);
	assert_true(data.ctrl.tnvmcap.hi == UINT64_C(0x22) << 56);
	assert_int_equal(UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_ENTRY_SIZE_MIN, data.ctrl.sqes), 6);
	assert_int_equal(UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_ENTRY_SIZE_MAX, data.ctrl.cqes), 4);
	assert_int_equal(data.ctrl.nn, 1);
	assert_int_equal(data.ctrl.oncs, UPNVME_SPEC_ONCS_DSM | UPNVME_SPEC_ONCS_WRITE_ZEROES |
						 UPNVME_SPEC_ONCS_VERIFY);
	assert_true(data.ctrl.vwc & UPNVME_SPEC_VWC_PRESENT);
	assert_int_equal(UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_VWC_FLUSH_ALL, data.ctrl.vwc),
			 UPNVME_SPEC_VWC_FLUSH_ALL_SUPPORTED);
	assert_int_equal(data.ctrl.sgls, UPNVME_SPEC_SGLS_BIT_BUCKET);
	assert_int_equal(data.ctrl.subnqn[0], 'n');
	assert_int_equal(data.ctrl.psd[0].mp, 0x84);
	assert_int_equal(data.ctrl.psd[1].mp, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_identified_controller_is_read_from_its_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
