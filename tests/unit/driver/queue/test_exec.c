/* SPDX-License-Identifier: BSD-3-Clause */
/* Submit and reap in one call, with a device that answers while it is asked, or does not. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/util.h"
#include "driver/queue/exec.h"
#include "support/fake_device.h"

#define NOPS 40u

static struct upnvme_completion done[NOPS];

/* The transport's hook: completes all that the doorbell shows. */
static void answer(void *arg)
{
	struct fake_device *dev = arg;
	struct upnvme_spec_sqe sqe;

	while (fake_fetch(dev, &sqe))
		fake_post(dev, sqe.cid, 0);
}

static struct fake_device *create(bool answers)
{
	struct fake_device *dev = fake_create(NULL);

	if (answers) {
		dev->qp->transport.hook = answer;
		dev->qp->transport.hook_arg = dev;
	}
	return dev;
}

static void fill(struct fake_device *dev, struct upnvme_op *ops, uint32_t n)
{
	char *buf = fake_alloc(dev, 4096);

	for (uint32_t i = 0; i < n; i++)
		ops[i] = (struct upnvme_op){ .opcode = UPNVME_OP_READ,
					     .nsid = FAKE_NSID,
					     .blocks = 1,
					     .buf = buf,
					     .tag = i };
}

/* More ops than the queue pair has slots go in as room appears. */
static void all_ops_are_done_whatever_the_depth(void **state)
{
	struct fake_device *dev = create(true);
	struct upnvme_op ops[NOPS];
	struct exec exec = {
		.ops = ops, .n = NOPS, .done = done, .ndone = NOPS, .timeout_ns = 60 * NS_PER_S
	};

	fill(dev, ops, NOPS);
	assert_true(dev->qp->outstanding < NOPS);
	assert_int_equal(qpair_exec(dev->qp, &exec), NOPS);
	for (uint32_t i = 0; i < NOPS; i++)
		assert_int_equal(done[i].tag, i);
	fake_destroy(dev);
}

static void late_commands_stay_in_flight(void **state)
{
	struct fake_device *dev = create(false);
	struct upnvme_op ops[2];
	struct exec exec = { .ops = ops, .n = 2, .done = done, .ndone = 2 };

	fill(dev, ops, 2);
	fake_expect_error(qpair_exec(dev->qp, &exec), -ETIMEDOUT, UPNVME_ERR_TIMEOUT,
			  "0 of 2 commands", NULL);
	assert_int_equal(qpair_inflight(dev->qp), 2);
	answer(dev);
	exec = (struct exec){ .done = done, .ndone = 2 };
	assert_int_equal(qpair_exec(dev->qp, &exec), 2); /* without ops it reaps */
	assert_int_equal(qpair_inflight(dev->qp), 0);
	fake_destroy(dev);
}

static void a_refused_op_ends_the_batch_and_is_an_error_only_as_the_first(void **state)
{
	struct fake_device *dev = create(true);
	struct upnvme_op ops[3];
	struct exec exec = {
		.ops = ops, .n = 3, .done = done, .ndone = 3, .timeout_ns = 60 * NS_PER_S
	};

	fill(dev, ops, 3);
	ops[1].blocks = 0;
	assert_int_equal(qpair_exec(dev->qp, &exec), 1);
	exec = (struct exec){ .ops = ops + 1, .n = 2, .done = done, .ndone = 2 };
	fake_expect_error(qpair_exec(dev->qp, &exec), -EINVAL, UPNVME_ERR_BLOCKS, NULL);
	fake_destroy(dev);
}

static void a_released_queue_pair_is_adopted_and_released_again(void **state)
{
	struct fake_device *dev = create(true);
	struct upnvme_op op;
	struct exec exec = {
		.ops = &op, .n = 1, .done = done, .ndone = 1, .timeout_ns = 60 * NS_PER_S
	};

	fill(dev, &op, 1);
	assert_int_equal(qpair_release(dev->qp), 0);
	assert_int_equal(qpair_exec(dev->qp, &exec), 1);
	assert_int_equal(atomic_load(&dev->qp->owner), QPAIR_RELEASED);
	assert_int_equal(qpair_adopt(dev->qp), 0);
	exec = (struct exec){
		.ops = &op, .n = 1, .done = done, .ndone = 1, .timeout_ns = 60 * NS_PER_S
	};
	assert_int_equal(qpair_exec(dev->qp, &exec), 1);
	assert_int_not_equal(atomic_load(&dev->qp->owner), QPAIR_RELEASED);
	fake_destroy(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_ops_are_done_whatever_the_depth),
		cmocka_unit_test(late_commands_stay_in_flight),
		cmocka_unit_test(a_refused_op_ends_the_batch_and_is_an_error_only_as_the_first),
		cmocka_unit_test(a_released_queue_pair_is_adopted_and_released_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
