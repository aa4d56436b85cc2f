/* SPDX-License-Identifier: BSD-3-Clause */
/* Asynchronous admin commands: who calls back, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"
#include "driver/admin.h"
#include "support/admin_rig.h"

static void an_asynchronous_command_calls_back_within_the_poll(void **state)
{
	struct admin_rig *rig = *state;
	struct upnvme_raw raw = admin_rig_raw(0xc2);
	uint8_t data[32] = { 0 };

	admin_rig_noted.n = 0;
	rig->fake->script = admin_rig_write_page;
	raw.data = data;
	raw.data_bytes = sizeof(data);
	raw.direction = UPNVME_DATA_FROM_DEVICE;
	raw.cdw[10] = sizeof(data);
	assert_int_equal(upnvme_admin_submit(rig->ctrlr, &raw, admin_rig_note, &admin_rig_noted),
			 0);
	memset(&raw, 0xff, sizeof(raw)); /* the library has its own copy */
	assert_int_equal(admin_rig_noted.n, 0);
	assert_int_equal(upnvme_ctrlr_poll(rig->ctrlr), 1);
	assert_int_equal(admin_rig_noted.n, 1);
	assert_ptr_equal(admin_rig_noted.args[0], &admin_rig_noted);
	assert_int_equal(admin_rig_noted.done[0].tag, (uintptr_t)&admin_rig_noted);
	assert_int_equal(admin_rig_noted.done[0].status, 0);
	assert_memory_equal(data, admin_rig_pattern, sizeof(data));
	assert_int_equal(upnvme_ctrlr_poll(rig->ctrlr), 0);
}

/* A synchronous command sees the asynchronous one's answer pass by, and does not call back. */
static void a_synchronous_command_runs_no_callback_of_other_commands(void **state)
{
	struct admin_rig *rig = *state;
	struct upnvme_raw raw = admin_rig_raw(0xc0);
	struct upnvme_completion done;

	admin_rig_noted.n = 0;
	assert_int_equal(upnvme_admin_submit(rig->ctrlr, &raw, admin_rig_note, NULL), 0);
	assert_int_equal(upnvme_admin(rig->ctrlr, &raw, &done), 0);
	assert_int_equal(admin_rig_noted.n, 0);
	assert_int_equal(upnvme_ctrlr_poll(rig->ctrlr), 1);
	assert_int_equal(admin_rig_noted.n, 1);
}

static void resubmit(void *arg, const struct upnvme_completion *done)
{
	struct admin_rig *rig = arg;
	struct upnvme_raw raw = admin_rig_raw(0xc0);
	struct upnvme_completion answer;

	admin_rig_noted.n++;
	assert_int_equal(upnvme_ctrlr_poll(rig->ctrlr), -EDEADLK);
	assert_int_equal(error_last()->code, UPNVME_ERR_IN_CALLBACK);
	assert_int_equal(upnvme_close(rig->ctrlr), -EDEADLK);
	assert_int_equal(upnvme_admin(rig->ctrlr, &raw, &answer), 0);
	if (admin_rig_noted.n < 3)
		assert_int_equal(upnvme_admin_submit(rig->ctrlr, &raw, resubmit, rig), 0);
}

static void a_callback_may_run_and_start_commands_but_not_poll_or_close(void **state)
{
	struct admin_rig *rig = *state;
	struct upnvme_raw raw = admin_rig_raw(0xc0);

	admin_rig_noted.n = 0;
	assert_int_equal(upnvme_admin_submit(rig->ctrlr, &raw, resubmit, rig), 0);
	while (admin_rig_noted.n < 3)
		assert_int_equal(upnvme_ctrlr_poll(rig->ctrlr), 1);
}

static void a_late_asynchronous_command_completes_once_as_aborted(void **state)
{
	struct admin_rig *rig = *state;
	struct upnvme_raw raw = admin_rig_raw(0xc3);
	uint64_t deadline_ns = deadline_after(10 * NS_PER_S);

	admin_rig_noted.n = 0;
	raw.timeout_ns = 1;
	assert_int_equal(upnvme_admin_submit(rig->ctrlr, &raw, admin_rig_note, rig), 0);
	while (!admin_rig_noted.n && !deadline_passed(deadline_ns))
		assert_true(upnvme_ctrlr_poll(rig->ctrlr) >= 0);
	assert_int_equal(admin_rig_noted.n, 1);
	assert_ptr_equal(admin_rig_noted.args[0], rig);
	assert_int_equal(admin_rig_noted.done[0].status, UPNVME_SPEC_SC_ABORT_REQUESTED);
	assert_true(admin_rig_noted.done[0].flags & UPNVME_DONE_ABORTED);
	fake_transport_post(rig->fake, admin_rig_sqe.cid, 0, 0);
	assert_int_equal(upnvme_ctrlr_poll(rig->ctrlr), 0);
	assert_int_equal(admin_rig_noted.n, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ADMIN_RIG_TEST(an_asynchronous_command_calls_back_within_the_poll),
		ADMIN_RIG_TEST(a_synchronous_command_runs_no_callback_of_other_commands),
		ADMIN_RIG_TEST(a_callback_may_run_and_start_commands_but_not_poll_or_close),
		ADMIN_RIG_TEST(a_late_asynchronous_command_completes_once_as_aborted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
