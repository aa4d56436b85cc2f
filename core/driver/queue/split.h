/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests that are larger than one command. A cursor, kept beside the request's slot, issues the
 * parts as room appears. */
#ifndef UPNVME_DRIVER_QUEUE_SPLIT_H
#define UPNVME_DRIVER_QUEUE_SPLIT_H

#include "driver/queue/request.h"
#include "driver/queue/take.h"

/*
 * The progress of a request that does not fit into one command; found by the index of the request's slot, its home.
 * The home carries parts like any other slot, and is given back last: a request always has a slot to go
 * on with, so it ends in a queue of any depth.
 */
struct cursor {
	union {
		struct request request;          /* what is still to be issued */
		struct upnvme_completion record; /* SLOT_READY: the completion */
	};
	upnvme_cb cb;
	union {
		void *arg;
		uint64_t tag;
	};
	union {
		struct cursor *next;     /* pending */
		struct slot *ready_next; /* SLOT_READY */
	};
	uint64_t result;
	uint32_t parts;    /* in flight */
	uint32_t error_at; /* first block in error, or all blocks */
	uint16_t status;   /* of that part */
	uint16_t flags;    /* UPNVME_DONE_... */
	bool home_idle;    /* the home has no part in flight */
	bool pending;      /* in the queue pair's list */
};

static inline struct cursor *slot_cursor(const struct upnvme_qpair *qp, const struct slot *slot)
{
	return &qp->cursors[slot - qp->slots];
}

/* Accepts the request into `home`, a slot that was popped, and issues the parts that there is room for. */
void split_begin(struct upnvme_qpair *qp, struct slot *home, const struct request *request,
		 upnvme_cb cb, void *arg);
/* Ends a part, and gives its slot back. *handed: the request has ended with this part, and was handed out. A
 * request that has ended and cannot be handed out (tagged, and no room; or no sink at all) is put into
 * the ready list. */
void split_part_done(struct upnvme_qpair *qp, struct slot *slot,
		     const struct upnvme_completion *record, struct sink *sink, bool *handed);

/* Stops issuing parts: requests with parts that were not issued end as aborted. */
void split_abort(struct upnvme_qpair *qp);

#endif
