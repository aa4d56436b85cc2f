/* SPDX-License-Identifier: BSD-3-Clause */
/* A file medium as a whole: its engine, its end, and no lock or descriptor left by one that is closed or refused. */
#include "media/media_fixture.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "media/file.h"

static void a_medium_without_a_path_is_refused(void **state)
{
	struct media_config config = { .maker = &media_file, .block_bytes = 512 };
	struct media *media;

	assert_error(media_open(&media, &config), -EINVAL, UPNVME_ERR_MEDIA_OPEN);
	config.path = "";
	assert_error(media_open(&media, &config), -EINVAL, UPNVME_ERR_MEDIA_OPEN);
}

static void an_unknown_engine_is_refused(void **state)
{
	struct temp_path temp;
	struct media_config config;
	struct media *media;

	temp_file_make(&temp, 4096);
	config = config_for(&temp);
	config.engine = "steam";
	assert_error(media_open(&media, &config), -EINVAL, UPNVME_ERR_ARGUMENT);
	assert_sentence_has("steam");
	temp_path_remove(&temp);
}

/* A child that was forked while the file was open still has the descriptor. */
static void closing_unlocks_the_file_though_children_have_it_open(void **state)
{
	struct temp_path temp;
	struct media_config config;
	struct media *media;
	int pipes[2];
	pid_t child;
	char byte;

	temp_file_make(&temp, 4096);
	config = config_for(&temp);
	assert_int_equal(media_open(&media, &config), 0);
	assert_int_equal(pipe(pipes), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(pipes[1]);
		_exit(read(pipes[0], &byte, 1) == 0 ? 0 : 1);
	}
	close(pipes[0]);
	media_close(media);
	assert_int_equal(media_open(&media, &config), 0);
	media_close(media);
	close(pipes[1]);
	assert_int_equal(waitpid(child, NULL, 0), child);
	temp_path_remove(&temp);
}

static void a_refused_file_is_unlocked_and_closed(void **state)
{
	struct temp_path temp;
	struct media_config config;
	struct media *media;
	int before, after;

	temp_file_make(&temp, 4096);
	config = config_for(&temp);
	config.size_bytes = 8192;
	before = open("/dev/null", O_RDONLY | O_CLOEXEC);
	close(before);
	assert_error(media_open(&media, &config), -EINVAL, UPNVME_ERR_MEDIA_SIZE);
	after = open("/dev/null", O_RDONLY | O_CLOEXEC);
	close(after);
	assert_int_equal(before, after);
	config.size_bytes = 0;
	assert_int_equal(media_open(&media, &config), 0);
	media_close(media);
	temp_path_remove(&temp);
}

static void the_best_engine_that_works_is_taken(void **state)
{
	const char *best = engine_works("io_uring") ? "io_uring" : "worker";
	struct media_config config;
	struct temp_path temp;
	struct media *media;

	temp_file_make(&temp, 4096);
	config = config_for(&temp);
	assert_int_equal(media_open(&media, &config), 0);
	assert_string_equal(media->engine, best);
	assert_true(media->reads_zeroes);
	assert_false(media->is_shared);
	media_close(media);
	config.readonly = true;
	assert_int_equal(media_open(&media, &config), 0);
	assert_true(media->is_shared);
	media_close(media);
	temp_path_remove(&temp);
}

static void the_end_is_where_the_file_ends_now(void **state)
{
	struct media_config config;
	struct file_media *file;
	struct temp_path temp;
	struct media *media;

	temp_file_make(&temp, 8192);
	config = config_for(&temp);
	assert_int_equal(media_open(&media, &config), 0);
	file = (struct file_media *)media;
	assert_int_equal(file_end_bytes(file), 8192);
	assert_int_equal(truncate(temp.path, 1000), 0);
	assert_int_equal(file_end_bytes(file), 1000);
	file->may_block = true; /* as if a server had the file */
	assert_int_equal(file_end_bytes(file), 1000);
	file->is_device = true; /* nobody cuts a device short */
	assert_int_equal(file_end_bytes(file), 8192);
	media_close(media);
	temp_path_remove(&temp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_medium_without_a_path_is_refused),
		cmocka_unit_test(an_unknown_engine_is_refused),
		cmocka_unit_test(closing_unlocks_the_file_though_children_have_it_open),
		cmocka_unit_test(a_refused_file_is_unlocked_and_closed),
		cmocka_unit_test(the_best_engine_that_works_is_taken),
		cmocka_unit_test(the_end_is_where_the_file_ends_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
