/* SPDX-License-Identifier: BSD-3-Clause */
/* A step on a file as an entry of a submission ring. */
#ifndef UPNVME_MEDIA_URING_ENTRY_H
#define UPNVME_MEDIA_URING_ENTRY_H

#include "media/file_step.h"

struct io_uring_sqe;

/* The entry points to the step's iovec until it is submitted. */
void uring_entry_fill(struct io_uring_sqe *sqe, int fd, const struct file_step *step);

#endif
