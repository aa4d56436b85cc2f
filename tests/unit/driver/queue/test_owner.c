/* SPDX-License-Identifier: BSD-3-Clause */
/* Tokens, the gate, and who finds it shut. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "driver/queue/owner.h"
#include "support/fake_device.h"

static void *token_of_thread(void *arg)
{
	*(uint64_t *)arg = owner_token();
	return NULL;
}

static void a_token_is_never_given_twice(void **state)
{
	uint64_t tokens[50], own = owner_token();

	assert_int_equal(owner_token(), own);
	for (int i = 0; i < 50; i++) {
		pthread_t thread;

		/* One after the other, so that the next has the address of the last. */
		assert_int_equal(pthread_create(&thread, NULL, token_of_thread, &tokens[i]), 0);
		assert_int_equal(pthread_join(thread, NULL), 0);
		assert_int_not_equal(tokens[i], own);
		assert_true(tokens[i] > QPAIR_RELEASED && tokens[i] != TOKEN_NONE);
		for (int j = 0; j < i; j++)
			assert_int_not_equal(tokens[i], tokens[j]);
	}
}

static void an_alert_shuts_the_gate_once(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	char *buf = fake_alloc(dev, 4096);

	assert_int_equal(upnvme_read(dev->qp, &dev->ns, buf, 0, 1, fake_note, NULL), 0);
	assert_true(owner_gate_open(dev->qp));
	assert_int_not_equal(dev->qp->window.bytes, 0);
	qpair_alert(dev->qp);
	assert_false(owner_gate_open(dev->qp));
	assert_int_equal(owner_enter(dev->qp), 0);
	assert_true(owner_gate_open(dev->qp));
	assert_int_equal(dev->qp->window.bytes, 0); /* forgotten */
	assert_int_equal(upnvme_read(dev->qp, &dev->ns, buf, 0, 1, fake_note, NULL), 0);
	fake_destroy(dev);
}

static void *enter_as_a_stranger(void *arg)
{
	static int rc;

	rc = owner_enter(arg);
	return &rc;
}

static void a_thread_without_a_token_is_refused(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	pthread_t thread;
	void *rc;

	assert_int_equal(pthread_create(&thread, NULL, enter_as_a_stranger, dev->qp), 0);
	assert_int_equal(pthread_join(thread, &rc), 0);
	assert_int_equal(*(int *)rc, -EPERM);
	/* Nor is a thread without a token the owner of a queue pair that was released. */
	assert_int_equal(qpair_release(dev->qp), 0);
	assert_int_equal(pthread_create(&thread, NULL, enter_as_a_stranger, dev->qp), 0);
	assert_int_equal(pthread_join(thread, &rc), 0);
	assert_int_equal(*(int *)rc, -EPERM);
	assert_int_equal(qpair_adopt(dev->qp), 0);
	fake_expect_error(qpair_adopt(dev->qp), -EBUSY, UPNVME_ERR_QPAIR_OWNED, "3", NULL);
	fake_destroy(dev);
}

static void abandoning_ends_a_callback_that_never_returned(void **state)
{
	struct fake_device *dev = fake_create(NULL);

	dev->qp->in_poll = 1;
	fake_expect_error(qpair_release(dev->qp), -EDEADLK, UPNVME_ERR_IN_CALLBACK, NULL);
	assert_int_equal(qpair_abandon(dev->qp), 0);
	assert_int_equal(dev->qp->in_poll, 0);
	assert_int_equal(qpair_adopt(dev->qp), 0);
	assert_int_equal(upnvme_poll(dev->qp, 0), 0);
	fake_destroy(dev);
}

static void note_and_die(void *arg, const struct upnvme_completion *done)
{
	fake_note(arg, done);
	pthread_exit(NULL);
}

static void *poll_and_die(void *arg)
{
	struct upnvme_qpair *qp = arg;

	if (qpair_adopt(qp) == 0)
		upnvme_poll(qp, 0);
	return NULL;
}

/* Three commands; the owner dies in the callback of the second, which ended with `status`. */
static void die_in_callback(struct fake_device *dev, char *buf, uint16_t status)
{
	uint16_t cids[3];
	pthread_t thread;

	fake_log_start();
	for (uintptr_t i = 0; i < 3; i++)
		assert_int_equal(upnvme_read(dev->qp, &dev->ns, buf, i, 1,
					     i == 1 ? note_and_die : fake_note, (void *)i),
				 0);
	assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
	for (int i = 0; i < 3; i++)
		cids[i] = fake_take(dev).cid;
	fake_post(dev, (uint16_t)(cids[0] + 1000 * dev->qp->nslots), 0); /* of no command */
	fake_post(dev, cids[0], 0);
	fake_post(dev, cids[1], status);
	assert_int_equal(qpair_release(dev->qp), 0);
	assert_int_equal(pthread_create(&thread, NULL, poll_and_die, dev->qp), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(fake_log.n, 2);
	assert_int_equal(qpair_abandon(dev->qp), 0);
	assert_int_equal(qpair_adopt(dev->qp), 0);
	assert_int_equal(upnvme_qpair_inflight(dev->qp), 1);
	assert_int_equal(upnvme_poll(dev->qp, 0), 0);
	fake_post(dev, cids[2], 0);
	assert_int_equal(upnvme_poll(dev->qp, 0), 1);
	assert_int_equal(fake_log.n, 3);
	assert_int_equal(upnvme_qpair_inflight(dev->qp), 0);
}

/* Wherever in the ring that was: what had been taken out of it stays taken. */
static void a_thread_that_dies_in_a_callback_leaves_the_queue_in_order(void **state)
{
	for (uint32_t entries = 4; entries <= 9; entries++) {
		struct fake_device *dev = fake_create(&(struct fake_config){ .entries = entries });
		struct upnvme_qpair_stats stats = { .size = UPNVME_QPAIR_STATS_SIZE };
		char *buf = fake_alloc(dev, 4096);

		for (uint32_t lap = 0; lap < 30; lap++)
			die_in_callback(dev, buf, lap % 3 ? 0x281 : 0);
		assert_int_equal(upnvme_qpair_stats_get(dev->qp, &stats), 0);
		assert_int_equal(stats.submitted, 90);
		assert_int_equal(stats.completed, 90);
		assert_int_equal(stats.spurious, 30);
		fake_destroy(dev);
	}
}

/* A request with parts still to be issued, and nothing in flight that a later poll would find. */
static void a_thread_that_dies_in_a_callback_leaves_no_request_behind(void **state)
{
	struct fake_device *dev =
		fake_create(&(struct fake_config){ .entries = 3, .max_transfer_bytes = 4096 });
	char *buf = fake_alloc(dev, 8192);
	uint16_t part, read;
	pthread_t thread;

	assert_int_equal(upnvme_read(dev->qp, &dev->ns, buf, 0, 1, note_and_die, NULL), 0);
	assert_int_equal(upnvme_write(dev->qp, &dev->ns, buf, 0, 16, fake_note, NULL), 0);
	assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
	read = fake_take(dev).cid;
	part = fake_take(dev).cid;
	fake_post(dev, part, 0);
	fake_post(dev, read, 0);
	assert_int_equal(qpair_release(dev->qp), 0);
	assert_int_equal(pthread_create(&thread, NULL, poll_and_die, dev->qp), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(qpair_abandon(dev->qp), 0);
	assert_int_equal(qpair_adopt(dev->qp), 0);
	assert_int_equal(upnvme_qpair_inflight(dev->qp), 1);
	assert_int_equal(upnvme_poll(dev->qp, 0), 0);
	fake_post(dev, fake_take(dev).cid, 0);
	assert_int_equal(upnvme_poll(dev->qp, 0), 1);
	assert_int_equal(fake_log.n, 2);
	assert_int_equal(fake_log.done[1].blocks, 16);
	assert_int_equal(upnvme_qpair_inflight(dev->qp), 0);
	fake_destroy(dev);
}

static void a_forked_child_finds_no_queue_pair(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(atomic_load(&dev->qp->owner) == 0 && atomic_load(&dev->qp->gate) == 0 &&
				      dev->qp->slots == NULL &&
				      owner_enter(dev->qp) == -EOWNERDEAD ?
			      0 :
			      1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(owner_enter(dev->qp), 0);
	fake_destroy(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_is_never_given_twice),
		cmocka_unit_test(an_alert_shuts_the_gate_once),
		cmocka_unit_test(a_thread_without_a_token_is_refused),
		cmocka_unit_test(abandoning_ends_a_callback_that_never_returned),
		cmocka_unit_test(a_thread_that_dies_in_a_callback_leaves_the_queue_in_order),
		cmocka_unit_test(a_thread_that_dies_in_a_callback_leaves_no_request_behind),
		cmocka_unit_test(a_forked_child_finds_no_queue_pair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
