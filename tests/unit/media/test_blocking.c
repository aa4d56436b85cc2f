/* SPDX-License-Identifier: BSD-3-Clause */
/* Storage that does not answer: calls to submit and poll return, also where the file system makes callers wait. */
#include "media/media_fixture.h"

#include <unistd.h>

#include "base/clock.h"
#include "media/slow_fs.h"

#define MS 1000000ull

static bool has_mounts;

/* Operations that a server may never answer. */
static const enum media_op ops[] = { MEDIA_READ, MEDIA_WRITE, MEDIA_FLUSH, MEDIA_WRITE_ZEROES };
#define NOPS (sizeof(ops) / sizeof(ops[0]))

struct slow_bench {
	struct slow_fs fs;
	struct media *media;
	struct media_channel *channel;
};

static void slow_open(struct slow_bench *bench, const struct variant *variant)
{
	struct media_config config = { .maker = &media_file,
				       .block_bytes = 512,
				       .engine = variant->engine };
	const char *why = "there are no mounts here";

	if (!engine_works(variant->engine) || !has_mounts || !slow_fs_mount(&bench->fs, &why)) {
		print_message("%s\n", why);
		skip();
	}
	config.path = bench->fs.path;
	assert_int_equal(media_open(&bench->media, &config), 0);
	assert_int_equal(media_channel_open(&bench->channel, bench->media), 0);
}

static void slow_close(struct slow_bench *bench)
{
	media_channel_close(bench->channel);
	media_close(bench->media);
	slow_fs_unmount(&bench->fs);
}

static void no_poll_waits_for_a_server_that_does_not_answer(void **state)
{
	struct slow_bench bench;
	uint8_t buffers[NOPS][512];
	struct io ios[NOPS];

	memset(buffers, 0x5a, sizeof(buffers));
	slow_open(&bench, *state);
	atomic_store(&bench.fs.shared->held, true);
	for (size_t i = 0; i < NOPS; i++) {
		io_prepare(&ios[i], ops[i], i * 512, buffers[i], 512);
		media_submit(bench.channel, &ios[i].request);
		assert_int_equal(media_poll(bench.channel), 0);
		assert_int_equal(media_wait(bench.channel, 20 * MS), 0);
	}
	/* The server has held everything up to here: no caller was stuck, so that it had to let go. */
	assert_false(atomic_load(&bench.fs.shared->let_go));
	assert_true(atomic_load(&bench.fs.shared->held));
	atomic_store(&bench.fs.shared->held, false);
	for (size_t i = 0; i < NOPS; i++) {
		while (!ios[i].ndone)
			media_wait(bench.channel, FOR_EVER);
		assert_int_equal(ios[i].result, 0);
	}
	slow_close(&bench);
}

static void endless_eagain_is_an_error(void **state)
{
	struct slow_bench bench;
	uint8_t buffer[512];

	slow_open(&bench, *state);
	atomic_store(&bench.fs.shared->again, true);
	assert_int_equal(run(bench.channel, MEDIA_READ, 0, buffer, 512), -EAGAIN);
	atomic_store(&bench.fs.shared->again, false);
	assert_int_equal(run(bench.channel, MEDIA_READ, 0, buffer, 512), 0);
	slow_close(&bench);
}

/* The server reports the loss once, in its own way, and the kernel remembers nothing. */
static void a_servers_failed_sync_is_not_forgotten(void **state)
{
	struct media_channel *other;
	struct slow_bench bench;
	uint8_t buffer[512] = { 1 };

	slow_open(&bench, *state);
	assert_int_equal(media_channel_open(&other, bench.media), 0);
	assert_int_equal(run(bench.channel, MEDIA_WRITE, 0, buffer, 512), 0);
	atomic_store(&bench.fs.shared->sync_errs, 1);
	assert_int_equal(run(other, MEDIA_FLUSH, 0, NULL, 0), -EIO);
	assert_int_equal(run(bench.channel, MEDIA_FLUSH, 0, NULL, 0), -EIO);
	assert_int_equal(run(bench.channel, MEDIA_WRITE, 0, buffer, 512), -EIO);
	assert_int_equal(run(bench.channel, MEDIA_READ, 0, buffer, 512), 0);
	media_channel_close(other);
	slow_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH_ENGINES(no_poll_waits_for_a_server_that_does_not_answer),
		ON_BOTH_ENGINES(endless_eagain_is_an_error),
		ON_BOTH_ENGINES(a_servers_failed_sync_is_not_forgotten),
	};

	has_mounts = mounts_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
