/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random commands, many at a time, compared with a plain array. Commands in flight have ranges of
 * their own, since their order is not defined.
 */
#include <errno.h>
#include <sched.h>

#include "support.h"

#define SIZE_BYTES (2u << 20)
#define INFLIGHT   12u
#define MAX_BYTES  (48u << 10)
#define MAX_PIECES 12u

struct model;

struct job {
	struct model *model;
	bool busy;
	struct upnvme_op op;
	uint32_t blocks;
	uint64_t lba;
	bool mismatch; /* a compare that must fail */
	char *area;    /* twice the data, for pieces with gaps */
	uint8_t *data; /* the data to write or to compare */
	struct iovec iov[MAX_PIECES];
};

struct model {
	struct rig rig;
	uint8_t *expected;
	struct job jobs[INFLIGHT];
	uint64_t seed;
	uint64_t nblocks;
	uint32_t done;
	bool zero_after_deallocate;
};

static bool range_is_busy(struct model *model, uint64_t lba, uint32_t blocks)
{
	for (uint32_t i = 0; i < INFLIGHT; i++) {
		struct job *job = &model->jobs[i];

		if (job->busy && lba < job->lba + job->blocks && job->lba < lba + blocks)
			return true;
	}
	return false;
}

/* The job's buffer: in one piece at any multiple of 4, or in several. */
static void job_place(struct job *job, size_t bytes)
{
	uint64_t *seed = &job->model->seed;
	uint32_t at = random_below(seed, 1024) * 4, n = 0;

	if (random_below(seed, 2)) {
		job->iov[n++] = (struct iovec){ job->area + at, bytes };
		job->op.buf = job->area + at;
	} else {
		while (bytes) {
			size_t piece = 4 * (1 + random_below(seed, (uint32_t)bytes / 4));

			if (n == MAX_PIECES - 1)
				piece = bytes;
			job->iov[n++] = (struct iovec){ job->area + at, piece };
			at += (uint32_t)piece + 4 * random_below(seed, 300);
			bytes -= piece;
		}
		job->op.form = UPNVME_FORM_IOV;
		job->op.buf = job->iov;
	}
	job->op.niov = (uint16_t)n;
}

static void job_scatter(struct job *job, const uint8_t *from)
{
	for (uint32_t i = 0; i < job->op.niov; i++) {
		memcpy(job->iov[i].iov_base, from, job->iov[i].iov_len);
		from += job->iov[i].iov_len;
	}
}

static bool job_matches(const struct job *job, const uint8_t *expected)
{
	for (uint32_t i = 0; i < job->op.niov; i++) {
		if (memcmp(job->iov[i].iov_base, expected, job->iov[i].iov_len) != 0)
			return false;
		expected += job->iov[i].iov_len;
	}
	return true;
}

static void job_prepare(struct job *job)
{
	static const uint8_t opcodes[] = {
		UPNVME_OP_READ,    UPNVME_OP_READ,         UPNVME_OP_READ,
		UPNVME_OP_WRITE,   UPNVME_OP_WRITE,        UPNVME_OP_WRITE,
		UPNVME_OP_COMPARE, UPNVME_OP_WRITE_ZEROES, UPNVME_OP_DATASET_MANAGEMENT,
		UPNVME_OP_VERIFY,  UPNVME_OP_FLUSH,
	};
	struct model *model = job->model;
	uint32_t block = model->rig.block;
	size_t bytes = (size_t)job->blocks * block;
	uint8_t *expected = model->expected + job->lba * block;

	job->op =
		(struct upnvme_op){ .opcode = opcodes[random_below(&model->seed, NELEMS(opcodes))],
				    .nsid = 1,
				    .lba = job->lba,
				    .blocks = job->blocks };
	job->mismatch = false;
	if (job->op.opcode == UPNVME_OP_READ || job->op.opcode == UPNVME_OP_WRITE ||
	    job->op.opcode == UPNVME_OP_COMPARE)
		job_place(job, bytes);
	if (job->op.opcode == UPNVME_OP_WRITE) {
		for (size_t i = 0; i < bytes; i += 4) {
			uint32_t word = random_below(&model->seed, UINT32_MAX);

			memcpy(job->data + i, &word, 4);
		}
		job_scatter(job, job->data);
		job->op.flags = random_below(&model->seed, 8) ? 0 : UPNVME_FUA;
	} else if (job->op.opcode == UPNVME_OP_COMPARE) {
		memcpy(job->data, expected, bytes);
		job->mismatch = random_below(&model->seed, 3) == 0;
		if (job->mismatch)
			job->data[random_below(&model->seed, (uint32_t)bytes)] ^= 0x40;
		job_scatter(job, job->data);
	}
}

static void job_done(void *arg, const struct upnvme_completion *done)
{
	struct job *job = arg;
	struct model *model = job->model;
	uint32_t block = model->rig.block;
	uint8_t *expected = model->expected + job->lba * block;
	size_t bytes = (size_t)job->blocks * block;
	uint32_t status = STATUS_CODE(done->status);

	assert_true(job->busy);
	job->busy = false;
	model->done++;
	if (status != (job->mismatch ? STATUS_COMPARE_FAILURE : 0))
		fail_msg("opcode %#x, LBA %llu, %u blocks: status %#x", job->op.opcode,
			 (unsigned long long)job->lba, job->blocks, done->status);
	switch (job->op.opcode) {
	case UPNVME_OP_READ:
		if (!job_matches(job, expected))
			fail_msg("LBA %llu, %u blocks: other data", (unsigned long long)job->lba,
				 job->blocks);
		break;
	case UPNVME_OP_WRITE:
		memcpy(expected, job->data, bytes);
		break;
	case UPNVME_OP_DATASET_MANAGEMENT:
		assert_true(model->zero_after_deallocate);
		memset(expected, 0, bytes);
		break;
	case UPNVME_OP_WRITE_ZEROES:
		memset(expected, 0, bytes);
		break;
	default:
		break;
	}
}

static void job_start(struct job *job)
{
	struct model *model = job->model;
	uint32_t max = MAX_BYTES / model->rig.block;
	int rc;

	do {
		job->blocks =
			1 + random_below(&model->seed, random_below(&model->seed, 3) ? 4 : max);
		job->lba = random_below(&model->seed, (uint32_t)(model->nblocks - job->blocks + 1));
	} while (range_is_busy(model, job->lba, job->blocks));
	job_prepare(job);
	rc = upnvme_io(model->rig.qp, &job->op, job_done, job);
	if (rc == -EAGAIN)
		return;
	OK(rc);
	job->busy = true;
}

static void model_open(struct model *model, const char *uri, uint32_t entries, uint64_t seed)
{
	struct upnvme_ns_info info = { .size = UPNVME_NS_INFO_SIZE };

	memset(model, 0, sizeof(*model));
	model->seed = seed;
	rig_open(&model->rig, entries, 0, "%s", uri);
	OK(upnvme_ns_info_get(model->rig.ns, &info));
	model->zero_after_deallocate = info.deallocated_reads_zero;
	model->nblocks = upnvme_ns_block_count(model->rig.ns);
	assert_int_equal(model->nblocks * model->rig.block, SIZE_BYTES);
	model->expected = calloc(1, SIZE_BYTES);
	assert_int_equal(do_op(&model->rig,
			       &(struct upnvme_op){ .opcode = UPNVME_OP_WRITE_ZEROES,
						    .nsid = 1,
						    .blocks = (uint32_t)model->nblocks })
				 .status,
			 0);
	for (uint32_t i = 0; i < INFLIGHT; i++) {
		model->jobs[i].model = model;
		model->jobs[i].area = dma(model->rig.ctrlr, 2 * MAX_BYTES);
		model->jobs[i].data = malloc(MAX_BYTES);
	}
}

/* All of the medium at the end, in one request. */
static void model_check_all(struct model *model)
{
	uint8_t *all = dma(model->rig.ctrlr, SIZE_BYTES);

	assert_int_equal(do_read(&model->rig, all, 0, (uint32_t)model->nblocks), 0);
	assert_memory_equal(all, model->expected, SIZE_BYTES);
	OK(upnvme_dma_free(model->rig.ctrlr, all));
}

static void model_close(struct model *model)
{
	for (uint32_t i = 0; i < INFLIGHT; i++)
		free(model->jobs[i].data);
	free(model->expected);
	rig_close(&model->rig);
}

static void run(const char *uri, uint32_t entries, uint32_t total, uint64_t seed)
{
	static struct model model;
	uint32_t before;
	uint64_t moved_ns = now_ns();

	model_open(&model, uri, entries, seed);
	while (model.done < total) {
		for (uint32_t i = 0; i < INFLIGHT; i++)
			if (!model.jobs[i].busy)
				job_start(&model.jobs[i]);
		before = model.done;
		OK(upnvme_poll(model.rig.qp, random_below(&model.seed, 6)));
		if (model.done != before)
			moved_ns = now_ns();
		else if (now_ns() - moved_ns > 60000000000ull)
			fail_msg("%s: nothing moved for 60 s after %u of %u", uri, model.done,
				 total);
		else
			/* The controller's thread, or a medium's, has the work. */
			sched_yield();
	}
	while (upnvme_qpair_inflight(model.rig.qp))
		OK(upnvme_poll(model.rig.qp, 0));
	model_check_all(&model);
	model_close(&model);
}

/* `total` commands for each; fewer where they are slow. ThreadSanitizer has nothing to say of a controller in the one
 * thread. */
static void run_shapes(const char *medium, uint32_t total, uint64_t seed)
{
	static const char *const shapes[] = {
		"block=512",
		"block=4096",
		"block=512&mode=thread",
		"block=4096&mode=thread",
		"block=512&mdts=1",
		"block=4096&mdts=2&noiob=3",
		"block=512&mdts=2&noiob=8&mode=thread",
	};
	static const uint32_t depths[] = { 2, 3, 64 };
	char uri[256];

	for (size_t i = 0; i < NELEMS(shapes); i++) {
		if (is_tsan_build() && !strstr(shapes[i], "thread"))
			continue;
		snprintf(uri, sizeof(uri), "%s%s", medium, shapes[i]);
		print_message("%s\n", uri);
		run(uri, depths[(i + seed) % NELEMS(depths)], is_slow_build() ? total / 12 : total,
		    seed + i * 2);
	}
}

static void memory_keeps_what_the_model_keeps(void **state)
{
	run_shapes("soft:ram?size=2MiB&", getenv("UPNVME_LONG") ? 6000 : 2000, test_seed());
}

static void a_file_keeps_what_the_model_keeps(void **state)
{
	static const char *const engines[] = { "worker", "" };
	uint64_t seed = test_seed();

	for (size_t i = 0; i < NELEMS(engines); i++) {
		char *image = image_create(SIZE_BYTES), medium[200];

		snprintf(medium, sizeof(medium), "soft:%s?%s%s%s", image,
			 *engines[i] ? "engine=" : "", engines[i], *engines[i] ? "&" : "");
		if (i == 0)
			run(strcat(medium, "block=512"), 64, is_slow_build() ? 200 : 1000, seed);
		else
			run_shapes(medium, 1000, seed);
		image_remove(image);
	}
}

static void a_file_holds_what_was_flushed(void **state)
{
	char *image = image_create(SIZE_BYTES);
	static char content[SIZE_BYTES];
	struct rig rig;
	char *buf;
	FILE *file;

	rig_open(&rig, 0, 0, "soft:%s?block=4096", image);
	buf = dma(rig.ctrlr, SIZE_BYTES);
	pattern_fill(buf, 0, SIZE_BYTES / 4096, 4096, 5);
	assert_int_equal(do_write(&rig, buf, 0, SIZE_BYTES / 4096), 0);
	assert_int_equal(
		do_op(&rig, &(struct upnvme_op){ .opcode = UPNVME_OP_FLUSH, .nsid = 1 }).status, 0);
	file = fopen(image, "r");
	assert_int_equal(fread(content, 1, SIZE_BYTES, file), SIZE_BYTES);
	fclose(file);
	assert_true(pattern_is(content, 0, SIZE_BYTES / 4096, 4096, 5));
	rig_close(&rig);
	rig_open(&rig, 0, 0, "soft:%s?block=512", image);
	buf = dma(rig.ctrlr, SIZE_BYTES);
	assert_int_equal(do_read(&rig, buf, 0, SIZE_BYTES / 512), 0);
	assert_true(pattern_is(buf, 0, SIZE_BYTES / 4096, 4096, 5));
	rig_close(&rig);
	image_remove(image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_keeps_what_the_model_keeps),
		cmocka_unit_test(a_file_keeps_what_the_model_keeps),
		cmocka_unit_test(a_file_holds_what_was_flushed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
