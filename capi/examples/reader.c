/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reader: reads random blocks in several threads, and says how many per second.
 *
 * The example shows the callback form at its shortest: the callback of every completion starts the next read, so the
 * loop does nothing but poll. Each thread has a queue pair of its own; threads share nothing on the way of an I/O.
 *
 *	reader soft:ram?size=1GiB 2 1000000
 */
#include <err.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <upnvme.h>

#define DEPTH       32u
#define MAX_THREADS 64

static upnvme_ctrlr *ctrlr;
static upnvme_ns *ns;

struct reader {
	pthread_t thread;
	upnvme_qpair *qp;
	uint64_t random;
	uint64_t left;     /* reads that are still to be started */
	uint32_t inflight; /* reads that have not completed */
	bool failed;
};

/* A slot is the place of one read at a time. */
struct slot {
	struct reader *reader;
	void *buf;
};

static uint64_t random_lba(struct reader *reader)
{
	/* Knuth's MMIX generator; the high bits are the better ones. */
	reader->random = reader->random * 6364136223846793005ull + 1442695040888963407ull;
	return (reader->random >> 16) % upnvme_ns_block_count(ns);
}

static void fail(struct reader *reader, const char *why)
{
	warnx("%s", why);
	reader->failed = true;
}

static void on_done(void *arg, const struct upnvme_completion *done);

static void start(struct slot *slot)
{
	struct reader *reader = slot->reader;

	if (reader->failed || !reader->left)
		return;
	if (upnvme_read(reader->qp, ns, slot->buf, random_lba(reader), 1, on_done, slot) < 0) {
		fail(reader, upnvme_last_error());
		return;
	}
	reader->left--;
	reader->inflight++;
}

static void on_done(void *arg, const struct upnvme_completion *done)
{
	struct slot *slot = arg;

	slot->reader->inflight--;
	if (done->status)
		fail(slot->reader, upnvme_status_text(done->status));
	start(slot);
}

static void read_all(struct reader *reader, char *memory)
{
	struct slot slots[DEPTH];

	for (uint32_t i = 0; i < DEPTH; i++) {
		slots[i] = (struct slot){ reader, memory + i * upnvme_ns_block_size(ns) };
		start(&slots[i]);
	}
	while (reader->inflight)
		if (upnvme_poll(reader->qp, 0) < 0) {
			fail(reader, upnvme_last_error());
			break;
		}
	/* The callbacks that are outstanding after a failed poll run in this close, while `slots` lives. */
	if (upnvme_qpair_close(reader->qp) < 0)
		fail(reader, upnvme_last_error());
}

static void *run(void *arg)
{
	struct reader *reader = arg;
	void *memory = NULL;

	/* The thread that creates a queue pair owns the queue pair. */
	if (upnvme_dma_alloc(&memory, ctrlr, DEPTH * upnvme_ns_block_size(ns), 0) < 0 ||
	    upnvme_qpair_create(&reader->qp, ctrlr, NULL) < 0)
		fail(reader, upnvme_last_error());
	else
		read_all(reader, memory);
	upnvme_dma_free(ctrlr, memory);
	return NULL;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static bool run_threads(uint64_t nthreads, uint64_t nreads)
{
	static struct reader readers[MAX_THREADS];
	bool good = true;

	for (uint64_t i = 0; i < nthreads; i++) {
		readers[i].left = nreads / nthreads + (i < nreads % nthreads);
		readers[i].random = i;
		errno = pthread_create(&readers[i].thread, NULL, run, &readers[i]);
		if (errno)
			err(1, "pthread_create");
	}
	for (uint64_t i = 0; i < nthreads; i++) {
		pthread_join(readers[i].thread, NULL);
		good &= !readers[i].failed;
	}
	return good;
}

int main(int argc, char **argv)
{
	long nthreads = argc > 2 ? strtol(argv[2], NULL, 10) : 2;
	long long nreads = argc > 3 ? strtoll(argv[3], NULL, 10) : 1000000;
	double started;
	bool good;

	if (argc < 2 || argc > 4 || nthreads < 1 || nthreads > MAX_THREADS || nreads < 1)
		errx(2,
		     "usage: reader URI [THREADS [READS]]   (1 to %d threads, default 2; reads of all "
		     "threads together, default 1000000)",
		     MAX_THREADS);
	if (upnvme_open(&ctrlr, argv[1], NULL) < 0 || upnvme_ns_get(&ns, ctrlr, 1) < 0)
		errx(1, "%s", upnvme_last_error());
	started = now();
	good = run_threads((uint64_t)nthreads, (uint64_t)nreads);
	printf("%lld reads of %u bytes by %ld threads: %.0f per second\n", nreads,
	       upnvme_ns_block_size(ns), nthreads, (double)nreads / (now() - started));
	if (upnvme_close(ctrlr) < 0)
		errx(1, "%s", upnvme_last_error());
	return !good;
}
