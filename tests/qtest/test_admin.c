/* SPDX-License-Identifier: BSD-3-Clause */
/* The admin side of QEMU's controller: features, log pages, events. */
#include "support/rig.h"

#include <stdatomic.h>

#include <upnvme/spec/feature.h>
#include <upnvme/spec/log_page.h>
#include <upnvme/spec/opcode.h>
#include <upnvme/spec/status.h>

static const struct qemu_ns namespaces[] = {
	{ .nsid = 1, .bytes = 4 * MIB },
	{ .nsid = 2, .bytes = 4 * MIB, .properties = "detached=on" },
};
static const struct qemu_config config = { .namespaces = namespaces,
					   .nnamespaces = NELEMS(namespaces),
					   .subsystem = true };

#define KELVIN           273
#define QEMU_TEMPERATURE 0x143 /* kelvin */
#define QEMU_WARNING     0x157

/* --- features ------------------------------------------------------------------------------------- */

static uint32_t feature(upnvme_ctrlr *ctrlr, uint32_t fid, uint32_t select)
{
	uint32_t value = 0xdeadbeef;

	OK(upnvme_feature_get(ctrlr, 0, fid, select, &value, NULL, 0));
	return value;
}

static void a_feature_is_set_and_read_back(void **state)
{
	upnvme_ctrlr *ctrlr = ctrlr_of_group();
	uint32_t fid = UPNVME_SPEC_FEAT_TEMPERATURE_THRESHOLD;

	assert_int_equal(feature(ctrlr, fid, UPNVME_FEATURE_DEFAULT), QEMU_WARNING);
	OK(upnvme_feature_set(ctrlr, 0, fid, 400, 0, NULL, 0));
	assert_int_equal(feature(ctrlr, fid, UPNVME_FEATURE_CURRENT), 400);
	OK(upnvme_feature_set(ctrlr, 0, fid, QEMU_WARNING, 0, NULL, 0));
	OK(upnvme_close(ctrlr));
}

static void the_write_cache_is_switched(void **state)
{
	upnvme_ctrlr *ctrlr = ctrlr_of_group();

	assert_int_equal(feature(ctrlr, UPNVME_SPEC_FEAT_VOLATILE_WRITE_CACHE, 0), 1);
	OK(upnvme_feature_set(ctrlr, 0, UPNVME_SPEC_FEAT_VOLATILE_WRITE_CACHE, 0, 0, NULL, 0));
	assert_int_equal(feature(ctrlr, UPNVME_SPEC_FEAT_VOLATILE_WRITE_CACHE, 0), 0);
	OK(upnvme_feature_set(ctrlr, 0, UPNVME_SPEC_FEAT_VOLATILE_WRITE_CACHE, 1, 0, NULL, 0));
	OK(upnvme_close(ctrlr));
}

/* The data may be in any memory: here on the stack. */
static void a_feature_with_data_is_set_and_read_back(void **state)
{
	upnvme_ctrlr *ctrlr = ctrlr_of_group();
	uint64_t timestamp = 1700000000000, read_back = 0;

	OK(upnvme_feature_set(ctrlr, 0, UPNVME_SPEC_FEAT_TIMESTAMP, 0, 0, &timestamp, 8));
	OK(upnvme_feature_get(ctrlr, 0, UPNVME_SPEC_FEAT_TIMESTAMP, 0, NULL, &read_back, 8));
	read_back &= 0xffffffffffff;
	assert_true(read_back >= timestamp && read_back < timestamp + 600000);
	OK(upnvme_close(ctrlr));
}

static void capabilities_of_a_feature_are_told(void **state)
{
	upnvme_ctrlr *ctrlr = ctrlr_of_group();

	/* changeable, not saveable, not by namespace */
	assert_int_equal(feature(ctrlr, UPNVME_SPEC_FEAT_TIMESTAMP, UPNVME_FEATURE_CAPABILITIES),
			 4);
	OK(upnvme_close(ctrlr));
}

static void a_refusal_by_the_controller_is_an_error(void **state)
{
	upnvme_ctrlr *ctrlr = ctrlr_of_group();
	char data[4096];
	uint32_t value;

	expect_error(upnvme_feature_get(ctrlr, 0, 0x7f, 0, &value, data, sizeof(data)), -EIO,
		     UPNVME_ERR_CTRLR_STATUS, "4002h", NULL);
	expect_error(upnvme_feature_set(ctrlr, 0, UPNVME_SPEC_FEAT_TEMPERATURE_THRESHOLD, 300, 1,
					NULL, 0),
		     -EIO, UPNVME_ERR_CTRLR_STATUS, "410dh", NULL);
	OK(upnvme_close(ctrlr));
}

/* QEMU has all features but the Keep Alive Timer; it has error recovery with a namespace 1. */
static void feature_values_are_decoded(void **state)
{
	struct upnvme_features features = { .size = UPNVME_FEATURES_SIZE };
	upnvme_ctrlr *ctrlr = ctrlr_of_group();

	OK(upnvme_features_get(ctrlr, &features));
	assert_int_equal(features.valid, 0xfff & ~UPNVME_FEATURES_KEEP_ALIVE);
	assert_int_equal(features.over_celsius, QEMU_WARNING - KELVIN);
	assert_int_equal(features.volatile_write_cache, 1);
	assert_int_equal(features.volatile_write_cache_enabled, 1);
	assert_int_equal(features.error_recovery_ms, 0);
	assert_true(features.submission_queues >= 1 && features.completion_queues >= 1);
	OK(upnvme_close(ctrlr));
}

static void effects_of_commands_are_told(void **state)
{
	upnvme_ctrlr *ctrlr = ctrlr_of_group();
	uint32_t effects;

	OK(upnvme_command_effects(ctrlr, 1, UPNVME_SPEC_ADMIN_IDENTIFY, &effects));
	assert_int_equal(effects, UPNVME_EFFECT_SUPPORTED);
	OK(upnvme_command_effects(ctrlr, 0, UPNVME_SPEC_CMD_WRITE, &effects));
	assert_int_equal(effects, UPNVME_EFFECT_SUPPORTED | UPNVME_EFFECT_CONTENT);
	OK(upnvme_command_effects(ctrlr, 0, 0xff, &effects));
	assert_int_equal(effects, 0);
	OK(upnvme_close(ctrlr));
}

/* --- log pages ------------------------------------------------------------------------------------ */

static void smart_is_decoded(void **state)
{
	struct upnvme_smart before = { .size = UPNVME_SMART_SIZE }, after = before;
	struct rig rig;
	void *buf;

	rig_of_group(&rig, 1, 0, 0);
	buf = dma(rig.ctrlr, 512 * 1024);
	OK(upnvme_smart_get(rig.ctrlr, &before));
	assert_int_equal(before.temperature_celsius, QEMU_TEMPERATURE - KELVIN);
	assert_int_equal(before.critical_warning, 0);
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(do_read(&rig, buf, i, 1024), 0);
	assert_int_equal(do_write(&rig, buf, 0, 1), 0);
	OK(upnvme_smart_get(rig.ctrlr, &after));
	assert_int_equal(after.host_reads - before.host_reads, 8);
	assert_int_equal(after.host_writes - before.host_writes, 1);
	assert_in_range(after.data_units_read - before.data_units_read, 8, 9);
	for (int i = 0; i < 8; i++)
		assert_int_equal(after.sensor_celsius[i], INT32_MIN);
	rig_close(&rig);
}

static void the_firmware_slots_are_decoded(void **state)
{
	struct upnvme_firmware firmware = { .size = UPNVME_FIRMWARE_SIZE };
	struct upnvme_ctrlr_info info = { .size = UPNVME_CTRLR_INFO_SIZE };
	upnvme_ctrlr *ctrlr = ctrlr_of_group();

	OK(upnvme_firmware_get(ctrlr, &firmware));
	OK(upnvme_ctrlr_info_get(ctrlr, &info));
	assert_int_equal(firmware.active_slot, 1);
	assert_int_equal(firmware.next_slot, 0);
	assert_int_equal(strncmp(firmware.revision[0], "1.0", 3), 0);
	assert_string_equal(firmware.revision[1], "");
	OK(upnvme_close(ctrlr));
}

static void an_empty_error_log_has_no_entries(void **state)
{
	struct upnvme_error_entry entries[4];
	upnvme_ctrlr *ctrlr = ctrlr_of_group();

	assert_int_equal(upnvme_error_log(ctrlr, entries, 4), 0);
	OK(upnvme_close(ctrlr));
}

static void the_commands_supported_are_told(void **state)
{
	upnvme_ctrlr *ctrlr = ctrlr_of_group();
	struct upnvme_spec_commands_supported_log log;
	uint32_t tail[4];

	OK(upnvme_log_page(ctrlr, 0, UPNVME_SPEC_LOG_COMMANDS_SUPPORTED, 0, &log, sizeof(log)));
	assert_true(log.iocs[UPNVME_SPEC_CMD_READ] & 1);
	assert_true(log.iocs[UPNVME_SPEC_CMD_WRITE] & 1);
	assert_false(log.iocs[0x7f] & 1);
	assert_true(log.acs[UPNVME_SPEC_ADMIN_IDENTIFY] & 1);
	/* from an offset on */
	OK(upnvme_log_page(ctrlr, 0, UPNVME_SPEC_LOG_COMMANDS_SUPPORTED, 1024, tail, sizeof(tail)));
	assert_memory_equal(tail, log.iocs, sizeof(tail));
	OK(upnvme_close(ctrlr));
}

static void an_unknown_log_page_is_an_error(void **state)
{
	upnvme_ctrlr *ctrlr = ctrlr_of_group();
	uint32_t data[4];

	expect_error(upnvme_log_page(ctrlr, 0, 0xbf, 0, data, sizeof(data)), -EIO,
		     UPNVME_ERR_CTRLR_STATUS, NULL);
	OK(upnvme_close(ctrlr));
}

/* --- raw and asynchronous commands ---------------------------------------------------------------- */

static void raw_admin_commands_get_the_controllers_answer(void **state)
{
	struct upnvme_raw raw = { .cdw = { 0x7f } };
	upnvme_ctrlr *ctrlr = ctrlr_of_group();
	struct upnvme_completion done;

	OK(upnvme_admin(ctrlr, &raw, &done));
	assert_int_equal(done.status & 0x7ff, UPNVME_SPEC_SC_INVALID_OPCODE);
	OK(upnvme_close(ctrlr));
}

static void many_admin_commands_are_outstanding(void **state)
{
	static char data[40][4096];
	uint64_t deadline = now_ns() + 20ull * 1000000000;
	upnvme_ctrlr *ctrlr = ctrlr_of_group();
	struct io io = { 0 };

	for (uint32_t i = 0; i < 40; i++) {
		struct upnvme_raw raw = { .cdw = { UPNVME_SPEC_ADMIN_IDENTIFY, 1, [10] = i % 2 },
					  .data = data[i],
					  .data_bytes = 4096,
					  .direction = UPNVME_DATA_FROM_DEVICE };

		memset(data[i], 0xee, 4096);
		OK(upnvme_admin_submit(ctrlr, &raw, on_done, &io));
	}
	while (io.ndone < 40 && now_ns() < deadline)
		OK(upnvme_ctrlr_poll(ctrlr));
	assert_int_equal(io.ndone, 40);
	for (uint32_t i = 2; i < 40; i++)
		assert_memory_equal(data[i], data[i % 2], 4096);
	OK(upnvme_close(ctrlr));
}

/* --- events --------------------------------------------------------------------------------------- */

struct seen {
	_Atomic uint32_t n;
	struct upnvme_event last;
};

static void on_event(void *arg, const struct upnvme_event *event)
{
	struct seen *seen = arg;

	seen->last = *event;
	atomic_fetch_add(&seen->n, 1);
}

/* Polls until there are `n` events; 20 s at most. */
static void wait_events(upnvme_ctrlr *ctrlr, struct seen *seen, uint32_t n)
{
	uint64_t deadline = now_ns() + 20ull * 1000000000;

	while (atomic_load(&seen->n) < n) {
		OK(upnvme_ctrlr_poll(ctrlr));
		if (now_ns() > deadline)
			fail_msg("%u of %u events after 20 s", atomic_load(&seen->n), n);
	}
}

static void warn(uint32_t bits)
{
	qemu_monitor(group_qemu,
		     "{\"execute\": \"qom-set\", \"arguments\": {\"path\": "
		     "\"/machine/peripheral/nvme0\", \"property\": \"smart_critical_warning\", "
		     "\"value\": %u}}",
		     bits);
}

static void a_health_warning_becomes_an_event(void **state)
{
	struct upnvme_smart smart = { .size = UPNVME_SMART_SIZE };
	upnvme_ctrlr *ctrlr = ctrlr_of_group();
	struct seen seen = { .n = 0 };

	OK(upnvme_ctrlr_on_event(ctrlr, on_event, &seen));
	warn(4);
	wait_events(ctrlr, &seen, 1);
	assert_int_equal(seen.last.kind, UPNVME_EVENT_SMART);
	assert_int_equal(seen.last.log_page, UPNVME_SPEC_LOG_SMART);
	OK(upnvme_smart_get(ctrlr, &smart));
	assert_int_equal(smart.critical_warning, 4);
	warn(0);
	OK(upnvme_close(ctrlr));
}

/* Each event is told: the request goes out again, and reading its log page clears the event. */
static void event_after_event_is_told(void **state)
{
	upnvme_ctrlr *ctrlr = ctrlr_of_group();
	struct seen seen = { .n = 0 };

	OK(upnvme_ctrlr_on_event(ctrlr, on_event, &seen));
	for (uint32_t i = 1; i <= 20; i++) {
		warn(i % 2 ? 4 : 8);
		wait_events(ctrlr, &seen, i);
		warn(0);
	}
	assert_int_equal(atomic_load(&seen.n), 20);
	OK(upnvme_close(ctrlr));
}

static void housekeeping_tells_of_events_by_itself(void **state)
{
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	uint64_t deadline = now_ns() + 20ull * 1000000000;
	struct seen seen = { .n = 0 };
	upnvme_ctrlr *ctrlr = NULL;

	opts.flags = UPNVME_OPEN_HOUSEKEEPING;
	OK(qtest_open(&ctrlr, group_qemu, &opts));
	OK(upnvme_ctrlr_on_event(ctrlr, on_event, &seen));
	warn(4);
	while (!atomic_load(&seen.n) && now_ns() < deadline)
		OK(upnvme_ctrlr_poll(ctrlr));
	assert_int_equal(atomic_load(&seen.n), 1);
	warn(0);
	OK(upnvme_close(ctrlr));
}

/* Namespace Attachment: 0 attaches, 1 detaches; the data is a list of controllers, here of the
 * first. */
static void attach(upnvme_ctrlr *ctrlr, uint32_t nsid, uint32_t select)
{
	static uint16_t list[2048] = { 1, 0 };
	struct upnvme_raw raw = { .cdw = { UPNVME_SPEC_ADMIN_NAMESPACE_ATTACHMENT,
					   nsid, [10] = select },
				  .data = list,
				  .data_bytes = 4096,
				  .direction = UPNVME_DATA_TO_DEVICE };
	struct upnvme_completion done;

	OK(upnvme_admin(ctrlr, &raw, &done));
	assert_int_equal(done.status, 0);
}

static void a_namespace_comes_and_goes(void **state)
{
	struct rig rig;
	struct seen seen = { .n = 0 };
	upnvme_ns *ns = NULL;
	struct io io = { 0 };
	void *buf;

	rig_of_group(&rig, 1, 0, 0);
	buf = dma(rig.ctrlr, 4096);
	OK(upnvme_ctrlr_on_event(rig.ctrlr, on_event, &seen));
	assert_int_equal(upnvme_ns_next(rig.ctrlr, 1), 0);
	attach(rig.ctrlr, 2, 0);
	wait_events(rig.ctrlr, &seen, 1);
	assert_int_equal(seen.last.kind, UPNVME_EVENT_NS_CHANGED);
	assert_int_equal(seen.last.nsid, 2);
	OK(upnvme_ns_get(&ns, rig.ctrlr, 2));
	OK(upnvme_read(rig.qp, ns, buf, 0, 8, on_done, &io));
	wait_for(rig.qp, &io, 1);
	assert_int_equal(io.last.status, 0);
	attach(rig.ctrlr, 2, 1);
	wait_events(rig.ctrlr, &seen, 2);
	expect_error(upnvme_read(rig.qp, ns, buf, 0, 8, on_done, &io), -ENODEV, UPNVME_ERR_NS_GONE,
		     "2", NULL);
	assert_int_equal(do_read(&rig, buf, 0, 8), 0);
	rig_close(&rig);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_feature_is_set_and_read_back),
	cmocka_unit_test(the_write_cache_is_switched),
	cmocka_unit_test(a_feature_with_data_is_set_and_read_back),
	cmocka_unit_test(capabilities_of_a_feature_are_told),
	cmocka_unit_test(a_refusal_by_the_controller_is_an_error),
	cmocka_unit_test(feature_values_are_decoded),
	cmocka_unit_test(effects_of_commands_are_told),
	cmocka_unit_test(smart_is_decoded),
	cmocka_unit_test(the_firmware_slots_are_decoded),
	cmocka_unit_test(an_empty_error_log_has_no_entries),
	cmocka_unit_test(the_commands_supported_are_told),
	cmocka_unit_test(an_unknown_log_page_is_an_error),
	cmocka_unit_test(raw_admin_commands_get_the_controllers_answer),
	cmocka_unit_test(many_admin_commands_are_outstanding),
	cmocka_unit_test(a_health_warning_becomes_an_event),
	cmocka_unit_test(event_after_event_is_told),
	cmocka_unit_test(housekeeping_tells_of_events_by_itself),
	cmocka_unit_test(a_namespace_comes_and_goes),
};

QEMU_GROUP(config, tests)
