/* SPDX-License-Identifier: BSD-3-Clause */
/* Waking the controller's thread, which parks when it has no work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/softctrl_host.h"

static int setup(void **state)
{
	struct host *host = calloc(1, sizeof(*host));

	host_init(host);
	host->config.threaded = true;
	host_create(host);
	host_enable(host);
	*state = host;
	return 0;
}

static void the_controllers_thread_parks_and_wakes(void **state)
{
	struct host *host = *state;
	struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };
	struct timespec before, after;
	uint64_t iova;
	clockid_t clock;

	host_page(host, &iova);
	host_queue_pair(host, 1, 8, 8);
	for (int i = 0; i < 20; i++) {
		nanosleep(&pause, NULL);
		assert_int_equal(host_status(host, 1, host_rw(0x02, 1, 0, 1, iova, 0)), 0);
		assert_int_equal(host_status(host, 0, (struct upnvme_spec_sqe){ .opcode = 0x18 }),
				 0);
	}
	/* A thread that is idle takes next to no processor time. */
	nanosleep(&pause, NULL);
	assert_int_equal(clock_getcpuclockid(getpid(), &clock), 0);
	clock_gettime(clock, &before);
	for (int i = 0; i < 10; i++)
		nanosleep(&pause, NULL);
	clock_gettime(clock, &after);
	assert_in_range((after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec -
				before.tv_nsec,
			0, 100 * 1000 * 1000);
}

static void an_event_wakes_the_parked_thread(void **state)
{
	struct host *host = *state;
	struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };
	struct upnvme_spec_sqe config = { .opcode = 0x09, .cdw10 = 0x0b, .cdw11 = 1 << 8 };

	assert_int_equal(host_status(host, 0, config), 0);
	host_submit(host, 0, (struct upnvme_spec_sqe){ .opcode = 0x0c });
	nanosleep(&pause, NULL);
	assert_int_equal(softctrl_namespace_resize(host->sc, 1, 100), 0);
	assert_int_equal(host_wait(host, 0).dw0, 0x04 << 16 | 2);
}

static void waking_a_controller_without_a_thread_is_allowed(void **state)
{
	struct host *host = *state;

	softctrl_wake(host->sc);
	assert_int_equal(host_status(host, 0, (struct upnvme_spec_sqe){ .opcode = 0x18 }), 0);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, host_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_controllers_thread_parks_and_wakes),
		test(an_event_wakes_the_parked_thread),
		cmocka_unit_test_setup_teardown(waking_a_controller_without_a_thread_is_allowed,
						host_setup, host_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
