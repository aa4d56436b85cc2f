/* SPDX-License-Identifier: BSD-3-Clause */
/* The features as one record: what is asked for, what is left out, and how the values are decoded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <upnvme.h>

#include "base/error.h"
#include "base/util.h"
#include "support/fake_transport.h"

#define ALL 0xfffu

/* What the controller answers, by feature; the threshold "under" in place of feature 0, which there is not. */
#define UNDER 0u
static uint32_t values[16];
static uint16_t statuses[16];
static uint8_t timestamp[8];

static enum fake_verdict answer(struct fake_transport *fake, const struct upnvme_spec_sqe *sqe,
				struct upnvme_spec_cqe *cqe)
{
	uint32_t fid = sqe->cdw10 & 0xff;

	if (sqe->opcode != UPNVME_SPEC_ADMIN_GET_FEATURES)
		return FAKE_DEFAULT;
	if (fid == UPNVME_SPEC_FEAT_TIMESTAMP)
		memcpy(fake_transport_memory(fake, sqe->prp1, 8), timestamp, 8);
	if (fid == UPNVME_SPEC_FEAT_TEMPERATURE_THRESHOLD && sqe->cdw11)
		fid = UNDER;
	cqe->dw0 = values[fid];
	cqe->status = statuses[fid];
	return FAKE_ANSWER;
}

struct rig {
	struct fake_transport *fake;
	struct upnvme_ctrlr *ctrlr;
};

static int open_rig(void **state, bool whole)
{
	static struct rig rig;

	memset(values, 0, sizeof(values));
	memset(statuses, 0, sizeof(statuses));
	memset(timestamp, 0, sizeof(timestamp));
	rig.fake = fake_transport_create();
	if (whole) {
		rig.fake->id.vwc = UPNVME_SPEC_VWC_PRESENT;
		rig.fake->id.oncs = UPNVME_SPEC_ONCS_TIMESTAMP;
		rig.fake->id.kas = 1;
	}
	rig.fake->active[0] = 5;
	rig.fake->id.nn = 5;
	assert_int_equal(fake_transport_open(rig.fake, &rig.ctrlr, NULL), 0);
	upnvme_ctrlr_poll(rig.ctrlr);
	rig.fake->nseen = 0;
	rig.fake->script = answer;
	*state = &rig;
	return 0;
}

static int setup(void **state)
{
	return open_rig(state, true);
}

static int setup_plain(void **state)
{
	return open_rig(state, false);
}

static int teardown(void **state)
{
	assert_int_equal(upnvme_close(((struct rig *)*state)->ctrlr), 0);
	return 0;
}

static struct upnvme_features get(struct rig *rig)
{
	struct upnvme_features features;

	memset(&features, 0xee, sizeof(features));
	features.size = UPNVME_FEATURES_SIZE;
	assert_int_equal(upnvme_features_get(rig->ctrlr, &features), 0);
	return features;
}

static void each_feature_is_asked_for_once(void **state)
{
	static const struct upnvme_spec_sqe expected[] = {
		{ .opcode = 0x0a, .cdw10 = 0x01 },
		{ .opcode = 0x0a, .cdw10 = 0x02 },
		{ .opcode = 0x0a, .cdw10 = 0x04 },
		{ .opcode = 0x0a, .cdw10 = 0x04, .cdw11 = 0x100000 },
		{ .opcode = 0x0a, .cdw10 = 0x05, .nsid = 5 },
		{ .opcode = 0x0a, .cdw10 = 0x06 },
		{ .opcode = 0x0a, .cdw10 = 0x07 },
		{ .opcode = 0x0a, .cdw10 = 0x08 },
		{ .opcode = 0x0a, .cdw10 = 0x0a },
		{ .opcode = 0x0a, .cdw10 = 0x0b },
		{ .opcode = 0x0a, .cdw10 = 0x0f },
		{ .opcode = 0x0a, .cdw10 = 0x0e },
	};
	struct rig *rig = *state;

	assert_int_equal(get(rig).valid, ALL);
	assert_int_equal(rig->fake->nseen, ARRAY_SIZE(expected));
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		fake_transport_expect(&rig->fake->seen[i], &expected[i],
				      expected[i].cdw10 == UPNVME_SPEC_FEAT_TIMESTAMP);
}

static void features_that_identify_denies_are_not_asked_for(void **state)
{
	struct rig *rig = *state;
	struct upnvme_features features = get(rig);

	assert_int_equal(features.valid,
			 ALL & ~(UPNVME_FEATURES_VOLATILE_WRITE_CACHE | UPNVME_FEATURES_TIMESTAMP |
				 UPNVME_FEATURES_KEEP_ALIVE));
	assert_int_equal(features.volatile_write_cache, 0);
	assert_int_equal(features.volatile_write_cache_enabled, 0);
	assert_int_equal(rig->fake->nseen, 9);
	for (uint32_t i = 0; i < rig->fake->nseen; i++) {
		assert_int_not_equal(rig->fake->seen[i].cdw10, 0x06);
		assert_int_not_equal(rig->fake->seen[i].cdw10, 0x0e);
		assert_int_not_equal(rig->fake->seen[i].cdw10, 0x0f);
	}
}

static void values_are_decoded(void **state)
{
	struct upnvme_features features;

	values[UPNVME_SPEC_FEAT_ARBITRATION] = 0xff030104;
	values[UPNVME_SPEC_FEAT_POWER_MANAGEMENT] = 0x45;
	values[UPNVME_SPEC_FEAT_TEMPERATURE_THRESHOLD] = 343;
	values[UNDER] = 268;
	values[UPNVME_SPEC_FEAT_ERROR_RECOVERY] = 0x1ffff;
	values[UPNVME_SPEC_FEAT_VOLATILE_WRITE_CACHE] = 1;
	values[UPNVME_SPEC_FEAT_NUMBER_OF_QUEUES] = 31u << 16 | 15;
	values[UPNVME_SPEC_FEAT_INTERRUPT_COALESCING] = 0xffff;
	values[UPNVME_SPEC_FEAT_WRITE_ATOMICITY] = 1;
	values[UPNVME_SPEC_FEAT_ASYNC_EVENT_CONFIG] = 0x8000011f;
	values[UPNVME_SPEC_FEAT_KEEP_ALIVE_TIMER] = 120000;
	memcpy(timestamp, "\x00\x68\xe5\xcf\x8b\x01\x03\xff", 8);
	features = get(*state);
	assert_int_equal(features.size, UPNVME_FEATURES_SIZE);
	assert_int_equal(features.arbitration_burst, 16);
	assert_int_equal(features.low_weight, 2);
	assert_int_equal(features.medium_weight, 4);
	assert_int_equal(features.high_weight, 256);
	assert_int_equal(features.power_state, 5);
	assert_int_equal(features.workload_hint, 2);
	assert_int_equal(features.over_celsius, 70);
	assert_int_equal(features.under_celsius, -5);
	assert_int_equal(features.error_recovery_ms, 6553500);
	assert_int_equal(features.deallocated_reads_fail, 1);
	assert_int_equal(features.volatile_write_cache, 1);
	assert_int_equal(features.volatile_write_cache_enabled, 1);
	assert_int_equal(features.write_atomicity_disabled, 1);
	assert_int_equal(features.submission_queues, 16);
	assert_int_equal(features.completion_queues, 32);
	assert_int_equal(features.coalescing_entries, 256);
	assert_int_equal(features.coalescing_us, 25500);
	assert_int_equal(features.events, 0x8000011f);
	assert_int_equal(features.keep_alive_ms, 120000);
	assert_int_equal(features.timestamp_ms, 1700000000000);
	assert_int_equal(features.timestamp_from_host, 1);
	assert_int_equal(features.timestamp_stopped, 1);
	assert_int_equal(features.reserved[0] | features.reserved[1], 0);
}

static void features_whose_value_is_zero_are_decoded(void **state)
{
	struct upnvme_features features;

	values[UPNVME_SPEC_FEAT_ARBITRATION] = 7;
	features = get(*state);
	assert_int_equal(features.arbitration_burst, 0);
	assert_int_equal(features.low_weight, 1);
	assert_int_equal(features.under_celsius, -273);
	assert_int_equal(features.volatile_write_cache, 1);
	assert_int_equal(features.volatile_write_cache_enabled, 0);
	assert_int_equal(features.submission_queues, 1);
	assert_int_equal(features.coalescing_entries, 1);
	assert_int_equal(features.timestamp_from_host, 0);
	assert_int_equal(features.timestamp_stopped, 0);
	values[UPNVME_SPEC_FEAT_ARBITRATION] = 0;
	assert_int_equal(get(*state).arbitration_burst, 1);
}

/* A feature that is refused takes nothing from the others, nor from the last error. */
static void a_feature_that_the_controller_lacks_is_left_out(void **state)
{
	struct rig *rig = *state;
	struct upnvme_features features;

	error_set(-ENOENT, UPNVME_ERR_URI, "an earlier one");
	values[UNDER] = 300;
	statuses[UNDER] = UPNVME_SPEC_SC_INVALID_FIELD | UPNVME_SPEC_STATUS_DNR_BIT;
	statuses[UPNVME_SPEC_FEAT_ERROR_RECOVERY] = UPNVME_SPEC_SC_INVALID_NAMESPACE_OR_FORMAT;
	statuses[UPNVME_SPEC_FEAT_TIMESTAMP] =
		UPNVME_SPEC_SC_INVALID_FIELD | UPNVME_SPEC_STATUS_MORE_BIT;
	timestamp[0] = 1;
	features = get(rig);
	assert_int_equal(features.valid,
			 ALL & ~(UPNVME_FEATURES_UNDER_TEMPERATURE |
				 UPNVME_FEATURES_ERROR_RECOVERY | UPNVME_FEATURES_TIMESTAMP));
	assert_int_equal(features.under_celsius, 0);
	assert_int_equal(features.timestamp_ms, 0);
	assert_int_equal(error_last()->code, UPNVME_ERR_URI);
}

static void an_error_status_other_than_invalid_field_is_an_error(void **state)
{
	struct rig *rig = *state;
	struct upnvme_features features = { .size = UPNVME_FEATURES_SIZE, .valid = 77 };

	statuses[UPNVME_SPEC_FEAT_POWER_MANAGEMENT] = UPNVME_SPEC_SC_INTERNAL_ERROR;
	assert_int_equal(upnvme_features_get(rig->ctrlr, &features), -EIO);
	assert_int_equal(error_last()->code, UPNVME_ERR_CTRLR_STATUS);
	assert_non_null(strstr(error_last()->text, "Get Features"));
	assert_int_equal(features.valid, 77);
	assert_int_equal(rig->fake->nseen, 2);
	statuses[UPNVME_SPEC_FEAT_POWER_MANAGEMENT] = 0;
	statuses[UPNVME_SPEC_FEAT_TIMESTAMP] = UPNVME_SPEC_SC_INTERNAL_ERROR;
	assert_int_equal(upnvme_features_get(rig->ctrlr, &features), -EIO);
	assert_int_equal(features.valid, 77);
}

static enum fake_verdict nothing_active(struct fake_transport *fake,
					const struct upnvme_spec_sqe *sqe,
					struct upnvme_spec_cqe *cqe)
{
	fake->nactive = 0;
	return FAKE_DEFAULT;
}

static void without_a_namespace_there_is_no_error_recovery(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct rig rig = { .fake = fake };

	fake->script = nothing_active;
	assert_int_equal(fake_transport_open(fake, &rig.ctrlr, NULL), 0);
	assert_int_equal(get(&rig).valid & UPNVME_FEATURES_ERROR_RECOVERY, 0);
	assert_int_equal(upnvme_close(rig.ctrlr), 0);
}

static void bad_arguments_are_refused(void **state)
{
	struct rig *rig = *state;
	struct upnvme_features features = { .size = UPNVME_FEATURES_SIZE };

	assert_int_equal(upnvme_features_get(NULL, &features), -EINVAL);
	assert_int_equal(error_last()->code, UPNVME_ERR_NULL);
	assert_int_equal(upnvme_features_get(rig->ctrlr, NULL), -EINVAL);
	assert_int_equal(error_last()->code, UPNVME_ERR_NULL);
	features.size = UPNVME_FEATURES_SIZE - 1;
	assert_int_equal(upnvme_features_get(rig->ctrlr, &features), -EINVAL);
	assert_int_equal(error_last()->code, UPNVME_ERR_OPTIONS_SIZE);
	assert_non_null(strstr(error_last()->text, "upnvme_features"));
	assert_int_equal(rig->fake->nseen, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_feature_is_asked_for_once),
		cmocka_unit_test_setup_teardown(features_that_identify_denies_are_not_asked_for,
						setup_plain, teardown),
		TEST(values_are_decoded),
		TEST(features_whose_value_is_zero_are_decoded),
		TEST(a_feature_that_the_controller_lacks_is_left_out),
		TEST(an_error_status_other_than_invalid_field_is_an_error),
		cmocka_unit_test(without_a_namespace_there_is_no_error_recovery),
		TEST(bad_arguments_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
