/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Starting admin commands, and waiting for their answers. The admin queue's lock is held for moments only: to put a
 * command into the ring, and to take completions out, which then are only marked. A synchronous caller looks for its
 * answer again and again; admin_serve calls the callback of an asynchronous one.
 */
#include "driver/admin.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/pause.h"
#include "base/util.h"
#include "driver/activation.h"
#include "driver/admin_request.h"
#include "driver/command_timeout.h"
#include "driver/ctrlr.h"
#include "driver/data_length.h"
#include "driver/ns_change.h"
#include "driver/watch.h"
#include <upnvme/spec/status.h>
#include "spec/status_text.h"

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
			"an admin command with direction %u, %u bytes of data at %p: give all "
			"three for a command with data, none for one without",
			command->direction, command->data_bytes, command->data);
	if (command->data_bytes > limit)
		return error_set(-EINVAL, UPNVME_ERR_TRANSFER,
				 "an admin command with %u bytes of data: give %llu at most, the "
				 "controller's limit",
				 command->data_bytes, (unsigned long long)limit);
	return data_length_check_admin(&command->sqe, command->direction, command->data_bytes);
}

/* Checks the command, sets its time-out, and begins the change of namespaces that the command may make. Where the
 * command is not sent after that, not_started takes the change back. */
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
	/* The look is within the lock, so that admin_abort finds all commands that were sent before. */
	rc = ctrlr_check_alive(ctrlr);
	if (!rc)
		rc = admin_request_begin(ctrlr, command, origin, cb, arg, started);
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
		admin_take(admin);
	done = request->state == REQUEST_DONE;
	pthread_mutex_unlock(&admin->lock);
	return done;
}

static void request_end(struct admin_request *request)
{
	struct admin *admin = request->admin;

	pthread_mutex_lock(&admin->lock);
	admin_request_put(request);
	pthread_mutex_unlock(&admin->lock);
}

/* Takes completions a last time, since the answer may have come after the last look. False: the request is late, and
 * becomes free when the device answers. */
static bool request_give_up(struct admin_request *request)
{
	struct admin *admin = request->admin;
	bool done;

	pthread_mutex_lock(&admin->lock);
	admin_take(admin);
	done = request->state == REQUEST_DONE;
	if (!done)
		request->state = REQUEST_LATE;
	pthread_mutex_unlock(&admin->lock);
	return done;
}

/* Looks from time to time whether the controller has failed: it would not answer, and watch_alive gives it up, which
 * ends the request. */
static void pause_and_watch(struct upnvme_ctrlr *ctrlr, struct pause *pause)
{
	if (pause_next(pause))
		watch_alive(ctrlr);
}

/* A busy machine may keep this thread from every look until the deadline has passed: one more look at CSTS tells
 * whether the controller has failed, or pauses. */
static bool is_overdue(struct upnvme_ctrlr *ctrlr, const struct admin_request *request)
{
	if (!deadline_passed(request->deadline_ns))
		return false;
	watch_alive(ctrlr);
	return !activation_excuses(ctrlr, request->deadline_ns);
}

static bool request_wait(struct upnvme_ctrlr *ctrlr, struct admin_request *request)
{
	struct pause pause = { 0 };

	while (!request_look(request)) {
		if (is_overdue(ctrlr, request))
			return request_give_up(request);
		pause_and_watch(ctrlr, &pause);
	}
	return true;
}

/* Begins the command, and waits for a slot where commands of other synchronous callers have all of them. */
static int begin_waited(struct upnvme_ctrlr *ctrlr, const struct admin_command *command,
			struct admin_request **request)
{
	uint64_t deadline_ns = deadline_after(ctrlr->admin_timeout_ns);
	struct admin_command prepared = *command;
	struct pause pause = { 0 };
	int rc = admin_prepare(ctrlr, &prepared);

	if (rc)
		return rc;
	for (;;) {
		/* The clock is read first, so that the last try comes after the deadline. */
		bool late = deadline_passed(deadline_ns);

		rc = admin_begin(ctrlr, &prepared, ADMIN_CALLER, NULL, NULL, request);
		if (rc != -EAGAIN || late)
			return rc ? not_started(ctrlr, command, rc) : 0;
		pause_and_watch(ctrlr, &pause);
	}
}

/* Handles of namespaces that the command has changed are up to date before the command's caller goes on. */
static int end_of_run(struct upnvme_ctrlr *ctrlr, const struct admin_command *command,
		      const struct upnvme_completion *done)
{
	if (done->flags & UPNVME_DONE_ABORTED)
		return ctrlr_check_alive(ctrlr);
	if (ns_change_of(ctrlr, &command->sqe) == NS_CHANGE_NONE)
		return 0;
	return ns_changes_settle(ctrlr);
}

/* A controller that another thread has just given up has failed, and is not slow. */
static int error_unanswered(struct upnvme_ctrlr *ctrlr, uint8_t opcode)
{
	int rc = ctrlr_check_alive(ctrlr);

	return rc ? rc :
		    error_set(-ETIMEDOUT, UPNVME_ERR_CTRLR_TIMEOUT,
			      "%s did not answer admin command %02xh in time: raise "
			      "upnvme_open_opts.admin_timeout_ns, or close the controller",
			      ctrlr->uri, opcode);
}

int admin_run(struct upnvme_ctrlr *ctrlr, const struct admin_command *command,
	      struct upnvme_completion *done)
{
	struct admin_request *request;
	int rc = begin_waited(ctrlr, command, &request);

	if (rc)
		return rc;
	if (!request_wait(ctrlr, request))
		return error_unanswered(ctrlr, command->sqe.opcode);
	admin_request_copy_out(request);
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
