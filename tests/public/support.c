/* SPDX-License-Identifier: BSD-3-Clause */
/* The support of the public interface's tests. */
#include "support.h"

#include <pthread.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DEADLINE_NS 20000000000ull

void ok(int rc)
{
	if (rc < 0)
		fail_msg("%d: %s", rc, upnvme_last_error());
}

static upnvme_ctrlr *open_format(const char *format, va_list args)
{
	upnvme_ctrlr *ctrlr = NULL;
	char uri[512];

	vsnprintf(uri, sizeof(uri), format, args);
	if (upnvme_open(&ctrlr, uri, NULL))
		fail_msg("%s: %s", uri, upnvme_last_error());
	return ctrlr;
}

upnvme_ctrlr *open_uri(const char *uri, ...)
{
	upnvme_ctrlr *ctrlr;
	va_list args;

	va_start(args, uri);
	ctrlr = open_format(uri, args);
	va_end(args);
	return ctrlr;
}

upnvme_qpair *create_qpair(upnvme_ctrlr *ctrlr, uint32_t entries, uint32_t outstanding,
			   uint32_t flags)
{
	struct upnvme_qpair_opts opts = UPNVME_QPAIR_OPTS_INIT;
	upnvme_qpair *qp = NULL;

	opts.entries = entries;
	opts.outstanding = outstanding;
	opts.flags = flags;
	OK(upnvme_qpair_create(&qp, ctrlr, &opts));
	return qp;
}

void rig_open(struct rig *rig, uint32_t entries, uint32_t outstanding, const char *uri, ...)
{
	va_list args;

	va_start(args, uri);
	rig->ctrlr = open_format(uri, args);
	va_end(args);
	OK(upnvme_ns_get(&rig->ns, rig->ctrlr, 1));
	rig->qp = create_qpair(rig->ctrlr, entries, outstanding, 0);
	rig->block = upnvme_ns_block_size(rig->ns);
}

void rig_close(struct rig *rig)
{
	OK(upnvme_qpair_close(rig->qp));
	OK(upnvme_close(rig->ctrlr));
}

void *dma(upnvme_ctrlr *ctrlr, size_t bytes)
{
	void *buf = NULL;

	OK(upnvme_dma_alloc(&buf, ctrlr, bytes, 4096));
	return buf;
}

void expect_error(int rc, int err, uint32_t code, ...)
{
	struct upnvme_error error;
	const char *word;
	va_list words;

	assert_int_equal(upnvme_error_get(&error), 0);
	if (rc != err || error.err != err || error.code != code)
		fail_msg("%d, errno %d, %s (%s), instead of %d, %s", rc, error.err,
			 upnvme_error_name(error.code), error.text, err, upnvme_error_name(code));
	va_start(words, code);
	while ((word = va_arg(words, const char *)))
		if (!strstr(error.text, word))
			fail_msg("\"%s\" does not name \"%s\"", error.text, word);
	va_end(words);
	assert_string_equal(error.text, upnvme_last_error());
}

void on_done(void *arg, const struct upnvme_completion *done)
{
	struct io *io = arg;

	io->ndone++;
	io->last = *done;
}

void wait_for(upnvme_qpair *qp, struct io *io, uint32_t n)
{
	uint64_t deadline = now_ns() + DEADLINE_NS;

	while (io->ndone < n) {
		int rc = upnvme_poll(qp, 0);

		OK(rc);
		if (rc == 0 && now_ns() > deadline)
			fail_msg("%u of %u completions after 20 s", io->ndone, n);
	}
	assert_int_equal(io->ndone, n);
}

void poll_signalled(upnvme_qpair *qp)
{
	uint64_t signals;
	int rc;

	assert_int_equal(read(upnvme_qpair_fd(qp), &signals, sizeof(signals)), sizeof(signals));
	do {
		rc = upnvme_poll(qp, 0);
		OK(rc);
	} while (rc);
}

uint16_t do_read(struct rig *rig, void *buf, uint64_t lba, uint32_t blocks)
{
	struct io io = { 0 };

	OK(upnvme_read(rig->qp, rig->ns, buf, lba, blocks, on_done, &io));
	wait_for(rig->qp, &io, 1);
	assert_int_equal(io.last.blocks, io.last.status ? io.last.blocks : blocks);
	return STATUS_CODE(io.last.status);
}

uint16_t do_write(struct rig *rig, const void *buf, uint64_t lba, uint32_t blocks)
{
	struct io io = { 0 };

	OK(upnvme_write(rig->qp, rig->ns, buf, lba, blocks, on_done, &io));
	wait_for(rig->qp, &io, 1);
	return STATUS_CODE(io.last.status);
}

struct upnvme_completion do_op(struct rig *rig, const struct upnvme_op *op)
{
	struct io io = { 0 };

	OK(upnvme_io(rig->qp, op, on_done, &io));
	wait_for(rig->qp, &io, 1);
	return io.last;
}

static uint64_t pattern_word(uint64_t block_index, uint32_t word, uint64_t seed)
{
	uint64_t x = (block_index << 16 | word) + seed * 0x9e3779b97f4a7c15ull;

	x ^= x >> 31;
	x *= 0xbf58476d1ce4e5b9ull;
	return x ^ x >> 29;
}

void pattern_fill(void *buf, uint64_t lba, uint32_t blocks, uint32_t block, uint64_t seed)
{
	char *at = buf; /* at any address */

	for (uint32_t i = 0; i < blocks; i++)
		for (uint32_t j = 0; j < block / 8; j++, at += 8) {
			uint64_t word = pattern_word(lba + i, j, seed);

			memcpy(at, &word, 8);
		}
}

bool pattern_is(const void *buf, uint64_t lba, uint32_t blocks, uint32_t block, uint64_t seed)
{
	const char *at = buf;

	for (uint32_t i = 0; i < blocks; i++)
		for (uint32_t j = 0; j < block / 8; j++, at += 8) {
			uint64_t word = pattern_word(lba + i, j, seed);

			if (memcmp(at, &word, 8) != 0)
				return false;
		}
	return true;
}

char *image_create(uint64_t bytes)
{
	const char *folder = getenv("TMPDIR");
	char *path = NULL;
	int fd;

	assert_true(asprintf(&path, "%s/upnvme-test-XXXXXX", folder ? folder : "/tmp") > 0);
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
	close(fd);
	return path;
}

void image_remove(char *path)
{
	unlink(path);
	free(path);
}

struct job {
	int (*fn)(void *arg);
	void *arg;
	int result;
};

static void *job_run(void *arg)
{
	struct job *job = arg;

	job->result = job->fn(job->arg);
	return NULL;
}

int in_thread(int (*fn)(void *arg), void *arg)
{
	struct job job = { fn, arg, -1 };
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, job_run, &job), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	return job.result;
}

int in_child(int (*fn)(void *arg), void *arg)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(fn(arg));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status))
		fail_msg("the child died of signal %d", WTERMSIG(status));
	return WEXITSTATUS(status);
}

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static const char *build_name(void)
{
	const char *build = getenv("UPNVME_TEST_BUILD");

	return build ? build : "release";
}

bool is_slow_build(void)
{
	return strcmp(build_name(), "release") != 0;
}

bool is_tsan_build(void)
{
	return strcmp(build_name(), "tsan") == 0;
}

uint64_t test_seed(void)
{
	const char *given = getenv("UPNVME_TEST_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : now_ns();

	print_message("UPNVME_TEST_SEED=%llu\n", (unsigned long long)seed);
	return seed | 1;
}

uint32_t random_below(uint64_t *state, uint32_t n)
{
	uint64_t x = *state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	*state = x;
	return (uint32_t)((x >> 11) % n);
}
