/* SPDX-License-Identifier: BSD-3-Clause */
/* A few threads that carry out requests on one file, for all of its channels. */
#ifndef UPNVME_MEDIA_WORKER_POOL_H
#define UPNVME_MEDIA_WORKER_POOL_H

#include "media/file.h"

struct worker_pool;

/*
 * Starts the threads. One of them hands each finished request, with link.result, to `deliver`. 0, or a negative errno
 * with its sentence.
 */
int worker_pool_start(struct worker_pool **out, struct file_media *file,
		      void (*deliver)(struct media_request *request));
/* Requests must all have been delivered. */
void worker_pool_stop(struct worker_pool *pool);

/* Queues all requests of the list, which is empty then. */
void worker_pool_give(struct worker_pool *pool, struct request_list *requests);

/* To be called after a range was left by another than the pool: requests that it blocked may begin now. */
void worker_pool_look_again(struct worker_pool *pool);

#endif
