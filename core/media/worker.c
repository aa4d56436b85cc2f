/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The file engine over a few threads, for where io_uring does not work. All channels of a medium share the pool; each
 * has a list of its own where the threads leave finished requests. Reads that the page cache can answer need no thread.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/libc.h"
#include "media/file_step.h"
#include "media/worker_pool.h"

struct worker_channel {
	struct media_channel base;
	struct request_list collected; /* the owner's alone */
	uint64_t noutstanding;         /* the owner's alone */

	pthread_mutex_t lock; /* guards the rest */
	pthread_cond_t arrival;
	struct request_list finished;
	bool waiting;
	_Atomic unsigned nfinished; /* changed under the lock, looked at without it */
};

static struct file_media *worker_file(struct worker_channel *channel)
{
	return (struct file_media *)channel->base.media;
}

/* The channel may be gone after the unlock: its owner can have taken the last request and closed the channel. */
static void deliver(struct media_request *request)
{
	struct worker_channel *channel = (struct worker_channel *)request->link.channel;

	pthread_mutex_lock(&channel->lock);
	request_list_push(&channel->finished, request);
	atomic_fetch_add_explicit(&channel->nfinished, 1, memory_order_release);
	if (channel->waiting)
		pthread_cond_signal(&channel->arrival);
	pthread_mutex_unlock(&channel->lock);
}

static void worker_submit(struct media_channel *base, struct media_request *request)
{
	struct worker_channel *channel = (struct worker_channel *)base;

	file_step_begin(worker_file(channel), request);
	request->link.channel = base;
	request_list_push(&channel->collected, request);
	channel->noutstanding++;
}

static int give_back(struct worker_channel *channel, struct request_list *finished)
{
	struct media_request *request;
	int ndone = 0;

	while ((request = request_list_pop(finished)) != NULL) {
		channel->noutstanding--;
		ndone++;
		file_request_done(worker_file(channel), request);
	}
	return ndone;
}

/*
 * True for a read that the page cache could answer whole. Of any other read the part that the cache had is done, and a
 * thread goes on behind that part.
 */
static bool read_at_once(struct file_media *file, struct media_request *request)
{
	struct file_step step;
	ssize_t n;

	if (request->op != MEDIA_READ ||
	    !atomic_load_explicit(&file->reads_at_once, memory_order_relaxed) ||
	    !file_step_may_begin(file, request))
		return false;
	file_step_next(file, request, &step);
	n = preadv2(file->fd, step.iov, step.niov, (off_t)step.offset_bytes, RWF_NOWAIT);
	if (n < 0 && (errno == EOPNOTSUPP || errno == ENOSYS || errno == EPERM))
		atomic_store_explicit(&file->reads_at_once, false, memory_order_relaxed);
	/* The end of the file, and errors, are left to a thread, which meets them again. */
	return n > 0 && file_step_end(file, request, n);
}

/* Returns how many requests needed no thread. */
static int worker_hand_over(struct worker_channel *channel)
{
	struct request_list finished = { 0 }, rest = { 0 };
	struct file_media *file = worker_file(channel);
	struct media_request *request;

	while ((request = request_list_pop(&channel->collected)) != NULL)
		request_list_push(read_at_once(file, request) ? &finished : &rest, request);
	worker_pool_look_again(file->pool);
	worker_pool_give(file->pool, &rest);
	return give_back(channel, &finished);
}

/* Callbacks may submit for ever, so only requests that are finished now are given back. */
static int worker_reap(struct worker_channel *channel)
{
	struct request_list finished;

	if (atomic_load_explicit(&channel->nfinished, memory_order_acquire) == 0)
		return 0;
	pthread_mutex_lock(&channel->lock);
	finished = channel->finished;
	channel->finished.head = NULL;
	atomic_store_explicit(&channel->nfinished, 0, memory_order_relaxed);
	pthread_mutex_unlock(&channel->lock);
	return give_back(channel, &finished);
}

static int worker_poll(struct media_channel *base)
{
	struct worker_channel *channel = (struct worker_channel *)base;
	int ndone = worker_hand_over(channel);

	return ndone + worker_reap(channel);
}

static void sleep_until_arrival(struct worker_channel *channel, uint64_t deadline_ns)
{
	struct timespec deadline = { .tv_sec = (time_t)(deadline_ns / NS_PER_S),
				     .tv_nsec = (long)(deadline_ns % NS_PER_S) };
	int err = 0;

	pthread_mutex_lock(&channel->lock);
	channel->waiting = true;
	while (!channel->finished.head && err == 0)
		err = deadline_ns == UINT64_MAX ?
			      pthread_cond_wait(&channel->arrival, &channel->lock) :
			      pthread_cond_timedwait(&channel->arrival, &channel->lock, &deadline);
	channel->waiting = false;
	pthread_mutex_unlock(&channel->lock);
}

static int worker_wait(struct media_channel *base, uint64_t timeout_ns)
{
	struct worker_channel *channel = (struct worker_channel *)base;
	int ndone = worker_poll(base);

	if (ndone || channel->noutstanding == 0)
		return ndone;
	sleep_until_arrival(channel, deadline_after(timeout_ns));
	return worker_reap(channel);
}

static void init_monotonic_cond(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

static int worker_channel_open(struct media_channel **base, struct media *media)
{
	struct worker_channel *channel = calloc(1, sizeof(*channel));

	if (!channel)
		return error_no_memory("a media channel", sizeof(*channel));
	channel->base.media = media;
	pthread_mutex_init(&channel->lock, NULL);
	init_monotonic_cond(&channel->arrival);
	*base = &channel->base;
	return 0;
}

static void worker_channel_close(struct media_channel *base)
{
	struct worker_channel *channel = (struct worker_channel *)base;

	while (channel->noutstanding)
		worker_wait(base, UINT64_MAX);
	pthread_cond_destroy(&channel->arrival);
	pthread_mutex_destroy(&channel->lock);
	free(channel);
}

static void worker_close(struct media *media)
{
	struct file_media *file = (struct file_media *)media;

	worker_pool_stop(file->pool);
	file_release(file);
}

static const struct media_ops worker_ops = {
	.close = worker_close,
	.channel_open = worker_channel_open,
	.channel_close = worker_channel_close,
	.submit = worker_submit,
	.poll = worker_poll,
	.wait = worker_wait,
};

int worker_attach(struct file_media *file)
{
	int err = worker_pool_start(&file->pool, file, deliver);

	if (err)
		return err;
	atomic_init(&file->reads_at_once, !file->may_block);
	file->base.engine = "worker";
	file->base.ops = &worker_ops;
	return 0;
}
