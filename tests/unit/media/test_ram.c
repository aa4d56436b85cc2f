/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory that costs nothing until it is written, and blocks that are never torn. */
#include "media/media_fixture.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static uint64_t resident_bytes(void)
{
	unsigned long long total, resident;
	FILE *f = fopen("/proc/self/statm", "re");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%llu %llu", &total, &resident), 2);
	fclose(f);
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void a_large_medium_costs_nothing_until_it_is_written(void **state)
{
	const uint64_t size = 64ull << 30;
	uint64_t before = resident_bytes();
	struct bench bench;
	uint8_t buffer[4096];

	bench_open(&bench, &variant_ram, size);
	assert_int_equal(run(bench.channel, MEDIA_READ, size - 4096, buffer, 4096), 0);
	assert_all(buffer, 4096, 0);
	memset(buffer, 1, 4096);
	assert_int_equal(run(bench.channel, MEDIA_WRITE, size / 2, buffer, 4096), 0);
	assert_int_equal(run(bench.channel, MEDIA_DEALLOCATE, 0, NULL, size), 0);
	assert_int_equal(run(bench.channel, MEDIA_READ, size / 2, buffer, 4096), 0);
	assert_all(buffer, 4096, 0);
	assert_true(resident_bytes() < before + (64u << 20));
	bench_close(&bench);
}

static void deallocation_gives_memory_back(void **state)
{
	const uint64_t size = 64u << 20;
	uint8_t *buffer = malloc(size);
	struct bench bench;
	uint64_t full;

	bench_open(&bench, &variant_ram, size);
	memset(buffer, 1, size);
	assert_int_equal(run(bench.channel, MEDIA_WRITE, 0, buffer, size), 0);
	full = resident_bytes();
	assert_int_equal(run(bench.channel, MEDIA_DEALLOCATE, 512, NULL, size - 1024), 0);
	assert_true(resident_bytes() < full - size / 2);
	assert_int_equal(run(bench.channel, MEDIA_READ, 0, buffer, size), 0);
	assert_all(buffer, 512, 1);
	assert_all(buffer + 512, size - 1024, 0);
	assert_all(buffer + size - 512, 512, 1);
	bench_close(&bench);
	free(buffer);
}

static void requests_are_done_within_submit(void **state)
{
	struct bench bench;
	struct io io;

	bench_open(&bench, &variant_ram, 8192);
	io_prepare(&io, MEDIA_FLUSH, 0, NULL, 0);
	media_submit(bench.channel, &io.request);
	assert_int_equal(io.ndone, 1);
	assert_int_equal(media_poll(bench.channel), 0);
	assert_int_equal(media_wait(bench.channel, FOR_EVER), 0);
	bench_close(&bench);
}

/* Two writers and a reader on the same three blocks, each in segments that cut the blocks. */
#define BLOCK_BYTES 65536u
#define NBLOCKS     3u

struct contender {
	struct media *media;
	enum media_op op;
	uint8_t value;
	bool torn;
};

static bool is_torn(const uint8_t *block)
{
	return memchr(block, block[0] ^ 0xff, BLOCK_BYTES) != NULL;
}

static void *contend(void *arg)
{
	struct contender *me = arg;
	uint8_t *buffer = malloc(NBLOCKS * BLOCK_BYTES);
	struct media_channel *channel;
	struct iovec segments[2] = { { buffer, 1000 },
				     { buffer + 1000, NBLOCKS * BLOCK_BYTES - 1000 } };
	struct io io;

	media_channel_open(&channel, me->media);
	memset(buffer, me->value, NBLOCKS * BLOCK_BYTES);
	for (int i = 0; i < 200; i++) {
		io_prepare(&io, me->op, 0, NULL, NBLOCKS * BLOCK_BYTES);
		if (me->op != MEDIA_DEALLOCATE) {
			io.request.iov = segments;
			io.request.niov = 2;
		}
		media_submit(channel, &io.request);
		for (unsigned b = 0; me->op == MEDIA_READ && b < NBLOCKS; b++)
			me->torn |= is_torn(buffer + b * BLOCK_BYTES);
	}
	media_channel_close(channel);
	free(buffer);
	return NULL;
}

static void a_block_is_never_torn(void **state)
{
	struct contender contenders[] = { { .op = MEDIA_WRITE, .value = 0xff },
					  { .op = MEDIA_DEALLOCATE },
					  { .op = MEDIA_READ } };
	pthread_t threads[3];
	struct bench bench;

	bench_open(&bench, &variant_ram, NBLOCKS * BLOCK_BYTES);
	for (int i = 0; i < 3; i++) {
		contenders[i].media = bench.media;
		pthread_create(&threads[i], NULL, contend, &contenders[i]);
	}
	for (int i = 0; i < 3; i++) {
		pthread_join(threads[i], NULL);
		assert_false(contenders[i].torn);
	}
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_large_medium_costs_nothing_until_it_is_written),
		cmocka_unit_test(deallocation_gives_memory_back),
		cmocka_unit_test(requests_are_done_within_submit),
		cmocka_unit_test(a_block_is_never_torn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
