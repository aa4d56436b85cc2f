/* SPDX-License-Identifier: BSD-3-Clause */
/* The owner of a queue pair may use it, and the ways from one owner to another. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "support.h"

struct shared {
	struct rig rig;
	void *buf;
	int failed_line;
};

#define CHECK(condition)                                \
	do {                                            \
		if (!(condition)) {                     \
			shared->failed_line = __LINE__; \
			return -1;                      \
		}                                       \
	} while (0)

static bool last_code_is(uint32_t code)
{
	struct upnvme_error error;

	upnvme_error_get(&error);
	return error.code == code;
}

#define REFUSED(call, err, code) CHECK((call) == (err) && last_code_is(code))

static int every_call_is_refused(void *arg)
{
	struct shared *shared = arg;
	upnvme_qpair *qp = shared->rig.qp;
	upnvme_ns *ns = shared->rig.ns;
	struct upnvme_completion done[2];
	struct upnvme_op op = { .opcode = UPNVME_OP_FLUSH, .nsid = 1 };
	struct upnvme_qpair_stats stats = { .size = UPNVME_QPAIR_STATS_SIZE };
	const uint32_t code = UPNVME_ERR_WRONG_THREAD;

	REFUSED(upnvme_read(qp, ns, shared->buf, 0, 1, on_done, NULL), -EPERM, code);
	REFUSED(upnvme_write(qp, ns, shared->buf, 0, 1, on_done, NULL), -EPERM, code);
	REFUSED(upnvme_compare(qp, ns, shared->buf, 0, 1, on_done, NULL), -EPERM, code);
	REFUSED(upnvme_flush(qp, ns, on_done, NULL), -EPERM, code);
	REFUSED(upnvme_write_zeroes(qp, ns, 0, 1, on_done, NULL), -EPERM, code);
	REFUSED(upnvme_deallocate(qp, ns, 0, 1, on_done, NULL), -EPERM, code);
	REFUSED(upnvme_verify(qp, ns, 0, 1, on_done, NULL), -EPERM, code);
	REFUSED(upnvme_io(qp, &op, NULL, NULL), -EPERM, code);
	REFUSED(upnvme_submit(qp, &op, 1), -EPERM, code);
	REFUSED(upnvme_poll(qp, 0), -EPERM, code);
	REFUSED(upnvme_reap(qp, done, 2), -EPERM, code);
	REFUSED(upnvme_exec(qp, &op, 1, done, 2, 0), -EPERM, code);
	REFUSED(upnvme_qpair_ring(qp), -EPERM, code);
	REFUSED(upnvme_qpair_wait(qp, 0), -EPERM, code);
	REFUSED(upnvme_qpair_stop(qp), -EPERM, code);
	REFUSED(upnvme_qpair_close(qp), -EPERM, code);
	REFUSED(upnvme_qpair_release(qp), -EPERM, code);
	REFUSED(upnvme_qpair_adopt(qp), -EBUSY, UPNVME_ERR_QPAIR_OWNED);
	REFUSED(upnvme_qpair_stats_get(qp, &stats), -EPERM, code);
	REFUSED(upnvme_qpair_histogram(qp, NULL, 0), -EPERM, code);
	CHECK(strstr(upnvme_last_error(), "upnvme_qpair_abandon"));
	CHECK(upnvme_qpair_inflight(qp) == 0);
	CHECK(upnvme_qpair_id(qp) == 1);
	return 0;
}

static void shared_open(struct shared *shared, const char *mode)
{
	memset(shared, 0, sizeof(*shared));
	rig_open(&shared->rig, 16, 0, "soft:ram?size=1MiB&mode=%s", mode);
	shared->buf = dma(shared->rig.ctrlr, 64 << 10);
}

static void a_wrong_thread_is_refused_everywhere(void **state)
{
	struct shared shared;
	struct io io = { 0 };

	shared_open(&shared, "inline");
	/* Idle, and with a command in flight. */
	if (in_thread(every_call_is_refused, &shared))
		fail_msg("line %d", shared.failed_line);
	OK(upnvme_read(shared.rig.qp, shared.rig.ns, shared.buf, 0, 1, on_done, &io));
	if (in_thread(every_call_is_refused, &shared))
		fail_msg("line %d", shared.failed_line);
	wait_for(shared.rig.qp, &io, 1);
	rig_close(&shared.rig);
}

static int adopt_and_finish(void *arg)
{
	struct shared *shared = arg;
	struct upnvme_completion done[4];
	uint64_t deadline = now_ns() + 20000000000ull;
	int n = 0;

	REFUSED(upnvme_poll(shared->rig.qp, 0), -EPERM, UPNVME_ERR_QPAIR_RELEASED);
	REFUSED(upnvme_read(shared->rig.qp, shared->rig.ns, shared->buf, 0, 1, NULL, NULL), -EPERM,
		UPNVME_ERR_QPAIR_RELEASED);
	CHECK(upnvme_qpair_adopt(shared->rig.qp) == 0);
	while (n == 0 && now_ns() < deadline)
		n = upnvme_reap(shared->rig.qp, done, 4);
	CHECK(n == 1 && done[0].tag == 42 && done[0].status == 0);
	CHECK(upnvme_read(shared->rig.qp, shared->rig.ns, shared->buf, 1, 1, NULL, (void *)43) ==
	      0);
	CHECK(upnvme_qpair_release(shared->rig.qp) == 0);
	return 0;
}

static void a_queue_pair_goes_to_another_thread_and_back(void **state)
{
	static const char *const modes[] = { "inline", "thread" };

	for (size_t i = 0; i < NELEMS(modes); i++) {
		struct shared shared;
		struct upnvme_completion done[4];
		uint64_t deadline = now_ns() + 20000000000ull;
		int n = 0;

		shared_open(&shared, modes[i]);
		OK(upnvme_read(shared.rig.qp, shared.rig.ns, shared.buf, 0, 1, NULL, (void *)42));
		OK(upnvme_qpair_release(shared.rig.qp));
		expect_error(upnvme_poll(shared.rig.qp, 0), -EPERM, UPNVME_ERR_QPAIR_RELEASED,
			     "upnvme_qpair_adopt", NULL);
		expect_error(upnvme_qpair_release(shared.rig.qp), -EPERM, UPNVME_ERR_QPAIR_RELEASED,
			     NULL);
		if (in_thread(adopt_and_finish, &shared))
			fail_msg("line %d: %s", shared.failed_line, upnvme_last_error());
		OK(upnvme_qpair_adopt(shared.rig.qp));
		while (n == 0 && now_ns() < deadline)
			n = upnvme_reap(shared.rig.qp, done, 4);
		assert_int_equal(n, 1);
		assert_int_equal(done[0].tag, 43);
		rig_close(&shared.rig);
	}
}

static int create_and_die(void *arg)
{
	struct shared *shared = arg;

	shared->rig.qp = create_qpair(shared->rig.ctrlr, 8, 0, 0);
	return upnvme_read(shared->rig.qp, shared->rig.ns, shared->buf, 0, 1, NULL, (void *)7);
}

static void an_abandoned_queue_pair_can_be_adopted(void **state)
{
	struct shared shared;
	struct upnvme_completion done[4];
	upnvme_qpair *own;

	shared_open(&shared, "inline");
	own = shared.rig.qp;
	assert_int_equal(in_thread(create_and_die, &shared), 0);
	expect_error(upnvme_qpair_adopt(shared.rig.qp), -EBUSY, UPNVME_ERR_QPAIR_OWNED, NULL);
	expect_error(upnvme_qpair_close(shared.rig.qp), -EPERM, UPNVME_ERR_WRONG_THREAD, NULL);
	OK(upnvme_qpair_abandon(shared.rig.qp));
	OK(upnvme_qpair_adopt(shared.rig.qp));
	assert_int_equal(upnvme_reap(shared.rig.qp, done, 4), 1);
	assert_int_equal(done[0].tag, 7);
	OK(upnvme_qpair_close(shared.rig.qp));
	shared.rig.qp = own;
	rig_close(&shared.rig);
}

static int close_released(void *arg)
{
	return upnvme_qpair_close(arg);
}

static void a_released_queue_pair_may_be_closed_by_any_thread(void **state)
{
	struct shared shared;

	shared_open(&shared, "inline");
	OK(upnvme_qpair_release(shared.rig.qp));
	assert_int_equal(in_thread(close_released, shared.rig.qp), 0);
	OK(upnvme_close(shared.rig.ctrlr));
}

struct worker {
	struct rig *rig;
	upnvme_qpair *qp;
	char *buf;
	uint64_t first;
	uint32_t rounds;
	int line;
	pthread_t thread;
};

#define WORKER_BLOCKS 64u

static bool finished(upnvme_qpair *qp, struct io *io, uint32_t n)
{
	uint64_t deadline = now_ns() + 60000000000ull;

	while (io->ndone < n)
		if (upnvme_poll(qp, 0) < 0 || now_ns() > deadline)
			return false;
	return io->last.status == 0;
}

static int worker_round(struct worker *worker, uint32_t round)
{
	struct io io = { 0 };
	uint32_t block = worker->rig->block;

	for (uint32_t i = 0; i < WORKER_BLOCKS; i++) {
		char *buf = worker->buf + (size_t)i * block;

		pattern_fill(buf, worker->first + i, 1, block, round + 1);
		while (upnvme_write(worker->qp, worker->rig->ns, buf, worker->first + i, 1, on_done,
				    &io))
			if (upnvme_poll(worker->qp, 0) < 0)
				return __LINE__;
	}
	if (!finished(worker->qp, &io, WORKER_BLOCKS))
		return __LINE__;
	memset(worker->buf, 0, (size_t)WORKER_BLOCKS * block);
	if (upnvme_read(worker->qp, worker->rig->ns, worker->buf, worker->first, WORKER_BLOCKS,
			on_done, &io))
		return __LINE__;
	if (!finished(worker->qp, &io, WORKER_BLOCKS + 1))
		return __LINE__;
	return pattern_is(worker->buf, worker->first, WORKER_BLOCKS, block, round + 1) ? 0 :
											 __LINE__;
}

static void *worker_run(void *arg)
{
	struct worker *worker = arg;
	void *buf;

	if (upnvme_qpair_create(&worker->qp, worker->rig->ctrlr, NULL) ||
	    upnvme_dma_alloc(&buf, worker->rig->ctrlr, WORKER_BLOCKS * worker->rig->block, 0)) {
		worker->line = __LINE__;
		return NULL;
	}
	worker->buf = buf;
	for (uint32_t i = 0; i < worker->rounds && !worker->line; i++)
		worker->line = worker_round(worker, i);
	if (upnvme_dma_free(worker->rig->ctrlr, worker->buf) || upnvme_qpair_close(worker->qp))
		worker->line = __LINE__;
	return NULL;
}

static void two_threads_with_a_queue_pair_each(void **state)
{
	char *image = image_create(4 << 20);
	const char *uris[] = { "ram?size=4MiB&block=512", "ram?size=4MiB&mode=thread", image,
			       NULL };
	char *threaded = NULL;

	assert_true(asprintf(&threaded, "%s?mode=thread&block=4096", image) > 0);
	uris[3] = threaded;
	for (size_t i = 0; i < NELEMS(uris); i++) {
		struct worker workers[2] = { 0 };
		struct rig rig;

		rig_open(&rig, 0, 0, "soft:%s", uris[i]);
		for (uint32_t t = 0; t < 2; t++) {
			workers[t].rig = &rig;
			workers[t].first = t * WORKER_BLOCKS;
			workers[t].rounds = is_slow_build() ? 30 : 200;
			assert_int_equal(pthread_create(&workers[t].thread, NULL, worker_run,
							&workers[t]),
					 0);
		}
		for (uint32_t t = 0; t < 2; t++)
			assert_int_equal(pthread_join(workers[t].thread, NULL), 0);
		for (uint32_t t = 0; t < 2; t++)
			if (workers[t].line)
				fail_msg("%s: thread %u, line %d", uris[i], t, workers[t].line);
		rig_close(&rig);
	}
	free(threaded);
	image_remove(image);
}

struct churn {
	struct rig *rig;
	_Atomic bool stop;
	uint32_t rounds;
	int rc;
};

/* Allocates, frees, registers and creates queue pairs, all of which reach into other owners' queue pairs. */
static void *churn_run(void *arg)
{
	struct churn *churn = arg;
	static char memory[8 * 4096] __attribute__((aligned(4096)));

	while (!atomic_load(&churn->stop) && !churn->rc) {
		upnvme_qpair *qp = NULL;
		void *buf = NULL;

		churn->rc = upnvme_dma_alloc(&buf, churn->rig->ctrlr, 3 << 20, 0);
		if (!churn->rc)
			churn->rc = upnvme_dma_free(churn->rig->ctrlr, buf);
		if (!churn->rc)
			churn->rc = upnvme_mem_register(churn->rig->ctrlr, memory, sizeof(memory));
		if (!churn->rc)
			churn->rc =
				upnvme_mem_unregister(churn->rig->ctrlr, memory, sizeof(memory));
		if (!churn->rc)
			churn->rc = upnvme_qpair_create(&qp, churn->rig->ctrlr, NULL);
		if (!churn->rc)
			churn->rc = upnvme_qpair_close(qp);
		churn->rounds++;
	}
	return NULL;
}

static void memory_comes_and_goes_beside_a_busy_queue_pair(void **state)
{
	struct rig rig;
	struct churn churn = { .rig = &rig };
	struct worker worker = { .rig = &rig, .rounds = is_slow_build() ? 50 : 500 };
	pthread_t thread;

	rig_open(&rig, 0, 0, "soft:ram?size=4MiB");
	assert_int_equal(pthread_create(&thread, NULL, churn_run, &churn), 0);
	worker_run(&worker);
	atomic_store(&churn.stop, true);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(worker.line, 0);
	assert_int_equal(churn.rc, 0);
	assert_true(churn.rounds > 0);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wrong_thread_is_refused_everywhere),
		cmocka_unit_test(a_queue_pair_goes_to_another_thread_and_back),
		cmocka_unit_test(an_abandoned_queue_pair_can_be_adopted),
		cmocka_unit_test(a_released_queue_pair_may_be_closed_by_any_thread),
		cmocka_unit_test(two_threads_with_a_queue_pair_each),
		cmocka_unit_test(memory_comes_and_goes_beside_a_busy_queue_pair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
