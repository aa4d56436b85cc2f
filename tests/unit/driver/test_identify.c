/* SPDX-License-Identifier: BSD-3-Clause */
/* Identify Controller, honest and hostile, and the limits and properties that come of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <upnvme.h>

#include "base/error.h"
#include "base/util.h"
#include "driver/identify.h"
#include "support/fake_transport.h"

static void the_first_command_is_identify_controller(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr = fake_transport_opened(fake);
	struct upnvme_spec_sqe expected = { .opcode = 0x06, .cdw10 = 0x01 };

	fake_transport_expect(&fake->seen[0], &expected, true);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void the_limits_of_the_nvm_command_set_are_asked_for(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;
	struct upnvme_spec_sqe expected = { .opcode = 0x06, .cdw10 = 0x06 };

	fake->vs = UPNVME_SPEC_VERSION_2_0;
	fake->has_nvm = true;
	fake->nvm = (struct upnvme_spec_id_ctrl_nvm){
		.vsl = 3, .wzsl = 4, .dmrl = 16, .dmrsl = 1000, .dmsl = 500
	};
	ctrlr = fake_transport_opened(fake);
	fake_transport_expect(&fake->seen[1], &expected, true);
	assert_int_equal(ctrlr->limits.max_verify_bytes, 32 << 10);
	assert_int_equal(ctrlr->limits.max_write_zeroes_bytes, 64 << 10);
	assert_int_equal(ctrlr->limits.max_deallocate_ranges, 16);
	assert_int_equal(ctrlr->limits.max_deallocate_blocks, 500);
	assert_true(ctrlr->limits.oncs & UPNVME_SPEC_ONCS_VERIFY);
	assert_true(ctrlr->limits.oncs & UPNVME_SPEC_ONCS_WRITE_ZEROES);
	assert_true(ctrlr->limits.oncs & UPNVME_SPEC_ONCS_DSM);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void without_that_structure_there_are_no_limits(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr = fake_transport_opened(fake);

	assert_int_equal(ctrlr->limits.max_verify_bytes, UINT64_MAX);
	/* As Linux does: whatever takes no longer transfers may take no longer zeroes either. */
	assert_int_equal(ctrlr->limits.max_write_zeroes_bytes, 128 << 10);
	assert_int_equal(ctrlr->limits.max_deallocate_ranges, 256);
	assert_int_equal(ctrlr->limits.max_deallocate_blocks, UINT32_MAX);
	assert_int_equal(ctrlr->limits.oncs, 0);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void an_old_controller_is_not_asked_for_the_limits(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	fake->vs = UPNVME_SPEC_VERSION_1_4;
	fake->has_nvm = true;
	fake->nvm.vsl = 3;
	ctrlr = fake_transport_opened(fake);
	assert_int_equal(ctrlr->limits.max_verify_bytes, UINT64_MAX);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static uint64_t transfer_of(uint8_t mdts, uint64_t wanted)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	struct upnvme_ctrlr *ctrlr;
	uint64_t bytes;

	fake->id.mdts = mdts;
	opts.max_transfer_bytes = wanted;
	assert_int_equal(fake_transport_open(fake, &ctrlr, &opts), 0);
	bytes = ctrlr->limits.max_transfer_bytes;
	assert_int_equal(upnvme_close(ctrlr), 0);
	return bytes;
}

static void the_largest_transfer_is_the_smallest_of_the_limits(void **state)
{
	assert_int_equal(transfer_of(0, 0), 2 << 20);
	assert_int_equal(transfer_of(1, 0), 8192);
	assert_int_equal(transfer_of(5, 0), 128 << 10);
	assert_int_equal(transfer_of(9, 0), 2 << 20);
	assert_int_equal(transfer_of(10, 0), 2 << 20);
	assert_int_equal(transfer_of(52, 0), 2 << 20);
	assert_int_equal(transfer_of(255, 0), 2 << 20);
	assert_int_equal(transfer_of(5, 64 << 10), 64 << 10);
	assert_int_equal(transfer_of(5, (64 << 10) + 17), 64 << 10);
	assert_int_equal(transfer_of(5, UINT64_MAX), 128 << 10);
	assert_int_equal(transfer_of(0, 4096), 4096);
}

static void sgl_of(uint32_t sgls, bool sgl, bool dword_align)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	fake->id.sgls = sgls;
	ctrlr = fake_transport_opened(fake);
	assert_int_equal(ctrlr->limits.sgl, sgl);
	assert_int_equal(ctrlr->limits.sgl_dword_align, dword_align);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void sgl_support_is_of_two_kinds(void **state)
{
	sgl_of(0, false, false);
	sgl_of(1, true, false);
	sgl_of(2, true, true);
	sgl_of(3, false, false); /* reserved */
	sgl_of(0xfffffffc, false, false);
}

static void hostile_controllers_are_refused(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	memset(&fake->id, 0, sizeof(fake->id));
	assert_int_equal(fake_transport_open(fake, &ctrlr, NULL), -EIO);
	assert_int_equal(error_last()->code, UPNVME_ERR_CTRLR_INVALID);
	fake = fake_transport_create();
	memset(&fake->id, 0xff, sizeof(fake->id));
	assert_int_equal(fake_transport_open(fake, &ctrlr, NULL), -ENOTSUP);
	fake = fake_transport_create();
	fake->id.cntrltype = UPNVME_SPEC_CNTRLTYPE_ADMIN;
	assert_int_equal(fake_transport_open(fake, &ctrlr, NULL), -ENOTSUP);
	assert_int_equal(error_last()->code, UPNVME_ERR_CTRLR_UNSUPPORTED);
	fake = fake_transport_create();
	fake->id.sqes = 0x77;
	assert_int_equal(fake_transport_open(fake, &ctrlr, NULL), -EIO);
	assert_non_null(strstr(error_last()->text, "SQES 77h"));
}

static enum fake_verdict refuse_identify(struct fake_transport *fake,
					 const struct upnvme_spec_sqe *sqe,
					 struct upnvme_spec_cqe *cqe)
{
	cqe->status = UPNVME_SPEC_SC_INTERNAL_ERROR;
	return sqe->opcode == UPNVME_SPEC_ADMIN_IDENTIFY ? FAKE_ANSWER : FAKE_DEFAULT;
}

static enum fake_verdict mute(struct fake_transport *fake, const struct upnvme_spec_sqe *sqe,
			      struct upnvme_spec_cqe *cqe)
{
	return FAKE_HOLD;
}

static void a_controller_that_does_not_answer_is_given_up(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	struct upnvme_ctrlr *ctrlr;

	fake->script = refuse_identify;
	assert_int_equal(fake_transport_open(fake, &ctrlr, NULL), -EIO);
	assert_int_equal(error_last()->code, UPNVME_ERR_CTRLR_STATUS);
	fake = fake_transport_create();
	fake->script = mute;
	opts.admin_timeout_ns = 1000000;
	assert_int_equal(fake_transport_open(fake, &ctrlr, &opts), -ETIMEDOUT);
	assert_int_equal(error_last()->code, UPNVME_ERR_CTRLR_TIMEOUT);
}

static enum fake_verdict mute_about_limits(struct fake_transport *fake,
					   const struct upnvme_spec_sqe *sqe,
					   struct upnvme_spec_cqe *cqe)
{
	return fake_transport_cns(sqe) == UPNVME_SPEC_CNS_IOCS_CTRLR ? FAKE_HOLD : FAKE_DEFAULT;
}

/* Only an answer says that the controller does not know the structure. */
static void limits_that_are_not_answered_fail_the_open(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	struct upnvme_ctrlr *ctrlr;

	fake->vs = UPNVME_SPEC_VERSION_2_0;
	fake->script = mute_about_limits;
	opts.admin_timeout_ns = 20000000;
	assert_int_equal(fake_transport_open(fake, &ctrlr, &opts), -ETIMEDOUT);
	assert_int_equal(error_last()->code, UPNVME_ERR_CTRLR_TIMEOUT);
}

static void identify_gives_the_page_as_it_is(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr = fake_transport_opened(fake);
	struct upnvme_spec_id_ctrl id;
	struct upnvme_spec_sqe expected = { .opcode = 0x06, .nsid = 1, .cdw10 = 0x03 };

	assert_int_equal(upnvme_identify(ctrlr, UPNVME_SPEC_CNS_CTRLR, 0, &id), 0);
	assert_memory_equal(&id, &fake->id, sizeof(id));
	fake->nseen = 0;
	assert_int_equal(upnvme_identify(ctrlr, UPNVME_SPEC_CNS_NS_ID_DESC_LIST, 1, &id), 0);
	fake_transport_expect(&fake->seen[0], &expected, true);
	assert_int_equal(upnvme_identify(ctrlr, 0x77, 0, &id), -EIO);
	assert_int_equal(error_last()->code, UPNVME_ERR_CTRLR_STATUS);
	assert_non_null(strstr(error_last()->text, "Identify"));
	assert_int_equal(upnvme_identify(ctrlr, 0x100, 0, &id), -EINVAL);
	assert_int_equal(upnvme_identify(ctrlr, 1, 0, NULL), -EINVAL);
	assert_int_equal(upnvme_identify(NULL, 1, 0, &id), -EINVAL);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

/* xorshift: the same garbage for the same seed. */
static uint64_t garbage_state;

static void garbage(void *data, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		garbage_state ^= garbage_state << 13;
		garbage_state ^= garbage_state >> 7;
		garbage_state ^= garbage_state << 17;
		((uint8_t *)data)[i] = (uint8_t)garbage_state;
	}
}

static void look_around(struct upnvme_ctrlr *ctrlr)
{
	struct upnvme_ctrlr_info info = { .size = UPNVME_CTRLR_INFO_SIZE };
	struct upnvme_ns_info ns_info = { .size = UPNVME_NS_INFO_SIZE };
	struct upnvme_smart smart = { .size = UPNVME_SMART_SIZE };
	struct upnvme_error_entry entries[4];
	struct upnvme_ns *ns;

	assert_int_equal(upnvme_ctrlr_info_get(ctrlr, &info), 0);
	assert_true(info.max_transfer_bytes >= 4096 && info.max_transfer_bytes <= 2 << 20);
	assert_in_range(upnvme_error_log(ctrlr, entries, 4), 0, 4);
	assert_int_equal(upnvme_smart_get(ctrlr, &smart), 0);
	for (uint32_t id = upnvme_ns_next(ctrlr, 0); id; id = upnvme_ns_next(ctrlr, id)) {
		assert_int_equal(upnvme_ns_get(&ns, ctrlr, id), 0);
		assert_true(upnvme_ns_block_size(ns) >= 512);
		assert_true(upnvme_ns_max_transfer_blocks(ns) >= 1);
		assert_int_equal(upnvme_ns_info_get(ns, &ns_info), 0);
	}
	assert_true(upnvme_ctrlr_poll(ctrlr) >= 0);
}

static void garbage_is_survived(void **state)
{
	uint32_t nopened = 0;

	for (uint64_t seed = 1; seed <= 400; seed++) {
		struct fake_transport *fake = fake_transport_create();
		struct upnvme_ctrlr *ctrlr;

		garbage_state = seed * 0x9e3779b97f4a7c15;
		garbage(&fake->id, sizeof(fake->id));
		garbage(&fake->ns, sizeof(fake->ns));
		garbage(&fake->nvm, sizeof(fake->nvm));
		garbage(fake->descriptors, sizeof(fake->descriptors));
		garbage(fake->log, sizeof(fake->log));
		garbage(fake->active, sizeof(fake->active));
		garbage(&fake->nsqa, sizeof(fake->nsqa));
		fake->nactive = seed % 5;
		fake->has_nvm = seed % 2;
		fake->id.rtd3e = 0;
		fake->id.lpa |= UPNVME_SPEC_LPA_EXTENDED_DATA;
		if (seed % 4) { /* else refused: hardly any garbage is an I/O controller */
			fake->id.cntrltype = UPNVME_SPEC_CNTRLTYPE_IO;
			fake->id.sqes = 0x66;
			fake->id.cqes = 0x44;
			fake->ns.lbaf[upnvme_spec_flbas_format(fake->ns.flbas, fake->ns.nlbaf)]
				.lbads = 9;
			fake->ns.dps = 0;
		}
		if (fake_transport_open(fake, &ctrlr, NULL) == 0) {
			look_around(ctrlr);
			assert_int_equal(upnvme_close(ctrlr), 0);
			nopened++;
		}
	}
	assert_true(nopened >= 300);
}

/* An unknown structure is an error that the controller logs. */
static void the_limits_are_asked_for_where_the_controller_knows_them(void **state)
{
	static const struct {
		uint32_t version, css, asked;
	} cases[] = { { UPNVME_SPEC_VERSION_1_3, UPNVME_SPEC_CAP_CSS_NVM, 0 },
		      { UPNVME_SPEC_VERSION_1_4, UPNVME_SPEC_CAP_CSS_NVM, 0 },
		      { UPNVME_SPEC_VERSION_1_4, UPNVME_SPEC_CAP_CSS_NVM | UPNVME_SPEC_CAP_CSS_IOCS,
			1 },
		      { UPNVME_SPEC_VERSION_2_0, UPNVME_SPEC_CAP_CSS_NVM, 1 } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fake_transport *fake = fake_transport_create();
		struct upnvme_ctrlr *ctrlr;

		FAKE_SET_CAP(fake, UPNVME_SPEC_CAP_CSS, cases[i].css);
		fake->vs = cases[i].version;
		ctrlr = fake_transport_opened(fake);
		assert_int_equal(fake_transport_identified(fake, UPNVME_SPEC_CNS_IOCS_CTRLR),
				 cases[i].asked);
		assert_int_equal(upnvme_close(ctrlr), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_command_is_identify_controller),
		cmocka_unit_test(the_limits_of_the_nvm_command_set_are_asked_for),
		cmocka_unit_test(without_that_structure_there_are_no_limits),
		cmocka_unit_test(an_old_controller_is_not_asked_for_the_limits),
		cmocka_unit_test(the_largest_transfer_is_the_smallest_of_the_limits),
		cmocka_unit_test(sgl_support_is_of_two_kinds),
		cmocka_unit_test(hostile_controllers_are_refused),
		cmocka_unit_test(a_controller_that_does_not_answer_is_given_up),
		cmocka_unit_test(limits_that_are_not_answered_fail_the_open),
		cmocka_unit_test(garbage_is_survived),
		cmocka_unit_test(identify_gives_the_page_as_it_is),
		cmocka_unit_test(the_limits_are_asked_for_where_the_controller_knows_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
