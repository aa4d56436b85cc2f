/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Opening a file as a medium: its type, its size, its lock, its engine.
 *
 * A writer holds the file alone; readers share it with each other but not with a writer, so that what a
 * reader sees never moves. The file is never mapped into memory: one that is cut short gives
 * errors, not signals.
 */
#include "softctrl/media/file.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/util.h"

uint64_t file_end_bytes(const struct file_media *file)
{
	struct stat st;

	if (file->is_device)
		return file->base.size_bytes;
	return fstat(file->fd, &st) == 0 ? (uint64_t)st.st_size : 0;
}

/* The lock is taken off by hand: a forked child's copy of the descriptor would keep it. */
void file_release(struct file_media *file)
{
	struct flock whole = { .l_type = F_UNLCK, .l_whence = SEEK_SET };

	if (file->fd >= 0) {
		fcntl(file->fd, F_OFD_SETLK, &whole);
		flock(file->fd, LOCK_UN);
		close(file->fd);
	}
	free(file->path);
	free(file);
}

static const char *type_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a directory";
	case S_IFIFO:
		return "a pipe";
	case S_IFSOCK:
		return "a socket";
	case S_IFCHR:
		return "a character device";
	}
	return "of an unknown type";
}

static int check_type(const char *path, mode_t mode)
{
	if (S_ISREG(mode) || S_ISBLK(mode))
		return 0;
	return error_set(S_ISDIR(mode) ? -EISDIR : -EINVAL, UPNVME_ERR_MEDIA_TYPE,
			 "%s is %s: give a regular file or a block device", path, type_name(mode));
}

static int open_failed(const char *path, bool readonly, int errnum)
{
	const char *remedy = "check the path";

	if (errnum == ENOENT)
		return error_set(-ENOENT, UPNVME_ERR_MEDIA_OPEN,
				 "%s does not exist: make it with `truncate -s SIZE %s`, or give "
				 "its size",
				 path, path);
	if (errnum == EBUSY)
		return error_set(-EBUSY, UPNVME_ERR_MEDIA_LOCKED,
				 "%s is mounted, or held by another writer: unmount it, close it "
				 "there, or open it with readonly=1",
				 path);
	if (errnum == EACCES || errnum == EPERM || errnum == EROFS || errnum == ETXTBSY)
		remedy = readonly ? "get permission to read it" :
				    "get permission to write it, or open it with readonly=1";
	return error_set(-errnum, UPNVME_ERR_MEDIA_OPEN, "opening %s for %s: %s; %s", path,
			 readonly ? "reading" : "reading and writing", strerror(errnum), remedy);
}

/*
 * O_NONBLOCK, so that a pipe put there in the meantime cannot hang us, and off again, since io_uring would not
 * wait for the disk with it. O_EXCL refuses a block device that is mounted; on a file it means nothing.
 */
static int open_existing(struct file_media *file)
{
	int flags = file->base.readonly ? O_RDONLY : O_RDWR | (file->is_device ? O_EXCL : 0);

	file->fd = open(file->path, flags | O_CLOEXEC | O_NONBLOCK);
	if (file->fd < 0 || fcntl(file->fd, F_SETFL, 0) < 0)
		return open_failed(file->path, file->base.readonly, errno);
	return 0;
}

static bool not_supported(int errnum)
{
	return errnum == EINVAL || errnum == ENOSYS || errnum == ENOLCK || errnum == EOPNOTSUPP;
}

/* The lock is the open file description's: it holds against another controller of this process too. */
static int lock(struct file_media *file)
{
	bool readonly = file->base.readonly;
	struct flock whole = { .l_type = readonly ? F_RDLCK : F_WRLCK, .l_whence = SEEK_SET };
	int err = fcntl(file->fd, F_OFD_SETLK, &whole) < 0 ? errno : 0;

	if (not_supported(err))
		err = flock(file->fd, (readonly ? LOCK_SH : LOCK_EX) | LOCK_NB) < 0 ? errno : 0;
	if (err == 0)
		return 0;
	if (err != EAGAIN && err != EACCES)
		return error_set(-err, UPNVME_ERR_MEDIA_OPEN,
				 "locking %s: %s; move it to a file system that has locks",
				 file->path, strerror(err));
	return error_set(-EBUSY, UPNVME_ERR_MEDIA_LOCKED,
			 "%s is held by %s: close it there (`fuser %s` shows the process)%s",
			 file->path, readonly ? "a writer" : "another writer, or a reader",
			 file->path, readonly ? "" : ", or open both sides with readonly=1");
}

/* Beyond the limit the system would send a signal (SIGXFSZ) that ends the process. */
static int check_size_limit(const struct file_media *file, uint64_t size_bytes)
{
	struct rlimit limit;

	if (file->base.readonly || file->is_device || getrlimit(RLIMIT_FSIZE, &limit) < 0 ||
	    limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= size_bytes)
		return 0;
	return error_set(-EFBIG, UPNVME_ERR_MEDIA_SIZE,
			 "%s has %llu bytes, but this process may write only the first %llu of a "
			 "file: raise the limit (ulimit -f)",
			 file->path, (unsigned long long)size_bytes,
			 (unsigned long long)limit.rlim_cur);
}

static int create(struct file_media *file, uint64_t size_bytes)
{
	int err = check_size_limit(file, size_bytes);

	if (err)
		return err;
	file->fd = open(file->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (file->fd < 0)
		return error_set(-errno, UPNVME_ERR_MEDIA_OPEN,
				 "creating %s: %s; check its directory", file->path,
				 strerror(errno));
	err = lock(file);
	if (err) {
		/* An empty file would be in the way of the next attempt; another's it may be by now. */
		if (err != -EBUSY)
			unlink(file->path);
		return err;
	}
	if (ftruncate(file->fd, (off_t)size_bytes) == 0)
		return 0;
	err = -errno;
	unlink(file->path);
	return error_set(err, UPNVME_ERR_MEDIA_SIZE,
			 "making %s %llu bytes long: %s; give a smaller size", file->path,
			 (unsigned long long)size_bytes, strerror(-err));
}

static int open_or_create(struct file_media *file, const struct media_config *config)
{
	struct stat st;
	int err;

	if (stat(file->path, &st) < 0) {
		if (errno == ENOENT && config->size_bytes && !config->readonly)
			return create(file, config->size_bytes);
		return open_failed(file->path, config->readonly, errno);
	}
	err = check_type(file->path, st.st_mode);
	if (err)
		return err;
	file->is_device = S_ISBLK(st.st_mode);
	err = open_existing(file);
	return err ? err : lock(file);
}

/* Looks at what was really opened: the name may have come to mean something else since. */
static int find_size(struct file_media *file, uint64_t *size_bytes)
{
	struct stat st;
	int err;

	if (fstat(file->fd, &st) < 0)
		return open_failed(file->path, file->base.readonly, errno);
	err = check_type(file->path, st.st_mode);
	if (err)
		return err;
	file->is_device = S_ISBLK(st.st_mode);
	*size_bytes = (uint64_t)st.st_size;
	if (file->is_device && ioctl(file->fd, BLKGETSIZE64, size_bytes) < 0)
		return open_failed(file->path, file->base.readonly, errno);
	return 0;
}

static int check_size(const struct file_media *file, const struct media_config *config,
		      uint64_t size_bytes)
{
	unsigned long long size = size_bytes;

	if (config->size_bytes && config->size_bytes != size_bytes)
		return error_set(-EINVAL, UPNVME_ERR_MEDIA_SIZE,
				 "%s has %llu bytes, but size=%llu was given: leave size out, or "
				 "change the file with `truncate`",
				 file->path, size, (unsigned long long)config->size_bytes);
	if (size_bytes == 0)
		return error_set(-EINVAL, UPNVME_ERR_MEDIA_SIZE,
				 "%s is empty: give it a size with `truncate -s SIZE %s`",
				 file->path, file->path);
	if (size_bytes % config->block_bytes != 0)
		return error_set(-EINVAL, UPNVME_ERR_MEDIA_SIZE,
				 "%s has %llu bytes, no multiple of the block of %u bytes: give "
				 "another block size, or make it longer with `truncate -s %%%u %s`",
				 file->path, size, config->block_bytes, config->block_bytes,
				 file->path);
	return check_size_limit(file, size_bytes);
}

static int attach_engine(struct file_media *file, const char *engine)
{
	int err = -ENOSYS;

	if (engine && strcmp(engine, "io_uring") != 0 && strcmp(engine, "worker") != 0)
		return error_set(-EINVAL, UPNVME_ERR_ARGUMENT,
				 "there is no file engine \"%s\": give \"io_uring\" or \"worker\", "
				 "or leave it out",
				 engine);
	if (!engine || strcmp(engine, "io_uring") == 0)
		err = uring_attach(file);
	if (err == -ENOSYS && engine && strcmp(engine, "io_uring") == 0)
		return error_set(
			-ENOSYS, UPNVME_ERR_SYSTEM,
			"io_uring does not work here (kernel older than 5.11, forbidden by a "
			"sandbox, or built without liburing): take the engine \"worker\"");
	if (err == -ENOSYS)
		err = worker_attach(file);
	return err;
}

static int prepare(struct file_media *file, const struct media_config *config)
{
	uint64_t size_bytes = 0;
	int err = open_or_create(file, config);

	if (!err)
		err = find_size(file, &size_bytes);
	if (!err)
		err = check_size(file, config, size_bytes);
	if (err)
		return err;
	file->base.size_bytes = size_bytes;
	return attach_engine(file, config->engine);
}

int file_media_open(struct media **media, const struct media_config *config)
{
	struct file_media *file;
	int err;

	if (!config->path || config->path[0] == '\0')
		return error_set(-EINVAL, UPNVME_ERR_MEDIA_OPEN,
				 "the file medium has no path: give one");
	file = calloc(1, sizeof(*file));
	if (!file)
		return error_no_memory("a file medium", sizeof(*file));
	file->fd = -1;
	file->base.block_bytes = config->block_bytes;
	file->base.readonly = config->readonly;
	file->base.volatile_cache = !config->readonly;
	file->path = strdup(config->path);
	err = file->path ? prepare(file, config) :
			   error_no_memory("a path", strlen(config->path) + 1);
	if (err) {
		file_release(file);
		return err;
	}
	log_debug("%s: %llu bytes, engine %s", file->path,
		  (unsigned long long)file->base.size_bytes, file->base.engine);
	*media = &file->base;
	return 0;
}
