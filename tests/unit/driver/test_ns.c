/* SPDX-License-Identifier: BSD-3-Clause */
/* Handles of namespaces: by identifier, one after the other, and what they tell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <upnvme.h>

#include "base/error.h"
#include "driver/ns.h"
#include "support/fake_transport.h"

static void active_namespaces_are_found_whatever_nn_is(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;
	struct upnvme_spec_sqe list = { .opcode = 0x06, .cdw10 = 0x02 };
	struct upnvme_spec_sqe ns = { .opcode = 0x06, .nsid = 0xfffffffe, .cdw10 = 0x00 };

	fake->id.nn = UINT32_MAX;
	FAKE_SET_ACTIVE(fake, 3, 70000, 0xfffffffe);
	ctrlr = fake_transport_opened(fake);
	assert_int_equal(fake_transport_identified(fake, UPNVME_SPEC_CNS_ACTIVE_NS_LIST), 1);
	assert_int_equal(fake_transport_identified(fake, UPNVME_SPEC_CNS_NS), 3);
	fake_transport_expect(fake_transport_seen(fake, 0x06, 1), &list, true);
	fake_transport_expect(fake_transport_seen(fake, 0x06, 4), &ns, true);
	assert_int_equal(upnvme_ns_next(ctrlr, 0), 3);
	assert_int_equal(upnvme_ns_next(ctrlr, 3), 70000);
	assert_int_equal(upnvme_ns_next(ctrlr, 69999), 70000);
	assert_int_equal(upnvme_ns_next(ctrlr, 70000), 0xfffffffe);
	assert_int_equal(upnvme_ns_next(ctrlr, 0xfffffffe), 0);
	assert_int_equal(upnvme_ns_next(ctrlr, 0xffffffff), 0);
	assert_int_equal(upnvme_ns_next(NULL, 0), 0);
	assert_ptr_equal(fake_transport_ns(ctrlr, 70000), fake_transport_ns(ctrlr, 70000));
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void identifiers_that_are_not_active_are_refused(void **state)
{
	struct upnvme_ctrlr *ctrlr = fake_transport_opened(fake_transport_create());
	struct upnvme_ns *ns;

	fake_transport_no_ns(ctrlr, 0, -EINVAL, UPNVME_ERR_ARGUMENT);
	fake_transport_no_ns(ctrlr, 0xffffffff, -EINVAL, UPNVME_ERR_ARGUMENT);
	fake_transport_no_ns(ctrlr, 2, -ENODEV, UPNVME_ERR_NS_NOT_FOUND);
	fake_transport_no_ns(NULL, 1, -EINVAL, UPNVME_ERR_NULL);
	assert_int_equal(upnvme_ns_get(NULL, ctrlr, 1), -EINVAL);
	assert_null(ns_find(ctrlr, 2));
	ns = ns_find(ctrlr, 1);
	assert_ptr_equal(ns, fake_transport_ns(ctrlr, 1));
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void properties_come_from_the_geometry(void **state)
{
	struct upnvme_ctrlr *ctrlr = fake_transport_opened(fake_transport_create());
	struct upnvme_ns *ns = fake_transport_ns(ctrlr, 1);

	assert_int_equal(upnvme_ns_id(ns), 1);
	assert_int_equal(upnvme_ns_block_size(ns), 512);
	assert_int_equal(upnvme_ns_block_count(ns), 1000);
	assert_int_equal(upnvme_ns_metadata_size(ns), 0);
	assert_int_equal(upnvme_ns_max_transfer_blocks(ns), 256);
	assert_int_equal(upnvme_ns_id(NULL), 0);
	assert_int_equal(upnvme_ns_block_size(NULL), 0);
	assert_int_equal(upnvme_ns_block_count(NULL), 0);
	assert_int_equal(upnvme_ns_metadata_size(NULL), 0);
	assert_int_equal(upnvme_ns_max_transfer_blocks(NULL), 0);
	assert_int_equal(ns->nsid, 1);
	assert_ptr_equal(ns->ctrlr, ctrlr);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(active_namespaces_are_found_whatever_nn_is),
		cmocka_unit_test(identifiers_that_are_not_active_are_refused),
		cmocka_unit_test(properties_come_from_the_geometry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
