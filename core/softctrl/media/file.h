/* SPDX-License-Identifier: BSD-3-Clause */
/* A file as a medium: what its two engines, io_uring and the worker pool, share. */
#ifndef UPNVME_SOFTCTRL_MEDIA_FILE_H
#define UPNVME_SOFTCTRL_MEDIA_FILE_H

#include <stdatomic.h>

#include "softctrl/media/ops.h"

struct worker_pool;

struct file_media {
	struct media base;
	int fd;
	bool is_device;
	char *path;
	struct worker_pool *pool; /* the worker engine's */

	/* The first of file_step.c's attempts that this file has not refused. */
	_Atomic uint8_t write_attempt;
	_Atomic uint8_t clear_attempt;
};

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
