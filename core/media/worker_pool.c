/* SPDX-License-Identifier: BSD-3-Clause */
/* Each thread takes the first request that may begin, and does all of its steps by system calls that wait. */
#include "media/worker_pool.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/libc.h"
#include "base/pause.h"
#include "base/util.h"
#include "media/file_step.h"

#define NWORKERS 4u

struct worker_pool {
	struct file_media *file;
	void (*deliver)(struct media_request *request);
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct request_list queue;
	struct request_list blocked; /* requests, by others for the same bytes */
	_Atomic bool has_blocked;
	bool stop;
	unsigned nthreads;
	pthread_t threads[NWORKERS];
};

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

/*
 * A range that was left before the flag was set is found free by the second try; whoever leaves one later sees the
 * flag. Under the pool's lock.
 */
static bool may_begin(struct worker_pool *pool, struct media_request *request)
{
	if (file_step_may_begin(pool->file, request))
		return true;
	atomic_store_explicit(&pool->has_blocked, true, memory_order_relaxed);
	return file_step_may_begin(pool->file, request);
}

/* The first request that may begin, or null. Under the pool's lock. */
static struct media_request *take_request(struct worker_pool *pool)
{
	struct media_request *request;

	while ((request = request_list_pop(&pool->queue)) != NULL) {
		if (may_begin(pool, request))
			return request;
		request_list_push(&pool->blocked, request);
	}
	return NULL;
}

/* Blocked requests are queued again, before all others. Under the pool's lock. */
static void look_again(struct worker_pool *pool)
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

void worker_pool_look_again(struct worker_pool *pool)
{
	if (likely(!atomic_load_explicit(&pool->has_blocked, memory_order_relaxed)))
		return;
	pthread_mutex_lock(&pool->lock);
	look_again(pool);
	pthread_mutex_unlock(&pool->lock);
}

static void *work(void *arg)
{
	struct worker_pool *pool = arg;

	pthread_mutex_lock(&pool->lock);
	for (;;) {
		struct media_request *request = take_request(pool);

		if (request) {
			pthread_mutex_unlock(&pool->lock);
			execute(pool->file, request);
			pool->deliver(request);
			pthread_mutex_lock(&pool->lock);
			look_again(pool);
		} else if (pool->stop) {
			break;
		} else {
			pthread_cond_wait(&pool->work, &pool->lock);
		}
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

void worker_pool_give(struct worker_pool *pool, struct request_list *requests)
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

/* The threads take no signals, which are the application's. Fewer threads than wished for will do. */
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

int worker_pool_start(struct worker_pool **out, struct file_media *file,
		      void (*deliver)(struct media_request *request))
{
	struct worker_pool *pool = calloc(1, sizeof(*pool));
	int err;

	if (!pool)
		return error_no_memory("a worker pool", sizeof(*pool));
	pool->file = file;
	pool->deliver = deliver;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->work, NULL);
	err = start_threads(pool);
	if (err) {
		worker_pool_stop(pool);
		return error_set(
			err, UPNVME_ERR_SYSTEM,
			"starting a thread for %s: %s; raise the limit (ulimit -u), or have "
			"the sandbox (seccomp) allow clone3",
			file->path, strerror(-err));
	}
	*out = pool;
	return 0;
}

void worker_pool_stop(struct worker_pool *pool)
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
