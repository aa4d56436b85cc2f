/* SPDX-License-Identifier: BSD-3-Clause */
/* Which namespaces are active: lists, lists that lie, controllers without one, and what became of those known. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <upnvme.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"
#include "driver/ns.h"
#include "support/fake_transport.h"

static void long_lists_are_read_page_by_page(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	fake->nactive = 2500;
	for (uint32_t i = 0; i < fake->nactive; i++)
		fake->active[i] = 2 * i + 1;
	ctrlr = fake_transport_opened(fake);
	assert_int_equal(ns_count(ctrlr), 2500);
	for (uint32_t i = 0; i < fake->nactive; i++)
		assert_int_equal(fake_transport_ns(ctrlr, fake->active[i])->nsid, fake->active[i]);
	fake_transport_no_ns(ctrlr, 2, -ENODEV, UPNVME_ERR_NS_NOT_FOUND);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void a_controller_without_namespaces_is_opened(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	fake->nactive = 0;
	ctrlr = fake_transport_opened(fake);
	assert_int_equal(upnvme_ns_next(ctrlr, 0), 0);
	fake_transport_no_ns(ctrlr, 1, -ENODEV, UPNVME_ERR_NS_NOT_FOUND);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

/* CNS 02h says what the script says. */
static uint32_t lie[UPNVME_SPEC_NS_LIST_ENTRIES];

static enum fake_verdict lying(struct fake_transport *fake, const struct upnvme_spec_sqe *sqe,
			       struct upnvme_spec_cqe *cqe)
{
	if (sqe->opcode != UPNVME_SPEC_ADMIN_IDENTIFY ||
	    sqe->cdw10 != UPNVME_SPEC_CNS_ACTIVE_NS_LIST)
		return FAKE_DEFAULT;
	memcpy(fake_transport_memory(fake, sqe->prp1, sizeof(lie)), lie, sizeof(lie));
	return FAKE_ANSWER;
}

static void lists_that_do_not_ascend_are_cut(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	fake->script = lying;
	memset(lie, 0, sizeof(lie));
	lie[0] = 5;
	lie[1] = 7;
	lie[2] = 7;
	lie[3] = 9;
	ctrlr = fake_transport_opened(fake);
	assert_int_equal(upnvme_ns_next(ctrlr, 0), 0); /* identified as inactive: no blocks */
	assert_non_null(ns_find(ctrlr, 7));
	assert_null(ns_find(ctrlr, 9));
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void a_list_that_never_ends_is_cut(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	fake->script = lying;
	for (uint32_t i = 0; i < UPNVME_SPEC_NS_LIST_ENTRIES; i++)
		lie[i] = i + 1;
	ctrlr = fake_transport_opened(fake); /* the second page repeats the first */
	assert_non_null(ns_find(ctrlr, 1024));
	assert_null(ns_find(ctrlr, 1025));
	assert_int_equal(upnvme_close(ctrlr), 0);
	fake = fake_transport_create();
	fake->script = lying;
	memset(lie, 0xff, sizeof(lie));
	ctrlr = fake_transport_opened(fake);
	assert_int_equal(ns_count(ctrlr), 0);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void a_namespace_of_an_unknown_format_alone_is_refused(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	FAKE_SET_ACTIVE(fake, 1, 2, 3);
	fake->odd_nsid = 2;
	fake->odd = fake->ns;
	fake->odd.lbaf[0].lbads = 63;
	ctrlr = fake_transport_opened(fake);
	fake_transport_no_ns(ctrlr, 2, -ENODEV, UPNVME_ERR_NS_FORMAT);
	assert_int_equal(upnvme_ns_next(ctrlr, 1), 3);
	assert_int_equal(ns_count(ctrlr), 2);

	fake->odd.lbaf[0].lbads = 12; /* formatted anew */
	assert_int_equal(ns_refresh(ctrlr, NULL, 0), 0);
	assert_int_equal(upnvme_ns_block_size(fake_transport_ns(ctrlr, 2)), 4096);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static enum fake_verdict refuse_ns_2(struct fake_transport *fake, const struct upnvme_spec_sqe *sqe,
				     struct upnvme_spec_cqe *cqe)
{
	cqe->status = UPNVME_SPEC_SC_INVALID_NAMESPACE_OR_FORMAT;
	return sqe->opcode == UPNVME_SPEC_ADMIN_IDENTIFY && sqe->cdw10 == UPNVME_SPEC_CNS_NS &&
			       sqe->nsid == 2 ?
		       FAKE_ANSWER :
		       FAKE_DEFAULT;
}

static void a_namespace_that_cannot_be_identified_is_left_out(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	FAKE_SET_ACTIVE(fake, 1, 2);
	fake->script = refuse_ns_2;
	ctrlr = fake_transport_opened(fake);
	fake_transport_no_ns(ctrlr, 2, -ENODEV, UPNVME_ERR_NS_GONE);
	assert_int_equal(ns_count(ctrlr), 1);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

/* A controller may answer with zeroes for a namespace that went since it was listed. */
static void a_namespace_that_is_identified_as_inactive_is_gone(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	FAKE_SET_ACTIVE(fake, 1, 2);
	fake->odd_nsid = 2;
	ctrlr = fake_transport_opened(fake);
	fake_transport_no_ns(ctrlr, 2, -ENODEV, UPNVME_ERR_NS_GONE);
	assert_int_equal(ns_count(ctrlr), 1);
	fake->odd = fake->ns;
	assert_int_equal(ns_refresh(ctrlr, (uint32_t[]){ 1 }, 1), 0);
	assert_int_equal(upnvme_ns_block_count(fake_transport_ns(ctrlr, 2)), 1000);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void a_namespace_that_goes_keeps_its_handle_and_may_come_back(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;
	struct upnvme_ns *ns;

	FAKE_SET_ACTIVE(fake, 1, 2);
	ctrlr = fake_transport_opened(fake);
	ns = fake_transport_ns(ctrlr, 2);
	FAKE_SET_ACTIVE(fake, 1);
	assert_int_equal(ns_refresh(ctrlr, (uint32_t[]){ 2 }, 1), 0);
	assert_int_equal(upnvme_ns_id(ns), 0);
	assert_int_equal(upnvme_ns_block_count(ns), 0);
	fake_transport_no_ns(ctrlr, 2, -ENODEV, UPNVME_ERR_NS_GONE);
	assert_ptr_equal(ns_find(ctrlr, 2), ns);
	assert_int_equal(upnvme_ns_next(ctrlr, 1), 0);
	FAKE_SET_ACTIVE(fake, 1, 2);
	assert_int_equal(ns_refresh(ctrlr, (uint32_t[]){ 2 }, 1), 0);
	assert_ptr_equal(fake_transport_ns(ctrlr, 2), ns);
	assert_int_equal(upnvme_ns_block_count(ns), 1000);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void new_namespaces_are_inserted_in_order(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;
	struct upnvme_ns *five;

	FAKE_SET_ACTIVE(fake, 5);
	ctrlr = fake_transport_opened(fake);
	five = fake_transport_ns(ctrlr, 5);
	FAKE_SET_ACTIVE(fake, 2, 5, 9);
	assert_int_equal(ns_refresh(ctrlr, (uint32_t[]){ 2 }, 1), 0);
	FAKE_SET_ACTIVE(fake, 1, 2, 5, 7, 9);
	assert_int_equal(ns_refresh(ctrlr, (uint32_t[]){ 1 }, 1), 0);
	assert_ptr_equal(fake_transport_ns(ctrlr, 5), five);
	assert_int_equal(upnvme_ns_next(ctrlr, 0), 1);
	assert_int_equal(upnvme_ns_next(ctrlr, 1), 2);
	assert_int_equal(upnvme_ns_next(ctrlr, 2), 5);
	assert_int_equal(upnvme_ns_next(ctrlr, 5), 7);
	assert_int_equal(upnvme_ns_next(ctrlr, 7), 9);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static enum fake_verdict take_your_time(struct fake_transport *fake,
					const struct upnvme_spec_sqe *sqe,
					struct upnvme_spec_cqe *cqe)
{
	struct timespec each = { 0, 5 * (long)NS_PER_MS };

	if (sqe->opcode == UPNVME_SPEC_ADMIN_IDENTIFY && sqe->cdw10 == UPNVME_SPEC_CNS_NS)
		nanosleep(&each, NULL);
	return FAKE_DEFAULT;
}

/* Each is answered in time; all of them would take 20 seconds. */
static void an_open_ends_when_identifying_the_namespaces_takes_too_long(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	struct upnvme_ctrlr *ctrlr;

	fake->nactive = FAKE_ACTIVE_MAX;
	for (uint32_t i = 0; i < fake->nactive; i++)
		fake->active[i] = i + 1;
	fake->script = take_your_time;
	opts.admin_timeout_ns = NS_PER_S / 4;
	assert_int_equal(fake_transport_open(fake, &ctrlr, &opts), -ETIMEDOUT);
	assert_int_equal(error_last()->code, UPNVME_ERR_CTRLR_TIMEOUT);
	assert_non_null(strstr(error_last()->text, "admin_timeout_ns"));
}

static void a_refresh_that_takes_too_long_leaves_the_known_namespaces(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	struct upnvme_ctrlr *ctrlr;

	opts.admin_timeout_ns = NS_PER_S / 4;
	assert_int_equal(fake_transport_open(fake, &ctrlr, &opts), 0);
	fake->nactive = 512;
	for (uint32_t i = 0; i < fake->nactive; i++)
		fake->active[i] = i + 1;
	fake->script = take_your_time;
	assert_int_equal(ns_refresh(ctrlr, NULL, 0), -ETIMEDOUT);
	assert_int_equal(ns_count(ctrlr), 1);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

/* --- controllers without a list ------------------------------------------------------------------- */

static uint16_t refusal;

static enum fake_verdict refuse_list(struct fake_transport *fake, const struct upnvme_spec_sqe *sqe,
				     struct upnvme_spec_cqe *cqe)
{
	cqe->status = refusal;
	return fake_transport_cns(sqe) == UPNVME_SPEC_CNS_ACTIVE_NS_LIST ? FAKE_ANSWER :
									   FAKE_DEFAULT;
}

static struct fake_transport *with_namespaces_1_and_4(uint32_t nn)
{
	struct fake_transport *fake = fake_transport_create();

	fake->id.nn = nn;
	FAKE_SET_ACTIVE(fake, 1, 4);
	return fake;
}

static void expect_1_and_4(struct upnvme_ctrlr *ctrlr)
{
	assert_int_equal(upnvme_ns_next(ctrlr, 0), 1);
	assert_int_equal(upnvme_ns_next(ctrlr, 1), 4);
	assert_int_equal(upnvme_ns_next(ctrlr, 4), 0);
}

/* NVMe 1.0e, 5.11: CNS is one bit, and all but it must be zero. */
static void an_nvme_1_0_controller_is_asked_only_for_its_two_structures(void **state)
{
	struct fake_transport *fake = with_namespaces_1_and_4(5);
	struct upnvme_ns_info info = { .size = UPNVME_NS_INFO_SIZE };
	struct upnvme_ctrlr *ctrlr;
	struct upnvme_ns *ns;

	fake->vs = UPNVME_SPEC_VERSION_1_0;
	FAKE_SET_CAP(fake, UPNVME_SPEC_CAP_CSS, 0);
	ctrlr = fake_transport_opened(fake);
	expect_1_and_4(ctrlr);
	assert_int_equal(upnvme_ns_get(&ns, ctrlr, 4), 0);
	assert_int_equal(upnvme_ns_info_get(ns, &info), 0);
	for (uint32_t i = 0; i < fake->nseen; i++)
		assert_true(fake_transport_cns(&fake->seen[i]) <= 1 ||
			    fake_transport_cns(&fake->seen[i]) == UINT32_MAX);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void a_controller_that_refuses_the_list_is_scanned(void **state)
{
	static const uint16_t refusals[] = { UPNVME_SPEC_SC_INVALID_FIELD |
						     UPNVME_SPEC_STATUS_DNR_BIT,
					     UPNVME_SPEC_SC_INVALID_NAMESPACE_OR_FORMAT,
					     UPNVME_SPEC_SC_INVALID_OPCODE };

	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		struct fake_transport *fake = with_namespaces_1_and_4(5);
		struct upnvme_ctrlr *ctrlr;

		refusal = refusals[i];
		fake->script = refuse_list;
		ctrlr = fake_transport_opened(fake);
		expect_1_and_4(ctrlr);
		assert_int_equal(upnvme_close(ctrlr), 0);
	}
}

/* A status that is no refusal is a failure. */
static void a_controller_that_fails_to_give_the_list_is_not_scanned(void **state)
{
	struct fake_transport *fake = with_namespaces_1_and_4(5);
	struct upnvme_ctrlr *ctrlr;

	refusal = UPNVME_SPEC_SC_INTERNAL_ERROR;
	fake->script = refuse_list;
	assert_int_equal(fake_transport_open(fake, &ctrlr, NULL), -EIO);
}

static uint32_t nscanned;

static enum fake_verdict count_scanned(struct fake_transport *fake,
				       const struct upnvme_spec_sqe *sqe,
				       struct upnvme_spec_cqe *cqe)
{
	nscanned += fake_transport_cns(sqe) == UPNVME_SPEC_CNS_NS;
	return FAKE_DEFAULT;
}

static void the_scan_has_a_bound(void **state)
{
	struct fake_transport *fake = with_namespaces_1_and_4(UINT32_MAX);
	struct upnvme_ctrlr *ctrlr;

	fake->vs = UPNVME_SPEC_VERSION_1_0;
	fake->script = count_scanned;
	nscanned = 0;
	ctrlr = fake_transport_opened(fake);
	expect_1_and_4(ctrlr);
	assert_int_equal(nscanned, 1024 + 2);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_lists_are_read_page_by_page),
		cmocka_unit_test(a_controller_without_namespaces_is_opened),
		cmocka_unit_test(lists_that_do_not_ascend_are_cut),
		cmocka_unit_test(a_list_that_never_ends_is_cut),
		cmocka_unit_test(a_namespace_of_an_unknown_format_alone_is_refused),
		cmocka_unit_test(a_namespace_that_cannot_be_identified_is_left_out),
		cmocka_unit_test(a_namespace_that_is_identified_as_inactive_is_gone),
		cmocka_unit_test(a_namespace_that_goes_keeps_its_handle_and_may_come_back),
		cmocka_unit_test(new_namespaces_are_inserted_in_order),
		cmocka_unit_test(an_open_ends_when_identifying_the_namespaces_takes_too_long),
		cmocka_unit_test(a_refresh_that_takes_too_long_leaves_the_known_namespaces),
		cmocka_unit_test(an_nvme_1_0_controller_is_asked_only_for_its_two_structures),
		cmocka_unit_test(a_controller_that_refuses_the_list_is_scanned),
		cmocka_unit_test(a_controller_that_fails_to_give_the_list_is_not_scanned),
		cmocka_unit_test(the_scan_has_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
