/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Asynchronous events: the pending ones, the types that the host wants to hear of, and the outstanding requests, whose
 * completions tell the host of events.
 *
 * NVMe Base 2.0c, 5.2 (Asynchronous Event Request) and 5.27.1.8 (configuration). Once the host was told of an event,
 * the host hears of no other event of that type until it has read the log page that goes with the type.
 */
#include "softctrl/events.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "softctrl/controller.h"
#include <upnvme/spec/command.h>

#define TEMPERATURE_DEFAULT 313u /* kelvin, 40 degrees Celsius */

static const struct {
	uint8_t type;
	uint8_t info;
	uint8_t log_page;
} event_kinds[SC_NEVENTS] = {
	[SC_EVENT_DOORBELL_REGISTER] = { UPNVME_SPEC_AER_TYPE_ERROR,
					 UPNVME_SPEC_AER_ERROR_INVALID_DOORBELL_REGISTER,
					 UPNVME_SPEC_LOG_ERROR },
	[SC_EVENT_DOORBELL_VALUE] = { UPNVME_SPEC_AER_TYPE_ERROR,
				      UPNVME_SPEC_AER_ERROR_INVALID_DOORBELL_VALUE,
				      UPNVME_SPEC_LOG_ERROR },
	[SC_EVENT_TEMPERATURE] = { UPNVME_SPEC_AER_TYPE_SMART, UPNVME_SPEC_AER_SMART_TEMPERATURE,
				   UPNVME_SPEC_LOG_SMART },
	[SC_EVENT_RELIABILITY] = { UPNVME_SPEC_AER_TYPE_SMART, UPNVME_SPEC_AER_SMART_RELIABILITY,
				   UPNVME_SPEC_LOG_SMART },
	[SC_EVENT_NS_CHANGED] = { UPNVME_SPEC_AER_TYPE_NOTICE,
				  UPNVME_SPEC_AER_NOTICE_NS_ATTRIBUTE_CHANGED,
				  UPNVME_SPEC_LOG_CHANGED_NS_LIST },
};

static void temperatures_reset(struct sc_events *events)
{
	for (unsigned i = 0; i <= SC_NSENSORS; i++) {
		events->over[i] = i ? 0xffff : SC_WCTEMP;
		events->under[i] = 0;
	}
}

int sc_events_init(struct softctrl *sc)
{
	struct sc_events *events = &sc->events;

	events->ns_changed = calloc(sc->nnamespaces, 1);
	if (!events->ns_changed)
		return error_no_memory("the changed namespace list", sc->nnamespaces);
	pthread_mutex_init(&events->lock, NULL);
	for (unsigned i = 0; i <= SC_NSENSORS; i++)
		events->temperature[i] = TEMPERATURE_DEFAULT;
	temperatures_reset(events);
	return 0;
}

void sc_events_fini(struct softctrl *sc)
{
	if (sc->events.ns_changed)
		pthread_mutex_destroy(&sc->events.lock);
	free(sc->events.ns_changed);
}

static void pend(struct sc_events *events, enum sc_event event)
{
	atomic_fetch_or_explicit(&events->pending, 1u << event, memory_order_release);
}

void sc_event_raise(struct softctrl *sc, enum sc_event event)
{
	pend(&sc->events, event);
	sc_thread_kick(sc);
}

static uint32_t explained_by(uint8_t log_page)
{
	uint32_t events = 0;

	for (unsigned i = 0; i < SC_NEVENTS; i++)
		if (event_kinds[i].log_page == log_page)
			events |= 1u << i;
	return events;
}

uint32_t sc_events_log_begin(struct softctrl *sc, uint8_t log_page)
{
	uint32_t events = explained_by(log_page);

	return atomic_fetch_and(&sc->events.pending, ~events) & events;
}

void sc_events_log_retain(struct softctrl *sc, uint32_t explained)
{
	atomic_fetch_or(&sc->events.pending, explained);
}

static void changes_are_told(struct softctrl *sc)
{
	for (uint32_t i = 0; i < sc->nnamespaces; i++)
		if (sc->events.ns_changed[i] == SC_NS_LISTED)
			sc->events.ns_changed[i] = SC_NS_SAME;
}

/* Reading a page without Retain Asynchronous Event unmasks the types that the page explains. Base 2.0c, 5.16.1 */
void sc_events_log_read(struct softctrl *sc, uint8_t log_page)
{
	struct sc_events *events = &sc->events;

	pthread_mutex_lock(&events->lock);
	for (unsigned i = 0; i < SC_NEVENTS; i++)
		if (event_kinds[i].log_page == log_page)
			events->masked_types &= ~(1u << event_kinds[i].type);
	if (log_page == UPNVME_SPEC_LOG_CHANGED_NS_LIST)
		changes_are_told(sc);
	pthread_mutex_unlock(&events->lock);
}

static bool deliver_one(struct sc_events *events, unsigned event)
{
	struct sc_cmd *cmd;

	if (!(atomic_load(&events->pending) & 1u << event) ||
	    (events->masked_types & 1u << event_kinds[event].type) || !events->naers)
		return false;
	cmd = events->aers[--events->naers];
	cmd->dw0 =
		UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_AER_TYPE, event_kinds[event].type) |
		UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_AER_INFO, (uint32_t)event_kinds[event].info) |
		UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_AER_LID, (uint32_t)event_kinds[event].log_page);
	atomic_fetch_and(&events->pending, ~(1u << event));
	events->masked_types |= 1u << event_kinds[event].type;
	sc_cmd_complete(cmd, UPNVME_SPEC_SC_SUCCESS);
	return true;
}

bool sc_events_deliver(struct softctrl *sc)
{
	struct sc_events *events = &sc->events;
	bool delivered = false;

	if (likely(!atomic_load_explicit(&events->pending, memory_order_acquire)))
		return false;
	pthread_mutex_lock(&events->lock);
	for (unsigned i = 0; i < SC_NEVENTS; i++)
		delivered |= deliver_one(events, i);
	pthread_mutex_unlock(&events->lock);
	return delivered;
}

uint16_t sc_async_event_request(struct sc_cmd *cmd)
{
	struct sc_events *events = &cmd->sq->sc->events;

	if (events->naers == SC_NAERS)
		return sc_dnr(UPNVME_SPEC_SC_AER_LIMIT_EXCEEDED);
	events->aers[events->naers++] = cmd;
	return SC_PENDING;
}

bool sc_events_abort(struct softctrl *sc, uint16_t cid)
{
	struct sc_events *events = &sc->events;

	for (uint32_t i = 0; i < events->naers; i++) {
		struct sc_cmd *cmd = events->aers[i];

		if (cmd->sqe.cid == cid) {
			events->aers[i] = events->aers[--events->naers];
			sc_cmd_complete(cmd, UPNVME_SPEC_SC_ABORT_REQUESTED);
			return true;
		}
	}
	return false;
}

/*
 * A medium that has failed takes reads alone, and its data may be lost. The controller counts as read only when all of
 * its media have failed: Base 2.0c, 5.16.1.3.
 */
static uint8_t media_warnings(const struct softctrl *sc)
{
	uint32_t nfailed = 0;

	for (uint32_t i = 0; i < sc->nnamespaces; i++)
		nfailed += atomic_load_explicit(&sc->namespaces[i].media->failed,
						memory_order_acquire);
	if (!nfailed)
		return 0;
	return nfailed < sc->nnamespaces ?
		       UPNVME_SPEC_SMART_WARNING_RELIABILITY :
		       UPNVME_SPEC_SMART_WARNING_RELIABILITY | UPNVME_SPEC_SMART_WARNING_READ_ONLY;
}

/* Makes events of the warnings that begin to hold, if the host asked for them. The caller has the events' lock. */
static void warnings_update(struct softctrl *sc)
{
	struct sc_events *events = &sc->events;
	uint8_t now = media_warnings(sc), news;
	uint8_t wanted =
		(uint8_t)UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_ASYNC_EVENT_SMART, events->config);

	for (unsigned i = 0; i <= SC_NSENSORS; i++) {
		if (events->temperature[i] >= events->over[i] ||
		    events->temperature[i] <= events->under[i])
			now |= UPNVME_SPEC_SMART_WARNING_TEMPERATURE;
	}
	news = now & wanted & (uint8_t)~events->critical_warnings;
	if (news & UPNVME_SPEC_SMART_WARNING_TEMPERATURE)
		pend(events, SC_EVENT_TEMPERATURE);
	if (news & (UPNVME_SPEC_SMART_WARNING_RELIABILITY | UPNVME_SPEC_SMART_WARNING_READ_ONLY))
		pend(events, SC_EVENT_RELIABILITY);
	events->critical_warnings = now;
}

void sc_events_reset(struct softctrl *sc)
{
	struct sc_events *events = &sc->events;

	pthread_mutex_lock(&events->lock);
	atomic_store(&events->pending, 0);
	events->masked_types = 0;
	events->config = 0;
	events->naers = 0;
	memset(events->ns_changed, 0, sc->nnamespaces);
	temperatures_reset(events);
	warnings_update(sc); /* a reset does not end a warning that holds */
	pthread_mutex_unlock(&events->lock);
}

uint8_t sc_events_critical_warnings(struct softctrl *sc)
{
	uint8_t warnings;

	pthread_mutex_lock(&sc->events.lock);
	warnings = sc->events.critical_warnings | media_warnings(sc);
	pthread_mutex_unlock(&sc->events.lock);
	return warnings;
}

void sc_events_media_check(struct softctrl *sc)
{
	if (!media_warnings(sc))
		return;
	pthread_mutex_lock(&sc->events.lock);
	warnings_update(sc);
	pthread_mutex_unlock(&sc->events.lock);
	sc_thread_kick(sc);
}

/* A host that enables a warning's event while the warning holds is told of the warning then. */
void sc_events_configure(struct softctrl *sc, uint32_t config)
{
	struct sc_events *events = &sc->events;

	pthread_mutex_lock(&events->lock);
	events->critical_warnings &= (uint8_t)events->config;
	events->config = config;
	warnings_update(sc);
	pthread_mutex_unlock(&events->lock);
}

void sc_events_threshold_set(struct softctrl *sc, unsigned sensor, bool under, uint16_t kelvin)
{
	struct sc_events *events = &sc->events;

	pthread_mutex_lock(&events->lock);
	*(under ? &events->under[sensor] : &events->over[sensor]) = kelvin;
	warnings_update(sc);
	pthread_mutex_unlock(&events->lock);
}

uint16_t sc_events_threshold(struct softctrl *sc, unsigned sensor, bool under)
{
	uint16_t kelvin;

	pthread_mutex_lock(&sc->events.lock);
	kelvin = under ? sc->events.under[sensor] : sc->events.over[sensor];
	pthread_mutex_unlock(&sc->events.lock);
	return kelvin;
}

uint16_t sc_events_temperature(struct softctrl *sc, unsigned sensor)
{
	uint16_t kelvin;

	pthread_mutex_lock(&sc->events.lock);
	kelvin = sc->events.temperature[sensor];
	pthread_mutex_unlock(&sc->events.lock);
	return kelvin;
}

void softctrl_temperature_set(struct softctrl *sc, uint16_t kelvin)
{
	struct sc_events *events = &sc->events;

	pthread_mutex_lock(&events->lock);
	for (unsigned i = 0; i <= SC_NSENSORS; i++)
		events->temperature[i] = kelvin;
	warnings_update(sc);
	pthread_mutex_unlock(&events->lock);
	sc_thread_kick(sc);
}

void sc_events_ns_changed(struct softctrl *sc, uint32_t nsid)
{
	struct sc_events *events = &sc->events;

	pthread_mutex_lock(&events->lock);
	events->ns_changed[nsid - 1] = SC_NS_CHANGED;
	if (events->config & UPNVME_SPEC_ASYNC_EVENT_NS_ATTRIBUTE)
		pend(events, SC_EVENT_NS_CHANGED);
	pthread_mutex_unlock(&events->lock);
	sc_thread_kick(sc);
}
