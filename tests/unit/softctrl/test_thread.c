/* SPDX-License-Identifier: BSD-3-Clause */
/* Threads: the controller's own, and several hosts that lend it theirs. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/pause.h"
#include "support/long.h"
#include "support/softctrl_host.h"

static struct host *start(bool threaded)
{
	struct host *host = calloc(1, sizeof(*host));

	host_init(host);
	host->config.threaded = threaded;
	host_create(host);
	host_enable(host);
	return host;
}

static int setup_threaded(void **state)
{
	*state = start(true);
	return 0;
}

static int setup_inline(void **state)
{
	*state = start(false);
	return 0;
}

struct worker {
	struct host *host;
	uint16_t qid;
	uint64_t iova;
	unsigned nerrors;
	unsigned nlaps;
};

/* Runs a command without cmocka's asserts, which belong to the test's own thread. */
static uint16_t run(struct worker *worker, struct upnvme_spec_sqe sqe)
{
	uint64_t deadline = deadline_after(20 * NS_PER_S);
	struct upnvme_spec_cqe cqe;
	struct pause pause = { 0 };
	uint16_t cid = host_submit(worker->host, worker->qid, sqe);

	do {
		host_process(worker->host, worker->qid);
		if (host_reap(worker->host, worker->qid, &cqe))
			return cqe.cid == cid && cqe.sqid == worker->qid ?
				       (uint16_t)host_code(cqe) :
				       0xffff;
		pause_next(&pause);
	} while (!deadline_passed(deadline));
	return 0xfffe;
}

/* A worker has blocks of its own, and finds the bytes there that it wrote. */
static void *write_and_read(void *arg)
{
	struct worker *worker = arg;
	uint8_t *data = host_ptr(worker->host, worker->iova);

	for (unsigned i = 0; i < worker->nlaps; i++) {
		uint64_t lba = worker->qid * 1000u + i % 100 * 8;
		uint8_t value = (uint8_t)(i + worker->qid);

		memset(data, value, 4096);
		worker->nerrors += run(worker, host_rw(0x01, 1, lba, 8, worker->iova, 0)) != 0;
		memset(data, 0, 4096);
		worker->nerrors += run(worker, host_rw(0x02, 1, lba, 8, worker->iova, 0)) != 0;
		worker->nerrors += data[0] != value || data[4095] != value;
	}
	return NULL;
}

static void run_workers(struct host *host, unsigned nworkers, unsigned nlaps)
{
	struct worker workers[4] = { 0 };
	pthread_t threads[4];

	for (unsigned i = 0; i < nworkers; i++) {
		workers[i] =
			(struct worker){ .host = host, .qid = (uint16_t)(i + 1), .nlaps = nlaps };
		host_page(host, &workers[i].iova);
		host_queue_pair(host, workers[i].qid, 32, 32);
		assert_int_equal(pthread_create(&threads[i], NULL, write_and_read, &workers[i]), 0);
	}
	for (unsigned i = 0; i < nworkers; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(workers[i].nerrors, 0);
	}
}

static void several_threads_have_a_queue_pair_each(void **state)
{
	struct host *host = *state;

	run_workers(host, 3, long_or_short(1000, 250));
	for (uint16_t qid = 1; qid <= 3; qid++)
		host_queue_pair_delete(host, qid);
}

static void the_parked_thread_sees_keep_alive_expire(void **state)
{
	struct host *host = *state;
	struct upnvme_spec_sqe sqe = { .opcode = 0x09, .cdw10 = 0x0f, .cdw11 = 1 };
	uint64_t deadline = deadline_after(10 * NS_PER_S);
	struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };

	assert_int_equal(host_status(host, 0, sqe), 0);
	while (softctrl_read32(host->sc, UPNVME_SPEC_REG_CSTS) == 1 && !deadline_passed(deadline))
		nanosleep(&pause, NULL);
	assert_int_equal(softctrl_read32(host->sc, UPNVME_SPEC_REG_CSTS), 3);
}

static void a_full_completion_queue_goes_on_when_the_head_moves(void **state)
{
	struct host *host = *state;
	uint64_t iova;

	host_page(host, &iova);
	host_queue_pair(host, 1, 64, 4);
	for (int i = 0; i < 60; i++)
		host_submit(host, 1, host_rw(0x02, 1, 0, 1, iova, 0));
	for (int i = 0; i < 60; i++)
		assert_int_equal(host_code(host_wait(host, 1)), 0);
}

struct resetter {
	struct worker worker;
	_Atomic bool stop;
};

static void *poll_until_told(void *arg)
{
	struct resetter *resetter = arg;

	while (!atomic_load(&resetter->stop)) {
		host_ring_sq(resetter->worker.host, 1, 0);
		softctrl_process(resetter->worker.host->sc, 1);
		softctrl_process(resetter->worker.host->sc, 0);
		sched_yield();
	}
	return NULL;
}

static void reset_from_another_thread_while_an_owner_polls(void **state)
{
	struct host *host = *state;
	struct resetter resetter = { .worker = { .host = host, .qid = 1 } };
	uint64_t iova;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, poll_until_told, &resetter), 0);
	for (unsigned i = long_or_short(100, 30); i; i--) {
		host_queue_pair(host, 1, 64, 64);
		host_queue_pair(host, 2, 64, 64);
		host_page(host, &iova);
		for (int j = 0; j < 20; j++)
			assert_int_equal(host_status(host, 2, host_rw(0x02, 1, 0, 1, iova, 0)), 0);
		host_disable(host);
		host_enable(host);
	}
	atomic_store(&resetter.stop, true);
	pthread_join(thread, NULL);
}

static void *get_smart(void *arg)
{
	struct worker *worker = arg;
	struct upnvme_spec_sqe sqe = { .opcode = 0x02,
				       .cdw10 = 127u << 16 | 0x02,
				       .prp1 = worker->iova };

	for (unsigned i = long_or_short(300, 100); i; i--) {
		worker->nerrors += run(worker, sqe) != 0;
		softctrl_namespace_resize(worker->host->sc, 1, 32768 - i % 2);
		softctrl_temperature_set(worker->host->sc, (uint16_t)(300 + i % 60));
	}
	return NULL;
}

static void administration_goes_on_beside_io(void **state)
{
	struct host *host = *state;
	struct worker admin = { .host = host },
		      io = { .host = host, .qid = 1, .nlaps = long_or_short(1000, 250) };
	pthread_t one, two;

	host_page(host, &admin.iova);
	host_page(host, &io.iova);
	host_queue_pair(host, 1, 32, 32);
	assert_int_equal(pthread_create(&one, NULL, get_smart, &admin), 0);
	assert_int_equal(pthread_create(&two, NULL, write_and_read, &io), 0);
	pthread_join(one, NULL);
	pthread_join(two, NULL);
	assert_int_equal(admin.nerrors, 0);
	assert_int_equal(io.nerrors, 0);
}

static void signals_are_not_for_the_controllers_thread(void **state)
{
	struct host *host = *state;
	sigset_t set, pending;

	/* A signal that is blocked here and in the controller's thread can only stay pending. */
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	kill(getpid(), SIGUSR1);
	assert_int_equal(host_status(host, 0, (struct upnvme_spec_sqe){ .opcode = 0x18 }), 0);
	sigpending(&pending);
	assert_true(sigismember(&pending, SIGUSR1));
	signal(SIGUSR1, SIG_IGN);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* A burst ends before its queue is empty: the thread comes back by itself. */
static void bursts_go_on_without_another_doorbell(void **state)
{
	struct upnvme_spec_sqe arbitration = { .opcode = 0x09, .cdw10 = 0x01, .cdw11 = 0 };
	struct upnvme_spec_sqe flush = { .opcode = 0x00, .nsid = 1 };
	struct host *host = *state;

	assert_int_equal(host_status(host, 0, arbitration), 0);
	host_queue_pair(host, 1, 16, 16);
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < 10; i++)
			host_put(host, 1, flush);
		host_ring_sq(host, 1, host->queues[1].tail);
		for (int i = 0; i < 10; i++)
			assert_int_equal(host_code(host_wait(host, 1)), 0);
	}
}

#define both(name)                                                          \
	cmocka_unit_test_setup_teardown(name, setup_inline, host_teardown), \
		cmocka_unit_test_setup_teardown(name, setup_threaded, host_teardown)
#define threaded(name) cmocka_unit_test_setup_teardown(name, setup_threaded, host_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		both(several_threads_have_a_queue_pair_each),
		both(reset_from_another_thread_while_an_owner_polls),
		both(administration_goes_on_beside_io),
		threaded(the_parked_thread_sees_keep_alive_expire),
		threaded(a_full_completion_queue_goes_on_when_the_head_moves),
		both(bursts_go_on_without_another_doorbell),
		threaded(signals_are_not_for_the_controllers_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
