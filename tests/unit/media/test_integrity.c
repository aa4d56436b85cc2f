/* SPDX-License-Identifier: BSD-3-Clause */
/* Random vectored operations against a plain buffer that does the same. */
#include "media/media_fixture.h"

#include <stdio.h>
#include <time.h>

#define SIZE_BYTES   (1u << 20)
#define NROUNDS      120
#define BATCH        24
#define SLICE_BYTES  (SIZE_BYTES / BATCH / 512 * 512)
#define MAX_SEGMENTS 40

/* Requests of a batch work on slices of their own, since the order of requests is not laid down. */
struct vectored_io {
	struct io io;
	struct iovec segments[MAX_SEGMENTS];
	uint8_t buffer[SLICE_BYTES];
};

struct model {
	uint8_t expected[SIZE_BYTES];
	struct vectored_io ios[BATCH];
	unsigned seed;
};

static uint32_t pick(struct model *model, uint32_t n)
{
	return (uint32_t)rand_r(&model->seed) % n;
}

/* Cuts the buffer into segments of odd lengths, some of them empty. */
static void cut(struct model *model, struct vectored_io *v, uint64_t length)
{
	uint64_t at = 0;
	int n = 0;

	while (at < length && n < MAX_SEGMENTS - 1) {
		uint64_t bytes = pick(model, 5) == 0 ? 0 : 1 + pick(model, (uint32_t)(length - at));

		if (pick(model, 3) == 0)
			bytes = bytes > 7 ? 7 : bytes;
		v->segments[n++] = (struct iovec){ v->buffer + at, bytes };
		at += bytes;
	}
	v->segments[n++] = (struct iovec){ v->buffer + at, length - at };
	v->io.request.iov = v->segments;
	v->io.request.niov = n;
}

static void start(struct model *model, struct media_channel *channel, unsigned slice)
{
	static const enum media_op ops[] = { MEDIA_READ,  MEDIA_READ,       MEDIA_READ,
					     MEDIA_WRITE, MEDIA_WRITE,      MEDIA_WRITE,
					     MEDIA_FLUSH, MEDIA_DEALLOCATE, MEDIA_WRITE_ZEROES };
	struct vectored_io *v = &model->ios[slice];
	enum media_op op = ops[pick(model, sizeof(ops) / sizeof(ops[0]))];
	uint64_t begin = pick(model, SLICE_BYTES);
	uint64_t length = 1 + pick(model, (uint32_t)(SLICE_BYTES - begin));
	uint64_t offset = (uint64_t)slice * SLICE_BYTES + begin;

	io_prepare(&v->io, op, offset, v->buffer, length);
	v->io.request.fua = pick(model, 16) == 0;
	memset(v->buffer, (int)pick(model, 256), SLICE_BYTES);
	if (op == MEDIA_WRITE) {
		for (uint64_t i = 0; i < length; i += 97)
			v->buffer[i] = (uint8_t)pick(model, 256);
		memcpy(model->expected + offset, v->buffer, length);
	}
	if (op == MEDIA_DEALLOCATE || op == MEDIA_WRITE_ZEROES)
		memset(model->expected + offset, 0, length);
	if (op == MEDIA_READ || op == MEDIA_WRITE)
		cut(model, v, length);
	media_submit(channel, &v->io.request);
}

static void finish(struct model *model, struct media_channel *channel, unsigned slice)
{
	struct vectored_io *v = &model->ios[slice];

	while (!v->io.ndone)
		media_wait(channel, FOR_EVER);
	assert_int_equal(v->io.ndone, 1);
	assert_int_equal(v->io.result, 0);
	if (v->io.request.op == MEDIA_READ)
		assert_memory_equal(v->buffer, model->expected + v->io.request.offset_bytes,
				    v->io.request.length_bytes);
}

static void random_operations_agree_with_a_plain_buffer(void **state)
{
	struct model *model;
	struct bench bench;
	uint8_t *all;

	bench_open(&bench, *state, SIZE_BYTES);
	model = calloc(1, sizeof(*model));
	all = malloc(SIZE_BYTES);
	assert_non_null(model);
	assert_non_null(all);
	model->seed = (unsigned)time(NULL);
	print_message("seed %u\n", model->seed);
	for (int round = 0; round < NROUNDS; round++) {
		for (unsigned i = 0; i < BATCH; i++)
			start(model, bench.channel, i);
		for (unsigned i = 0; i < BATCH; i++)
			finish(model, bench.channel, i);
	}
	assert_int_equal(run(bench.channel, MEDIA_READ, 0, all, SIZE_BYTES), 0);
	assert_memory_equal(all, model->expected, SIZE_BYTES);
	bench_close(&bench);
	free(all);
	free(model);
}

/* More segments than one system call takes (IOV_MAX, 1,024). */
static void thousands_of_segments_are_one_request(void **state)
{
	enum { NSEGMENTS = 5000, SEGMENT = 100 };
	struct iovec *segments;
	uint8_t *buffer, *back;
	struct bench bench;
	struct io io;

	bench_open(&bench, *state, SIZE_BYTES);
	segments = calloc(NSEGMENTS, sizeof(*segments));
	buffer = malloc(NSEGMENTS * SEGMENT);
	back = malloc(NSEGMENTS * SEGMENT);
	assert_true(segments && buffer && back);
	for (int i = 0; i < NSEGMENTS; i++) {
		segments[i] = (struct iovec){ buffer + i * SEGMENT, SEGMENT };
		memset(buffer + i * SEGMENT, i, SEGMENT);
	}
	io_prepare(&io, MEDIA_WRITE, 512, NULL, NSEGMENTS * SEGMENT);
	io.request.iov = segments;
	io.request.niov = NSEGMENTS;
	assert_int_equal(io_run(bench.channel, &io), 0);
	assert_int_equal(run(bench.channel, MEDIA_READ, 512, back, NSEGMENTS * SEGMENT), 0);
	assert_memory_equal(buffer, back, NSEGMENTS * SEGMENT);

	memset(buffer, 0, NSEGMENTS * SEGMENT);
	io.ndone = 0;
	io.request.op = MEDIA_READ;
	assert_int_equal(io_run(bench.channel, &io), 0);
	assert_memory_equal(buffer, back, NSEGMENTS * SEGMENT);
	bench_close(&bench);
	free(segments);
	free(back);
	free(buffer);
}

static void a_file_keeps_written_data_when_it_is_opened_again(void **state)
{
	const struct variant *variant = *state;
	struct media_config config = { .maker = &media_file,
				       .block_bytes = 4096,
				       .engine = variant->engine };
	uint8_t buffer[4096];
	struct bench bench;

	bench_open(&bench, variant, SIZE_BYTES);
	memset(buffer, 0x5a, sizeof(buffer));
	assert_int_equal(run(bench.channel, MEDIA_WRITE, 8192, buffer, sizeof(buffer)), 0);
	media_channel_close(bench.channel);
	media_close(bench.media);

	config.path = bench.temp.path;
	assert_int_equal(media_open(&bench.media, &config), 0);
	assert_int_equal(media_channel_open(&bench.channel, bench.media), 0);
	memset(buffer, 0, sizeof(buffer));
	assert_int_equal(run(bench.channel, MEDIA_READ, 8192, buffer, sizeof(buffer)), 0);
	assert_all(buffer, sizeof(buffer), 0x5a);
	bench_close(&bench);
}

#define ON_ALL(test) { #test " (ram)", test, NULL, NULL, &variant_ram }, ON_BOTH_ENGINES(test)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_ALL(random_operations_agree_with_a_plain_buffer),
		ON_ALL(thousands_of_segments_are_one_request),
		ON_BOTH_ENGINES(a_file_keeps_written_data_when_it_is_opened_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
