/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Linux reports a failed writeback once to each open file description, to whoever syncs first, and takes the pages for
 * clean from then on. The next sync succeeds: another queue pair's, or one that was under way at the same time. So the
 * medium has a second description of its file, the witness, which nobody syncs: errors are reported to the witness
 * separately, and the medium asks it before it tells of a success. An error that the witness or a sync has seen is
 * kept.
 *
 * Reads go on after an error, so that the remaining data can be copied away.
 */
#include "media/file_durable.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"

/* No file has a page here: a wait for the writeback of this range only asks for errors. */
#define NOWHERE ((off_t)1 << 62)

#define INTERRUPTIONS_MAX 1000

/* Asks the witness for an error, which is reported only once. 0, or a negative errno. Called under the lock. */
static int witnessed(const struct file_media *file)
{
	if (file->witness_fd < 0 ||
	    sync_file_range(file->witness_fd, NOWHERE, 1, SYNC_FILE_RANGE_WAIT_BEFORE) == 0)
		return 0;
	/* A sandbox that forbids the call, or a file system without it, reports nothing. */
	if (errno == EPERM || errno == ENOSYS || errno == EINVAL || errno == ESPIPE)
		return 0;
	return -errno;
}

static bool is_failed(const struct file_media *file)
{
	return atomic_load_explicit(&file->base.failed, memory_order_acquire);
}

static void fail_locked(struct file_media *file, const char *why)
{
	if (is_failed(file))
		return;
	atomic_store_explicit(&file->base.failed, true, memory_order_release);
	log_error("%s: written data could not be brought to the disk: %s; some data written since "
		  "the last flush may be lost, and nothing is written any more until the file is "
		  "closed and opened again",
		  file->path, why);
}

void file_durable_lost(struct file_media *file, const char *why)
{
	pthread_mutex_lock(&file->durable_lock);
	fail_locked(file, why);
	pthread_mutex_unlock(&file->durable_lock);
}

bool file_durable(struct file_media *file)
{
	int err;

	pthread_mutex_lock(&file->durable_lock);
	err = witnessed(file);
	if (err)
		fail_locked(file, strerror(-err));
	pthread_mutex_unlock(&file->durable_lock);
	return !is_failed(file);
}

static int was_replaced(const struct file_media *file)
{
	return error_set(-EBUSY, UPNVME_ERR_MEDIA_OPEN,
			 "%s was replaced or removed while it was being opened: open it again",
			 file->path);
}

/* The witness is opened by name, which must still be the file's: not every sandbox has a path through /proc. */
static int witness_open(struct file_media *file)
{
	struct stat ours, theirs;

	file->witness_fd = fd_open(file->path, O_RDONLY | O_NONBLOCK, 0);
	if (file->witness_fd < 0 && errno == ENOENT)
		return was_replaced(file);
	if (file->witness_fd < 0)
		return error_set(
			-errno, UPNVME_ERR_MEDIA_OPEN,
			"opening %s a second time, to notice failures of its syncs: %s; raise the "
			"limit of open files (ulimit -n)",
			file->path, strerror(errno));
	if (fstat(file->fd, &ours) < 0 || fstat(file->witness_fd, &theirs) < 0)
		return error_set(-errno, UPNVME_ERR_SYSTEM, "examining %s: %s", file->path,
				 strerror(errno));
	if (ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino)
		return 0;
	return was_replaced(file);
}

static int sync_failed(const struct file_media *file, int err)
{
	if (err == EPERM || err == ENOSYS)
		return error_set(
			-err, UPNVME_ERR_SYSTEM,
			"%s cannot be synced: fdatasync: %s; have the sandbox (seccomp) allow "
			"fdatasync, or open the file with readonly=1",
			file->path, strerror(err));
	return error_set(
		-err, UPNVME_ERR_MEDIA_OPEN,
		"%s: data written to the file before cannot be brought to the disk: %s; some of "
		"these data may be lost: check the disk and the file's content, and open the file "
		"again",
		file->path, strerror(err));
}

int file_durable_begin(struct file_media *file)
{
	int err = witness_open(file), synced = -1;

	if (err)
		return err;
	errno = EINTR;
	for (int i = 0; i < INTERRUPTIONS_MAX && synced < 0 && errno == EINTR; i++)
		synced = fdatasync(file->fd);
	if (synced < 0)
		return sync_failed(file, errno);
	err = witnessed(file);
	if (err)
		return sync_failed(file, -err);
	/* The advice may fail, which is no error: such a file is kept in memory only. */
	posix_fadvise(file->fd, 0, 0, POSIX_FADV_DONTNEED);
	return 0;
}

void file_durable_end(struct file_media *file)
{
	if (file->witness_fd >= 0)
		close(file->witness_fd);
	file->witness_fd = -1;
}
