/* SPDX-License-Identifier: BSD-3-Clause */
/* Owners who wait instead of polling: woken by the eventfd, by nothing else, and never for ever. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "support.h"

#define THREADED "soft:ram?size=4MiB&mode=thread"
#define MS       1000000ull
/* A wait that is to end by itself; a lost wake-up makes it a failure. */
#define LONG_NS (20000 * MS)

/* A rig whose queue pair can be waited for. */
static void open_waiting(struct rig *rig, const char *uri)
{
	rig_open(rig, 0, 0, "%s", uri);
	OK(upnvme_qpair_close(rig->qp));
	rig->qp = create_qpair(rig->ctrlr, 64, 0, UPNVME_QPAIR_INTERRUPT);
}

static int setup(void **state)
{
	static struct rig rig;

	open_waiting(&rig, THREADED);
	*state = &rig;
	return 0;
}

static int teardown(void **state)
{
	rig_close(*state);
	return 0;
}

static uint32_t rounds(uint32_t n)
{
	return is_slow_build() ? n / 10 : n;
}

static long times_asleep(void)
{
	struct rusage usage;

	assert_int_equal(getrusage(RUSAGE_THREAD, &usage), 0);
	return usage.ru_nvcsw;
}

static void every_wait_ends_by_its_completion(void **state)
{
	struct rig *rig = *state;
	char *buf = dma(rig->ctrlr, rig->block);
	long asleep = times_asleep();

	for (uint32_t i = 0; i < rounds(5000); i++) {
		struct io io = { 0 };

		OK(upnvme_read(rig->qp, rig->ns, buf, i % 64, 1, on_done, &io));
		assert_int_equal(upnvme_qpair_wait(rig->qp, LONG_NS), 1);
		assert_int_equal(io.ndone, 0);
		assert_int_equal(upnvme_poll(rig->qp, 0), 1);
		assert_int_equal(io.ndone, 1);
		assert_int_equal(io.last.status, 0);
	}
	assert_true(times_asleep() > asleep);
}

/* The controller's thread has parked by this time, and the wait has to wake the thread. */
static void a_wait_rings_for_a_controller_that_sleeps(void **state)
{
	struct rig *rig = *state;
	struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };
	char *buf = dma(rig->ctrlr, rig->block);
	struct io io = { 0 };

	for (uint32_t i = 1; i <= 10; i++) {
		nanosleep(&pause, NULL);
		OK(upnvme_read(rig->qp, rig->ns, buf, 0, 1, on_done, &io));
		assert_int_equal(upnvme_qpair_wait(rig->qp, UINT64_MAX), 1);
		assert_int_equal(upnvme_poll(rig->qp, 0), 1);
		assert_int_equal(io.ndone, i);
	}
}

static void a_completion_that_is_there_ends_a_wait_at_once(void **state)
{
	struct rig *rig = *state;
	char *buf = dma(rig->ctrlr, rig->block);
	struct upnvme_completion done[2];

	OK(upnvme_read(rig->qp, rig->ns, buf, 0, 1, NULL, (void *)5));
	assert_int_equal(upnvme_qpair_wait(rig->qp, LONG_NS), 1);
	assert_int_equal(upnvme_qpair_wait(rig->qp, UINT64_MAX), 1);
	assert_int_equal(upnvme_poll(rig->qp, 0), -ENOMSG);
	assert_int_equal(upnvme_qpair_wait(rig->qp, 0), 1);
	assert_int_equal(upnvme_reap(rig->qp, done, 2), 1);
	assert_int_equal(done[0].tag, 5);
	assert_int_equal(upnvme_qpair_wait(rig->qp, 0), 0);
}

static void the_time_out_ends_a_wait_without_commands(void **state)
{
	struct rig *rig = *state;
	uint64_t start_ns = now_ns();
	uint64_t many = 1000000;

	assert_int_equal(upnvme_qpair_wait(rig->qp, 0), 0);
	assert_int_equal(upnvme_qpair_wait(rig->qp, 5 * MS), 0);
	assert_true(now_ns() - start_ns >= 5 * MS);
	/* Signals without a completion do not end the wait. */
	start_ns = now_ns();
	assert_int_equal(write(upnvme_qpair_fd(rig->qp), &many, sizeof(many)), sizeof(many));
	assert_int_equal(upnvme_qpair_wait(rig->qp, 5 * MS), 0);
	assert_true(now_ns() - start_ns >= 5 * MS);
	assert_int_equal(read(upnvme_qpair_fd(rig->qp), &many, sizeof(many)), -1);
	assert_int_equal(errno, EAGAIN);
}

static volatile sig_atomic_t nsignals;

static void count_signal(int number)
{
	nsignals++;
}

static void signals_neither_end_nor_prolong_a_wait(void **state)
{
	struct rig *rig = *state;
	struct sigaction action = { .sa_handler = count_signal }, before;
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec often = { { 0, 1000000 }, { 0, 1000000 } };
	uint64_t start_ns;
	timer_t timer;

	assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
	assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
	assert_int_equal(timer_settime(timer, 0, &often, NULL), 0);
	for (nsignals = 0; nsignals < 3;) {
		start_ns = now_ns();
		assert_int_equal(upnvme_qpair_wait(rig->qp, 30 * MS), 0);
		assert_true(now_ns() - start_ns >= 30 * MS);
	}
	timer_delete(timer);
	sigaction(SIGUSR1, &before, NULL);
}

/* --- an event loop -------------------------------------------------------------------------------- */

/* Requests of many parts, each of which submits the next from its callback. */
struct chain {
	struct rig *rig;
	char *buf;
	uint32_t blocks, left, ndone;
};

static void chain_next(struct chain *chain);

static void chain_done(void *arg, const struct upnvme_completion *done)
{
	struct chain *chain = arg;

	assert_int_equal(done->status, 0);
	assert_int_equal(done->blocks, chain->blocks);
	chain->ndone++;
	if (chain->left)
		chain_next(chain);
}

static void chain_next(struct chain *chain)
{
	chain->left--;
	OK(upnvme_read(chain->rig->qp, chain->rig->ns, chain->buf, 0, chain->blocks, chain_done,
		       chain));
}

/* `ring` is the loop's call before it sleeps; above 0: a completion is there already. */
static void loop(struct chain *chain, int (*ring)(upnvme_qpair *qp))
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	int fd = upnvme_qpair_fd(chain->rig->qp);
	uint32_t n = chain->left;

	assert_true(epoll >= 0 && fd >= 0);
	assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), 0);
	chain_next(chain);
	while (chain->ndone < n) {
		int more = ring(chain->rig->qp);

		OK(more);
		if (more) {
			OK(upnvme_poll(chain->rig->qp, 0));
			continue;
		}
		if (epoll_wait(epoll, &event, 1, 20000) != 1)
			fail_msg("not woken, %u of %u are done", chain->ndone, n);
		poll_signalled(chain->rig->qp);
	}
	close(epoll);
}

static int ask(upnvme_qpair *qp)
{
	return upnvme_qpair_wait(qp, 0);
}

static void an_event_loop_runs_by_the_eventfd(void **state)
{
	static int (*const rings[])(upnvme_qpair * qp) = { ask, upnvme_qpair_ring };

	for (size_t i = 0; i < NELEMS(rings); i++) {
		struct rig rig;
		struct chain chain = { .rig = &rig, .left = rounds(2000), .blocks = 40 };

		rig_open(&rig, 0, 0, THREADED "&mdts=1&block=512");
		OK(upnvme_qpair_close(rig.qp));
		/* Fewer slots than parts: a poll that hands nothing out issues further ones. */
		rig.qp = create_qpair(rig.ctrlr, 4, 0, UPNVME_QPAIR_INTERRUPT);
		chain.buf = dma(rig.ctrlr, 40 * 512);
		loop(&chain, rings[i]);
		rig_close(&rig);
	}
}

/* --- threads -------------------------------------------------------------------------------------- */

struct waiter {
	upnvme_ctrlr *ctrlr;
	upnvme_ns *ns;
	upnvme_qpair *qp; /* to be adopted; null: the thread makes its own */
	void *buf;
	uint32_t n;
};

static void count(void *arg, const struct upnvme_completion *done)
{
	*(uint32_t *)arg += done->status ? 1000000 : 1;
}

/* Returns 0, or the number of the step that failed. */
static int wait_for_many(struct waiter *waiter)
{
	uint32_t ndone = 0;

	while (ndone < waiter->n) {
		if (upnvme_read(waiter->qp, waiter->ns, waiter->buf, ndone % 64, 1, count, &ndone))
			return __LINE__;
		if (upnvme_qpair_wait(waiter->qp, LONG_NS) != 1)
			return __LINE__;
		if (upnvme_poll(waiter->qp, 0) != 1)
			return __LINE__;
	}
	return ndone == waiter->n ? 0 : __LINE__;
}

static int wait_with_own(void *arg)
{
	struct waiter *waiter = arg;
	struct upnvme_qpair_opts opts = UPNVME_QPAIR_OPTS_INIT;
	int line;

	opts.flags = UPNVME_QPAIR_INTERRUPT;
	if (upnvme_qpair_create(&waiter->qp, waiter->ctrlr, &opts))
		return __LINE__;
	line = wait_for_many(waiter);
	return upnvme_qpair_close(waiter->qp) ? __LINE__ : line;
}

static void *run_own(void *arg)
{
	return (void *)(intptr_t)wait_with_own(arg);
}

static void threads_wait_for_their_own_completions(void **state)
{
	struct rig *rig = *state;
	struct waiter waiters[3];
	pthread_t threads[3];
	void *line;

	for (size_t i = 0; i < NELEMS(threads); i++) {
		waiters[i] = (struct waiter){ rig->ctrlr, rig->ns, NULL,
					      dma(rig->ctrlr, rig->block), rounds(2000) };
		assert_int_equal(pthread_create(&threads[i], NULL, run_own, &waiters[i]), 0);
	}
	for (size_t i = 0; i < NELEMS(threads); i++) {
		pthread_join(threads[i], &line);
		if (line)
			fail_msg("line %d", (int)(intptr_t)line);
	}
}

static int wait_with_adopted(void *arg)
{
	struct waiter *waiter = arg;
	int fd = upnvme_qpair_fd(waiter->qp), line;

	if (fd < 0 || upnvme_qpair_wait(waiter->qp, 0) != -EPERM)
		return __LINE__;
	if (upnvme_qpair_adopt(waiter->qp) || upnvme_qpair_fd(waiter->qp) != fd)
		return __LINE__;
	line = wait_for_many(waiter);
	return upnvme_qpair_release(waiter->qp) ? __LINE__ : line;
}

static void the_eventfd_goes_with_its_queue_pair_to_another_thread(void **state)
{
	struct rig *rig = *state;
	struct waiter waiter = { rig->ctrlr, rig->ns, rig->qp, dma(rig->ctrlr, rig->block), 50 };

	OK(upnvme_qpair_release(rig->qp));
	expect_error(upnvme_qpair_wait(rig->qp, 0), -EPERM, UPNVME_ERR_QPAIR_RELEASED, NULL);
	assert_int_equal(in_thread(wait_with_adopted, &waiter), 0);
	OK(upnvme_qpair_adopt(rig->qp));
	assert_int_equal(wait_for_many(&waiter), 0);
}

static int child(void *arg)
{
	struct rig *rig = arg;

	return upnvme_qpair_fd(rig->qp) == -EOWNERDEAD &&
			       upnvme_qpair_wait(rig->qp, UINT64_MAX) == -EOWNERDEAD ?
		       0 :
		       1;
}

static void a_child_cannot_wait(void **state)
{
	struct rig *rig = *state;
	struct waiter waiter = { rig->ctrlr, rig->ns, rig->qp, dma(rig->ctrlr, rig->block), 50 };

	assert_int_equal(in_child(child, rig), 0);
	assert_int_equal(wait_for_many(&waiter), 0);
}

/* --- where interrupts are missing ------------------------------------------------------------- */

static void wait_in_callback(void *arg, const struct upnvme_completion *done)
{
	expect_error(upnvme_qpair_wait(arg, UINT64_MAX), -EDEADLK, UPNVME_ERR_IN_CALLBACK, NULL);
}

static void a_callback_may_not_wait(void **state)
{
	struct rig *rig = *state;
	char *buf = dma(rig->ctrlr, rig->block);

	OK(upnvme_read(rig->qp, rig->ns, buf, 0, 1, wait_in_callback, rig->qp));
	assert_int_equal(upnvme_qpair_wait(rig->qp, LONG_NS), 1);
	assert_int_equal(upnvme_poll(rig->qp, 0), 1);
}

static void a_queue_pair_without_the_flag_has_no_eventfd(void **state)
{
	struct rig rig;

	rig_open(&rig, 0, 0, THREADED);
	expect_error(upnvme_qpair_fd(rig.qp), -ENOTSUP, UPNVME_ERR_FLAGS, "UPNVME_QPAIR_INTERRUPT",
		     NULL);
	expect_error(upnvme_qpair_wait(rig.qp, 0), -ENOTSUP, UPNVME_ERR_FLAGS,
		     "UPNVME_QPAIR_INTERRUPT", NULL);
	expect_error(upnvme_qpair_fd(NULL), -EINVAL, UPNVME_ERR_NULL, "upnvme_qpair_fd", NULL);
	expect_error(upnvme_qpair_wait(NULL, 0), -EINVAL, UPNVME_ERR_NULL, "upnvme_qpair_wait",
		     NULL);
	rig_close(&rig);
}

static void an_inline_controller_refuses_interrupts(void **state)
{
	struct upnvme_qpair_opts opts = UPNVME_QPAIR_OPTS_INIT;
	upnvme_qpair *qp = NULL;
	struct rig rig;

	opts.flags = UPNVME_QPAIR_INTERRUPT;
	rig_open(&rig, 0, 0, "soft:ram?size=1MiB&queues=2");
	expect_error(upnvme_qpair_create(&qp, rig.ctrlr, &opts), -ENOTSUP, UPNVME_ERR_UNSUPPORTED,
		     "mode=thread", "UPNVME_QPAIR_INTERRUPT", NULL);
	assert_null(qp);
	/* The failed call has left nothing. */
	OK(upnvme_qpair_close(create_qpair(rig.ctrlr, 0, 0, 0)));
	rig_close(&rig);
}

static void descriptors_that_run_out_are_an_error(void **state)
{
	struct rig *rig = *state;
	struct upnvme_qpair_opts opts = UPNVME_QPAIR_OPTS_INIT;
	struct rlimit before, none;
	upnvme_qpair *qp;
	int rc;

	opts.flags = UPNVME_QPAIR_INTERRUPT;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	rc = upnvme_qpair_create(&qp, rig->ctrlr, &opts);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	expect_error(rc, -EMFILE, UPNVME_ERR_SYSTEM, "eventfd", NULL);
	OK(upnvme_qpair_create(&qp, rig->ctrlr, &opts));
	OK(upnvme_qpair_close(qp));
}

/* --- the end of a queue pair ------------------------------------------------------------------ */

static void the_eventfd_goes_when_the_queue_pair_is_closed(void **state)
{
	struct rig *rig = *state;
	upnvme_qpair *qp = create_qpair(rig->ctrlr, 0, 0, UPNVME_QPAIR_INTERRUPT);
	int fd = upnvme_qpair_fd(qp);

	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_not_equal(fd, upnvme_qpair_fd(rig->qp));
	OK(upnvme_qpair_stop(qp));
	assert_int_equal(upnvme_qpair_fd(qp), fd);
	OK(upnvme_qpair_close(qp));
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_int_equal(errno, EBADF);
	for (uint32_t i = 0; i < 200; i++) {
		qp = create_qpair(rig->ctrlr, 0, 0, UPNVME_QPAIR_INTERRUPT);
		assert_int_equal(upnvme_qpair_fd(qp), fd);
		OK(upnvme_qpair_close(qp));
	}
}

static void a_stopped_queue_pair_can_be_waited_for_until_its_completions_are_reaped(void **state)
{
	struct rig *rig = *state;
	char *buf = dma(rig->ctrlr, rig->block);
	struct upnvme_completion done[2];

	OK(upnvme_read(rig->qp, rig->ns, buf, 0, 1, NULL, (void *)6));
	OK(upnvme_qpair_stop(rig->qp));
	assert_int_equal(upnvme_qpair_wait(rig->qp, UINT64_MAX), 1);
	assert_int_equal(upnvme_reap(rig->qp, done, 2), 1);
	expect_error(upnvme_qpair_wait(rig->qp, UINT64_MAX), -ESHUTDOWN, UPNVME_ERR_QPAIR_CLOSED,
		     NULL);
}

/* The other ways to use a queue pair stay what they are. */
static void a_queue_pair_with_an_eventfd_can_be_polled(void **state)
{
	struct rig *rig = *state;
	struct upnvme_qpair_stats stats = { .size = UPNVME_QPAIR_STATS_SIZE };
	struct upnvme_op op = { .opcode = UPNVME_OP_FLUSH, .nsid = 1, .tag = 3 };
	struct upnvme_completion done;
	char *buf = dma(rig->ctrlr, rig->block);

	/* The first call opens the gate for the others. */
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(do_read(rig, buf, i, 1), 0);
	OK(upnvme_qpair_stats_get(rig->qp, &stats));
	assert_true(stats.general <= 1);
	assert_int_equal(upnvme_exec(rig->qp, &op, 1, &done, 1, UINT64_MAX), 1);
	assert_int_equal(done.tag, 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_wait_ends_by_its_completion),
		TEST(a_wait_rings_for_a_controller_that_sleeps),
		TEST(a_completion_that_is_there_ends_a_wait_at_once),
		TEST(the_time_out_ends_a_wait_without_commands),
		TEST(signals_neither_end_nor_prolong_a_wait),
		cmocka_unit_test(an_event_loop_runs_by_the_eventfd),
		TEST(threads_wait_for_their_own_completions),
		TEST(the_eventfd_goes_with_its_queue_pair_to_another_thread),
		TEST(a_child_cannot_wait),
		TEST(a_callback_may_not_wait),
		cmocka_unit_test(a_queue_pair_without_the_flag_has_no_eventfd),
		cmocka_unit_test(an_inline_controller_refuses_interrupts),
		TEST(descriptors_that_run_out_are_an_error),
		TEST(the_eventfd_goes_when_the_queue_pair_is_closed),
		TEST(a_stopped_queue_pair_can_be_waited_for_until_its_completions_are_reaped),
		TEST(a_queue_pair_with_an_eventfd_can_be_polled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
