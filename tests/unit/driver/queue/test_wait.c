/* SPDX-License-Identifier: BSD-3-Clause */
/* Waiting for a controller that posts, signals, does one without the other, or is given up. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <upnvme/io.h>
#include <upnvme/mem.h>

#include "base/clock.h"
#include "base/error.h"
#include "support/fake_transport.h"

struct rig {
	struct fake_transport *fake;
	struct upnvme_ctrlr *ctrlr;
	upnvme_ns *ns;
	upnvme_qpair *qp;
	void *buf;
	uint32_t ndone;
	uint16_t flags; /* of the last */
};

static void note(void *arg, const struct upnvme_completion *done)
{
	struct rig *rig = arg;

	rig->ndone++;
	rig->flags = done->flags;
}

static void create(struct rig *rig)
{
	struct upnvme_qpair_opts opts = UPNVME_QPAIR_OPTS_INIT;

	opts.flags = UPNVME_QPAIR_INTERRUPT;
	opts.entries = 16;
	assert_int_equal(upnvme_qpair_create(&rig->qp, rig->ctrlr, &opts), 0);
}

static int setup(void **state)
{
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	struct rig *rig = calloc(1, sizeof(*rig));

	opts.admin_timeout_ns = NS_PER_S / 5;
	rig->fake = fake_transport_create();
	assert_int_equal(fake_transport_open(rig->fake, &rig->ctrlr, &opts), 0);
	assert_int_equal(upnvme_ns_get(&rig->ns, rig->ctrlr, 1), 0);
	assert_int_equal(upnvme_dma_alloc(&rig->buf, rig->ctrlr, 4096, 0), 0);
	create(rig);
	*state = rig;
	return 0;
}

static int teardown(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(upnvme_qpair_close(rig->qp), 0);
	assert_int_equal(upnvme_close(rig->ctrlr), 0);
	free(rig);
	return 0;
}

static void submit(struct rig *rig)
{
	assert_int_equal(upnvme_read(rig->qp, rig->ns, rig->buf, 0, 1, note, rig), 0);
}

/* The n-th entry of the first lap answers the n-th command, both from 0. */
static void post(struct rig *rig, uint32_t n)
{
	const struct upnvme_spec_sqe *cq =
		fake_transport_seen(rig->fake, UPNVME_SPEC_ADMIN_CREATE_IO_CQ, 0);
	const struct upnvme_spec_sqe *sq =
		fake_transport_seen(rig->fake, UPNVME_SPEC_ADMIN_CREATE_IO_SQ, 0);
	const struct upnvme_spec_sqe *sqe = fake_transport_memory(rig->fake, sq->prp1, 4096);
	struct upnvme_spec_cqe *cqe = fake_transport_memory(rig->fake, cq->prp1, 4096);

	uint64_t half = (uint64_t)UPNVME_SPEC_CQE_STATUS_WORD(0, 1) << 48 |
			(uint64_t)sqe[n].cid << 32 | 1u << 16 | (n + 1);

	__atomic_store_n((uint64_t *)(void *)&cqe[n].sqhd, half, __ATOMIC_RELEASE);
}

static void signal_it(struct rig *rig)
{
	uint64_t one = 1;

	assert_int_equal(write(rig->fake->vectors[1], &one, sizeof(one)), sizeof(one));
}

static bool is_signalled(struct rig *rig)
{
	uint64_t signals;

	return read(rig->fake->vectors[1], &signals, sizeof(signals)) == sizeof(signals);
}

static void a_wait_rings_the_doorbell(void **state)
{
	struct rig *rig = *state;

	submit(rig);
	assert_int_equal(atomic_load(&rig->fake->io_doorbells[1][0]), 0);
	assert_int_equal(upnvme_qpair_wait(rig->qp, 0), 0);
	assert_int_equal(atomic_load(&rig->fake->io_doorbells[1][0]), 1);
	post(rig, 0);
	assert_int_equal(upnvme_poll(rig->qp, 0), 1);
}

/* Entries end a wait; a signal without an entry only costs a look at the queue. */
static void a_wait_ends_by_an_entry_and_not_by_a_signal(void **state)
{
	struct rig *rig = *state;

	submit(rig);
	signal_it(rig);
	assert_int_equal(upnvme_qpair_wait(rig->qp, 0), 0);
	assert_false(is_signalled(rig));
	signal_it(rig);
	assert_int_equal(upnvme_qpair_wait(rig->qp, NS_PER_MS), 0);
	assert_false(is_signalled(rig));
	post(rig, 0);
	assert_int_equal(upnvme_qpair_wait(rig->qp, 0), 1);
	assert_int_equal(upnvme_qpair_wait(rig->qp, UINT64_MAX), 1);
	assert_int_equal(rig->ndone, 0);
	assert_int_equal(upnvme_poll(rig->qp, 0), 1);
	assert_int_equal(rig->ndone, 1);
	assert_int_equal(upnvme_qpair_wait(rig->qp, 0), 0);
}

/* The signal of an entry that a poll has taken already is not taken for the signal of the next entry. */
static void a_signal_that_is_late_does_not_end_the_next_wait(void **state)
{
	struct rig *rig = *state;

	submit(rig);
	assert_int_equal(upnvme_qpair_ring(rig->qp), 0);
	post(rig, 0);
	assert_int_equal(upnvme_poll(rig->qp, 0), 1);
	submit(rig);
	signal_it(rig);
	assert_int_equal(upnvme_qpair_wait(rig->qp, NS_PER_MS), 0);
	post(rig, 1);
	signal_it(rig);
	assert_int_equal(upnvme_qpair_wait(rig->qp, UINT64_MAX), 1);
	assert_int_equal(upnvme_poll(rig->qp, 0), 1);
}

/* --- an entry that comes at a bad moment ---------------------------------------------------------- */

/* The linker puts these in the place of the C library's (Makefile). */
ssize_t __real_read(int fd, void *data, size_t bytes);
ssize_t __wrap_read(int fd, void *data, size_t bytes);
int __real_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
		 const sigset_t *mask);
int __wrap_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
		 const sigset_t *mask);

/* Rigs whose device completes a command just before the owner empties the eventfd, or falls asleep; or null. */
static struct rig *before_read, *before_sleep;
static uint32_t nsleeps;

static void complete(struct rig **when)
{
	struct rig *rig = *when;

	*when = NULL;
	if (!rig)
		return;
	post(rig, 0);
	signal_it(rig);
}

ssize_t __wrap_read(int fd, void *data, size_t bytes)
{
	complete(&before_read);
	return __real_read(fd, data, bytes);
}

int __wrap_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask)
{
	nsleeps++;
	complete(&before_sleep);
	return __real_ppoll(fds, n, timeout, mask);
}

/* The entry's signal is gone with the old ones, so only a look at the queue after the read finds the entry. */
static void an_entry_whose_signal_is_read_with_the_old_ones_is_found(void **state)
{
	struct rig *rig = *state;

	submit(rig);
	before_read = rig;
	nsleeps = 0;
	assert_int_equal(upnvme_qpair_wait(rig->qp, NS_PER_S), 1);
	assert_int_equal(nsleeps, 0);
	assert_false(is_signalled(rig));
	assert_int_equal(upnvme_poll(rig->qp, 0), 1);
}

static void an_entry_that_comes_after_the_last_look_ends_the_sleep(void **state)
{
	struct rig *rig = *state;

	submit(rig);
	before_sleep = rig;
	nsleeps = 0;
	assert_int_equal(upnvme_qpair_wait(rig->qp, UINT64_MAX), 1);
	assert_int_equal(nsleeps, 1);
	assert_int_equal(upnvme_poll(rig->qp, 0), 1);
}

/* --- another thread ------------------------------------------------------------------------------- */

static void *post_and_signal(void *arg)
{
	struct rig *rig = arg;

	for (uint32_t n = 0; n < 8; n++) {
		while (atomic_load(&rig->fake->io_doorbells[1][0]) != n + 1)
			sched_yield();
		post(rig, n);
		signal_it(rig);
	}
	return NULL;
}

static void the_signal_ends_a_wait_without_end(void **state)
{
	struct rig *rig = *state;
	pthread_t device;

	assert_int_equal(pthread_create(&device, NULL, post_and_signal, rig), 0);
	for (uint32_t n = 0; n < 8; n++) {
		submit(rig);
		assert_int_equal(upnvme_qpair_wait(rig->qp, UINT64_MAX), 1);
		assert_int_equal(upnvme_poll(rig->qp, 0), 1);
	}
	pthread_join(device, NULL);
}

/* Pulls the device out once the owner has rung, and notices it. */
static void *pull_it_out(void *arg)
{
	struct rig *rig = arg;

	while (atomic_load(&rig->fake->io_doorbells[1][0]) != 1)
		sched_yield();
	atomic_store(&rig->fake->gone, true);
	upnvme_ctrlr_poll(rig->ctrlr);
	return NULL;
}

static void a_controller_that_is_given_up_ends_a_wait_without_end(void **state)
{
	struct rig *rig = *state;
	pthread_t puller;

	submit(rig);
	assert_int_equal(pthread_create(&puller, NULL, pull_it_out, rig), 0);
	assert_int_equal(upnvme_qpair_wait(rig->qp, UINT64_MAX), 1);
	pthread_join(puller, NULL);
	assert_int_equal(upnvme_qpair_wait(rig->qp, UINT64_MAX), 1);
	assert_int_equal(upnvme_poll(rig->qp, 0), 1);
	assert_int_equal(rig->flags, UPNVME_DONE_ABORTED);
	assert_int_equal(upnvme_qpair_wait(rig->qp, UINT64_MAX), -EIO);
	assert_int_equal(error_last()->code, UPNVME_ERR_CTRLR_FAILED);
}

/* An owner that watches the eventfd in its own event loop is woken, too. */
static void a_controller_that_is_given_up_signals(void **state)
{
	struct rig *rig = *state;

	atomic_store(&rig->fake->gone, true);
	assert_int_equal(upnvme_ctrlr_poll(rig->ctrlr), -EIO);
	assert_true(is_signalled(rig));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_wait_rings_the_doorbell),
		TEST(a_wait_ends_by_an_entry_and_not_by_a_signal),
		TEST(a_signal_that_is_late_does_not_end_the_next_wait),
		TEST(an_entry_whose_signal_is_read_with_the_old_ones_is_found),
		TEST(an_entry_that_comes_after_the_last_look_ends_the_sleep),
		TEST(the_signal_ends_a_wait_without_end),
		TEST(a_controller_that_is_given_up_ends_a_wait_without_end),
		TEST(a_controller_that_is_given_up_signals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
