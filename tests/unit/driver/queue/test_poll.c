/* SPDX-License-Identifier: BSD-3-Clause */
/* What stands before and behind a take: idleness, the gate, a close that a callback asked for. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "driver/queue/poll.h"
#include "support/fake_device.h"

static void count_call(void *arg)
{
	++*(uint32_t *)arg;
}

static void read_one(struct fake_device *dev, char *buf, upnvme_cb cb, void *arg)
{
	assert_int_equal(upnvme_read(dev->qp, &dev->ns, buf, 0, 1, cb, arg), 0);
}

/* Rings, and has the device complete what it sees. How many that were. */
static uint32_t answer_all(struct fake_device *dev)
{
	struct upnvme_spec_sqe sqe;
	uint32_t n = 0;

	assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
	for (; fake_fetch(dev, &sqe); n++)
		fake_post(dev, sqe.cid, 0);
	return n;
}

static void a_poll_of_an_idle_queue_pair_calls_no_transport_hook(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	char *buf = fake_alloc(dev, 4096);
	struct upnvme_completion done;
	uint32_t ncalls = 0;

	dev->qp->transport.hook = count_call;
	dev->qp->transport.hook_arg = &ncalls;
	assert_int_equal(qpair_poll(dev->qp, 0), 0);
	assert_int_equal(qpair_reap(dev->qp, &done, 1), 0);
	assert_int_equal(ncalls, 0);
	read_one(dev, buf, fake_note, NULL);
	assert_int_equal(qpair_poll(dev->qp, 0), 0);
	assert_int_equal(ncalls, 1);
	fake_destroy(dev);
}

static void a_poll_stops_before_a_tagged_completion(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	char *buf = fake_alloc(dev, 4096);
	struct upnvme_completion done[2];

	read_one(dev, buf, fake_note, NULL);
	read_one(dev, buf, NULL, (void *)7);
	read_one(dev, buf, fake_note, NULL);
	assert_int_equal(answer_all(dev), 3);
	assert_int_equal(qpair_poll(dev->qp, 0), 1);
	assert_int_equal(qpair_poll(dev->qp, 0), -ENOMSG);
	assert_int_equal(qpair_reap(dev->qp, done, 2), 1);
	assert_int_equal(done[0].tag, 7);
	assert_int_equal(fake_log.n, 2);
	fake_destroy(dev);
}

struct nested {
	struct upnvme_qpair *qp;
	int poll, reap;
};

static void poll_within(void *arg, const struct upnvme_completion *done)
{
	struct nested *nested = arg;
	struct upnvme_completion record;

	nested->poll = qpair_poll(nested->qp, 0);
	nested->reap = qpair_reap(nested->qp, &record, 1);
}

static void a_poll_within_a_callback_is_refused(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	char *buf = fake_alloc(dev, 4096);
	struct nested nested = { .qp = dev->qp };

	read_one(dev, buf, poll_within, &nested);
	assert_int_equal(answer_all(dev), 1);
	assert_int_equal(qpair_poll(dev->qp, 0), 1);
	assert_int_equal(nested.poll, -EDEADLK);
	assert_int_equal(nested.reap, -EDEADLK);
	fake_destroy(dev);
}

static void a_shut_gate_is_opened_by_a_poll(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	char *buf = fake_alloc(dev, 4096);

	read_one(dev, buf, fake_note, NULL);
	assert_int_equal(answer_all(dev), 1);
	qpair_alert(dev->qp);
	assert_int_equal(qpair_poll(dev->qp, 0), 1);
	assert_true(owner_gate_open(dev->qp));
	fake_destroy(dev);
}

/* Without a completion too: the library completes the commands in flight. */
static void a_controller_that_was_given_up_completes_by_a_poll(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	char *buf = fake_alloc(dev, 4096);

	read_one(dev, buf, fake_note, NULL);
	atomic_store(&dev->ctrlr.failed, true);
	qpair_alert(dev->qp);
	assert_int_equal(qpair_poll(dev->qp, 0), 1);
	assert_int_equal(fake_log.done[0].flags, UPNVME_DONE_ABORTED);
	assert_int_equal(qpair_poll(dev->qp, 0), 0);
	fake_destroy(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_poll_of_an_idle_queue_pair_calls_no_transport_hook),
		cmocka_unit_test(a_poll_stops_before_a_tagged_completion),
		cmocka_unit_test(a_poll_within_a_callback_is_refused),
		cmocka_unit_test(a_shut_gate_is_opened_by_a_poll),
		cmocka_unit_test(a_controller_that_was_given_up_completes_by_a_poll),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
