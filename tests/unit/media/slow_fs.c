/* SPDX-License-Identifier: BSD-3-Clause */
/* The server: the FUSE protocol (linux/fuse.h), as much of it as one file needs. */
#include "media/slow_fs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILE_NODE   2u
#define NHELD_MAX   64u
#define BUFFER_ROOM (SLOW_FS_BYTES + 4096u)

struct request {
	struct fuse_in_header head;
	char body[BUFFER_ROOM];
};

struct server {
	int fd;
	struct slow_fs_shared *shared;
	char data[SLOW_FS_BYTES];
	struct request *held[NHELD_MAX];
	unsigned nheld;
	unsigned patiences;
};

static void answer(struct server *server, const struct request *request, int err, const void *data,
		   size_t bytes)
{
	struct fuse_out_header out = { .unique = request->head.unique, .error = err };
	struct iovec parts[] = { { &out, sizeof(out) }, { (void *)data, bytes } };

	out.len = (uint32_t)(sizeof(out) + bytes);
	/* The kernel does not know a request any more that was interrupted. */
	if (writev(server->fd, parts, 2) < 0 && errno != ENOENT)
		_exit(1);
}

static struct fuse_attr attributes(uint64_t node)
{
	bool is_file = node == FILE_NODE;

	return (struct fuse_attr){ .ino = node,
				   .size = is_file ? SLOW_FS_BYTES : 0,
				   .blocks = SLOW_FS_BYTES / 512,
				   .mode = is_file ? S_IFREG | 0600 : S_IFDIR | 0700,
				   .nlink = 1,
				   .uid = geteuid(),
				   .gid = getegid(),
				   .blksize = 4096 };
}

static void serve_init(struct server *server, const struct request *request)
{
	const struct fuse_init_in *in = (const void *)request->body;
	struct fuse_init_out out = { .major = FUSE_KERNEL_VERSION,
				     .minor = in->minor < FUSE_KERNEL_MINOR_VERSION ?
						      in->minor :
						      FUSE_KERNEL_MINOR_VERSION,
				     .max_readahead = in->max_readahead,
				     .max_background = 16,
				     .max_write = SLOW_FS_BYTES };

	answer(server, request, 0, &out, sizeof(out));
}

static void serve_lookup(struct server *server, const struct request *request)
{
	struct fuse_entry_out out = { .nodeid = FILE_NODE, .attr = attributes(FILE_NODE) };

	if (strcmp(request->body, SLOW_FS_FILE) != 0)
		answer(server, request, -ENOENT, NULL, 0);
	else
		answer(server, request, 0, &out, sizeof(out));
}

static void serve_read(struct server *server, const struct request *request)
{
	const struct fuse_read_in *in = (const void *)request->body;

	if (atomic_load(&server->shared->again))
		answer(server, request, -EAGAIN, NULL, 0);
	else if (in->offset >= SLOW_FS_BYTES || in->size > SLOW_FS_BYTES - in->offset)
		answer(server, request, -EINVAL, NULL, 0);
	else
		answer(server, request, 0, server->data + in->offset, in->size);
}

static void serve_write(struct server *server, const struct request *request)
{
	const struct fuse_write_in *in = (const void *)request->body;
	struct fuse_write_out out = { .size = in->size };

	if (in->offset >= SLOW_FS_BYTES || in->size > SLOW_FS_BYTES - in->offset) {
		answer(server, request, -EINVAL, NULL, 0);
		return;
	}
	memcpy(server->data + in->offset, in + 1, in->size);
	answer(server, request, 0, &out, sizeof(out));
}

static void serve_sync(struct server *server, const struct request *request)
{
	int left = atomic_load(&server->shared->sync_errs);

	if (left)
		atomic_store(&server->shared->sync_errs, left - 1);
	answer(server, request, left ? -EIO : 0, NULL, 0);
}

static void serve(struct server *server, const struct request *request)
{
	struct fuse_attr_out attr = { .attr = attributes(request->head.nodeid) };
	struct fuse_statfs_out statfs = { .st = { .bsize = 4096, .namelen = 255 } };
	struct fuse_open_out opened = { .open_flags = FOPEN_DIRECT_IO };

	switch (request->head.opcode) {
	case FUSE_INIT:
		serve_init(server, request);
		break;
	case FUSE_LOOKUP:
		serve_lookup(server, request);
		break;
	case FUSE_GETATTR:
		answer(server, request, 0, &attr, sizeof(attr));
		break;
	case FUSE_STATFS:
		answer(server, request, 0, &statfs, sizeof(statfs));
		break;
	case FUSE_OPEN:
		answer(server, request, 0, &opened, sizeof(opened));
		break;
	case FUSE_READ:
		serve_read(server, request);
		break;
	case FUSE_WRITE:
		serve_write(server, request);
		break;
	case FUSE_FSYNC:
		serve_sync(server, request);
		break;
	case FUSE_FLUSH:
	case FUSE_RELEASE:
		answer(server, request, 0, NULL, 0);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break; /* requests of these kinds have no answer */
	default:
		answer(server, request, -ENOSYS, NULL, 0);
	}
}

static bool is_held(const struct server *server, const struct request *request)
{
	return atomic_load(&server->shared->held) && request->head.opcode != FUSE_INIT &&
	       request->head.opcode != FUSE_FORGET && request->head.opcode != FUSE_BATCH_FORGET &&
	       request->head.opcode != FUSE_INTERRUPT && server->nheld < NHELD_MAX;
}

static void release(struct server *server)
{
	if (server->nheld && ++server->patiences > SLOW_FS_PATIENCES) {
		atomic_store(&server->shared->let_go, true);
		atomic_store(&server->shared->held, false);
	}
	if (atomic_load(&server->shared->held))
		return;
	server->patiences = 0;
	while (server->nheld) {
		struct request *request = server->held[--server->nheld];

		serve(server, request);
		free(request);
	}
}

/* The server serves until the file system is unmounted, or the test is gone. */
static void run_server(int fd, struct slow_fs_shared *shared)
{
	static struct server server;
	struct pollfd readable = { .fd = fd, .events = POLLIN };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	server.fd = fd;
	server.shared = shared;
	for (;;) {
		struct request *request;

		if (poll(&readable, 1, 10) <= 0) {
			release(&server);
			continue;
		}
		release(&server);
		request = calloc(1, sizeof(*request));
		if (!request || read(fd, request, sizeof(*request)) < 0)
			_exit(errno == ENODEV ? 0 : 1);
		if (is_held(&server, request)) {
			server.held[server.nheld++] = request;
		} else {
			serve(&server, request);
			free(request);
		}
	}
}

static bool mount_here(struct slow_fs *fs, const char **why)
{
	char options[128];

	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=%u,group_id=%u", fs->fd,
		 (unsigned)geteuid(), (unsigned)getegid());
	if (mount("slow", fs->directory, "fuse", MS_NOSUID | MS_NODEV, options) == 0)
		return true;
	*why = "FUSE cannot be mounted here";
	return false;
}

bool slow_fs_mount(struct slow_fs *fs, const char **why)
{
	const char *where = getenv("TMPDIR");

	*why = "there is no /dev/fuse";
	fs->fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (fs->fd < 0)
		return false;
	fs->shared = mmap(NULL, sizeof(*fs->shared), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	snprintf(fs->directory, sizeof(fs->directory), "%s/upnvme-slow-XXXXXX",
		 where ? where : "/tmp");
	if (fs->shared == MAP_FAILED || !mkdtemp(fs->directory) || !mount_here(fs, why)) {
		rmdir(fs->directory);
		close(fs->fd);
		return false;
	}
	snprintf(fs->path, sizeof(fs->path), "%s/" SLOW_FS_FILE, fs->directory);
	fs->server = fork();
	if (fs->server == 0)
		run_server(fs->fd, fs->shared);
	/* Only the server keeps the descriptor, so the connection ends with the server. */
	close(fs->fd);
	return true;
}

void slow_fs_unmount(struct slow_fs *fs)
{
	atomic_store(&fs->shared->held, false);
	umount2(fs->directory, MNT_DETACH);
	kill(fs->server, SIGKILL);
	waitpid(fs->server, NULL, 0);
	munmap(fs->shared, sizeof(*fs->shared));
	rmdir(fs->directory);
}
