/* SPDX-License-Identifier: BSD-3-Clause */
/* The steps of a request: short transfers are continued, refused operations are replaced by others. */
#include "media/file_step.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/util.h"
#include "media/file_durable.h"

/* A step that the system puts off is tried again for this long. */
#define AGAIN_MAX_NS (2 * NS_PER_S)

enum stage { STAGE_DATA, STAGE_SYNC };

/*
 * Attempts at making zeroes. Holes come first for Write Zeroes too: zeroing a range in place would allocate blocks for
 * the range, and a sparse file is to stay sparse.
 */
enum clear_attempt { CLEAR_PUNCH, CLEAR_ZERO_RANGE, CLEAR_WRITE };

/* Attempts at a durable write: a write that is durable by itself, or a write and then a sync. */
enum write_attempt { WRITE_DSYNC, WRITE_THEN_SYNC };

/* The array is never written to; const would put its bytes into the library's file. */
static uint8_t zeroes[128 * 1024];

static bool is_clear(const struct media_request *request)
{
	return request->op == MEDIA_DEALLOCATE || request->op == MEDIA_WRITE_ZEROES;
}

void file_step_begin(struct file_media *file, struct media_request *request)
{
	request->link.moved_bytes = 0;
	request->link.segment = 0;
	request->link.segment_moved_bytes = 0;
	request->link.result = 0;
	request->link.again_since_ns = 0;
	request->link.stage = request->op == MEDIA_FLUSH ? STAGE_SYNC : STAGE_DATA;
	request->link.attempt = 0;
	range_init(request);
	if (request->op == MEDIA_FLUSH)
		request->offset_bytes = request->length_bytes = 0;
	if (request->op == MEDIA_WRITE)
		request->link.attempt =
			atomic_load_explicit(&file->write_attempt, memory_order_relaxed);
	else if (is_clear(request))
		request->link.attempt =
			atomic_load_explicit(&file->clear_attempt, memory_order_relaxed);
}

/* A read-only medium needs no ranges: its blocks do not change. */
bool file_step_may_begin(struct file_media *file, struct media_request *request)
{
	return request->link.stage == STAGE_SYNC || file->base.readonly ||
	       range_take(&file->ranges, request);
}

static void leave_range(struct file_media *file, struct media_request *request)
{
	if (request->op != MEDIA_FLUSH && !file->base.readonly)
		range_leave(&file->ranges, request);
}

/*
 * A segment that is partly done goes alone, so that the caller's iovec is never copied. No vector begins with an empty
 * segment: a count of 0 always means the end of the file.
 */
static void next_segments(struct media_request *request, struct file_step *step)
{
	const struct iovec *iov = &request->iov[request->link.segment];
	size_t moved = request->link.segment_moved_bytes;

	while (iov->iov_len == moved) {
		iov++;
		moved = 0;
	}
	request->link.segment = (int)(iov - request->iov);
	request->link.segment_moved_bytes = moved;
	step->iov = iov;
	step->niov = MIN(request->niov - request->link.segment, IOV_MAX);
	if (step->niov == 1 || moved) {
		step->single.iov_base = (uint8_t *)iov->iov_base + moved;
		step->single.iov_len = MIN(iov->iov_len - moved, FILE_STEP_SEGMENT_BYTES);
		step->iov = &step->single;
		step->niov = 1;
	}
}

static void next_clear(struct media_request *request, struct file_step *step)
{
	step->length_bytes = request->length_bytes - request->link.moved_bytes;
	switch ((enum clear_attempt)request->link.attempt) {
	case CLEAR_PUNCH:
		step->kind = FILE_STEP_CLEAR;
		step->flags = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
		break;
	case CLEAR_ZERO_RANGE:
		step->kind = FILE_STEP_CLEAR;
		step->flags = FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE;
		break;
	case CLEAR_WRITE:
		step->kind = FILE_STEP_WRITE;
		step->flags = 0;
		step->single = (struct iovec){ zeroes, MIN(sizeof(zeroes), step->length_bytes) };
		step->iov = &step->single;
		step->niov = 1;
		break;
	}
}

void file_step_next(struct file_media *file, struct media_request *request, struct file_step *step)
{
	(void)file;
	step->offset_bytes = request->offset_bytes + request->link.moved_bytes;
	step->flags = 0;
	if (request->link.stage == STAGE_SYNC) {
		step->kind = FILE_STEP_SYNC;
	} else if (is_clear(request)) {
		next_clear(request, step);
	} else {
		step->kind = request->op == MEDIA_READ ? FILE_STEP_READ : FILE_STEP_WRITE;
		if (request->op == MEDIA_WRITE && request->fua &&
		    request->link.attempt == WRITE_DSYNC)
			step->flags = RWF_DSYNC;
		next_segments(request, step);
	}
}

static void advance(struct media_request *request, uint64_t bytes)
{
	request->link.moved_bytes += bytes;
	if (is_clear(request))
		return;
	while (bytes) {
		const struct iovec *iov = &request->iov[request->link.segment];
		uint64_t n = MIN(bytes, iov->iov_len - request->link.segment_moved_bytes);

		request->link.segment_moved_bytes += n;
		bytes -= n;
		if (bytes) {
			request->link.segment++;
			request->link.segment_moved_bytes = 0;
		}
	}
}

/* A disk without room, a quota and a file size limit are one thing to a controller. */
static int errno_of(int result)
{
	return result == -EDQUOT || result == -EFBIG ? -ENOSPC : result;
}

static bool step_end(struct file_media *file, struct media_request *request, int result)
{
	request->link.result = errno_of(result);
	leave_range(file, request);
	return true;
}

void file_step_give_up(struct file_media *file, struct media_request *request, int result)
{
	step_end(file, request, result);
}

/* True if another attempt is left, after one that the file system does not support or a sandbox does not allow. */
static bool try_otherwise(struct file_media *file, struct media_request *request, int result)
{
	_Atomic uint8_t *first = is_clear(request) ? &file->clear_attempt : &file->write_attempt;
	uint8_t last = is_clear(request) ? CLEAR_WRITE : WRITE_THEN_SYNC;
	bool refused = result == -EOPNOTSUPP || result == -ENOSYS || result == -EPERM ||
		       (is_clear(request) && (result == -EINVAL || result == -ENODEV));

	if (request->link.stage != STAGE_DATA || request->op == MEDIA_READ ||
	    (request->op == MEDIA_WRITE && !request->fua) || request->link.attempt == last ||
	    !refused)
		return false;
	request->link.attempt++;
	/* An -EINVAL may be about this range alone. */
	if (result != -EINVAL)
		atomic_store_explicit(first, request->link.attempt, memory_order_relaxed);
	return true;
}

static bool needs_sync(const struct media_request *request)
{
	return request->fua && (is_clear(request) || (request->op == MEDIA_WRITE &&
						      request->link.attempt == WRITE_THEN_SYNC));
}

static bool was_cleared_at_once(const struct media_request *request)
{
	return is_clear(request) && request->link.attempt != CLEAR_WRITE;
}

/*
 * True for a result that only says that the step was not done. io_uring cancels the steps of a thread when that thread
 * ends, although the queue pair may live on. A system that gives such a result for AGAIN_MAX_NS is believed.
 */
static bool is_to_be_done_again(struct media_request *request, int64_t result)
{
	uint64_t now_ns;

	if (likely(result != -EINTR && result != -EAGAIN && result != -ECANCELED)) {
		request->link.again_since_ns = 0;
		return false;
	}
	now_ns = clock_now_ns();
	if (!request->link.again_since_ns)
		request->link.again_since_ns = now_ns;
	return now_ns - request->link.again_since_ns < AGAIN_MAX_NS;
}

/*
 * A sync that failed has lost the data written before. A durable write may have failed in its sync, too. If it failed
 * for want of room, the write itself may have been refused, which loses nothing; the file's witness tells whether
 * anything was lost.
 */
static bool step_fail(struct file_media *file, struct media_request *request, int result)
{
	bool durable =
		request->link.stage == STAGE_SYNC || (request->op == MEDIA_WRITE && request->fua &&
						      request->link.attempt == WRITE_DSYNC);

	if (durable && (request->link.stage == STAGE_SYNC || errno_of(result) != -ENOSPC ||
			file->witness_fd < 0 || !file_durable(file)))
		file_durable_lost(file, strerror(-result));
	return step_end(file, request, result);
}

/* A request that had to be durable succeeds only if the file's data is durable. */
static bool succeed(struct file_media *file, struct media_request *request)
{
	if (likely(request->op != MEDIA_FLUSH && !request->fua) || request->op == MEDIA_READ)
		return step_end(file, request, 0);
	return step_end(file, request, file_durable(file) ? 0 : -EIO);
}

bool file_step_end(struct file_media *file, struct media_request *request, int64_t result)
{
	if (is_to_be_done_again(request, result))
		return false;
	if (result < 0)
		return !try_otherwise(file, request, (int)result) &&
		       step_fail(file, request, (int)result);
	if (request->link.stage == STAGE_SYNC)
		return succeed(file, request);
	if (was_cleared_at_once(request))
		result = (int64_t)(request->length_bytes - request->link.moved_bytes);
	if (result == 0)
		return step_end(file, request, -EIO);
	advance(request, (uint64_t)result);
	if (request->link.moved_bytes < request->length_bytes)
		return false;
	if (!needs_sync(request))
		return succeed(file, request);
	request->link.stage = STAGE_SYNC;
	leave_range(file, request);
	return false;
}

bool file_step_refused(struct file_media *file, struct media_request *request, uint64_t end_bytes)
{
	uint64_t needed = request->op == MEDIA_FLUSH ?
				  file->base.size_bytes :
				  request->offset_bytes + request->length_bytes;

	if (request->op == MEDIA_READ)
		return false;
	if (atomic_load_explicit(&file->base.failed, memory_order_acquire))
		return step_end(file, request, -EIO);
	if (needed <= end_bytes)
		return false;
	if (request->op == MEDIA_FLUSH)
		file_durable_lost(file, "the file was cut short");
	return step_end(file, request, -EIO);
}

void file_request_done(const struct file_media *file, struct media_request *request)
{
	static const char *const verbs[] = { "reading", "writing", "flushing", "deallocating",
					     "zeroing" };

	if (request->link.result < 0)
		log_warn("%s %llu bytes at %llu of %s: %s", verbs[request->op],
			 (unsigned long long)request->length_bytes,
			 (unsigned long long)request->offset_bytes, file->path,
			 strerror(-request->link.result));
	request->done(request, request->link.result);
}
