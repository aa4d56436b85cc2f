/* SPDX-License-Identifier: BSD-3-Clause */
/* Keep-alive, and polls of one controller within callbacks of another. */
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
#include "support/fake_transport.h"

static int open_alive(struct fake_transport *fake, struct upnvme_ctrlr **ctrlr, uint32_t ms)
{
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;

	opts.keep_alive_ms = ms;
	return fake_transport_open(fake, ctrlr, &opts);
}

static void keep_alive_is_sent_at_half_the_timers_period(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_spec_sqe set = { .opcode = 0x09, .cdw10 = 0x0f, .cdw11 = 100 };
	struct upnvme_spec_sqe alive = { .opcode = 0x18 };
	uint64_t start_ns = clock_now_ns();
	struct pause pause = { 0 };
	struct upnvme_ctrlr *ctrlr;
	uint32_t n;

	fake->id.kas = 1;
	assert_int_equal(open_alive(fake, &ctrlr, 100), 0);
	fake_transport_expect(fake_transport_seen(fake, UPNVME_SPEC_ADMIN_SET_FEATURES, 1), &set,
			      false);
	while (clock_now_ns() - start_ns < 520 * NS_PER_MS) {
		assert_int_equal(upnvme_ctrlr_poll(ctrlr), 0);
		pause_next(&pause);
	}
	n = fake_transport_count(fake, UPNVME_SPEC_ADMIN_KEEP_ALIVE);
	assert_in_range(n, 1, (clock_now_ns() - start_ns) / (50 * NS_PER_MS) + 1);
	fake_transport_expect(fake_transport_seen(fake, UPNVME_SPEC_ADMIN_KEEP_ALIVE, 0), &alive,
			      false);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void without_the_option_no_keep_alive_is_sent(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	fake->id.kas = 1;
	assert_int_equal(open_alive(fake, &ctrlr, 0), 0);
	assert_int_equal(upnvme_ctrlr_poll(ctrlr), 0);
	assert_int_equal(fake_transport_count(fake, UPNVME_SPEC_ADMIN_KEEP_ALIVE), 0);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void a_controller_without_the_timer_is_refused(void **state)
{
	struct upnvme_ctrlr *ctrlr;

	assert_int_equal(open_alive(fake_transport_create(), &ctrlr, 100), -ENOTSUP);
	assert_int_equal(error_last()->code, UPNVME_ERR_CTRLR_UNSUPPORTED);
	assert_non_null(strstr(error_last()->text, "KAS"));
}

static enum fake_verdict mute_alive(struct fake_transport *fake, const struct upnvme_spec_sqe *sqe,
				    struct upnvme_spec_cqe *cqe)
{
	return sqe->opcode == UPNVME_SPEC_ADMIN_KEEP_ALIVE ? FAKE_HOLD : FAKE_DEFAULT;
}

static void one_keep_alive_is_outstanding_at_a_time(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	uint64_t start_ns = clock_now_ns();
	struct pause pause = { 0 };
	struct upnvme_ctrlr *ctrlr;

	fake->id.kas = 1;
	fake->script = mute_alive;
	assert_int_equal(open_alive(fake, &ctrlr, 2), 0);
	while (clock_now_ns() - start_ns < 50 * NS_PER_MS) {
		assert_int_equal(upnvme_ctrlr_poll(ctrlr), 0);
		pause_next(&pause);
	}
	assert_int_equal(fake_transport_count(fake, UPNVME_SPEC_ADMIN_KEEP_ALIVE), 1);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static struct upnvme_event told;

static void note_event(void *arg, const struct upnvme_event *event)
{
	told = *event;
}

static void a_keep_alive_that_is_not_answered_gives_the_controller_up(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	uint64_t end_ns = clock_now_ns() + 60 * NS_PER_S;
	struct pause pause = { 0 };
	struct upnvme_ctrlr *ctrlr;
	int rc = 0;

	fake->id.kas = 1;
	fake->script = mute_alive;
	opts.keep_alive_ms = 20;
	opts.admin_timeout_ns = NS_PER_S / 5;
	assert_int_equal(fake_transport_open(fake, &ctrlr, &opts), 0);
	assert_int_equal(upnvme_ctrlr_on_event(ctrlr, note_event, NULL), 0);
	while (rc == 0 && clock_now_ns() < end_ns) {
		rc = upnvme_ctrlr_poll(ctrlr);
		pause_next(&pause);
	}
	assert_int_equal(rc, -EIO);
	assert_non_null(strstr(error_last()->text, "Keep Alive"));
	assert_int_equal(told.kind, UPNVME_EVENT_FAILED);
	assert_int_equal(UPNVME_SPEC_CC_EN(fake->cc), 0);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

/* 1 ms is the shortest period, and is not taken for 0, which means none. */
static void the_shortest_period_is_set_as_it_is(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_spec_sqe set = { .opcode = 0x09, .cdw10 = 0x0f, .cdw11 = 1 };
	struct upnvme_ctrlr *ctrlr;

	fake->id.kas = 1;
	assert_int_equal(open_alive(fake, &ctrlr, 1), 0);
	fake_transport_expect(fake_transport_seen(fake, UPNVME_SPEC_ADMIN_SET_FEATURES, 1), &set,
			      false);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static struct upnvme_ctrlr *outer, *inner;
static int inner_ran, outer_again;

static void nothing(void *arg, const struct upnvme_completion *done)
{
}

static void poll_inner(void *arg, const struct upnvme_completion *done)
{
	struct upnvme_raw raw = { .cdw = { UPNVME_SPEC_ADMIN_KEEP_ALIVE } };

	assert_int_equal(upnvme_admin_submit(inner, &raw, nothing, NULL), 0);
	inner_ran = upnvme_ctrlr_poll(inner);
	outer_again = upnvme_ctrlr_poll(outer);
}

static void a_callback_may_poll_another_controller(void **state)
{
	struct upnvme_raw raw = { .cdw = { UPNVME_SPEC_ADMIN_KEEP_ALIVE } };

	assert_int_equal(fake_transport_open(fake_transport_create(), &outer, NULL), 0);
	assert_int_equal(fake_transport_open(fake_transport_create(), &inner, NULL), 0);
	assert_int_equal(upnvme_admin_submit(outer, &raw, poll_inner, NULL), 0);
	assert_int_equal(upnvme_ctrlr_poll(outer), 1);
	assert_int_equal(inner_ran, 1);
	assert_int_equal(outer_again, -EDEADLK);
	assert_int_equal(upnvme_close(inner), 0);
	assert_int_equal(upnvme_close(outer), 0);
}

/* --- callbacks that do not come back -------------------------------------------------------------- */

static jmp_buf out;
static uint32_t nran, nleft;

static void count_it(void *arg, const struct upnvme_completion *done)
{
	nran++;
}

static void leave(void *arg, const struct upnvme_completion *done)
{
	nleft++;
	longjmp(out, 1);
}

static void submit(struct upnvme_ctrlr *ctrlr, upnvme_cb cb)
{
	struct upnvme_raw raw = { .cdw = { UPNVME_SPEC_ADMIN_KEEP_ALIVE } };

	assert_int_equal(upnvme_admin_submit(ctrlr, &raw, cb, NULL), 0);
}

static void a_callback_that_is_left_loses_no_other_callback(void **state)
{
	struct upnvme_ctrlr *ctrlr;

	nran = nleft = 0;
	assert_int_equal(fake_transport_open(fake_transport_create(), &ctrlr, NULL), 0);
	submit(ctrlr, count_it);
	submit(ctrlr, leave);
	submit(ctrlr, count_it);
	submit(ctrlr, count_it);
	if (!setjmp(out)) {
		upnvme_ctrlr_poll(ctrlr);
		fail_msg("the callback did not run");
	}
	assert_int_equal(upnvme_ctrlr_poll(ctrlr), -EDEADLK);
	assert_int_equal(upnvme_close(ctrlr), -EDEADLK);
	assert_int_equal(upnvme_ctrlr_abandon(ctrlr), 0);
	assert_int_equal(nran, 1);
	assert_int_equal(upnvme_ctrlr_poll(ctrlr), 2);
	assert_int_equal(nran, 3);
	assert_int_equal(nleft, 1);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void *poll_elsewhere(void *arg)
{
	return (void *)(intptr_t)upnvme_ctrlr_poll(arg);
}

static void poll_in_a_thread(void *arg, const struct upnvme_completion *done)
{
	pthread_t thread;
	void *answer;

	assert_int_equal(pthread_create(&thread, NULL, poll_elsewhere, outer), 0);
	assert_int_equal(pthread_join(thread, &answer), 0);
	assert_int_equal((intptr_t)answer, 0);
	assert_int_equal(nran, 0);
}

static void one_thread_runs_callbacks_at_a_time(void **state)
{
	nran = 0;
	assert_int_equal(fake_transport_open(fake_transport_create(), &outer, NULL), 0);
	submit(outer, poll_in_a_thread);
	submit(outer, count_it);
	assert_int_equal(upnvme_ctrlr_poll(outer), 2);
	assert_int_equal(nran, 1);
	assert_int_equal(upnvme_close(outer), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keep_alive_is_sent_at_half_the_timers_period),
		cmocka_unit_test(without_the_option_no_keep_alive_is_sent),
		cmocka_unit_test(a_controller_without_the_timer_is_refused),
		cmocka_unit_test(one_keep_alive_is_outstanding_at_a_time),
		cmocka_unit_test(a_keep_alive_that_is_not_answered_gives_the_controller_up),
		cmocka_unit_test(the_shortest_period_is_set_as_it_is),
		cmocka_unit_test(a_callback_may_poll_another_controller),
		cmocka_unit_test(a_callback_that_is_left_loses_no_other_callback),
		cmocka_unit_test(one_thread_runs_callbacks_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
