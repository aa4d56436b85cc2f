/* SPDX-License-Identifier: BSD-3-Clause */
#include "driver/admin_request.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "driver/ctrlr.h"
#include "driver/ns_change.h"
#include "driver/queue/qpair.h"

#define ADMIN_ORDINARY (ADMIN_OUTSTANDING - ADMIN_RESERVED - ADMIN_WAITED)

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

void admin_request_put(struct admin_request *request)
{
	struct admin *admin = request->admin;

	admin_data_put(&admin->pool, &request->data);
	request->state = REQUEST_FREE;
	admin->nordinary -= request->origin != ADMIN_EVENT;
	request->next = admin->free;
	admin->free = request;
}

/* The slot's callback, which runs inside admin_take under the lock: only notes the completion. */
static void request_completed(void *arg, const struct upnvme_completion *done)
{
	struct admin_request *request = arg;
	struct admin *admin = request->admin;

	if (request->changes)
		ns_change_ended(admin->qp->ctrlr);
	if (request->state == REQUEST_LATE) {
		admin_request_put(request);
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

void admin_request_copy_out(const struct admin_request *request)
{
	if (request->direction == UPNVME_DATA_FROM_DEVICE && request->done.status == 0 &&
	    request->data.base)
		memcpy(request->caller_data, request->data.data, request->data.bytes);
}

static int request_send(struct admin_request *request, const struct admin_command *command)
{
	struct admin *admin = request->admin;
	struct upnvme_spec_sqe sqe = command->sqe;
	int rc = admin_data_get(&admin->pool, &request->data, command->data_bytes);

	if (rc)
		return rc;
	if (request->data.base && command->direction == UPNVME_DATA_TO_DEVICE)
		memcpy(request->data.data, command->data, command->data_bytes);
	else if (request->data.base)
		memset(request->data.data, 0, command->data_bytes);
	admin_data_describe(&admin->pool, &request->data, &sqe);
	request->state = REQUEST_SENT;
	return admin_push(admin, &sqe, request_completed, request);
}

static int queue_full(const struct admin *admin)
{
	return error_set(-EAGAIN, UPNVME_ERR_ADMIN_FULL,
			 "%u admin commands are outstanding, and there is no room for more: call "
			 "upnvme_ctrlr_poll and try again",
			 admin->nordinary);
}

int admin_request_begin(struct upnvme_ctrlr *ctrlr, const struct admin_command *command,
			enum admin_origin origin, upnvme_cb cb, void *arg,
			struct admin_request **started)
{
	struct admin_request *request = request_get(ctrlr->admin, origin, !cb);
	int rc;

	if (!request)
		return queue_full(ctrlr->admin);
	request->cb = cb;
	request->arg = arg;
	request->changes = ns_change_of(ctrlr, &command->sqe) != NS_CHANGE_NONE;
	request->caller_data = command->data;
	request->direction = command->direction;
	request->deadline_ns = deadline_after(command->timeout_ns);
	rc = request_send(request, command);
	if (rc) {
		admin_request_put(request);
		return rc == -EAGAIN ? queue_full(ctrlr->admin) : rc;
	}
	*started = request;
	return 0;
}
