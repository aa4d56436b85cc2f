/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dump: reads a namespace into a file, by several threads with a queue pair each.
 *
 * It shows the batch form: operations carry tags, upnvme_submit takes many at once, and their
 * completions come out of upnvme_reap in an array.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <upnvme.h>

#define DEPTH       16u
#define CHUNK_BYTES (128u * 1024)
#define MAX_THREADS 64

/* One thread's share of the namespace. */
struct share {
	pthread_t thread;
	upnvme_ctrlr *ctrlr;
	upnvme_ns *ns;
	int file;
	uint64_t lba; /* the next to ask for */
	uint64_t end;
	upnvme_qpair *qp;
	char *memory;                /* DEPTH chunks, one for each tag */
	struct upnvme_op ops[DEPTH]; /* by tag: what is being read */
	char error[600];             /* empty if all went well */
};

static int fail(struct share *share, const char *what, const char *why)
{
	snprintf(share->error, sizeof(share->error), "%s: %s", what, why);
	return -1;
}

/* The next chunk of the share, to be read under this tag. False if nothing is left. */
static int plan(struct share *share, uint64_t tag)
{
	uint64_t left = share->end - share->lba;
	uint64_t chunk = CHUNK_BYTES / upnvme_ns_block_size(share->ns);

	if (!left)
		return 0;
	share->ops[tag] = (struct upnvme_op){
		.opcode = UPNVME_OP_READ,
		.nsid = upnvme_ns_id(share->ns),
		.lba = share->lba,
		.blocks = (uint32_t)(left < chunk ? left : chunk),
		.tag = tag,
		.buf = share->memory + tag * CHUNK_BYTES,
	};
	share->lba += share->ops[tag].blocks;
	return 1;
}

/* Asks for as many chunks as tags have come back. Returns how many are on their way. */
static int ask(struct share *share, const struct upnvme_completion *done, int ndone)
{
	struct upnvme_op batch[DEPTH];
	int nbatch = 0;

	for (int i = 0; i < ndone; i++)
		if (plan(share, done[i].tag))
			batch[nbatch++] = share->ops[done[i].tag];
	if (nbatch && upnvme_submit(share->qp, batch, (uint32_t)nbatch) != nbatch)
		return fail(share, "submit", upnvme_last_error());
	return nbatch;
}

/* Puts a chunk that has arrived into the file. */
static int store(struct share *share, const struct upnvme_completion *done)
{
	const struct upnvme_op *op = &share->ops[done->tag];
	uint64_t block_bytes = upnvme_ns_block_size(share->ns);
	uint64_t bytes = op->blocks * block_bytes, written = 0;

	if (done->status)
		return fail(share, "read", upnvme_status_text(done->status));
	while (written < bytes) {
		ssize_t n = pwrite(share->file, (char *)op->buf + written, bytes - written,
				   (off_t)(op->lba * block_bytes + written));
		if (n <= 0)
			return fail(share, "file", n ? strerror(errno) : "nothing written");
		written += (uint64_t)n;
	}
	return 0;
}

static int read_share(struct share *share)
{
	struct upnvme_completion done[DEPTH];
	int ndone = DEPTH, inflight = 0;

	for (uint64_t tag = 0; tag < DEPTH; tag++)
		done[tag].tag = tag;
	do {
		int asked = ask(share, done, ndone);
		if (asked < 0)
			return -1;
		inflight += asked;
		ndone = upnvme_reap(share->qp, done, DEPTH);
		if (ndone < 0)
			return fail(share, "reap", upnvme_last_error());
		inflight -= ndone;
		for (int i = 0; i < ndone; i++)
			if (store(share, &done[i]) < 0)
				return -1;
	} while (inflight || share->lba < share->end);
	return 0;
}

static void *run(void *arg)
{
	struct share *share = arg;
	void *memory = NULL;

	/* The thread that creates a queue pair owns it. */
	if (upnvme_qpair_create(&share->qp, share->ctrlr, NULL) < 0 ||
	    upnvme_dma_alloc(&memory, share->ctrlr, DEPTH * CHUNK_BYTES, 0) < 0) {
		fail(share, "queue pair", upnvme_last_error());
	} else {
		share->memory = memory;
		read_share(share);
	}
	upnvme_qpair_close(share->qp);
	upnvme_dma_free(share->ctrlr, memory);
	return NULL;
}

/* Divides the namespace among the threads and waits for them. */
static void dump(upnvme_ctrlr *ctrlr, upnvme_ns *ns, int file, uint64_t nthreads)
{
	static struct share shares[MAX_THREADS];
	uint64_t blocks = upnvme_ns_block_count(ns);
	int failed = 0;

	for (uint64_t i = 0; i < nthreads; i++) {
		shares[i] = (struct share){
			.ctrlr = ctrlr,
			.ns = ns,
			.file = file,
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
	if (failed)
		exit(1);
}

int main(int argc, char **argv)
{
	upnvme_ctrlr *ctrlr;
	upnvme_ns *ns;
	long nthreads = argc > 3 ? strtol(argv[3], NULL, 10) : 2;
	int file;

	if (argc < 3 || nthreads < 1 || nthreads > MAX_THREADS)
		errx(2, "usage: dump URI FILE [THREADS]   (1 to %d threads, default 2)",
		     MAX_THREADS);
	if (upnvme_open(&ctrlr, argv[1], NULL) < 0)
		errx(1, "%s", upnvme_last_error());
	if (upnvme_ns_get(&ns, ctrlr, 1) < 0)
		errx(1, "%s", upnvme_last_error());
	file = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (file < 0)
		err(1, "%s", argv[2]);
	dump(ctrlr, ns, file, (uint64_t)nthreads);
	if (close(file) < 0)
		err(1, "%s", argv[2]);
	if (upnvme_close(ctrlr) < 0)
		errx(1, "%s", upnvme_last_error());
	return 0;
}
