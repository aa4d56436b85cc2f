/* SPDX-License-Identifier: BSD-3-Clause */
/* A thread that calls ctrlr_poll every few milliseconds. The thread takes no signals, which are the
 * application's. */
#include "driver/housekeeper.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"
#include "driver/ctrlr.h"
#include "driver/poll.h"

#define INTERVAL_MS 10u

struct housekeeper {
	struct upnvme_ctrlr *ctrlr;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stop;
	uint32_t interval_ms;
};

/* Waits until the interval is over, or until the thread is told to stop: then true. */
static bool keeper_park(struct housekeeper *keeper)
{
	uint64_t until_ns = deadline_after(keeper->interval_ms * NS_PER_MS);
	struct timespec until = { (time_t)(until_ns / NS_PER_S), (long)(until_ns % NS_PER_S) };
	bool stop;

	pthread_mutex_lock(&keeper->lock);
	while (!keeper->stop &&
	       pthread_cond_timedwait(&keeper->wake, &keeper->lock, &until) != ETIMEDOUT)
		;
	stop = keeper->stop;
	pthread_mutex_unlock(&keeper->lock);
	return stop;
}

static void *keeper_run(void *arg)
{
	struct housekeeper *keeper = arg;

	pthread_setname_np(pthread_self(), "upnvme-keeper");
	do {
		/* A failure is told by an event, and by every later call. */
		ctrlr_poll(keeper->ctrlr);
	} while (!keeper_park(keeper));
	return NULL;
}

static int start_thread(struct housekeeper *keeper)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&keeper->thread, NULL, keeper_run, keeper);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!err)
		return 0;
	return error_set(-err, UPNVME_ERR_SYSTEM,
			 "the housekeeping thread cannot be created: %s; open without it and call "
			 "upnvme_ctrlr_poll, or have the sandbox (seccomp) allow clone3",
			 strerror(err));
}

static void keeper_free(struct housekeeper *keeper)
{
	pthread_cond_destroy(&keeper->wake);
	pthread_mutex_destroy(&keeper->lock);
	free(keeper);
}

int housekeeper_start(struct upnvme_ctrlr *ctrlr)
{
	struct housekeeper *keeper = calloc(1, sizeof(*keeper));
	uint32_t keep_alive_ms = ctrlr->keep_alive_ms ? ctrlr->keep_alive_ms : UINT32_MAX;
	pthread_condattr_t attributes;
	int rc;

	if (!keeper)
		return error_no_memory("the housekeeping thread", sizeof(*keeper));
	keeper->ctrlr = ctrlr;
	keeper->interval_ms = MAX(MIN(INTERVAL_MS, keep_alive_ms / 4), 1);
	pthread_mutex_init(&keeper->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&keeper->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	rc = start_thread(keeper);
	if (rc)
		keeper_free(keeper);
	else
		ctrlr->housekeeper = keeper;
	return rc;
}

void housekeeper_stop(struct upnvme_ctrlr *ctrlr)
{
	struct housekeeper *keeper = ctrlr->housekeeper;

	if (!keeper)
		return;
	pthread_mutex_lock(&keeper->lock);
	keeper->stop = true;
	pthread_cond_signal(&keeper->wake);
	pthread_mutex_unlock(&keeper->lock);
	pthread_join(keeper->thread, NULL);
	keeper_free(keeper);
	ctrlr->housekeeper = NULL;
}
