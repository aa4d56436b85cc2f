/* SPDX-License-Identifier: BSD-3-Clause */
/* What closing a controller says of data that may be lost, and what becomes of one that does not come to rest. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "driver/ctrlr.h"
#include "support/fake_transport.h"

static struct upnvme_ctrlr *open_it(struct fake_transport *fake)
{
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	struct upnvme_ctrlr *ctrlr;

	opts.admin_timeout_ns = NS_PER_S / 5;
	assert_int_equal(fake_transport_open(fake, &ctrlr, &opts), 0);
	return ctrlr;
}

static struct fake_transport *with_cache(void)
{
	struct fake_transport *fake = fake_transport_create();

	fake->id.vwc = 1;
	return fake;
}

static void expect(int rc, int expected, uint32_t code, const char *words)
{
	assert_int_equal(rc, expected);
	if (!rc)
		return;
	assert_int_equal(error_last()->err, expected);
	assert_int_equal(error_last()->code, code);
	assert_non_null(strstr(error_last()->text, words));
}

/* Hardware: a shutdown that does not end in its time, or in a fatal status, or whose registers went. */
static void a_failed_shutdown_of_a_cache_may_have_lost_data(void **state)
{
	struct fake_transport *fake = with_cache();
	uint32_t nclosed = 0;
	struct upnvme_ctrlr *ctrlr;

	(void)state;
	fake->nclosed = &nclosed;
	fake->never_shut_down = true;
	fake->id.rtd3e = 1;
	ctrlr = open_it(fake);
	ctrlr->shutdown_least_ms = 20;
	expect(ctrlr_close(ctrlr), -ETIMEDOUT, UPNVME_ERR_NOT_DURABLE, "may be lost");
	assert_int_equal(nclosed, 1);

	fake = with_cache();
	fake->nclosed = &nclosed;
	fake->trouble = "unused without storage";
	expect(ctrlr_close(open_it(fake)), -EIO, UPNVME_ERR_NOT_DURABLE, "fatal");
	assert_int_equal(nclosed, 2);

	fake = with_cache();
	fake->nclosed = &nclosed;
	ctrlr = open_it(fake);
	atomic_store(&fake->gone, true);
	expect(ctrlr_close(ctrlr), -EIO, UPNVME_ERR_NOT_DURABLE, "all ones");
	assert_int_equal(nclosed, 3);
}

static void without_a_cache_nothing_is_lost(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	(void)state;
	fake->never_shut_down = true;
	fake->id.rtd3e = 1;
	ctrlr = open_it(fake);
	ctrlr->shutdown_least_ms = 20;
	assert_int_equal(ctrlr_close(ctrlr), 0);
}

static void the_sentence_names_the_storage(void **state)
{
	struct fake_transport *fake = with_cache();

	(void)state;
	fake_transport_with_storage(fake);
	fake->trouble = "namespace 1 could not be flushed: no space";
	expect(ctrlr_close(open_it(fake)), -EIO, UPNVME_ERR_NOT_DURABLE,
	       "may be lost: namespace 1 could not be flushed: no space");
	assert_non_null(strstr(error_last()->text, "fake:"));
}

/* The application goes on, and takes it for granted that what was written is there. */
static void a_controller_that_was_given_up_may_have_lost_data(void **state)
{
	struct upnvme_ctrlr *ctrlr = open_it(with_cache());

	(void)state;
	ctrlr_fail(ctrlr, "a test says so");
	expect(ctrlr_close(ctrlr), -EIO, UPNVME_ERR_NOT_DURABLE, "given up");
	ctrlr = open_it(fake_transport_create());
	ctrlr_fail(ctrlr, "a test says so");
	assert_int_equal(ctrlr_close(ctrlr), 0);
}

static void sweep(void)
{
	assert_int_equal(ctrlr_close(open_it(fake_transport_create())), 0);
}

/* The controller is not freed before its storage has answered, since storage may touch memory until then. */
static void a_controller_whose_storage_does_not_answer_is_set_aside(void **state)
{
	struct fake_transport *fake = with_cache();
	uint32_t nclosed = 0;

	(void)state;
	fake_transport_with_storage(fake);
	fake->nclosed = &nclosed;
	fake->never_shut_down = fake->never_disabled = true;
	atomic_store(&fake->waiting, true);
	expect(ctrlr_close(open_it(fake)), -ETIMEDOUT, UPNVME_ERR_NOT_DURABLE, "may be lost, and");
	assert_non_null(strstr(error_last()->text, "set aside"));
	sweep();
	assert_int_equal(nclosed, 0);
	fake->csts = 0;
	sweep();
	assert_int_equal(nclosed, 1);
	sweep();
	assert_int_equal(nclosed, 1);
}

/* Without a cache as well: the memory counts. */
static void hardware_that_cannot_be_disabled_is_set_aside(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	uint32_t nclosed = 0;

	(void)state;
	fake->nclosed = &nclosed;
	fake->never_disabled = fake->fail_isolate = true;
	expect(ctrlr_close(open_it(fake)), -ETIMEDOUT, UPNVME_ERR_CTRLR_TIMEOUT, "set aside");
	assert_int_equal(fake->nisolated, 1);
	assert_int_equal(nclosed, 0);
	fake->csts = 0;
	sweep();
	assert_int_equal(nclosed, 1);
}

/* The shutdown was complete, so the cache was written: only the memory counts. */
static void a_shutdown_that_is_complete_loses_nothing(void **state)
{
	struct fake_transport *fake = with_cache();
	uint32_t nclosed = 0;

	(void)state;
	fake->nclosed = &nclosed;
	fake->never_disabled = fake->fail_isolate = true;
	expect(ctrlr_close(open_it(fake)), -ETIMEDOUT, UPNVME_ERR_CTRLR_TIMEOUT, "set aside");
	assert_null(strstr(error_last()->text, "may be lost"));
	fake->csts = 0;
	sweep();
	assert_int_equal(nclosed, 1);
}

/* A controller whose registers read as all ones may still touch memory, since its bus mastering stays on. */
static void unreachable_hardware_that_masters_the_bus_is_set_aside(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr = open_it(fake);
	uint32_t nclosed = 0;

	(void)state;
	fake->nclosed = &nclosed;
	fake->disobeys = fake->fail_isolate = true;
	atomic_store(&fake->gone, true);
	expect(ctrlr_close(ctrlr), -EIO, UPNVME_ERR_CTRLR_TIMEOUT, "set aside");
	assert_int_equal(nclosed, 0);
	atomic_store(&fake->gone, false);
	sweep();
	sweep();
	assert_int_equal(nclosed, 1); /* a sweep disabled the controller once it was reachable */
}

/* A controller that cannot reach memory is freed, even if it was not disabled. */
static void hardware_that_is_isolated_is_freed(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	uint32_t nclosed = 0;

	(void)state;
	fake->nclosed = &nclosed;
	fake->never_disabled = true;
	assert_int_equal(ctrlr_close(open_it(fake)), 0);
	assert_int_equal(nclosed, 1);
}

static void a_controller_that_fails_to_open_and_to_be_disabled_is_set_aside(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	struct upnvme_ctrlr *ctrlr;
	uint32_t nclosed = 0;

	(void)state;
	fake->nclosed = &nclosed;
	fake->never_disabled = fake->fail_isolate = true;
	fake->id.kas = 0;
	opts.keep_alive_ms = 1000;
	assert_int_equal(fake_transport_open(fake, &ctrlr, &opts), -ENOTSUP);
	assert_int_equal(nclosed, 0);
	fake->csts = 0;
	sweep();
	assert_int_equal(nclosed, 1);
}

/* A child leaves its parent's controllers alone: they share rings with the kernel, and registers. */
static void a_child_does_not_touch_controllers_that_its_parent_set_aside(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	uint32_t nclosed = 0;
	int status = -1;
	pid_t pid;

	(void)state;
	fake->nclosed = &nclosed;
	fake->never_disabled = fake->fail_isolate = true;
	expect(ctrlr_close(open_it(fake)), -ETIMEDOUT, UPNVME_ERR_CTRLR_TIMEOUT, "set aside");
	fake->csts = 0;
	pid = fork();
	if (pid == 0) {
		sweep();
		_exit(nclosed == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(nclosed, 0);
	sweep();
	assert_int_equal(nclosed, 1);
}

/* An error that was there before an open stays what it was, whatever the sweep met. */
static void the_sweep_leaves_the_last_error_alone(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	(void)state;
	fake->never_disabled = fake->fail_isolate = true;
	expect(ctrlr_close(open_it(fake)), -ETIMEDOUT, UPNVME_ERR_CTRLR_TIMEOUT, "set aside");
	atomic_store(&fake->gone, true);
	ctrlr = open_it(fake_transport_create());
	error_set(-EINVAL, UPNVME_ERR_ARGUMENT, "what was before");
	assert_int_equal(ctrlr_close(ctrlr), 0);
	assert_string_equal(error_last()->text, "what was before");
	atomic_store(&fake->gone, false);
	fake->csts = 0;
	sweep();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failed_shutdown_of_a_cache_may_have_lost_data),
		cmocka_unit_test(without_a_cache_nothing_is_lost),
		cmocka_unit_test(the_sentence_names_the_storage),
		cmocka_unit_test(a_controller_that_was_given_up_may_have_lost_data),
		cmocka_unit_test(a_controller_whose_storage_does_not_answer_is_set_aside),
		cmocka_unit_test(hardware_that_cannot_be_disabled_is_set_aside),
		cmocka_unit_test(a_shutdown_that_is_complete_loses_nothing),
		cmocka_unit_test(unreachable_hardware_that_masters_the_bus_is_set_aside),
		cmocka_unit_test(hardware_that_is_isolated_is_freed),
		cmocka_unit_test(a_controller_that_fails_to_open_and_to_be_disabled_is_set_aside),
		cmocka_unit_test(a_child_does_not_touch_controllers_that_its_parent_set_aside),
		cmocka_unit_test(the_sweep_leaves_the_last_error_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
