/* SPDX-License-Identifier: BSD-3-Clause */
/* What the library completed, on its way to the caller. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "driver/queue/ready.h"
#include "support/fake_device.h"

#define TAG(n) ((void *)(uintptr_t)(n))

static struct fake_device *create(uint32_t entries)
{
	return fake_create(&(struct fake_config){ .entries = entries, .max_transfer_bytes = 4096 });
}

static void giving_the_controller_up_keeps_tagged_completions_to_be_reaped(void **state)
{
	struct fake_device *dev = create(8);
	char *buf = fake_alloc(dev, 1 << 20);
	struct upnvme_completion done[8];

	fake_write(dev, buf, 8, NULL, TAG(1));
	fake_write(dev, buf, 100, NULL, TAG(2));
	assert_int_equal(upnvme_read(dev->qp, &dev->ns, buf, 0, 1, fake_note, NULL), -EAGAIN);
	fake_give_up(dev);
	assert_int_equal(upnvme_poll(dev->qp, 0), -ENOMSG);
	assert_int_equal(upnvme_reap(dev->qp, done, 1), 1);
	assert_int_equal(upnvme_reap(dev->qp, done + 1, 7), 1);
	assert_int_equal(done[0].tag + done[1].tag, 3);
	assert_int_equal(done[0].flags & UPNVME_DONE_ABORTED, UPNVME_DONE_ABORTED);
	assert_int_equal(upnvme_qpair_inflight(dev->qp), 0);
	fake_destroy(dev);
}

/* Completed by the library or by the device: a poll with a limit keeps to it. */
static void the_limit_of_a_poll_counts_completions_by_the_library(void **state)
{
	struct fake_device *dev = create(8);
	char *buf = fake_alloc(dev, 4096);

	for (uintptr_t i = 0; i < 5; i++)
		fake_write(dev, buf, 1, fake_note, TAG(i));
	fake_give_up(dev);
	assert_int_equal(upnvme_poll(dev->qp, 2), 2);
	assert_int_equal(fake_log.n, 2);
	assert_int_equal(upnvme_qpair_inflight(dev->qp), 3);
	assert_int_equal(upnvme_poll(dev->qp, 1), 1);
	assert_int_equal(upnvme_poll(dev->qp, 3), 2);
	assert_int_equal(fake_log.n, 5);
	assert_int_equal(upnvme_poll(dev->qp, 0), 0);
	fake_destroy(dev);
}

/* At the queue pair's end, without a reap: callbacks run, and tagged completions stay. */
static void callbacks_are_handed_out_and_tags_are_kept(void **state)
{
	struct fake_device *dev = create(8);
	char *buf = fake_alloc(dev, 4096);
	struct upnvme_completion done[2];

	fake_write(dev, buf, 1, NULL, TAG(1));
	fake_write(dev, buf, 1, fake_note, TAG(2));
	fake_write(dev, buf, 1, NULL, TAG(3));
	fake_give_up(dev);
	qpair_abort(dev->qp);
	assert_int_equal(dev->qp->nready, 3);
	ready_deliver_callbacks(dev->qp);
	assert_int_equal(fake_log.n, 1);
	assert_int_equal(fake_log.done[0].tag, 2);
	assert_int_equal(dev->qp->nready, 2);
	assert_int_equal(upnvme_reap(dev->qp, done, 2), 2);
	assert_int_equal(done[0].tag, 1); /* in the order in which they came */
	assert_int_equal(done[1].tag, 3);
	fake_destroy(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(giving_the_controller_up_keeps_tagged_completions_to_be_reaped),
		cmocka_unit_test(the_limit_of_a_poll_counts_completions_by_the_library),
		cmocka_unit_test(callbacks_are_handed_out_and_tags_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
