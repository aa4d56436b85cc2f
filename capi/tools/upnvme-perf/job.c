/* SPDX-License-Identifier: BSD-3-Clause */
/* The main thread's part of a measurement. */
#include "job.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "progress.h"

#define TICK_NS 200000000ull

static int complain(int code, const char *why)
{
	fprintf(stderr, "%s: %s\n", PROGRAM, why);
	return code;
}

/* --- opening -------------------------------------------------------------------------------------- */

__attribute__((format(printf, 1, 2))) static int misfit(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", PROGRAM);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return EXIT_USAGE;
}

static int check_controller(const struct options *options, const struct upnvme_ctrlr_info *info)
{
	if (options->nthreads > info->max_qpairs)
		return misfit("--threads %u: the controller grants %u queue pairs only, and each "
			      "thread needs one: give at most %u",
			      options->nthreads, info->max_qpairs, info->max_qpairs);
	if (options->depth >= info->max_queue_entries)
		return misfit(
			"--qd %u: the controller's queues have %u entries, of which one stays "
			"empty: give at most %u",
			options->depth, info->max_queue_entries, info->max_queue_entries - 1);
	if (options->entries > info->max_queue_entries)
		return misfit(
			"--entries %u: the controller's queues have %u entries at most: give no more",
			options->entries, info->max_queue_entries);
	return -1;
}

static int check_namespace(const struct job *job)
{
	const struct options *options = job->options;
	bool in_parts = !options->random || options_tracked(options);
	char bs[NUMBER_ROOM], size[NUMBER_ROOM];

	number_show_size(bs, options->io_bytes);
	number_show_size(size, job->nblocks * job->block_bytes);
	if (options->io_bytes % job->block_bytes)
		return misfit(
			"--bs %s: no multiple of the namespace's blocks of %u bytes: give one", bs,
			job->block_bytes);
	if (job->unit_blocks > job->nblocks)
		return misfit("--bs %s: the namespace has only %s: give a smaller size", bs, size);
	if (in_parts && job->nunits < options->nthreads)
		return misfit(
			"--threads %u: the namespace has room for %" PRIu64
			" I/Os of %s only, and each thread needs a part of it: give fewer threads",
			options->nthreads, job->nunits, bs);
	return -1;
}

/* The entries of a queue: --entries, or the least power of two that the depth needs, so that rings wrap where pages
 * end. */
static uint32_t entries_for(const struct options *options, uint32_t max)
{
	uint32_t entries = 2;

	while (entries <= options->depth)
		entries *= 2;
	return options->entries ? options->entries : entries < max ? entries : max;
}

static int open_namespace(struct job *job)
{
	struct upnvme_ctrlr_info info = { .size = UPNVME_CTRLR_INFO_SIZE };
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	int code;

	opts.nqpairs = job->options->nthreads;
	if (upnvme_open(&job->ctrlr, job->options->uri, &opts) < 0 ||
	    upnvme_ns_get(&job->ns, job->ctrlr, job->options->nsid) < 0 ||
	    upnvme_ctrlr_info_get(job->ctrlr, &info) < 0)
		return complain(EXIT_BAD, upnvme_last_error());
	job->block_bytes = upnvme_ns_block_size(job->ns);
	job->nblocks = upnvme_ns_block_count(job->ns);
	job->unit_blocks = job->options->io_bytes / job->block_bytes;
	if (job->unit_blocks)
		job->nunits = (job->nblocks + job->unit_blocks - 1) / job->unit_blocks;
	job->entries = entries_for(job->options, info.max_queue_entries);
	code = check_controller(job->options, &info);
	return code < 0 ? check_namespace(job) : code;
}

static int make_workers(struct job *job)
{
	uint32_t n = job->options->nthreads;

	job->workers = aligned_alloc(alignof(struct worker), n * sizeof(job->workers[0]));
	if (!job->workers)
		return complain(EXIT_BAD, "no memory for the threads: give fewer --threads");
	memset(job->workers, 0, n * sizeof(job->workers[0]));
	for (uint32_t i = 0; i < n; i++) {
		job->workers[i].job = job;
		if (plan_create(&job->workers[i].plan, job->options, i, job->nunits) < 0)
			return complain(
				EXIT_BAD,
				"no memory for the history of --verify, which takes 4 bytes per "
				"I/O that the namespace holds: give a larger --bs");
		if (job->workers[i].plan.left == UINT64_MAX)
			continue;
		job->total_ios += job->workers[i].plan.left;
	}
	return -1;
}

int job_open(struct job *job, const struct options *options)
{
	int code;

	*job = (struct job){ .options = options };
	pthread_mutex_init(&job->lock, NULL);
	pthread_cond_init(&job->changed, NULL);
	sem_init(&job->wake, 0, 0);
	code = open_namespace(job);
	return code < 0 ? make_workers(job) : code;
}

int job_close(struct job *job)
{
	int code = EXIT_GOOD;

	for (uint32_t i = 0; job->workers && i < job->options->nthreads; i++) {
		plan_destroy(&job->workers[i].plan);
		free(job->workers[i].latencies);
	}
	free(job->workers);
	if (upnvme_close(job->ctrlr) < 0)
		code = complain(EXIT_BAD, upnvme_last_error());
	sem_destroy(&job->wake);
	pthread_cond_destroy(&job->changed);
	pthread_mutex_destroy(&job->lock);
	return code;
}

/* --- starting ------------------------------------------------------------------------------------- */

bool job_wait_for_start(struct job *job)
{
	bool go;

	pthread_mutex_lock(&job->lock);
	job->nready++;
	pthread_cond_broadcast(&job->changed);
	while (job->gate == GATE_CLOSED)
		pthread_cond_wait(&job->changed, &job->lock);
	go = job->gate == GATE_OPEN;
	pthread_mutex_unlock(&job->lock);
	return go;
}

/* Waits until `n` threads are set up and lets them go; if the set-up of one failed, none runs. */
static int open_gate(struct job *job, uint32_t n, enum gate gate)
{
	int code = 0;

	pthread_mutex_lock(&job->lock);
	while (job->nready < n)
		pthread_cond_wait(&job->changed, &job->lock);
	for (uint32_t i = 0; i < n && gate == GATE_OPEN; i++)
		if (job->workers[i].error[0]) {
			code = complain(EXIT_BAD, job->workers[i].error);
			gate = GATE_CANCELLED;
		}
	job->gate = gate;
	job->start_ns = now_ns();
	pthread_cond_broadcast(&job->changed);
	pthread_mutex_unlock(&job->lock);
	return code;
}

/* Starts the threads with all signals blocked: signals are for the main thread, whose wait they end. Returns how
 * many threads were started. */
static uint32_t start_threads(struct job *job)
{
	sigset_t all, old;
	uint32_t n = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (n < job->options->nthreads) {
		errno = pthread_create(&job->workers[n].thread, NULL, worker_main,
				       &job->workers[n]);
		if (errno) {
			fprintf(stderr, "%s: --threads %u: thread %u: %s\n", PROGRAM,
				job->options->nthreads, n + 1, strerror(errno));
			break;
		}
		n++;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return n;
}

/* --- while it runs -------------------------------------------------------------------------------- */

void job_interrupt(struct job *job)
{
	atomic_store(&job->interrupted, true);
	atomic_store(&job->stop, true);
	sem_post(&job->wake);
}

#ifndef __GLIBC__
/* musl has no sem_clockwait, and sem_timedwait waits by the wall clock. attend() reads the monotonic clock after each
 * wait, so a jump of the wall clock only makes one wait shorter or longer. */
static int sem_clockwait(sem_t *sem, clockid_t clock, const struct timespec *until)
{
	struct timespec now, wall;
	int64_t ns;

	clock_gettime(clock, &now);
	clock_gettime(CLOCK_REALTIME, &wall);
	ns = (until->tv_sec - now.tv_sec) * INT64_C(1000000000) + until->tv_nsec - now.tv_nsec +
	     wall.tv_nsec;
	ns = ns > 0 ? ns : 0;
	wall.tv_sec += ns / 1000000000;
	wall.tv_nsec = ns % 1000000000;
	return sem_timedwait(sem, &wall);
}
#endif

static void wait_until(struct job *job, uint64_t ns)
{
	struct timespec until = { .tv_sec = (time_t)(ns / 1000000000),
				  .tv_nsec = (long)(ns % 1000000000) };

	while (sem_clockwait(&job->wake, CLOCK_MONOTONIC, &until) < 0 && errno == EINTR)
		;
}

static void look_after(struct job *job)
{
	if (upnvme_ctrlr_poll(job->ctrlr) >= 0 || job->failure[0])
		return;
	snprintf(job->failure, sizeof(job->failure), "the controller: %s", upnvme_last_error());
	atomic_store(&job->stop, true);
}

/* Looks after the controller, the time and the progress line, until all threads have ended. */
static void attend(struct job *job)
{
	uint64_t end_ns =
		job->options->time_ns ? job->start_ns + job->options->time_ns : UINT64_MAX;
	uint64_t tick_ns = job->start_ns + TICK_NS;

	progress_begin(job);
	while (atomic_load(&job->nrunning)) {
		uint64_t now = now_ns();

		if (now >= end_ns)
			atomic_store(&job->stop, true);
		if (now >= tick_ns) {
			progress_show(job, now);
			tick_ns = now + TICK_NS;
			look_after(job);
		}
		wait_until(job, now < end_ns && end_ns < tick_ns ? end_ns : tick_ns);
	}
	progress_end();
}

int job_run(struct job *job)
{
	uint32_t n;
	int code;

	atomic_store(&job->nrunning, job->options->nthreads);
	atomic_store(&job->nmeasuring, job->options->nthreads);
	n = start_threads(job);
	code = open_gate(job, n, n == job->options->nthreads ? GATE_OPEN : GATE_CANCELLED);
	if (n < job->options->nthreads)
		code = EXIT_BAD;
	if (!code)
		attend(job);
	for (uint32_t i = 0; i < n; i++)
		pthread_join(job->workers[i].thread, NULL);
	return code;
}
