/* SPDX-License-Identifier: BSD-3-Clause */
/* A thread with its queue pair: its task and its result. */
#ifndef UPNVME_PERF_WORKER_H
#define UPNVME_PERF_WORKER_H

#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <upnvme.h>

#include "options.h"
#include "pattern.h"
#include "plan.h"

#define STATUSES_KEPT   16u
#define MISMATCHES_KEPT 8u

struct counter {
	uint64_t nios, nbytes;
};

struct status_count {
	uint16_t status; /* type and code alone */
	bool aborted;    /* completed by the library */
	uint64_t n;
};

/* The errors of one thread, or of all. */
struct statuses {
	struct status_count counts[STATUSES_KEPT];
	uint32_t n;
	uint64_t others; /* errors whose statuses found no room in `counts` */
	uint64_t total;
};

void statuses_add(struct statuses *statuses, const struct status_count *count);

struct verified {
	uint64_t nblocks, nmismatches;
	struct pattern_mismatch first[MISMATCHES_KEPT];
};

struct job;

/* A slot is the place of one I/O at a time. */
struct slot {
	struct worker *worker;
	char *buf;
	uint32_t nblocks;
	struct plan_io io;
	struct slot *next; /* in the list of idle slots */
};

struct worker {
	/* Counters that only the worker writes; the main thread reads them to show the progress. */
	alignas(128) _Atomic uint64_t nios;
	_Atomic uint64_t nbytes;

	struct job *job;
	pthread_t thread;
	upnvme_qpair *qp;
	void *memory;
	struct slot *slots, *idle;
	struct plan plan;
	uint32_t inflight;
	bool ended;           /* the plan has ended */
	uint64_t deadline_ns; /* of the I/Os in flight, once no more are started; 0 before */

	uint64_t end_ns;   /* when the last counted I/O was done */
	uint64_t flush_ns; /* how long the Flush took; 0 if this thread had none */
	struct counter reads, writes;
	struct statuses statuses;
	struct verified verified;
	uint64_t *latencies; /* buckets of upnvme_qpair_histogram */
	uint32_t nlatencies;
	char error[600]; /* empty unless the thread had to give up */
};

/* The thread's main function, given its struct worker. */
void *worker_main(void *arg);

/* Marks the thread as failed; the first reason is kept. */
void worker_fail(struct worker *worker, const char *what, const char *why);

#endif
