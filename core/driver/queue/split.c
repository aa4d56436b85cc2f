/* SPDX-License-Identifier: BSD-3-Clause */
/* The cursor of a split request: parts are issued as room appears, and the last to end completes the request. */
#include "driver/queue/split.h"

#include "driver/queue/histogram.h"
#include "driver/queue/ready.h"
#include "driver/queue/straight.h"
#include <upnvme/spec/status.h>

static struct slot *cursor_home(const struct upnvme_qpair *qp, const struct cursor *cursor)
{
	return &qp->slots[cursor - qp->cursors];
}

static bool cursor_is_issued(const struct cursor *cursor)
{
	return cursor->request.next == cursor->request.op.blocks;
}

static struct slot *part_slot(struct upnvme_qpair *qp, struct cursor *cursor)
{
	struct slot *slot = cursor->home_idle ? cursor_home(qp, cursor) : qp->free;

	if (!slot)
		return NULL;
	if (cursor->home_idle)
		cursor->home_idle = false;
	else
		slot_pop(qp, slot);
	slot_mark(slot, SLOT_PART);
	return slot;
}

/* Issues parts while there is room. True when no part is left to issue. */
static bool cursor_pump(struct upnvme_qpair *qp, struct cursor *cursor)
{
	struct request *request = &cursor->request;

	while (!cursor_is_issued(cursor)) {
		uint32_t blocks = request_next_blocks(qp, request);
		struct slot *slot = part_slot(qp, cursor);

		if (!slot)
			return false;
		slot->part_first = request->next;
		slot->cursor = cursor;
		slot->blocks = blocks | SLOT_NOT_PLAIN;
		/* The home's `touches` are those of the whole request, so that other parts need none. */
		if (slot != cursor_home(qp, cursor))
			atomic_store_explicit(&slot->touches, request_changes(request),
					      memory_order_relaxed);
		request_issue(qp, request, slot, blocks);
		cursor->parts++;
	}
	return true;
}

static void pending_append(struct upnvme_qpair *qp, struct cursor *cursor)
{
	cursor->pending = true;
	cursor->next = NULL;
	*qp->pending_end = cursor;
	qp->pending_end = &cursor->next;
}

static struct cursor *pending_pop(struct upnvme_qpair *qp)
{
	struct cursor *cursor = qp->pending;

	qp->pending = cursor->next;
	if (!qp->pending)
		qp->pending_end = &qp->pending;
	cursor->pending = false;
	return cursor;
}

void split_begin(struct upnvme_qpair *qp, struct slot *home, const struct request *request,
		 upnvme_cb cb, void *arg)
{
	struct cursor *cursor = slot_cursor(qp, home);

	*cursor = (struct cursor){
		.request = *request, .cb = cb, .arg = arg, .error_at = request->op.blocks
	};
	if (request_kind(request)->flags & KIND_WRITES)
		cursor->flags = UPNVME_DONE_NOT_ATOMIC;
	cursor->home_idle = true;
	atomic_store_explicit(&home->touches, request_touches(qp, request), memory_order_relaxed);
	qp->stats.split++;
	qp->requests++;
	if (qp->histogram)
		histogram_start(qp->histogram, slot_index(qp, home));
	if (!cursor_pump(qp, cursor))
		pending_append(qp, cursor);
}

static struct upnvme_completion cursor_record(const struct cursor *cursor)
{
	return (struct upnvme_completion){
		.tag = cursor->tag,
		.result = cursor->result,
		.status = cursor->status,
		.flags = cursor->flags,
		.blocks = cursor->error_at,
	};
}

/* Completes a request whose parts are all done. True: handed out. False: put into the ready list, since there is no
 * sink, or no room in it for a tagged completion. */
static bool cursor_finish(struct upnvme_qpair *qp, struct cursor *cursor, struct sink *sink)
{
	struct upnvme_completion record = cursor_record(cursor);
	struct slot *home = cursor_home(qp, cursor);
	upnvme_cb cb = cursor->cb;

	qp->requests--;
	if (qp->histogram)
		histogram_stop(qp->histogram, slot_index(qp, home));
	if (!sink || (!cb && sink->n == sink->room)) {
		ready_append(qp, home, cb, &record);
		return false;
	}
	slot_unmark(home);
	slot_push(qp, home);
	return take_deliver(sink, cb, &record);
}

static void part_slot_give(struct upnvme_qpair *qp, struct cursor *cursor, struct slot *slot)
{
	slot_unmark(slot);
	if (slot != cursor_home(qp, cursor)) {
		slot_push(qp, slot);
		return;
	}
	/* The next generation, so that the device cannot complete the part again. */
	slot->head += qp->nslots;
	slot_mark(slot, SLOT_HOME);
	cursor->home_idle = true;
}

/* Notes an error, and issues no more blocks; the error at the lowest block is the request's. */
static void cursor_fail_at(struct cursor *cursor, uint64_t block,
			   const struct upnvme_completion *record)
{
	cursor->request.next = cursor->request.op.blocks;
	if (block >= cursor->error_at)
		return;
	cursor->error_at = (uint32_t)block;
	cursor->status = record->status;
	cursor->result = record->result;
}

void split_part_done(struct upnvme_qpair *qp, struct slot *slot,
		     const struct upnvme_completion *record, struct sink *sink, bool *handed)
{
	struct cursor *cursor = slot->cursor;

	cursor->flags |= record->flags;
	if (record->status)
		cursor_fail_at(cursor, slot->part_first, record);
	part_slot_give(qp, cursor, slot);
	cursor->parts--;
	*handed = false;
	if (cursor->pending)
		return; /* split_pump goes on with the request, or ends it */
	if (!cursor_is_issued(cursor))
		pending_append(qp, cursor);
	else if (cursor->parts == 0)
		*handed = cursor_finish(qp, cursor, sink);
}

void split_pump(struct upnvme_qpair *qp)
{
	while (qp->pending && cursor_pump(qp, qp->pending)) {
		struct cursor *cursor = pending_pop(qp);

		if (cursor->parts == 0)
			cursor_finish(qp, cursor, NULL);
	}
}

void split_abort(struct upnvme_qpair *qp)
{
	static const struct upnvme_completion aborted = { .status =
								  UPNVME_SPEC_SC_ABORTED_BY_HOST };

	while (qp->pending) {
		struct cursor *cursor = pending_pop(qp);

		cursor->flags |= UPNVME_DONE_ABORTED;
		cursor_fail_at(cursor, cursor->request.next, &aborted);
		if (cursor->parts == 0)
			cursor_finish(qp, cursor, NULL);
	}
}
