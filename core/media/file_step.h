/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The steps of a request on its file, each of which is one system call. An engine takes the next step, has the system
 * do that step in the engine's own way, and hands back the result, until the request is finished.
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

/* A step must not move before it was submitted: `iov` may point to `single`. */
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
 * Whether the next step may be taken: no other request moves the bytes that it moves. Asked before each step. The range
 * is left when the last byte was moved.
 */
bool file_step_may_begin(struct file_media *file, struct media_request *request);
void file_step_next(struct file_media *file, struct media_request *request, struct file_step *step);

/* Takes a step's result, a count or a negative errno. True: finished, with link.result. */
bool file_step_end(struct file_media *file, struct media_request *request, int64_t result);

/*
 * A request must not lengthen a file that somebody has cut short: the lost data would read as zeroes. True for a
 * request that would do so, for a flush of such a file, and for a change to a medium that has failed; the request is
 * finished then, with link.result.
 */
bool file_step_refused(struct file_media *file, struct media_request *request, uint64_t end_bytes);

/* Finishes a request whose engine can do no more steps. */
void file_step_give_up(struct file_media *file, struct media_request *request, int result);

/* The channel's thread gives a finished request back with link.result, and logs a failure. */
void file_request_done(const struct file_media *file, struct media_request *request);

#endif
