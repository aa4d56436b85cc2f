/* SPDX-License-Identifier: BSD-3-Clause */
/* Controllers older than what is usual, degraded, or with other I/O command sets beside NVM: made from the
 * specifications of their time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <upnvme.h>

#include "base/error.h"
#include "base/util.h"
#include "support/fake_transport.h"

#define SET_CAP(fake, field, value)                                           \
	((fake)->cap = ((fake)->cap & ~((field##_MASK) << (field##_SHIFT))) | \
		       NVME_FIELD_SET(field, (uint64_t)(value)))

static struct upnvme_ctrlr *open_it(struct fake_transport *fake)
{
	struct upnvme_ctrlr *ctrlr = NULL;

	assert_int_equal(fake_transport_open(fake, &ctrlr, NULL), 0);
	return ctrlr;
}

static uint32_t cns_of(const struct nvme_sqe *sqe)
{
	return sqe->opcode == NVME_ADMIN_IDENTIFY ? NVME_FIELD_GET(NVME_IDENTIFY_CNS, sqe->cdw10) :
						    UINT32_MAX;
}

static uint32_t count_cns(const struct fake_transport *fake, uint32_t cns)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < fake->nseen; i++)
		n += cns_of(&fake->seen[i]) == cns;
	return n;
}

/* --- without a list of namespaces ----------------------------------------------------------------- */

static uint16_t refusal;

static enum fake_verdict refuse_list(struct fake_transport *fake, const struct nvme_sqe *sqe,
				     struct nvme_cqe *cqe)
{
	cqe->status = refusal;
	return cns_of(sqe) == NVME_CNS_ACTIVE_NS_LIST ? FAKE_ANSWER : FAKE_DEFAULT;
}

static struct fake_transport *with_namespaces_1_and_4(uint32_t nn)
{
	struct fake_transport *fake = fake_transport_create();

	fake->id.nn = nn;
	fake->active[1] = 4;
	fake->nactive = 2;
	return fake;
}

static void expect_1_and_4(struct upnvme_ctrlr *ctrlr)
{
	assert_int_equal(upnvme_ns_next(ctrlr, 0), 1);
	assert_int_equal(upnvme_ns_next(ctrlr, 1), 4);
	assert_int_equal(upnvme_ns_next(ctrlr, 4), 0);
}

/* NVMe 1.0e, 5.11: CNS is one bit, and all but it must be zero. */
static void an_nvme_1_0_controller_is_asked_for_what_it_knows(void **state)
{
	struct fake_transport *fake = with_namespaces_1_and_4(5);
	struct upnvme_ns_info info = { .size = UPNVME_NS_INFO_SIZE };
	struct upnvme_ctrlr *ctrlr;
	struct upnvme_ns *ns;

	fake->vs = NVME_VERSION_1_0;
	SET_CAP(fake, NVME_CAP_CSS, 0);
	ctrlr = open_it(fake);
	expect_1_and_4(ctrlr);
	assert_int_equal(upnvme_ns_get(&ns, ctrlr, 4), 0);
	assert_int_equal(upnvme_ns_info_get(ns, &info), 0);
	for (uint32_t i = 0; i < fake->nseen; i++)
		assert_true(cns_of(&fake->seen[i]) <= 1 || cns_of(&fake->seen[i]) == UINT32_MAX);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void one_that_refuses_the_list_is_scanned(void **state)
{
	static const uint16_t refusals[] = { NVME_SC_INVALID_FIELD | NVME_STATUS_DNR,
					     NVME_SC_INVALID_NAMESPACE_OR_FORMAT,
					     NVME_SC_INVALID_OPCODE };

	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		struct fake_transport *fake = with_namespaces_1_and_4(5);
		struct upnvme_ctrlr *ctrlr;

		refusal = refusals[i];
		fake->script = refuse_list;
		ctrlr = open_it(fake);
		expect_1_and_4(ctrlr);
		assert_int_equal(upnvme_close(ctrlr), 0);
	}
}

/* What is no refusal is a failure, as before. */
static void one_that_fails_to_give_the_list_is_not(void **state)
{
	struct fake_transport *fake = with_namespaces_1_and_4(5);
	struct upnvme_ctrlr *ctrlr;

	refusal = NVME_SC_INTERNAL_ERROR;
	fake->script = refuse_list;
	assert_int_equal(fake_transport_open(fake, &ctrlr, NULL), -EIO);
}

static uint32_t nscanned;

static enum fake_verdict count_scanned(struct fake_transport *fake, const struct nvme_sqe *sqe,
				       struct nvme_cqe *cqe)
{
	nscanned += cns_of(sqe) == NVME_CNS_NS;
	return FAKE_DEFAULT;
}

static void the_scan_has_a_bound(void **state)
{
	struct fake_transport *fake = with_namespaces_1_and_4(UINT32_MAX);
	struct upnvme_ctrlr *ctrlr;

	fake->vs = NVME_VERSION_1_0;
	fake->script = count_scanned;
	nscanned = 0;
	ctrlr = open_it(fake);
	expect_1_and_4(ctrlr);
	assert_int_equal(nscanned, 1024 + 2);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

/* --- command sets --------------------------------------------------------------------------------- */

static struct nvme_iocs_list combinations;
static uint32_t profile; /* the combination in use */

static enum fake_verdict with_command_sets(struct fake_transport *fake, const struct nvme_sqe *sqe,
					   struct nvme_cqe *cqe)
{
	struct nvme_ns_list list = { { 4 } };
	uint32_t fid = sqe->cdw10 & 0xff;

	if (cns_of(sqe) == NVME_CNS_IOCS_LIST) {
		memcpy(fake_transport_memory(fake, sqe->prp1, 4096), &combinations, 4096);
		return FAKE_ANSWER;
	}
	if (cns_of(sqe) == NVME_CNS_IOCS_ACTIVE_NS_LIST) { /* of the NVM command set */
		assert_int_equal(sqe->cdw11 >> 24, 0);
		memcpy(fake_transport_memory(fake, sqe->prp1, 4096), &list, 4096);
		return FAKE_ANSWER;
	}
	if (sqe->opcode == NVME_ADMIN_GET_FEATURES && fid == NVME_FEAT_IOCS_PROFILE) {
		cqe->dw0 = profile;
		return FAKE_ANSWER;
	}
	if (sqe->opcode == NVME_ADMIN_SET_FEATURES && fid == NVME_FEAT_IOCS_PROFILE)
		profile = sqe->cdw11;
	return FAKE_DEFAULT;
}

static struct fake_transport *with_css(uint32_t css)
{
	struct fake_transport *fake = with_namespaces_1_and_4(5);

	SET_CAP(fake, NVME_CAP_CSS, css);
	fake->script = with_command_sets;
	memset(&combinations, 0, sizeof(combinations));
	combinations.vector[0] = 1 << 1;          /* key value */
	combinations.vector[3] = 1 << 0 | 1 << 2; /* NVM and zoned */
	profile = 0;
	return fake;
}

static uint32_t css_enabled(const struct fake_transport *fake)
{
	return NVME_CC_CSS(fake->cc);
}

static void no_command_set_means_nvm(void **state)
{
	struct fake_transport *fake = with_css(0);
	struct upnvme_ctrlr *ctrlr = open_it(fake);

	assert_int_equal(css_enabled(fake), 0);
	expect_1_and_4(ctrlr);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void nvm_beside_others_is_chosen_as_nvm(void **state)
{
	struct fake_transport *fake = with_css(NVME_CAP_CSS_NVM | NVME_CAP_CSS_IOCS);
	struct upnvme_ctrlr *ctrlr = open_it(fake);

	assert_int_equal(css_enabled(fake), 0);
	assert_int_equal(count_cns(fake, NVME_CNS_IOCS_LIST), 0);
	expect_1_and_4(ctrlr);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void where_all_sets_go_together_the_combination_has_nvm(void **state)
{
	struct fake_transport *fake = with_css(NVME_CAP_CSS_IOCS);
	struct upnvme_ctrlr *ctrlr = open_it(fake);

	assert_int_equal(css_enabled(fake), 6);
	assert_int_equal(profile, 3);
	assert_int_equal(upnvme_ns_next(ctrlr, 0), 4);
	assert_int_equal(upnvme_ns_next(ctrlr, 4), 0);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void a_combination_that_has_nvm_is_kept(void **state)
{
	struct fake_transport *fake = with_css(NVME_CAP_CSS_IOCS);
	struct upnvme_ctrlr *ctrlr;

	combinations.vector[7] = 1;
	profile = 7;
	ctrlr = open_it(fake);
	assert_int_equal(profile, 7);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void one_whose_combinations_have_no_nvm_is_refused(void **state)
{
	struct fake_transport *fake = with_css(NVME_CAP_CSS_IOCS);
	struct upnvme_ctrlr *ctrlr;

	combinations.vector[3] = 1 << 2;
	assert_int_equal(fake_transport_open(fake, &ctrlr, NULL), -ENOTSUP);
	assert_int_equal(error_last()->code, UPNVME_ERR_CTRLR_UNSUPPORTED);
	assert_non_null(strstr(error_last()->text, "combinations"));
}

/* An unknown structure is an error that the controller logs. */
static void the_limits_of_command_sets_are_asked_of_who_knows_them(void **state)
{
	static const struct {
		uint32_t version, css, asked;
	} cases[] = { { NVME_VERSION_1_3, NVME_CAP_CSS_NVM, 0 },
		      { NVME_VERSION_1_4, NVME_CAP_CSS_NVM, 0 },
		      { NVME_VERSION_1_4, NVME_CAP_CSS_NVM | NVME_CAP_CSS_IOCS, 1 },
		      { NVME_VERSION_2_0, NVME_CAP_CSS_NVM, 1 } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fake_transport *fake = with_css(cases[i].css);
		struct upnvme_ctrlr *ctrlr;

		fake->vs = cases[i].version;
		ctrlr = open_it(fake);
		assert_int_equal(count_cns(fake, NVME_CNS_IOCS_CTRLR), cases[i].asked);
		assert_int_equal(upnvme_close(ctrlr), 0);
	}
}

/* --- a drive that is degraded --------------------------------------------------------------------- */

static enum fake_verdict refuse_queues(struct fake_transport *fake, const struct nvme_sqe *sqe,
				       struct nvme_cqe *cqe)
{
	cqe->status = NVME_SC_INTERNAL_ERROR;
	if (sqe->opcode == NVME_ADMIN_SET_FEATURES &&
	    (sqe->cdw10 & 0xff) == NVME_FEAT_NUMBER_OF_QUEUES)
		return FAKE_ANSWER;
	if (cns_of(sqe) == NVME_CNS_ACTIVE_NS_LIST && refusal)
		return FAKE_ANSWER;
	cqe->status = 0;
	return sqe->opcode == NVME_ADMIN_FORMAT_NVM ? FAKE_ANSWER : FAKE_DEFAULT;
}

static void one_without_queues_is_opened_for_its_admin_side(void **state)
{
	struct upnvme_raw raw = { .cdw = { NVME_ADMIN_FORMAT_NVM, 1 } };
	struct upnvme_ctrlr_info info = { .size = UPNVME_CTRLR_INFO_SIZE };

	for (refusal = 0; refusal < 2; refusal++) { /* then its namespaces cannot be read either */
		struct fake_transport *fake = with_namespaces_1_and_4(5);
		struct upnvme_completion done;
		struct upnvme_qpair *qp = NULL;
		struct upnvme_ctrlr *ctrlr;

		fake->script = refuse_queues;
		ctrlr = open_it(fake);
		assert_int_equal(upnvme_ctrlr_info_get(ctrlr, &info), 0);
		assert_int_equal(info.max_qpairs, 0);
		assert_int_equal(upnvme_qpair_create(&qp, ctrlr, NULL), -ENOSPC);
		assert_non_null(strstr(error_last()->text, "admin side"));
		if (!refusal) {
			expect_1_and_4(ctrlr);
			assert_int_equal(upnvme_admin(ctrlr, &raw, &done), 0);
			assert_int_equal(done.status, 0);
		}
		assert_int_equal(upnvme_close(ctrlr), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_nvme_1_0_controller_is_asked_for_what_it_knows),
		cmocka_unit_test(one_that_refuses_the_list_is_scanned),
		cmocka_unit_test(one_that_fails_to_give_the_list_is_not),
		cmocka_unit_test(the_scan_has_a_bound),
		cmocka_unit_test(no_command_set_means_nvm),
		cmocka_unit_test(nvm_beside_others_is_chosen_as_nvm),
		cmocka_unit_test(where_all_sets_go_together_the_combination_has_nvm),
		cmocka_unit_test(a_combination_that_has_nvm_is_kept),
		cmocka_unit_test(one_whose_combinations_have_no_nvm_is_refused),
		cmocka_unit_test(the_limits_of_command_sets_are_asked_of_who_knows_them),
		cmocka_unit_test(one_without_queues_is_opened_for_its_admin_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
