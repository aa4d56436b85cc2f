/* SPDX-License-Identifier: BSD-3-Clause */
/* The files that may be opened, by how many, and the sentence of a refusal. */
#include "media/media_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void a_missing_file_is_refused_with_the_remedy(void **state)
{
	struct temp_path temp;
	struct media_config config;
	struct media *media;

	temp_path_make(&temp);
	config = config_for(&temp);
	assert_error(media_open(&media, &config), -ENOENT, UPNVME_ERR_MEDIA_OPEN);
	assert_sentence_has(temp.path);
	assert_sentence_has("truncate -s SIZE");
	config.readonly = true;
	config.size_bytes = 4096;
	assert_error(media_open(&media, &config), -ENOENT, UPNVME_ERR_MEDIA_OPEN);
	temp_path_remove(&temp);
}

static void a_file_is_created_sparse_if_its_size_is_given(void **state)
{
	struct temp_path temp;
	struct media_config config;
	struct media *media;
	struct stat st;

	temp_path_make(&temp);
	config = config_for(&temp);
	config.size_bytes = 1ull << 30;
	assert_int_equal(media_open(&media, &config), 0);
	assert_int_equal(media->size_bytes, 1ull << 30);
	assert_true(media->volatile_cache);
	media_close(media);
	assert_int_equal(stat(temp.path, &st), 0);
	assert_int_equal(st.st_size, 1ull << 30);
	assert_true(st.st_blocks < 2048);
	assert_int_equal(st.st_mode & 0077, 0);
	temp_path_remove(&temp);
}

static void a_file_in_no_directory_is_not_created(void **state)
{
	struct media_config config = { .maker = &media_file,
				       .path = "/nowhere/at/all",
				       .size_bytes = 4096,
				       .block_bytes = 512 };
	struct media *media;

	assert_error(media_open(&media, &config), -ENOENT, UPNVME_ERR_MEDIA_OPEN);
	assert_sentence_has("directory");
}

static void a_size_that_differs_from_the_files_is_refused(void **state)
{
	struct temp_path temp;
	struct media_config config;
	struct media *media;

	temp_file_make(&temp, 8192);
	config = config_for(&temp);
	config.size_bytes = 8192;
	assert_int_equal(media_open(&media, &config), 0);
	media_close(media);
	config.size_bytes = 4096;
	assert_error(media_open(&media, &config), -EINVAL, UPNVME_ERR_MEDIA_SIZE);
	assert_sentence_has("8192");
	assert_sentence_has("4096");
	temp_path_remove(&temp);
}

static void sizes_that_are_no_multiple_of_the_block_are_refused(void **state)
{
	static const uint64_t sizes[] = { 0, 1, 4095, 4608 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct temp_path temp;
		struct media_config config;
		struct media *media;

		temp_file_make(&temp, sizes[i]);
		config = config_for(&temp);
		assert_error(media_open(&media, &config), -EINVAL, UPNVME_ERR_MEDIA_SIZE);
		assert_sentence_has("truncate");
		temp_path_remove(&temp);
	}
}

static void directories_pipes_sockets_and_devices_are_refused(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct temp_path temp;
	struct media_config config;
	struct media *media;
	int fd;

	temp_path_make(&temp);
	config = config_for(&temp);
	config.path = temp.directory;
	assert_error(media_open(&media, &config), -EISDIR, UPNVME_ERR_MEDIA_TYPE);
	config.path = temp.path;
	assert_int_equal(mkfifo(temp.path, 0600), 0);
	assert_error(media_open(&media, &config), -EINVAL, UPNVME_ERR_MEDIA_TYPE);
	assert_sentence_has("pipe");
	remove(temp.path);

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	if (strlen(temp.path) < sizeof(address.sun_path)) {
		strcpy(address.sun_path, temp.path);
		assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
		assert_error(media_open(&media, &config), -EINVAL, UPNVME_ERR_MEDIA_TYPE);
		assert_sentence_has("socket");
	}
	close(fd);
	config.path = "/dev/null";
	assert_error(media_open(&media, &config), -EINVAL, UPNVME_ERR_MEDIA_TYPE);
	assert_sentence_has("character device");
	temp_path_remove(&temp);
}

static void a_file_without_permission_is_refused(void **state)
{
	struct temp_path temp;
	struct media_config config;
	struct media *media;

	if (geteuid() == 0)
		skip_because("root needs no permission");
	temp_file_make(&temp, 4096);
	assert_int_equal(chmod(temp.path, 0400), 0);
	config = config_for(&temp);
	assert_error(media_open(&media, &config), -EACCES, UPNVME_ERR_MEDIA_OPEN);
	assert_sentence_has("readonly=1");
	config.readonly = true;
	assert_int_equal(media_open(&media, &config), 0);
	media_close(media);
	assert_int_equal(chmod(temp.path, 0), 0);
	assert_error(media_open(&media, &config), -EACCES, UPNVME_ERR_MEDIA_OPEN);
	temp_path_remove(&temp);
}

static void a_path_through_a_file_is_refused(void **state)
{
	struct temp_path temp;
	struct media_config config;
	struct media *media;
	char below[320];

	temp_file_make(&temp, 4096);
	snprintf(below, sizeof(below), "%s/below", temp.path);
	config = config_for(&temp);
	config.path = below;
	assert_error(media_open(&media, &config), -ENOTDIR, UPNVME_ERR_MEDIA_OPEN);
	temp_path_remove(&temp);
}

static void a_second_writer_is_refused(void **state)
{
	struct temp_path temp;
	struct media_config config;
	struct media *first, *second;

	temp_file_make(&temp, 4096);
	config = config_for(&temp);
	assert_int_equal(media_open(&first, &config), 0);
	assert_error(media_open(&second, &config), -EBUSY, UPNVME_ERR_MEDIA_LOCKED);
	assert_sentence_has(temp.path);
	media_close(first);
	assert_int_equal(media_open(&second, &config), 0);
	media_close(second);
	temp_path_remove(&temp);
}

static void readers_share_a_file_but_not_with_a_writer(void **state)
{
	struct temp_path temp;
	struct media_config writer, reader;
	struct media *first, *second, *third;

	temp_file_make(&temp, 4096);
	writer = reader = config_for(&temp);
	reader.readonly = true;
	assert_int_equal(media_open(&first, &reader), 0);
	assert_false(first->volatile_cache);
	assert_int_equal(media_open(&second, &reader), 0);
	assert_error(media_open(&third, &writer), -EBUSY, UPNVME_ERR_MEDIA_LOCKED);
	media_close(first);
	media_close(second);
	assert_int_equal(media_open(&third, &writer), 0);
	assert_error(media_open(&first, &reader), -EBUSY, UPNVME_ERR_MEDIA_LOCKED);
	assert_sentence_has("a writer");
	media_close(third);
	temp_path_remove(&temp);
}

static void a_file_beyond_the_process_limit_is_refused(void **state)
{
	struct rlimit before, limit;
	struct temp_path temp, other;
	struct media_config config;
	struct media *media;

	temp_file_make(&temp, 65536);
	temp_path_make(&other);
	config = config_for(&temp);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 32768;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_error(media_open(&media, &config), -EFBIG, UPNVME_ERR_MEDIA_SIZE);
	assert_sentence_has("ulimit -f");
	config.path = other.path;
	config.size_bytes = 65536;
	assert_error(media_open(&media, &config), -EFBIG, UPNVME_ERR_MEDIA_SIZE);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(access(other.path, F_OK), -1);
	temp_path_remove(&other);
	temp_path_remove(&temp);
}

static void a_file_too_large_for_its_file_system_leaves_nothing_behind(void **state)
{
	struct temp_path temp;
	struct media_config config;
	struct media *media;

	temp_path_make(&temp);
	config = config_for(&temp);
	config.size_bytes = (uint64_t)INT64_MAX - 4095;
	error_clear();
	if (media_open(&media, &config) == 0) { /* some file systems have room */
		media_close(media);
	} else {
		assert_int_equal(error_last()->code, UPNVME_ERR_MEDIA_SIZE);
		assert_int_equal(access(temp.path, F_OK), -1);
	}
	temp_path_remove(&temp);
}

/* The file's maker was killed before the file had its size. */
static void an_empty_file_is_made_whole_when_a_size_is_given(void **state)
{
	struct temp_path temp;
	struct media_config config;
	struct media *media;

	temp_file_make(&temp, 0);
	config = config_for(&temp);
	config.size_bytes = 8192;
	config.readonly = true;
	assert_error(media_open(&media, &config), -EINVAL, UPNVME_ERR_MEDIA_SIZE);
	config.readonly = false;
	assert_int_equal(media_open(&media, &config), 0);
	assert_int_equal(media->size_bytes, 8192);
	media_close(media);
	config.size_bytes = 0;
	assert_int_equal(media_open(&media, &config), 0);
	assert_int_equal(media->size_bytes, 8192);
	media_close(media);
	temp_path_remove(&temp);
}

/* Opens and closes until the process is killed. */
static void open_for_ever(const struct media_config *config)
{
	struct media *media;

	for (;;)
		if (media_open(&media, config) == 0)
			media_close(media);
		else if (error_last()->err != -EBUSY)
			_exit(1);
}

/* The next creator gets a medium, at whatever moment others are killed and however many there are. */
static void a_file_whose_creator_was_killed_can_be_opened(void **state)
{
	struct temp_path temp;
	struct media_config config;
	struct media *media;

	temp_path_make(&temp);
	config = config_for(&temp);
	config.size_bytes = 8192;
	for (int round = 0; round < 40; round++) {
		pid_t children[3];
		int status;

		for (int i = 0; i < 3; i++) {
			children[i] = fork();
			if (children[i] == 0)
				open_for_ever(&config);
		}
		for (int i = 0; i < round % 8; i++)
			unlink(temp.path);
		for (int i = 0; i < 3; i++) {
			kill(children[i], SIGKILL);
			assert_int_equal(waitpid(children[i], &status, 0), children[i]);
			assert_true(WIFSIGNALED(status));
		}
		assert_int_equal(media_open(&media, &config), 0);
		assert_int_equal(media->size_bytes, 8192);
		media_close(media);
		assert_int_equal(unlink(temp.path), 0);
	}
	temp_path_remove(&temp);
}

static void a_link_that_leads_nowhere_is_refused(void **state)
{
	struct temp_path temp;
	struct media_config config;
	struct media *media;

	temp_path_make(&temp);
	assert_int_equal(symlink("/nowhere/at/all", temp.path), 0);
	config = config_for(&temp);
	config.size_bytes = 8192;
	assert_error(media_open(&media, &config), -EBUSY, UPNVME_ERR_MEDIA_OPEN);
	assert_sentence_has("link");
	temp_path_remove(&temp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_missing_file_is_refused_with_the_remedy),
		cmocka_unit_test(a_file_is_created_sparse_if_its_size_is_given),
		cmocka_unit_test(a_file_in_no_directory_is_not_created),
		cmocka_unit_test(a_size_that_differs_from_the_files_is_refused),
		cmocka_unit_test(sizes_that_are_no_multiple_of_the_block_are_refused),
		cmocka_unit_test(directories_pipes_sockets_and_devices_are_refused),
		cmocka_unit_test(a_file_without_permission_is_refused),
		cmocka_unit_test(a_path_through_a_file_is_refused),
		cmocka_unit_test(a_second_writer_is_refused),
		cmocka_unit_test(readers_share_a_file_but_not_with_a_writer),
		cmocka_unit_test(a_file_beyond_the_process_limit_is_refused),
		cmocka_unit_test(a_file_too_large_for_its_file_system_leaves_nothing_behind),
		cmocka_unit_test(an_empty_file_is_made_whole_when_a_size_is_given),
		cmocka_unit_test(a_file_whose_creator_was_killed_can_be_opened),
		cmocka_unit_test(a_link_that_leads_nowhere_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
