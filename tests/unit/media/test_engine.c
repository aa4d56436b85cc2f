/* SPDX-License-Identifier: BSD-3-Clause */
/* Both engines of the file medium must do this, with real files. */
#include "media/media_fixture.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"

#define BLOCK 4096u
#define MIB   (1u << 20)

static void reading_past_a_shortened_end_fails(void **state)
{
	uint8_t buffer[2 * BLOCK];
	struct bench bench;

	bench_open(&bench, *state, MIB);
	assert_int_equal(truncate(bench.temp.path, 10 * BLOCK + 100), 0);
	assert_int_equal(run(bench.channel, MEDIA_READ, 9 * BLOCK, buffer, BLOCK), 0);
	assert_int_equal(run(bench.channel, MEDIA_READ, 10 * BLOCK, buffer, BLOCK), -EIO);
	assert_int_equal(run(bench.channel, MEDIA_READ, 9 * BLOCK, buffer, 2 * BLOCK), -EIO);
	assert_int_equal(run(bench.channel, MEDIA_READ, 11 * BLOCK, buffer, BLOCK), -EIO);
	assert_int_equal(run(bench.channel, MEDIA_READ, 0, buffer, BLOCK), 0);
	bench_close(&bench);
}

static void writing_past_a_shortened_end_fails_and_does_not_lengthen_the_file(void **state)
{
	uint8_t buffer[BLOCK] = { 1 };
	struct bench bench;
	struct stat st;

	bench_open(&bench, *state, MIB);
	assert_int_equal(truncate(bench.temp.path, 10 * BLOCK), 0);
	assert_int_equal(run(bench.channel, MEDIA_WRITE, 9 * BLOCK, buffer, BLOCK), 0);
	assert_int_equal(run(bench.channel, MEDIA_WRITE, 20 * BLOCK, buffer, BLOCK), -EIO);
	assert_int_equal(run(bench.channel, MEDIA_DEALLOCATE, 20 * BLOCK, NULL, BLOCK), -EIO);
	assert_int_equal(run(bench.channel, MEDIA_WRITE_ZEROES, 20 * BLOCK, NULL, BLOCK), -EIO);
	assert_int_equal(run(bench.channel, MEDIA_FLUSH, 0, NULL, 0), -EIO);
	assert_int_equal(stat(bench.temp.path, &st), 0);
	assert_int_equal(st.st_size, 10 * BLOCK);
	/* The data that was cut off is lost, also when zeroes take its place: the medium goes on failing. */
	assert_int_equal(truncate(bench.temp.path, MIB), 0);
	assert_int_equal(run(bench.channel, MEDIA_FLUSH, 0, NULL, 0), -EIO);
	assert_int_equal(run(bench.channel, MEDIA_WRITE, 0, buffer, BLOCK), -EIO);
	assert_int_equal(run(bench.channel, MEDIA_READ, 0, buffer, BLOCK), 0);
	bench_close(&bench);
}

static void a_file_whose_name_is_gone_goes_on(void **state)
{
	uint8_t buffer[BLOCK] = { 1 };
	struct bench bench;

	bench_open(&bench, *state, MIB);
	assert_int_equal(unlink(bench.temp.path), 0);
	assert_int_equal(run(bench.channel, MEDIA_WRITE, 0, buffer, BLOCK), 0);
	memset(buffer, 0, sizeof(buffer));
	assert_int_equal(run(bench.channel, MEDIA_READ, 0, buffer, BLOCK), 0);
	assert_int_equal(buffer[0], 1);
	bench_close(&bench);
}

static void clearing_makes_holes(void **state)
{
	static const enum media_op ops[] = { MEDIA_DEALLOCATE, MEDIA_WRITE_ZEROES };
	uint8_t *buffer;
	struct bench bench;

	bench_open(&bench, *state, MIB);
	buffer = malloc(MIB);
	assert_non_null(buffer);
	for (int i = 0; i < 2; i++) {
		memset(buffer, 0x77, MIB);
		assert_int_equal(run(bench.channel, MEDIA_WRITE, 0, buffer, MIB), 0);
		assert_int_equal(run(bench.channel, MEDIA_FLUSH, 0, NULL, 0), 0);
		assert_true(file_blocks_bytes(bench.temp.path) >= MIB);
		assert_int_equal(run(bench.channel, ops[i], BLOCK, NULL, MIB - 2 * BLOCK), 0);
		assert_true(file_blocks_bytes(bench.temp.path) <= 64 * 1024);
		assert_int_equal(run(bench.channel, MEDIA_READ, 0, buffer, MIB), 0);
		assert_all(buffer, BLOCK, 0x77);
		assert_all(buffer + BLOCK, MIB - 2 * BLOCK, 0);
		assert_all(buffer + MIB - BLOCK, BLOCK, 0x77);
	}
	bench_close(&bench);
	free(buffer);
}

static void clearing_a_hole_allocates_nothing(void **state)
{
	struct bench bench;

	bench_open(&bench, *state, 1ull << 36);
	assert_int_equal(run(bench.channel, MEDIA_WRITE_ZEROES, 0, NULL, 1ull << 36), 0);
	assert_int_equal(run(bench.channel, MEDIA_DEALLOCATE, 0, NULL, 1ull << 36), 0);
	assert_true(file_blocks_bytes(bench.temp.path) < MIB);
	bench_close(&bench);
}

static void durable_operations_succeed(void **state)
{
	static const enum media_op ops[] = { MEDIA_WRITE, MEDIA_WRITE_ZEROES, MEDIA_DEALLOCATE,
					     MEDIA_READ, MEDIA_FLUSH };
	uint8_t buffer[BLOCK];
	struct bench bench;
	struct io io;

	bench_open(&bench, *state, MIB);
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		memset(buffer, 0x33, BLOCK);
		io_prepare(&io, ops[i], BLOCK, buffer, BLOCK);
		io.request.fua = true;
		assert_int_equal(io_run(bench.channel, &io), 0);
	}
	assert_all(buffer, BLOCK, 0x33);
	bench_close(&bench);
}

static void a_write_to_a_full_disk_fails_and_does_no_harm(void **state)
{
	struct rlimit before, limit;
	uint8_t buffer[2 * BLOCK];
	struct bench bench;

	bench_open(&bench, *state, MIB);
	memset(buffer, 0x44, sizeof(buffer));
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 16 * BLOCK;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(run(bench.channel, MEDIA_WRITE, 16 * BLOCK, buffer, BLOCK), -ENOSPC);
	assert_int_equal(run(bench.channel, MEDIA_WRITE, 15 * BLOCK, buffer, 2 * BLOCK), -ENOSPC);
	assert_int_equal(run(bench.channel, MEDIA_WRITE, 14 * BLOCK, buffer, BLOCK), 0);
	assert_int_equal(run(bench.channel, MEDIA_READ, 14 * BLOCK, buffer, 2 * BLOCK), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(run(bench.channel, MEDIA_WRITE, 16 * BLOCK, buffer, BLOCK), 0);
	bench_close(&bench);
}

/* --- many at once --- */

#define NMANY 5000u

struct many {
	struct io ios[NMANY];
	uint8_t buffers[NMANY][512];
};

static void submit_many(struct many *many, struct media_channel *channel, enum media_op op)
{
	for (unsigned i = 0; i < NMANY; i++) {
		if (op == MEDIA_WRITE)
			memset(many->buffers[i], (int)(i % 251), 512);
		io_prepare(&many->ios[i], op, i * 512ull, many->buffers[i], 512);
		media_submit(channel, &many->ios[i].request);
	}
}

static void assert_many_done_once(struct many *many)
{
	for (unsigned i = 0; i < NMANY; i++) {
		assert_int_equal(many->ios[i].ndone, 1);
		assert_int_equal(many->ios[i].result, 0);
	}
}

static void thousands_outstanding_are_each_done_once(void **state)
{
	struct many *many;
	struct bench bench;
	unsigned ndone;

	bench_open(&bench, *state, NMANY * 512ull);
	many = calloc(1, sizeof(*many));
	assert_non_null(many);
	submit_many(many, bench.channel, MEDIA_WRITE);
	for (ndone = 0; ndone < NMANY;)
		ndone += (unsigned)media_poll(bench.channel);
	assert_int_equal(ndone, NMANY);
	assert_int_equal(media_poll(bench.channel), 0);
	assert_many_done_once(many);

	memset(many->buffers, 0, sizeof(many->buffers));
	submit_many(many, bench.channel, MEDIA_READ);
	for (ndone = 0; ndone < NMANY;) {
		int n = media_wait(bench.channel, FOR_EVER);

		assert_true(n > 0);
		ndone += (unsigned)n;
	}
	assert_int_equal(ndone, NMANY);
	assert_many_done_once(many);
	for (unsigned i = 0; i < NMANY; i++)
		assert_all(many->buffers[i], 512, (uint8_t)(i % 251));
	bench_close(&bench);
	free(many);
}

static void closing_a_channel_completes_requests_in_flight(void **state)
{
	struct many *many;
	struct bench bench;

	bench_open(&bench, *state, NMANY * 512ull);
	many = calloc(1, sizeof(*many));
	assert_non_null(many);
	submit_many(many, bench.channel, MEDIA_WRITE);
	media_poll(bench.channel);
	media_channel_close(bench.channel);
	assert_many_done_once(many);
	assert_int_equal(media_channel_open(&bench.channel, bench.media), 0);
	submit_many(many, bench.channel, MEDIA_READ);
	media_channel_close(bench.channel); /* without a single poll */
	assert_many_done_once(many);
	bench.channel = NULL;
	bench_close(&bench);
	free(many);
}

static void waiting_returns_in_time(void **state)
{
	struct bench bench;
	uint8_t buffer[512];
	uint64_t begin;
	struct io io;

	bench_open(&bench, *state, MIB);
	assert_int_equal(media_wait(bench.channel, FOR_EVER), 0);
	assert_int_equal(media_wait(bench.channel, 0), 0);
	io_prepare(&io, MEDIA_READ, 0, buffer, 512);
	media_submit(bench.channel, &io.request);
	begin = clock_now_ns();
	while (!io.ndone) {
		media_wait(bench.channel, 0);
		media_wait(bench.channel, 1000);
	}
	assert_true(clock_now_ns() - begin < 10 * NS_PER_S);
	assert_int_equal(media_wait(bench.channel, FOR_EVER), 0);
	bench_close(&bench);
}

/* --- callbacks that submit --- */

struct chain {
	struct io io;
	struct media_channel *channel;
	unsigned left;
};

static void chain_done(struct media_request *request, int result)
{
	struct chain *chain = (struct chain *)request;

	chain->io.result |= result;
	if (--chain->left)
		media_submit(chain->channel, request);
}

static void a_callback_may_submit_its_request_again(void **state)
{
	struct chain chain = { .left = 100 };
	uint8_t buffer[512] = { 0 };
	struct bench bench;

	bench_open(&bench, *state, MIB);
	io_prepare(&chain.io, MEDIA_WRITE, 0, buffer, 512);
	chain.io.request.done = chain_done;
	chain.channel = bench.channel;
	media_submit(bench.channel, &chain.io.request);
	while (chain.left)
		assert_true(media_wait(bench.channel, FOR_EVER) <= 1);
	assert_int_equal(chain.io.result, 0);

	/* Failing at once and submitting again must not keep one poll for ever. */
	assert_int_equal(truncate(bench.temp.path, 512), 0);
	chain.left = 100;
	chain.io.request.offset_bytes = 1024;
	media_submit(bench.channel, &chain.io.request);
	media_channel_close(bench.channel);
	assert_int_equal(chain.left, 0);
	assert_int_equal(chain.io.result, -EIO);
	bench.channel = NULL;
	bench_close(&bench);
}

/* --- threads --- */

struct worker_arg {
	struct media *media;
	unsigned index;
	int result;
};

static void *write_own_half(void *arg_)
{
	struct worker_arg *arg = arg_;
	uint8_t buffers[32][512];
	struct media_channel *channel;
	struct io ios[32];

	arg->result = media_channel_open(&channel, arg->media);
	for (unsigned round = 0; round < 32 && !arg->result; round++) {
		for (unsigned i = 0; i < 32; i++) {
			uint64_t block = (round * 32 + i) * 2 + arg->index;

			memset(buffers[i], (int)(block % 253), 512);
			io_prepare(&ios[i], MEDIA_WRITE, block * 512, buffers[i], 512);
			media_submit(channel, &ios[i].request);
		}
		for (unsigned i = 0; i < 32; i++) {
			while (!ios[i].ndone)
				media_wait(channel, FOR_EVER);
			arg->result |= ios[i].result;
		}
	}
	media_channel_close(channel);
	return NULL;
}

static void two_threads_have_a_channel_each(void **state)
{
	struct worker_arg args[2] = { { .index = 0 }, { .index = 1 } };
	pthread_t threads[2];
	struct bench bench;
	uint8_t buffer[512];

	bench_open(&bench, *state, MIB);
	for (int i = 0; i < 2; i++) {
		args[i].media = bench.media;
		pthread_create(&threads[i], NULL, write_own_half, &args[i]);
	}
	for (int i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(args[i].result, 0);
	}
	for (unsigned block = 0; block < 2048; block++) {
		assert_int_equal(run(bench.channel, MEDIA_READ, block * 512, buffer, 512), 0);
		assert_all(buffer, 512, (uint8_t)(block % 253));
	}
	bench_close(&bench);
}

struct starter {
	struct many *many;
	struct media_channel *channel;
};

static void *start_and_leave(void *arg)
{
	struct starter *starter = arg;

	submit_many(starter->many, starter->channel, MEDIA_WRITE);
	media_poll(starter->channel);
	return NULL;
}

/* io_uring cancels a thread's requests when the thread ends; the channel's next owner must see none of that. */
static void a_channel_outlives_the_thread_that_began(void **state)
{
	struct starter starter;
	struct bench bench;
	pthread_t thread;

	for (int i = 0; i < 5; i++) {
		bench_open(&bench, *state, NMANY * 512ull);
		starter.channel = bench.channel;
		starter.many = calloc(1, sizeof(*starter.many));
		assert_non_null(starter.many);
		pthread_create(&thread, NULL, start_and_leave, &starter);
		pthread_join(thread, NULL);
		media_channel_close(bench.channel);
		assert_many_done_once(starter.many);
		bench.channel = NULL;
		bench_close(&bench);
		free(starter.many);
	}
}

static void interrupt(int signal_number)
{
	(void)signal_number;
}

/* Signals come all the time, and interrupt every wait. */
static void signals_lose_no_request(void **state)
{
	struct sigaction action = { .sa_handler = interrupt };
	struct itimerspec often = { .it_interval.tv_nsec = 200000, .it_value.tv_nsec = 200000 };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct many *many;
	struct bench bench;
	timer_t timer;

	bench_open(&bench, *state, NMANY * 512ull);
	many = calloc(1, sizeof(*many));
	assert_non_null(many);
	assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
	assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
	assert_int_equal(timer_settime(timer, 0, &often, NULL), 0);
	submit_many(many, bench.channel, MEDIA_WRITE);
	for (unsigned ndone = 0; ndone < NMANY;)
		ndone += (unsigned)media_wait(bench.channel, FOR_EVER);
	for (int i = 0; i < 50; i++)
		assert_int_equal(run(bench.channel, MEDIA_FLUSH, 0, NULL, 0), 0);
	timer_delete(timer);
	signal(SIGUSR1, SIG_IGN);
	assert_many_done_once(many);
	bench_close(&bench);
	free(many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH_ENGINES(reading_past_a_shortened_end_fails),
		ON_BOTH_ENGINES(writing_past_a_shortened_end_fails_and_does_not_lengthen_the_file),
		ON_BOTH_ENGINES(a_file_whose_name_is_gone_goes_on),
		ON_BOTH_ENGINES(clearing_makes_holes),
		ON_BOTH_ENGINES(clearing_a_hole_allocates_nothing),
		ON_BOTH_ENGINES(durable_operations_succeed),
		ON_BOTH_ENGINES(a_write_to_a_full_disk_fails_and_does_no_harm),
		ON_BOTH_ENGINES(thousands_outstanding_are_each_done_once),
		ON_BOTH_ENGINES(closing_a_channel_completes_requests_in_flight),
		ON_BOTH_ENGINES(waiting_returns_in_time),
		ON_BOTH_ENGINES(a_callback_may_submit_its_request_again),
		ON_BOTH_ENGINES(two_threads_have_a_channel_each),
		ON_BOTH_ENGINES(a_channel_outlives_the_thread_that_began),
		ON_BOTH_ENGINES(signals_lose_no_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
