/* SPDX-License-Identifier: BSD-3-Clause */
/* What becomes of commands that are outstanding when the controller is given up. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <upnvme/spec/status.h>
#include "support/fake_device.h"

#define TAG(n) ((void *)(uintptr_t)(n))

static struct fake_device *create(uint32_t entries)
{
	/* Parts are of 8 blocks. */
	return fake_create(&(struct fake_config){ .entries = entries, .max_transfer_bytes = 4096 });
}

static void giving_the_controller_up_ends_pending_commands(void **state)
{
	struct fake_device *dev = create(4);
	char *buf = fake_alloc(dev, 1 << 20);
	struct upnvme_qpair_stats stats = { .size = UPNVME_QPAIR_STATS_SIZE };
	struct upnvme_completion done[4];

	fake_write(dev, buf, 400, fake_note, TAG(1));
	fake_post(dev, fake_take(dev).cid, 0);
	assert_int_equal(upnvme_poll(dev->qp, 0), 0);
	assert_int_equal(upnvme_qpair_inflight(dev->qp), 1);
	fake_give_up(dev);
	fake_expect_error(upnvme_read(dev->qp, &dev->ns, buf, 0, 1, fake_note, NULL), -EIO,
			  UPNVME_ERR_CTRLR_FAILED, NULL);
	assert_int_equal(upnvme_poll(dev->qp, 0), 1);
	assert_int_equal(fake_log.n, 1);
	assert_int_equal(fake_log.done[0].status, UPNVME_SPEC_SC_ABORTED_BY_HOST);
	assert_int_equal(fake_log.done[0].flags,
			 UPNVME_DONE_ABORTED | UPNVME_DONE_INDETERMINATE | UPNVME_DONE_NOT_ATOMIC);
	assert_int_equal(fake_log.done[0].blocks, 8);
	assert_int_equal(upnvme_reap(dev->qp, done, 4), 0);
	assert_int_equal(upnvme_qpair_inflight(dev->qp), 0);
	assert_int_equal(upnvme_qpair_stats_get(dev->qp, &stats), 0);
	assert_int_equal(stats.submitted, 4);
	assert_int_equal(stats.completed, 1);
	assert_int_equal(stats.aborted, 3);
	fake_destroy(dev);
}

/* Completions that the device had posted before are no aborts, whichever thread looks first. */
static void giving_the_controller_up_keeps_posted_completions(void **state)
{
	struct fake_device *dev = create(8);
	char *buf = fake_alloc(dev, 1 << 20);
	uint16_t first, part;

	fake_write(dev, buf, 8, fake_note, TAG(1));
	fake_write(dev, buf, 16, fake_note, TAG(2));
	fake_write(dev, buf, 8, fake_note, TAG(3));
	first = fake_take(dev).cid;
	part = fake_take(dev).cid;
	fake_post_result(dev, first, 0, 77);
	fake_post(dev, part, 0);
	fake_take(dev);
	fake_post(dev, fake_take(dev).cid, 0x281);
	fake_give_up(dev);
	assert_int_equal(upnvme_poll(dev->qp, 0), 3);
	assert_int_equal(fake_log.n, 3);
	for (uint32_t i = 0; i < 3; i++) {
		const struct upnvme_completion *done = &fake_log.done[i];

		if (done->tag == 2)
			assert_int_equal(done->status, UPNVME_SPEC_SC_ABORTED_BY_HOST);
		else
			assert_int_equal(done->status, done->tag == 1 ? 0 : 0x281);
		assert_int_equal(done->blocks, done->tag == 3 ? 0 : 8);
		assert_int_equal(done->result, done->tag == 1 ? 77 : 0);
		assert_int_equal(done->flags & UPNVME_DONE_ABORTED, done->tag == 2);
	}
	assert_int_equal(upnvme_qpair_inflight(dev->qp), 0);
	fake_destroy(dev);
}

/* A read moved nothing that could be half done; a write may have happened. */
static void only_writes_are_indeterminate(void **state)
{
	struct fake_device *dev = create(8);
	char *buf = fake_alloc(dev, 4096);

	assert_int_equal(upnvme_read(dev->qp, &dev->ns, buf, 0, 1, fake_note, TAG(1)), 0);
	fake_write(dev, buf, 1, fake_note, TAG(2));
	fake_give_up(dev);
	assert_int_equal(upnvme_poll(dev->qp, 0), 2);
	assert_int_equal(fake_log.done[0].flags, UPNVME_DONE_ABORTED);
	assert_int_equal(fake_log.done[1].flags, UPNVME_DONE_ABORTED | UPNVME_DONE_INDETERMINATE);
	fake_destroy(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(giving_the_controller_up_ends_pending_commands),
		cmocka_unit_test(giving_the_controller_up_keeps_posted_completions),
		cmocka_unit_test(only_writes_are_indeterminate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
