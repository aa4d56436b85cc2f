/* SPDX-License-Identifier: BSD-3-Clause */
/* The admin queue: a ring that wraps, shared by threads, and its end. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "driver/admin.h"
#include "support/admin_rig.h"

static void the_queue_wraps_and_keeps_its_phase(void **state)
{
	struct admin_rig *rig = *state;

	for (uint32_t i = 0; i < 1000; i++) {
		struct upnvme_raw raw = admin_rig_raw(0xc0);
		struct upnvme_completion done;

		raw.cdw[10] = i;
		assert_int_equal(upnvme_admin(rig->ctrlr, &raw, &done), 0);
		assert_int_equal(admin_rig_sqe.cdw10, i);
	}
}

static void closing_completes_outstanding_commands(void **state)
{
	struct admin_rig *rig = *state;
	struct upnvme_raw raw = admin_rig_raw(0xc3);

	admin_rig_noted.n = 0;
	assert_int_equal(upnvme_admin_submit(rig->ctrlr, &raw, admin_rig_note, rig), 0);
	raw.cdw[0] = 0xc0;
	assert_int_equal(upnvme_admin_submit(rig->ctrlr, &raw, admin_rig_note, NULL), 0);
	assert_int_equal(upnvme_close(rig->ctrlr), 0);
	assert_int_equal(admin_rig_noted.n, 2);
	for (uint32_t i = 0; i < 2;
	     i++) /* the second was rung for, and answered, when it was started */
		assert_int_equal(admin_rig_noted.done[i].flags & UPNVME_DONE_ABORTED,
				 admin_rig_noted.args[i] ? UPNVME_DONE_ABORTED : 0);
	rig->ctrlr = NULL;
}

static void *hammer(void *arg)
{
	struct admin_rig *rig = arg;

	for (uint32_t i = 0; i < 300; i++) {
		struct upnvme_raw raw = admin_rig_raw(0xc0);
		struct upnvme_completion done;

		if (upnvme_admin(rig->ctrlr, &raw, &done) || done.result != 0x11223344)
			return (void *)1;
	}
	return NULL;
}

static void all_threads_share_the_queue(void **state)
{
	pthread_t threads[4];
	void *bad;

	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hammer, *state), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], &bad);
		assert_null(bad);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ADMIN_RIG_TEST(the_queue_wraps_and_keeps_its_phase),
		ADMIN_RIG_TEST(closing_completes_outstanding_commands),
		ADMIN_RIG_TEST(all_threads_share_the_queue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
