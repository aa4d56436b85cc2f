/* SPDX-License-Identifier: BSD-3-Clause */
/* Enabling a controller through its registers, in whatever state it is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/fake_transport.h"

#define CC_ENABLED 0x00460001u /* IOCQES 4, IOSQES 6, EN */

static void a_disabled_controller_is_enabled_with_its_admin_queue(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr = fake_transport_opened(fake);

	assert_int_equal(fake->ncc_written, 1);
	assert_int_equal(fake->cc_written[0], CC_ENABLED);
	assert_int_equal(fake->aqa, 67u << 16 | 67u);
	assert_true(fake->asq != 0 && fake->asq % 4096 == 0);
	assert_true(fake->acq != 0 && fake->acq % 4096 == 0);
	assert_int_equal(ctrlr->limits.max_queue_entries, 1024);
	assert_int_equal(ctrlr->ready_timeout_ms, 500);
	assert_int_equal(ctrlr->version, UPNVME_SPEC_VERSION_1_4);
	assert_int_equal(ctrlr_close(ctrlr), 0);
}

static void a_controller_found_enabled_is_disabled_first(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	fake->cc = CC_ENABLED | 1u << 14;
	fake->csts = 1;
	fake->slowness = 2;
	ctrlr = fake_transport_opened(fake);
	assert_int_equal(fake->ncc_written, 2);
	assert_int_equal(fake->cc_written[0], CC_ENABLED & ~1u);
	assert_int_equal(fake->cc_written[1], CC_ENABLED);
	assert_int_equal(fake->nconnected, 1); /* between the two: the transport makes sure */
	assert_int_equal(ctrlr_close(ctrlr), 0);
}

static void a_controller_found_being_enabled_becomes_ready_before_it_is_disabled(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	fake->cc = CC_ENABLED;
	fake->pending_reads = 5;
	ctrlr = fake_transport_opened(fake);
	assert_int_equal(fake->ncc_written, 2);
	assert_int_equal(ctrlr_close(ctrlr), 0);
}

static void a_controller_found_being_disabled_is_disabled_before_it_is_enabled(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	fake->csts = 1;
	fake->pending_reads = 5;
	ctrlr = fake_transport_opened(fake);
	assert_int_equal(fake->ncc_written, 1);
	assert_int_equal(ctrlr_close(ctrlr), 0);
}

static void a_controller_found_with_a_fatal_status_is_reset(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr = NULL;

	fake->cc = CC_ENABLED;
	fake->csts = 3; /* RDY and CFS */
	assert_int_equal(fake_transport_open(fake, &ctrlr, NULL), 0);
	assert_int_equal(ctrlr_close(ctrlr), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_disabled_controller_is_enabled_with_its_admin_queue),
		cmocka_unit_test(a_controller_found_enabled_is_disabled_first),
		cmocka_unit_test(
			a_controller_found_being_enabled_becomes_ready_before_it_is_disabled),
		cmocka_unit_test(
			a_controller_found_being_disabled_is_disabled_before_it_is_enabled),
		cmocka_unit_test(a_controller_found_with_a_fatal_status_is_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
