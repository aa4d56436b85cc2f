/* SPDX-License-Identifier: BSD-3-Clause */
/* Identify Namespace: fields that hold others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <upnvme/spec/identify.h>

static void the_lba_format_index_has_six_bits_in_two_places(void **state)
{
	(void)state;
	assert_int_equal(upnvme_spec_flbas_format((uint8_t)0x00, 63), 0);
	assert_int_equal(upnvme_spec_flbas_format((uint8_t)0x1f, 63), 15);
	assert_int_equal(upnvme_spec_flbas_format((uint8_t)0x20, 16), 16);
	assert_int_equal(upnvme_spec_flbas_format((uint8_t)0x7f, 63), 63);
	/* Up to 16 formats the high bits are reserved. */
	assert_int_equal(upnvme_spec_flbas_format((uint8_t)0x7f, 15), 15);
}

static void an_identified_namespace_is_read_from_its_bytes(void **state)
{
	union {
		uint8_t bytes[UPNVME_SPEC_IDENTIFY_BYTES];
		struct upnvme_spec_id_ns ns;
	} data = { .bytes = { [1] = 0x10,
			      [25] = 1,
			      [26] = 1,
			      [33] = 9,
			      [46] = 0x80,
			      [128 + 2] = 9,
			      [132 + 2] = 12 } };

	(void)state;
	assert_int_equal(data.ns.nsze, 4096);
	assert_int_equal(data.ns.nlbaf, 1);
	assert_int_equal(data.ns.noiob, 128);
	assert_int_equal(UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_DLFEAT_READ, data.ns.dlfeat),
			 UPNVME_SPEC_DLFEAT_READ_ZEROES);
	assert_true(data.ns.dlfeat & UPNVME_SPEC_DLFEAT_DEAC);
	assert_int_equal(data.ns.lbaf[0].lbads, 9);
	assert_int_equal(data.ns.lbaf[upnvme_spec_flbas_format(data.ns.flbas, data.ns.nlbaf)].lbads,
			 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lba_format_index_has_six_bits_in_two_places),
		cmocka_unit_test(an_identified_namespace_is_read_from_its_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
