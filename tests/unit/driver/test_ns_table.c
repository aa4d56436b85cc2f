/* SPDX-License-Identifier: BSD-3-Clause */
/* What is kept of namespaces: snapshots beside their successors, and no more than there is room for. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <upnvme.h>

#include "base/error.h"
#include "driver/ns_table.h"
#include "support/fake_transport.h"

static void invent(struct fake_transport *fake, uint32_t first)
{
	fake->nactive = 512;
	for (uint32_t i = 0; i < fake->nactive; i++)
		fake->active[i] = first + i;
}

static void a_change_makes_a_new_snapshot_and_keeps_the_old(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr = fake_transport_opened(fake);
	struct upnvme_ns *ns = fake_transport_ns(ctrlr, 1);
	const struct ns_geometry *before = ns_geometry(ns);

	assert_int_equal(ns_refresh(ctrlr, NULL, 0), 0);
	assert_ptr_equal(ns_geometry(ns), before); /* nothing changed */
	fake->ns.nsze = 2000;
	assert_int_equal(ns_refresh(ctrlr, (uint32_t[]){ 7 }, 1), 0);
	assert_ptr_equal(ns_geometry(ns), before); /* another changed */
	assert_int_equal(ns_refresh(ctrlr, (uint32_t[]){ 7, 1 }, 2), 0);
	assert_ptr_not_equal(ns_geometry(ns), before);
	assert_int_equal(before->nblocks, 1000);
	assert_int_equal(upnvme_ns_block_count(ns), 2000);
	assert_ptr_equal(ns_geometry(ns)->older, before);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

/* New namespaces at every event: known ones stay known, and new ones find no room any more. */
static void a_device_that_invents_namespaces_has_bounded_memory(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr = fake_transport_opened(fake);
	uint32_t first = 1;
	int rc = 0;

	ctrlr->ns_kept_bytes =
		NS_KEPT_BYTES_MAX - (256u << 10); /* as if it had been at it for long */
	for (int i = 0; i < 12; i++, first += 512) {
		invent(fake, first);
		rc = ns_refresh(ctrlr, NULL, 0);
		assert_true(rc == 0 || rc == -ENOSPC);
		assert_true(ctrlr->ns_kept_bytes <= NS_KEPT_BYTES_MAX);
	}
	assert_int_equal(rc, -ENOSPC);
	assert_int_equal(error_last()->code, UPNVME_ERR_CTRLR_INVALID);
	assert_non_null(strstr(error_last()->text, "32 MiB"));
	fake_transport_no_ns(ctrlr, first - 1, -ENODEV, UPNVME_ERR_NS_NOT_FOUND);
	assert_non_null(strstr(error_last()->text, "no room"));
	FAKE_SET_ACTIVE(fake, 1);
	assert_int_equal(ns_refresh(ctrlr, NULL, 0), 0);
	assert_int_equal(fake_transport_ns(ctrlr, 1)->nsid, 1);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void a_namespace_without_room_for_its_geometry_is_gone(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	FAKE_SET_ACTIVE(fake, 1, 2);
	ctrlr = fake_transport_opened(fake);
	ctrlr->ns_kept_bytes = NS_KEPT_BYTES_MAX;
	fake->odd_nsid = 1;
	fake->odd = fake->ns;
	fake->odd.nsze = 999;
	assert_int_equal(ns_refresh(ctrlr, NULL, 0), -ENOSPC);
	fake_transport_no_ns(ctrlr, 1, -ENODEV, UPNVME_ERR_NS_GONE);
	assert_int_equal(fake_transport_ns(ctrlr, 2)->nsid, 2);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void an_unchanged_geometry_takes_no_memory(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr = fake_transport_opened(fake);
	uint64_t bytes = 0;

	for (int i = 0; i < 20; i++) {
		fake->ns.nsze = i % 2 ? 3000 : 1000;
		fake->nactive = i % 3 != 0;
		assert_int_equal(ns_refresh(ctrlr, NULL, 0), 0);
		if (i == 6)
			bytes = ctrlr->ns_kept_bytes;
	}
	assert_int_equal(ctrlr->ns_kept_bytes, bytes);
	assert_int_equal(upnvme_ns_block_count(fake_transport_ns(ctrlr, 1)), 3000);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_change_makes_a_new_snapshot_and_keeps_the_old),
		cmocka_unit_test(a_device_that_invents_namespaces_has_bounded_memory),
		cmocka_unit_test(a_namespace_without_room_for_its_geometry_is_gone),
		cmocka_unit_test(an_unchanged_geometry_takes_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
