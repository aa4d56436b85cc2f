/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * copy: copies one controller's namespace to another's.
 *
 * The example shows two queue pairs in one thread, and memory that both controllers reach: blocks are read into a
 * buffer and written from the same buffer, uncopied. Callbacks note what has happened; the loop decides what is next,
 * so that a command for which a queue is full (-EAGAIN) is simply tried again.
 *
 *	copy soft:/path/from.img soft:/path/to.img 2
 */
#include <err.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
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

static struct side from, to;

/* The place of one chunk at a time, on its way from one controller to the other. */
struct slot {
	enum { IDLE, TO_READ, READING, TO_WRITE, WRITING } state;
	uint16_t status; /* of a command that failed */
	char *buf;
	uint64_t lba;
	uint32_t blocks;
};

/* One thread's part of the namespaces. */
struct part {
	pthread_t thread;
	uint64_t lba, end; /* the blocks that are still to be begun */
	upnvme_qpair *reader, *writer;
	struct slot slots[DEPTH];
	bool failed;
};

static int fail(struct part *part, const char *what, const char *why)
{
	warnx("%s: %s", what, why);
	part->failed = true;
	return -1;
}

static void on_read(void *arg, const struct upnvme_completion *done)
{
	struct slot *slot = arg;

	slot->status = done->status;
	slot->state = TO_WRITE;
}

static void on_written(void *arg, const struct upnvme_completion *done)
{
	struct slot *slot = arg;

	slot->status = done->status;
	slot->state = IDLE;
}

static void begin(struct part *part, struct slot *slot)
{
	uint64_t left = part->end - part->lba;
	uint64_t chunk = CHUNK_BYTES / upnvme_ns_block_size(from.ns);

	if (!left)
		return;
	slot->lba = part->lba;
	slot->blocks = (uint32_t)(left < chunk ? left : chunk);
	slot->state = TO_READ;
	part->lba += slot->blocks;
}

/* Moves a slot on as far as possible without waiting. */
static int step(struct part *part, struct slot *slot)
{
	int rc = 0;

	if (slot->status)
		return fail(part, "the controller answers", upnvme_status_text(slot->status));
	if (slot->state == IDLE)
		begin(part, slot);
	if (slot->state == TO_READ) {
		rc = upnvme_read(part->reader, from.ns, slot->buf, slot->lba, slot->blocks, on_read,
				 slot);
		slot->state = rc ? TO_READ : READING;
	} else if (slot->state == TO_WRITE) {
		rc = upnvme_write(part->writer, to.ns, slot->buf, slot->lba, slot->blocks,
				  on_written, slot);
		slot->state = rc ? TO_WRITE : WRITING;
	}
	if (rc && rc != -EAGAIN)
		return fail(part, "submit", upnvme_last_error());
	return 0;
}

static int poll_both(struct part *part)
{
	if (upnvme_poll(part->reader, 0) < 0 || upnvme_poll(part->writer, 0) < 0)
		return fail(part, "poll", upnvme_last_error());
	return 0;
}

static int copy_part(struct part *part)
{
	uint32_t busy;

	do {
		busy = 0;
		for (uint32_t i = 0; i < DEPTH; i++) {
			if (step(part, &part->slots[i]) < 0)
				return -1;
			busy += part->slots[i].state != IDLE;
		}
		if (poll_both(part) < 0)
			return -1;
	} while (busy);
	return 0;
}

/* Makes the written blocks durable. */
static int flush(struct part *part)
{
	struct slot slot = { .state = WRITING };

	if (upnvme_flush(part->writer, to.ns, on_written, &slot) < 0)
		return fail(part, "flush", upnvme_last_error());
	while (slot.state != IDLE)
		if (poll_both(part) < 0)
			return -1;
	return slot.status ? fail(part, "flush", upnvme_status_text(slot.status)) : 0;
}

static void *run(void *arg)
{
	struct part *part = arg;
	void *memory = NULL;

	/* The thread that creates a queue pair owns the queue pair. The memory is allocated for one
	 * controller and registered with the other, which may be reached in another way. */
	if (upnvme_qpair_create(&part->reader, from.ctrlr, NULL) < 0 ||
	    upnvme_qpair_create(&part->writer, to.ctrlr, NULL) < 0 ||
	    upnvme_dma_alloc(&memory, from.ctrlr, DEPTH * CHUNK_BYTES, 0) < 0 ||
	    upnvme_mem_register(to.ctrlr, memory, DEPTH * CHUNK_BYTES) < 0) {
		fail(part, "queue pair", upnvme_last_error());
	} else {
		for (uint32_t i = 0; i < DEPTH; i++)
			part->slots[i].buf = (char *)memory + i * CHUNK_BYTES;
		if (copy_part(part) == 0)
			flush(part);
	}
	/* After a failure commands may be in flight: closing their queue pair completes them, and then
	 * their memory may be freed. */
	if (upnvme_qpair_close(part->reader) < 0 || upnvme_qpair_close(part->writer) < 0)
		fail(part, "close", upnvme_last_error());
	if (memory)
		upnvme_mem_unregister(to.ctrlr, memory, DEPTH * CHUNK_BYTES);
	upnvme_dma_free(from.ctrlr, memory);
	return NULL;
}

/* Divides the namespaces among the threads and waits for them. */
static bool copy(uint64_t nthreads)
{
	static struct part parts[MAX_THREADS];
	uint64_t blocks = upnvme_ns_block_count(from.ns);
	bool good = true;

	for (uint64_t i = 0; i < nthreads; i++) {
		parts[i].lba = blocks / nthreads * i;
		parts[i].end = i == nthreads - 1 ? blocks : blocks / nthreads * (i + 1);
		errno = pthread_create(&parts[i].thread, NULL, run, &parts[i]);
		if (errno)
			err(1, "pthread_create");
	}
	for (uint64_t i = 0; i < nthreads; i++) {
		pthread_join(parts[i].thread, NULL);
		good &= !parts[i].failed;
	}
	return good;
}

static void side_open(struct side *side, const char *uri)
{
	if (upnvme_open(&side->ctrlr, uri, NULL) < 0 ||
	    upnvme_ns_get(&side->ns, side->ctrlr, 1) < 0)
		errx(1, "%s", upnvme_last_error());
}

int main(int argc, char **argv)
{
	long nthreads = argc > 3 ? strtol(argv[3], NULL, 10) : 2;
	bool good;

	if (argc < 3 || argc > 4 || nthreads < 1 || nthreads > MAX_THREADS)
		errx(2, "usage: copy FROM-URI TO-URI [THREADS]   (1 to %d threads, default 2)",
		     MAX_THREADS);
	side_open(&from, argv[1]);
	side_open(&to, argv[2]);
	if (upnvme_ns_block_size(from.ns) != upnvme_ns_block_size(to.ns))
		errx(1, "blocks of %u and %u bytes: both sides need the same size",
		     upnvme_ns_block_size(from.ns), upnvme_ns_block_size(to.ns));
	if (upnvme_ns_block_count(to.ns) < upnvme_ns_block_count(from.ns))
		errx(1, "%s is smaller than %s: give a target of at least the same size", argv[2],
		     argv[1]);
	good = copy((uint64_t)nthreads);
	if (upnvme_close(from.ctrlr) < 0 || upnvme_close(to.ctrlr) < 0)
		errx(1, "%s", upnvme_last_error());
	return !good;
}
