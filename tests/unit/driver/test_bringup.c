/* SPDX-License-Identifier: BSD-3-Clause */
/* Bringing a controller up and down through its registers: those of a decent one, and those that lie or hang. */
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

static struct upnvme_ctrlr *open_it(struct fake_transport *fake)
{
	struct upnvme_ctrlr *ctrlr = NULL;

	assert_int_equal(fake_transport_open(fake, &ctrlr, NULL), 0);
	return ctrlr;
}

/* The transport is closed, once, and the sentence names the controller. */
static void open_fails(struct fake_transport *fake, int err, uint32_t code, const char *word)
{
	struct upnvme_ctrlr *ctrlr = NULL;
	uint32_t nclosed = 0;

	fake->nclosed = &nclosed;
	assert_int_equal(fake_transport_open(fake, &ctrlr, NULL), err);
	assert_null(ctrlr);
	assert_int_equal(nclosed, 1);
	assert_int_equal(error_last()->code, code);
	assert_non_null(strstr(error_last()->text, word));
	assert_non_null(strstr(error_last()->text, "fake:test"));
}

static void set_cap(struct fake_transport *fake, uint64_t mask, uint64_t value)
{
	fake->cap = (fake->cap & ~mask) | value;
}
#define SET_CAP(fake, field, value) \
	set_cap(fake, NVME_FIELD_SET(field, field##_MASK), NVME_FIELD_SET(field, (uint64_t)(value)))

static void a_decent_controller_is_enabled_with_its_admin_queue(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr = open_it(fake);

	assert_int_equal(fake->ncc_written, 1);
	assert_int_equal(fake->cc_written[0], CC_ENABLED);
	assert_int_equal(fake->aqa, 67u << 16 | 67u);
	assert_true(fake->asq != 0 && fake->asq % 4096 == 0);
	assert_true(fake->acq != 0 && fake->acq % 4096 == 0);
	assert_int_equal(ctrlr->limits.max_queue_entries, 1024);
	assert_int_equal(ctrlr->ready_timeout_ms, 500);
	assert_int_equal(ctrlr->version, NVME_VERSION_1_4);
	assert_int_equal(ctrlr_close(ctrlr), 0);
}

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
	assert_int_equal(ctrlr_close(open_it(fake)), 0);
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
	ctrlr = open_it(fake);
	assert_int_equal(ctrlr->shutdown_least_ms, 5000);
	ctrlr->shutdown_least_ms = 900;
	start_ns = clock_now_ns();
	assert_int_equal(ctrlr_close(ctrlr), 0);
	assert_in_range(clock_now_ns() - start_ns, 900 * NS_PER_MS, 20 * NS_PER_S);
}

/* It takes longer than it says, and than a second: what is in its cache gets there. */
static void a_shutdown_is_given_more_than_the_controller_says(void **state)
{
	struct fake_transport *fake = fake_transport_create();

	fake->id.vwc = 1;
	fake->id.rtd3e = 1;
	fake->shutdown_reads = 1100; /* most of them a millisecond after another */
	assert_int_equal(ctrlr_close(open_it(fake)), 0);
}

static void a_controller_that_is_gone_can_be_closed(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr = open_it(fake);

	atomic_store(&fake->gone, true);
	assert_int_equal(ctrlr_close(ctrlr), 0);
}

static void a_slow_controller_is_waited_for(void **state)
{
	struct fake_transport *fake = fake_transport_create();

	fake->slowness = 100;
	assert_int_equal(ctrlr_close(open_it(fake)), 0);
}

static void one_found_enabled_is_disabled_first(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	fake->cc = CC_ENABLED | 1u << 14;
	fake->csts = 1;
	fake->slowness = 2;
	ctrlr = open_it(fake);
	assert_int_equal(fake->ncc_written, 2);
	assert_int_equal(fake->cc_written[0], CC_ENABLED & ~1u);
	assert_int_equal(fake->cc_written[1], CC_ENABLED);
	assert_int_equal(fake->nconnected, 1); /* between the two: the transport makes sure */
	assert_int_equal(ctrlr_close(ctrlr), 0);
}

static void one_that_cannot_be_let_at_memory_is_not_enabled(void **state)
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

static void one_found_on_the_way_up_settles_before_it_is_disabled(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	fake->cc = CC_ENABLED;
	fake->pending_reads = 5;
	ctrlr = open_it(fake);
	assert_int_equal(fake->ncc_written, 2);
	assert_int_equal(ctrlr_close(ctrlr), 0);
}

static void one_found_on_the_way_down_settles_before_it_is_enabled(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	fake->csts = 1;
	fake->pending_reads = 5;
	ctrlr = open_it(fake);
	assert_int_equal(fake->ncc_written, 1);
	assert_int_equal(ctrlr_close(ctrlr), 0);
}

static void one_found_with_a_fatal_status_is_reset(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr = NULL;

	fake->cc = CC_ENABLED;
	fake->csts = 3; /* RDY and CFS */
	assert_int_equal(fake_transport_open(fake, &ctrlr, NULL), 0);
	assert_int_equal(ctrlr_close(ctrlr), 0);
}

static void one_that_never_becomes_ready_times_out(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	uint64_t start_ns = clock_now_ns();

	fake->never_ready = true;
	open_fails(fake, -ETIMEDOUT, UPNVME_ERR_CTRLR_TIMEOUT, "500 ms");
	assert_in_range(clock_now_ns() - start_ns, 450 * NS_PER_MS, 20 * NS_PER_S);
}

static void one_that_cannot_be_disabled_times_out(void **state)
{
	struct fake_transport *fake = fake_transport_create();

	fake->cc = CC_ENABLED;
	fake->csts = 1;
	fake->never_disabled = true;
	open_fails(fake, -ETIMEDOUT, UPNVME_ERR_CTRLR_TIMEOUT, "CSTS is still 00000001h");
}

static void a_fatal_status_ends_the_wait(void **state)
{
	struct fake_transport *fake = fake_transport_create();

	fake->fatal_on_enable = true;
	open_fails(fake, -EIO, UPNVME_ERR_CTRLR_FATAL, "fatal error");
}

static void registers_of_all_ones_mean_that_it_is_gone(void **state)
{
	struct fake_transport *fake = fake_transport_create();

	atomic_store(&fake->gone, true);
	open_fails(fake, -EIO, UPNVME_ERR_CTRLR_FATAL, "all ones");
}

static void a_transport_that_fails_is_reported(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	fake->fail_reads = -EACCES;
	assert_int_equal(fake_transport_open(fake, &ctrlr, NULL), -EACCES);
	assert_string_equal(error_last()->text, "a read that fails");
}

static void larger_memory_pages_are_refused(void **state)
{
	struct fake_transport *fake = fake_transport_create();

	SET_CAP(fake, NVME_CAP_MPSMIN, 4);
	SET_CAP(fake, NVME_CAP_MPSMAX, 4);
	open_fails(fake, -ENOTSUP, UPNVME_ERR_CTRLR_UNSUPPORTED, "65536 bytes (CAP.MPSMIN 4)");
}

static void one_without_the_nvm_command_set_is_refused(void **state)
{
	struct fake_transport *fake = fake_transport_create();

	SET_CAP(fake, NVME_CAP_CSS, NVME_CAP_CSS_NOIO);
	open_fails(fake, -ENOTSUP, UPNVME_ERR_CTRLR_UNSUPPORTED, "CAP.CSS 80h");
}

static void queues_of_one_entry_are_refused_and_of_two_are_taken(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	SET_CAP(fake, NVME_CAP_MQES, 0);
	open_fails(fake, -EIO, UPNVME_ERR_CTRLR_INVALID, "CAP.MQES 0");
	fake = fake_transport_create();
	SET_CAP(fake, NVME_CAP_MQES, 1);
	ctrlr = open_it(fake);
	assert_int_equal(ctrlr->limits.max_queue_entries, 2);
	assert_int_equal(ctrlr_close(ctrlr), 0);
	fake = fake_transport_create();
	SET_CAP(fake, NVME_CAP_MQES, 65535);
	ctrlr = open_it(fake);
	assert_int_equal(ctrlr->limits.max_queue_entries, 65536);
	assert_int_equal(ctrlr_close(ctrlr), 0);
}

static void the_doorbell_stride_is_taken_over(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	SET_CAP(fake, NVME_CAP_DSTRD, 7);
	ctrlr = open_it(fake);
	assert_int_equal(ctrlr->limits.dstrd, 7);
	assert_int_equal(ctrlr_close(ctrlr), 0);
}

static uint32_t timeout_of(uint32_t to, uint32_t crms, uint32_t crto)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;
	uint32_t timeout_ms;

	SET_CAP(fake, NVME_CAP_TO, to);
	SET_CAP(fake, NVME_CAP_CRMS, crms);
	fake->crto = crto;
	ctrlr = open_it(fake);
	timeout_ms = ctrlr->ready_timeout_ms;
	assert_int_equal(ctrlr_close(ctrlr), 0);
	return timeout_ms;
}

static void the_time_to_ready_comes_from_cap_or_crto_within_bounds(void **state)
{
	assert_int_equal(timeout_of(0, 0, 0), 500);
	assert_int_equal(timeout_of(20, 0, 0), 10000);
	assert_int_equal(timeout_of(255, 0, 0), 127500);
	assert_int_equal(timeout_of(20, NVME_CAP_CRMS_CRWMS, 40), 20000);
	assert_int_equal(timeout_of(20, NVME_CAP_CRMS_CRWMS, 0), 10000);
	assert_int_equal(timeout_of(20, NVME_CAP_CRMS_CRWMS, 0xffffffff), 32767500);
	assert_int_equal(timeout_of(20, NVME_CAP_CRMS_CRIMS, 0xffffffff), 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_decent_controller_is_enabled_with_its_admin_queue),
		cmocka_unit_test(the_registers_of_a_close_are_in_order),
		cmocka_unit_test(a_shutdown_that_hangs_does_not_hang_the_close),
		cmocka_unit_test(a_shutdown_is_given_more_than_the_controller_says),
		cmocka_unit_test(a_controller_that_is_gone_can_be_closed),
		cmocka_unit_test(a_slow_controller_is_waited_for),
		cmocka_unit_test(one_found_enabled_is_disabled_first),
		cmocka_unit_test(one_that_cannot_be_let_at_memory_is_not_enabled),
		cmocka_unit_test(one_found_on_the_way_up_settles_before_it_is_disabled),
		cmocka_unit_test(one_found_on_the_way_down_settles_before_it_is_enabled),
		cmocka_unit_test(one_found_with_a_fatal_status_is_reset),
		cmocka_unit_test(one_that_never_becomes_ready_times_out),
		cmocka_unit_test(one_that_cannot_be_disabled_times_out),
		cmocka_unit_test(a_fatal_status_ends_the_wait),
		cmocka_unit_test(registers_of_all_ones_mean_that_it_is_gone),
		cmocka_unit_test(a_transport_that_fails_is_reported),
		cmocka_unit_test(larger_memory_pages_are_refused),
		cmocka_unit_test(one_without_the_nvm_command_set_is_refused),
		cmocka_unit_test(queues_of_one_entry_are_refused_and_of_two_are_taken),
		cmocka_unit_test(the_doorbell_stride_is_taken_over),
		cmocka_unit_test(the_time_to_ready_comes_from_cap_or_crto_within_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
