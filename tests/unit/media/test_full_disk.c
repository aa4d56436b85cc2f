/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * File systems that are full or lack something, mounted in a name space of this process's own, which needs no
 * privilege. Where the system does not allow that, the tests are skipped.
 */
#include "media/media_fixture.h"

#include <sys/mount.h>
#include <unistd.h>

#define MIB (1u << 20)

static bool has_namespace;

/* A medium of 16 MiB on a new file system of the given kind. */
static void open_on(struct bench *bench, const struct variant *variant, const char *type,
		    const char *options)
{
	struct media_config config = { .maker = &media_file,
				       .size_bytes = 16 * MIB,
				       .block_bytes = 512,
				       .engine = variant->engine };

	if (!has_namespace)
		skip_because("no namespace with mounts of its own can be had here");
	if (!engine_works(variant->engine))
		skip_because("engine=%s does not work here", variant->engine);
	temp_path_make(&bench->temp);
	if (mount("none", bench->temp.directory, type, 0, options) < 0) {
		temp_path_remove(&bench->temp);
		skip_because("%s cannot be mounted here", type);
	}
	config.path = bench->temp.path;
	assert_int_equal(media_open(&bench->media, &config), 0);
	assert_int_equal(media_channel_open(&bench->channel, bench->media), 0);
}

static void close_on(struct bench *bench)
{
	media_channel_close(bench->channel);
	media_close(bench->media);
	assert_int_equal(umount(bench->temp.directory), 0);
	assert_int_equal(rmdir(bench->temp.directory), 0);
}

static void writes_to_a_full_disk_are_enospc_until_there_is_room(void **state)
{
	uint8_t *buffer;
	struct bench bench;

	open_on(&bench, *state, "tmpfs", "size=2m");
	buffer = malloc(4 * MIB);
	assert_non_null(buffer);
	memset(buffer, 0x66, 4 * MIB);
	assert_int_equal(run(bench.channel, MEDIA_WRITE, 0, buffer, 4 * MIB), -ENOSPC);
	assert_int_equal(run(bench.channel, MEDIA_WRITE, 8 * MIB, buffer, MIB), -ENOSPC);
	assert_int_equal(run(bench.channel, MEDIA_READ, 8 * MIB, buffer, MIB), 0);
	assert_int_equal(run(bench.channel, MEDIA_DEALLOCATE, 0, NULL, 16 * MIB), 0);
	assert_int_equal(run(bench.channel, MEDIA_WRITE, 8 * MIB, buffer, MIB), 0);
	assert_int_equal(run(bench.channel, MEDIA_FLUSH, 0, NULL, 0), 0);
	close_on(&bench);
	free(buffer);
}

/* ramfs has no fallocate at all. */
static void zeroes_are_written_where_a_file_system_has_no_holes(void **state)
{
	static const enum media_op ops[] = { MEDIA_DEALLOCATE, MEDIA_WRITE_ZEROES };
	uint8_t *buffer;
	struct bench bench;

	open_on(&bench, *state, "ramfs", NULL);
	buffer = malloc(MIB);
	assert_non_null(buffer);
	for (int i = 0; i < 2; i++) {
		memset(buffer, 0x55, MIB);
		assert_int_equal(run(bench.channel, MEDIA_WRITE, 0, buffer, MIB), 0);
		assert_int_equal(run(bench.channel, ops[i], 512, NULL, MIB - 1024), 0);
		assert_int_equal(run(bench.channel, MEDIA_READ, 0, buffer, MIB), 0);
		assert_all(buffer, 512, 0x55);
		assert_all(buffer + 512, MIB - 1024, 0);
		assert_all(buffer + MIB - 512, 512, 0x55);
	}
	close_on(&bench);
	free(buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH_ENGINES(writes_to_a_full_disk_are_enospc_until_there_is_room),
		ON_BOTH_ENGINES(zeroes_are_written_where_a_file_system_has_no_holes),
	};

	has_namespace = mounts_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
