/* SPDX-License-Identifier: BSD-3-Clause */
/* One measurement: the controller, the threads, when they start and when they stop. */
#ifndef UPNVME_PERF_JOB_H
#define UPNVME_PERF_JOB_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <upnvme.h>

#include "worker.h"

enum gate { GATE_CLOSED, GATE_OPEN, GATE_CANCELLED };

struct job {
	const struct options *options;
	upnvme_ctrlr *ctrlr;
	upnvme_ns *ns;
	uint32_t block_bytes;
	uint64_t nblocks;
	uint32_t entries;     /* of each queue */
	uint64_t unit_blocks; /* blocks of one I/O */
	uint64_t nunits;      /* of the namespace; the last may be shorter */
	struct worker *workers;

	pthread_mutex_t lock; /* guards the next three */
	pthread_cond_t changed;
	uint32_t nready;
	enum gate gate;

	atomic_bool stop;             /* start no more I/Os */
	atomic_bool interrupted;      /* by a signal */
	_Atomic uint32_t nmeasuring;  /* threads that are not done with the counted I/Os */
	_Atomic uint32_t nrunning;    /* threads that have not ended */
	sem_t wake;                   /* posted by a signal, and by each thread when it ends */
	uint64_t start_ns, total_ios; /* total_ios: 0 if no number is set */
	char failure[600];            /* of the controller; empty if it did not fail */
};

static inline uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Opens the controller and looks whether the options fit it. Returns -1 to go on, else the exit
 * code, with the reason printed. job_close is to be called either way, and gives the exit code if
 * all has gone well until then. */
int job_open(struct job *job, const struct options *options);
int job_close(struct job *job);

/* Runs the job until it is over or interrupted. 0, or the exit code if the job could not begin,
 * with the reason printed. */
int job_run(struct job *job);

/* Stops the job as soon as possible. May be called by a signal handler. */
void job_interrupt(struct job *job);

/* Called by a worker that is set up (or has failed): waits for all others. False if the worker is
 * not to run. */
bool job_wait_for_start(struct job *job);

#endif
