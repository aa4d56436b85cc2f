/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * copy: copies one namespace to another, by several threads with a queue pair on each side.
 *
 * It shows the callback form: what has been read is written from the same buffer, since controllers
 * that are reached alike share their memory; when it is written, its slot reads the next piece.
 */
#include <err.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <upnvme.h>

#define DEPTH       16u
#define CHUNK_BYTES (128u * 1024)
#define MAX_THREADS 64

struct side {
	upnvme_ctrlr *ctrlr;
	upnvme_ns *ns;
};

/* A chunk on its way. */
struct slot {
	struct share *share;
	char *buf;
	uint64_t lba;
	uint32_t blocks;
};

/* One thread's share of the namespaces. */
struct share {
	pthread_t thread;
	struct side from, to;
	uint64_t lba; /* the next to read */
	uint64_t end;
	upnvme_qpair *reader, *writer;
	struct slot slots[DEPTH];
	uint32_t busy;   /* slots at work */
	char error[600]; /* empty if all went well */
};

static void fail(struct share *share, const char *what, const char *why)
{
	if (!share->error[0])
		snprintf(share->error, sizeof(share->error), "%s: %s", what, why);
}

static void on_read(void *arg, const struct upnvme_completion *done);
static void on_written(void *arg, const struct upnvme_completion *done);

/* Lets a slot read the next chunk of the share; it rests when nothing is left, or something failed. */
static void next(struct slot *slot)
{
	struct share *share = slot->share;
	uint64_t left = share->end - share->lba;
	uint64_t chunk = CHUNK_BYTES / upnvme_ns_block_size(share->from.ns);

	if (!left || share->error[0])
		return;
	slot->lba = share->lba;
	slot->blocks = (uint32_t)(left < chunk ? left : chunk);
	if (upnvme_read(share->reader, share->from.ns, slot->buf, slot->lba, slot->blocks, on_read,
			slot) < 0) {
		fail(share, "read", upnvme_last_error());
		return;
	}
	share->lba += slot->blocks;
	share->busy++;
}

static void on_read(void *arg, const struct upnvme_completion *done)
{
	struct slot *slot = arg;
	struct share *share = slot->share;

	share->busy--;
	if (done->status)
		fail(share, "read", upnvme_status_text(done->status));
	else if (upnvme_write(share->writer, share->to.ns, slot->buf, slot->lba, slot->blocks,
			      on_written, slot) < 0)
		fail(share, "write", upnvme_last_error());
	else
		share->busy++;
}

static void on_written(void *arg, const struct upnvme_completion *done)
{
	struct slot *slot = arg;

	slot->share->busy--;
	if (done->status)
		fail(slot->share, "write", upnvme_status_text(done->status));
	next(slot);
}

static void on_flushed(void *arg, const struct upnvme_completion *done)
{
	struct share *share = arg;

	share->busy--;
	if (done->status)
		fail(share, "flush", upnvme_status_text(done->status));
}

/* Polls both queue pairs until every slot rests. */
static void poll_until_done(struct share *share)
{
	while (share->busy) {
		if (upnvme_poll(share->reader, 0) < 0 || upnvme_poll(share->writer, 0) < 0) {
			fail(share, "poll", upnvme_last_error());
			return;
		}
	}
}

static void copy_share(struct share *share, char *memory)
{
	for (uint32_t i = 0; i < DEPTH; i++) {
		share->slots[i] = (struct slot){ .share = share, .buf = memory + i * CHUNK_BYTES };
		next(&share->slots[i]);
	}
	poll_until_done(share);
	if (share->error[0])
		return;
	if (upnvme_flush(share->writer, share->to.ns, on_flushed, share) < 0) {
		fail(share, "flush", upnvme_last_error());
		return;
	}
	share->busy++;
	poll_until_done(share);
}

static void *run(void *arg)
{
	struct share *share = arg;
	void *memory = NULL;

	/* The thread that creates a queue pair owns it. */
	if (upnvme_qpair_create(&share->reader, share->from.ctrlr, NULL) < 0 ||
	    upnvme_qpair_create(&share->writer, share->to.ctrlr, NULL) < 0 ||
	    upnvme_dma_alloc(&memory, share->from.ctrlr, DEPTH * CHUNK_BYTES, 0) < 0)
		fail(share, "queue pair", upnvme_last_error());
	else
		copy_share(share, memory);
	upnvme_qpair_close(share->reader);
	upnvme_qpair_close(share->writer);
	upnvme_dma_free(share->from.ctrlr, memory);
	return NULL;
}

/* Divides the namespaces among the threads and waits for them. Returns 0 if all went well. */
static int copy(const struct side *from, const struct side *to, uint64_t nthreads)
{
	static struct share shares[MAX_THREADS];
	uint64_t blocks = upnvme_ns_block_count(from->ns);
	int failed = 0;

	for (uint64_t i = 0; i < nthreads; i++) {
		shares[i] = (struct share){
			.from = *from,
			.to = *to,
			.lba = blocks / nthreads * i,
			.end = i == nthreads - 1 ? blocks : blocks / nthreads * (i + 1),
		};
		errno = pthread_create(&shares[i].thread, NULL, run, &shares[i]);
		if (errno)
			err(1, "pthread_create");
	}
	for (uint64_t i = 0; i < nthreads; i++) {
		pthread_join(shares[i].thread, NULL);
		if (shares[i].error[0]) {
			warnx("%s", shares[i].error);
			failed = 1;
		}
	}
	return failed;
}

static struct side side_open(const char *uri)
{
	struct side side;

	if (upnvme_open(&side.ctrlr, uri, NULL) < 0 || upnvme_ns_get(&side.ns, side.ctrlr, 1) < 0)
		errx(1, "%s", upnvme_last_error());
	return side;
}

int main(int argc, char **argv)
{
	long nthreads = argc > 3 ? strtol(argv[3], NULL, 10) : 2;
	struct side from, to;
	int failed;

	if (argc < 3 || nthreads < 1 || nthreads > MAX_THREADS)
		errx(2, "usage: copy FROM-URI TO-URI [THREADS]   (1 to %d threads, default 2)",
		     MAX_THREADS);
	from = side_open(argv[1]);
	to = side_open(argv[2]);
	if (upnvme_ns_block_size(from.ns) != upnvme_ns_block_size(to.ns))
		errx(1, "blocks of %u and %u bytes: both sides need the same size",
		     upnvme_ns_block_size(from.ns), upnvme_ns_block_size(to.ns));
	if (upnvme_ns_block_count(to.ns) < upnvme_ns_block_count(from.ns))
		errx(1, "%s is smaller than %s", argv[2], argv[1]);
	failed = copy(&from, &to, (uint64_t)nthreads);
	if (upnvme_close(from.ctrlr) < 0 || upnvme_close(to.ctrlr) < 0)
		errx(1, "%s", upnvme_last_error());
	return failed;
}
