/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A file as a medium: all parts of opening and closing one. The file is never mapped into memory: a file that is cut
 * short gives errors, not signals. If a size is given, a missing file is made, and an empty one gets that size. The
 * medium's own key in a URI:
 *   engine=  io_uring or worker; the best that works if not given
 */
#include "media/file.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/libc.h"
#include "base/log.h"
#include "base/uri.h"
#include "base/util.h"
#include "media/file_durable.h"
#include "media/identity.h"
#include "media/maker.h"

/* The end of the file as the system remembers it: a file system's server is not asked, since it may never answer. */
static bool end_without_waiting(const struct file_media *file, uint64_t *end_bytes)
{
	struct statx st;

	if (!file->may_block ||
	    statx(file->fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_SIZE, &st) < 0)
		return false;
	*end_bytes = st.stx_size;
	return true;
}

uint64_t file_end_bytes(const struct file_media *file)
{
	uint64_t end_bytes;
	struct stat st;

	if (file->is_device)
		return file->base.size_bytes;
	if (end_without_waiting(file, &end_bytes))
		return end_bytes;
	return fstat(file->fd, &st) == 0 ? (uint64_t)st.st_size : 0;
}

/* The lock is released before the close: a forked child's copy of the descriptor would keep the file locked. */
void file_release(struct file_media *file)
{
	struct flock whole = { .l_type = F_UNLCK, .l_whence = SEEK_SET };

	file_durable_end(file);
	if (file->fd >= 0) {
		fcntl(file->fd, F_OFD_SETLK, &whole);
		flock(file->fd, LOCK_UN);
		/* A network file system may report lost data at this close. */
		if (close(file->fd) < 0)
			log_error("closing %s: %s; some written data may be lost", file->path,
				  strerror(errno));
	}
	pthread_mutex_destroy(&file->durable_lock);
	free(file->path);
	free(file);
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

/*
 * Whether a call that is told not to wait may wait all the same. The file systems in the list are known not to wait
 * then, or to say that they cannot do so; FUSE asks its server and waits.
 */
static bool may_block(const struct file_media *file)
{
	static const unsigned long known[] = { EXT4_SUPER_MAGIC,     XFS_SUPER_MAGIC,
					       BTRFS_SUPER_MAGIC,    F2FS_SUPER_MAGIC,
					       TMPFS_MAGIC,          RAMFS_MAGIC,
					       OVERLAYFS_SUPER_MAGIC };
	struct statfs fs;

	if (file->is_device)
		return false;
	if (fstatfs(file->fd, &fs) < 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if ((unsigned long)fs.f_type == known[i])
			return false;
	return true;
}

static int prepare(struct file_media *file, const struct media_config *config)
{
	int err = file_open(file, config);

	if (!err)
		identity_of_file(&file->base.identity, file->fd);
	if (!err && !config->readonly)
		err = file_durable_begin(file);
	if (err)
		return err;
	file->may_block = may_block(file);
	return attach_engine(file, config->engine);
}

static int file_configure(struct media_config *config)
{
	static const char *const engines[] = { "io_uring", "worker" };
	size_t engine = ARRAY_SIZE(engines);
	int rc = uri_get_choice(config->uri, "engine", engines, ARRAY_SIZE(engines), &engine);

	if (!rc && engine < ARRAY_SIZE(engines))
		config->engine = engines[engine];
	return rc;
}

static int file_make(struct media **media, const struct media_config *config)
{
	struct file_media *file;
	int err;

	if (!config->path || config->path[0] == '\0')
		return error_set(-EINVAL, UPNVME_ERR_MEDIA_OPEN,
				 "the file medium has no path: give a path");
	file = calloc(1, sizeof(*file));
	if (!file)
		return error_no_memory("a file medium", sizeof(*file));
	file->fd = -1;
	file->witness_fd = -1;
	pthread_mutex_init(&file->durable_lock, NULL);
	range_locks_init(&file->ranges, NULL, UINT64_MAX);
	file->base.block_bytes = config->block_bytes;
	file->base.readonly = config->readonly;
	file->base.volatile_cache = !config->readonly;
	file->base.reads_zeroes = true;
	file->base.is_shared = config->readonly;
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

static const char *const file_keys[] = { "size", "block", "readonly", "engine", NULL };

/* A block has 512 bytes by default, since the size of every disk image is a multiple of that. */
const struct media_maker media_file = {
	.keys = file_keys,
	.block_bytes = 512,
	.configure = file_configure,
	.make = file_make,
};
