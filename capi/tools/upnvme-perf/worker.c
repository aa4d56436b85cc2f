/* SPDX-License-Identifier: BSD-3-Clause */
/* The work of a thread: the callback of every completion starts the next I/O. */
#include "worker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job.h"
#include "random.h"

/* How long the I/Os in flight may take once no more are started. */
#define DRAIN_NS 10000000000ull

void worker_fail(struct worker *worker, const char *what, const char *why)
{
	if (!worker->error[0])
		snprintf(worker->error, sizeof(worker->error), "%s: %s", what, why);
}

static struct status_count *statuses_find(struct statuses *statuses,
					  const struct status_count *count)
{
	uint32_t i = 0;

	while (i < statuses->n && (statuses->counts[i].status != count->status ||
				   statuses->counts[i].aborted != count->aborted))
		i++;
	if (i == STATUSES_KEPT)
		return NULL;
	if (i == statuses->n)
		statuses->counts[statuses->n++] =
			(struct status_count){ count->status, count->aborted, 0 };
	return &statuses->counts[i];
}

void statuses_add(struct statuses *statuses, const struct status_count *count)
{
	struct status_count *same = statuses_find(statuses, count);

	*(same ? &same->n : &statuses->others) += count->n;
	statuses->total += count->n;
}

/* --- an I/O --------------------------------------------------------------------------------------- */

static void slot_start(struct slot *slot);

static bool is_over(const struct worker *worker)
{
	const atomic_bool *end =
		worker->plan.checking ? &worker->job->interrupted : &worker->job->stop;

	return worker->ended || worker->error[0] || atomic_load_explicit(end, memory_order_relaxed);
}

static uint64_t slot_lba(const struct slot *slot)
{
	return slot->io.unit * slot->worker->job->unit_blocks;
}

static char *slot_block(const struct slot *slot, uint32_t i)
{
	return slot->buf + (uint64_t)i * slot->worker->job->block_bytes;
}

static void note_mismatch(struct verified *verified, const struct pattern_mismatch *mismatch)
{
	if (verified->nmismatches < MISMATCHES_KEPT)
		verified->first[verified->nmismatches] = *mismatch;
	verified->nmismatches++;
}

static void slot_check(struct slot *slot)
{
	struct worker *worker = slot->worker;
	const struct job *job = worker->job;
	struct pattern_mismatch mismatch;

	/* A unit that this run has not written may hold anything. */
	if (worker->plan.history && !slot->io.generation)
		return;
	for (uint32_t i = 0; i < slot->nblocks; i++) {
		if (!pattern_check(slot_block(slot, i), job->block_bytes, slot_lba(slot) + i,
				   job->options->seed, slot->io.generation, &mismatch))
			note_mismatch(&worker->verified, &mismatch);
		worker->verified.nblocks++;
	}
}

static void slot_count(const struct slot *slot)
{
	struct worker *worker = slot->worker;
	struct counter *counter = slot->io.write ? &worker->writes : &worker->reads;
	uint64_t bytes = (uint64_t)slot->nblocks * worker->job->block_bytes;

	if (worker->plan.checking)
		return;
	counter->nios++;
	counter->nbytes += bytes;
	atomic_store_explicit(&worker->nios, worker->reads.nios + worker->writes.nios,
			      memory_order_relaxed);
	atomic_store_explicit(&worker->nbytes, worker->reads.nbytes + worker->writes.nbytes,
			      memory_order_relaxed);
}

static void note_error(struct worker *worker, const struct upnvme_completion *done)
{
	struct status_count count = { done->status & 0x7ff, done->flags & UPNVME_DONE_ABORTED, 1 };

	statuses_add(&worker->statuses, &count);
}

static void on_done(void *arg, const struct upnvme_completion *done)
{
	struct slot *slot = arg;
	struct worker *worker = slot->worker;

	worker->inflight--;
	if (done->status)
		note_error(worker, done);
	else
		slot_count(slot);
	if (worker->job->options->verify && !slot->io.write && !done->status)
		slot_check(slot);
	plan_done(&worker->plan, &slot->io, !done->status);
	slot_start(slot);
}

static void slot_rest(struct slot *slot)
{
	slot->next = slot->worker->idle;
	slot->worker->idle = slot;
}

static void slot_prepare(struct slot *slot)
{
	const struct job *job = slot->worker->job;
	uint64_t left = job->nblocks - slot_lba(slot);

	slot->nblocks = (uint32_t)(left < job->unit_blocks ? left : job->unit_blocks);
	if (!slot->io.write || !job->options->verify)
		return;
	for (uint32_t i = 0; i < slot->nblocks; i++)
		pattern_fill(slot_block(slot, i), job->block_bytes, slot_lba(slot) + i,
			     job->options->seed, slot->io.generation);
}

static int slot_submit(struct slot *slot)
{
	struct worker *worker = slot->worker;

	if (slot->io.write)
		return upnvme_write(worker->qp, worker->job->ns, slot->buf, slot_lba(slot),
				    slot->nblocks, on_done, slot);
	return upnvme_read(worker->qp, worker->job->ns, slot->buf, slot_lba(slot), slot->nblocks,
			   on_done, slot);
}

/* Starts the next I/O, or lets the slot rest when there is none, or no room in the queue. */
static void slot_start(struct slot *slot)
{
	struct worker *worker = slot->worker;
	enum plan_answer answer = PLAN_END;
	int rc;

	if (!is_over(worker))
		answer = plan_next(&worker->plan, &slot->io);
	if (answer != PLAN_GO) {
		worker->ended |= answer == PLAN_END;
		slot_rest(slot);
		return;
	}
	slot_prepare(slot);
	rc = slot_submit(slot);
	if (rc == 0) {
		worker->inflight++;
		return;
	}
	plan_return(&worker->plan, &slot->io);
	slot_rest(slot);
	if (rc != -EAGAIN || worker->inflight == 0)
		worker_fail(worker, slot->io.write ? "write" : "read",
			    rc == -EAGAIN ? "the queue is full with nothing in flight" :
					    upnvme_last_error());
}

/* --- a run of I/Os ---------------------------------------------------------------------------- */

static void start_idle(struct worker *worker)
{
	struct slot *slot = worker->idle;

	worker->idle = NULL;
	while (slot) {
		struct slot *next = slot->next;

		slot_start(slot);
		slot = next;
	}
}

/* Whether the I/Os in flight have taken longer than DRAIN_NS since the worker stopped starting I/Os. */
static bool is_late(struct worker *worker)
{
	if (!is_over(worker))
		return false;
	if (!worker->deadline_ns)
		worker->deadline_ns = now_ns() + DRAIN_NS;
	return now_ns() > worker->deadline_ns;
}

static int poll(struct worker *worker)
{
	if (upnvme_poll(worker->qp, 0) < 0)
		worker_fail(worker, "poll", upnvme_last_error());
	else if (is_late(worker))
		worker_fail(worker, "waiting for the last I/Os",
			    "the controller has not completed them within 10 s");
	return worker->error[0] ? -1 : 0;
}

/* Runs until the plan has ended or the job was stopped, and then until nothing is in flight. */
static void run(struct worker *worker)
{
	worker->ended = false;
	worker->deadline_ns = 0;
	do {
		if (worker->idle && !is_over(worker))
			start_idle(worker);
	} while (worker->inflight && poll(worker) == 0);
}

static void on_flushed(void *arg, const struct upnvme_completion *done)
{
	struct worker *worker = arg;

	worker->inflight--;
	if (done->status)
		note_error(worker, done);
}

/* Makes the written blocks durable. */
static void flush(struct worker *worker)
{
	uint64_t start = now_ns();

	if (upnvme_flush(worker->qp, worker->job->ns, on_flushed, worker) < 0) {
		worker_fail(worker, "flush", upnvme_last_error());
		return;
	}
	worker->inflight++;
	worker->ended = true;
	worker->deadline_ns = 0;
	while (worker->inflight && poll(worker) == 0)
		;
	worker->flush_ns = now_ns() - start;
}

static void keep_latencies(struct worker *worker)
{
	int n = upnvme_qpair_histogram(worker->qp, NULL, 0);

	if (n > 0)
		worker->latencies = calloc((size_t)n, sizeof(worker->latencies[0]));
	if (n <= 0 || !worker->latencies) {
		worker_fail(worker, "latencies", n < 0 ? upnvme_last_error() : "no memory");
		return;
	}
	worker->nlatencies = (uint32_t)n;
	upnvme_qpair_histogram(worker->qp, worker->latencies, worker->nlatencies);
}

/* Runs the counted I/Os, then the Flush and the reads of --verify, which are not counted. */
static void work(struct worker *worker)
{
	struct job *job = worker->job;
	bool is_last;

	run(worker);
	worker->end_ns = now_ns();
	is_last = atomic_fetch_sub(&job->nmeasuring, 1) == 1;
	if (job->options->latency)
		keep_latencies(worker);
	/* The last thread's Flush covers the writes of all threads, since the others have ended theirs. */
	if (is_last && job->options->read_percent < 100 && !worker->error[0])
		flush(worker);
	if (!worker->plan.history || worker->error[0] || atomic_load(&job->interrupted))
		return;
	plan_check(&worker->plan);
	run(worker);
}

/* --- the thread's life ------------------------------------------------------------------------ */

/* Fills the buffers with random data, since storage may compress other data, or not store zeroes at all. */
static void fill(void *memory, uint64_t bytes, uint64_t seed)
{
	uint64_t *words = memory;

	for (uint64_t i = 0; i < bytes / sizeof(*words); i++)
		words[i] = random_next(&seed);
}

static int set_up_slots(struct worker *worker)
{
	const struct options *options = worker->job->options;
	uint64_t bytes = options->depth * options->io_bytes;

	if (upnvme_dma_alloc(&worker->memory, worker->job->ctrlr, bytes, 0) < 0) {
		worker_fail(worker, "buffers", upnvme_last_error());
		return -1;
	}
	worker->slots = calloc(options->depth, sizeof(worker->slots[0]));
	if (!worker->slots) {
		worker_fail(worker, "buffers", "no memory");
		return -1;
	}
	if (options->read_percent < 100)
		fill(worker->memory, bytes, worker->plan.random);
	for (uint32_t i = options->depth; i-- > 0;) {
		worker->slots[i].worker = worker;
		worker->slots[i].buf = (char *)worker->memory + i * options->io_bytes;
		slot_rest(&worker->slots[i]);
	}
	return 0;
}

static int set_up(struct worker *worker)
{
	struct upnvme_qpair_opts opts = UPNVME_QPAIR_OPTS_INIT;
	const struct options *options = worker->job->options;

	opts.entries = worker->job->entries;
	opts.outstanding = options->depth;
	if (options->latency)
		opts.flags = UPNVME_QPAIR_HISTOGRAM;
	if (upnvme_qpair_create(&worker->qp, worker->job->ctrlr, &opts) < 0) {
		worker_fail(worker, "queue pair", upnvme_last_error());
		return -1;
	}
	return set_up_slots(worker);
}

void *worker_main(void *arg)
{
	struct worker *worker = arg;
	struct job *job = worker->job;

	set_up(worker);
	if (job_wait_for_start(job))
		work(worker);
	/* Closing the queue pair completes the I/Os that an error left in flight, before their
	 * buffers are freed. */
	if (worker->qp && upnvme_qpair_close(worker->qp) < 0)
		worker_fail(worker, "closing the queue pair", upnvme_last_error());
	upnvme_dma_free(job->ctrlr, worker->memory);
	free(worker->slots);
	atomic_fetch_sub(&job->nrunning, 1);
	sem_post(&job->wake);
	return NULL;
}
