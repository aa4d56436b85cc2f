/* SPDX-License-Identifier: BSD-3-Clause */
/* Closed standard descriptors: no descriptor of the library takes their place, and a stray message
 * goes nowhere. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "support.h"

#define NSTANDARD 3
#define IMAGE     (1u << 20)

static char *image;

static bool all_are_closed(void)
{
	for (int fd = 0; fd < NSTANDARD; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			return false;
	return true;
}

/* Makes descriptors in all ways: the image, the rings, an interrupt's eventfd, files of /sys and
 * /proc. */
static int use(void *uri)
{
	struct upnvme_qpair_opts opts = UPNVME_QPAIR_OPTS_INIT;
	upnvme_ctrlr *ctrlr;
	upnvme_qpair *qp;
	bool good;

	for (int fd = 0; fd < NSTANDARD; fd++)
		close(fd);
	if (upnvme_open(&ctrlr, uri, NULL))
		return 1;
	if (strstr(uri, "thread"))
		opts.flags = UPNVME_QPAIR_INTERRUPT;
	if (upnvme_qpair_create(&qp, ctrlr, &opts))
		return 2;
	good = all_are_closed() && write(STDERR_FILENO, "stray", 5) == -1 && errno == EBADF;
	good &= upnvme_devices_list(NULL, 0) >= 0;
	if (upnvme_qpair_close(qp) || upnvme_close(ctrlr))
		return 3;
	return good && all_are_closed() ? 0 : 4;
}

static void a_stray_message_does_not_reach_the_disk(void **state)
{
	char uri[512], block[5] = { 1 };
	int fd;

	snprintf(uri, sizeof(uri), "soft:%s?%s", image, (const char *)*state);
	assert_int_equal(in_child(use, uri), 0);
	fd = open(image, O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(fd, block, sizeof(block)), sizeof(block));
	close(fd);
	assert_memory_equal(block, "\0\0\0\0\0", sizeof(block));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(a_stray_message_does_not_reach_the_disk, "block=512"),
		cmocka_unit_test_prestate(a_stray_message_does_not_reach_the_disk, "engine=worker"),
		cmocka_unit_test_prestate(a_stray_message_does_not_reach_the_disk, "mode=thread"),
		cmocka_unit_test_prestate(a_stray_message_does_not_reach_the_disk, "readonly=1"),
	};
	int failed;

	image = image_create(IMAGE);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	image_remove(image);
	return failed;
}
