/* SPDX-License-Identifier: BSD-3-Clause */
/* Queue pairs as things: many of them, their properties, counters and latencies. */
#include <errno.h>

#include "support.h"

static void many_queue_pairs_work_side_by_side(void **state)
{
	enum { N = 200 };
	upnvme_qpair *qps[N];
	struct io ios[N] = { 0 };
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	upnvme_ctrlr *ctrlr;
	upnvme_ns *ns;
	char *buf;

	opts.nqpairs = N;
	OK(upnvme_open(&ctrlr, "soft:ram?size=4MiB&queues=256&block=512", &opts));
	OK(upnvme_ns_get(&ns, ctrlr, 1));
	buf = dma(ctrlr, N * 512);
	pattern_fill(buf, 0, N, 512, 6);
	for (uint32_t i = 0; i < N; i++) {
		qps[i] = create_qpair(ctrlr, 2 + i % 40, 0, 0);
		for (uint32_t j = 0; j < i; j++)
			assert_int_not_equal(upnvme_qpair_id(qps[i]), upnvme_qpair_id(qps[j]));
		OK(upnvme_write(qps[i], ns, buf + i * 512, i, 1, on_done, &ios[i]));
	}
	for (uint32_t i = 0; i < N; i++)
		wait_for(qps[(i * 7) % N], &ios[(i * 7) % N], 1);
	memset(buf, 0, N * 512);
	for (uint32_t i = 0; i < N; i++)
		OK(upnvme_read(qps[i], ns, buf + i * 512, i, 1, on_done, &ios[i]));
	for (uint32_t i = 0; i < N; i++)
		wait_for(qps[N - 1 - i], &ios[N - 1 - i], 2);
	assert_true(pattern_is(buf, 0, N, 512, 6));
	for (uint32_t i = 0; i < N; i++)
		OK(upnvme_qpair_close(qps[i]));
	OK(upnvme_close(ctrlr));
}

static void the_defaults_are_what_the_header_says(void **state)
{
	upnvme_ctrlr *ctrlr = open_uri("soft:ram?size=1MiB");
	upnvme_ctrlr *small = open_uri("soft:ram?size=1MiB&entries=16");
	upnvme_qpair *qp;

	OK(upnvme_qpair_create(&qp, ctrlr, NULL));
	assert_int_equal(upnvme_qpair_entries(qp), 256);
	assert_int_equal(upnvme_qpair_outstanding_max(qp), 255);
	assert_int_not_equal(upnvme_qpair_id(qp), 0);
	OK(upnvme_qpair_close(qp));
	OK(upnvme_qpair_create(&qp, small, NULL));
	assert_int_equal(upnvme_qpair_entries(qp), 16);
	assert_int_equal(upnvme_qpair_outstanding_max(qp), 15);
	OK(upnvme_qpair_close(qp));
	OK(upnvme_close(small));
	OK(upnvme_close(ctrlr));
}

static struct upnvme_qpair_stats stats_of(upnvme_qpair *qp)
{
	struct upnvme_qpair_stats stats = { .size = UPNVME_QPAIR_STATS_SIZE };

	OK(upnvme_qpair_stats_get(qp, &stats));
	return stats;
}

static void counters_count(void **state)
{
	struct rig rig;
	struct io io = { 0 };
	struct upnvme_qpair_stats stats;
	char *buf;

	rig_open(&rig, 8, 0, "soft:ram?size=1MiB&block=4096&mdts=1");
	buf = dma(rig.ctrlr, 65536);
	stats = stats_of(rig.qp);
	assert_int_equal(stats.submitted + stats.completed + stats.full + stats.split, 0);
	for (int i = 0; i < 5; i++)
		OK(upnvme_read(rig.qp, rig.ns, buf, 0, 1, on_done, &io));
	stats = stats_of(rig.qp);
	assert_int_equal(stats.submitted, 5);
	assert_int_equal(stats.submission_doorbells, 0);
	wait_for(rig.qp, &io, 5);
	stats = stats_of(rig.qp);
	assert_int_equal(stats.submitted, 5);
	assert_int_equal(stats.completed, 5);
	assert_int_equal(stats.submission_doorbells, 1);
	assert_int_equal(stats.completion_doorbells, 1);
	/* Six blocks are three commands of two. */
	assert_int_equal(do_read(&rig, buf, 0, 6), 0);
	stats = stats_of(rig.qp);
	assert_int_equal(stats.submitted, 8);
	assert_int_equal(stats.completed, 8);
	assert_int_equal(stats.split, 1);
	memset(buf, 1, 4096);
	OK(upnvme_compare(rig.qp, rig.ns, buf, 9, 1, on_done, &io));
	wait_for(rig.qp, &io, 6);
	assert_int_equal(STATUS_CODE(io.last.status), STATUS_COMPARE_FAILURE);
	assert_int_equal(stats_of(rig.qp).errors, 1);
	while (upnvme_read(rig.qp, rig.ns, buf, 0, 1, on_done, &io) == 0)
		;
	assert_int_equal(stats_of(rig.qp).full, 1);
	wait_for(rig.qp, &io, 13);
	assert_int_equal(stats_of(rig.qp).spurious, 0);
	assert_int_equal(stats_of(rig.qp).aborted, 0);
	rig_close(&rig);
}

static void a_queue_pair_may_ring_at_each_command(void **state)
{
	struct rig rig;
	struct io io = { 0 };
	upnvme_qpair *each;
	char *buf;

	rig_open(&rig, 0, 0, "soft:ram?size=1MiB");
	buf = dma(rig.ctrlr, 4096);
	each = create_qpair(rig.ctrlr, 0, 0, UPNVME_QPAIR_RING_EACH);
	for (int i = 0; i < 10; i++)
		OK(upnvme_read(each, rig.ns, buf, 0, 1, on_done, &io));
	assert_int_equal(stats_of(each).submission_doorbells, 10);
	wait_for(each, &io, 10);
	OK(upnvme_qpair_ring(each));
	assert_int_equal(stats_of(each).submission_doorbells, 10);
	OK(upnvme_qpair_close(each));
	rig_close(&rig);
}

static uint64_t sum(const uint64_t *counts, int n)
{
	uint64_t total = 0;

	for (int i = 0; i < n; i++)
		total += counts[i];
	return total;
}

static void latencies_go_into_buckets(void **state)
{
	struct rig rig;
	struct io io = { 0 };
	static uint64_t buckets[2048];
	upnvme_qpair *timed;
	uint64_t before, longest;
	char *buf;
	int n, highest = 0;

	rig_open(&rig, 0, 0, "soft:ram?size=1MiB");
	expect_error(upnvme_qpair_histogram(rig.qp, buckets, 1), -ENOTSUP, UPNVME_ERR_FLAGS,
		     "UPNVME_QPAIR_HISTOGRAM", NULL);
	buf = dma(rig.ctrlr, 65536);
	timed = create_qpair(rig.ctrlr, 0, 0, UPNVME_QPAIR_HISTOGRAM);
	expect_error(upnvme_qpair_histogram(timed, NULL, 1), -EINVAL, UPNVME_ERR_NULL, NULL);
	before = now_ns();
	for (uint32_t i = 0; i < 100; i++) {
		OK(upnvme_read(timed, rig.ns, buf, 0, 1, on_done, &io));
		wait_for(timed, &io, i + 1);
	}
	longest = now_ns() - before;
	n = upnvme_qpair_histogram(timed, buckets, NELEMS(buckets));
	assert_true(n > 0 && (size_t)n <= NELEMS(buckets));
	assert_int_equal(upnvme_qpair_histogram(timed, NULL, 0), n);
	assert_int_equal(sum(buckets, n), 100);
	for (int i = 0; i < n; i++)
		if (buckets[i])
			highest = i;
	assert_true(highest == 0 || upnvme_histogram_limit_ns((uint32_t)highest - 1) < longest);
	/* The histogram counts errors and split requests rightly. */
	memset(buf, 1, 4096);
	OK(upnvme_compare(timed, rig.ns, buf, 9, 1, on_done, &io));
	wait_for(timed, &io, 101);
	assert_int_equal(STATUS_CODE(io.last.status), STATUS_COMPARE_FAILURE);
	OK(upnvme_qpair_close(timed));
	rig_close(&rig);
}

/* A request counts once, however many commands it makes; tagged ones wait for room. */
static void split_and_tagged_requests_are_timed_once(void **state)
{
	struct rig rig;
	struct io io = { 0 };
	static uint64_t buckets[2048];
	struct upnvme_completion done[4];
	upnvme_qpair *timed;
	char *buf;

	rig_open(&rig, 0, 0, "soft:ram?size=1MiB&mdts=1");
	buf = dma(rig.ctrlr, 65536);
	timed = create_qpair(rig.ctrlr, 4, 0, UPNVME_QPAIR_HISTOGRAM);
	OK(upnvme_read(timed, rig.ns, buf, 0, 16, on_done, &io));
	wait_for(timed, &io, 1);
	assert_int_equal(io.last.status, 0);
	assert_int_equal(io.last.blocks, 16);
	assert_int_equal(sum(buckets, upnvme_qpair_histogram(timed, buckets, NELEMS(buckets))), 1);
	for (uintptr_t i = 1; i <= 3; i++)
		OK(upnvme_read(timed, rig.ns, buf, 0, 1, NULL, (void *)i));
	assert_int_equal(upnvme_poll(timed, 0), -ENOMSG);
	assert_int_equal(upnvme_reap(timed, done, 2), 2);
	assert_int_equal(upnvme_reap(timed, done + 2, 2), 1);
	assert_int_equal(done[0].tag + done[1].tag * 10 + done[2].tag * 100, 321);
	assert_int_equal(sum(buckets, upnvme_qpair_histogram(timed, buckets, NELEMS(buckets))), 4);
	OK(upnvme_read(timed, rig.ns, buf, 0, 16, NULL, (void *)9));
	for (int i = 0; i < 20; i++)
		assert_int_equal(upnvme_reap(timed, NULL, 0), 0);
	assert_int_equal(upnvme_reap(timed, done, 4), 1);
	assert_int_equal(sum(buckets, upnvme_qpair_histogram(timed, buckets, NELEMS(buckets))), 5);
	OK(upnvme_qpair_close(timed));
	rig_close(&rig);
}

static void a_raw_invalid_command_is_an_error_on_a_timed_queue_pair(void **state)
{
	struct upnvme_raw raw = { .cdw = { 0x7f, 1 } };
	struct upnvme_op op = { .form = UPNVME_FORM_RAW, .buf = &raw };
	struct rig rig, timed;

	rig_open(&rig, 0, 0, "soft:ram?size=1MiB");
	timed = rig;
	timed.qp = create_qpair(rig.ctrlr, 0, 0, UPNVME_QPAIR_HISTOGRAM);
	assert_int_equal(STATUS_CODE(do_op(&timed, &op).status), STATUS_INVALID_OPCODE);
	assert_int_equal(STATUS_CODE(do_op(&rig, &op).status), STATUS_INVALID_OPCODE);
	/* Read with a reserved bit pattern in the data pointer's field: Invalid Field is status 2. */
	raw = (struct upnvme_raw){ .cdw = { 0x08, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x3c000000 } };
	assert_int_equal(do_op(&timed, &op).status, do_op(&rig, &op).status);
	OK(upnvme_qpair_close(timed.qp));
	rig_close(&rig);
}

static void one_thousand_queue_pairs_come_and_go(void **state)
{
	upnvme_ctrlr *ctrlr = open_uri("soft:null?size=1GiB&queues=4");

	for (int i = 0; i < 1000; i++) {
		upnvme_qpair *qp = create_qpair(ctrlr, 2 + (uint32_t)i % 100, 0, 0);

		assert_true(upnvme_qpair_id(qp) <= 4);
		OK(upnvme_qpair_close(qp));
	}
	OK(upnvme_close(ctrlr));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_queue_pairs_work_side_by_side),
		cmocka_unit_test(the_defaults_are_what_the_header_says),
		cmocka_unit_test(counters_count),
		cmocka_unit_test(a_queue_pair_may_ring_at_each_command),
		cmocka_unit_test(latencies_go_into_buckets),
		cmocka_unit_test(split_and_tagged_requests_are_timed_once),
		cmocka_unit_test(a_raw_invalid_command_is_an_error_on_a_timed_queue_pair),
		cmocka_unit_test(one_thousand_queue_pairs_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
