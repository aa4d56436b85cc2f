/* SPDX-License-Identifier: BSD-3-Clause */
/* The housekeeping thread: it calls back by itself, takes no signals, and is gone when the close returns. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <upnvme.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/pause.h"
#include "support/fake_transport.h"

static _Atomic uint32_t ncalls;
static _Atomic int blocked, close_rc;

static void note(void *arg, const struct upnvme_completion *done)
{
	sigset_t mask;

	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	atomic_store(&blocked, sigismember(&mask, SIGINT) && sigismember(&mask, SIGALRM));
	atomic_store(&close_rc, upnvme_close(arg));
	atomic_fetch_add(&ncalls, 1);
}

static void note_event(void *arg, const struct upnvme_event *event)
{
	if (event->kind == UPNVME_EVENT_FAILED)
		atomic_fetch_add(&ncalls, 1);
}

static bool wait_for_calls(uint32_t n)
{
	uint64_t deadline_ns = deadline_after(10 * NS_PER_S);
	struct pause pause = { 0 };

	while (atomic_load(&ncalls) < n && !deadline_passed(deadline_ns))
		pause_next(&pause);
	return atomic_load(&ncalls) == n;
}

static struct upnvme_ctrlr *open_kept(const char *uri)
{
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	struct upnvme_ctrlr *ctrlr;

	opts.flags = UPNVME_OPEN_HOUSEKEEPING;
	assert_int_equal(upnvme_open(&ctrlr, uri, &opts), 0);
	atomic_store(&ncalls, 0);
	return ctrlr;
}

static void calls_back_on(const char *uri)
{
	struct upnvme_ctrlr *ctrlr = open_kept(uri);
	struct upnvme_raw raw = { .cdw = { UPNVME_SPEC_ADMIN_GET_FEATURES } };

	raw.cdw[10] = UPNVME_SPEC_FEAT_ARBITRATION;
	for (uint32_t i = 1; i <= 5; i++) {
		assert_int_equal(upnvme_admin_submit(ctrlr, &raw, note, ctrlr), 0);
		assert_true(wait_for_calls(i));
	}
	assert_true(atomic_load(&blocked));
	assert_int_equal(atomic_load(&close_rc), -EDEADLK);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void callbacks_run_without_a_poll(void **state)
{
	calls_back_on("soft:ram?size=1MiB");
	calls_back_on("soft:ram?size=1MiB&mode=thread");
}

static void a_vanished_controller_is_noticed(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	struct upnvme_ctrlr *ctrlr;

	opts.flags = UPNVME_OPEN_HOUSEKEEPING;
	assert_int_equal(fake_transport_open(fake, &ctrlr, &opts), 0);
	atomic_store(&ncalls, 0);
	assert_int_equal(upnvme_ctrlr_on_event(ctrlr, note_event, NULL), 0);
	atomic_store(&fake->gone, true);
	assert_true(wait_for_calls(1));
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void closing_does_not_wait_for_the_interval(void **state)
{
	uint64_t start_ns = clock_now_ns();

	for (int i = 0; i < 20; i++)
		assert_int_equal(upnvme_close(open_kept("soft:ram?size=1MiB")), 0);
	assert_true(clock_now_ns() - start_ns < 20 * NS_PER_S);
}

static void *work(void *arg)
{
	struct upnvme_smart smart = { .size = UPNVME_SMART_SIZE };

	for (int i = 0; i < 50; i++)
		if (upnvme_smart_get(arg, &smart) || upnvme_ctrlr_poll(arg) < 0)
			return (void *)1;
	return NULL;
}

static void the_housekeeper_works_beside_the_callers_threads(void **state)
{
	struct upnvme_ctrlr *ctrlr = open_kept("soft:ram?size=1MiB");
	pthread_t threads[2];
	void *bad;

	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, ctrlr), 0);
	for (int i = 0; i < 2; i++) {
		pthread_join(threads[i], &bad);
		assert_null(bad);
	}
	assert_int_equal(upnvme_close(ctrlr), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(callbacks_run_without_a_poll),
		cmocka_unit_test(a_vanished_controller_is_noticed),
		cmocka_unit_test(closing_does_not_wait_for_the_interval),
		cmocka_unit_test(the_housekeeper_works_beside_the_callers_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
