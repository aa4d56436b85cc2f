/* SPDX-License-Identifier: BSD-3-Clause */
/* Configurations and requests that no medium takes. */
#include "media/media_fixture.h"

static struct media_config ram(uint64_t size_bytes, uint32_t block_bytes)
{
	return (struct media_config){ .maker = &media_ram,
				      .size_bytes = size_bytes,
				      .block_bytes = block_bytes };
}

static void block_sizes_from_512_to_64_kib_are_taken(void **state)
{
	for (uint32_t block = 512; block <= 65536; block *= 2) {
		struct media_config config = ram(1 << 20, block);
		struct media *media;

		assert_int_equal(media_open(&media, &config), 0);
		assert_int_equal(media->block_bytes, block);
		assert_int_equal(media->size_bytes, 1 << 20);
		assert_false(media->volatile_cache);
		media_close(media);
	}
}

static void other_block_sizes_are_refused(void **state)
{
	static const uint32_t blocks[] = { 0, 1, 256, 513, 520, 4097, 131072, 0x80000000u };

	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		struct media_config config = ram(1 << 20, blocks[i]);
		struct media *media;

		assert_error(media_open(&media, &config), -EINVAL, UPNVME_ERR_MEDIA_BLOCK);
	}
}

static void impossible_sizes_are_refused(void **state)
{
	static const uint64_t sizes[] = { 0, 1, 511, 513, 1ull << 63, UINT64_MAX - 511 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct media_config config = ram(sizes[i], 512);
		struct media *media;

		assert_error(media_open(&media, &config), -EINVAL, UPNVME_ERR_MEDIA_SIZE);
	}
}

static void more_memory_than_there_are_addresses_is_refused(void **state)
{
	struct media_config config = ram(1ull << 62, 512);
	struct media *media;

	assert_error(media_open(&media, &config), -ENOMEM, UPNVME_ERR_NO_MEMORY);
}

static void closing_nothing_is_allowed(void **state)
{
	media_channel_close(NULL);
	media_close(NULL);
}

static void ranges_past_the_end_are_refused(void **state)
{
	static const struct {
		uint64_t offset, length;
	} ranges[] = { { 8192, 1 },         { 8191, 2 },          { 0, 8193 },
		       { UINT64_MAX, 1 },   { UINT64_MAX, 8192 }, { 8192, UINT64_MAX },
		       { 4096, UINT64_MAX } };
	static const enum media_op ops[] = { MEDIA_READ, MEDIA_WRITE, MEDIA_DEALLOCATE,
					     MEDIA_WRITE_ZEROES };
	struct bench bench;
	uint8_t byte;

	bench_open(&bench, *state, 8192);
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		for (size_t j = 0; j < sizeof(ops) / sizeof(ops[0]); j++)
			assert_int_equal(run(bench.channel, ops[j], ranges[i].offset, &byte,
					     ranges[i].length),
					 -EINVAL);
	bench_close(&bench);
}

static void an_iovec_of_another_length_is_refused(void **state)
{
	struct bench bench;
	uint8_t buffer[1024];
	struct iovec huge[2] = { { buffer, SIZE_MAX }, { buffer, 513 } };
	struct io io;

	bench_open(&bench, *state, 8192);
	io_prepare(&io, MEDIA_READ, 0, buffer, 512);
	io.segment.iov_len = 511;
	assert_int_equal(io_run(bench.channel, &io), -EINVAL);
	io_prepare(&io, MEDIA_WRITE, 0, buffer, 512);
	io.segment.iov_len = 513;
	assert_int_equal(io_run(bench.channel, &io), -EINVAL);
	io_prepare(&io, MEDIA_WRITE, 0, buffer, 512);
	io.request.niov = 0;
	assert_int_equal(io_run(bench.channel, &io), -EINVAL);
	io_prepare(&io, MEDIA_WRITE, 0, buffer, 512);
	io.request.iov = huge;
	io.request.niov = 2;
	assert_int_equal(io_run(bench.channel, &io), -EINVAL);
	bench_close(&bench);
}

static void a_request_of_no_bytes_is_done_at_once(void **state)
{
	struct bench bench;
	struct io io;

	bench_open(&bench, *state, 8192);
	io_prepare(&io, MEDIA_READ, 8192, NULL, 0);
	media_submit(bench.channel, &io.request);
	assert_int_equal(io.ndone, 1);
	assert_int_equal(io.result, 0);
	io_prepare(&io, MEDIA_DEALLOCATE, 0, NULL, 0);
	media_submit(bench.channel, &io.request);
	assert_int_equal(io.ndone, 1);
	assert_int_equal(io.result, 0);
	assert_int_equal(media_poll(bench.channel), 0);
	bench_close(&bench);
}

static void readonly_media_refuse_changes_but_not_flush(void **state)
{
	struct media_config config = ram(8192, 512);
	struct media *media;
	struct media_channel *channel;
	uint8_t buffer[512];

	config.readonly = true;
	assert_int_equal(media_open(&media, &config), 0);
	assert_true(media->readonly);
	assert_int_equal(media_channel_open(&channel, media), 0);
	assert_int_equal(run(channel, MEDIA_WRITE, 0, buffer, 512), -EROFS);
	assert_int_equal(run(channel, MEDIA_DEALLOCATE, 0, NULL, 512), -EROFS);
	assert_int_equal(run(channel, MEDIA_WRITE_ZEROES, 0, NULL, 512), -EROFS);
	assert_int_equal(run(channel, MEDIA_READ, 0, buffer, 512), 0);
	assert_int_equal(run(channel, MEDIA_FLUSH, 0, NULL, 0), 0);
	media_channel_close(channel);
	media_close(media);
}

#define ON_ALL(test) { #test " (ram)", test, NULL, NULL, &variant_ram }, ON_BOTH_ENGINES(test)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(block_sizes_from_512_to_64_kib_are_taken),
		cmocka_unit_test(other_block_sizes_are_refused),
		cmocka_unit_test(impossible_sizes_are_refused),
		cmocka_unit_test(more_memory_than_there_are_addresses_is_refused),
		cmocka_unit_test(closing_nothing_is_allowed),
		ON_ALL(ranges_past_the_end_are_refused),
		ON_ALL(an_iovec_of_another_length_is_refused),
		ON_ALL(a_request_of_no_bytes_is_done_at_once),
		cmocka_unit_test(readonly_media_refuse_changes_but_not_flush),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
