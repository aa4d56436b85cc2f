/* SPDX-License-Identifier: BSD-3-Clause */
/* A file as a medium: the state that its two engines, io_uring and the worker pool, share. */
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

	/* The first attempts of file_step.c that this file has not refused. */
	_Atomic uint8_t write_attempt;
	_Atomic uint8_t clear_attempt;

	/* The worker engine reads from the page cache without a thread; false once the system refuses such reads. */
	_Atomic bool reads_at_once;

	/* The lock and the witness of file_durable.c. */
	pthread_mutex_t durable_lock;
	int witness_fd;
};

/*
 * Opens, or makes, the file that the configuration names, and sets fd, is_device and the size. 0, or a negative errno
 * with its sentence.
 */
int file_open(struct file_media *file, const struct media_config *config);

/* Attach an engine: set base.ops and base.engine. -ENOSYS, without a sentence, where the engine does not work. */
int uring_attach(struct file_media *file);
int worker_attach(struct file_media *file);

/* Releases the file's lock, descriptors and memory; the end of each engine's ops.close. */
void file_release(struct file_media *file);

/* The present end of the file; 0 if it cannot be found out. */
uint64_t file_end_bytes(const struct file_media *file);

#endif
