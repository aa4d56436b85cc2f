/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The file engine over a few threads, for where io_uring does not work. All channels of a medium share the pool;
 * each has a list of its own where the workers leave what is finished. Reads of what the page cache has need no thread.
 */
#include "media/file_step.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/libc.h"
#include "base/log.h"
#include "base/pause.h"
#include "base/util.h"

#define NWORKERS 4u

struct worker_pool {
	struct file_media *file;
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct request_list queue;
	struct request_list blocked; /* by requests for the same bytes */
	_Atomic bool has_blocked;
	bool stop;
	unsigned nthreads;
	pthread_t threads[NWORKERS];
};

struct worker_channel {
	struct media_channel base;
	struct request_list collected; /* the owner's alone */
	uint64_t noutstanding;         /* the owner's alone */

	pthread_mutex_t lock; /* the rest */
	pthread_cond_t arrival;
	struct request_list finished;
	bool waiting;
	_Atomic unsigned nfinished; /* changed under the lock, looked at without it */
};

static struct file_media *file_of(struct worker_channel *channel)
{
	return (struct file_media *)channel->base.media;
}

/* The system call of one step; a count or a negative errno. */
static int64_t perform(int fd, const struct file_step *step)
{
	off_t offset = (off_t)step->offset_bytes;
	int64_t ret = -1;

	switch (step->kind) {
	case FILE_STEP_READ:
		ret = preadv(fd, step->iov, step->niov, offset);
		break;
	case FILE_STEP_WRITE:
		/* A sandbox may know the older call only. */
		ret = step->flags ? pwritev2(fd, step->iov, step->niov, offset, step->flags) :
				    pwritev(fd, step->iov, step->niov, offset);
		break;
	case FILE_STEP_CLEAR:
		ret = fallocate(fd, step->flags, offset, (off_t)step->length_bytes);
		break;
	case FILE_STEP_SYNC:
		ret = fdatasync(fd);
		break;
	}
	return ret < 0 ? -errno : ret;
}

static void execute(struct file_media *file, struct media_request *request)
{
	struct pause pause = { 0 };
	struct file_step step;

	for (;;) {
		if (request->op != MEDIA_READ &&
		    file_step_refused(file, request, file_end_bytes(file)))
			return;
		file_step_next(file, request, &step);
		if (file_step_end(file, request, perform(file->fd, &step)))
			return;
		if (request->link.again_since_ns)
			pause_next(&pause);
	}
}

/* After the unlock the channel may be gone: its owner can have taken the last request and closed it. */
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

/* Whoever leaves a range after this has failed sees that something is blocked. Under the pool's lock. */
static bool may_begin(struct worker_pool *pool, struct media_request *request)
{
	if (file_step_may_begin(pool->file, request))
		return true;
	atomic_store_explicit(&pool->has_blocked, true, memory_order_relaxed);
	return file_step_may_begin(pool->file, request);
}

/* The first that may begin. Under the pool's lock. */
static struct media_request *take(struct worker_pool *pool)
{
	struct media_request *request;

	while ((request = request_list_pop(&pool->queue)) != NULL) {
		if (may_begin(pool, request))
			return request;
		request_list_push(&pool->blocked, request);
	}
	return NULL;
}

/* After ranges were left: what was blocked is looked at again, before all else. Under the pool's lock. */
static void look_at_blocked_again(struct worker_pool *pool)
{
	struct request_list again = pool->blocked;

	atomic_store_explicit(&pool->has_blocked, false, memory_order_relaxed);
	if (!again.head)
		return;
	request_list_splice(&again, &pool->queue);
	pool->queue = again;
	pool->blocked.head = NULL;
	pthread_cond_broadcast(&pool->work);
}

static void *work(void *arg)
{
	struct worker_pool *pool = arg;

	pthread_mutex_lock(&pool->lock);
	for (;;) {
		struct media_request *request = take(pool);

		if (request) {
			pthread_mutex_unlock(&pool->lock);
			execute(pool->file, request);
			deliver(request);
			pthread_mutex_lock(&pool->lock);
			look_at_blocked_again(pool);
		} else if (pool->stop) {
			break;
		} else {
			pthread_cond_wait(&pool->work, &pool->lock);
		}
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

static void worker_submit(struct media_channel *base, struct media_request *request)
{
	struct worker_channel *channel = (struct worker_channel *)base;

	file_step_begin(file_of(channel), request);
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
		file_request_done(file_of(channel), request);
	}
	return ndone;
}

/* True for a read that is finished because the page cache had all of it; what it had of others is read as well. */
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
	/* The end of the file, and errors, are for a thread to meet again. */
	return n > 0 && file_step_end(file, request, n);
}

static void give_to_pool(struct worker_pool *pool, struct request_list *requests)
{
	if (!requests->head)
		return;
	pthread_mutex_lock(&pool->lock);
	if (requests->head == requests->tail)
		pthread_cond_signal(&pool->work);
	else
		pthread_cond_broadcast(&pool->work);
	request_list_splice(&pool->queue, requests);
	pthread_mutex_unlock(&pool->lock);
}

/* Returns how many needed no thread. */
static int hand_over(struct worker_channel *channel)
{
	struct request_list finished = { 0 }, rest = { 0 };
	struct file_media *file = file_of(channel);
	struct media_request *request;

	while ((request = request_list_pop(&channel->collected)) != NULL)
		request_list_push(read_at_once(file, request) ? &finished : &rest, request);
	if (unlikely(atomic_load_explicit(&file->pool->has_blocked, memory_order_relaxed))) {
		pthread_mutex_lock(&file->pool->lock);
		look_at_blocked_again(file->pool);
		pthread_mutex_unlock(&file->pool->lock);
	}
	give_to_pool(file->pool, &rest);
	return give_back(channel, &finished);
}

/* Only what is there now, so that callbacks which submit cannot keep it here for ever. */
static int reap(struct worker_channel *channel)
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
	int ndone = hand_over(channel);

	return ndone + reap(channel);
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
	return reap(channel);
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

static void stop_pool(struct worker_pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	pool->stop = true;
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->nthreads; i++)
		pthread_join(pool->threads[i], NULL);
	pthread_cond_destroy(&pool->work);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

static void worker_close(struct media *media)
{
	struct file_media *file = (struct file_media *)media;

	stop_pool(file->pool);
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

/* The application's signals are not for these threads. Fewer threads than wished for will do. */
static int start_threads(struct worker_pool *pool)
{
	sigset_t all, before;
	int err = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (pool->nthreads < NWORKERS && err == 0) {
		err = pthread_create(&pool->threads[pool->nthreads], NULL, work, pool);
		if (err == 0)
			pthread_setname_np(pool->threads[pool->nthreads++], "upnvme-media");
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pool->nthreads ? 0 : -err;
}

int worker_attach(struct file_media *file)
{
	struct worker_pool *pool = calloc(1, sizeof(*pool));
	int err;

	if (!pool)
		return error_no_memory("a worker pool", sizeof(*pool));
	pool->file = file;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->work, NULL);
	err = start_threads(pool);
	if (err) {
		stop_pool(pool);
		return error_set(
			err, UPNVME_ERR_SYSTEM,
			"starting a thread for %s: %s; raise the limit (ulimit -u), or have "
			"the sandbox (seccomp) allow clone3",
			file->path, strerror(-err));
	}
	file->pool = pool;
	atomic_init(&file->reads_at_once, !file->may_block);
	file->base.engine = "worker";
	file->base.ops = &worker_ops;
	return 0;
}
