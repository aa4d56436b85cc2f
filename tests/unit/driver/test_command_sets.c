/* SPDX-License-Identifier: BSD-3-Clause */
/* Controllers with other I/O command sets beside NVM, or that name none. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <upnvme.h>

#include "base/error.h"
#include "driver/ns.h"
#include "support/fake_transport.h"

static struct upnvme_spec_iocs_list combinations;
static uint32_t profile; /* the combination in use */

static enum fake_verdict with_command_sets(struct fake_transport *fake,
					   const struct upnvme_spec_sqe *sqe,
					   struct upnvme_spec_cqe *cqe)
{
	struct upnvme_spec_ns_list list = { { 4 } };
	uint32_t fid = sqe->cdw10 & 0xff;

	if (fake_transport_cns(sqe) == UPNVME_SPEC_CNS_IOCS_LIST) {
		memcpy(fake_transport_memory(fake, sqe->prp1, 4096), &combinations, 4096);
		return FAKE_ANSWER;
	}
	if (fake_transport_cns(sqe) ==
	    UPNVME_SPEC_CNS_IOCS_ACTIVE_NS_LIST) { /* of the NVM command set */
		assert_int_equal(sqe->cdw11 >> 24, 0);
		memcpy(fake_transport_memory(fake, sqe->prp1, 4096), &list, 4096);
		return FAKE_ANSWER;
	}
	if (sqe->opcode == UPNVME_SPEC_ADMIN_GET_FEATURES && fid == UPNVME_SPEC_FEAT_IOCS_PROFILE) {
		cqe->dw0 = profile;
		return FAKE_ANSWER;
	}
	if (sqe->opcode == UPNVME_SPEC_ADMIN_SET_FEATURES && fid == UPNVME_SPEC_FEAT_IOCS_PROFILE)
		profile = sqe->cdw11;
	return FAKE_DEFAULT;
}

static struct fake_transport *with_css(uint32_t css)
{
	struct fake_transport *fake = fake_transport_create();

	fake->id.nn = 5;
	FAKE_SET_ACTIVE(fake, 1, 4);
	FAKE_SET_CAP(fake, UPNVME_SPEC_CAP_CSS, css);
	fake->script = with_command_sets;
	memset(&combinations, 0, sizeof(combinations));
	combinations.vector[0] = 1 << 1;          /* key value */
	combinations.vector[3] = 1 << 0 | 1 << 2; /* NVM and zoned */
	profile = 0;
	return fake;
}

static uint32_t css_enabled(const struct fake_transport *fake)
{
	return UPNVME_SPEC_CC_CSS(fake->cc);
}

static void css_of_zero_means_the_nvm_command_set(void **state)
{
	struct fake_transport *fake = with_css(0);
	struct upnvme_ctrlr *ctrlr = fake_transport_opened(fake);

	assert_int_equal(css_enabled(fake), 0);
	assert_int_equal(ns_count(ctrlr), 2);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void the_nvm_command_set_alone_is_chosen_where_the_controller_allows(void **state)
{
	struct fake_transport *fake = with_css(UPNVME_SPEC_CAP_CSS_NVM | UPNVME_SPEC_CAP_CSS_IOCS);
	struct upnvme_ctrlr *ctrlr = fake_transport_opened(fake);

	assert_int_equal(css_enabled(fake), 0);
	assert_int_equal(fake_transport_identified(fake, UPNVME_SPEC_CNS_IOCS_LIST), 0);
	assert_int_equal(ns_count(ctrlr), 2);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void where_all_sets_go_together_the_combination_has_nvm(void **state)
{
	struct fake_transport *fake = with_css(UPNVME_SPEC_CAP_CSS_IOCS);
	struct upnvme_ctrlr *ctrlr = fake_transport_opened(fake);

	assert_int_equal(css_enabled(fake), 6);
	assert_int_equal(profile, 3);
	assert_int_equal(upnvme_ns_next(ctrlr, 0), 4);
	assert_int_equal(upnvme_ns_next(ctrlr, 4), 0);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void a_combination_that_has_nvm_is_kept(void **state)
{
	struct fake_transport *fake = with_css(UPNVME_SPEC_CAP_CSS_IOCS);
	struct upnvme_ctrlr *ctrlr;

	combinations.vector[7] = 1;
	profile = 7;
	ctrlr = fake_transport_opened(fake);
	assert_int_equal(profile, 7);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void a_controller_whose_combinations_have_no_nvm_is_refused(void **state)
{
	struct fake_transport *fake = with_css(UPNVME_SPEC_CAP_CSS_IOCS);
	struct upnvme_ctrlr *ctrlr;

	combinations.vector[3] = 1 << 2;
	assert_int_equal(fake_transport_open(fake, &ctrlr, NULL), -ENOTSUP);
	assert_int_equal(error_last()->code, UPNVME_ERR_CTRLR_UNSUPPORTED);
	assert_non_null(strstr(error_last()->text, "combinations"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(css_of_zero_means_the_nvm_command_set),
		cmocka_unit_test(the_nvm_command_set_alone_is_chosen_where_the_controller_allows),
		cmocka_unit_test(where_all_sets_go_together_the_combination_has_nvm),
		cmocka_unit_test(a_combination_that_has_nvm_is_kept),
		cmocka_unit_test(a_controller_whose_combinations_have_no_nvm_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
