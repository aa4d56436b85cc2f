/* SPDX-License-Identifier: BSD-3-Clause */
/* The witness of a file, and a loss that stays one. Disks that do lose data are test_loop.c's. */
#include "media/media_fixture.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "media/file_durable.h"

static struct temp_path temp;
static struct file_media file;

static int setup(void **state)
{
	temp_file_make(&temp, 4096);
	memset(&file, 0, sizeof(file));
	pthread_mutex_init(&file.durable_lock, NULL);
	file.path = temp.path;
	file.witness_fd = -1;
	file.fd = open(temp.path, O_RDWR | O_CLOEXEC);
	return file.fd < 0;
}

static int teardown(void **state)
{
	file_durable_end(&file);
	assert_int_equal(file.witness_fd, -1);
	close(file.fd);
	pthread_mutex_destroy(&file.durable_lock);
	temp_path_remove(&temp);
	return 0;
}

static void a_sound_file_has_a_witness_and_is_durable(void **state)
{
	assert_int_equal(file_durable_begin(&file), 0);
	assert_true(file.witness_fd >= 0);
	assert_int_not_equal(file.witness_fd, file.fd);
	assert_true(file_durable(&file));
	assert_false(file.base.failed);
}

static void a_file_that_lost_data_stays_failed(void **state)
{
	assert_int_equal(file_durable_begin(&file), 0);
	file_durable_lost(&file, "a test says so");
	assert_true(file.base.failed);
	assert_false(file_durable(&file));
	assert_false(file_durable(&file));
}

static void a_name_that_is_gone_or_another_files_is_refused(void **state)
{
	int fd;

	assert_int_equal(unlink(temp.path), 0);
	assert_error(file_durable_begin(&file), -EBUSY, UPNVME_ERR_MEDIA_OPEN);
	assert_sentence_has(temp.path);
	fd = open(temp.path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_error(file_durable_begin(&file), -EBUSY, UPNVME_ERR_MEDIA_OPEN);
	assert_sentence_has("replaced");
}

static void a_witness_without_a_free_descriptor_is_an_error(void **state)
{
	struct rlimit before, none;
	int err;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	err = file_durable_begin(&file);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(err, -EMFILE);
	assert_sentence_has("ulimit -n");
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_sound_file_has_a_witness_and_is_durable),
		test(a_file_that_lost_data_stays_failed),
		test(a_name_that_is_gone_or_another_files_is_refused),
		test(a_witness_without_a_free_descriptor_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
