/* SPDX-License-Identifier: BSD-3-Clause */
/* The slots of admin commands: how many there are, and when they come back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "driver/admin.h"
#include "support/admin_rig.h"

static void a_full_queue_says_so_and_keeps_room_for_events(void **state)
{
	struct admin_rig *rig = *state;
	struct upnvme_raw raw = admin_rig_raw(0xc0);
	struct upnvme_completion done;

	admin_rig_noted.n = 0;
	for (uint32_t i = 0; i < ADMIN_RIG_ORDINARY; i++)
		assert_int_equal(upnvme_admin_submit(rig->ctrlr, &raw, admin_rig_note, NULL), 0);
	assert_int_equal(upnvme_admin_submit(rig->ctrlr, &raw, admin_rig_note, NULL), -EAGAIN);
	assert_int_equal(error_last()->code, UPNVME_ERR_ADMIN_FULL);
	/* A synchronous command waits until a slot is free, without a poll by the caller. */
	assert_int_equal(upnvme_admin(rig->ctrlr, &raw, &done), 0);
	assert_int_equal(upnvme_ctrlr_poll(rig->ctrlr), ADMIN_RIG_ORDINARY);
	assert_int_equal(admin_rig_noted.n, ADMIN_RIG_ORDINARY);
	assert_int_equal(upnvme_admin(rig->ctrlr, &raw, &done), 0);
}

/* Commands of synchronous callers count, too. */
static void a_full_queue_says_how_many_commands_are_outstanding(void **state)
{
	struct admin_rig *rig = *state;
	struct upnvme_raw raw = admin_rig_raw(0xc3);
	struct upnvme_completion done;

	raw.timeout_ns = 1;
	for (uint32_t i = 0; i < ADMIN_RIG_ORDINARY + ADMIN_WAITED; i++)
		assert_int_equal(upnvme_admin(rig->ctrlr, &raw, &done), -ETIMEDOUT);
	assert_int_equal(upnvme_admin(rig->ctrlr, &raw, &done), -EAGAIN);
	assert_int_equal(error_last()->code, UPNVME_ERR_ADMIN_FULL);
	assert_non_null(strstr(error_last()->text, "63 admin commands"));
	assert_int_equal(upnvme_admin_submit(rig->ctrlr, &raw, admin_rig_note, NULL), -EAGAIN);
	assert_non_null(strstr(error_last()->text, "63 admin commands"));
}

static void slots_of_late_commands_come_back_with_their_answers(void **state)
{
	struct admin_rig *rig = *state;
	struct upnvme_raw raw = admin_rig_raw(0xc3);
	uint16_t cids[ADMIN_RIG_ORDINARY];

	admin_rig_noted.n = 0;
	raw.timeout_ns = 1;
	for (uint32_t i = 0; i < ADMIN_RIG_ORDINARY; i++) {
		assert_int_equal(upnvme_admin_submit(rig->ctrlr, &raw, admin_rig_note, rig), 0);
		upnvme_ctrlr_poll(rig->ctrlr);
		cids[i] = admin_rig_sqe.cid;
	}
	while (admin_rig_noted.n < ADMIN_RIG_ORDINARY)
		assert_true(upnvme_ctrlr_poll(rig->ctrlr) >= 0);
	assert_int_equal(upnvme_admin_submit(rig->ctrlr, &raw, admin_rig_note, rig), -EAGAIN);
	for (uint32_t i = 0; i < ADMIN_RIG_ORDINARY; i++)
		fake_transport_post(rig->fake, cids[i], 0, 0);
	assert_int_equal(upnvme_ctrlr_poll(rig->ctrlr), 0);
	raw.cdw[0] = 0xc0;
	assert_int_equal(upnvme_admin_submit(rig->ctrlr, &raw, admin_rig_note, rig), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ADMIN_RIG_TEST(a_full_queue_says_so_and_keeps_room_for_events),
		ADMIN_RIG_TEST(a_full_queue_says_how_many_commands_are_outstanding),
		ADMIN_RIG_TEST(slots_of_late_commands_come_back_with_their_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
