/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loop devices: such a device can lose data, for the disk below it is smaller, and it holds a file without a lock. Only
 * root has loop devices; where there are none the tests are skipped.
 */
#include "media/media_fixture.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#define MIB          (1u << 20)
#define DEVICE_BYTES (32ull * MIB)

struct loop {
	struct temp_path temp; /* a file on a tmpfs of 8 MiB */
	char device[64];
	int fd;
};

static bool has_mounts;

static int free_number(void)
{
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), number = -1;

	if (control >= 0) {
		number = ioctl(control, LOOP_CTL_GET_FREE);
		close(control);
	}
	return number;
}

/* Another process may take the number first. The device goes with its last user, also when a test fails. */
static bool attach(struct loop *loop)
{
	struct loop_info64 info = { .lo_flags = LO_FLAGS_AUTOCLEAR };
	int file = open(loop->temp.path, O_RDWR | O_CLOEXEC);
	bool attached = false;

	for (int i = 0; i < 10 && !attached; i++) {
		snprintf(loop->device, sizeof(loop->device), "/dev/loop%d", free_number());
		loop->fd = open(loop->device, O_RDWR | O_CLOEXEC);
		attached = loop->fd >= 0 && ioctl(loop->fd, LOOP_SET_FD, file) == 0;
		if (!attached && loop->fd >= 0)
			close(loop->fd);
	}
	close(file);
	if (attached)
		assert_int_equal(ioctl(loop->fd, LOOP_SET_STATUS64, &info), 0);
	return attached;
}

static void unmount(struct loop *loop)
{
	assert_int_equal(umount(loop->temp.directory), 0);
	assert_int_equal(rmdir(loop->temp.directory), 0);
}

static void loop_make(struct loop *loop)
{
	int fd;

	if (!has_mounts || free_number() < 0) {
		print_message("there are no loop devices for this user (root alone has them)\n");
		skip();
	}
	temp_path_make(&loop->temp);
	if (mount("none", loop->temp.directory, "tmpfs", 0, "size=8m") < 0) {
		temp_path_remove(&loop->temp);
		skip();
	}
	fd = open(loop->temp.path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(ftruncate(fd, DEVICE_BYTES), 0);
	close(fd);
	if (!attach(loop)) {
		print_message("%s cannot be attached\n", loop->device);
		unmount(loop);
		skip();
	}
}

static void loop_remove(struct loop *loop)
{
	assert_int_equal(ioctl(loop->fd, LOOP_CLR_FD), 0);
	close(loop->fd);
	unmount(loop);
}

static int write_durably(struct media_channel *channel, void *buffer, uint64_t bytes)
{
	struct io io;

	io_prepare(&io, MEDIA_WRITE, 0, buffer, bytes);
	io.request.fua = true;
	return io_run(channel, &io);
}

/* The channel that did not write flushes first, and takes the kernel's one report of the error. */
static void a_loss_is_told_to_every_channel(void **state)
{
	const struct variant *variant = *state;
	struct media_config config = { .maker = &media_file,
				       .block_bytes = 512,
				       .engine = variant->engine };
	struct media_channel *writer, *other;
	struct media *media;
	struct loop loop;
	uint8_t *buffer;

	if (!engine_works(variant->engine))
		skip();
	loop_make(&loop);
	config.path = loop.device;
	buffer = malloc(MIB);
	assert_non_null(buffer);
	memset(buffer, 0x5a, MIB);
	assert_int_equal(media_open(&media, &config), 0);
	assert_int_equal(media_channel_open(&writer, media), 0);
	assert_int_equal(media_channel_open(&other, media), 0);
	for (uint64_t i = 0; i < 20; i++)
		assert_int_equal(run(writer, MEDIA_WRITE, i * MIB, buffer, MIB), 0);
	assert_int_not_equal(run(other, MEDIA_FLUSH, 0, NULL, 0), 0);
	assert_true(media->failed);
	assert_int_equal(run(writer, MEDIA_FLUSH, 0, NULL, 0), -EIO);
	assert_int_equal(write_durably(writer, buffer, 512), -EIO);
	assert_int_equal(run(other, MEDIA_WRITE, 0, buffer, 512), -EIO);
	assert_int_equal(run(other, MEDIA_READ, 0, buffer, 512), 0);
	media_channel_close(writer);
	media_channel_close(other);
	media_close(media);

	/* The medium, opened anew, has the disk's data, and takes as much as the disk takes. */
	assert_int_equal(media_open(&media, &config), 0);
	assert_int_equal(media_channel_open(&writer, media), 0);
	assert_int_equal(write_durably(writer, buffer, 512), 0);
	media_channel_close(writer);
	media_close(media);
	loop_remove(&loop);
	free(buffer);
}

/* Another program's fsync has reported the loss already; the medium must learn of it all the same. */
static void a_write_error_that_another_process_has_seen_is_seen_too(void **state)
{
	struct media_config config = { .maker = &media_file,
				       .block_bytes = 512,
				       .engine = "worker" };
	struct media_channel *channel;
	struct media *media;
	struct loop loop;
	uint8_t *buffer;
	int fd, rc = 0;

	loop_make(&loop);
	config.path = loop.device;
	buffer = calloc(1, MIB);
	assert_non_null(buffer);
	memset(buffer, 0x5a, MIB);
	assert_int_equal(media_open(&media, &config), 0);
	assert_int_equal(media_channel_open(&channel, media), 0);
	for (uint64_t i = 0; i < 20; i++)
		assert_int_equal(run(channel, MEDIA_WRITE, i * MIB, buffer, MIB), 0);
	fd = open(loop.device, O_RDONLY | O_CLOEXEC);
	rc = fsync(fd);
	close(fd);
	assert_int_equal(rc, -1);
	assert_int_not_equal(run(channel, MEDIA_FLUSH, 0, NULL, 0), 0);
	assert_int_equal(run(channel, MEDIA_FLUSH, 0, NULL, 0), -EIO);
	media_channel_close(channel);
	media_close(media);
	loop_remove(&loop);
	free(buffer);
}

static void a_file_that_a_loop_device_stands_on_is_not_written(void **state)
{
	struct media_config config = { .maker = &media_file, .block_bytes = 512 };
	struct media *media;
	struct loop loop;
	char other[320];

	loop_make(&loop);
	config.path = loop.temp.path;
	assert_error(media_open(&media, &config), -EBUSY, UPNVME_ERR_MEDIA_LOCKED);
	assert_non_null(strstr(error_last()->text, loop.device));
	/* Another name of the file changes nothing. */
	snprintf(other, sizeof(other), "%s/link", loop.temp.directory);
	assert_int_equal(rename(loop.temp.path, other), 0);
	config.path = other;
	assert_error(media_open(&media, &config), -EBUSY, UPNVME_ERR_MEDIA_LOCKED);
	config.readonly = true;
	assert_int_equal(media_open(&media, &config), 0);
	media_close(media);
	loop_remove(&loop);
}

static void a_loop_device_over_a_held_file_is_not_written(void **state)
{
	struct media_config config = { .maker = &media_file, .block_bytes = 512 };
	struct media *holder, *media;
	struct loop loop;

	loop_make(&loop);
	assert_int_equal(ioctl(loop.fd, LOOP_CLR_FD), 0);
	close(loop.fd);
	config.path = loop.temp.path;
	assert_int_equal(media_open(&holder, &config), 0);
	assert_true(attach(&loop));
	config.path = loop.device;
	assert_error(media_open(&media, &config), -EBUSY, UPNVME_ERR_MEDIA_LOCKED);
	assert_non_null(strstr(error_last()->text, loop.temp.path));
	media_close(holder);
	assert_int_equal(media_open(&media, &config), 0);
	media_close(media);
	loop_remove(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH_ENGINES(a_loss_is_told_to_every_channel),
		cmocka_unit_test(a_write_error_that_another_process_has_seen_is_seen_too),
		cmocka_unit_test(a_file_that_a_loop_device_stands_on_is_not_written),
		cmocka_unit_test(a_loop_device_over_a_held_file_is_not_written),
	};

	has_mounts = mounts_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
