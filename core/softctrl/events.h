/* SPDX-License-Identifier: BSD-3-Clause */
/* Asynchronous events, and the warnings that are events when they begin to hold. NVMe Base 2.0, 5.2 */
#ifndef UPNVME_SOFTCTRL_EVENTS_H
#define UPNVME_SOFTCTRL_EVENTS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define SC_AERL     7u /* Asynchronous Event Request Limit, 0's based */
#define SC_NAERS    (SC_AERL + 1u)
#define SC_WCTEMP   343u /* Warning Composite Temperature Threshold, kelvin */
#define SC_CCTEMP   353u /* Critical Composite Temperature Threshold */
#define SC_NSENSORS 2u

struct sc_cmd;
struct softctrl;

/* Events that are reported. NVMe Base 2.0, 5.2.1 */
enum sc_event {
	SC_EVENT_DOORBELL_REGISTER,
	SC_EVENT_DOORBELL_VALUE,
	SC_EVENT_TEMPERATURE,
	SC_EVENT_RELIABILITY,
	SC_EVENT_NS_CHANGED,
	SC_NEVENTS,
};

/* A namespace in the Changed Namespace List. */
enum sc_ns_change {
	SC_NS_SAME,
	SC_NS_CHANGED, /* since the list was made */
	SC_NS_LISTED,
};

struct sc_events {
	pthread_mutex_t lock;
	_Atomic uint32_t pending;  /* bit per enum sc_event */
	uint32_t masked_types;     /* bit per event type: reported, and the log page not yet read */
	uint32_t config;           /* Asynchronous Event Configuration */
	uint8_t critical_warnings; /* the warnings that hold */
	uint16_t temperature[1 + SC_NSENSORS]; /* composite, sensors; kelvin */
	uint16_t over[1 + SC_NSENSORS];        /* thresholds */
	uint16_t under[1 + SC_NSENSORS];
	uint8_t *ns_changed;           /* enum sc_ns_change by NSID minus 1 */
	struct sc_cmd *aers[SC_NAERS]; /* outstanding; guarded by the Admin SQ's lock */
	uint32_t naers;
};

int sc_events_init(struct softctrl *sc);
void sc_events_fini(struct softctrl *sc);

/* Outstanding requests end with their queue, without completions. */
void sc_events_reset(struct softctrl *sc);

void sc_event_raise(struct softctrl *sc, enum sc_event event);

/* Tells the host of pending events, by ending requests; true when any has ended. The caller has the Admin SQ's lock. */
bool sc_events_deliver(struct softctrl *sc);

uint16_t sc_async_event_request(struct sc_cmd *cmd);

/* Aborts the request with this identifier; false when there is none. */
bool sc_events_abort(struct softctrl *sc, uint16_t cid);

/*
 * Before a log page is made: takes the pending events that the page explains. An event that comes later is not in the
 * page, and stays pending. Afterwards sc_events_log_read if the host has read the page, else sc_events_log_retain to
 * put the events back.
 */
uint32_t sc_events_log_begin(struct softctrl *sc, uint8_t log_page);
void sc_events_log_read(struct softctrl *sc, uint8_t log_page);
void sc_events_log_retain(struct softctrl *sc, uint32_t explained);

void sc_events_configure(struct softctrl *sc, uint32_t config);
void sc_events_threshold_set(struct softctrl *sc, unsigned sensor, bool under, uint16_t kelvin);
uint16_t sc_events_threshold(struct softctrl *sc, unsigned sensor, bool under);
uint16_t sc_events_temperature(struct softctrl *sc, unsigned sensor);
uint8_t sc_events_critical_warnings(struct softctrl *sc);

/* Looks whether media have failed. To be called when a medium has not carried out a command. */
void sc_events_media_check(struct softctrl *sc);

/* The Changed Namespace List is kept whether or not the host asked for the event. */
void sc_events_ns_changed(struct softctrl *sc, uint32_t nsid);

#endif
