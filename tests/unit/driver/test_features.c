/* SPDX-License-Identifier: BSD-3-Clause */
/* Features: the commands they become, those that are the driver's, and the number of queues. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <upnvme.h>

#include "base/error.h"
#include "base/util.h"
#include "driver/features.h"
#include "support/fake_transport.h"

struct rig {
	struct fake_transport *fake;
	struct upnvme_ctrlr *ctrlr;
};

static int setup(void **state)
{
	static struct rig rig;

	rig.fake = fake_transport_create();
	assert_int_equal(fake_transport_open(rig.fake, &rig.ctrlr, NULL), 0);
	upnvme_ctrlr_poll(rig.ctrlr);
	rig.fake->nseen = 0;
	*state = &rig;
	return 0;
}

static int teardown(void **state)
{
	assert_int_equal(upnvme_close(((struct rig *)*state)->ctrlr), 0);
	return 0;
}

static void get_asks_for_the_selected_value(void **state)
{
	struct rig *rig = *state;
	struct upnvme_spec_sqe expected = { .opcode = 0x0a, .nsid = 1, .cdw10 = 0x0204 };
	uint32_t value = 0;

	rig->fake->feature_value = 0x157;
	assert_int_equal(upnvme_feature_get(rig->ctrlr, 1, UPNVME_SPEC_FEAT_TEMPERATURE_THRESHOLD,
					    UPNVME_FEATURE_SAVED, &value, NULL, 0),
			 0);
	assert_int_equal(value, 0x157);
	fake_transport_expect(&rig->fake->seen[0], &expected, false);
	assert_int_equal(upnvme_feature_get(rig->ctrlr, 1, 4, 0, NULL, NULL, 0), 0);
}

static void get_brings_data(void **state)
{
	struct rig *rig = *state;
	struct upnvme_spec_sqe expected = { .opcode = 0x0a, .cdw10 = 0x0e };
	uint8_t data[8] = { 1 };

	assert_int_equal(upnvme_feature_get(rig->ctrlr, 0, UPNVME_SPEC_FEAT_TIMESTAMP, 0, NULL,
					    data, sizeof(data)),
			 0);
	fake_transport_expect(&rig->fake->seen[0], &expected, true);
	assert_int_equal(data[0], 0);
}

static uint8_t received[8];

static enum fake_verdict take_data(struct fake_transport *fake, const struct upnvme_spec_sqe *sqe,
				   struct upnvme_spec_cqe *cqe)
{
	if (sqe->opcode == UPNVME_SPEC_ADMIN_SET_FEATURES && sqe->prp1)
		memcpy(received, fake_transport_memory(fake, sqe->prp1, 8), 8);
	return FAKE_DEFAULT;
}

static void set_sends_value_save_and_data(void **state)
{
	struct rig *rig = *state;
	struct upnvme_spec_sqe expected = {
		.opcode = 0x09, .nsid = 3, .cdw10 = 0x8000000e, .cdw11 = 55
	};
	const uint8_t data[8] = { 9, 8, 7, 6, 5, 4, 3, 2 };

	rig->fake->script = take_data;
	assert_int_equal(upnvme_feature_set(rig->ctrlr, 3, UPNVME_SPEC_FEAT_TIMESTAMP, 55, 1, data,
					    sizeof(data)),
			 0);
	fake_transport_expect(&rig->fake->seen[0], &expected, true);
	assert_memory_equal(received, data, sizeof(data));
}

static void the_drivers_own_features_are_refused(void **state)
{
	static const uint32_t own[] = { UPNVME_SPEC_FEAT_NUMBER_OF_QUEUES,
					UPNVME_SPEC_FEAT_KEEP_ALIVE_TIMER,
					UPNVME_SPEC_FEAT_HOST_MEMORY_BUFFER };
	struct rig *rig = *state;

	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		assert_int_equal(upnvme_feature_set(rig->ctrlr, 0, own[i], 1, 0, NULL, 0), -EINVAL);
		assert_int_equal(error_last()->code, UPNVME_ERR_ARGUMENT);
		assert_non_null(strstr(error_last()->text, "set by the driver alone"));
	}
	assert_int_equal(rig->fake->nseen, 0);
}

static void the_driver_may_set_its_own(void **state)
{
	const struct feature feature = { .fid = UPNVME_SPEC_FEAT_KEEP_ALIVE_TIMER, .value = 1000 };
	struct upnvme_spec_sqe expected = { .opcode = 0x09, .cdw10 = 0x0f, .cdw11 = 1000 };
	struct rig *rig = *state;

	assert_int_equal(feature_set(rig->ctrlr, &feature, false), -EINVAL);
	assert_int_equal(rig->fake->nseen, 0);
	assert_int_equal(feature_set_own(rig->ctrlr, &feature, NULL), 0);
	fake_transport_expect(&rig->fake->seen[0], &expected, false);
}

static void bad_arguments_are_refused(void **state)
{
	struct rig *rig = *state;
	uint8_t data[8];

	assert_int_equal(upnvme_feature_get(NULL, 0, 1, 0, NULL, NULL, 0), -EINVAL);
	assert_int_equal(upnvme_feature_get(rig->ctrlr, 0, 256, 0, NULL, NULL, 0), -EINVAL);
	assert_int_equal(upnvme_feature_get(rig->ctrlr, 0, 1, 4, NULL, NULL, 0), -EINVAL);
	assert_non_null(strstr(error_last()->text, "select is 4"));
	assert_int_equal(upnvme_feature_get(rig->ctrlr, 0, 1, 0, NULL, NULL, 8), -EINVAL);
	assert_int_equal(upnvme_feature_get(rig->ctrlr, 0, 1, 0, NULL, data, 0), -EINVAL);
	assert_int_equal(upnvme_feature_set(NULL, 0, 1, 0, 0, NULL, 0), -EINVAL);
	assert_int_equal(upnvme_feature_set(rig->ctrlr, 0, 256, 0, 0, NULL, 0), -EINVAL);
	assert_int_equal(upnvme_feature_set(rig->ctrlr, 0, 1, 0, 0, data, 0), -EINVAL);
	assert_int_equal(upnvme_feature_set(rig->ctrlr, 0, 1, 0, 0, data, 3u << 20), -EINVAL);
	assert_int_equal(rig->fake->nseen, 0);
}

static uint32_t granted(uint32_t nqpairs, uint32_t nsqa, uint32_t ncqa)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	struct upnvme_spec_sqe expected = { .opcode = 0x09, .cdw10 = 0x07 };
	struct upnvme_ctrlr *ctrlr;
	uint32_t n;

	opts.nqpairs = nqpairs;
	fake->nsqa = nsqa;
	fake->ncqa = ncqa;
	assert_int_equal(fake_transport_open(fake, &ctrlr, &opts), 0);
	n = nqpairs ? nqpairs : 64;
	expected.cdw11 = (n - 1) << 16 | (n - 1);
	fake_transport_expect(fake_transport_seen(fake, 0x09, 0), &expected, false);
	n = ctrlr->limits.max_qpairs;
	assert_int_equal(fake->transport.nvectors,
			 MIN(n + 1, 65535)); /* one for each, and the admin queue's */
	assert_int_equal(upnvme_close(ctrlr), 0);
	return n;
}

static void as_many_queue_pairs_as_asked_for_and_granted(void **state)
{
	assert_int_equal(granted(0, 15, 15), 16);
	assert_int_equal(granted(0, 200, 200), 64);
	assert_int_equal(granted(4, 15, 15), 4);
	assert_int_equal(granted(100, 15, 7), 8);
	assert_int_equal(granted(1, 0, 0), 1);
	assert_int_equal(granted(65535, 65535, 65535), 65535);
}

static enum fake_verdict hold_features(struct fake_transport *fake,
				       const struct upnvme_spec_sqe *sqe,
				       struct upnvme_spec_cqe *cqe)
{
	return sqe->opcode == UPNVME_SPEC_ADMIN_SET_FEATURES ? FAKE_HOLD : FAKE_DEFAULT;
}

/* A controller that answers with an error is opened for its admin side: test_ctrlr. */
static void a_controller_that_does_not_answer_is_refused(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	struct upnvme_ctrlr *ctrlr;

	fake->script = hold_features;
	opts.admin_timeout_ns = 20000000;
	assert_int_equal(fake_transport_open(fake, &ctrlr, &opts), -ETIMEDOUT);
	assert_int_equal(error_last()->code, UPNVME_ERR_CTRLR_TIMEOUT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* --- extended LBA formats: NVMe Base 2.0c, 5.27.1.18 --- */

static struct upnvme_spec_host_behavior behavior;
static uint16_t behavior_status[2]; /* of Get and of Set Features */

static enum fake_verdict host_behavior(struct fake_transport *fake,
				       const struct upnvme_spec_sqe *sqe,
				       struct upnvme_spec_cqe *cqe)
{
	bool set = sqe->opcode == UPNVME_SPEC_ADMIN_SET_FEATURES;
	void *data;

	if ((!set && sqe->opcode != UPNVME_SPEC_ADMIN_GET_FEATURES) || (sqe->cdw10 & 0xff) != 0x16)
		return FAKE_DEFAULT;
	data = fake_transport_memory(fake, sqe->prp1, sizeof(behavior));
	cqe->status = behavior_status[set];
	if (!set)
		memcpy(data, &behavior, sizeof(behavior));
	else if (!cqe->status)
		memcpy(&behavior, data, sizeof(behavior));
	return FAKE_ANSWER;
}

static struct upnvme_spec_host_behavior behavior_after_open(uint32_t ctratt, uint16_t get,
							    uint16_t set)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	behavior = (struct upnvme_spec_host_behavior){ .acre = 1, .rsvd3[508] = 7 };
	behavior_status[0] = get;
	behavior_status[1] = set;
	fake->id.ctratt = ctratt;
	fake->script = host_behavior;
	assert_int_equal(fake_transport_open(fake, &ctrlr, NULL), 0);
	assert_int_equal(upnvme_close(ctrlr), 0);
	return behavior;
}

static void extended_formats_are_made_use_of(void **state)
{
	struct upnvme_spec_host_behavior after = behavior_after_open(1u << 15, 0, 0);

	assert_int_equal(after.lbafee, 1);
	assert_int_equal(after.acre, 1);
	assert_int_equal(after.rsvd3[508], 7);
	after = behavior_after_open(1u << 15, 0x4002, 0);
	assert_int_equal(after.lbafee, 1);
	assert_int_equal(after.acre, 0);
	assert_int_equal(behavior_after_open(1u << 15, 0, 0x4002).lbafee,
			 0); /* the controller is opened all the same */
	assert_int_equal(behavior_after_open(0, 0, 0).lbafee, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(get_asks_for_the_selected_value),
		TEST(get_brings_data),
		TEST(set_sends_value_save_and_data),
		TEST(the_drivers_own_features_are_refused),
		TEST(the_driver_may_set_its_own),
		TEST(bad_arguments_are_refused),
		cmocka_unit_test(as_many_queue_pairs_as_asked_for_and_granted),
		cmocka_unit_test(a_controller_that_does_not_answer_is_refused),
		cmocka_unit_test(extended_formats_are_made_use_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
