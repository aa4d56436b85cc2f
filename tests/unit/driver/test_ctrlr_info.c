/* SPDX-License-Identifier: BSD-3-Clause */
/* The public record of a controller. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <upnvme.h>

#include "base/error.h"
#include "support/fake_transport.h"

static void properties_are_trimmed_and_printable(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr_info info = { .size = UPNVME_CTRLR_INFO_SIZE };
	struct upnvme_ctrlr *ctrlr;

	memcpy(fake->id.sn, "  SER 1             ", 20);
	memset(fake->id.mn, 'M', sizeof(fake->id.mn)); /* no padding, no terminator */
	memcpy(fake->id.fr,
	       "\x01"
	       "1.0\xff\0\0 ",
	       8);
	memset(fake->id.subnqn, 'n', sizeof(fake->id.subnqn));
	fake->id.cntlid = 0x4321;
	fake->id.vwc = 1;
	ctrlr = fake_transport_opened(fake);
	assert_int_equal(upnvme_ctrlr_info_get(ctrlr, &info), 0);
	assert_string_equal(info.serial, "SER 1");
	assert_int_equal(strlen(info.model), 40);
	assert_string_equal(info.firmware, "?1.0?");
	assert_int_equal(strlen(info.subnqn), 255);
	assert_int_equal(info.vendor_id, 0x1234);
	assert_int_equal(info.ctrlr_id, 0x4321);
	assert_int_equal(info.version, 0x10400);
	assert_int_equal(info.ns_count, 1);
	assert_int_equal(info.max_transfer_bytes, 128 << 10);
	assert_int_equal(info.max_queue_entries, 1024);
	assert_int_equal(info.max_qpairs, 16);
	assert_int_equal(info.page_bytes, 4096);
	assert_int_equal(info.buffer_align, 4);
	assert_int_equal(info.volatile_write_cache, 1);
	assert_int_equal(info.ready_timeout_ms, 500);
	assert_string_equal(upnvme_ctrlr_uri(ctrlr), "fake:test");
	assert_int_equal(upnvme_close(ctrlr), 0);
}

/* An older program's struct is filled as far as it goes, a newer one's tail is zeroed, a nonsensical one refused. */
static void records_of_other_versions_are_served(void **state)
{
	struct upnvme_ctrlr *ctrlr = fake_transport_opened(fake_transport_create());
	struct {
		struct upnvme_ctrlr_info info;
		uint8_t tail[16];
	} newer;

	memset(&newer, 0xee, sizeof(newer));
	newer.info.size = sizeof(newer);
	assert_int_equal(upnvme_ctrlr_info_get(ctrlr, &newer.info), 0);
	assert_int_equal(newer.info.size, sizeof(newer));
	assert_string_equal(newer.info.serial, "S1");
	for (size_t i = 0; i < sizeof(newer.tail); i++)
		assert_int_equal(newer.tail[i], 0);
	newer.info.size = 8;
	assert_int_equal(upnvme_ctrlr_info_get(ctrlr, &newer.info), -EINVAL);
	assert_int_equal(error_last()->code, UPNVME_ERR_OPTIONS_SIZE);
	assert_int_equal(upnvme_ctrlr_info_get(ctrlr, NULL), -EINVAL);
	assert_int_equal(upnvme_ctrlr_info_get(NULL, &newer.info), -EINVAL);
	assert_null(upnvme_ctrlr_uri(NULL));
	assert_int_equal(upnvme_close(ctrlr), 0);
}

/* A caller of the driver gets the whole record, whatever was in it. */
static void nothing_of_a_record_is_left_as_it_was(void **state)
{
	struct upnvme_ctrlr *ctrlr = fake_transport_opened(fake_transport_create());
	struct upnvme_ctrlr_info info;

	memset(&info, 0xee, sizeof(info));
	ctrlr_info(ctrlr, &info);
	assert_int_equal(info.size, UPNVME_CTRLR_INFO_SIZE);
	assert_int_equal(info.reserved, 0);
	assert_int_equal(info.cmb_bytes, 0);
	assert_int_equal(info.cmb_flags, 0);
	assert_string_equal(info.environment, "host");
	assert_string_equal(info.quirks, "");
	assert_int_equal(upnvme_close(ctrlr), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(properties_are_trimmed_and_printable),
		cmocka_unit_test(records_of_other_versions_are_served),
		cmocka_unit_test(nothing_of_a_record_is_left_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
