/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Identify structures and log pages: fields that hold others, and sizes asked for by number.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "spec/identify.h"
#include "spec/log_page.h"

static void the_lba_format_index_has_six_bits_in_two_places(void **state)
{
	(void)state;
	assert_int_equal(NVME_FLBAS_FORMAT((uint8_t)0x00), 0);
	assert_int_equal(NVME_FLBAS_FORMAT((uint8_t)0x1f), 15);
	assert_int_equal(NVME_FLBAS_FORMAT((uint8_t)0x20), 16);
	assert_int_equal(NVME_FLBAS_FORMAT((uint8_t)0x7f), 63);
}

static void an_identified_controller_is_read_from_its_bytes(void **state)
{
	union {
		uint8_t bytes[NVME_IDENTIFY_BYTES];
		struct nvme_id_ctrl ctrl;
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
	assert_int_equal(data.ctrl.oacs, NVME_OACS_FORMAT | NVME_OACS_NS_MANAGEMENT);
	assert_int_equal(data.ctrl.tnvmcap.lo, 0x11);
	assert_true(data.ctrl.tnvmcap.hi == UINT64_C(0x22) << 56);
	assert_int_equal(NVME_FIELD_GET(NVME_ENTRY_SIZE_MIN, data.ctrl.sqes), 6);
	assert_int_equal(NVME_FIELD_GET(NVME_ENTRY_SIZE_MAX, data.ctrl.cqes), 4);
	assert_int_equal(data.ctrl.nn, 1);
	assert_int_equal(data.ctrl.oncs, NVME_ONCS_DSM | NVME_ONCS_WRITE_ZEROES | NVME_ONCS_VERIFY);
	assert_true(data.ctrl.vwc & NVME_VWC_PRESENT);
	assert_int_equal(NVME_FIELD_GET(NVME_VWC_FLUSH_ALL, data.ctrl.vwc),
			 NVME_VWC_FLUSH_ALL_SUPPORTED);
	assert_int_equal(data.ctrl.sgls, NVME_SGLS_BIT_BUCKET);
	assert_int_equal(data.ctrl.subnqn[0], 'n');
	assert_int_equal(data.ctrl.psd[0].mp, 0x84);
	assert_int_equal(data.ctrl.psd[1].mp, 9);
}

static void an_identified_namespace_is_read_from_its_bytes(void **state)
{
	union {
		uint8_t bytes[NVME_IDENTIFY_BYTES];
		struct nvme_id_ns ns;
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
	assert_int_equal(NVME_FIELD_GET(NVME_DLFEAT_READ, data.ns.dlfeat), NVME_DLFEAT_READ_ZEROES);
	assert_true(data.ns.dlfeat & NVME_DLFEAT_DEAC);
	assert_int_equal(data.ns.lbaf[0].lbads, 9);
	assert_int_equal(data.ns.lbaf[NVME_FLBAS_FORMAT(data.ns.flbas)].lbads, 12);
}

static void the_smart_log_counts_in_128_bits(void **state)
{
	union {
		uint8_t bytes[512];
		struct nvme_smart_log log;
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
			 NVME_SMART_WARNING_SPARE | NVME_SMART_WARNING_TEMPERATURE);
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
		struct nvme_commands_supported_log log;
	} data = { .bytes = { [4 * 6] = 0x01, [1024 + 4] = 0x03, [1024 + 4 + 2] = 0x11 } };

	(void)state;
	assert_int_equal(data.log.acs[0x06], NVME_EFFECTS_SUPPORTED);
	assert_true(data.log.iocs[0x01] & NVME_EFFECTS_SUPPORTED);
	assert_true(data.log.iocs[0x01] & NVME_EFFECTS_LBCC);
	assert_int_equal(NVME_FIELD_GET(NVME_EFFECTS_CSE, data.log.iocs[0x01]),
			 NVME_EFFECTS_CSE_NS);
	assert_int_equal(NVME_FIELD_GET(NVME_EFFECTS_SCOPE, data.log.iocs[0x01]),
			 NVME_EFFECTS_SCOPE_NS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lba_format_index_has_six_bits_in_two_places),
		cmocka_unit_test(an_identified_controller_is_read_from_its_bytes),
		cmocka_unit_test(an_identified_namespace_is_read_from_its_bytes),
		cmocka_unit_test(the_smart_log_counts_in_128_bits),
		cmocka_unit_test(command_effects_are_indexed_by_opcode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
