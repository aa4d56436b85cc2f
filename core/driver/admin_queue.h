/* SPDX-License-Identifier: BSD-3-Clause */
/* The admin queue from the inside: its lock, its ring, and the requests that stand for commands. admin.h has the part
 * that other files need. */
#ifndef UPNVME_DRIVER_ADMIN_QUEUE_H
#define UPNVME_DRIVER_ADMIN_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "driver/admin.h"
#include "driver/admin_data.h"

#define ADMIN_OUTSTANDING (ADMIN_ENTRIES - 1)

enum admin_request_state {
	REQUEST_FREE,
	REQUEST_SENT, /* the device may touch its data */
	REQUEST_LATE, /* the same, but the caller does not wait any more */
	REQUEST_DONE,
};

/* A request: one command, from its start until its answer was fetched. */
struct admin_request {
	struct admin_request *next; /* in `free`, or in `done` if asynchronous */
	struct admin *admin;
	enum admin_request_state state;
	enum admin_origin origin;
	bool changes; /* the command may change namespaces: ns_change.c counts it */
	upnvme_cb cb; /* null: synchronous */
	void *arg;
	void *caller_data;
	uint32_t direction;
	struct admin_data data;
	uint64_t deadline_ns;
	struct upnvme_completion done;
};

struct admin {
	pthread_mutex_t lock;
	struct upnvme_qpair *qp;
	struct admin_pool pool;
	struct admin_request *free;
	struct admin_request *done; /* asynchronous, oldest first */
	struct admin_request **done_end;
	uint32_t nordinary; /* requests in use, those of ADMIN_EVENT not counted */
	struct admin_request requests[ADMIN_OUTSTANDING];
};

/* Puts an entry into the ring, fills in its identifier, and rings the doorbell at once: when no caller waits, the next
 * poll may be far off. -EAGAIN when no slot is free. The lock is held. */
int admin_push(struct admin *admin, const struct upnvme_spec_sqe *sqe, upnvme_cb cb, void *arg);
/* Rings the doorbell, lets the transport work, and takes all completions. The lock is held. */
void admin_take(struct admin *admin);

#endif
