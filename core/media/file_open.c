/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From a path to a descriptor that is locked and has the right type and size.
 *
 * A writer holds the file alone; readers share it with each other but not with a writer, so that a reader's data never
 * changes. A missing file is made under its name and gets its size under the lock. An empty file gets its size too, if
 * one is given: whoever made the file may have been killed before it had one.
 */
#include "media/file.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "media/file_holder.h"

/* How often opening begins anew because others make the file, or replace it, meanwhile. */
#define TRIES_MAX 10u

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
		return error_set(
			-EBUSY, UPNVME_ERR_MEDIA_LOCKED,
			"%s is mounted, or another writer has it open: unmount it, close it there, "
			"or open it with readonly=1",
			path);
	if (errnum == EACCES || errnum == EPERM || errnum == EROFS || errnum == ETXTBSY)
		remedy = readonly ? "get permission to read it" :
				    "get permission to write it, or open it with readonly=1";
	return error_set(-errnum, UPNVME_ERR_MEDIA_OPEN, "opening %s for %s: %s; %s", path,
			 readonly ? "reading" : "reading and writing", strerror(errnum), remedy);
}

/*
 * O_NONBLOCK keeps the open from hanging if a pipe was put in the file's place meanwhile, and is taken off again, since
 * io_uring would not wait for the disk with it. O_EXCL refuses a block device that is mounted, also one that was put in
 * the file's place meanwhile; for a regular file O_EXCL means nothing.
 */
static int open_existing(struct file_media *file)
{
	int flags = file->base.readonly ? O_RDONLY : O_RDWR | O_EXCL;

	file->fd = fd_open(file->path, flags | O_NONBLOCK, 0);
	if (file->fd < 0 || fcntl(file->fd, F_SETFL, 0) < 0)
		return open_failed(file->path, file->base.readonly, errno);
	return 0;
}

static bool not_supported(int errnum)
{
	return errnum == EINVAL || errnum == ENOSYS || errnum == ENOLCK || errnum == EOPNOTSUPP;
}

/* The lock belongs to the open file description: it holds against another controller of this process too. */
static int lock_whole(struct file_media *file)
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
			 "%s is held by %s: close it there (`fuser -v %s` shows the process)%s",
			 file->path, readonly ? "a writer" : "another writer, or a reader",
			 file->path, readonly ? "" : ", or open both sides with readonly=1");
}

/* A write beyond the limit would bring a signal (SIGXFSZ) that ends the process. */
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

/* Creates the file. Sets *again if another program has created it meanwhile. */
static int create(struct file_media *file, uint64_t size_bytes, bool *again)
{
	int err = check_size_limit(file, size_bytes);

	if (err)
		return err;
	file->fd = fd_open(file->path, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (file->fd >= 0)
		return 0;
	*again = errno == EEXIST;
	return error_set(-errno, UPNVME_ERR_MEDIA_OPEN, "creating %s: %s; check its directory",
			 file->path, strerror(errno));
}

static int open_or_create(struct file_media *file, const struct media_config *config, bool *created,
			  bool *again)
{
	struct stat st;
	int err;

	if (stat(file->path, &st) == 0) {
		err = check_type(file->path, st.st_mode);
		if (!err)
			err = open_existing(file);
		*again = err == -ENOENT;
		return err;
	}
	if (errno != ENOENT || !config->size_bytes || config->readonly)
		return open_failed(file->path, config->readonly, errno);
	err = create(file, config->size_bytes, again);
	*created = !err;
	return err;
}

/* Another process may have removed the name between our opening and locking, since it failed to make the file. */
static int check_name(const struct file_media *file, bool *again)
{
	struct stat named, ours;

	if (fstat(file->fd, &ours) < 0)
		return open_failed(file->path, file->base.readonly, errno);
	if (stat(file->path, &named) == 0)
		*again = named.st_dev != ours.st_dev || named.st_ino != ours.st_ino;
	else if (errno == ENOENT)
		*again = true;
	else
		return open_failed(file->path, file->base.readonly, errno);
	return 0;
}

/* The size, and the type, are those of the descriptor: the name may have come to mean another file. */
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

static int check_file_size(const struct file_media *file, const struct media_config *config,
			   uint64_t size_bytes)
{
	unsigned long long size = size_bytes;

	if (config->size_bytes && config->size_bytes != size_bytes)
		return error_set(
			-EINVAL, UPNVME_ERR_MEDIA_SIZE,
			"%s has %llu bytes, but size=%llu was given: leave size= out, or change "
			"the file with `truncate`",
			file->path, size, (unsigned long long)config->size_bytes);
	if (size_bytes == 0)
		return error_set(
			-EINVAL, UPNVME_ERR_MEDIA_SIZE,
			"%s is empty: give its size=, or make it longer with `truncate -s SIZE %s`",
			file->path, file->path);
	if (size_bytes % config->block_bytes != 0)
		return error_set(-EINVAL, UPNVME_ERR_MEDIA_SIZE,
				 "%s has %llu bytes, no multiple of the block of %u bytes: give "
				 "another block size, or make it longer with `truncate -s %%%u %s`",
				 file->path, size, config->block_bytes, config->block_bytes,
				 file->path);
	return check_size_limit(file, size_bytes);
}

static int grow(struct file_media *file, uint64_t size_bytes)
{
	int err = check_size_limit(file, size_bytes);

	if (err || ftruncate(file->fd, (off_t)size_bytes) == 0)
		return err;
	err = -errno;
	return error_set(err, UPNVME_ERR_MEDIA_SIZE,
			 "making %s %llu bytes long: %s; give a smaller size", file->path,
			 (unsigned long long)size_bytes, strerror(-err));
}

static int take_size(struct file_media *file, const struct media_config *config)
{
	uint64_t size_bytes = 0;
	int err = find_size(file, &size_bytes);

	if (!err && !size_bytes && config->size_bytes && !file->is_device && !file->base.readonly) {
		err = grow(file, config->size_bytes);
		size_bytes = config->size_bytes;
	}
	if (!err)
		err = check_file_size(file, config, size_bytes);
	file->base.size_bytes = size_bytes;
	return err;
}

static int check_holders(const struct file_media *file)
{
	char who[FILE_HOLDER_ROOM];
	struct stat st;

	if (file->base.readonly)
		return 0;
	if (fstat(file->fd, &st) < 0)
		return open_failed(file->path, false, errno);
	if (!file_holder_find("/sys", "/proc", &st, who))
		return 0;
	return error_set(-EBUSY, UPNVME_ERR_MEDIA_LOCKED, "%s is %s, or open it with readonly=1",
			 file->path, who);
}

static int try_open(struct file_media *file, const struct media_config *config, bool *again)
{
	bool created = false;
	int err = open_or_create(file, config, &created, again);

	if (!err)
		err = lock_whole(file);
	if (!err)
		err = check_name(file, again);
	if (*again)
		return err;
	if (!err)
		err = take_size(file, config);
	/* The created file stays if another program holds it already (-EBUSY). */
	if (err && err != -EBUSY && created)
		unlink(file->path);
	return err ? err : check_holders(file);
}

int file_open(struct file_media *file, const struct media_config *config)
{
	for (unsigned i = 0; i < TRIES_MAX; i++) {
		bool again = false;
		int err = try_open(file, config, &again);

		if (!again)
			return err;
		if (file->fd >= 0)
			close(file->fd);
		file->fd = -1;
	}
	return error_set(
		-EBUSY, UPNVME_ERR_MEDIA_OPEN,
		"%s was created and removed by another program %u times while it was being opened: "
		"stop that program, or, if the path is a link to a file that does not exist, "
		"create that file; then open it again",
		file->path, TRIES_MAX);
}
