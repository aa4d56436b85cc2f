/* SPDX-License-Identifier: BSD-3-Clause */
/* Blocks of a file are never torn, and no request waits for a block that the system has moved. */
#include "media/media_fixture.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/util.h"
#include "media/file.h"
#include "support/tsan.h"

/* Writers, a deallocator and readers on the same blocks, each in segments that cut the blocks. */
#define BLOCK_BYTES 65536u
#define NBLOCKS     3u
#define NROUNDS     (UNDER_TSAN ? 100 : 400)

struct contender {
	struct media *media;
	enum media_op op;
	uint8_t value;
	unsigned ntorn;
	unsigned nfailed;
};

static bool is_torn(const uint8_t *block)
{
	for (size_t i = 1; i < BLOCK_BYTES; i++)
		if (block[i] != block[0])
			return true;
	return false;
}

static void look(struct contender *me, const uint8_t *buffer)
{
	for (unsigned i = 0; i < NBLOCKS; i++)
		me->ntorn += is_torn(buffer + i * BLOCK_BYTES);
}

static void *contend(void *arg)
{
	struct contender *me = arg;
	uint8_t *buffer = malloc(NBLOCKS * BLOCK_BYTES);
	struct iovec segments[] = { { buffer, 1000 },
				    { buffer + 1000, BLOCK_BYTES },
				    { buffer + 1000 + BLOCK_BYTES, 2 * BLOCK_BYTES - 1000 } };
	struct media_channel *channel;

	if (media_channel_open(&channel, me->media))
		me->nfailed++;
	memset(buffer, me->value, NBLOCKS * BLOCK_BYTES);
	for (int i = 0; i < NROUNDS && !me->nfailed; i++) {
		struct io io;

		io_prepare(&io, me->op, 0, NULL, NBLOCKS * BLOCK_BYTES);
		io.request.iov = segments;
		io.request.niov = ARRAY_SIZE(segments);
		me->nfailed += io_run(channel, &io) != 0;
		if (me->op == MEDIA_READ)
			look(me, buffer);
	}
	media_channel_close(channel);
	free(buffer);
	return NULL;
}

static void a_block_is_never_torn(void **state)
{
	struct contender contenders[] = { { .op = MEDIA_WRITE, .value = 0xff },
					  { .op = MEDIA_WRITE, .value = 0x11 },
					  { .op = MEDIA_DEALLOCATE },
					  { .op = MEDIA_READ },
					  { .op = MEDIA_READ } };
	pthread_t threads[ARRAY_SIZE(contenders)];
	struct bench bench;

	bench_open(&bench, *state, NBLOCKS * BLOCK_BYTES);
	for (size_t i = 0; i < ARRAY_SIZE(contenders); i++) {
		contenders[i].media = bench.media;
		assert_int_equal(pthread_create(&threads[i], NULL, contend, &contenders[i]), 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(contenders); i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(contenders[i].nfailed, 0);
		assert_int_equal(contenders[i].ntorn, 0);
	}
	bench_close(&bench);
}

/* Requests of one channel, which the system carries out side by side. */
static void a_block_is_not_torn_within_a_channel(void **state)
{
	enum { NIOS = 48 };
	static uint8_t buffers[NIOS][BLOCK_BYTES];
	static struct io ios[NIOS];
	struct bench bench;
	unsigned ndone = 0;

	bench_open(&bench, *state, BLOCK_BYTES);
	((struct file_media *)bench.media)->may_block = true; /* nothing is done at once */
	for (int i = 0; i < NIOS; i++) {
		bool reads = i % 3 == 2;

		memset(buffers[i], reads ? 0 : i + 1, BLOCK_BYTES);
		io_prepare(&ios[i], reads ? MEDIA_READ : MEDIA_WRITE, 0, buffers[i], BLOCK_BYTES);
		media_submit(bench.channel, &ios[i].request);
	}
	while (ndone < NIOS)
		ndone += (unsigned)media_wait(bench.channel, FOR_EVER);
	for (int i = 0; i < NIOS; i++) {
		assert_int_equal(ios[i].result, 0);
		assert_false(is_torn(buffers[i]));
	}
	bench_close(&bench);
}

static bool is_done_in_time(struct media_channel *channel, struct io *io)
{
	uint64_t deadline_ns = deadline_after(10 * NS_PER_S);

	while (!io->ndone && !deadline_passed(deadline_ns))
		media_wait(channel, NS_PER_MS);
	return io->ndone == 1 && io->result == 0;
}

/*
 * One channel's owner submits and never polls again; another channel's request for the same block ends all the same,
 * and so does a third one's that came while the second waited.
 */
static void a_channel_that_is_not_polled_holds_up_no_other(void **state)
{
	static uint8_t written[BLOCK_BYTES], read[BLOCK_BYTES];
	struct media_channel *others[2];
	struct io idle, io[2];
	struct bench bench;

	bench_open(&bench, *state, BLOCK_BYTES);
	((struct file_media *)bench.media)->may_block = true;
	for (int i = 0; i < 2; i++)
		assert_int_equal(media_channel_open(&others[i], bench.media), 0);
	memset(written, 7, sizeof(written));
	io_prepare(&idle, MEDIA_WRITE, 0, written, sizeof(written));
	media_submit(bench.channel, &idle.request);
	media_poll(bench.channel);
	io_prepare(&io[0], MEDIA_WRITE, 0, written, sizeof(written));
	media_submit(others[0], &io[0].request);
	media_poll(others[0]); /* the request begins, or waits; the next poll comes at the end */
	io_prepare(&io[1], MEDIA_READ, 0, read, sizeof(read));
	media_submit(others[1], &io[1].request);
	assert_true(is_done_in_time(others[1], &io[1]));
	assert_false(is_torn(read));
	assert_true(is_done_in_time(others[0], &io[0]));
	assert_true(is_done_in_time(bench.channel, &idle));
	for (int i = 0; i < 2; i++)
		media_channel_close(others[i]);
	bench_close(&bench);
}

static void closing_a_channel_ends_its_blocked_requests(void **state)
{
	static uint8_t buffer[BLOCK_BYTES];
	struct media_channel *other;
	struct io first, second;
	struct bench bench;

	bench_open(&bench, *state, BLOCK_BYTES);
	((struct file_media *)bench.media)->may_block = true;
	assert_int_equal(media_channel_open(&other, bench.media), 0);
	io_prepare(&first, MEDIA_WRITE, 0, buffer, sizeof(buffer));
	media_submit(bench.channel, &first.request);
	media_poll(bench.channel);
	io_prepare(&second, MEDIA_WRITE, 0, buffer, sizeof(buffer));
	media_submit(other, &second.request);
	media_channel_close(other);
	assert_int_equal(second.ndone, 1);
	assert_int_equal(second.result, 0);
	bench_close(&bench);
	assert_int_equal(first.ndone, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH_ENGINES(a_block_is_never_torn),
		ON_BOTH_ENGINES(a_block_is_not_torn_within_a_channel),
		ON_BOTH_ENGINES(a_channel_that_is_not_polled_holds_up_no_other),
		ON_BOTH_ENGINES(closing_a_channel_ends_its_blocked_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
