/* SPDX-License-Identifier: BSD-3-Clause */
/* A device's interrupts (MSI-X): as many waiting queue pairs as the controller has vectors, by the
 * command line, besides the admin queue's. The content of the controller is overwritten. */
#include <errno.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "support.h"

#define LONG_NS 20000000000ull
#define DEPTH   8u
#define N       300u

static const char *uri;
static uint32_t nvectors;

static int open_rig(void **state)
{
	static struct rig rig;

	rig_open(&rig, 0, 0, "%s", uri);
	*state = &rig;
	return 0;
}

static int close_rig(void **state)
{
	rig_close(*state);
	return 0;
}

static int waiting(upnvme_qpair **qp, upnvme_ctrlr *ctrlr)
{
	struct upnvme_qpair_opts opts = UPNVME_QPAIR_OPTS_INIT;

	opts.entries = 64;
	opts.flags = UPNVME_QPAIR_INTERRUPT;
	return upnvme_qpair_create(qp, ctrlr, &opts);
}

/* --- by upnvme_qpair_wait -------------------------------------------------------------------------- */

struct waiter {
	struct rig *rig;
	char *buf;
	uint64_t seed;
	uint32_t nfailed;
};

static void count_failures(void *arg, const struct upnvme_completion *done)
{
	*(uint32_t *)arg += done->status != 0;
}

/* Takes all completions without a poll in vain; returns 0, or the number of the step that
 * failed. */
static int take(upnvme_qpair *qp)
{
	while (upnvme_qpair_inflight(qp)) {
		if (upnvme_qpair_wait(qp, LONG_NS) != 1)
			return __LINE__;
		if (upnvme_poll(qp, 0) < 1)
			return __LINE__;
	}
	return 0;
}

/* Each waiter has blocks of its own, writes and reads them by turns, and compares. */
static int work(struct waiter *waiter, upnvme_qpair *qp)
{
	struct rig *rig = waiter->rig;
	uint64_t lba = waiter->seed * DEPTH;
	int line = 0;

	for (uint64_t i = 0; i < N && !line; i++) {
		pattern_fill(waiter->buf, lba, DEPTH, rig->block, waiter->seed + i);
		for (uint32_t j = 0; j < DEPTH; j++)
			if (upnvme_write(qp, rig->ns, waiter->buf + j * rig->block, lba + j, 1,
					 count_failures, &waiter->nfailed))
				return __LINE__;
		line = take(qp);
		memset(waiter->buf, 0, DEPTH * rig->block);
		if (upnvme_read(qp, rig->ns, waiter->buf, lba, DEPTH, count_failures,
				&waiter->nfailed))
			return __LINE__;
		line = line ? line : take(qp);
		if (!pattern_is(waiter->buf, lba, DEPTH, rig->block, waiter->seed + i))
			return __LINE__;
	}
	return waiter->nfailed ? __LINE__ : line;
}

static void *run(void *arg)
{
	struct waiter *waiter = arg;
	upnvme_qpair *qp;
	int line;

	if (waiting(&qp, waiter->rig->ctrlr))
		return (void *)(intptr_t)__LINE__;
	line = work(waiter, qp);
	if (upnvme_qpair_close(qp))
		line = __LINE__;
	return (void *)(intptr_t)line;
}

static void threads_wait_for_their_writes_and_reads(void **state)
{
	struct rig *rig = *state;
	struct waiter waiters[2];
	pthread_t threads[2];
	uint32_t n = nvectors < 2 ? nvectors : 2;
	void *line;

	for (uint32_t i = 0; i < n; i++) {
		waiters[i] = (struct waiter){ rig, dma(rig->ctrlr, DEPTH * rig->block), i + 1, 0 };
		assert_int_equal(pthread_create(&threads[i], NULL, run, &waiters[i]), 0);
	}
	for (uint32_t i = 0; i < n; i++) {
		pthread_join(threads[i], &line);
		OK(upnvme_dma_free(rig->ctrlr, waiters[i].buf));
		if (line)
			fail_msg("line %d: %s", (int)(intptr_t)line, upnvme_last_error());
	}
}

static void the_time_out_ends_a_wait_without_commands(void **state)
{
	struct rig *rig = *state;
	upnvme_qpair *qp;

	OK(waiting(&qp, rig->ctrlr));
	assert_int_equal(upnvme_qpair_wait(qp, 0), 0);
	assert_int_equal(upnvme_qpair_wait(qp, 10000000), 0);
	OK(upnvme_qpair_close(qp));
}

/* --- by an event loop ------------------------------------------------------------------------------ */

struct stream {
	upnvme_qpair *qp;
	upnvme_ns *ns;
	char *buf;
	uint32_t blocks, nsubmitted, ndone;
};

static void stream_next(struct stream *stream);

static void stream_done(void *arg, const struct upnvme_completion *done)
{
	struct stream *stream = arg;

	assert_int_equal(done->status, 0);
	stream->ndone++;
	stream_next(stream);
}

static void stream_next(struct stream *stream)
{
	if (stream->nsubmitted == N)
		return;
	OK(upnvme_read(stream->qp, stream->ns, stream->buf, stream->nsubmitted++ % 64,
		       stream->blocks, stream_done, stream));
}

static void stream_open(struct stream *stream, struct rig *rig, uint32_t blocks, int epoll)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = stream };

	*stream = (struct stream){ .ns = rig->ns, .blocks = blocks };
	OK(waiting(&stream->qp, rig->ctrlr));
	stream->buf = dma(rig->ctrlr, (size_t)blocks * rig->block);
	assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, upnvme_qpair_fd(stream->qp), &event), 0);
	for (uint32_t i = 0; i < DEPTH; i++)
		stream_next(stream);
	OK(upnvme_qpair_ring(stream->qp));
}

/* One loop for all queue pairs with interrupts: reads of one block, and of several commands. */
static void one_loop_runs_every_queue_pair(void **state)
{
	struct rig *rig = *state;
	struct stream streams[4];
	uint32_t n = nvectors < NELEMS(streams) ? nvectors : (uint32_t)NELEMS(streams), ndone = 0;
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	for (uint32_t i = 0; i < n; i++)
		stream_open(&streams[i], rig, i % 2 ? 40 : 1, epoll);
	while (ndone < n * N) {
		struct epoll_event event;
		struct stream *woken;

		if (epoll_wait(epoll, &event, 1, 20000) != 1)
			fail_msg("not woken, %u of %u are done", ndone, n * N);
		woken = event.data.ptr;
		poll_signalled(woken->qp);
		OK(upnvme_qpair_ring(woken->qp));
		ndone = 0;
		for (uint32_t i = 0; i < n; i++)
			ndone += streams[i].ndone;
	}
	for (uint32_t i = 0; i < n; i++) {
		OK(upnvme_qpair_close(streams[i].qp));
		OK(upnvme_dma_free(rig->ctrlr, streams[i].buf));
	}
	close(epoll);
}

/* --- vectors --------------------------------------------------------------------------------------- */

static void expect_no_more(upnvme_ctrlr *ctrlr)
{
	upnvme_qpair *qp = NULL;
	int rc = waiting(&qp, ctrlr);

	if (nvectors)
		expect_error(rc, -ENOSPC, UPNVME_ERR_QPAIR_LIMIT, "MSI-X",
			     "without UPNVME_QPAIR_INTERRUPT", NULL);
	else
		expect_error(rc, -ENOTSUP, UPNVME_ERR_UNSUPPORTED, "MSI-X",
			     "without UPNVME_QPAIR_INTERRUPT", NULL);
	assert_null(qp);
}

/* Runs twice, so that vectors which were given back are used again; other queue pairs poll
 * meanwhile. */
static void vectors_run_out_and_come_back(void **state)
{
	struct rig *rig = *state;
	upnvme_qpair **qps = calloc(nvectors + 1, sizeof(*qps));
	struct waiter waiter = { rig, dma(rig->ctrlr, DEPTH * rig->block), 3, 0 };

	for (int lap = 0; lap < 2; lap++) {
		for (uint32_t i = 0; i < nvectors; i++)
			OK(waiting(&qps[i], rig->ctrlr));
		expect_no_more(rig->ctrlr);
		assert_int_equal(do_read(rig, waiter.buf, 0, 1), 0);
		for (uint32_t i = 0; i < nvectors; i += 5)
			assert_int_equal(work(&waiter, qps[i]), 0);
		for (uint32_t i = 0; i < nvectors; i++)
			OK(upnvme_qpair_close(qps[i]));
	}
	OK(upnvme_dma_free(rig->ctrlr, waiter.buf));
	free(qps);
}

/* The device's interrupts are off when it is closed, and are switched on by the next program that
 * opens it. */
static void a_controller_that_is_opened_again_interrupts_again(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		struct rig rig;
		struct waiter waiter = { .rig = &rig, .seed = 4 + i };
		upnvme_qpair *qp;

		rig_open(&rig, 0, 0, "%s", uri);
		waiter.buf = dma(rig.ctrlr, DEPTH * rig.block);
		if (nvectors) {
			OK(waiting(&qp, rig.ctrlr));
			assert_int_equal(work(&waiter, qp), 0);
			OK(upnvme_qpair_close(qp));
		}
		assert_int_equal(do_read(&rig, waiter.buf, 0, 1), 0);
		OK(upnvme_dma_free(rig.ctrlr, waiter.buf));
		rig_close(&rig);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(threads_wait_for_their_writes_and_reads),
		TEST(the_time_out_ends_a_wait_without_commands),
		TEST(one_loop_runs_every_queue_pair),
		TEST(vectors_run_out_and_come_back),
		cmocka_unit_test(a_controller_that_is_opened_again_interrupts_again),
	};
	const struct CMUnitTest without[] = {
		TEST(vectors_run_out_and_come_back),
		cmocka_unit_test(a_controller_that_is_opened_again_interrupts_again),
	};

	if (argc != 3) {
		fprintf(stderr, "usage: test_interrupt URI VECTORS\n");
		return 2;
	}
	uri = argv[1];
	nvectors = (uint32_t)strtoul(argv[2], NULL, 10);
	return nvectors ? cmocka_run_group_tests_name(uri, tests, NULL, NULL) :
			  cmocka_run_group_tests_name(uri, without, NULL, NULL);
}
