/* SPDX-License-Identifier: BSD-3-Clause */
/* Shutting a controller down, and disabling it, through its registers. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "support/fake_transport.h"

#define CC_ENABLED 0x00460001u /* IOCQES 4, IOSQES 6, EN */

/* Looks at what was written while the transport is still there. */
static uint32_t cc_at_close[4], ncc_at_close;

static void (*real_close)(struct transport *transport);

static void noting_close(struct transport *transport)
{
	struct fake_transport *fake = (struct fake_transport *)transport;

	ncc_at_close = fake->ncc_written;
	memcpy(cc_at_close, fake->cc_written, sizeof(cc_at_close));
	real_close(transport);
}

static void the_registers_of_a_close_are_in_order(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct transport_ops ops = *fake->transport.ops;

	real_close = ops.close;
	ops.close = noting_close;
	fake->transport.ops = &ops;
	assert_int_equal(ctrlr_close(fake_transport_opened(fake)), 0);
	assert_int_equal(ncc_at_close, 3);
	assert_int_equal(cc_at_close[0], CC_ENABLED);
	assert_int_equal(cc_at_close[1], CC_ENABLED | 1u << 14); /* SHN: normal */
	assert_int_equal(cc_at_close[2], CC_ENABLED & ~1u);
}

static void a_shutdown_that_hangs_does_not_hang_the_close(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;
	uint64_t start_ns;

	fake->never_shut_down = true;
	fake->id.rtd3e = 1; /* a microsecond: the least that is waited is 5 s */
	ctrlr = fake_transport_opened(fake);
	assert_int_equal(ctrlr->shutdown_least_ms, 5000);
	ctrlr->shutdown_least_ms = 900;
	start_ns = clock_now_ns();
	assert_int_equal(ctrlr_close(ctrlr), 0);
	assert_in_range(clock_now_ns() - start_ns, 900 * NS_PER_MS, 20 * NS_PER_S);
}

/* The shutdown takes longer than RTD3E says, and than a second; the close waits until the cache is written. */
static void a_shutdown_is_given_longer_than_the_controller_says(void **state)
{
	struct fake_transport *fake = fake_transport_create();

	fake->id.vwc = 1;
	fake->id.rtd3e = 1;
	fake->shutdown_reads = 1100; /* most of them a millisecond after another */
	assert_int_equal(ctrlr_close(fake_transport_opened(fake)), 0);
}

static void a_controller_that_is_gone_can_be_closed(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr = fake_transport_opened(fake);

	atomic_store(&fake->gone, true);
	assert_int_equal(ctrlr_close(ctrlr), 0);
}

static void a_controller_that_cannot_be_connected_is_not_enabled(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr = NULL;
	struct transport_ops ops = *fake->transport.ops;

	real_close = ops.close;
	ops.close = noting_close;
	fake->transport.ops = &ops;
	fake->fail_connect = -EIO;
	assert_int_equal(fake_transport_open(fake, &ctrlr, NULL), -EIO);
	assert_int_equal(ncc_at_close, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_registers_of_a_close_are_in_order),
		cmocka_unit_test(a_shutdown_that_hangs_does_not_hang_the_close),
		cmocka_unit_test(a_shutdown_is_given_longer_than_the_controller_says),
		cmocka_unit_test(a_controller_that_is_gone_can_be_closed),
		cmocka_unit_test(a_controller_that_cannot_be_connected_is_not_enabled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
