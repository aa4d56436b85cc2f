/* SPDX-License-Identifier: BSD-3-Clause */
/* Asynchronous events: asked for, acknowledged, told, and asked for again. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <upnvme.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/pause.h"
#include "base/util.h"
#include "support/fake_transport.h"

struct rig {
	struct fake_transport *fake;
	struct upnvme_ctrlr *ctrlr;
};

static struct {
	uint32_t n;
	struct upnvme_event events[64];
	void *args[64];
} told;

static void note(void *arg, const struct upnvme_event *event)
{
	assert_true(told.n < ARRAY_SIZE(told.events));
	told.args[told.n] = arg;
	told.events[told.n++] = *event;
}

static int setup(void **state)
{
	static struct rig rig;

	rig.fake = fake_transport_create();
	assert_int_equal(fake_transport_open(rig.fake, &rig.ctrlr, NULL), 0);
	assert_int_equal(upnvme_ctrlr_on_event(rig.ctrlr, note, &rig), 0);
	memset(&told, 0, sizeof(told));
	*state = &rig;
	return 0;
}

static int teardown(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(upnvme_close(rig->ctrlr), 0);
	return 0;
}

static void expect_event(uint32_t i, uint32_t kind, uint32_t nsid, uint8_t type, uint8_t info,
			 uint8_t log_page)
{
	assert_true(i < told.n);
	assert_int_equal(told.events[i].kind, kind);
	assert_int_equal(told.events[i].nsid, nsid);
	assert_int_equal(told.events[i].type, type);
	assert_int_equal(told.events[i].info, info);
	assert_int_equal(told.events[i].log_page, log_page);
}

static void expect_log_read(const struct fake_transport *fake, uint32_t lid, uint32_t bytes)
{
	struct upnvme_spec_sqe expected = { .opcode = 0x02,
					    .nsid = 0xffffffff,
					    .cdw10 = (bytes / 4 - 1) << 16 | lid };

	assert_int_equal(fake_transport_count(fake, UPNVME_SPEC_ADMIN_GET_LOG_PAGE), 1);
	fake_transport_expect(fake_transport_seen(fake, UPNVME_SPEC_ADMIN_GET_LOG_PAGE, 0),
			      &expected, true);
}

static void events_are_configured_and_requests_given_at_open(void **state)
{
	struct rig *rig = *state;
	struct upnvme_spec_sqe configure = { .opcode = 0x09, .cdw10 = 0x0b, .cdw11 = 0x11f };
	struct upnvme_spec_sqe request = { .opcode = 0x0c };

	upnvme_ctrlr_poll(rig->ctrlr); /* rings for the requests */
	fake_transport_expect(fake_transport_seen(rig->fake, UPNVME_SPEC_ADMIN_SET_FEATURES, 1),
			      &configure, false);
	assert_int_equal(rig->fake->naers, 4);
	fake_transport_expect(fake_transport_seen(rig->fake, 0x0c, 0), &request, false);
}

static uint32_t requests_with(uint8_t aerl, uint32_t limit)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;
	uint32_t n;

	fake->id.aerl = aerl;
	fake->aer_limit = limit;
	assert_int_equal(fake_transport_open(fake, &ctrlr, NULL), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(upnvme_ctrlr_poll(ctrlr), 0);
	n = fake_transport_count(fake, UPNVME_SPEC_ADMIN_ASYNC_EVENT_REQUEST);
	assert_int_equal(upnvme_close(ctrlr), 0);
	return n;
}

static void as_many_requests_as_the_controller_takes_up_to_four(void **state)
{
	assert_int_equal(requests_with(0, 1), 1);
	assert_int_equal(requests_with(1, 2), 2);
	assert_int_equal(requests_with(3, 4), 4);
	assert_int_equal(requests_with(255, 16), 4);
	assert_int_equal(requests_with(3, 2), 4); /* two were refused, and not repeated */
}

static void poll_event(struct rig *rig, uint32_t type, uint32_t info, uint32_t lid)
{
	assert_int_equal(upnvme_ctrlr_poll(rig->ctrlr), 0);
	rig->fake->nseen = 0;
	fake_transport_event(rig->fake, type, info, lid);
	assert_true(upnvme_ctrlr_poll(rig->ctrlr) >= 0);
	upnvme_ctrlr_poll(rig->ctrlr); /* rings for the request that went out again */
	assert_int_equal(rig->fake->naers, 4);
	assert_int_equal(fake_transport_count(rig->fake, UPNVME_SPEC_ADMIN_ASYNC_EVENT_REQUEST), 1);
}

static void a_health_warning_is_read_and_told(void **state)
{
	struct rig *rig = *state;

	poll_event(rig, UPNVME_SPEC_AER_TYPE_SMART, UPNVME_SPEC_AER_SMART_TEMPERATURE,
		   UPNVME_SPEC_LOG_SMART);
	expect_log_read(rig->fake, UPNVME_SPEC_LOG_SMART, 512);
	assert_int_equal(told.n, 1);
	assert_ptr_equal(told.args[0], rig);
	expect_event(0, UPNVME_EVENT_SMART, 0, 1, 1, 2);
}

static void an_error_is_read_and_told(void **state)
{
	struct rig *rig = *state;

	poll_event(rig, UPNVME_SPEC_AER_TYPE_ERROR, UPNVME_SPEC_AER_ERROR_TRANSIENT_INTERNAL,
		   UPNVME_SPEC_LOG_ERROR);
	expect_log_read(rig->fake, UPNVME_SPEC_LOG_ERROR, 64);
	assert_int_equal(told.n, 1);
	expect_event(0, UPNVME_EVENT_ERROR, 0, 0, 4, 1);
}

static void an_unknown_event_is_told_as_it_is(void **state)
{
	struct rig *rig = *state;

	poll_event(rig, UPNVME_SPEC_AER_TYPE_VENDOR, 0x99, 0xc5);
	assert_int_equal(fake_transport_count(rig->fake, UPNVME_SPEC_ADMIN_GET_LOG_PAGE), 0);
	assert_int_equal(told.n, 1);
	expect_event(0, UPNVME_EVENT_OTHER, 0, 7, 0x99, 0xc5);
}

/* NVMe Base 2.0c, 5.2: a type is masked until the page of its last event was read. */
static void a_firmware_activation_is_read_and_told(void **state)
{
	struct rig *rig = *state;

	poll_event(rig, UPNVME_SPEC_AER_TYPE_NOTICE, UPNVME_SPEC_AER_NOTICE_FIRMWARE_ACTIVATION, 3);
	expect_log_read(rig->fake, UPNVME_SPEC_LOG_FIRMWARE_SLOT, 512);
	assert_int_equal(told.n, 1);
	expect_event(0, UPNVME_EVENT_OTHER, 0, 2, 1, 3);
}

/* --- what changes while the controller is opened -------------------------------------------------- */

static bool are_configured;

/* A namespace appears just after the list was given; only a host that has asked for events before hears of it. */
static enum fake_verdict appear(struct fake_transport *fake, const struct upnvme_spec_sqe *sqe,
				struct upnvme_spec_cqe *cqe)
{
	struct upnvme_spec_changed_ns_log *log = (void *)fake->log;

	if (sqe->opcode == UPNVME_SPEC_ADMIN_SET_FEATURES &&
	    (sqe->cdw10 & 0xff) == UPNVME_SPEC_FEAT_ASYNC_EVENT_CONFIG)
		are_configured = true;
	if (sqe->opcode == UPNVME_SPEC_ADMIN_IDENTIFY && sqe->nsid == 1 && fake->nactive == 1) {
		fake->active[1] = 4;
		fake->nactive = 2;
		log->nsid[0] = 4;
		if (are_configured && fake->naers)
			fake_transport_event(fake, UPNVME_SPEC_AER_TYPE_NOTICE,
					     UPNVME_SPEC_AER_NOTICE_NS_ATTRIBUTE_CHANGED,
					     UPNVME_SPEC_LOG_CHANGED_NS_LIST);
	}
	return FAKE_DEFAULT;
}

static void a_namespace_that_appears_during_the_open_is_told(void **state)
{
	struct rig rig = { fake_transport_create(), NULL };

	are_configured = false;
	rig.fake->script = appear;
	assert_int_equal(fake_transport_open(rig.fake, &rig.ctrlr, NULL), 0);
	assert_int_equal(upnvme_ns_next(rig.ctrlr, 1), 0);
	assert_int_equal(upnvme_ctrlr_poll(rig.ctrlr), 0);
	assert_int_equal(upnvme_ns_next(rig.ctrlr, 1), 4);
	assert_int_equal(upnvme_close(rig.ctrlr), 0);
}

/* No poll has rung for it. */
static void the_open_rings_for_its_event_requests(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(rig->fake->naers, 4);
}

static void namespaces_are_up_to_date_when_their_event_is_told(void **state)
{
	struct rig *rig = *state;
	struct upnvme_spec_changed_ns_log *log = (void *)rig->fake->log;
	struct upnvme_ns *ns, *new_ns;

	assert_int_equal(upnvme_ns_get(&ns, rig->ctrlr, 1), 0);
	rig->fake->ns.nsze = 3000;
	rig->fake->active[1] = 4;
	rig->fake->nactive = 2;
	log->nsid[0] = 1;
	log->nsid[1] = 4;
	poll_event(rig, UPNVME_SPEC_AER_TYPE_NOTICE, UPNVME_SPEC_AER_NOTICE_NS_ATTRIBUTE_CHANGED,
		   UPNVME_SPEC_LOG_CHANGED_NS_LIST);
	expect_log_read(rig->fake, UPNVME_SPEC_LOG_CHANGED_NS_LIST, 4096);
	assert_int_equal(told.n, 2);
	expect_event(0, UPNVME_EVENT_NS_CHANGED, 1, 2, 0, 4);
	expect_event(1, UPNVME_EVENT_NS_CHANGED, 4, 2, 0, 4);
	assert_int_equal(upnvme_ns_block_count(ns), 3000);
	assert_int_equal(upnvme_ns_get(&new_ns, rig->ctrlr, 4), 0);
}

static void an_overflown_list_refreshes_all_namespaces(void **state)
{
	struct rig *rig = *state;
	struct upnvme_spec_changed_ns_log *log = (void *)rig->fake->log;
	struct upnvme_ns *ns;

	assert_int_equal(upnvme_ns_get(&ns, rig->ctrlr, 1), 0);
	rig->fake->ns.nsze = 3000;
	log->nsid[0] = UPNVME_SPEC_CHANGED_NS_OVERFLOW;
	poll_event(rig, UPNVME_SPEC_AER_TYPE_NOTICE, UPNVME_SPEC_AER_NOTICE_NS_ATTRIBUTE_CHANGED,
		   UPNVME_SPEC_LOG_CHANGED_NS_LIST);
	assert_int_equal(told.n, 1);
	expect_event(0, UPNVME_EVENT_NS_CHANGED, 0, 2, 0, 4);
	assert_int_equal(upnvme_ns_block_count(ns), 3000);
}

static enum fake_verdict refuse_logs(struct fake_transport *fake, const struct upnvme_spec_sqe *sqe,
				     struct upnvme_spec_cqe *cqe)
{
	cqe->status = UPNVME_SPEC_SC_INTERNAL_ERROR;
	return sqe->opcode == UPNVME_SPEC_ADMIN_GET_LOG_PAGE ? FAKE_ANSWER : FAKE_DEFAULT;
}

static void an_event_whose_log_cannot_be_read_is_told_all_the_same(void **state)
{
	struct rig *rig = *state;

	rig->fake->script = refuse_logs;
	poll_event(rig, UPNVME_SPEC_AER_TYPE_SMART, UPNVME_SPEC_AER_SMART_SPARE,
		   UPNVME_SPEC_LOG_SMART);
	poll_event(rig, UPNVME_SPEC_AER_TYPE_NOTICE, UPNVME_SPEC_AER_NOTICE_NS_ATTRIBUTE_CHANGED,
		   UPNVME_SPEC_LOG_CHANGED_NS_LIST);
	assert_int_equal(told.n, 2);
	expect_event(1, UPNVME_EVENT_NS_CHANGED, 0, 2, 0, 4);
}

static void events_count_as_callbacks_of_the_poll(void **state)
{
	struct rig *rig = *state;

	upnvme_ctrlr_poll(rig->ctrlr);
	fake_transport_event(rig->fake, UPNVME_SPEC_AER_TYPE_SMART, 0, UPNVME_SPEC_LOG_SMART);
	fake_transport_event(rig->fake, UPNVME_SPEC_AER_TYPE_VENDOR, 0, 0);
	assert_int_equal(upnvme_ctrlr_poll(rig->ctrlr), 2);
	assert_int_equal(told.n, 2);
	assert_int_equal(upnvme_ctrlr_on_event(rig->ctrlr, NULL, NULL), 0);
	upnvme_ctrlr_poll(rig->ctrlr);
	fake_transport_event(rig->fake, UPNVME_SPEC_AER_TYPE_VENDOR, 0, 0);
	assert_int_equal(upnvme_ctrlr_poll(rig->ctrlr), 0);
	assert_int_equal(told.n, 2);
}

static void replace(void *arg, const struct upnvme_event *event)
{
	struct rig *rig = arg;

	assert_int_equal(upnvme_ctrlr_on_event(rig->ctrlr, note, rig), 0);
	assert_int_equal(upnvme_ctrlr_poll(rig->ctrlr), -EDEADLK);
}

static void a_callback_may_set_another_callback(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(upnvme_ctrlr_on_event(rig->ctrlr, replace, rig), 0);
	poll_event(rig, UPNVME_SPEC_AER_TYPE_VENDOR, 1, 0);
	assert_int_equal(told.n, 0);
	poll_event(rig, UPNVME_SPEC_AER_TYPE_VENDOR, 2, 0);
	assert_int_equal(told.n, 1);
	assert_int_equal(upnvme_ctrlr_on_event(NULL, note, NULL), -EINVAL);
}

/* --- requests that the controller ends in error --------------------------------------------------- */

static uint16_t aer_status;
static uint32_t nrefusals;

static enum fake_verdict refuse_requests(struct fake_transport *fake,
					 const struct upnvme_spec_sqe *sqe,
					 struct upnvme_spec_cqe *cqe)
{
	if (sqe->opcode != UPNVME_SPEC_ADMIN_ASYNC_EVENT_REQUEST || !nrefusals)
		return FAKE_DEFAULT;
	nrefusals--;
	cqe->status = aer_status;
	return FAKE_ANSWER;
}

static struct rig open_refusing(uint16_t status, uint32_t n)
{
	struct rig rig = { fake_transport_create(), NULL };

	aer_status = status;
	nrefusals = n;
	rig.fake->script = refuse_requests;
	assert_int_equal(fake_transport_open(rig.fake, &rig.ctrlr, NULL), 0);
	return rig;
}

static void a_request_that_ended_in_error_is_repeated(void **state)
{
	struct rig rig = open_refusing(UPNVME_SPEC_SC_INTERNAL_ERROR, 9);
	uint64_t end_ns = clock_now_ns() + 60 * NS_PER_S;
	struct pause pause = { 0 };

	while (rig.fake->naers < 4 && clock_now_ns() < end_ns) {
		assert_int_equal(upnvme_ctrlr_poll(rig.ctrlr), 0);
		pause_next(&pause);
	}
	assert_int_equal(rig.fake->naers, 4);
	assert_int_equal(fake_transport_count(rig.fake, UPNVME_SPEC_ADMIN_ASYNC_EVENT_REQUEST),
			 4 + 9);
	assert_int_equal(upnvme_ctrlr_on_event(rig.ctrlr, note, &rig), 0);
	memset(&told, 0, sizeof(told));
	fake_transport_event(rig.fake, UPNVME_SPEC_AER_TYPE_VENDOR, 1, 0);
	assert_int_equal(upnvme_ctrlr_poll(rig.ctrlr), 1);
	assert_int_equal(upnvme_close(rig.ctrlr), 0);
}

static void a_refusal_that_does_not_pass_is_not_repeated(void **state)
{
	static const uint16_t final[] = { UPNVME_SPEC_SC_INVALID_OPCODE |
						  UPNVME_SPEC_STATUS_DNR_BIT,
					  UPNVME_SPEC_SC_ABORT_REQUESTED,
					  UPNVME_SPEC_SC_AER_LIMIT_EXCEEDED };

	for (size_t i = 0; i < ARRAY_SIZE(final); i++) {
		struct rig rig = open_refusing(final[i], UINT32_MAX);
		uint64_t end_ns = clock_now_ns() + NS_PER_S / 2;
		struct pause pause = { 0 };

		while (clock_now_ns() < end_ns) {
			assert_int_equal(upnvme_ctrlr_poll(rig.ctrlr), 0);
			pause_next(&pause);
		}
		assert_int_equal(
			fake_transport_count(rig.fake, UPNVME_SPEC_ADMIN_ASYNC_EVENT_REQUEST), 4);
		assert_int_equal(upnvme_close(rig.ctrlr), 0);
	}
}

/* --- callbacks that do not come back -------------------------------------------------------------- */

static jmp_buf out;

static void leave(void *arg, const struct upnvme_event *event)
{
	longjmp(out, 1);
}

static void *listen_elsewhere(void *arg)
{
	struct rig *rig = arg;

	assert_int_equal(upnvme_ctrlr_on_event(rig->ctrlr, note, rig), 0);
	return NULL;
}

static void a_callback_that_was_left_is_abandoned(void **state)
{
	struct rig *rig = *state;
	struct upnvme_spec_changed_ns_log *log = (void *)rig->fake->log;
	pthread_t thread;

	log->nsid[0] = 1;
	log->nsid[1] = 4;
	assert_int_equal(upnvme_ctrlr_poll(rig->ctrlr), 0);
	fake_transport_event(rig->fake, UPNVME_SPEC_AER_TYPE_NOTICE,
			     UPNVME_SPEC_AER_NOTICE_NS_ATTRIBUTE_CHANGED,
			     UPNVME_SPEC_LOG_CHANGED_NS_LIST);
	assert_int_equal(upnvme_ctrlr_on_event(rig->ctrlr, leave, rig), 0);
	if (!setjmp(out)) {
		upnvme_ctrlr_poll(rig->ctrlr);
		fail_msg("the callback did not run");
	}
	assert_int_equal(upnvme_ctrlr_poll(rig->ctrlr), -EDEADLK);
	assert_non_null(strstr(error_last()->text, "upnvme_ctrlr_abandon"));
	assert_int_equal(upnvme_close(rig->ctrlr), -EDEADLK);
	assert_int_equal(upnvme_ctrlr_abandon(rig->ctrlr), 0);
	assert_int_equal(pthread_create(&thread, NULL, listen_elsewhere, rig), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	/* The first event's request was sent again before its callback ran, so only this event's goes out. */
	poll_event(rig, UPNVME_SPEC_AER_TYPE_VENDOR, 1, 0);
	assert_int_equal(told.n, 1);
	assert_int_equal(upnvme_ctrlr_abandon(NULL), -EINVAL);
}

/* --- little stack --------------------------------------------------------------------------------- */

static void *poll_once(void *arg)
{
	struct rig *rig = arg;

	return (void *)(intptr_t)upnvme_ctrlr_poll(rig->ctrlr);
}

/* Sanitizers need more. */
static size_t least_stack(void)
{
	const char *build = getenv("UPNVME_TEST_BUILD");

	return !build || !strcmp(build, "release") ? 16384 : 1 << 20;
}

static void a_thread_with_a_small_stack_can_handle_every_event(void **state)
{
	struct rig *rig = *state;
	struct upnvme_spec_changed_ns_log *log = (void *)rig->fake->log;
	pthread_attr_t attributes;
	pthread_t thread;
	void *answer;

	rig->fake->active[1] = 4;
	rig->fake->nactive = 2;
	log->nsid[0] = 4;
	assert_int_equal(upnvme_ctrlr_poll(rig->ctrlr), 0);
	fake_transport_event(rig->fake, UPNVME_SPEC_AER_TYPE_NOTICE,
			     UPNVME_SPEC_AER_NOTICE_NS_ATTRIBUTE_CHANGED,
			     UPNVME_SPEC_LOG_CHANGED_NS_LIST);
	assert_int_equal(pthread_attr_init(&attributes), 0);
	assert_int_equal(pthread_attr_setstacksize(&attributes, least_stack()), 0);
	assert_int_equal(pthread_create(&thread, &attributes, poll_once, rig), 0);
	assert_int_equal(pthread_join(thread, &answer), 0);
	assert_int_equal(pthread_attr_destroy(&attributes), 0);
	assert_int_equal((intptr_t)answer, 1);
	expect_event(0, UPNVME_EVENT_NS_CHANGED, 4, 2, 0, 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(events_are_configured_and_requests_given_at_open),
		cmocka_unit_test(as_many_requests_as_the_controller_takes_up_to_four),
		TEST(a_health_warning_is_read_and_told),
		TEST(an_error_is_read_and_told),
		TEST(an_unknown_event_is_told_as_it_is),
		TEST(a_firmware_activation_is_read_and_told),
		cmocka_unit_test(a_namespace_that_appears_during_the_open_is_told),
		TEST(the_open_rings_for_its_event_requests),
		TEST(namespaces_are_up_to_date_when_their_event_is_told),
		TEST(an_overflown_list_refreshes_all_namespaces),
		TEST(an_event_whose_log_cannot_be_read_is_told_all_the_same),
		TEST(events_count_as_callbacks_of_the_poll),
		TEST(a_callback_may_set_another_callback),
		cmocka_unit_test(a_request_that_ended_in_error_is_repeated),
		cmocka_unit_test(a_refusal_that_does_not_pass_is_not_repeated),
		TEST(a_callback_that_was_left_is_abandoned),
		TEST(a_thread_with_a_small_stack_can_handle_every_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
