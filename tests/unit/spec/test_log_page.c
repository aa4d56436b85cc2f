/* SPDX-License-Identifier: BSD-3-Clause */
/* Log pages: counters of 128 bits, and tables by number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <upnvme/spec/log_page.h>

static void the_smart_log_counts_in_128_bits(void **state)
{
	union {
		uint8_t bytes[512];
		struct upnvme_spec_smart_log log;
	} data = { .bytes = { [0] = 0x03,
			      [1] = 0x39,
			      [2] = 0x01,
			      [32] = 1,
			      [48] = 2,
			      [64] = 3,
			      [80] = 4,
			      [176] = 5,
			      [192] = 6,
			      [200] = 7 } };

	(void)state;
	assert_int_equal(data.log.critical_warning,
			 UPNVME_SPEC_SMART_WARNING_SPARE | UPNVME_SPEC_SMART_WARNING_TEMPERATURE);
	assert_int_equal(data.log.composite_temperature[0] | data.log.composite_temperature[1] << 8,
			 313);
	assert_int_equal(data.log.data_units_read.lo, 1);
	assert_int_equal(data.log.data_units_written.lo, 2);
	assert_int_equal(data.log.host_read_commands.lo, 3);
	assert_int_equal(data.log.host_write_commands.lo, 4);
	assert_int_equal(data.log.error_log_entries.lo, 5);
	assert_int_equal(data.log.warning_temperature_time, 6);
	assert_int_equal(data.log.temperature_sensor[0], 7);
}

static void command_effects_are_indexed_by_opcode(void **state)
{
	union {
		uint8_t bytes[4096];
		struct upnvme_spec_commands_supported_log log;
	} data = { .bytes = { [4 * 6] = 0x01, [1024 + 4] = 0x03, [1024 + 4 + 2] = 0x11 } };

	(void)state;
	assert_int_equal(data.log.acs[0x06], UPNVME_SPEC_EFFECTS_SUPPORTED);
	assert_true(data.log.iocs[0x01] & UPNVME_SPEC_EFFECTS_SUPPORTED);
	assert_true(data.log.iocs[0x01] & UPNVME_SPEC_EFFECTS_LBCC);
	assert_int_equal(UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_EFFECTS_CSE, data.log.iocs[0x01]),
			 UPNVME_SPEC_EFFECTS_CSE_NS);
	assert_int_equal(UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_EFFECTS_SCOPE, data.log.iocs[0x01]),
			 UPNVME_SPEC_EFFECTS_SCOPE_NS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_smart_log_counts_in_128_bits),
		cmocka_unit_test(command_effects_are_indexed_by_opcode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
