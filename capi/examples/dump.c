/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dump: reads a whole namespace, in order, into standard output or a file.
 *
 * The example shows the batch form: operations carry tags, upnvme_submit takes many operations at once, and their
 * completions come out of upnvme_reap in an array, in any order. Each of n threads has a queue pair of its own and
 * reads every n-th chunk; the threads take turns with the output.
 *
 *	dump soft:/path/disk.img - 2 | sha256sum
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <upnvme.h>

#define DEPTH       8u
#define CHUNK_BYTES (256u * 1024)
#define MAX_THREADS 64

static struct {
	upnvme_ctrlr *ctrlr;
	upnvme_ns *ns;
	uint64_t chunk_blocks, nchunks;
	uint64_t nthreads;
	int file;
} job;

/* The turn: the number of the chunk that the output waits for. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint64_t chunk;
	bool failed;
} turn = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

/* A thread's place in the stream. The chunks in flight are those from `written` up to `asked`, DEPTH at most. */
struct reader {
	pthread_t thread;
	uint64_t first; /* number of the first chunk; the others follow in steps of nthreads */
	uint64_t asked, written; /* how many of the thread's chunks */
	upnvme_qpair *qp;
	char *memory;        /* DEPTH chunks, one for each tag */
	bool arrived[DEPTH]; /* by tag */
};

static int fail(const char *what, const char *why)
{
	warnx("%s: %s", what, why);
	pthread_mutex_lock(&turn.lock);
	turn.failed = true;
	pthread_cond_broadcast(&turn.changed);
	pthread_mutex_unlock(&turn.lock);
	return -1;
}

/* The number, in the whole namespace, of the thread's n-th chunk. */
static uint64_t chunk_of(const struct reader *reader, uint64_t n)
{
	return reader->first + n * job.nthreads;
}

static uint32_t chunk_blocks(uint64_t chunk)
{
	uint64_t left = upnvme_ns_block_count(job.ns) - chunk * job.chunk_blocks;

	return (uint32_t)(left < job.chunk_blocks ? left : job.chunk_blocks);
}

static struct upnvme_op plan(const struct reader *reader, uint64_t n)
{
	return (struct upnvme_op){
		.opcode = UPNVME_OP_READ,
		.nsid = upnvme_ns_id(job.ns),
		.lba = chunk_of(reader, n) * job.chunk_blocks,
		.blocks = chunk_blocks(chunk_of(reader, n)),
		.tag = n % DEPTH,
		.buf = reader->memory + n % DEPTH * CHUNK_BYTES,
	};
}

/* Asks for as many chunks as there are buffers. Chunks for which the queue has no room are asked
 * for again next time. */
static int ask(struct reader *reader)
{
	struct upnvme_op ops[DEPTH];
	uint64_t next = reader->asked;
	uint32_t n = 0;
	int accepted;

	for (; next < reader->written + DEPTH && chunk_of(reader, next) < job.nchunks; next++)
		ops[n++] = plan(reader, next);
	accepted = n ? upnvme_submit(reader->qp, ops, n) : 0;
	if (accepted < 0 && accepted != -EAGAIN)
		return fail("submit", upnvme_last_error());
	reader->asked += accepted > 0 ? (uint64_t)accepted : 0;
	return 0;
}

static int collect(struct reader *reader)
{
	struct upnvme_completion done[DEPTH];
	int n = upnvme_reap(reader->qp, done, DEPTH);

	if (n < 0)
		return fail("reap", upnvme_last_error());
	for (int i = 0; i < n; i++) {
		if (done[i].status)
			return fail("read", upnvme_status_text(done[i].status));
		reader->arrived[done[i].tag] = true;
	}
	return 0;
}

static int put(const char *data, uint64_t bytes)
{
	while (bytes) {
		ssize_t n = write(job.file, data, bytes);

		if (n <= 0)
			return fail("output", n ? strerror(errno) : "nothing written");
		data += n;
		bytes -= (uint64_t)n;
	}
	return 0;
}

/* Waits until all chunks before `chunk` are written, and writes it. */
static int put_in_turn(uint64_t chunk, const char *data)
{
	uint64_t bytes = (uint64_t)chunk_blocks(chunk) * upnvme_ns_block_size(job.ns);
	bool failed;

	pthread_mutex_lock(&turn.lock);
	while (turn.chunk != chunk && !turn.failed)
		pthread_cond_wait(&turn.changed, &turn.lock);
	failed = turn.failed;
	pthread_mutex_unlock(&turn.lock);
	if (failed || put(data, bytes) < 0)
		return -1;
	pthread_mutex_lock(&turn.lock);
	turn.chunk++;
	pthread_cond_broadcast(&turn.changed);
	pthread_mutex_unlock(&turn.lock);
	return 0;
}

static int stream(struct reader *reader)
{
	while (chunk_of(reader, reader->written) < job.nchunks) {
		uint64_t tag = reader->written % DEPTH;

		if (ask(reader) < 0 || collect(reader) < 0)
			return -1;
		if (!reader->arrived[tag])
			continue;
		if (put_in_turn(chunk_of(reader, reader->written),
				reader->memory + tag * CHUNK_BYTES) < 0)
			return -1;
		reader->arrived[tag] = false;
		reader->written++;
	}
	return 0;
}

static void *run(void *arg)
{
	struct reader *reader = arg;
	void *memory = NULL;

	/* The thread that creates a queue pair owns the queue pair. */
	if (upnvme_qpair_create(&reader->qp, job.ctrlr, NULL) < 0 ||
	    upnvme_dma_alloc(&memory, job.ctrlr, DEPTH * CHUNK_BYTES, 0) < 0) {
		fail("queue pair", upnvme_last_error());
	} else {
		reader->memory = memory;
		stream(reader);
	}
	/* After a failure reads may be in flight: closing the queue pair completes them, and then their
	 * memory may be freed. */
	if (upnvme_qpair_close(reader->qp) < 0)
		fail("closing a queue pair", upnvme_last_error());
	upnvme_dma_free(job.ctrlr, memory);
	return NULL;
}

static void dump(void)
{
	static struct reader readers[MAX_THREADS];

	job.chunk_blocks = CHUNK_BYTES / upnvme_ns_block_size(job.ns);
	job.nchunks = (upnvme_ns_block_count(job.ns) + job.chunk_blocks - 1) / job.chunk_blocks;
	for (uint64_t i = 0; i < job.nthreads; i++) {
		readers[i].first = i;
		errno = pthread_create(&readers[i].thread, NULL, run, &readers[i]);
		if (errno)
			err(1, "pthread_create");
	}
	for (uint64_t i = 0; i < job.nthreads; i++)
		pthread_join(readers[i].thread, NULL);
}

int main(int argc, char **argv)
{
	long nthreads = argc > 3 ? strtol(argv[3], NULL, 10) : 2;

	if (argc < 3 || argc > 4 || nthreads < 1 || nthreads > MAX_THREADS)
		errx(2, "usage: dump URI FILE|- [THREADS]   (1 to %d threads, default 2)",
		     MAX_THREADS);
	job.nthreads = (uint64_t)nthreads;
	if (upnvme_open(&job.ctrlr, argv[1], NULL) < 0 || upnvme_ns_get(&job.ns, job.ctrlr, 1) < 0)
		errx(1, "%s", upnvme_last_error());
	job.file = STDOUT_FILENO;
	if (strcmp(argv[2], "-") != 0)
		job.file = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (job.file < 0)
		err(1, "%s", argv[2]);
	dump();
	if (close(job.file) < 0)
		err(1, "%s", argv[2]);
	if (upnvme_close(job.ctrlr) < 0)
		errx(1, "%s", upnvme_last_error());
	return turn.failed;
}
