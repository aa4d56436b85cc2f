/* SPDX-License-Identifier: BSD-3-Clause */
/* The medium that keeps nothing. */
#include "media/media_fixture.h"

#define TIB (1ull << 40)

static void open_null(struct bench *bench, bool zero_reads)
{
	struct media_config config = { .maker = &media_null,
				       .size_bytes = TIB,
				       .block_bytes = 4096,
				       .zero_reads = zero_reads };

	bench->has_file = false;
	assert_int_equal(media_open(&bench->media, &config), 0);
	assert_int_equal(media_channel_open(&bench->channel, bench->media), 0);
	assert_int_equal(bench->media->size_bytes, TIB);
	assert_string_equal(bench->media->engine, "inline");
}

static void reads_leave_the_buffer_alone(void **state)
{
	uint8_t buffer[4096];
	struct bench bench;

	open_null(&bench, false);
	memset(buffer, 7, sizeof(buffer));
	assert_int_equal(run(bench.channel, MEDIA_READ, TIB - 4096, buffer, 4096), 0);
	assert_all(buffer, sizeof(buffer), 7);
	bench_close(&bench);
}

static void reads_give_zeroes_if_asked(void **state)
{
	uint8_t buffer[4096];
	struct bench bench;

	open_null(&bench, true);
	memset(buffer, 7, sizeof(buffer));
	assert_int_equal(run(bench.channel, MEDIA_WRITE, 0, buffer, 4096), 0);
	assert_all(buffer, sizeof(buffer), 7);
	assert_int_equal(run(bench.channel, MEDIA_READ, 0, buffer, 4096), 0);
	assert_all(buffer, sizeof(buffer), 0);
	bench_close(&bench);
}

static void everything_else_succeeds(void **state)
{
	struct bench bench;

	open_null(&bench, false);
	assert_int_equal(run(bench.channel, MEDIA_FLUSH, 0, NULL, 0), 0);
	assert_int_equal(run(bench.channel, MEDIA_DEALLOCATE, 0, NULL, TIB), 0);
	assert_int_equal(run(bench.channel, MEDIA_WRITE_ZEROES, 0, NULL, TIB), 0);
	assert_int_equal(run(bench.channel, MEDIA_DEALLOCATE, 4096, NULL, TIB), -EINVAL);
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_leave_the_buffer_alone),
		cmocka_unit_test(reads_give_zeroes_if_asked),
		cmocka_unit_test(everything_else_succeeds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
