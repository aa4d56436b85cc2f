/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads and writes through QEMU's controller: every form of PRP and SGL, queues that wrap,
 * threads. */
#include "support/rig.h"

#include <pthread.h>

static const struct qemu_ns namespaces[] = {
	{ .nsid = 1, .bytes = 16 * MIB },
	{ .nsid = 2, .bytes = 16 * MIB, .block_bytes = 4096 },
};
static const struct qemu_config config = { .namespaces = namespaces,
					   .nnamespaces = NELEMS(namespaces) };

#define PAGE       4096u
#define AREA_PAGES 512u

/* --- reads return written data, for each shape of the buffer ---------------------------------- */

/* The expected content of the namespace, and a buffer, both of the whole size. */
struct model {
	struct rig rig;
	uint32_t nblocks;
	uint8_t *expected;
	uint8_t *area; /* DMA memory */
	uint64_t random;
};

static void model_open(struct model *model, uint32_t nsid)
{
	rig_of_group(&model->rig, nsid, 64, 0);
	model->random = test_seed();
	model->nblocks = AREA_PAGES * PAGE / model->rig.block;
	model->expected = calloc(AREA_PAGES, PAGE);
	model->area = dma(model->rig.ctrlr, (AREA_PAGES + 1) * PAGE);
	assert_non_null(model->expected);
	assert_int_equal(do_write(&model->rig, model->area, 0, model->nblocks), 0);
}

static void model_close(struct model *model)
{
	rig_close(&model->rig);
	free(model->expected);
}

/* A random length, mostly short, now and then long. */
static uint32_t some_blocks(struct model *model)
{
	uint32_t most = random_below(&model->random, 8) ? 3 * PAGE : 64 * PAGE;

	return 1 + random_below(&model->random, most / model->rig.block);
}

static void random_fill(struct model *model, uint8_t *to, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++)
		to[i] = (uint8_t)random_below(&model->random, 256);
}

static void write_or_read(struct model *model)
{
	uint32_t blocks = some_blocks(model), bytes = blocks * model->rig.block;
	uint64_t lba = random_below(&model->random, model->nblocks - blocks);
	uint8_t *buf = model->area + 4 * random_below(&model->random, PAGE / 4);
	uint8_t *expected = model->expected + lba * model->rig.block;

	if (random_below(&model->random, 2)) {
		random_fill(model, buf, bytes);
		memcpy(expected, buf, bytes);
		assert_int_equal(do_write(&model->rig, buf, lba, blocks), 0);
		return;
	}
	memset(buf, 0xee, bytes);
	assert_int_equal(do_read(&model->rig, buf, lba, blocks), 0);
	expect_bytes(buf, expected, bytes);
}

static void random_buffers(uint32_t nsid)
{
	struct model model;
	uint32_t n = is_tsan_build() ? 50 : is_slow_build() ? 300 : 1500;

	model_open(&model, nsid);
	for (uint32_t i = 0; i < n; i++)
		write_or_read(&model);
	assert_int_equal(do_read(&model.rig, model.area, 0, model.nblocks), 0);
	expect_bytes(model.area, model.expected, AREA_PAGES * PAGE);
	model_close(&model);
}

static void written_blocks_of_512_bytes_are_read_back(void **state)
{
	random_buffers(1);
}

static void written_blocks_of_4096_bytes_are_read_back(void **state)
{
	random_buffers(2);
}

/* Every number of pages that a PRP list may have, from every kind of beginning. */
static void every_length_of_a_prp_list_is_right(void **state)
{
	static const uint32_t offsets[] = { 0, 4, 512, 4092 };
	struct model model;

	model_open(&model, 1);
	for (uint32_t pages = 1; pages <= 129; pages += pages < 6 ? 1 : 41) {
		for (size_t i = 0; i < NELEMS(offsets); i++) {
			uint32_t blocks = pages * 8, bytes = pages * PAGE;
			uint8_t *buf = model.area + offsets[i];

			random_fill(&model, model.expected, bytes);
			memcpy(buf, model.expected, bytes);
			assert_int_equal(do_write(&model.rig, buf, 3, blocks), 0);
			memset(buf, 0xee, bytes);
			assert_int_equal(do_read(&model.rig, buf, 3, blocks), 0);
			expect_bytes(buf, model.expected, bytes);
		}
	}
	model_close(&model);
}

/* --- scatter and gather --------------------------------------------------------------------------- */

/* Cuts `bytes` of the area into pieces; those of whole pages are for PRP. */
static uint32_t cut(struct model *model, struct iovec *iov, uint32_t most, uint32_t bytes,
		    uint32_t grain)
{
	uint8_t *from = model->area;
	uint32_t n = 0;

	while (bytes) {
		uint32_t length =
			grain * (1 + random_below(&model->random, 2 * bytes / grain / most + 1));

		length = n + 1 == most || length > bytes ? bytes : length;
		iov[n++] = (struct iovec){ from, length };
		from += length + grain; /* a gap, so that nothing is contiguous */
		bytes -= length;
	}
	return n;
}

static void gather(uint8_t *to, const struct iovec *iov, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		memcpy(to, iov[i].iov_base, iov[i].iov_len);
		to += iov[i].iov_len;
	}
}

static void vector_round(struct model *model, uint32_t grain)
{
	struct iovec iov[16];
	struct io io = { 0 };
	uint32_t bytes = PAGE * (1 + random_below(&model->random, 40));
	uint32_t blocks = bytes / model->rig.block, n = cut(model, iov, 16, bytes, grain);
	uint8_t *was = malloc(bytes), *is = malloc(bytes);

	for (uint32_t i = 0; i < n; i++)
		random_fill(model, iov[i].iov_base, (uint32_t)iov[i].iov_len);
	gather(was, iov, n);
	OK(upnvme_writev(model->rig.qp, model->rig.ns, iov, n, 7, blocks, on_done, &io));
	wait_for(model->rig.qp, &io, 1);
	assert_int_equal(io.last.status, 0);
	n = cut(model, iov, 16, bytes, grain);
	OK(upnvme_readv(model->rig.qp, model->rig.ns, iov, n, 7, blocks, on_done, &io));
	wait_for(model->rig.qp, &io, 2);
	assert_int_equal(io.last.status, 0);
	gather(is, iov, n);
	expect_bytes(is, was, bytes);
	free(was);
	free(is);
}

static void vectors_of_pages_go_as_prp(void **state)
{
	struct model model;

	model_open(&model, 1);
	for (int i = 0; i < 100; i++)
		vector_round(&model, PAGE);
	model_close(&model);
}

static void vectors_of_any_pieces_go_as_sgl(void **state)
{
	static const uint32_t grains[] = { 1, 4, 36, 512 };
	struct model model;

	model_open(&model, 2);
	for (uint32_t i = 0; i < 200; i++)
		vector_round(&model, grains[i % NELEMS(grains)]);
	model_close(&model);
}

/* Registered memory of the caller's own. */
static void memory_of_the_callers_own_can_be_used(void **state)
{
	size_t bytes = 16 * PAGE;
	struct rig rig;
	char *own = NULL, *copy;

	rig_of_group(&rig, 1, 0, 0);
	copy = dma(rig.ctrlr, bytes);
	assert_int_equal(posix_memalign((void **)&own, PAGE, bytes), 0);
	pattern_fill(own, 100, 128, 512, 9);
	OK(upnvme_mem_register(rig.ctrlr, own, bytes));
	assert_int_equal(do_write(&rig, own, 100, 128), 0);
	assert_int_equal(do_read(&rig, copy, 100, 128), 0);
	assert_true(pattern_is(copy, 100, 128, 512, 9));
	OK(upnvme_mem_unregister(rig.ctrlr, own, bytes));
	assert_true(pattern_is(own, 100, 128, 512, 9));
	free(own);
	rig_close(&rig);
}

/* --- queues --------------------------------------------------------------------------------------- */

struct stream {
	struct rig rig;
	uint8_t *area;
	uint64_t to_submit, done, failed;
	uint32_t depth, next;
};

static void on_stream(void *arg, const struct upnvme_completion *done)
{
	struct stream *stream = arg;

	stream->done++;
	stream->failed += done->status != 0 || done->blocks != 1;
}

static void stream_fill(struct stream *stream)
{
	while (stream->to_submit) {
		uint32_t i = stream->next % stream->depth;
		int rc = upnvme_read(stream->rig.qp, stream->rig.ns, stream->area + i * PAGE,
				     stream->next % 1000, 1, on_stream, stream);

		if (rc == -EAGAIN)
			return;
		OK(rc);
		stream->to_submit--;
		stream->next++;
	}
}

static void stream_run(struct stream *stream, uint32_t entries, uint32_t outstanding, uint64_t n)
{
	uint64_t deadline = now_ns() + 300ull * 1000000000;

	rig_of_group(&stream->rig, 1, entries, outstanding);
	stream->depth = outstanding;
	stream->area = dma(stream->rig.ctrlr, outstanding * PAGE);
	stream->to_submit = n;
	while (stream->done < n) {
		int rc;

		stream_fill(stream);
		rc = upnvme_poll(stream->rig.qp, 0);
		OK(rc);
		if (!rc && now_ns() > deadline)
			fail_msg("%llu of %llu reads after 300 s", (unsigned long long)stream->done,
				 (unsigned long long)n);
	}
	assert_int_equal(stream->failed, 0);
}

static void a_hundred_thousand_reads_wrap_the_queue(void **state)
{
	struct upnvme_qpair_stats stats = { .size = UPNVME_QPAIR_STATS_SIZE };
	struct stream stream = { .next = 0 };
	uint64_t n = is_tsan_build() ? 2000 : is_slow_build() ? 20000 : 100000;

	stream_run(&stream, 37, 36, n);
	OK(upnvme_qpair_stats_get(stream.rig.qp, &stats));
	assert_int_equal(stats.submitted, n);
	assert_int_equal(stats.completed, n);
	assert_int_equal(stats.spurious, 0);
	rig_close(&stream.rig);
}

static void a_queue_of_two_entries_works(void **state)
{
	struct stream stream = { .next = 0 };

	stream_run(&stream, 2, 1, 2000);
	rig_close(&stream.rig);
}

/* CAP.MQES is 2,047 here. */
static void the_largest_queue_is_filled_and_drained(void **state)
{
	struct stream stream = { .next = 0 };

	stream_run(&stream, 2048, 2047, 10000);
	rig_close(&stream.rig);
}

/* --- threads -------------------------------------------------------------------------------------- */

struct worker {
	pthread_t thread;
	upnvme_ctrlr *ctrlr;
	uint32_t nsid;
	uint32_t rounds;
	const char *problem;
};

static bool worker_io(struct worker *worker, const struct upnvme_op *op, upnvme_qpair *qp)
{
	struct upnvme_completion done;
	int rc = upnvme_exec(qp, op, 1, &done, 1, 20ull * 1000000000);

	if (rc != 1)
		worker->problem = upnvme_last_error();
	else if (done.status)
		worker->problem = "an error status";
	return !worker->problem;
}

static void *worker_run(void *arg)
{
	struct worker *worker = arg;
	upnvme_qpair *qp = NULL;
	void *buf = NULL;
	uint32_t block = worker->nsid == 1 ? 512 : 4096;

	if (upnvme_qpair_create(&qp, worker->ctrlr, NULL) ||
	    upnvme_dma_alloc(&buf, worker->ctrlr, 16 * (size_t)block, 0))
		worker->problem = upnvme_last_error();
	for (uint32_t i = 0; i < worker->rounds && !worker->problem; i++) {
		struct upnvme_op op = { .opcode = UPNVME_OP_WRITE,
					.nsid = worker->nsid,
					.lba = i % 100,
					.blocks = 1 + i % 16,
					.buf = buf };

		pattern_fill(buf, op.lba, op.blocks, block, i);
		if (!worker_io(worker, &op, qp))
			break;
		memset(buf, 0, 16 * (size_t)block);
		op.opcode = UPNVME_OP_READ;
		if (worker_io(worker, &op, qp) && !pattern_is(buf, op.lba, op.blocks, block, i))
			worker->problem = "written data was not read back";
	}
	if (upnvme_qpair_close(qp) && !worker->problem)
		worker->problem = upnvme_last_error();
	return NULL;
}

static void two_threads_have_a_queue_pair_each(void **state)
{
	upnvme_ctrlr *ctrlr = ctrlr_of_group();
	struct worker workers[2];

	for (uint32_t i = 0; i < 2; i++) {
		workers[i] = (struct worker){ .ctrlr = ctrlr, .nsid = i + 1, .rounds = 2000 };
		if (is_slow_build())
			workers[i].rounds = 500;
		assert_int_equal(pthread_create(&workers[i].thread, NULL, worker_run, &workers[i]),
				 0);
	}
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
		if (workers[i].problem)
			fail_msg("thread %u: %s", i, workers[i].problem);
	}
	OK(upnvme_close(ctrlr));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(written_blocks_of_512_bytes_are_read_back),
	cmocka_unit_test(written_blocks_of_4096_bytes_are_read_back),
	cmocka_unit_test(every_length_of_a_prp_list_is_right),
	cmocka_unit_test(vectors_of_pages_go_as_prp),
	cmocka_unit_test(vectors_of_any_pieces_go_as_sgl),
	cmocka_unit_test(memory_of_the_callers_own_can_be_used),
	cmocka_unit_test(a_hundred_thousand_reads_wrap_the_queue),
	cmocka_unit_test(a_queue_of_two_entries_works),
	cmocka_unit_test(the_largest_queue_is_filled_and_drained),
	cmocka_unit_test(two_threads_have_a_queue_pair_each),
};

QEMU_GROUP(config, tests)
