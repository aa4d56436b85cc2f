/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Events. A request comes back when something happened; the log page that has more is read, which
 * clears the event; then the request goes out again, and only then the caller hears of it: what the
 * caller asks for next is up to date.
 */
#include "driver/event.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/log.h"
#include "base/util.h"
#include "driver/admin.h"
#include "driver/ctrlr.h"
#include "driver/features.h"
#include "driver/log_pages.h"
#include "driver/ns.h"
#include "driver/poll.h"
#include "spec/command.h"
#include "spec/feature.h"
#include "spec/log_page.h"
#include "spec/opcode.h"
#include "spec/sqe.h"

struct events {
	pthread_mutex_t lock; /* recursive: held while the callback runs, which may set another */
	upnvme_event_cb cb;
	void *arg;
};

static void deliver(struct upnvme_ctrlr *ctrlr, const struct upnvme_event *event)
{
	struct events *events = ctrlr->events;

	pthread_mutex_lock(&events->lock);
	if (events->cb) {
		events->cb(events->arg, event);
		poll_note_callback();
	}
	pthread_mutex_unlock(&events->lock);
}

void events_on(struct upnvme_ctrlr *ctrlr, upnvme_event_cb cb, void *arg)
{
	struct events *events = ctrlr->events;

	pthread_mutex_lock(&events->lock);
	events->cb = cb;
	events->arg = arg;
	pthread_mutex_unlock(&events->lock);
}

/* --- what an event is about ----------------------------------------------------------------------- */

static int read_log(struct upnvme_ctrlr *ctrlr, uint32_t lid, void *data, uint64_t bytes)
{
	struct log_range range = {
		.nsid = NVME_NSID_BROADCAST, .lid = lid, .data = data, .bytes = bytes
	};

	return log_page_read(ctrlr, &range);
}

/* The handles are brought up to date, and one event tells of each namespace; of all, when the list
 * has overflowed. */
static int on_namespaces(struct upnvme_ctrlr *ctrlr, struct upnvme_event *event)
{
	struct nvme_changed_ns_log log;
	uint32_t n = 0;
	int rc = read_log(ctrlr, NVME_LOG_CHANGED_NS_LIST, &log, sizeof(log));

	while (!rc && n < NVME_CHANGED_NS_ENTRIES && log.nsid[n])
		n++;
	if (rc || log.nsid[0] == NVME_CHANGED_NS_OVERFLOW)
		n = 0;
	rc = ns_refresh(ctrlr, n ? log.nsid : NULL, n);
	if (rc)
		return rc;
	for (uint32_t i = 0; i + 1 < n; i++) {
		event->nsid = log.nsid[i];
		deliver(ctrlr, event);
	}
	event->nsid = n ? log.nsid[n - 1] : 0;
	return 0;
}

static int on_smart(struct upnvme_ctrlr *ctrlr)
{
	struct nvme_smart_log log;

	return read_log(ctrlr, NVME_LOG_SMART, &log, sizeof(log));
}

static int on_error(struct upnvme_ctrlr *ctrlr)
{
	struct nvme_error_log_entry log;

	return read_log(ctrlr, NVME_LOG_ERROR, &log, sizeof(log));
}

static uint32_t event_kind(uint32_t dw0)
{
	switch (NVME_AER_TYPE(dw0)) {
	case NVME_AER_TYPE_ERROR:
		return UPNVME_EVENT_ERROR;
	case NVME_AER_TYPE_SMART:
		return UPNVME_EVENT_SMART;
	case NVME_AER_TYPE_NOTICE:
		return NVME_AER_INFO(dw0) == NVME_AER_NOTICE_NS_ATTRIBUTE_CHANGED ?
			       UPNVME_EVENT_NS_CHANGED :
			       UPNVME_EVENT_OTHER;
	default:
		return UPNVME_EVENT_OTHER;
	}
}

/* Reads the log page that clears the event, where the library understands it. */
static int acknowledge(struct upnvme_ctrlr *ctrlr, struct upnvme_event *event)
{
	switch (event->kind) {
	case UPNVME_EVENT_NS_CHANGED:
		return on_namespaces(ctrlr, event);
	case UPNVME_EVENT_SMART:
		return event->log_page == NVME_LOG_SMART ? on_smart(ctrlr) : 0;
	case UPNVME_EVENT_ERROR:
		return event->log_page == NVME_LOG_ERROR ? on_error(ctrlr) : 0;
	default:
		return 0;
	}
}

/* --- requests ------------------------------------------------------------------------------------- */

static void on_event(void *arg, const struct upnvme_completion *done);

static int arm(struct upnvme_ctrlr *ctrlr)
{
	struct admin_command command = {
		.sqe = { .opcode = NVME_ADMIN_ASYNC_EVENT_REQUEST },
		.timeout_ns = UINT64_MAX,
	};

	return admin_start(ctrlr, &command, ADMIN_EVENT, on_event, ctrlr);
}

static void log_trouble(const struct upnvme_ctrlr *ctrlr, const struct upnvme_event *event,
			const char *what)
{
	log_warn("%s: event type %u, information %02xh, %s: %s", ctrlr->uri, event->type,
		 event->info, what, error_last()->text);
}

static void on_event(void *arg, const struct upnvme_completion *done)
{
	struct upnvme_ctrlr *ctrlr = arg;
	uint32_t dw0 = (uint32_t)done->result;
	struct upnvme_event event = {
		.kind = event_kind(dw0),
		.type = (uint8_t)NVME_AER_TYPE(dw0),
		.info = (uint8_t)NVME_AER_INFO(dw0),
		.log_page = (uint8_t)NVME_AER_LID(dw0),
	};

	if (done->flags & UPNVME_DONE_ABORTED)
		return;
	if (done->status) {
		log_warn(
			"%s: an Asynchronous Event Request ended with status %04xh, and is not repeated",
			ctrlr->uri, done->status);
		return;
	}
	if (acknowledge(ctrlr, &event))
		log_trouble(ctrlr, &event, "is not acknowledged");
	if (arm(ctrlr))
		log_trouble(ctrlr, &event, "was its request's last");
	deliver(ctrlr, &event);
}

static void configure(struct upnvme_ctrlr *ctrlr)
{
	struct feature feature = {
		.fid = NVME_FEAT_ASYNC_EVENT_CONFIG,
		.value = NVME_SMART_WARNING_SPARE | NVME_SMART_WARNING_TEMPERATURE |
			 NVME_SMART_WARNING_RELIABILITY | NVME_SMART_WARNING_READ_ONLY |
			 NVME_SMART_WARNING_BACKUP |
			 (ctrlr->id.oaes & (NVME_OAES_NS_ATTRIBUTE | NVME_OAES_FIRMWARE)),
	};

	if (feature_set(ctrlr, &feature, 0, NULL))
		log_warn("%s: events cannot be configured: %s", ctrlr->uri, error_last()->text);
}

void events_arm(struct upnvme_ctrlr *ctrlr)
{
	uint32_t n = MIN(ctrlr->id.aerl + 1u, ADMIN_RESERVED);

	configure(ctrlr);
	for (uint32_t i = 0; i < n; i++)
		if (arm(ctrlr))
			log_warn("%s: no event requests: %s", ctrlr->uri, error_last()->text);
}

void events_serve(struct upnvme_ctrlr *ctrlr)
{
	struct upnvme_event event = { .kind = UPNVME_EVENT_FAILED };

	if (atomic_exchange(&ctrlr->failed_untold, false))
		deliver(ctrlr, &event);
}

/* --- life ----------------------------------------------------------------------------------------- */

int events_create(struct upnvme_ctrlr *ctrlr)
{
	struct events *events = calloc(1, sizeof(*events));
	pthread_mutexattr_t attributes;

	if (!events)
		return error_no_memory("the events of a controller", sizeof(*events));
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&events->lock, &attributes);
	pthread_mutexattr_destroy(&attributes);
	ctrlr->events = events;
	return 0;
}

void events_destroy(struct upnvme_ctrlr *ctrlr)
{
	if (!ctrlr->events)
		return;
	pthread_mutex_destroy(&ctrlr->events->lock);
	free(ctrlr->events);
	ctrlr->events = NULL;
}
