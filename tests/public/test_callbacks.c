/* SPDX-License-Identifier: BSD-3-Clause */
/* The calls that a callback may make, and those that it may not; and tagged completions beside
 * callbacks. */
#include <errno.h>

#include "support.h"

struct chain {
	struct rig *rig;
	void *buf;
	uint32_t left, ran;
	int rcs[8];
};

static void submit_next(void *arg, const struct upnvme_completion *done)
{
	struct chain *chain = arg;

	assert_int_equal(done->status, 0);
	chain->ran++;
	if (chain->left == 0)
		return;
	chain->left--;
	OK(upnvme_read(chain->rig->qp, chain->rig->ns, chain->buf, chain->ran % 16, 1, submit_next,
		       chain));
}

static void a_callback_may_submit(void **state)
{
	static const uint32_t entries[] = { 2, 3, 64 };

	for (size_t i = 0; i < NELEMS(entries); i++) {
		struct rig rig;
		struct chain chain = { .rig = &rig, .left = 1000 };

		rig_open(&rig, entries[i], 0, "soft:ram?size=1MiB");
		chain.buf = dma(rig.ctrlr, 4096);
		OK(upnvme_read(rig.qp, rig.ns, chain.buf, 0, 1, submit_next, &chain));
		while (chain.ran < 1001)
			OK(upnvme_poll(rig.qp, 0));
		assert_int_equal(upnvme_qpair_inflight(rig.qp), 0);
		rig_close(&rig);
	}
}

static void try_everything(void *arg, const struct upnvme_completion *done)
{
	struct chain *chain = arg;
	struct upnvme_completion taken[2];
	struct upnvme_op op = { .opcode = UPNVME_OP_FLUSH, .nsid = 1 };
	upnvme_qpair *qp = chain->rig->qp;

	chain->ran++;
	assert_int_equal(done->status, 0);
	expect_error(upnvme_poll(qp, 0), -EDEADLK, UPNVME_ERR_IN_CALLBACK, "callback", NULL);
	expect_error(upnvme_reap(qp, taken, 2), -EDEADLK, UPNVME_ERR_IN_CALLBACK, NULL);
	expect_error(upnvme_exec(qp, &op, 1, taken, 2, 0), -EDEADLK, UPNVME_ERR_IN_CALLBACK, NULL);
	expect_error(upnvme_qpair_stop(qp), -EDEADLK, UPNVME_ERR_IN_CALLBACK, NULL);
	expect_error(upnvme_qpair_release(qp), -EDEADLK, UPNVME_ERR_IN_CALLBACK, NULL);
	expect_error(upnvme_close(chain->rig->ctrlr), -EBUSY, UPNVME_ERR_BUSY_CHILDREN, NULL);
}

static void a_callback_may_not_poll(void **state)
{
	struct rig rig;
	struct chain chain = { .rig = &rig };
	struct upnvme_completion taken[2];

	rig_open(&rig, 0, 0, "soft:ram?size=1MiB");
	chain.buf = dma(rig.ctrlr, 4096);
	OK(upnvme_read(rig.qp, rig.ns, chain.buf, 0, 1, try_everything, &chain));
	assert_int_equal(upnvme_poll(rig.qp, 0), 1);
	OK(upnvme_read(rig.qp, rig.ns, chain.buf, 0, 1, try_everything, &chain));
	assert_int_equal(upnvme_reap(rig.qp, taken, 2), 0);
	assert_int_equal(chain.ran, 2);
	/* The refused calls have changed nothing. */
	assert_int_equal(do_read(&rig, chain.buf, 0, 1), 0);
	rig_close(&rig);
}

struct closing {
	struct rig *rig;
	uint32_t ran, aborted;
	int submit_after;
	void *buf;
};

static void close_it(void *arg, const struct upnvme_completion *done)
{
	struct closing *closing = arg;

	closing->ran++;
	closing->aborted += (done->flags & UPNVME_DONE_ABORTED) != 0;
	expect_error(upnvme_qpair_close(closing->rig->qp), -EINPROGRESS, UPNVME_ERR_IN_CALLBACK,
		     "not closed yet", NULL);
	closing->submit_after = upnvme_read(closing->rig->qp, closing->rig->ns, closing->buf, 0, 1,
					    close_it, closing);
	expect_error(closing->submit_after, -ESHUTDOWN, UPNVME_ERR_QPAIR_CLOSED, NULL);
}

static void a_callback_may_close_its_queue_pair(void **state)
{
	for (uint32_t commands = 1; commands <= 8; commands++) {
		struct rig rig;
		struct closing closing = { .rig = &rig };

		rig_open(&rig, 16, 0, "soft:ram?size=1MiB");
		closing.buf = dma(rig.ctrlr, 4096);
		for (uint32_t i = 0; i < commands; i++)
			OK(upnvme_read(rig.qp, rig.ns, closing.buf, i, 1, close_it, &closing));
		assert_int_equal(upnvme_poll(rig.qp, 1), 1);
		/* The queue pair is closed: all commands have completed, and the controller has no
		 * queue pairs any more. */
		assert_int_equal(closing.ran, commands);
		OK(upnvme_close(rig.ctrlr));
	}
}

static void a_poll_stops_before_a_tagged_completion(void **state)
{
	struct rig rig;
	struct io io = { 0 };
	struct upnvme_completion done[4];
	char *buf;

	rig_open(&rig, 0, 0, "soft:ram?size=1MiB");
	buf = dma(rig.ctrlr, 4096);
	OK(upnvme_read(rig.qp, rig.ns, buf, 0, 1, on_done, &io));
	OK(upnvme_read(rig.qp, rig.ns, buf, 0, 1, NULL, (void *)0x1234));
	OK(upnvme_read(rig.qp, rig.ns, buf, 0, 1, on_done, &io));
	assert_int_equal(upnvme_poll(rig.qp, 0), 1);
	assert_int_equal(io.ndone, 1);
	assert_int_equal(upnvme_poll(rig.qp, 0), -ENOMSG);
	assert_int_equal(upnvme_poll(rig.qp, 5), -ENOMSG);
	assert_int_equal(upnvme_qpair_inflight(rig.qp), 2);
	assert_int_equal(upnvme_reap(rig.qp, done, 4), 1);
	assert_int_equal(done[0].tag, 0x1234);
	assert_int_equal(done[0].blocks, 1);
	assert_int_equal(io.ndone, 2);
	assert_int_equal(upnvme_qpair_inflight(rig.qp), 0);
	rig_close(&rig);
}

static void a_reap_fills_the_array_and_leaves_the_rest(void **state)
{
	struct rig rig;
	struct upnvme_op ops[8] = { 0 };
	struct upnvme_completion done[8];
	char *buf;

	rig_open(&rig, 0, 0, "soft:ram?size=1MiB");
	buf = dma(rig.ctrlr, 4096);
	for (uint32_t i = 0; i < 8; i++)
		ops[i] = (struct upnvme_op){ .opcode = UPNVME_OP_READ,
					     .nsid = 1,
					     .lba = i,
					     .blocks = 1,
					     .buf = buf,
					     .tag = 100 + i };
	assert_int_equal(upnvme_submit(rig.qp, ops, 8), 8);
	assert_int_equal(upnvme_reap(rig.qp, done, 3), 3);
	assert_int_equal(upnvme_reap(rig.qp, done + 3, 1), 1);
	assert_int_equal(upnvme_reap(rig.qp, NULL, 0), 0);
	assert_int_equal(upnvme_reap(rig.qp, done + 4, 8), 4);
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(done[i].tag, 100 + i);
	assert_int_equal(upnvme_reap(rig.qp, done, 8), 0);
	rig_close(&rig);
}

static void a_poll_with_a_limit_keeps_to_it(void **state)
{
	struct rig rig;
	struct io io = { 0 };
	char *buf;

	rig_open(&rig, 0, 0, "soft:ram?size=1MiB");
	buf = dma(rig.ctrlr, 4096);
	for (int i = 0; i < 10; i++)
		OK(upnvme_read(rig.qp, rig.ns, buf, 0, 1, on_done, &io));
	assert_int_equal(upnvme_poll(rig.qp, 3), 3);
	assert_int_equal(io.ndone, 3);
	assert_int_equal(upnvme_poll(rig.qp, 1), 1);
	assert_int_equal(upnvme_qpair_inflight(rig.qp), 6);
	assert_int_equal(upnvme_poll(rig.qp, 0), 6);
	assert_int_equal(upnvme_poll(rig.qp, 0), 0);
	rig_close(&rig);
}

static void free_own_buffer(void *arg, const struct upnvme_completion *done)
{
	struct chain *chain = arg;

	assert_int_equal(done->status, 0);
	OK(upnvme_dma_free(chain->rig->ctrlr, chain->buf));
	chain->ran++;
}

static void a_callback_may_free_its_buffer(void **state)
{
	struct rig rig;
	struct chain chain = { .rig = &rig };

	rig_open(&rig, 0, 0, "soft:ram?size=1MiB");
	for (uint32_t i = 0; i < 100; i++) {
		chain.buf = dma(rig.ctrlr, 4096);
		OK(upnvme_read(rig.qp, rig.ns, chain.buf, 0, 1, free_own_buffer, &chain));
		assert_int_equal(upnvme_poll(rig.qp, 0), 1);
	}
	assert_int_equal(chain.ran, 100);
	rig_close(&rig);
}

static void a_batch_ends_at_an_invalid_op(void **state)
{
	struct rig rig;
	struct upnvme_op ops[5] = { 0 };
	struct upnvme_completion done[8];
	char *buf;

	rig_open(&rig, 0, 0, "soft:ram?size=1MiB");
	buf = dma(rig.ctrlr, 4096);
	for (uint32_t i = 0; i < 5; i++)
		ops[i] = (struct upnvme_op){ .opcode = UPNVME_OP_READ,
					     .nsid = 1,
					     .lba = i,
					     .blocks = 1,
					     .buf = buf,
					     .tag = i };
	ops[3].blocks = 0;
	assert_int_equal(upnvme_submit(rig.qp, ops, 5), 3);
	assert_int_equal(upnvme_reap(rig.qp, done, 8), 3);
	expect_error(upnvme_submit(rig.qp, ops + 3, 2), -EINVAL, UPNVME_ERR_BLOCKS, NULL);
	assert_int_equal(upnvme_submit(rig.qp, ops, 0), 0);
	assert_int_equal(upnvme_qpair_inflight(rig.qp), 0);
	rig_close(&rig);
}

static void a_batch_is_accepted_until_the_queue_is_full(void **state)
{
	struct rig rig;
	struct upnvme_op ops[8] = { 0 };
	struct upnvme_completion done[8];
	char *buf;

	rig_open(&rig, 4, 0, "soft:ram?size=1MiB");
	buf = dma(rig.ctrlr, 4096);
	for (uint32_t i = 0; i < 8; i++)
		ops[i] = (struct upnvme_op){ .opcode = UPNVME_OP_WRITE,
					     .nsid = 1,
					     .lba = i,
					     .blocks = 1,
					     .buf = buf,
					     .tag = i };
	assert_int_equal(upnvme_submit(rig.qp, ops, 8), 3);
	assert_int_equal(upnvme_submit(rig.qp, ops + 3, 5), -EAGAIN);
	assert_int_equal(upnvme_reap(rig.qp, done, 8), 3);
	assert_int_equal(upnvme_submit(rig.qp, ops + 3, 5), 3);
	assert_int_equal(upnvme_reap(rig.qp, done, 8), 3);
	assert_int_equal(done[0].tag, 3);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_callback_may_submit),
		cmocka_unit_test(a_callback_may_not_poll),
		cmocka_unit_test(a_callback_may_close_its_queue_pair),
		cmocka_unit_test(a_poll_stops_before_a_tagged_completion),
		cmocka_unit_test(a_reap_fills_the_array_and_leaves_the_rest),
		cmocka_unit_test(a_poll_with_a_limit_keeps_to_it),
		cmocka_unit_test(a_callback_may_free_its_buffer),
		cmocka_unit_test(a_batch_ends_at_an_invalid_op),
		cmocka_unit_test(a_batch_is_accepted_until_the_queue_is_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
