/* SPDX-License-Identifier: BSD-3-Clause */
/* Log pages: the commands they are read by, and what is decoded of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <upnvme.h>

#include "base/error.h"
#include "base/util.h"
#include "driver/log_pages.h"
#include "support/fake_transport.h"

struct rig {
	struct fake_transport *fake;
	struct upnvme_ctrlr *ctrlr;
};

static int open_rig(void **state, uint8_t lpa)
{
	static struct rig rig;

	rig.fake = fake_transport_create();
	rig.fake->id.lpa = lpa;
	assert_int_equal(fake_transport_open(rig.fake, &rig.ctrlr, NULL), 0);
	upnvme_ctrlr_poll(rig.ctrlr);
	rig.fake->nseen = 0;
	for (size_t i = 0; i < sizeof(rig.fake->log); i++)
		rig.fake->log[i] = (uint8_t)(i * 3 + (i >> 8));
	*state = &rig;
	return 0;
}

static int setup(void **state)
{
	return open_rig(state, UPNVME_SPEC_LPA_EXTENDED_DATA);
}

static int setup_effects(void **state)
{
	return open_rig(state, UPNVME_SPEC_LPA_COMMANDS_SUPPORTED);
}

static int setup_short(void **state)
{
	return open_rig(state, 0);
}

static int teardown(void **state)
{
	assert_int_equal(upnvme_close(((struct rig *)*state)->ctrlr), 0);
	return 0;
}

static void a_page_is_read_from_its_offset(void **state)
{
	struct rig *rig = *state;
	struct upnvme_spec_sqe expected = {
		.opcode = 0x02, .nsid = 0xffffffff, .cdw10 = 15u << 16 | 0xc5, .cdw12 = 128
	};
	uint8_t data[64];

	assert_int_equal(upnvme_log_page(rig->ctrlr, 0xffffffff, 0xc5, 128, data, sizeof(data)), 0);
	fake_transport_expect(&rig->fake->seen[0], &expected, true);
	assert_memory_equal(data, rig->fake->log + 128, sizeof(data));
}

/* A caller's read does not clear an event of a page that the library reads itself. */
static void a_callers_read_retains_the_event_of_the_librarys_pages(void **state)
{
	static const uint32_t own[] = { 1, 2, 4 };
	struct rig *rig = *state;
	uint32_t data[1];

	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		assert_int_equal(upnvme_log_page(rig->ctrlr, 0xffffffff, own[i], 0, data, 4), 0);
		assert_int_equal(rig->fake->seen[i].cdw10, 0x8000u | own[i]);
	}
}

static void the_driver_says_whether_an_event_is_kept(void **state)
{
	struct rig *rig = *state;
	uint32_t data[1];
	const struct log_range range = { .lid = 2, .data = data, .bytes = sizeof(data) };

	assert_int_equal(log_page_peek(rig->ctrlr, &range), 0);
	assert_int_equal(rig->fake->seen[0].cdw10, 0x8002);
	assert_int_equal(log_page_acknowledge(rig->ctrlr, &range), 0);
	assert_int_equal(rig->fake->seen[1].cdw10, 0x0002);
}

static enum fake_verdict offset_as_data(struct fake_transport *fake,
					const struct upnvme_spec_sqe *sqe,
					struct upnvme_spec_cqe *cqe)
{
	uint64_t offset = sqe->cdw12 | (uint64_t)sqe->cdw13 << 32;

	if (sqe->opcode != UPNVME_SPEC_ADMIN_GET_LOG_PAGE)
		return FAKE_DEFAULT;
	memcpy(fake_transport_memory(fake, sqe->prp1, 8), &offset, 8);
	return FAKE_ANSWER;
}

static void a_long_page_is_read_in_parts(void **state)
{
	struct rig *rig = *state;
	static uint64_t data[(150 << 10) / 8];
	uint64_t offset = 0xfffffff0;

	rig->fake->script = offset_as_data;
	assert_int_equal(upnvme_log_page(rig->ctrlr, 1, 0xc5, offset, data, sizeof(data)), 0);
	assert_int_equal(rig->fake->nseen, 3);
	assert_int_equal(rig->fake->seen[0].cdw10 >> 16, 16383);
	assert_int_equal(rig->fake->seen[2].cdw10 >> 16, 22 * 256 - 1);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(rig->fake->seen[i].cdw11, 0);
		assert_int_equal(rig->fake->seen[i].nsid, 1);
		assert_int_equal(data[i * 8192], offset + i * 65536);
	}
}

static void offsets_are_refused_without_extended_data(void **state)
{
	struct rig *rig = *state;
	static uint8_t data[20480];

	assert_int_equal(upnvme_log_page(rig->ctrlr, 0, 0xc5, 0, data, 512), 0);
	assert_int_equal(upnvme_log_page(rig->ctrlr, 0, 0xc5, 4, data, 512), -ENOTSUP);
	assert_int_equal(error_last()->code, UPNVME_ERR_UNSUPPORTED);
	assert_int_equal(upnvme_log_page(rig->ctrlr, 0, 0xc5, 0, data, 16384), 0);
	assert_int_equal(upnvme_log_page(rig->ctrlr, 0, 0xc5, 0, data, 16388), -ENOTSUP);
}

static void bad_arguments_are_refused(void **state)
{
	struct rig *rig = *state;
	uint8_t data[8];

	assert_int_equal(upnvme_log_page(NULL, 0, 2, 0, data, 8), -EINVAL);
	assert_int_equal(upnvme_log_page(rig->ctrlr, 0, 256, 0, data, 8), -EINVAL);
	assert_int_equal(upnvme_log_page(rig->ctrlr, 0, 2, 0, NULL, 8), -EINVAL);
	assert_int_equal(upnvme_log_page(rig->ctrlr, 0, 2, 0, data, 0), -EINVAL);
	assert_int_equal(upnvme_log_page(rig->ctrlr, 0, 2, 0, data, 6), -EINVAL);
	assert_int_equal(upnvme_log_page(rig->ctrlr, 0, 2, 2, data, 8), -EINVAL);
	assert_int_equal(upnvme_log_page(rig->ctrlr, 0, 2, UINT64_MAX - 3, data, 8), -EINVAL);
	assert_int_equal(rig->fake->nseen, 0);
}

static void smart_is_decoded(void **state)
{
	struct rig *rig = *state;
	struct upnvme_spec_smart_log *log = (void *)rig->fake->log;
	struct upnvme_smart smart = { .size = UPNVME_SMART_SIZE };
	uint64_t full[2] = { 5, 1 }, some[2] = { 1234567890123, 0 };

	memset(log, 0, sizeof(*log));
	log->critical_warning = 2;
	log->composite_temperature[0] = 0x36; /* 310 K */
	log->composite_temperature[1] = 0x01;
	log->available_spare = 99;
	log->available_spare_threshold = 10;
	log->percentage_used = 3;
	memcpy(&log->data_units_read, some, 16);
	memcpy(&log->data_units_written, full, 16);
	log->warning_temperature_time = 6;
	log->critical_temperature_time = 7;
	log->temperature_sensor[0] = 300;
	assert_int_equal(upnvme_smart_get(rig->ctrlr, &smart), 0);
	assert_int_equal(rig->fake->seen[0].nsid, 0xffffffff);
	assert_int_equal(rig->fake->seen[0].cdw10, 127u << 16 | 0x8002);
	assert_int_equal(smart.critical_warning, 2);
	assert_int_equal(smart.temperature_celsius, 37);
	assert_int_equal(smart.available_spare, 99);
	assert_int_equal(smart.spare_threshold, 10);
	assert_int_equal(smart.percentage_used, 3);
	assert_int_equal(smart.data_units_read, 1234567890123);
	assert_int_equal(smart.data_units_written, UINT64_MAX);
	assert_int_equal(smart.host_reads, 0);
	assert_int_equal(smart.warning_temperature_minutes, 6);
	assert_int_equal(smart.critical_temperature_minutes, 7);
	assert_int_equal(smart.sensor_celsius[0], 27);
	assert_int_equal(smart.sensor_celsius[1], INT32_MIN);
	smart.size = 3;
	assert_int_equal(upnvme_smart_get(rig->ctrlr, &smart), -EINVAL);
	assert_int_equal(upnvme_smart_get(rig->ctrlr, NULL), -EINVAL);
	assert_int_equal(upnvme_smart_get(NULL, &smart), -EINVAL);
}

static void firmware_slots_are_decoded(void **state)
{
	struct rig *rig = *state;
	struct upnvme_spec_firmware_slot_log *log = (void *)rig->fake->log;
	struct upnvme_firmware firmware = { .size = UPNVME_FIRMWARE_SIZE };

	memset(log, 0, sizeof(*log));
	log->afi = 0x21;
	memcpy(log->frs[0], "1.2.3   ", 8);
	memcpy(log->frs[1], "ABCDEFGH", 8);
	assert_int_equal(upnvme_firmware_get(rig->ctrlr, &firmware), 0);
	assert_int_equal(firmware.active_slot, 1);
	assert_int_equal(firmware.next_slot, 2);
	assert_string_equal(firmware.revision[0], "1.2.3");
	assert_string_equal(firmware.revision[1], "ABCDEFGH");
	assert_string_equal(firmware.revision[2], "");
	firmware.size = 0;
	assert_int_equal(upnvme_firmware_get(rig->ctrlr, &firmware), -EINVAL);
	assert_int_equal(upnvme_firmware_get(rig->ctrlr, NULL), -EINVAL);
	assert_int_equal(upnvme_firmware_get(NULL, &firmware), -EINVAL);
}

static void the_error_log_gives_its_valid_entries(void **state)
{
	struct rig *rig = *state;
	struct upnvme_spec_error_log_entry *log = (void *)rig->fake->log;
	struct upnvme_error_entry entries[8];

	memset(log, 0, 8 * sizeof(*log));
	log[0] = (struct upnvme_spec_error_log_entry){ .error_count = 9,
						       .sqid = 2,
						       .cid = 3,
						       .status = 0x4005,
						       .parameter_location = 0x0128,
						       .lba = 77,
						       .nsid = 1 };
	log[1].error_count = 8;
	assert_int_equal(upnvme_error_log(rig->ctrlr, entries, 8), 2);
	assert_int_equal(rig->fake->seen[0].cdw10, 63u << 16 | 0x8001); /* ELPE: 4 entries */
	assert_int_equal(entries[0].count, 9);
	assert_int_equal(entries[0].sqid, 2);
	assert_int_equal(entries[0].cid, 3);
	assert_int_equal(entries[0].status, 0x2002);
	assert_int_equal(entries[0].parameter, 0x0128);
	assert_int_equal(entries[0].lba, 77);
	assert_int_equal(entries[0].nsid, 1);
	assert_int_equal(entries[1].count, 8);
	assert_int_equal(upnvme_error_log(rig->ctrlr, entries, 1), 1);
	assert_int_equal(upnvme_error_log(rig->ctrlr, NULL, 0), 0);
	assert_int_equal(upnvme_error_log(rig->ctrlr, NULL, 1), -EINVAL);
	assert_int_equal(upnvme_error_log(NULL, entries, 1), -EINVAL);
}

static void the_effects_of_a_command_are_its_dword_of_the_log(void **state)
{
	struct rig *rig = *state;
	struct upnvme_spec_sqe expected = { .opcode = 0x02,
					    .nsid = 0xffffffff,
					    .cdw10 = 1023u << 16 | 5 };
	struct upnvme_spec_commands_supported_log *log = (void *)rig->fake->log;
	uint32_t effects = 0;

	memset(log, 0, sizeof(*log));
	log->acs[0x80] = 0x0012000f;
	log->iocs[0x80] = 0x02180011;
	log->iocs[0xff] = 0x00100003;
	assert_int_equal(upnvme_command_effects(rig->ctrlr, 1, 0x80, &effects), 0);
	fake_transport_expect(&rig->fake->seen[0], &expected, true);
	assert_int_equal(effects, UPNVME_EFFECT_SUPPORTED | UPNVME_EFFECT_CONTENT |
					  UPNVME_EFFECT_NS_CAPABILITY | UPNVME_EFFECT_NS_INVENTORY |
					  UPNVME_EFFECT_EXECUTION_ALL | UPNVME_EFFECT_SCOPE_NS);
	assert_int_equal(upnvme_command_effects(rig->ctrlr, 0, 0x80, &effects), 0);
	assert_int_equal(effects, UPNVME_EFFECT_SUPPORTED | UPNVME_EFFECT_CTRLR_CAPABILITY |
					  UPNVME_EFFECT_UUID | UPNVME_EFFECT_SCOPE_NS |
					  UPNVME_EFFECT_SCOPE_SUBSYSTEM);
	assert_int_equal(upnvme_command_effects(rig->ctrlr, 0, 0xff, &effects), 0);
	assert_int_equal(effects,
			 UPNVME_EFFECT_SUPPORTED | UPNVME_EFFECT_CONTENT | UPNVME_EFFECT_SCOPE_NS);
	assert_int_equal(upnvme_command_effects(rig->ctrlr, 1, 0xff, &effects), 0);
	assert_int_equal(effects, 0);
	assert_int_equal(rig->fake->nseen, 4);
}

static void effects_into_a_null_pointer_are_refused(void **state)
{
	struct rig *rig = *state;
	uint32_t effects = 77;

	assert_int_equal(upnvme_command_effects(NULL, 0, 1, &effects), -EINVAL);
	assert_int_equal(error_last()->code, UPNVME_ERR_NULL);
	assert_int_equal(upnvme_command_effects(rig->ctrlr, 0, 1, NULL), -EINVAL);
	assert_int_equal(error_last()->code, UPNVME_ERR_NULL);
	assert_int_equal(upnvme_command_effects(rig->ctrlr, 0, 256, &effects), -EINVAL);
	assert_int_equal(error_last()->code, UPNVME_ERR_ARGUMENT);
	assert_int_equal(effects, 77);
	assert_int_equal(rig->fake->nseen, 0);
}

static void without_the_log_effects_are_not_known(void **state)
{
	struct rig *rig = *state;
	uint32_t effects = 77;

	assert_int_equal(upnvme_command_effects(rig->ctrlr, 1, 6, &effects), -ENOTSUP);
	assert_int_equal(error_last()->code, UPNVME_ERR_UNSUPPORTED);
	assert_non_null(strstr(error_last()->text, "06h"));
	assert_int_equal(effects, 77);
	assert_int_equal(rig->fake->nseen, 0);
}

static enum fake_verdict refuse(struct fake_transport *fake, const struct upnvme_spec_sqe *sqe,
				struct upnvme_spec_cqe *cqe)
{
	cqe->status = UPNVME_SPEC_SC_INVALID_LOG_PAGE;
	return FAKE_ANSWER;
}

static void an_error_status_is_explained(void **state)
{
	struct rig *rig = *state;
	struct upnvme_smart smart = { .size = UPNVME_SMART_SIZE };
	struct upnvme_firmware firmware = { .size = UPNVME_FIRMWARE_SIZE };
	struct upnvme_error_entry entry;
	uint32_t effects;

	rig->fake->script = refuse;
	assert_int_equal(upnvme_smart_get(rig->ctrlr, &smart), -EIO);
	assert_non_null(strstr(error_last()->text, "Get Log Page"));
	assert_int_equal(upnvme_firmware_get(rig->ctrlr, &firmware), -EIO);
	assert_int_equal(upnvme_command_effects(rig->ctrlr, 1, 6, &effects), -EIO);
	assert_int_equal(upnvme_error_log(rig->ctrlr, &entry, 1), -EIO);
	assert_int_equal(error_last()->code, UPNVME_ERR_CTRLR_STATUS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_page_is_read_from_its_offset),
		TEST(a_callers_read_retains_the_event_of_the_librarys_pages),
		TEST(the_driver_says_whether_an_event_is_kept),
		TEST(a_long_page_is_read_in_parts),
		cmocka_unit_test_setup_teardown(offsets_are_refused_without_extended_data,
						setup_short, teardown),
		TEST(bad_arguments_are_refused),
		TEST(smart_is_decoded),
		TEST(firmware_slots_are_decoded),
		TEST(the_error_log_gives_its_valid_entries),
		cmocka_unit_test_setup_teardown(the_effects_of_a_command_are_its_dword_of_the_log,
						setup_effects, teardown),
		cmocka_unit_test_setup_teardown(effects_into_a_null_pointer_are_refused,
						setup_effects, teardown),
		TEST(without_the_log_effects_are_not_known),
		cmocka_unit_test_setup_teardown(an_error_status_is_explained, setup_effects,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
