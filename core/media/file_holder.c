/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loop devices and swap take no lock on the file below them, so each of them is looked for. A loop device is also
 * looked through: its file may be held by another controller. Every other holder of a block device (a mount, a mounted
 * partition, the device mapper) has the device exclusively, and O_EXCL meets that.
 */
#include "media/file_holder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"

#define HOLDER_PATH_ROOM 4224

static bool same_file(const struct stat *a, const struct stat *b)
{
	if (S_ISBLK(a->st_mode) || S_ISBLK(b->st_mode))
		return S_ISBLK(a->st_mode) && S_ISBLK(b->st_mode) && a->st_rdev == b->st_rdev;
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* A path that is missing, or forbidden to this user, is no news; any other failure may make the answer wrong. */
static void note_unseen(const char *path)
{
	if (errno != ENOENT && errno != EACCES && errno != EPERM)
		log_warn(
			"%s cannot be read (%s): it is not known whether a loop device or the swap "
			"space uses the file of a medium",
			path, strerror(errno));
}

static bool is_at(const char *path, const struct stat *st)
{
	struct stat there;

	if (stat(path, &there) == 0)
		return same_file(st, &there);
	note_unseen(path);
	return false;
}

static int open_to_ask(const char *path)
{
	int fd = fd_open(path, O_RDONLY | O_NONBLOCK, 0);

	if (fd < 0)
		note_unseen(path);
	return fd;
}

static bool read_line(const char *path, char line[HOLDER_PATH_ROOM])
{
	FILE *file = fd_fopen(path);
	bool got = file && fgets(line, HOLDER_PATH_ROOM, file);

	if (!file)
		note_unseen(path);
	else
		fclose(file);
	if (got)
		line[strcspn(line, "\n")] = '\0';
	return got;
}

/* Whether the loop device itself names the file: the file's path may be of another mount name space, or gone. Only
 * users who may open the device can ask it. */
static bool loop_says(const char *name, const struct stat *st)
{
	struct loop_info64 info = { 0 };
	char path[HOLDER_PATH_ROOM];
	bool same;
	int fd;

	snprintf(path, sizeof(path), "/dev/%s", name);
	fd = open_to_ask(path);
	if (fd < 0)
		return false;
	same = ioctl(fd, LOOP_GET_STATUS64, &info) == 0 && S_ISREG(st->st_mode) &&
	       info.lo_device == st->st_dev && info.lo_inode == st->st_ino;
	close(fd);
	return same;
}

static bool loop_stands_on(const char *sys, const char *name, const struct stat *st)
{
	char path[HOLDER_PATH_ROOM], backing[HOLDER_PATH_ROOM];

	snprintf(path, sizeof(path), "%s/block/%s/loop/backing_file", sys, name);
	return read_line(path, backing) && (is_at(backing, st) || loop_says(name, st));
}

static DIR *open_folder(const char *path)
{
	struct fd_floor floor;
	DIR *folder;

	fd_floor_raise(&floor);
	folder = opendir(path);
	fd_floor_lower(&floor);
	if (!folder)
		note_unseen(path);
	return folder;
}

static bool find_loop(const char *sys, const struct stat *st, char who[FILE_HOLDER_ROOM])
{
	char path[HOLDER_PATH_ROOM];
	struct dirent *entry;
	bool found = false;
	DIR *folder;

	snprintf(path, sizeof(path), "%s/block", sys);
	folder = open_folder(path);
	while (folder && !found && (entry = readdir(folder)) != NULL) {
		found = strncmp(entry->d_name, "loop", 4) == 0 &&
			loop_stands_on(sys, entry->d_name, st);
		if (found)
			snprintf(who, FILE_HOLDER_ROOM,
				 "in use by the loop device /dev/%.32s (losetup, or a mount): "
				 "detach that with `umount` and `losetup -d /dev/%.32s`",
				 entry->d_name, entry->d_name);
	}
	if (folder)
		closedir(folder);
	return found;
}

static bool is_octal(const char *text)
{
	return text[0] == '\\' && strspn(text + 1, "01234567") >= 3;
}

/* proc(5): each line's first field is a path, in which white space is octal. */
static void swap_path(char *line)
{
	const char *from = line;
	char *to = line;

	while (*from && *from != ' ' && *from != '\t') {
		if (is_octal(from)) {
			*to++ = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + from[3] - '0');
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
}

static bool find_swap(const char *proc, const struct stat *st, char who[FILE_HOLDER_ROOM])
{
	char line[HOLDER_PATH_ROOM], path[HOLDER_PATH_ROOM];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "%s/swaps", proc);
	file = fd_fopen(path);
	if (!file)
		note_unseen(path);
	while (file && !found && fgets(line, sizeof(line), file)) {
		swap_path(line);
		found = line[0] == '/' && is_at(line, st);
	}
	if (file)
		fclose(file);
	if (found)
		snprintf(who, FILE_HOLDER_ROOM, "in use as swap: take it out with `swapoff` first");
	return found;
}

/* Whether the file is locked, as each controller locks the file of its medium. */
static bool is_locked(const char *path)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open_to_ask(path);
	bool locked;

	if (fd < 0)
		return false;
	locked = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
	close(fd);
	return locked;
}

/* Whether the device is a loop device, or a partition of one, whose file is held. */
static bool find_below(const char *sys, const struct stat *st, char who[FILE_HOLDER_ROOM])
{
	static const char *const places[] = { "loop", "../loop" };
	char path[HOLDER_PATH_ROOM], backing[HOLDER_PATH_ROOM];

	for (unsigned i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/dev/block/%u:%u/%s/backing_file", sys,
			 major(st->st_rdev), minor(st->st_rdev), places[i]);
		if (!read_line(path, backing) || !is_locked(backing))
			continue;
		snprintf(who, FILE_HOLDER_ROOM,
			 "a loop device over %.120s, which another controller has open: close that "
			 "first",
			 backing);
		return true;
	}
	return false;
}

bool file_holder_find(const char *sys, const char *proc, const struct stat *st,
		      char who[FILE_HOLDER_ROOM])
{
	return find_loop(sys, st, who) || find_swap(proc, st, who) ||
	       (S_ISBLK(st->st_mode) && find_below(sys, st, who));
}
