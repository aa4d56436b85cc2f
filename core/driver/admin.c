/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The admin queue. Its lock is held for moments only: to put a command into the ring, and to take
 * completions out, which then are only marked. Whoever started a command comes for its answer: a
 * synchronous caller by looking again and again, asynchronous ones through admin_serve, which calls
 * back after it has let the lock go.
 */
#include "driver/admin.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/pause.h"
#include "base/util.h"
#include "driver/activation.h"
#include "driver/admin_data.h"
#include "driver/command_timeout.h"
#include "driver/ctrlr.h"
#include "driver/data_length.h"
#include "driver/ns_change.h"
#include "driver/poll.h"
#include "driver/queue/qpair.h"
#include "driver/quirks.h"
#include "driver/watch.h"
#include "spec/opcode.h"
#include "spec/status.h"

#define ADMIN_OUTSTANDING (ADMIN_ENTRIES - 1)
#define ADMIN_ORDINARY    (ADMIN_OUTSTANDING - ADMIN_RESERVED - ADMIN_WAITED)
/* The least that the rings can have: PRP lists of admin commands are part of their data. */
#define LIST_BYTES NVME_PRP_ENTRY_BYTES

enum request_state {
	REQUEST_FREE,
	REQUEST_SENT, /* the device may touch its data */
	REQUEST_LATE, /* the same, but nobody waits for it any more */
	REQUEST_DONE,
};

struct admin_request {
	struct admin_request *next; /* free, or done and asynchronous */
	struct admin *admin;
	enum request_state state;
	enum admin_origin origin;
	bool changes; /* namespaces, perhaps: ns_change.c counts it */
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
	uint32_t nordinary; /* in use, those of ADMIN_EVENT not counted */
	struct admin_request requests[ADMIN_OUTSTANDING];
};

/* --- requests; the lock is held ------------------------------------------------------------------- */

static struct admin_request *request_get(struct admin *admin, enum admin_origin origin, bool waited)
{
	struct admin_request *request = admin->free;
	uint32_t room = waited ? ADMIN_ORDINARY + ADMIN_WAITED : ADMIN_ORDINARY;

	if (!request || (origin != ADMIN_EVENT && admin->nordinary >= room))
		return NULL;
	admin->free = request->next;
	admin->nordinary += origin != ADMIN_EVENT;
	request->origin = origin;
	return request;
}

static void request_put(struct admin_request *request)
{
	struct admin *admin = request->admin;

	admin_data_put(&admin->pool, &request->data);
	request->state = REQUEST_FREE;
	admin->nordinary -= request->origin != ADMIN_EVENT;
	request->next = admin->free;
	admin->free = request;
}

/* Runs inside qpair_take and qpair_abort: only notes what came. */
static void request_completed(void *arg, const struct upnvme_completion *done)
{
	struct admin_request *request = arg;
	struct admin *admin = request->admin;

	if (request->changes)
		ns_change_ended(admin->qp->ctrlr);
	if (request->state == REQUEST_LATE) {
		request_put(request);
		return;
	}
	request->state = REQUEST_DONE;
	request->done = *done;
	request->done.tag = (uint64_t)(uintptr_t)request->arg;
	request->done.blocks = 0;
	if (!request->cb)
		return;
	request->next = NULL;
	*admin->done_end = request;
	admin->done_end = &request->next;
}

static void request_copy_out(const struct admin_request *request)
{
	if (request->direction == UPNVME_DATA_FROM_DEVICE && request->done.status == 0 &&
	    request->data.base)
		memcpy(request->caller_data, request->data.data, request->data.bytes);
}

static int request_send(struct admin_request *request, const struct admin_command *command)
{
	struct admin *admin = request->admin;
	struct nvme_sqe sqe = command->sqe;
	int rc = admin_data_get(&admin->pool, &request->data, command->data_bytes);

	if (rc)
		return rc;
	if (request->data.base && command->direction == UPNVME_DATA_TO_DEVICE)
		memcpy(request->data.data, command->data, command->data_bytes);
	else if (request->data.base)
		memset(request->data.data, 0, command->data_bytes);
	admin_data_describe(&admin->pool, &request->data, &sqe);
	request->state = REQUEST_SENT;
	return qpair_push(admin->qp, &sqe, request_completed, request);
}

static int queue_full(void)
{
	return error_set(-EAGAIN, UPNVME_ERR_ADMIN_FULL,
			 "%u admin commands are outstanding, which is all there may be: call "
			 "upnvme_ctrlr_poll and try again",
			 ADMIN_ORDINARY);
}

static int request_begin(struct upnvme_ctrlr *ctrlr, const struct admin_command *command,
			 enum admin_origin origin, upnvme_cb cb, void *arg,
			 struct admin_request **started)
{
	struct admin_request *request = request_get(ctrlr->admin, origin, !cb);
	int rc;

	if (!request)
		return queue_full();
	request->cb = cb;
	request->arg = arg;
	request->changes = ns_change_of(ctrlr, &command->sqe) != NS_CHANGE_NONE;
	request->caller_data = command->data;
	request->direction = command->direction;
	request->deadline_ns = deadline_after(command->timeout_ns);
	rc = request_send(request, command);
	if (rc) {
		request_put(request);
		return rc == -EAGAIN ? queue_full() : rc;
	}
	*started = request;
	return 0;
}

/* --- starting ------------------------------------------------------------------------------------- */

static int command_check(const struct upnvme_ctrlr *ctrlr, const struct admin_command *command)
{
	uint64_t limit = MIN(ctrlr->limits.max_transfer_bytes, ADMIN_DATA_MAX);

	if (command->direction > UPNVME_DATA_FROM_DEVICE)
		return error_set(-EINVAL, UPNVME_ERR_ARGUMENT,
				 "data direction %u of an admin command: use UPNVME_DATA_NONE, "
				 "UPNVME_DATA_TO_DEVICE or UPNVME_DATA_FROM_DEVICE",
				 command->direction);
	if ((command->direction != UPNVME_DATA_NONE) != (command->data_bytes != 0) ||
	    (command->data_bytes && !command->data))
		return error_set(
			-EINVAL, UPNVME_ERR_ARGUMENT,
			"an admin command with direction %u, %u bytes of data at %p: data needs "
			"all three, a command without data none",
			command->direction, command->data_bytes, command->data);
	if (command->data_bytes > limit)
		return error_set(
			-EINVAL, UPNVME_ERR_TRANSFER,
			"%u bytes of data for one admin command: the controller takes up to "
			"%llu",
			command->data_bytes, (unsigned long long)limit);
	return data_length_check_admin(&command->sqe, command->direction, command->data_bytes);
}

/* Checked, its time set, and allowed to change what it changes; a start that then fails is to be taken back. */
static int admin_prepare(struct upnvme_ctrlr *ctrlr, struct admin_command *command)
{
	int rc = command_check(ctrlr, command);

	if (!rc && !command->timeout_ns)
		command->timeout_ns = command_timeout_ns(ctrlr, &command->sqe);
	if (!rc)
		rc = ns_change_begin(ctrlr, ns_change_of(ctrlr, &command->sqe),
				     command->sqe.opcode);
	return rc;
}

static int not_started(struct upnvme_ctrlr *ctrlr, const struct admin_command *command, int rc)
{
	if (ns_change_of(ctrlr, &command->sqe) != NS_CHANGE_NONE)
		ns_change_cancel(ctrlr);
	return rc;
}

static int admin_begin(struct upnvme_ctrlr *ctrlr, const struct admin_command *command,
		       enum admin_origin origin, upnvme_cb cb, void *arg,
		       struct admin_request **started)
{
	int rc;

	pthread_mutex_lock(&ctrlr->admin->lock);
	rc = ctrlr_check_alive(
		ctrlr); /* within the lock: admin_abort finds all that was sent before */
	if (!rc)
		rc = request_begin(ctrlr, command, origin, cb, arg, started);
	pthread_mutex_unlock(&ctrlr->admin->lock);
	return rc;
}

int admin_start(struct upnvme_ctrlr *ctrlr, const struct admin_command *command,
		enum admin_origin origin, upnvme_cb cb, void *arg)
{
	struct admin_command prepared = *command;
	struct admin_request *request;
	int rc = admin_prepare(ctrlr, &prepared);

	if (rc)
		return rc;
	rc = admin_begin(ctrlr, &prepared, origin, cb, arg, &request);
	return rc ? not_started(ctrlr, command, rc) : 0;
}

/* --- waiting -------------------------------------------------------------------------------------- */

static bool request_look(struct admin_request *request)
{
	struct admin *admin = request->admin;
	bool done;

	pthread_mutex_lock(&admin->lock);
	if (request->state != REQUEST_DONE)
		qpair_take(admin->qp, 0);
	done = request->state == REQUEST_DONE;
	pthread_mutex_unlock(&admin->lock);
	return done;
}

static void request_end(struct admin_request *request)
{
	struct admin *admin = request->admin;

	pthread_mutex_lock(&admin->lock);
	request_put(request);
	pthread_mutex_unlock(&admin->lock);
}

/* The answer may have come since the last look. False: the request is not ours any more. */
static bool request_give_up(struct admin_request *request)
{
	struct admin *admin = request->admin;
	bool done;

	pthread_mutex_lock(&admin->lock);
	qpair_take(admin->qp, 0);
	done = request->state == REQUEST_DONE;
	if (!done)
		request->state = REQUEST_LATE;
	pthread_mutex_unlock(&admin->lock);
	return done;
}

/* A controller that has failed does not answer: giving it up ends the request. */
static void pause_and_watch(struct upnvme_ctrlr *ctrlr, struct pause *pause)
{
	if (pause_next(pause))
		watch_alive(ctrlr);
}

static bool request_wait(struct upnvme_ctrlr *ctrlr, struct admin_request *request)
{
	struct pause pause = { 0 };

	while (!request_look(request)) {
		if (deadline_passed(request->deadline_ns) &&
		    !activation_excuses(ctrlr, request->deadline_ns))
			return request_give_up(request);
		pause_and_watch(ctrlr, &pause);
	}
	return true;
}

/* When the slots are full, too, of commands that others wait for, then until one of them is done. */
static int begin_waited(struct upnvme_ctrlr *ctrlr, const struct admin_command *command,
			struct admin_request **request)
{
	uint64_t deadline_ns = deadline_after(ctrlr->admin_timeout_ns);
	struct admin_command prepared = *command;
	struct pause pause = { 0 };
	int rc = admin_prepare(ctrlr, &prepared);

	if (rc)
		return rc;
	while ((rc = admin_begin(ctrlr, &prepared, ADMIN_CALLER, NULL, NULL, request)) == -EAGAIN &&
	       !deadline_passed(deadline_ns))
		pause_and_watch(ctrlr, &pause);
	return rc ? not_started(ctrlr, command, rc) : 0;
}

/* What the command has done to namespaces is known before its caller goes on. */
static int end_of_run(struct upnvme_ctrlr *ctrlr, const struct admin_command *command,
		      const struct upnvme_completion *done)
{
	if (done->flags & UPNVME_DONE_ABORTED)
		return ctrlr_check_alive(ctrlr);
	if (ns_change_of(ctrlr, &command->sqe) == NS_CHANGE_NONE)
		return 0;
	return ns_changes_settle(ctrlr);
}

int admin_run(struct upnvme_ctrlr *ctrlr, const struct admin_command *command,
	      struct upnvme_completion *done)
{
	struct admin_request *request;
	int rc = begin_waited(ctrlr, command, &request);

	if (rc)
		return rc;
	if (!request_wait(ctrlr, request))
		return error_set(
			-ETIMEDOUT, UPNVME_ERR_CTRLR_TIMEOUT,
			"%s did not answer admin command %02xh in time: raise the time-out, or "
			"close the controller",
			ctrlr->uri, command->sqe.opcode);
	request_copy_out(request);
	*done = request->done;
	request_end(request);
	return end_of_run(ctrlr, command, done);
}

int admin_check_status(const struct upnvme_completion *done, const char *what)
{
	int rc;

	if (!done->status)
		return 0;
	rc = error_set(-EIO, UPNVME_ERR_CTRLR_STATUS,
		       "%s: the controller answered with status %04xh, %s: %s", what, done->status,
		       nvme_status_name(done->status), nvme_status_text(done->status));
	error_set_status(done->status);
	return rc;
}

int admin_expect(struct upnvme_ctrlr *ctrlr, const struct admin_command *command, const char *what,
		 uint64_t *result)
{
	struct upnvme_completion done;
	int rc = admin_run(ctrlr, command, &done);

	if (!rc)
		rc = admin_check_status(&done, what);
	if (!rc && result)
		*result = done.result;
	return rc;
}

/* --- serving -------------------------------------------------------------------------------------- */

/* A callback to be made, free of the request, which may be in other hands by then. */
struct delivery {
	upnvme_cb cb;
	void *arg;
	enum admin_origin origin;
	struct upnvme_completion done;
};

static void deliver_done(struct admin *admin, struct delivery *delivery)
{
	struct admin_request *request = admin->done;

	admin->done = request->next;
	if (!admin->done)
		admin->done_end = &admin->done;
	request_copy_out(request);
	*delivery = (struct delivery){ request->cb, request->arg, request->origin, request->done };
	request_put(request);
}

static void deliver_late(struct admin_request *request, struct delivery *delivery)
{
	request->state = REQUEST_LATE;
	*delivery = (struct delivery){ request->cb, request->arg, request->origin, { 0 } };
	delivery->done.tag = (uint64_t)(uintptr_t)request->arg;
	delivery->done.status = NVME_SC_ABORT_REQUESTED;
	delivery->done.flags = UPNVME_DONE_ABORTED | UPNVME_DONE_INDETERMINATE;
}

static bool is_late(const struct admin_request *request, uint64_t now_ns)
{
	return request->state == REQUEST_SENT && request->cb &&
	       request->deadline_ns != UINT64_MAX && now_ns >= request->deadline_ns &&
	       !activation_excuses(request->admin->qp->ctrlr, request->deadline_ns);
}

static bool next_delivery(struct admin *admin, uint64_t now_ns, struct delivery *delivery)
{
	if (admin->done) {
		deliver_done(admin, delivery);
		return true;
	}
	for (uint32_t i = 0; i < ADMIN_OUTSTANDING; i++) {
		if (is_late(&admin->requests[i], now_ns)) {
			deliver_late(&admin->requests[i], delivery);
			return true;
		}
	}
	return false;
}

/* Takes what the device has done; how many callbacks that makes. What callbacks start is for the next
 * time, lest they keep each other going. */
static uint32_t collect(struct admin *admin, uint64_t now_ns)
{
	uint32_t n = 0;

	pthread_mutex_lock(&admin->lock);
	qpair_take(admin->qp, 0);
	for (const struct admin_request *request = admin->done; request; request = request->next)
		n++;
	for (uint32_t i = 0; i < ADMIN_OUTSTANDING; i++)
		n += is_late(&admin->requests[i], now_ns);
	pthread_mutex_unlock(&admin->lock);
	return n;
}

/* Before callbacks hear of a command that has ended. */
static void settle(struct upnvme_ctrlr *ctrlr)
{
	if (ns_changes_are_due(ctrlr) && !atomic_load(&ctrlr->failed) && ns_changes_settle(ctrlr))
		log_warn("%s: %s", ctrlr->uri, error_last()->text);
}

/* One at a time: a callback that does not come back takes no other with it. */
void admin_serve(struct upnvme_ctrlr *ctrlr)
{
	struct admin *admin = ctrlr->admin;
	uint64_t now_ns = clock_now_ns();
	struct delivery delivery;
	uint32_t n = collect(admin, now_ns);

	settle(ctrlr); /* also of commands that are late, and have no callback */
	for (; n > 0; n--) {
		bool found;

		settle(ctrlr);
		pthread_mutex_lock(&admin->lock);
		found = next_delivery(admin, now_ns, &delivery);
		pthread_mutex_unlock(&admin->lock);
		if (!found)
			return;
		if (delivery.origin == ADMIN_CALLER)
			poll_note_callback(ctrlr);
		delivery.cb(delivery.arg, &delivery.done);
	}
}

void admin_abort(struct upnvme_ctrlr *ctrlr)
{
	struct admin *admin = ctrlr->admin;

	if (!admin)
		return;
	pthread_mutex_lock(&admin->lock);
	qpair_abort(admin->qp);
	qpair_take(admin->qp, 0);
	pthread_mutex_unlock(&admin->lock);
}

/* --- life ----------------------------------------------------------------------------------------- */

uint32_t admin_entries(const struct upnvme_ctrlr *ctrlr)
{
	uint32_t page = NVME_PAGE_BYTES / sizeof(struct nvme_sqe);

	return ctrlr->quirks & QUIRK_WHOLE_ADMIN_QUEUE ? (uint32_t)align_up(ADMIN_ENTRIES, page) :
							 ADMIN_ENTRIES;
}

int admin_create(struct upnvme_ctrlr *ctrlr)
{
	struct admin *admin = calloc(1, sizeof(*admin));
	int rc;

	if (!admin)
		return error_no_memory("the admin queue", sizeof(*admin));
	rc = qpair_rings_create(&admin->qp, ctrlr, 0, admin_entries(ctrlr), ADMIN_OUTSTANDING,
				LIST_BYTES, 0);
	if (rc) {
		free(admin);
		return rc;
	}
	pthread_mutex_init(&admin->lock, NULL);
	admin->pool.domain = ctrlr->domain;
	admin->pool.node = ctrlr->transport->node;
	admin->done_end = &admin->done;
	for (uint32_t i = 0; i < ADMIN_OUTSTANDING; i++) {
		admin->requests[i].admin = admin;
		admin->requests[i].next = admin->free;
		admin->free = &admin->requests[i];
	}
	ctrlr->admin = admin;
	return 0;
}

void admin_destroy(struct upnvme_ctrlr *ctrlr)
{
	struct admin *admin = ctrlr->admin;

	if (!admin)
		return;
	for (uint32_t i = 0; i < ADMIN_OUTSTANDING; i++)
		admin_data_put(&admin->pool, &admin->requests[i].data);
	admin_pool_drain(&admin->pool);
	qpair_rings_destroy(admin->qp);
	pthread_mutex_destroy(&admin->lock);
	free(admin);
	ctrlr->admin = NULL;
}

const struct upnvme_qpair *admin_qpair(const struct upnvme_ctrlr *ctrlr)
{
	return ctrlr->admin->qp;
}
