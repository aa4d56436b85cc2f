/* SPDX-License-Identifier: BSD-3-Clause */
/* See media_fixture.h. */
#include "media/media_fixture.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

struct variant variant_ram = { &media_ram, NULL };
struct variant variant_uring = { &media_file, "io_uring" };
struct variant variant_worker = { &media_file, "worker" };

void temp_path_make(struct temp_path *temp)
{
	const char *where = getenv("TMPDIR");

	snprintf(temp->directory, sizeof(temp->directory), "%s/upnvme-media-XXXXXX",
		 where ? where : "/tmp");
	assert_non_null(mkdtemp(temp->directory));
	snprintf(temp->path, sizeof(temp->path), "%s/disk.img", temp->directory);
}

void temp_path_remove(struct temp_path *temp)
{
	remove(temp->path);
	assert_int_equal(rmdir(temp->directory), 0);
}

void temp_file_make(struct temp_path *temp, uint64_t size_bytes)
{
	int fd;

	temp_path_make(temp);
	fd = open(temp->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size_bytes), 0);
	close(fd);
}

struct media_config config_for(const struct temp_path *temp)
{
	return (struct media_config){ .maker = &media_file,
				      .path = temp->path,
				      .block_bytes = 4096 };
}

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

static bool become_root(void)
{
	char uids[64], gids[64];

	snprintf(uids, sizeof(uids), "0 %u 1", (unsigned)geteuid());
	snprintf(gids, sizeof(gids), "0 %u 1", (unsigned)getegid());
	return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
	       write_file("/proc/self/setgroups", "deny") &&
	       write_file("/proc/self/uid_map", uids) && write_file("/proc/self/gid_map", gids);
}

bool mounts_enter(void)
{
	bool entered = geteuid() == 0 && unshare(CLONE_NEWNS) == 0;

	return (entered || become_root()) &&
	       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

bool forbid_system_call(unsigned number)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

bool engine_works(const char *engine)
{
	struct media_config config = { .maker = &media_file, .block_bytes = 512, .engine = engine };
	struct temp_path temp;
	struct media *media;
	int err;

	temp_file_make(&temp, 4096);
	config.path = temp.path;
	err = media_open(&media, &config);
	if (err == 0)
		media_close(media);
	temp_path_remove(&temp);
	assert_true(err == 0 || err == -ENOSYS);
	return err == 0;
}

void bench_open(struct bench *bench, const struct variant *variant, uint64_t size_bytes)
{
	struct media_config config = { .maker = variant->maker,
				       .size_bytes = size_bytes,
				       .block_bytes = 512,
				       .engine = variant->engine };

	if (variant->engine && !engine_works(variant->engine))
		skip_because("engine=%s does not work here", variant->engine);
	bench->has_file = variant->maker == &media_file;
	if (bench->has_file) {
		temp_file_make(&bench->temp, size_bytes);
		config.path = bench->temp.path;
	}
	assert_int_equal(media_open(&bench->media, &config), 0);
	assert_string_equal(bench->media->engine, variant->engine ? variant->engine : "inline");
	assert_int_equal(media_channel_open(&bench->channel, bench->media), 0);
}

void bench_close(struct bench *bench)
{
	media_channel_close(bench->channel);
	media_close(bench->media);
	if (bench->has_file)
		temp_path_remove(&bench->temp);
}

void io_done(struct media_request *request, int result)
{
	struct io *io = (struct io *)request;

	io->ndone++;
	io->result = result;
}

void io_prepare(struct io *io, enum media_op op, uint64_t offset, void *buffer, uint64_t length)
{
	memset(io, 0, sizeof(*io));
	memset(&io->request.link, 0xa5, sizeof(io->request.link));
	io->segment = (struct iovec){ buffer, length };
	io->request.op = op;
	io->request.offset_bytes = offset;
	io->request.length_bytes = length;
	if (op == MEDIA_READ || op == MEDIA_WRITE) {
		io->request.iov = &io->segment;
		io->request.niov = 1;
	}
	io->request.done = io_done;
}

int io_run(struct media_channel *channel, struct io *io)
{
	media_submit(channel, &io->request);
	while (!io->ndone)
		media_wait(channel, FOR_EVER);
	assert_int_equal(io->ndone, 1);
	return io->result;
}

int run(struct media_channel *channel, enum media_op op, uint64_t offset, void *buffer,
	uint64_t length)
{
	struct io io;

	io_prepare(&io, op, offset, buffer, length);
	return io_run(channel, &io);
}

uint64_t file_blocks_bytes(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return (uint64_t)st.st_blocks * 512;
}

void assert_sentence_has(const char *part)
{
	if (!strstr(error_last()->text, part))
		fail_msg("\"%s\" does not say \"%s\"", error_last()->text, part);
}

void assert_all(const uint8_t *buffer, size_t bytes, uint8_t value)
{
	for (size_t i = 0; i < bytes; i++)
		if (buffer[i] != value)
			fail_msg("byte %zu of %zu is %02x, not %02x", i, bytes, buffer[i], value);
}
