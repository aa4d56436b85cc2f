/* SPDX-License-Identifier: BSD-3-Clause */
/* A file as a medium: what its two engines, io_uring and the worker pool, share. */
#ifndef UPNVME_MEDIA_FILE_H
#define UPNVME_MEDIA_FILE_H

#include <pthread.h>
#include <stdatomic.h>

#include "media/ops.h"
#include "media/range_lock.h"

struct worker_pool;

struct file_media {
	struct media base;
	int fd;
	bool is_device;
	bool may_block; /* a call that is told not to wait may wait all the same */
	char *path;
	struct worker_pool *pool; /* the worker engine's */
	struct range_locks ranges;

	/* The first of file_step.c's attempts that this file has not refused. */
	_Atomic uint8_t write_attempt;
	_Atomic uint8_t clear_attempt;

	/* Reads that the page cache can answer need no thread; false once the system knows no such reads. */
	_Atomic bool reads_at_once;

	pthread_mutex_t durable_lock; /* file_durable.c's, as is: */
	int witness_fd;
};

/* Opens, or makes, what the configuration names: fd, is_device and size. 0, or a negative errno with its sentence. */
int file_open(struct file_media *file, const struct media_config *config);

/*
 * An engine makes itself the file's: sets base.ops and base.engine. -ENOSYS without a sentence when it does
 * not work here.
 */
int uring_attach(struct file_media *file);
int worker_attach(struct file_media *file);

/* What an engine's ops.close ends with. */
void file_release(struct file_media *file);

/* Where the file ends now; 0 when that cannot be found out. */
uint64_t file_end_bytes(const struct file_media *file);

#endif
