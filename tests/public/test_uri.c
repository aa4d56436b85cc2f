/* SPDX-License-Identifier: BSD-3-Clause */
/* URIs and media from which no controller can be made: each has its errno, its code, and a sentence
 * that names it. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"

struct bad_uri {
	const char *uri;
	int err;
	uint32_t code;
	const char *names;
};

static void each_bad_uri_is_refused_by_name(void **state)
{
	static const struct bad_uri bad[] = {
		{ "", -EINVAL, UPNVME_ERR_URI, "" },
		{ "ram", -EINVAL, UPNVME_ERR_URI, "ram" },
		{ "soft:", -EINVAL, UPNVME_ERR_URI, "soft:" },
		{ "soft:disk.img", -EINVAL, UPNVME_ERR_URI, "disk.img" },
		{ "nvme:ram", -EINVAL, UPNVME_ERR_URI_SCHEME, "nvme" },
		{ "tcp:192.0.2.1", -EINVAL, UPNVME_ERR_URI_SCHEME, "tcp" },
		{ "soft:ram?colour=red", -EINVAL, UPNVME_ERR_URI_KEY, "colour" },
		{ "soft:ram?engine=worker", -EINVAL, UPNVME_ERR_URI_KEY, "engine" },
		{ "soft:ram?zero=1", -EINVAL, UPNVME_ERR_URI_KEY, "zero" },
		{ "soft:ram?size=1MiB&size=2MiB", -EINVAL, UPNVME_ERR_URI_KEY, "size" },
		{ "soft:ram?size=", -EINVAL, UPNVME_ERR_URI_VALUE, "size" },
		{ "soft:ram?size=big", -EINVAL, UPNVME_ERR_URI_VALUE, "big" },
		{ "soft:ram?size=-1", -EINVAL, UPNVME_ERR_URI_VALUE, "-1" },
		{ "soft:ram?size=1.5GiB", -EINVAL, UPNVME_ERR_URI_VALUE, "1.5GiB" },
		{ "soft:ram?size=1MB", -EINVAL, UPNVME_ERR_URI_VALUE, "1MB" },
		{ "soft:ram?size=99999999999999999999", -EINVAL, UPNVME_ERR_URI_VALUE, "9999" },
		{ "soft:ram?size=32EiB", -EINVAL, UPNVME_ERR_URI_VALUE, "32EiB" },
		{ "soft:ram?size=0", -EINVAL, UPNVME_ERR_MEDIA_SIZE, "0" },
		{ "soft:ram?size=1000", -EINVAL, UPNVME_ERR_MEDIA_SIZE, "1000" },
		{ "soft:ram?block=1000", -EINVAL, UPNVME_ERR_MEDIA_BLOCK, "1000" },
		{ "soft:ram?block=0", -EINVAL, UPNVME_ERR_MEDIA_BLOCK, "0" },
		{ "soft:ram?block=256", -EINVAL, UPNVME_ERR_MEDIA_BLOCK, "256" },
		{ "soft:ram?block=128KiB", -EINVAL, UPNVME_ERR_MEDIA_BLOCK, "131072" },
		{ "soft:ram?mode=fast", -EINVAL, UPNVME_ERR_URI_VALUE, "fast" },
		{ "soft:ram?mdts=13", -EINVAL, UPNVME_ERR_URI_VALUE, "mdts" },
		{ "soft:ram?entries=1", -EINVAL, UPNVME_ERR_URI_VALUE, "entries" },
		{ "soft:ram?queues=0", -EINVAL, UPNVME_ERR_URI_VALUE, "queues" },
		{ "soft:ram?sgl=perhaps", -EINVAL, UPNVME_ERR_URI_VALUE, "perhaps" },
		{ "soft:ram?serial=123456789012345678901", -EINVAL, UPNVME_ERR_URI_VALUE,
		  "serial" },
		{ "soft:/no/such/folder/disk.img", -ENOENT, UPNVME_ERR_MEDIA_OPEN,
		  "/no/such/folder/disk.img" },
	};

	for (size_t i = 0; i < NELEMS(bad); i++) {
		upnvme_ctrlr *ctrlr = (void *)&state;
		int rc = upnvme_open(&ctrlr, bad[i].uri, NULL);

		print_message("%s: %s\n", bad[i].uri, upnvme_last_error());
		expect_error(rc, bad[i].err, bad[i].code, bad[i].names, NULL);
	}
}

static int try_open(const char *format, const char *path)
{
	upnvme_ctrlr *ctrlr = NULL;
	char uri[512];
	int rc;

	snprintf(uri, sizeof(uri), "soft:%s%s", path, format);
	rc = upnvme_open(&ctrlr, uri, NULL);
	if (rc == 0)
		upnvme_close(ctrlr);
	return rc;
}

static void a_file_that_is_no_multiple_of_the_block_is_refused(void **state)
{
	char *path = image_create(4096 + 512);

	OK(try_open("?block=512", path));
	expect_error(try_open("?block=4096", path), -EINVAL, UPNVME_ERR_MEDIA_SIZE, path, "4096",
		     NULL);
	assert_int_equal(truncate(path, 4096 + 100), 0);
	expect_error(try_open("", path), -EINVAL, UPNVME_ERR_MEDIA_SIZE, path, "512", NULL);
	assert_int_equal(truncate(path, 0), 0);
	expect_error(try_open("", path), -EINVAL, UPNVME_ERR_MEDIA_SIZE, path, NULL);
	image_remove(path);
}

static void a_directory_is_no_medium(void **state)
{
	int rc = try_open("", "/usr");

	assert_true(rc == -EISDIR || rc == -EINVAL);
	expect_error(rc, rc, UPNVME_ERR_MEDIA_TYPE, "/usr", NULL);
}

static int open_as_nobody(void *path)
{
	struct upnvme_error error;

	if (geteuid() == 0 && setuid(65534))
		return 2;
	if (try_open("", path) != -EACCES)
		return 3;
	upnvme_error_get(&error);
	if (error.code != UPNVME_ERR_MEDIA_OPEN || !strstr(error.text, path))
		return 4;
	return 0;
}

static void an_unreadable_file_is_refused(void **state)
{
	char *path = image_create(1 << 20);

	assert_int_equal(chmod(path, 0), 0);
	assert_int_equal(in_child(open_as_nobody, path), 0);
	image_remove(path);
}

static void a_second_writer_is_refused_and_readers_share(void **state)
{
	char *path = image_create(1 << 20);
	upnvme_ctrlr *writer = open_uri("soft:%s", path), *first, *second;

	expect_error(try_open("", path), -EBUSY, UPNVME_ERR_MEDIA_LOCKED, path, NULL);
	expect_error(try_open("?readonly=1", path), -EBUSY, UPNVME_ERR_MEDIA_LOCKED, path, NULL);
	OK(upnvme_close(writer));
	first = open_uri("soft:%s?readonly=1", path);
	second = open_uri("soft:%s?readonly=1", path);
	expect_error(try_open("", path), -EBUSY, UPNVME_ERR_MEDIA_LOCKED, path, NULL);
	OK(upnvme_close(first));
	OK(upnvme_close(second));
	OK(try_open("", path));
	image_remove(path);
}

static void writes_to_a_readonly_medium_get_a_status(void **state)
{
	char *path = image_create(1 << 20);
	struct rig rig;
	void *buf;

	rig_open(&rig, 0, 0, "soft:%s?readonly=1", path);
	buf = dma(rig.ctrlr, 4096);
	assert_int_equal(do_read(&rig, buf, 0, 1), 0);
	assert_int_equal(do_write(&rig, buf, 0, 1), STATUS_WRITE_PROTECTED);
	rig_close(&rig);
	image_remove(path);
}

static void percent_encoded_paths_are_decoded(void **state)
{
	char *path = image_create(1 << 20), *odd = NULL;
	upnvme_ctrlr *ctrlr;

	assert_true(asprintf(&odd, "%s a?b&c", path) > 0);
	assert_int_equal(rename(path, odd), 0);
	ctrlr = open_uri("soft:%s%%20a%%3Fb%%26c?block=512", path);
	OK(upnvme_close(ctrlr));
	free(path);
	image_remove(odd);
}

static void null_arguments_are_named(void **state)
{
	upnvme_ctrlr *ctrlr;

	expect_error(upnvme_open(NULL, "soft:ram", NULL), -EINVAL, UPNVME_ERR_NULL, "upnvme_open",
		     NULL);
	expect_error(upnvme_open(&ctrlr, NULL, NULL), -EINVAL, UPNVME_ERR_NULL, "upnvme_open",
		     NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_bad_uri_is_refused_by_name),
		cmocka_unit_test(a_file_that_is_no_multiple_of_the_block_is_refused),
		cmocka_unit_test(a_directory_is_no_medium),
		cmocka_unit_test(an_unreadable_file_is_refused),
		cmocka_unit_test(a_second_writer_is_refused_and_readers_share),
		cmocka_unit_test(writes_to_a_readonly_medium_get_a_status),
		cmocka_unit_test(percent_encoded_paths_are_decoded),
		cmocka_unit_test(null_arguments_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
