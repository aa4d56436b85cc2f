/* SPDX-License-Identifier: BSD-3-Clause */
/* One measurement: the controller, the threads, when the threads start and when they stop. */
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

	pthread_mutex_t lock; /* guards `changed`, `nready` and `gate` */
	pthread_cond_t changed;
	uint32_t nready; /* threads that wait at the gate */
	enum gate gate;

	atomic_bool stop;             /* the threads start no more counted I/Os */
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

/* Opens the controller and checks that the options fit it. Returns -1 to go on, else the exit
 * code, with the reason printed. job_close must be called either way; it returns the exit code of
 * closing. */
int job_open(struct job *job, const struct options *options);
int job_close(struct job *job);

/* Runs the job until it is over or interrupted. Returns 0, or the exit code if the job could not begin,
 * with the reason printed. */
int job_run(struct job *job);

/* Stops the job as soon as possible. May be called by a signal handler. */
void job_interrupt(struct job *job);

/* Waits until all workers are set up; called by each worker when it is set up or has failed. False if the
 * workers are not to run. */
bool job_wait_for_start(struct job *job);

#endif
