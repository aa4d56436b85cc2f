/* SPDX-License-Identifier: BSD-3-Clause */
/* The admin side from the public functions to the software controller and back, in both modes. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <upnvme.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/pause.h"
#include "base/util.h"
#include "driver/ctrlr.h"
#include "softctrl/softctrl.h"
#include <upnvme/spec/command.h>
#include <upnvme/spec/feature.h>
#include <upnvme/spec/identify.h>
#include <upnvme/spec/log_page.h>
#include <upnvme/spec/opcode.h>
#include <upnvme/spec/regs.h>
#include <upnvme/spec/status.h>
#include "transport/soft/soft.h"
#include "transport/transport.h"

static struct {
	uint32_t n;
	struct upnvme_event events[32];
} told;

static void note(void *arg, const struct upnvme_event *event)
{
	if (told.n < ARRAY_SIZE(told.events))
		told.events[told.n] = *event;
	told.n++;
}

static int open_ctrlr(void **state, const char *uri)
{
	struct upnvme_ctrlr *ctrlr;

	memset(&told, 0, sizeof(told));
	assert_int_equal(upnvme_open(&ctrlr, uri, NULL), 0);
	assert_int_equal(upnvme_ctrlr_on_event(ctrlr, note, NULL), 0);
	*state = ctrlr;
	return 0;
}

static int setup_inline(void **state)
{
	return open_ctrlr(state, "soft:ram?size=16MiB&namespaces=3&serial=S77");
}

static int setup_thread(void **state)
{
	return open_ctrlr(state, "soft:ram?size=16MiB&namespaces=3&serial=S77&mode=thread");
}

static int teardown(void **state)
{
	assert_int_equal(upnvme_close(*state), 0);
	return 0;
}

/* Polls until `n` events were told. */
static void wait_events(struct upnvme_ctrlr *ctrlr, uint32_t n)
{
	uint64_t deadline_ns = deadline_after(10 * NS_PER_S);
	struct pause pause = { 0 };

	while (told.n < n && !deadline_passed(deadline_ns)) {
		assert_true(upnvme_ctrlr_poll(ctrlr) >= 0);
		pause_next(&pause);
	}
	assert_int_equal(told.n, n);
}

static void properties_are_the_controllers(void **state)
{
	struct upnvme_ctrlr_info info = { .size = UPNVME_CTRLR_INFO_SIZE };
	struct upnvme_spec_id_ctrl id;

	assert_int_equal(upnvme_ctrlr_info_get(*state, &info), 0);
	assert_int_equal(upnvme_identify(*state, UPNVME_SPEC_CNS_CTRLR, 0, &id), 0);
	assert_string_equal(info.serial, "S77");
	assert_int_equal(info.ns_count, 3);
	assert_int_equal(info.version, id.ver);
	assert_int_equal(info.oncs, id.oncs);
	assert_int_equal(info.sgl, 1);
	assert_int_equal(info.max_transfer_bytes, 1 << 20);
	assert_int_equal(info.max_qpairs, 64);
	assert_string_equal(info.environment, "host");
	assert_int_equal(info.numa_node, -1);
	assert_true(info.max_deallocate_ranges >= 1 && info.max_deallocate_ranges <= 256);
}

static void features_are_set_and_read_back(void **state)
{
	uint32_t value;

	assert_int_equal(upnvme_feature_set(*state, 0, UPNVME_SPEC_FEAT_ARBITRATION, 3, 0, NULL, 0),
			 0);
	assert_int_equal(upnvme_feature_get(*state, 0, UPNVME_SPEC_FEAT_ARBITRATION,
					    UPNVME_FEATURE_CURRENT, &value, NULL, 0),
			 0);
	assert_int_equal(value & 7, 3);
	assert_int_equal(upnvme_feature_get(*state, 0, 0x3f, 0, &value, NULL, 0), -EIO);
	assert_int_equal(error_last()->code, UPNVME_ERR_CTRLR_STATUS);
}

static uint64_t logged_errors(struct upnvme_ctrlr *ctrlr)
{
	struct upnvme_error_entry entry = { 0 };

	assert_true(upnvme_error_log(ctrlr, &entry, 1) >= 0);
	return entry.count;
}

static void set(struct upnvme_ctrlr *ctrlr, uint32_t nsid, uint32_t fid, uint32_t value)
{
	assert_int_equal(upnvme_feature_set(ctrlr, nsid, fid, value, 0, NULL, 0), 0);
}

static void feature_values_are_decoded(void **state)
{
	struct upnvme_features features = { .size = UPNVME_FEATURES_SIZE };
	const uint64_t now_ms = 1700000000000;

	set(*state, 0, UPNVME_SPEC_FEAT_ARBITRATION, 0x1f0f0703);
	set(*state, 0, UPNVME_SPEC_FEAT_TEMPERATURE_THRESHOLD, 360);
	set(*state, 0, UPNVME_SPEC_FEAT_TEMPERATURE_THRESHOLD, 1u << 20 | 260);
	set(*state, 1, UPNVME_SPEC_FEAT_ERROR_RECOVERY, 25);
	set(*state, 0, UPNVME_SPEC_FEAT_INTERRUPT_COALESCING, 0x0407);
	set(*state, 0, UPNVME_SPEC_FEAT_WRITE_ATOMICITY, 1);
	assert_int_equal(
		upnvme_feature_set(*state, 0, UPNVME_SPEC_FEAT_TIMESTAMP, 0, 0, &now_ms, 8), 0);
	assert_int_equal(upnvme_features_get(*state, &features), 0);
	assert_int_equal(features.valid, 0xfff & ~UPNVME_FEATURES_VOLATILE_WRITE_CACHE);
	assert_int_equal(features.arbitration_burst, 8);
	assert_int_equal(features.low_weight, 8);
	assert_int_equal(features.medium_weight, 16);
	assert_int_equal(features.high_weight, 32);
	assert_int_equal(features.power_state, 0);
	assert_int_equal(features.over_celsius, 87);
	assert_int_equal(features.under_celsius, -13);
	assert_int_equal(features.error_recovery_ms, 2500);
	assert_int_equal(features.volatile_write_cache, 0);
	assert_int_equal(features.write_atomicity_disabled, 1);
	assert_int_equal(features.submission_queues, 64);
	assert_int_equal(features.completion_queues, 64);
	assert_int_equal(features.coalescing_entries, 8);
	assert_int_equal(features.coalescing_us, 400);
	assert_int_equal(features.events, UPNVME_SPEC_ASYNC_EVENT_NS_ATTRIBUTE |
						  UPNVME_SPEC_SMART_WARNING_SPARE |
						  UPNVME_SPEC_SMART_WARNING_TEMPERATURE |
						  UPNVME_SPEC_SMART_WARNING_RELIABILITY |
						  UPNVME_SPEC_SMART_WARNING_READ_ONLY |
						  UPNVME_SPEC_SMART_WARNING_BACKUP);
	assert_int_equal(features.timestamp_from_host, 1);
	assert_in_range(features.timestamp_ms, now_ms, now_ms + 600000);
	assert_int_equal(features.keep_alive_ms, 0);
	assert_int_equal(logged_errors(*state), 0);
}

static void effects_are_those_of_the_command(void **state)
{
	uint32_t effects;

	assert_int_equal(
		upnvme_command_effects(*state, 1, UPNVME_SPEC_ADMIN_SET_FEATURES, &effects), 0);
	assert_int_equal(effects, UPNVME_EFFECT_SUPPORTED | UPNVME_EFFECT_SCOPE_CTRLR);
	assert_int_equal(upnvme_command_effects(*state, 0, UPNVME_SPEC_CMD_WRITE, &effects), 0);
	assert_int_equal(effects,
			 UPNVME_EFFECT_SUPPORTED | UPNVME_EFFECT_CONTENT | UPNVME_EFFECT_SCOPE_NS);
	assert_int_equal(upnvme_command_effects(*state, 0, 0xff, &effects), 0);
	assert_int_equal(effects, 0);
}

static void errors_are_logged_and_read(void **state)
{
	struct upnvme_raw raw = { .cdw = { 0xff } }; /* vendor specific: not there */
	struct upnvme_error_entry entries[4];
	struct upnvme_completion done;
	int n;

	assert_int_equal(upnvme_admin(*state, &raw, &done), 0);
	assert_int_equal(UPNVME_SPEC_STATUS_CODE(done.status), UPNVME_SPEC_SC_INVALID_OPCODE);
	n = upnvme_error_log(*state, entries, 4);
	assert_true(n >= 1);
	assert_int_equal(UPNVME_SPEC_STATUS_CODE(entries[0].status), UPNVME_SPEC_SC_INVALID_OPCODE);
	assert_int_equal(entries[0].sqid, 0);
}

static void smart_and_firmware_are_decoded(void **state)
{
	struct upnvme_firmware firmware = { .size = UPNVME_FIRMWARE_SIZE };
	struct upnvme_smart smart = { .size = UPNVME_SMART_SIZE };

	softctrl_temperature_set(soft_controller(((struct upnvme_ctrlr *)*state)->transport), 300);
	assert_int_equal(upnvme_smart_get(*state, &smart), 0);
	assert_int_equal(smart.temperature_celsius, 27);
	assert_int_equal(upnvme_firmware_get(*state, &firmware), 0);
	assert_int_equal(firmware.active_slot, 1);
}

static void a_high_temperature_is_an_event(void **state)
{
	struct upnvme_ctrlr *ctrlr = *state;

	wait_events(ctrlr, 0);
	for (uint32_t i = 1; i <= 6; i++) { /* more often than there are requests */
		softctrl_temperature_set(soft_controller(ctrlr->transport), 400);
		wait_events(ctrlr, i);
		assert_int_equal(told.events[i - 1].kind, UPNVME_EVENT_SMART);
		assert_int_equal(told.events[i - 1].info, UPNVME_SPEC_AER_SMART_TEMPERATURE);
		softctrl_temperature_set(soft_controller(ctrlr->transport), 300);
	}
}

static void a_resize_is_an_event_and_a_new_geometry(void **state)
{
	struct upnvme_ctrlr *ctrlr = *state;
	struct upnvme_qpair *qp;
	struct upnvme_ns *ns;
	void *buf;

	assert_int_equal(upnvme_ns_get(&ns, ctrlr, 2), 0);
	assert_int_equal(upnvme_qpair_create(&qp, ctrlr, NULL), 0);
	assert_int_equal(upnvme_dma_alloc(&buf, ctrlr, 4096, 0), 0);
	assert_int_equal(softctrl_namespace_resize(soft_controller(ctrlr->transport), 2, 100), 0);
	wait_events(ctrlr, 1);
	assert_int_equal(told.events[0].kind, UPNVME_EVENT_NS_CHANGED);
	assert_int_equal(told.events[0].nsid, 2);
	assert_int_equal(upnvme_ns_block_count(ns), 100);
	assert_int_equal(upnvme_read(qp, ns, buf, 100, 1, NULL, NULL), -ERANGE);
	assert_int_equal(upnvme_read(qp, ns, buf, 99, 1, NULL, NULL), 0);
	assert_int_equal(softctrl_namespace_resize(soft_controller(ctrlr->transport), 2, 4096), 0);
	wait_events(ctrlr, 2);
	assert_int_equal(upnvme_ns_block_count(ns), 4096);
	assert_int_equal(upnvme_read(qp, ns, buf, 100, 1, NULL, NULL), 0);
	assert_int_equal(upnvme_qpair_close(qp), 0);
	assert_int_equal(upnvme_dma_free(ctrlr, buf), 0);
}

static void note_blocks(void *ns, const struct upnvme_completion *done)
{
	assert_int_equal(done->status, 0);
	assert_int_equal(upnvme_ns_block_count(ns), 77);
}

/* An I/O command of which the log of effects says so; here Flush, by a log that the test makes up. */
static void an_io_command_may_change_namespaces(void **state)
{
	struct upnvme_ctrlr *ctrlr = *state;
	struct upnvme_raw raw = { .cdw = { UPNVME_SPEC_CMD_FLUSH, 2 } };
	struct upnvme_op op = { .form = UPNVME_FORM_RAW, .buf = &raw };
	struct upnvme_qpair *qp;
	struct upnvme_ns *ns;

	assert_int_equal(upnvme_ns_get(&ns, ctrlr, 2), 0);
	assert_int_equal(upnvme_qpair_create(&qp, ctrlr, NULL), 0);
	ctrlr->ns_changes.io[0] |= 1ull << UPNVME_SPEC_CMD_FLUSH;
	assert_int_equal(softctrl_namespace_resize(soft_controller(ctrlr->transport), 2, 77), 0);
	assert_int_equal(upnvme_io(qp, &op, note_blocks, ns), 0);
	while (upnvme_poll(qp, 0) != 1)
		;
	assert_int_equal(upnvme_ns_block_count(ns), 77);
	assert_int_equal(softctrl_namespace_resize(soft_controller(ctrlr->transport), 2, 4096), 0);
	wait_events(ctrlr, 1);
	assert_int_equal(upnvme_qpair_close(qp), 0);
}

static void a_caller_that_reads_the_changed_list_hides_no_change(void **state)
{
	struct upnvme_ctrlr *ctrlr = *state;
	struct upnvme_spec_changed_ns_log log;

	assert_int_equal(softctrl_namespace_resize(soft_controller(ctrlr->transport), 3, 50), 0);
	assert_int_equal(upnvme_log_page(ctrlr, 0xffffffff, UPNVME_SPEC_LOG_CHANGED_NS_LIST, 0,
					 &log, sizeof(log)),
			 0);
	assert_int_equal(log.nsid[0], 3);
	wait_events(ctrlr, 1);
	assert_int_equal(told.events[0].nsid, 3);
}

static void namespaces_have_identifiers(void **state)
{
	struct upnvme_ns_info info = { .size = UPNVME_NS_INFO_SIZE };
	static const uint8_t zero[16];
	struct upnvme_ns *ns;

	assert_int_equal(upnvme_ns_get(&ns, *state, 1), 0);
	assert_int_equal(upnvme_ns_info_get(ns, &info), 0);
	assert_int_equal(info.block_count, 4096);
	assert_memory_not_equal(info.uuid, zero, sizeof(zero));
}

static void *all_at_once(void *arg)
{
	struct upnvme_smart smart = { .size = UPNVME_SMART_SIZE };
	struct upnvme_ns_info info = { .size = UPNVME_NS_INFO_SIZE };
	struct upnvme_qpair *qp;
	struct upnvme_ns *ns;
	long failures = 0;

	for (int i = 0; i < 20; i++) {
		failures += upnvme_ns_get(&ns, arg, 1) || upnvme_ns_info_get(ns, &info);
		failures += upnvme_smart_get(arg, &smart) != 0;
		failures += upnvme_ctrlr_poll(arg) < 0;
		failures += upnvme_qpair_create(&qp, arg, NULL) || upnvme_qpair_close(qp);
	}
	return (void *)failures;
}

static void threads_share_the_controller(void **state)
{
	struct softctrl *sc = soft_controller(((struct upnvme_ctrlr *)*state)->transport);
	pthread_t threads[3];
	void *failures;

	upnvme_ctrlr_on_event(*state, NULL, NULL);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, all_at_once, *state), 0);
	for (uint32_t i = 0; i < 20; i++)
		assert_int_equal(softctrl_namespace_resize(sc, 1, 4096 - i), 0);
	for (int i = 0; i < 3; i++) {
		pthread_join(threads[i], &failures);
		assert_null(failures);
	}
}

/* NVMe Base 2.0c, 3.7.1: any host of the subsystem may do that. */
static void a_subsystem_reset_by_another_host_is_noticed(void **state)
{
	static const char *const uris[] = { "soft:ram?size=16MiB",
					    "soft:ram?size=16MiB&mode=thread" };

	for (size_t i = 0; i < ARRAY_SIZE(uris); i++) {
		struct upnvme_ctrlr *ctrlr;

		assert_int_equal(upnvme_open(&ctrlr, uris[i], NULL), 0);
		assert_int_equal(upnvme_ctrlr_poll(ctrlr), 0);
		assert_int_equal(ctrlr->transport->ops->write32(ctrlr->transport,
								UPNVME_SPEC_REG_NSSR,
								UPNVME_SPEC_NSSR_RESET),
				 0);
		assert_int_equal(upnvme_ctrlr_poll(ctrlr), -EIO);
		assert_int_equal(error_last()->code, UPNVME_ERR_CTRLR_FAILED);
		assert_non_null(strstr(error_last()->text, "CSTS.NSSRO"));
		assert_int_equal(upnvme_close(ctrlr), 0);
	}
}

#define IN_BOTH_MODES(name)                                           \
	{ #name " (inline)", name, setup_inline, teardown, NULL },    \
	{                                                             \
#name " (thread)", name, setup_thread, teardown, NULL \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_BOTH_MODES(properties_are_the_controllers),
		IN_BOTH_MODES(features_are_set_and_read_back),
		IN_BOTH_MODES(feature_values_are_decoded),
		IN_BOTH_MODES(effects_are_those_of_the_command),
		IN_BOTH_MODES(errors_are_logged_and_read),
		IN_BOTH_MODES(smart_and_firmware_are_decoded),
		IN_BOTH_MODES(a_high_temperature_is_an_event),
		IN_BOTH_MODES(a_resize_is_an_event_and_a_new_geometry),
		IN_BOTH_MODES(an_io_command_may_change_namespaces),
		IN_BOTH_MODES(a_caller_that_reads_the_changed_list_hides_no_change),
		IN_BOTH_MODES(namespaces_have_identifiers),
		IN_BOTH_MODES(threads_share_the_controller),
		cmocka_unit_test(a_subsystem_reset_by_another_host_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
