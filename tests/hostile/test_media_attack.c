/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A file that is attacked while it is a namespace: cut short and made long again under commands in flight, replaced,
 * deleted with its directory, on a disk that is full, beyond the process's limit. Commands end with statuses, each
 * once; nothing crashes, and commands that do not touch the damage succeed.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pthread.h>

#include "public/support.h"
#include "unit/support/skip.h"

#define IMAGE_BYTES  (4u << 20)
#define BLOCK        4096u
#define IMAGE_BLOCKS (IMAGE_BYTES / BLOCK)
#define DEPTH        16u
#define SECOND       1000000000ull

#define STATUS_CAPACITY_EXCEEDED 0x081u
#define STATUS_WRITE_FAULT       0x280u
#define STATUS_READ_ERROR        0x281u

/* A file in a directory of its own, and a controller over it. */
struct victim {
	char directory[PATH_MAX];
	char path[PATH_MAX + 8];
	struct rig rig;
};

static void victim_make(struct victim *victim)
{
	const char *folder = getenv("TMPDIR");
	int fd;

	snprintf(victim->directory, sizeof(victim->directory), "%s/upnvme-attack-XXXXXX",
		 folder ? folder : "/tmp");
	assert_non_null(mkdtemp(victim->directory));
	snprintf(victim->path, sizeof(victim->path), "%s/image", victim->directory);
	fd = open(victim->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, IMAGE_BYTES), 0);
	close(fd);
}

static void victim_open(struct victim *victim, const char *query)
{
	rig_open(&victim->rig, 64, 0, "soft:%s?block=%u&%s", victim->path, BLOCK, query);
}

static void victim_remove(struct victim *victim)
{
	unlink(victim->path);
	rmdir(victim->directory);
}

static void cut(const char *path, off_t bytes)
{
	assert_int_equal(truncate(path, bytes), 0);
}

static uint16_t do_flush(struct rig *rig)
{
	struct io io = { 0 };

	OK(upnvme_flush(rig->qp, rig->ns, on_done, &io));
	wait_for(rig->qp, &io, 1);
	return STATUS_CODE(io.last.status);
}

/* --- cut short ------------------------------------------------------------------------------------ */

static void a_file_cut_between_open_and_read_gives_statuses(void **state)
{
	struct victim victim;
	char *buf;

	victim_make(&victim);
	victim_open(&victim, *state);
	buf = dma(victim.rig.ctrlr, 8 * BLOCK);
	cut(victim.path, 10 * BLOCK);
	assert_int_equal(do_read(&victim.rig, buf, 0, 8), 0);
	assert_int_equal(do_read(&victim.rig, buf, 8, 8), STATUS_READ_ERROR);
	assert_int_equal(do_read(&victim.rig, buf, IMAGE_BLOCKS - 1, 1), STATUS_READ_ERROR);
	assert_int_equal(do_write(&victim.rig, buf, 8, 8), STATUS_WRITE_FAULT);
	assert_int_equal(do_write(&victim.rig, buf, 0, 8), 0);
	assert_int_not_equal(do_flush(&victim.rig), 0);
	cut(victim.path, IMAGE_BYTES);
	assert_int_equal(do_read(&victim.rig, buf, 8, 8), 0);
	/* Zeroes have replaced data: after the failed flush further ones fail, until the file is
	 * opened anew. */
	assert_int_equal(do_write(&victim.rig, buf, 8, 8), STATUS_WRITE_FAULT);
	assert_int_equal(do_flush(&victim.rig), STATUS_WRITE_FAULT);
	OK(upnvme_qpair_close(victim.rig.qp));
	expect_error(upnvme_close(victim.rig.ctrlr), -EIO, UPNVME_ERR_NOT_DURABLE, victim.path,
		     "may be lost", NULL);
	victim_open(&victim, *state);
	buf = dma(victim.rig.ctrlr, 8 * BLOCK);
	assert_int_equal(do_write(&victim.rig, buf, 8, 8), 0);
	assert_int_equal(do_flush(&victim.rig), 0);
	rig_close(&victim.rig);
	victim_remove(&victim);
}

/* Cuts the file and mends it, as fast as it can. */
struct cutter {
	const char *path;
	_Atomic bool stop;
	_Atomic bool failed;
};

static void *cutter_run(void *arg)
{
	struct cutter *cutter = arg;

	for (uint32_t i = 0; !atomic_load(&cutter->stop); i++)
		if (truncate(cutter->path, (off_t)(i % 2 ? IMAGE_BYTES : (i * 37) % IMAGE_BYTES)))
			atomic_store(&cutter->failed, true);
	return NULL;
}

struct flight {
	struct io io;
	bool busy;
	bool writes;
};

static void flight_start(struct rig *rig, struct flight *flight, char *buf, uint64_t *seed)
{
	uint32_t blocks = 1 + random_below(seed, 8);
	uint64_t lba = random_below(seed, IMAGE_BLOCKS - blocks);

	memset(flight, 0, sizeof(*flight));
	flight->busy = true;
	flight->writes = random_below(seed, 2);
	if (flight->writes)
		OK(upnvme_write(rig->qp, rig->ns, buf, lba, blocks, on_done, &flight->io));
	else
		OK(upnvme_read(rig->qp, rig->ns, buf, lba, blocks, on_done, &flight->io));
}

static void flight_check(const struct flight *flight)
{
	uint16_t status = STATUS_CODE(flight->io.last.status);

	assert_int_equal(flight->io.ndone, 1);
	if (status != 0 && status != (flight->writes ? STATUS_WRITE_FAULT : STATUS_READ_ERROR))
		fail_msg("status %03x of a %s", status, flight->writes ? "write" : "read");
}

/* Random commands as long as the attack lasts, DEPTH at a time. */
static void traffic(struct rig *rig, char *buf, uint64_t duration_ns)
{
	uint64_t seed = test_seed(), end = now_ns() + duration_ns, last = end + 20 * SECOND;
	struct flight flights[DEPTH] = { 0 };
	uint32_t nbusy;

	do {
		bool more = now_ns() < end;

		nbusy = 0;
		for (uint32_t i = 0; i < DEPTH; i++) {
			if (flights[i].busy && flights[i].io.ndone) {
				flight_check(&flights[i]);
				flights[i].busy = false;
			}
			if (!flights[i].busy && more)
				flight_start(rig, &flights[i], buf + i * 8 * BLOCK, &seed);
			nbusy += flights[i].busy;
		}
		OK(upnvme_poll(rig->qp, 0));
		assert_true(now_ns() < last);
	} while (nbusy);
}

static void cutting_a_file_under_commands_in_flight_gives_statuses(void **state)
{
	struct victim victim;
	struct cutter cutter = { .path = victim.path };
	pthread_t thread;
	char *buf;

	victim_make(&victim);
	victim_open(&victim, *state);
	buf = dma(victim.rig.ctrlr, DEPTH * 8 * BLOCK);
	assert_int_equal(pthread_create(&thread, NULL, cutter_run, &cutter), 0);
	traffic(&victim.rig, buf, SECOND / 2);
	atomic_store(&cutter.stop, true);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_false(cutter.failed);
	cut(victim.path, 0);
	traffic(&victim.rig, buf, SECOND / 20);
	cut(victim.path, IMAGE_BYTES);
	assert_int_equal(do_write(&victim.rig, buf, 0, 8), 0);
	rig_close(&victim.rig);
	victim_remove(&victim);
}

/* Closing with commands in flight over a file that has just become empty. */
static void closing_over_a_file_that_was_emptied_completes_all(void **state)
{
	struct flight flights[DEPTH] = { 0 };
	uint64_t seed = 1;
	struct victim victim;
	char *buf;

	victim_make(&victim);
	victim_open(&victim, *state);
	buf = dma(victim.rig.ctrlr, DEPTH * 8 * BLOCK);
	for (uint32_t i = 0; i < DEPTH; i++)
		flight_start(&victim.rig, &flights[i], buf + i * 8 * BLOCK, &seed);
	OK(upnvme_qpair_ring(victim.rig.qp));
	cut(victim.path, 0);
	OK(upnvme_qpair_close(victim.rig.qp));
	expect_error(upnvme_close(victim.rig.ctrlr), -EIO, UPNVME_ERR_NOT_DURABLE, victim.path,
		     "may be lost", NULL);
	for (uint32_t i = 0; i < DEPTH; i++)
		assert_int_equal(flights[i].io.ndone, 1);
	victim_remove(&victim);
}

/* --- replaced and deleted ------------------------------------------------------------------------- */

static void a_replaced_file_is_not_touched(void **state)
{
	struct victim victim;
	char other[PATH_MAX + 16], byte = 0;
	char *buf;
	int fd;

	victim_make(&victim);
	victim_open(&victim, *state);
	buf = dma(victim.rig.ctrlr, BLOCK);
	snprintf(other, sizeof(other), "%s/other", victim.directory);
	fd = open(other, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(rename(other, victim.path), 0);
	memset(buf, 0x42, BLOCK);
	assert_int_equal(do_write(&victim.rig, buf, 0, 1), 0);
	memset(buf, 0, BLOCK);
	assert_int_equal(do_read(&victim.rig, buf, 0, 1), 0);
	assert_int_equal(buf[0], 0x42);
	assert_int_equal(do_read(&victim.rig, buf, IMAGE_BLOCKS - 1, 1), 0);
	rig_close(&victim.rig);
	assert_int_equal(pread(fd, &byte, 1, 0), 1);
	assert_int_equal(byte, 'x');
	assert_int_equal(lseek(fd, 0, SEEK_END), 1);
	close(fd);
	victim_remove(&victim);
}

static void a_file_whose_directory_is_removed_goes_on(void **state)
{
	upnvme_ctrlr *ctrlr;
	struct victim victim;
	char uri[PATH_MAX + 64];
	char *buf;

	victim_make(&victim);
	victim_open(&victim, *state);
	buf = dma(victim.rig.ctrlr, DEPTH * 8 * BLOCK);
	victim_remove(&victim);
	assert_int_equal(access(victim.directory, F_OK), -1);
	traffic(&victim.rig, buf, SECOND / 20);
	assert_int_equal(do_write(&victim.rig, buf, 0, 8), 0);
	assert_int_equal(do_flush(&victim.rig), 0);
	rig_close(&victim.rig);
	snprintf(uri, sizeof(uri), "soft:%s", victim.path);
	expect_error(upnvme_open(&ctrlr, uri, NULL), -ENOENT, UPNVME_ERR_MEDIA_OPEN, victim.path,
		     NULL);
}

/* --- full ----------------------------------------------------------------------------------------- */

#define CHILD_SKIPS 77

static bool put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return done;
}

/* A tmpfs of 1 MiB in a name space of the process's own, which needs no privilege. */
static bool mount_small_disk(const char *directory)
{
	char uids[32], gids[32];

	snprintf(uids, sizeof(uids), "0 %u 1", (unsigned)geteuid());
	snprintf(gids, sizeof(gids), "0 %u 1", (unsigned)getegid());
	return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
	       put_text("/proc/self/setgroups", "deny") && put_text("/proc/self/uid_map", uids) &&
	       put_text("/proc/self/gid_map", gids) &&
	       mount("none", directory, "tmpfs", 0, "size=1m") == 0;
}

/* The status of one transfer, without cmocka, which is the parent's; FFFFh if it is not done. */
static uint16_t child_io(struct rig *rig, bool writes, void *buf, uint64_t lba, uint32_t blocks)
{
	uint64_t deadline = now_ns() + 20 * SECOND;
	struct io io = { 0 };
	int rc = writes ? upnvme_write(rig->qp, rig->ns, buf, lba, blocks, on_done, &io) :
			  upnvme_read(rig->qp, rig->ns, buf, lba, blocks, on_done, &io);

	while (!rc && !io.ndone && now_ns() < deadline)
		upnvme_poll(rig->qp, 0);
	return io.ndone == 1 ? STATUS_CODE(io.last.status) : 0xffff;
}

static int child_open(struct rig *rig, const struct victim *victim, const char *query, void **buf)
{
	char uri[PATH_MAX + 64];

	snprintf(uri, sizeof(uri), "soft:%s?size=4MiB&block=%u&%s", victim->path, BLOCK, query);
	if (upnvme_open(&rig->ctrlr, uri, NULL) || upnvme_ns_get(&rig->ns, rig->ctrlr, 1) ||
	    upnvme_qpair_create(&rig->qp, rig->ctrlr, NULL))
		return 1;
	return upnvme_dma_alloc(buf, rig->ctrlr, 2 << 20, 0) ? 1 : 0;
}

static int child_close(struct rig *rig)
{
	return upnvme_qpair_close(rig->qp) || upnvme_close(rig->ctrlr) ? 9 : 0;
}

struct attack {
	const struct victim *victim;
	const char *query;
};

static int on_full_disk(void *arg)
{
	const struct attack *attack = arg;
	struct rig rig = { 0 };
	struct io io = { 0 };
	void *buf;

	if (!mount_small_disk(attack->victim->directory))
		return CHILD_SKIPS;
	if (child_open(&rig, attack->victim, attack->query, &buf))
		return 1;
	memset(buf, 1, 2 << 20);
	if (child_io(&rig, true, buf, 0, 512) != STATUS_CAPACITY_EXCEEDED)
		return 2;
	if (child_io(&rig, true, buf, 600, 1) != STATUS_CAPACITY_EXCEEDED)
		return 3;
	if (child_io(&rig, false, buf, 600, 8) != 0)
		return 4;
	/* The disk has room again. */
	if (upnvme_deallocate(rig.qp, rig.ns, 0, 512, on_done, &io))
		return 5;
	while (!io.ndone)
		upnvme_poll(rig.qp, 0);
	if (io.last.status || child_io(&rig, true, buf, 600, 8) != 0)
		return 6;
	return child_close(&rig);
}

/* The limit is lowered when the file is open already; a write beyond the limit gets a signal that
 * kills the process. */
static int beyond_limit(void *arg)
{
	const struct attack *attack = arg;
	struct rlimit limit = { 64 * BLOCK, RLIM_INFINITY };
	struct rig rig = { 0 };
	struct io io = { 0 };
	void *buf;

	if (child_open(&rig, attack->victim, attack->query, &buf))
		return 1;
	memset(buf, 1, 64 * BLOCK);
	signal(SIGXFSZ, SIG_DFL); /* a parent that ignores it, as Python does, has passed that on */
	limit.rlim_max = 1024 * BLOCK;
	if (setrlimit(RLIMIT_FSIZE, &limit))
		return CHILD_SKIPS;
	if (child_io(&rig, true, buf, 0, 64) != 0)
		return 2;
	if (child_io(&rig, true, buf, 64, 1) != STATUS_CAPACITY_EXCEEDED)
		return 3;
	if (child_io(&rig, true, buf, 60, 8) != STATUS_CAPACITY_EXCEEDED)
		return 4;
	if (child_io(&rig, false, buf, 64, 1) != 0)
		return 5;
	if (upnvme_flush(rig.qp, rig.ns, on_done, &io))
		return 6;
	while (!io.ndone)
		upnvme_poll(rig.qp, 0);
	return io.last.status ? 7 : child_close(&rig);
}

static void attack_in_child(int (*fn)(void *arg), const char *query)
{
	struct victim victim;
	struct attack attack = { &victim, query };
	int ret;

	victim_make(&victim);
	ret = in_child(fn, &attack);
	victim_remove(&victim);
	if (ret == CHILD_SKIPS)
		skip_because("the limit or the file system that it needs cannot be had here");
	assert_int_equal(ret, 0);
}

static void a_full_disk_gives_statuses_and_room_helps(void **state)
{
	attack_in_child(on_full_disk, *state);
}

static void a_limit_on_the_files_size_gives_statuses(void **state)
{
	attack_in_child(beyond_limit, *state);
}

/* --- all, over both engines and in both modes ----------------------------------------------------- */

static char *const queries[] = { "engine=worker", "engine=worker&mode=thread", "engine=io_uring",
				 "engine=io_uring&mode=thread" };

/* Skips an engine that does not work here. */
static bool works(const char *query)
{
	upnvme_ctrlr *ctrlr = NULL;
	struct victim victim;
	char uri[PATH_MAX + 64];
	bool opened;

	victim_make(&victim);
	snprintf(uri, sizeof(uri), "soft:%s?%s", victim.path, query);
	opened = upnvme_open(&ctrlr, uri, NULL) == 0 && upnvme_close(ctrlr) == 0;
	victim_remove(&victim);
	return opened;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_cut_between_open_and_read_gives_statuses),
		cmocka_unit_test(cutting_a_file_under_commands_in_flight_gives_statuses),
		cmocka_unit_test(closing_over_a_file_that_was_emptied_completes_all),
		cmocka_unit_test(a_replaced_file_is_not_touched),
		cmocka_unit_test(a_file_whose_directory_is_removed_goes_on),
		cmocka_unit_test(a_full_disk_gives_statuses_and_room_helps),
		cmocka_unit_test(a_limit_on_the_files_size_gives_statuses),
	};
	static struct CMUnitTest each[NELEMS(queries) * NELEMS(tests)];
	size_t n = 0;

	for (size_t q = 0; q < NELEMS(queries); q++) {
		if (!works(queries[q])) {
			print_message("%s: %s\n", queries[q], upnvme_last_error());
			continue;
		}
		for (size_t t = 0; t < NELEMS(tests); t++) {
			each[n] = tests[t];
			each[n++].initial_state = queries[q];
		}
	}
	return _cmocka_run_group_tests("media under attack", each, n, NULL, NULL);
}
