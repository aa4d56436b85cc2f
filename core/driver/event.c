/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Events. A request comes back when something happened; the log page that has more is read, which
 * clears the event; then the request goes out again. The user's callback comes last, so that what it then asks
 * for is up to date.
 */
#include "driver/event.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/util.h"
#include "driver/activation.h"
#include "driver/admin.h"
#include "driver/ctrlr.h"
#include "driver/features.h"
#include "driver/log_pages.h"
#include "driver/ns.h"
#include "driver/poll.h"
#include "driver/queue/owner.h"
#include "driver/watch.h"
#include <upnvme/spec/command.h>
#include <upnvme/spec/feature.h>
#include <upnvme/spec/log_page.h>
#include <upnvme/spec/opcode.h>
#include <upnvme/spec/sqe.h>
#include <upnvme/spec/status.h>
#include "spec/status_text.h"

/* The wait before a request that ended in error goes out again: the first wait, which doubles each time, and the
 * longest. */
#define REARM_FIRST_NS (100 * NS_PER_MS)
#define REARM_MOST_NS  (60 * NS_PER_S)

struct events {
	pthread_mutex_t lock; /* of these four */
	pthread_cond_t idle;
	upnvme_event_cb cb;
	void *arg;
	uint64_t running; /* the token of the thread that is in the callback; 0: none */

	/* The rest belongs to the thread that serves. */
	uint32_t nlost; /* requests that ended in error, or could not be sent */
	uint64_t rearm_ns, rearm_at_ns;
	uint32_t nchanged; /* namespaces in the list log.changed */
	bool activating; /* a firmware activation goes on: its event, below, is not acknowledged yet */
	struct upnvme_event activation;
	union {
		struct upnvme_spec_changed_ns_log changed;
		struct upnvme_spec_smart_log smart;
		struct upnvme_spec_error_log_entry error;
		struct upnvme_spec_firmware_slot_log firmware;
	} log; /* here, since the stack of a poll is bounded */
};

/* --- telling -------------------------------------------------------------------------------------- */

static void deliver_event(struct upnvme_ctrlr *ctrlr, const struct upnvme_event *event)
{
	struct events *events = ctrlr->events;
	upnvme_event_cb cb;
	void *arg;

	pthread_mutex_lock(&events->lock);
	cb = events->cb;
	arg = events->arg;
	events->running = cb ? owner_token() : 0;
	pthread_mutex_unlock(&events->lock);
	if (!cb)
		return;
	poll_note_callback(ctrlr);
	cb(arg, event);
	events_abandon(ctrlr);
}

void events_abandon(struct upnvme_ctrlr *ctrlr)
{
	struct events *events = ctrlr->events;

	pthread_mutex_lock(&events->lock);
	events->running = 0;
	pthread_cond_broadcast(&events->idle);
	pthread_mutex_unlock(&events->lock);
}

void events_on(struct upnvme_ctrlr *ctrlr, upnvme_event_cb cb, void *arg)
{
	struct events *events = ctrlr->events;

	pthread_mutex_lock(&events->lock);
	while (events->running && events->running != owner_token())
		pthread_cond_wait(&events->idle, &events->lock);
	events->cb = cb;
	events->arg = arg;
	pthread_mutex_unlock(&events->lock);
}

/* --- what an event is about ----------------------------------------------------------------------- */

static int read_log(struct upnvme_ctrlr *ctrlr, uint32_t lid, uint64_t bytes)
{
	struct log_range range = { .nsid = UPNVME_SPEC_NSID_BROADCAST,
				   .lid = lid,
				   .data = &ctrlr->events->log,
				   .bytes = bytes };

	return log_page_acknowledge(ctrlr, &range);
}

/* Brings the handles of the listed namespaces up to date, or all handles when the list has
 * overflowed or cannot be read. */
static int on_namespaces(struct upnvme_ctrlr *ctrlr)
{
	struct events *events = ctrlr->events;
	const uint32_t *changed = events->log.changed.nsid;
	uint32_t n = 0;
	int rc = read_log(ctrlr, UPNVME_SPEC_LOG_CHANGED_NS_LIST, sizeof(events->log.changed));

	while (!rc && n < UPNVME_SPEC_CHANGED_NS_ENTRIES && changed[n])
		n++;
	if (rc || changed[0] == UPNVME_SPEC_CHANGED_NS_OVERFLOW)
		n = 0;
	rc = ns_refresh(ctrlr, n ? changed : NULL, n);
	events->nchanged = rc ? 0 : n;
	return rc;
}

static uint32_t event_kind(uint32_t dw0)
{
	switch (UPNVME_SPEC_AER_TYPE(dw0)) {
	case UPNVME_SPEC_AER_TYPE_ERROR:
		return UPNVME_EVENT_ERROR;
	case UPNVME_SPEC_AER_TYPE_SMART:
		return UPNVME_EVENT_SMART;
	case UPNVME_SPEC_AER_TYPE_NOTICE:
		return UPNVME_SPEC_AER_INFO(dw0) == UPNVME_SPEC_AER_NOTICE_NS_ATTRIBUTE_CHANGED ?
			       UPNVME_EVENT_NS_CHANGED :
			       UPNVME_EVENT_OTHER;
	default:
		return UPNVME_EVENT_OTHER;
	}
}

static bool is_activation(const struct upnvme_event *event)
{
	return event->type == UPNVME_SPEC_AER_TYPE_NOTICE &&
	       event->info == UPNVME_SPEC_AER_NOTICE_FIRMWARE_ACTIVATION;
}

/* Reads the log page that clears an event of a kind that the library asks for: as long as the page is not read,
 * all events of that type are masked (NVMe Base 2.0c, 5.2). */
static int acknowledge(struct upnvme_ctrlr *ctrlr, const struct upnvme_event *event)
{
	struct events *events = ctrlr->events;

	events->nchanged = 0;
	if (event->kind == UPNVME_EVENT_NS_CHANGED)
		return on_namespaces(ctrlr);
	if (event->kind == UPNVME_EVENT_SMART && event->log_page == UPNVME_SPEC_LOG_SMART)
		return read_log(ctrlr, UPNVME_SPEC_LOG_SMART, sizeof(events->log.smart));
	if (event->kind == UPNVME_EVENT_ERROR && event->log_page == UPNVME_SPEC_LOG_ERROR)
		return read_log(ctrlr, UPNVME_SPEC_LOG_ERROR, sizeof(events->log.error));
	if (is_activation(event))
		return read_log(ctrlr, UPNVME_SPEC_LOG_FIRMWARE_SLOT, sizeof(events->log.firmware));
	return 0;
}

/* Delivers one event for each namespace of the list, or one event without a namespace where there is no list. */
static void tell(struct upnvme_ctrlr *ctrlr, struct upnvme_event *event)
{
	const struct events *events = ctrlr->events;
	uint32_t n = 0;

	do {
		event->nsid = n < events->nchanged ? events->log.changed.nsid[n] : 0;
		deliver_event(ctrlr, event);
	} while (++n < events->nchanged);
}

/* --- requests ------------------------------------------------------------------------------------- */

static void on_event(void *arg, const struct upnvme_completion *done);

/* Notes a request that has to go out again. The wait doubles as long as requests end in error. */
static void lose_request(struct events *events)
{
	if (!events->nlost++) {
		events->rearm_ns = MIN(MAX(2 * events->rearm_ns, REARM_FIRST_NS), REARM_MOST_NS);
		events->rearm_at_ns = deadline_after(events->rearm_ns);
	}
}

static void arm(struct upnvme_ctrlr *ctrlr)
{
	struct admin_command command = {
		.sqe = { .opcode = UPNVME_SPEC_ADMIN_ASYNC_EVENT_REQUEST },
		.timeout_ns = UINT64_MAX,
	};

	if (!admin_start(ctrlr, &command, ADMIN_EVENT, on_event, ctrlr))
		return;
	log_warn("%s: no Asynchronous Event Request could be sent: %s", ctrlr->uri,
		 error_last()->text);
	lose_request(ctrlr->events);
}

static void rearm(struct upnvme_ctrlr *ctrlr)
{
	struct events *events = ctrlr->events;
	uint32_t n = events->nlost;

	if (!n || !deadline_passed(events->rearm_at_ns) || atomic_load(&ctrlr->failed))
		return;
	events->nlost = 0;
	while (n-- > 0)
		arm(ctrlr);
}

/* Whether the request is not to be repeated: the controller takes no more requests, or none at all, or another user has
 * aborted this one. */
static bool is_final(uint16_t status)
{
	uint16_t code = UPNVME_SPEC_STATUS_CODE(status);

	return code == UPNVME_SPEC_SC_AER_LIMIT_EXCEEDED || code == UPNVME_SPEC_SC_INVALID_OPCODE ||
	       code == UPNVME_SPEC_SC_ABORT_REQUESTED;
}

static void on_error_status(struct upnvme_ctrlr *ctrlr, uint16_t status)
{
	bool final = is_final(status);

	log_warn("%s: an Asynchronous Event Request ended with status %04xh, %s: it is %s",
		 ctrlr->uri, status, nvme_status_name(status),
		 final ? "not repeated" : "repeated later");
	if (!final)
		lose_request(ctrlr->events);
}

static void complete_event(struct upnvme_ctrlr *ctrlr, struct upnvme_event *event)
{
	if (acknowledge(ctrlr, event))
		log_warn("%s: event type %u, information %02xh, is not acknowledged: %s",
			 ctrlr->uri, event->type, event->info, error_last()->text);
	arm(ctrlr);
	tell(ctrlr, event);
}

/* The log page that clears the event can be read only when the controller goes on. */
static void activation_announced(struct upnvme_ctrlr *ctrlr, const struct upnvme_event *event)
{
	activation_begin(ctrlr);
	ctrlr->events->activation = *event;
	ctrlr->events->activating = true;
}

static void serve_activation(struct upnvme_ctrlr *ctrlr)
{
	struct events *events = ctrlr->events;

	if (!events->activating || !watch_alive(ctrlr) || activation_goes_on(ctrlr))
		return;
	events->activating = false;
	complete_event(ctrlr, &events->activation);
}

static void on_event(void *arg, const struct upnvme_completion *done)
{
	struct upnvme_ctrlr *ctrlr = arg;
	uint32_t dw0 = (uint32_t)done->result;
	struct upnvme_event event = {
		.kind = event_kind(dw0),
		.type = (uint8_t)UPNVME_SPEC_AER_TYPE(dw0),
		.info = (uint8_t)UPNVME_SPEC_AER_INFO(dw0),
		.log_page = (uint8_t)UPNVME_SPEC_AER_LID(dw0),
	};

	if (done->flags & UPNVME_DONE_ABORTED)
		return;
	if (done->status) {
		on_error_status(ctrlr, done->status);
		return;
	}
	ctrlr->events->rearm_ns = 0;
	if (is_activation(&event))
		activation_announced(ctrlr, &event);
	else
		complete_event(ctrlr, &event);
}

static void configure(struct upnvme_ctrlr *ctrlr)
{
	struct feature feature = {
		.fid = UPNVME_SPEC_FEAT_ASYNC_EVENT_CONFIG,
		.value = UPNVME_SPEC_SMART_WARNING_SPARE | UPNVME_SPEC_SMART_WARNING_TEMPERATURE |
			 UPNVME_SPEC_SMART_WARNING_RELIABILITY |
			 UPNVME_SPEC_SMART_WARNING_READ_ONLY | UPNVME_SPEC_SMART_WARNING_BACKUP |
			 (ctrlr->id.oaes &
			  (UPNVME_SPEC_OAES_NS_ATTRIBUTE | UPNVME_SPEC_OAES_FIRMWARE)),
	};

	if (feature_set_own(ctrlr, &feature, NULL))
		log_warn("%s: events cannot be configured: %s", ctrlr->uri, error_last()->text);
}

void events_arm(struct upnvme_ctrlr *ctrlr)
{
	uint32_t n = MIN(ctrlr->id.aerl + 1u, ADMIN_RESERVED);

	configure(ctrlr);
	for (uint32_t i = 0; i < n; i++)
		arm(ctrlr);
}

void events_serve(struct upnvme_ctrlr *ctrlr)
{
	struct upnvme_event event = { .kind = UPNVME_EVENT_FAILED };

	if (atomic_exchange(&ctrlr->failed_untold, false))
		deliver_event(ctrlr, &event);
	serve_activation(ctrlr);
	rearm(ctrlr);
}

/* --- life ----------------------------------------------------------------------------------------- */

int events_create(struct upnvme_ctrlr *ctrlr)
{
	struct events *events = calloc(1, sizeof(*events));

	if (!events)
		return error_no_memory("the events of a controller", sizeof(*events));
	pthread_mutex_init(&events->lock, NULL);
	pthread_cond_init(&events->idle, NULL);
	ctrlr->events = events;
	return 0;
}

void events_destroy(struct upnvme_ctrlr *ctrlr)
{
	if (!ctrlr->events)
		return;
	pthread_cond_destroy(&ctrlr->events->idle);
	pthread_mutex_destroy(&ctrlr->events->lock);
	free(ctrlr->events);
	ctrlr->events = NULL;
}
