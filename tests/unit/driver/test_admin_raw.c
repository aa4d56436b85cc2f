/* SPDX-License-Identifier: BSD-3-Clause */
/* Admin commands that the caller has put together: what is kept of them, and what is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/util.h"
#include "driver/admin_raw.h"
#include "support/admin_rig.h"

static void a_raw_command_goes_out_dword_by_dword(void **state)
{
	struct admin_rig *rig = *state;
	struct upnvme_raw raw = admin_rig_raw(0xc0);
	struct upnvme_completion done;
	struct upnvme_spec_sqe expected = { .opcode = 0xc0,
					    .nsid = 1,
					    .cdw2 = 2,
					    .cdw3 = 3,
					    .cdw10 = 10,
					    .cdw11 = 11,
					    .cdw12 = 12,
					    .cdw13 = 13,
					    .cdw14 = 14 };

	for (uint32_t i = 1; i < 15; i++)
		raw.cdw[i] = i;
	raw.cdw[0] |= 0xabcd0000; /* the identifier is the library's */
	assert_int_equal(upnvme_admin(rig->ctrlr, &raw, &done), 0);
	fake_transport_expect(&admin_rig_sqe, &expected, false);
	assert_int_equal(done.status, 0);
	assert_int_equal(done.result, 0x11223344);
	assert_int_equal(done.flags, 0);
}

static void refused(struct admin_rig *rig, const struct upnvme_raw *raw, uint32_t code)
{
	struct upnvme_completion done;
	uint32_t before = rig->fake->nseen;

	assert_int_equal(upnvme_admin(rig->ctrlr, raw, &done), -EINVAL);
	assert_int_equal(error_last()->code, code);
	assert_int_equal(upnvme_admin_submit(rig->ctrlr, raw, admin_rig_note, NULL), -EINVAL);
	assert_int_equal(error_last()->code, code);
	assert_int_equal(rig->fake->nseen, before);
}

static void contradictory_commands_are_refused(void **state)
{
	struct admin_rig *rig = *state;
	struct upnvme_raw raw = admin_rig_raw(0xc1);

	raw.direction = UPNVME_DATA_TO_DEVICE;
	refused(rig, &raw, UPNVME_ERR_ARGUMENT);
	raw.data_bytes = 4;
	refused(rig, &raw, UPNVME_ERR_ARGUMENT);
	raw.data = admin_rig_pattern;
	raw.direction = 3;
	refused(rig, &raw, UPNVME_ERR_ARGUMENT);
	raw.direction = UPNVME_DATA_NONE;
	refused(rig, &raw, UPNVME_ERR_ARGUMENT);
	raw.direction = UPNVME_DATA_TO_DEVICE;
	raw.data_bytes = (256 << 10) + 4;
	refused(rig, &raw, UPNVME_ERR_TRANSFER);
	raw.data_bytes = 4;
	raw.metadata = admin_rig_pattern;
	refused(rig, &raw, UPNVME_ERR_METADATA);
	raw.metadata = NULL;
	raw.reserved[2] = 1;
	refused(rig, &raw, UPNVME_ERR_ARGUMENT);
	raw.reserved[2] = 0;
	raw.cdw[0] |= 0x4000; /* SGL */
	refused(rig, &raw, UPNVME_ERR_FLAGS);
}

static void the_drivers_own_commands_are_refused(void **state)
{
	static const uint8_t own[] = { 0x00, 0x01, 0x04, 0x05, 0x0c, 0x7c };
	struct admin_rig *rig = *state;
	struct upnvme_raw raw;

	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		raw = admin_rig_raw(own[i]);
		refused(rig, &raw, UPNVME_ERR_OPCODE);
	}
	raw = admin_rig_raw(UPNVME_SPEC_ADMIN_SET_FEATURES);
	raw.cdw[10] = UPNVME_SPEC_FEAT_NUMBER_OF_QUEUES;
	refused(rig, &raw, UPNVME_ERR_ARGUMENT);
}

static void null_arguments_are_named(void **state)
{
	struct admin_rig *rig = *state;
	struct upnvme_raw raw = admin_rig_raw(0xc0);
	struct upnvme_completion done;

	assert_int_equal(upnvme_admin(NULL, &raw, &done), -EINVAL);
	assert_non_null(strstr(upnvme_last_error(), "controller is null"));
	assert_int_equal(upnvme_admin(rig->ctrlr, NULL, &done), -EINVAL);
	assert_non_null(strstr(upnvme_last_error(), "`raw`"));
	assert_int_equal(upnvme_admin(rig->ctrlr, &raw, NULL), -EINVAL);
	assert_non_null(strstr(upnvme_last_error(), "`done`"));
	assert_int_equal(upnvme_admin_submit(rig->ctrlr, &raw, NULL, NULL), -EINVAL);
	assert_non_null(strstr(upnvme_last_error(), "`cb`"));
	assert_int_equal(error_last()->code, UPNVME_ERR_NULL);
}

static void a_callback_counts_in_the_polls_result(void **state)
{
	struct admin_rig *rig = *state;
	struct upnvme_raw raw = admin_rig_raw(0xc0);

	admin_rig_noted.n = 0;
	assert_int_equal(admin_raw_start(rig->ctrlr, &raw, admin_rig_note, rig), 0);
	assert_int_equal(upnvme_ctrlr_poll(rig->ctrlr), 1);
	assert_int_equal(admin_rig_noted.n, 1);
	assert_ptr_equal(admin_rig_noted.args[0], rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ADMIN_RIG_TEST(a_raw_command_goes_out_dword_by_dword),
		ADMIN_RIG_TEST(contradictory_commands_are_refused),
		ADMIN_RIG_TEST(the_drivers_own_commands_are_refused),
		ADMIN_RIG_TEST(null_arguments_are_named),
		ADMIN_RIG_TEST(a_callback_counts_in_the_polls_result),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
