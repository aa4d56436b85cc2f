/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a request still has to do on its file, one system call's worth at a time. An engine takes the next step, has the
 * system do it in its own way, and hands back the result, until the request is finished.
 */
#ifndef UPNVME_MEDIA_FILE_STEP_H
#define UPNVME_MEDIA_FILE_STEP_H

#include "base/libc.h"
#include "media/file.h"

enum file_step_kind {
	FILE_STEP_READ,  /* preadv */
	FILE_STEP_WRITE, /* pwritev2 with `flags` */
	FILE_STEP_CLEAR, /* fallocate with `flags` as its mode */
	FILE_STEP_SYNC,  /* fdatasync */
};

/* Must stay where it is until the step was submitted: `iov` may point to `single`. */
struct file_step {
	enum file_step_kind kind;
	int flags;
	uint64_t offset_bytes;
	uint64_t length_bytes;   /* clear only */
	const struct iovec *iov; /* niov = 1: at most FILE_STEP_SEGMENT_BYTES */
	int niov;
	struct iovec single;
};

#define FILE_STEP_SEGMENT_BYTES (1u << 30)

void file_step_begin(struct file_media *file, struct media_request *request);
/*
 * Whether the request has the bytes to itself that its next step moves, so that the step may be taken; asked before
 * each. They are given back when the last is moved.
 */
bool file_step_may_begin(struct file_media *file, struct media_request *request);
void file_step_next(struct file_media *file, struct media_request *request, struct file_step *step);

/* Takes a step's result, a count or a negative errno. True: finished, with link.result. */
bool file_step_end(struct file_media *file, struct media_request *request, int64_t result);

/*
 * A change must not make a file long again that somebody has cut short: what was lost would read as zeroes. True
 * if the request would, or flushes what is no longer there, or changes a medium that has failed; then it is finished,
 * with link.result.
 */
bool file_step_refused(struct file_media *file, struct media_request *request, uint64_t end_bytes);

/* Finishes a request whose steps an engine cannot have done any more. */
void file_step_give_up(struct file_media *file, struct media_request *request, int result);

/* For the channel's thread: gives a finished request back with link.result, and logs a failure. */
void file_request_done(const struct file_media *file, struct media_request *request);

#endif
