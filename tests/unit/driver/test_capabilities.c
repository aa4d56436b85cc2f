/* SPDX-License-Identifier: BSD-3-Clause */
/* What CAP, VS and CRTO may say. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/fake_transport.h"

static void larger_memory_pages_are_refused(void **state)
{
	struct fake_transport *fake = fake_transport_create();

	FAKE_SET_CAP(fake, UPNVME_SPEC_CAP_MPSMIN, 4);
	FAKE_SET_CAP(fake, UPNVME_SPEC_CAP_MPSMAX, 4);
	fake_transport_open_fails(fake, -ENOTSUP, UPNVME_ERR_CTRLR_UNSUPPORTED,
				  "65536 bytes (CAP.MPSMIN 4)");
}

static void a_controller_without_the_nvm_command_set_is_refused(void **state)
{
	struct fake_transport *fake = fake_transport_create();

	FAKE_SET_CAP(fake, UPNVME_SPEC_CAP_CSS, UPNVME_SPEC_CAP_CSS_NOIO);
	fake_transport_open_fails(fake, -ENOTSUP, UPNVME_ERR_CTRLR_UNSUPPORTED, "CAP.CSS 80h");
}

static void queues_of_one_entry_are_refused_and_queues_of_two_are_taken(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	FAKE_SET_CAP(fake, UPNVME_SPEC_CAP_MQES, 0);
	fake_transport_open_fails(fake, -EIO, UPNVME_ERR_CTRLR_INVALID, "CAP.MQES 0");
	fake = fake_transport_create();
	FAKE_SET_CAP(fake, UPNVME_SPEC_CAP_MQES, 1);
	ctrlr = fake_transport_opened(fake);
	assert_int_equal(ctrlr->limits.max_queue_entries, 2);
	assert_int_equal(ctrlr_close(ctrlr), 0);
	fake = fake_transport_create();
	FAKE_SET_CAP(fake, UPNVME_SPEC_CAP_MQES, 65535);
	ctrlr = fake_transport_opened(fake);
	assert_int_equal(ctrlr->limits.max_queue_entries, 65536);
	assert_int_equal(ctrlr_close(ctrlr), 0);
}

static void the_doorbell_stride_is_taken_over(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	FAKE_SET_CAP(fake, UPNVME_SPEC_CAP_DSTRD, 7);
	ctrlr = fake_transport_opened(fake);
	assert_int_equal(ctrlr->limits.dstrd, 7);
	assert_int_equal(ctrlr_close(ctrlr), 0);
}

static uint32_t timeout_of(uint32_t to, uint32_t crms, uint32_t crto)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;
	uint32_t timeout_ms;

	FAKE_SET_CAP(fake, UPNVME_SPEC_CAP_TO, to);
	FAKE_SET_CAP(fake, UPNVME_SPEC_CAP_CRMS, crms);
	fake->crto = crto;
	ctrlr = fake_transport_opened(fake);
	timeout_ms = ctrlr->ready_timeout_ms;
	assert_int_equal(ctrlr_close(ctrlr), 0);
	return timeout_ms;
}

static void the_time_to_ready_comes_from_cap_or_crto_within_bounds(void **state)
{
	assert_int_equal(timeout_of(0, 0, 0), 500);
	assert_int_equal(timeout_of(20, 0, 0), 10000);
	assert_int_equal(timeout_of(255, 0, 0), 127500);
	assert_int_equal(timeout_of(20, UPNVME_SPEC_CAP_CRMS_CRWMS, 40), 20000);
	assert_int_equal(timeout_of(20, UPNVME_SPEC_CAP_CRMS_CRWMS, 0), 10000);
	assert_int_equal(timeout_of(20, UPNVME_SPEC_CAP_CRMS_CRWMS, 0xffffffff), 32767500);
	assert_int_equal(timeout_of(20, UPNVME_SPEC_CAP_CRMS_CRIMS, 0xffffffff), 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(larger_memory_pages_are_refused),
		cmocka_unit_test(a_controller_without_the_nvm_command_set_is_refused),
		cmocka_unit_test(queues_of_one_entry_are_refused_and_queues_of_two_are_taken),
		cmocka_unit_test(the_doorbell_stride_is_taken_over),
		cmocka_unit_test(the_time_to_ready_comes_from_cap_or_crto_within_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
