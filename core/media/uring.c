/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The file engine over io_uring: one ring for each channel.
 *
 * Requests wait in a backlog until media_poll hands over a ring's worth of them with one system call. A request has one
 * step in the ring at a time. Completions are read from memory that the kernel shares.
 */
#include "media/file_step.h"

#include <errno.h>

#ifndef HAVE_LIBURING

int uring_attach(struct file_media *file)
{
	(void)file;
	return -ENOSYS;
}

#else

#include <liburing.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/pause.h"
#include "base/util.h"
#include "media/uring_entry.h"
#include "media/uring_ring.h"

#define RING_ENTRIES   256u
#define REFUSED_MAX_NS (2 * NS_PER_S)
#define LOOKS_MAX      16u
#define BLOCKED_NS     (100 * 1000ull) /* between two looks at blocked requests */
#define CLAIM_NS       (10 * NS_PER_MS)

struct uring_channel {
	struct media_channel base;
	struct io_uring ring;
	struct request_list backlog;
	struct request_list blocked; /* requests, by others for the same bytes */
	uint64_t noutstanding;
	unsigned nring;            /* requests in the submission ring or in the kernel */
	uint64_t refused_since_ns; /* 0: the kernel took the last batch */
	int failed; /* the error with which the kernel refuses all further requests; 0: none */

	/* In the order of the submission ring; the last io_uring_sq_ready() of them are unsubmitted. */
	struct media_request *entered[RING_ENTRIES];
	unsigned nentered;
};

static struct file_media *file_of(struct uring_channel *channel)
{
	return (struct file_media *)channel->base.media;
}

static void finish(struct uring_channel *channel, struct media_request *request)
{
	channel->noutstanding--;
	file_request_done(file_of(channel), request);
}

static void fail(struct uring_channel *channel, struct media_request *request)
{
	file_step_give_up(file_of(channel), request, channel->failed);
	finish(channel, request);
}

static void uring_submit(struct media_channel *base, struct media_request *request)
{
	struct uring_channel *channel = (struct uring_channel *)base;

	file_step_begin(file_of(channel), request);
	request->link.channel = base;
	request_list_push(&channel->backlog, request);
	channel->noutstanding++;
}

static void enter(struct uring_channel *channel, struct media_request *request)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&channel->ring);
	struct file_media *file = file_of(channel);
	struct file_step step;

	file_step_next(file, request, &step);
	uring_entry_fill(sqe, file->fd, &step);
	/* Without the flag the kernel would begin on this thread, which would have to wait. */
	if (file->may_block)
		io_uring_sqe_set_flags(sqe, IOSQE_ASYNC);
	io_uring_sqe_set_data(sqe, request);
	channel->entered[channel->nentered++ % RING_ENTRIES] = request;
	channel->nring++;
}

/* Blocked requests go first. Only a few are looked at: of many for the same bytes one can begin at a time. */
static void look_at_blocked_again(struct uring_channel *channel)
{
	struct request_list begin = { 0 }, still = { 0 };
	struct media_request *request;

	if (likely(!channel->blocked.head))
		return;
	for (unsigned looks = LOOKS_MAX;
	     looks && (request = request_list_pop(&channel->blocked));) {
		bool may_begin = file_step_may_begin(file_of(channel), request);

		request_list_push(may_begin ? &begin : &still, request);
		looks -= !may_begin;
	}
	request_list_splice(&still, &channel->blocked);
	channel->blocked = still;
	request_list_splice(&begin, &channel->backlog);
	channel->backlog = begin;
}

/* Fills the submission ring; returns how many requests were finished without it. */
static int fill(struct uring_channel *channel)
{
	struct file_media *file = file_of(channel);
	uint64_t end_bytes = 0;
	bool end_is_known = false;
	int ndone = 0;

	look_at_blocked_again(channel);
	/* Callbacks may submit for ever, so the loop takes no more requests than there are now. */
	for (uint64_t left = channel->noutstanding; left && channel->nring < RING_ENTRIES; left--) {
		struct media_request *request = request_list_pop(&channel->backlog);

		if (!request)
			break;
		if (!end_is_known && request->op != MEDIA_READ) {
			end_bytes = file_end_bytes(file);
			end_is_known = true;
		}
		if (channel->failed) {
			fail(channel, request);
			ndone++;
		} else if (file_step_refused(file, request, end_bytes)) {
			finish(channel, request);
			ndone++;
		} else if (!file_step_may_begin(file, request)) {
			request_list_push(&channel->blocked, request);
		} else {
			enter(channel, request);
		}
	}
	return ndone;
}

/*
 * The kernel takes entries of the ring no more (a sandbox was closed around the process, for example): requests that
 * were not taken fail, and the ring is never offered again, since its entries point to buffers that are gone.
 */
static int give_up(struct uring_channel *channel, int err)
{
	unsigned nleft = io_uring_sq_ready(&channel->ring);

	log_error("io_uring takes no more requests for %s: %s", file_of(channel)->path,
		  strerror(-err));
	channel->failed = err;
	channel->nring -= nleft;
	for (unsigned i = channel->nentered - nleft; i != channel->nentered; i++)
		fail(channel, channel->entered[i % RING_ENTRIES]);
	return (int)nleft;
}

static bool is_transient(int err)
{
	return err == -EINTR || err == -EAGAIN || err == -EBUSY || err == -ETIME || err == -ENOMEM;
}

/* Want of memory passes, but requests must not wait for memory for ever. */
static bool is_worth_another_try(struct uring_channel *channel, int err)
{
	if (!is_transient(err))
		return false;
	if (!channel->refused_since_ns)
		channel->refused_since_ns = clock_now_ns();
	return clock_now_ns() - channel->refused_since_ns < REFUSED_MAX_NS;
}

/* Hands over the submission ring, and waits for a completion if `wait` says how long. */
static int hand_over(struct uring_channel *channel, struct __kernel_timespec *wait)
{
	struct io_uring_cqe *cqe;
	int ret;

	if (channel->failed && wait)
		sched_yield();
	if (channel->failed || (!wait && io_uring_sq_ready(&channel->ring) == 0))
		return 0;
	ret = wait ? io_uring_submit_and_wait_timeout(&channel->ring, &cqe, 1, wait, NULL) :
		     io_uring_submit(&channel->ring);
	if (ret >= 0 || io_uring_sq_ready(&channel->ring) == 0) {
		channel->refused_since_ns = 0;
		return 0;
	}
	return is_worth_another_try(channel, ret) ? 0 : give_up(channel, ret);
}

/* Returns how many requests were finished; a request with a further step goes first in the next batch. */
static int reap(struct uring_channel *channel)
{
	struct io_uring_cqe *cqe;
	unsigned head;
	int ndone = 0;

	for (unsigned left = channel->nring; left; left--) {
		struct media_request *request = NULL;
		int result = 0;

		io_uring_for_each_cqe(&channel->ring, head, cqe)
		{
			request = io_uring_cqe_get_data(cqe);
			result = cqe->res;
			break;
		}
		if (!request)
			break;
		io_uring_cq_advance(&channel->ring, 1);
		channel->nring--;
		if (file_step_end(file_of(channel), request, result)) {
			finish(channel, request);
			ndone++;
		} else {
			request_list_push_front(&channel->backlog, request);
		}
	}
	return ndone;
}

static int uring_poll(struct media_channel *base)
{
	struct uring_channel *channel = (struct uring_channel *)base;
	int ndone = fill(channel);

	ndone += hand_over(channel, NULL);
	return ndone + reap(channel);
}

static struct __kernel_timespec time_left(uint64_t deadline_ns)
{
	uint64_t now = clock_now_ns();
	uint64_t left = deadline_ns > now ? deadline_ns - now : 0;

	/* A wait without end is made of waits of a day: the caller's loop repeats them. */
	if (left > 86400 * NS_PER_S)
		left = 86400 * NS_PER_S;
	return (struct __kernel_timespec){ .tv_sec = (int64_t)(left / NS_PER_S),
					   .tv_nsec = (int64_t)(left % NS_PER_S) };
}

/* Whether nothing is under way that could end a wait: the system has put all requests off, or others block them. */
static bool all_is_put_off(const struct uring_channel *channel)
{
	const struct media_request *first = channel->backlog.head;

	if (channel->nring)
		return false;
	return first ? first->link.again_since_ns : channel->blocked.head != NULL;
}

/* When to look at blocked requests again: a request that leaves its range wakes no thread. */
static uint64_t next_look_ns(const struct uring_channel *channel, uint64_t deadline_ns)
{
	return channel->blocked.head ? MIN(deadline_ns, deadline_after(BLOCKED_NS)) : deadline_ns;
}

static int uring_wait(struct media_channel *base, uint64_t timeout_ns)
{
	struct uring_channel *channel = (struct uring_channel *)base;
	uint64_t deadline_ns = deadline_after(timeout_ns);
	struct pause pause = { 0 };
	int ndone;

	do {
		struct __kernel_timespec left;

		ndone = fill(channel);
		left = time_left(next_look_ns(channel, deadline_ns));
		if (ndone == 0 && channel->nring && io_uring_cq_ready(&channel->ring) == 0)
			ndone += hand_over(channel, &left);
		else
			ndone += hand_over(channel, NULL);
		ndone += reap(channel);
		if (ndone == 0 && all_is_put_off(channel))
			pause_next(&pause);
	} while (ndone == 0 && channel->noutstanding && !deadline_passed(deadline_ns));
	return ndone;
}

static int uring_channel_open(struct media_channel **base, struct media *media)
{
	struct uring_channel *channel = calloc(1, sizeof(*channel));
	int ret;

	if (!channel)
		return error_no_memory("a media channel", sizeof(*channel));
	channel->base.media = media;
	ret = uring_ring_make(&channel->ring, RING_ENTRIES);
	if (ret < 0) {
		free(channel);
		return error_set(
			ret, UPNVME_ERR_SYSTEM,
			"making an io_uring of %u entries: %s; raise the limits (ulimit -l, "
			"-n), have the sandbox allow io_uring, or take the engine \"worker\"",
			RING_ENTRIES, strerror(-ret));
	}
	*base = &channel->base;
	return 0;
}

static void uring_channel_close(struct media_channel *base)
{
	struct uring_channel *channel = (struct uring_channel *)base;

	while (channel->noutstanding)
		uring_wait(base, UINT64_MAX);
	uring_ring_unmake(&channel->ring);
	free(channel);
}

static void uring_close(struct media *media)
{
	file_release((struct file_media *)media);
}

static const struct media_ops uring_ops = {
	.close = uring_close,
	.channel_open = uring_channel_open,
	.channel_close = uring_channel_close,
	.submit = uring_submit,
	.poll = uring_poll,
	.wait = uring_wait,
};

/*
 * Looks for the request's completion in the ring of its channel, which is another thread's. The channel lives as long
 * as the request has its range; and if the head has not moved meanwhile, the entries behind the head were not written
 * over.
 */
static bool is_moved(const struct media_request *request)
{
	const struct uring_channel *channel = (const struct uring_channel *)request->link.channel;
	const struct io_uring_cq *cq = &channel->ring.cq;
	unsigned head = __atomic_load_n(cq->khead, __ATOMIC_ACQUIRE);
	unsigned tail = __atomic_load_n(cq->ktail, __ATOMIC_ACQUIRE);
	bool cleared = request->op == MEDIA_DEALLOCATE || request->op == MEDIA_WRITE_ZEROES;
	bool moved = false;

	for (unsigned at = head; at != tail && !moved; at++) {
		const struct io_uring_cqe *cqe = &cq->cqes[at & *cq->kring_mask];
		uint64_t whole = cleared ? 0 : request->length_bytes;

		moved = io_uring_cqe_get_data(cqe) == request &&
			(cqe->res < 0 || (uint64_t)cqe->res == whole);
	}
	return moved && __atomic_load_n(cq->khead, __ATOMIC_ACQUIRE) == head;
}

int uring_attach(struct file_media *file)
{
	if (!uring_ring_works())
		return -ENOSYS;
	file->ranges.is_moved = is_moved;
	file->ranges.patience_ns = CLAIM_NS;
	file->base.engine = "io_uring";
	file->base.ops = &uring_ops;
	return 0;
}

#endif
