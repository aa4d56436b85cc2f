/* SPDX-License-Identifier: BSD-3-Clause */
/* Channels of the worker engine: reads that need no thread. What both engines do is test_engine.c's. */
#include "media/media_fixture.h"

#include "base/libc.h"
#include "media/file.h"

static struct bench bench;
static uint8_t buffer[4096];

static int setup(void **state)
{
	bench_open(&bench, &variant_worker, 1 << 20);
	memset(buffer, 0x5a, sizeof(buffer));
	return run(bench.channel, MEDIA_WRITE, 0, buffer, sizeof(buffer));
}

static int teardown(void **state)
{
	bench_close(&bench);
	return 0;
}

static struct file_media *file(void)
{
	return (struct file_media *)bench.media;
}

static bool reads_without_waiting(void)
{
	struct iovec iov = { buffer, sizeof(buffer) };

	return preadv2(file()->fd, &iov, 1, 0, RWF_NOWAIT) == (ssize_t)sizeof(buffer);
}

static void a_cached_read_is_done_by_the_poll_that_starts_it(void **state)
{
	struct io io;

	if (file()->may_block || !reads_without_waiting())
		skip_because("this file system reads nothing without waiting");
	memset(buffer, 0, sizeof(buffer));
	io_prepare(&io, MEDIA_READ, 0, buffer, sizeof(buffer));
	media_submit(bench.channel, &io.request);
	assert_int_equal(io.ndone, 0);
	assert_int_equal(media_poll(bench.channel), 1);
	assert_int_equal(io.ndone, 1);
	assert_int_equal(io.result, 0);
	assert_all(buffer, sizeof(buffer), 0x5a);
}

static void a_thread_reads_where_the_system_cannot_read_without_waiting(void **state)
{
	atomic_store(&file()->reads_at_once, false);
	memset(buffer, 0, sizeof(buffer));
	assert_int_equal(run(bench.channel, MEDIA_READ, 0, buffer, sizeof(buffer)), 0);
	assert_all(buffer, sizeof(buffer), 0x5a);
}

static void each_poll_counts_the_requests_that_it_completes(void **state)
{
	struct io ios[8];
	int ndone = 0;

	for (int i = 0; i < 8; i++) {
		io_prepare(&ios[i], MEDIA_WRITE, (uint64_t)i * 512, buffer, 512);
		media_submit(bench.channel, &ios[i].request);
	}
	while (ndone < 8) {
		int n = media_wait(bench.channel, FOR_EVER);

		assert_true(n > 0);
		ndone += n;
	}
	assert_int_equal(ndone, 8);
	assert_int_equal(media_poll(bench.channel), 0);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_cached_read_is_done_by_the_poll_that_starts_it),
		test(a_thread_reads_where_the_system_cannot_read_without_waiting),
		test(each_poll_counts_the_requests_that_it_completes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
