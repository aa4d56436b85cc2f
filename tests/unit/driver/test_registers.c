/* SPDX-License-Identifier: BSD-3-Clause */
/* Registers that lie, hang, or cannot be read. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "support/fake_transport.h"

#define CC_ENABLED 0x00460001u /* IOCQES 4, IOSQES 6, EN */

static void a_slow_controller_is_waited_for(void **state)
{
	struct fake_transport *fake = fake_transport_create();

	FAKE_SET_CAP(fake, UPNVME_SPEC_CAP_TO, 255); /* on a machine that is slow itself */
	fake->slowness = 100;
	assert_int_equal(ctrlr_close(fake_transport_opened(fake)), 0);
}

static void a_controller_that_never_becomes_ready_times_out(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	uint64_t start_ns = clock_now_ns();

	fake->never_ready = true;
	fake_transport_open_fails(fake, -ETIMEDOUT, UPNVME_ERR_CTRLR_TIMEOUT, "500 ms");
	assert_in_range(clock_now_ns() - start_ns, 450 * NS_PER_MS, 20 * NS_PER_S);
}

static void a_controller_that_cannot_be_disabled_times_out(void **state)
{
	struct fake_transport *fake = fake_transport_create();

	fake->cc = CC_ENABLED;
	fake->csts = 1;
	fake->never_disabled = true;
	fake_transport_open_fails(fake, -ETIMEDOUT, UPNVME_ERR_CTRLR_TIMEOUT,
				  "CSTS is still 00000001h");
}

static void a_fatal_status_ends_the_wait(void **state)
{
	struct fake_transport *fake = fake_transport_create();

	fake->fatal_on_enable = true;
	fake_transport_open_fails(fake, -EIO, UPNVME_ERR_CTRLR_FATAL, "fatal error");
}

static void registers_of_all_ones_mean_that_the_controller_is_gone(void **state)
{
	struct fake_transport *fake = fake_transport_create();

	atomic_store(&fake->gone, true);
	fake_transport_open_fails(fake, -EIO, UPNVME_ERR_CTRLR_FATAL, "all ones");
}

static void a_transport_that_fails_is_reported(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	fake->fail_reads = -EACCES;
	assert_int_equal(fake_transport_open(fake, &ctrlr, NULL), -EACCES);
	assert_string_equal(error_last()->text, "a read that fails");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slow_controller_is_waited_for),
		cmocka_unit_test(a_controller_that_never_becomes_ready_times_out),
		cmocka_unit_test(a_controller_that_cannot_be_disabled_times_out),
		cmocka_unit_test(a_fatal_status_ends_the_wait),
		cmocka_unit_test(registers_of_all_ones_mean_that_the_controller_is_gone),
		cmocka_unit_test(a_transport_that_fails_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
