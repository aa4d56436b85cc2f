/* SPDX-License-Identifier: BSD-3-Clause */
/* Asynchronous events, and the warnings that are events when they begin to hold. NVMe Base 2.0c, 5.2 */
#ifndef UPNVME_SOFTCTRL_EVENTS_H
#define UPNVME_SOFTCTRL_EVENTS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define SC_AERL     7u /* Asynchronous Event Request Limit, 0's based */
#define SC_NAERS    (SC_AERL + 1u)
#define SC_WCTEMP   343u /* Warning Composite Temperature Threshold, kelvin */
#define SC_CCTEMP   353u /* Critical Composite Temperature Threshold, kelvin */
#define SC_NSENSORS 2u

struct sc_cmd;
struct softctrl;

/* The events that the controller reports. NVMe Base 2.0c, 5.2.1 */
enum sc_event {
	SC_EVENT_DOORBELL_REGISTER,
	SC_EVENT_DOORBELL_VALUE,
	SC_EVENT_TEMPERATURE,
	SC_EVENT_RELIABILITY,
	SC_EVENT_NS_CHANGED,
	SC_NEVENTS,
};

/* What the Changed Namespace List has to tell of a namespace. */
enum sc_ns_change {
	SC_NS_SAME,
	SC_NS_CHANGED, /* changed since the list was last made */
	SC_NS_LISTED,  /* in the list that was made; the host has not read it yet */
};

struct sc_events {
	pthread_mutex_t lock;
	_Atomic uint32_t pending;  /* a bit for each enum sc_event */
	uint32_t masked_types;     /* a bit for each type; set until its log page is read */
	uint32_t config;           /* Asynchronous Event Configuration */
	uint8_t critical_warnings; /* the warnings that hold */
	uint16_t temperature[1 + SC_NSENSORS]; /* composite, then the sensors; kelvin */
	uint16_t over[1 + SC_NSENSORS];        /* thresholds, kelvin */
	uint16_t under[1 + SC_NSENSORS];
	uint8_t *ns_changed;           /* enum sc_ns_change, by NSID minus 1 */
	struct sc_cmd *aers[SC_NAERS]; /* requests; the Admin SQ's lock guards them */
	uint32_t naers;
};

int sc_events_init(struct softctrl *sc);
void sc_events_fini(struct softctrl *sc);

/* Forgets all events, and the outstanding requests, which end with their queue, without completions. */
void sc_events_reset(struct softctrl *sc);

/* Makes the event pending. */
void sc_event_raise(struct softctrl *sc, enum sc_event event);

/* Completes requests with pending events; true when it completed any. The caller has the Admin SQ's lock. */
bool sc_events_deliver(struct softctrl *sc);

uint16_t sc_async_event_request(struct sc_cmd *cmd);

/* Aborts the event request with this command identifier; false when there is none. */
bool sc_events_abort(struct softctrl *sc, uint16_t cid);

/*
 * sc_events_log_begin takes the pending events that a log page explains, before the page is made. An event that comes
 * later is not in the page, and stays pending. Afterwards comes sc_events_log_read if the host has read the page, else
 * sc_events_log_retain, which puts the events back.
 */
uint32_t sc_events_log_begin(struct softctrl *sc, uint8_t log_page);
void sc_events_log_read(struct softctrl *sc, uint8_t log_page);
void sc_events_log_retain(struct softctrl *sc, uint32_t explained);

void sc_events_configure(struct softctrl *sc, uint32_t config);
void sc_events_threshold_set(struct softctrl *sc, unsigned sensor, bool under, uint16_t kelvin);
uint16_t sc_events_threshold(struct softctrl *sc, unsigned sensor, bool under);
uint16_t sc_events_temperature(struct softctrl *sc, unsigned sensor);
uint8_t sc_events_critical_warnings(struct softctrl *sc);

/* Looks whether media have failed. To be called when a medium has answered a command with an error. */
void sc_events_media_check(struct softctrl *sc);

/* Puts the namespace into the Changed Namespace List, and raises the event if the host has asked for it. */
void sc_events_ns_changed(struct softctrl *sc, uint32_t nsid);

#endif
