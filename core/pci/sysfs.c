/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading and writing the kernel's small files. */
#include "pci/sysfs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"

const struct sysfs sysfs_machine = {
	.sys = "/sys",
	.proc = "/proc",
	.dev = "/dev",
	.write = sysfs_write_file,
	.claim = sysfs_claim_device,
	.identify = sysfs_identify_path,
	.loop = sysfs_loop_backing,
};

/* Formats a path below `root`. */
static int path_make(char *path, const char *root, const char *format, va_list args)
{
	int head = snprintf(path, SYSFS_PATH_ROOM, "%s/", root), tail;

	if (head < 0 || head >= (int)SYSFS_PATH_ROOM)
		return -ENAMETOOLONG;
	tail = vsnprintf(path + head, SYSFS_PATH_ROOM - (size_t)head, format, args);
	return tail < 0 || head + tail >= (int)SYSFS_PATH_ROOM ? -ENAMETOOLONG : 0;
}

#define PATH_FROM_ARGS(rc, path, root)                       \
	do {                                                 \
		va_list args_;                               \
		va_start(args_, format);                     \
		(rc) = path_make(path, root, format, args_); \
		va_end(args_);                               \
	} while (0)

/* Looks for the folder `bus`, which every sysfs has, and an empty mount point has not. */
int sysfs_check(const struct sysfs *fs)
{
	struct sysfs_names names;
	int rc = sysfs_names_get(&names, fs->sys, "bus");

	sysfs_names_free(&names);
	if (!rc || rc == -ENOMEM)
		return rc;
	if (rc == -ENOENT)
		return error_set(
			rc, UPNVME_ERR_SYSTEM,
			"no sysfs is mounted on %s, so that no device, driver or IOMMU can be "
			"seen: mount -t sysfs sysfs %s, or give the container its host's",
			fs->sys, fs->sys);
	return error_set(
		rc, UPNVME_ERR_SYSTEM,
		"%s/bus cannot be read (%s), so that no device, driver or IOMMU can be seen",
		fs->sys, strerror(-rc));
}

/* The kernel takes a value in one write or not at all, so a short write is an error. */
int sysfs_write_file(const struct sysfs *fs, const char *path, const char *text)
{
	int fd = fd_open(path, O_WRONLY, 0);
	size_t bytes = strlen(text);
	ssize_t written;
	int rc = 0;

	(void)fs;
	if (fd < 0)
		return -errno;
	written = write(fd, text, bytes);
	if (written < 0)
		rc = -errno;
	else if ((size_t)written != bytes)
		rc = -EIO;
	close(fd);
	return rc;
}

static int number_of(const struct stat *st, struct device_number *number)
{
	if (!S_ISBLK(st->st_mode) && !S_ISCHR(st->st_mode))
		return -ENODEV;
	*number = (struct device_number){ S_ISBLK(st->st_mode), major(st->st_rdev),
					  minor(st->st_rdev) };
	return 0;
}

int sysfs_identify_path(const struct sysfs *fs, const char *path, struct device_number *number)
{
	struct stat st;

	(void)fs;
	return stat(path, &st) ? -errno : number_of(&st, number);
}

/* Opens a node for its claim, if the node has the right number: a /dev that is not the kernel's own, such as a
 * container's, can be out of date. */
int sysfs_claim_device(const struct sysfs *fs, const char *path, const struct device_number *number)
{
	struct device_number there = { 0 };
	int rc = sysfs_identify_path(fs, path, &there), fd;

	if (rc && rc != -ENODEV)
		return rc;
	if (rc || there.block != number->block || there.major != number->major ||
	    there.minor != number->minor)
		return -ENOENT;
	fd = fd_open(path, O_RDONLY | O_EXCL | O_NONBLOCK, 0);
	return fd < 0 ? -errno : fd;
}

/* lo_rdevice is the device's number in the kernel's 32-bit form, which major() and minor() read; 0 for a file. */
int sysfs_loop_backing(const struct sysfs *fs, const char *path, struct device_number *number)
{
	int fd = fd_open(path, O_RDONLY | O_NONBLOCK, 0), rc = 0;
	struct loop_info64 info;

	(void)fs;
	if (fd < 0)
		return -errno;
	if (ioctl(fd, LOOP_GET_STATUS64, &info))
		rc = -errno;
	close(fd);
	if (rc)
		return rc;
	*number = (struct device_number){ true, major(info.lo_rdevice), minor(info.lo_rdevice) };
	return info.lo_rdevice ? 0 : -ENODEV;
}

int sysfs_read_path(const char *path, char *text, size_t bytes)
{
	int fd = fd_open(path, O_RDONLY, 0);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, text, bytes - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return (int)n;
	while (n > 0 && isspace((unsigned char)text[n - 1]))
		n--;
	text[n] = '\0';
	return 0;
}

int sysfs_read(const struct sysfs *fs, char *text, size_t bytes, const char *format, ...)
{
	char path[SYSFS_PATH_ROOM];
	int rc;

	PATH_FROM_ARGS(rc, path, fs->sys);
	text[0] = '\0';
	if (!rc)
		rc = sysfs_read_path(path, text, bytes);
	if (rc)
		text[0] = '\0';
	return rc;
}

int64_t sysfs_number(const struct sysfs *fs, int64_t otherwise, const char *format, ...)
{
	char path[SYSFS_PATH_ROOM], text[64], *end;
	int64_t value;
	int rc;

	PATH_FROM_ARGS(rc, path, fs->sys);
	if (!rc)
		rc = sysfs_read_path(path, text, sizeof(text));
	if (rc)
		return otherwise;
	errno = 0;
	value = strtoll(text, &end, 0);
	return errno || end == text || *end ? otherwise : value;
}

int sysfs_link(const struct sysfs *fs, char *name, size_t bytes, const char *format, ...)
{
	char path[SYSFS_PATH_ROOM], target[4096];
	const char *slash;
	ssize_t n;
	int rc;

	PATH_FROM_ARGS(rc, path, fs->sys);
	name[0] = '\0';
	if (rc)
		return rc;
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	slash = strrchr(target, '/');
	snprintf(name, bytes, "%s", slash ? slash + 1 : target);
	return 0;
}

bool sysfs_exists(const struct sysfs *fs, const char *format, ...)
{
	char path[SYSFS_PATH_ROOM];
	int rc;

	PATH_FROM_ARGS(rc, path, fs->sys);
	return !rc && faccessat(AT_FDCWD, path, F_OK, AT_EACCESS) == 0;
}

int sysfs_write(const struct sysfs *fs, const char *text, const char *format, ...)
{
	char path[SYSFS_PATH_ROOM];
	int rc;

	PATH_FROM_ARGS(rc, path, fs->sys);
	return rc ? rc : fs->write(fs, path, text);
}

int sysfs_writable(const struct sysfs *fs, const char *format, ...)
{
	char path[SYSFS_PATH_ROOM];
	int rc, fd;

	PATH_FROM_ARGS(rc, path, fs->sys);
	if (rc)
		return rc;
	fd = fd_open(path, O_WRONLY, 0);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

int sysfs_each_line(const struct sysfs *fs, const char *name, void (*take)(char *line, void *arg),
		    void *arg)
{
	char path[SYSFS_PATH_ROOM], *line = NULL;
	size_t room = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", fs->proc, name);
	file = fd_fopen(path);
	if (!file)
		return -errno;
	while (getline(&line, &room, file) > 0)
		take(line, arg);
	free(line);
	fclose(file);
	return 0;
}

static int not_dots(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
}

/* Each entry is replaced by its name, in place. */
static int names_take(struct sysfs_names *names, struct dirent **entries, uint32_t n)
{
	int rc = 0;

	names->n = n;
	names->name = calloc(n ? n : 1, sizeof(*names->name));
	for (uint32_t i = 0; i < n; i++) {
		if (names->name)
			names->name[i] = strdup(entries[i]->d_name);
		if (!names->name || !names->name[i])
			rc = -ENOMEM;
		free(entries[i]);
	}
	free(entries);
	if (!names->name)
		names->n = 0;
	if (rc || !names->name)
		sysfs_names_free(names);
	return names->name ? 0 : -ENOMEM;
}

int sysfs_names_get(struct sysfs_names *names, const char *root, const char *format, ...)
{
	char path[SYSFS_PATH_ROOM];
	struct dirent **entries;
	struct fd_floor floor;
	int rc, n;

	*names = (struct sysfs_names){ 0 };
	PATH_FROM_ARGS(rc, path, root);
	if (rc)
		return rc;
	fd_floor_raise(&floor);
	n = scandir(path, &entries, not_dots, alphasort);
	fd_floor_lower(&floor);
	return n < 0 ? -errno : names_take(names, entries, (uint32_t)n);
}

void sysfs_names_free(struct sysfs_names *names)
{
	for (uint32_t i = 0; i < names->n; i++)
		free(names->name[i]);
	free(names->name);
	*names = (struct sysfs_names){ 0 };
}
