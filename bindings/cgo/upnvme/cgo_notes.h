/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme/cgo_notes.h
 * Callbacks that note their arguments in C memory, for Go to read: events, ended admin commands, the
 * log. A part of upnvme/cgo.h.
 */
#ifndef UPNVME_CGO_NOTES_H
#define UPNVME_CGO_NOTES_H

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <upnvme.h>

/** The number of events that there is room for until Go takes them; later ones are lost. */
#define UPNVME_CGO_EVENTS 256u

/** The noted events, for Go to take. */
struct upnvme_cgo_events {
	pthread_mutex_t lock;                          /**< guards the fields below */
	uint32_t n;                                    /**< number of events */
	uint32_t lost;                                 /**< events without room */
	struct upnvme_event events[UPNVME_CGO_EVENTS]; /**< oldest first */
};

static inline struct upnvme_cgo_events *upnvme_cgo_events_new(void)
{
	struct upnvme_cgo_events *noted = (struct upnvme_cgo_events *)calloc(1, sizeof(*noted));

	if (noted)
		pthread_mutex_init(&noted->lock, NULL);
	return noted;
}

static inline void upnvme_cgo_events_free(struct upnvme_cgo_events *noted)
{
	pthread_mutex_destroy(&noted->lock);
	free(noted);
}

static inline void upnvme_cgo_on_event(void *arg, const struct upnvme_event *event)
{
	struct upnvme_cgo_events *noted = (struct upnvme_cgo_events *)arg;

	pthread_mutex_lock(&noted->lock);
	if (noted->n < UPNVME_CGO_EVENTS)
		noted->events[noted->n++] = *event;
	else
		noted->lost++;
	pthread_mutex_unlock(&noted->lock);
}

static inline int upnvme_cgo_events_listen(upnvme_ctrlr *ctrlr, struct upnvme_cgo_events *noted)
{
	return upnvme_ctrlr_on_event(ctrlr, noted ? upnvme_cgo_on_event : NULL, noted);
}

/** Takes the noted events, and returns their number; `events` has room for UPNVME_CGO_EVENTS. `lost`
 * is the number of events that there was no room for. */
static inline uint32_t upnvme_cgo_events_take(struct upnvme_cgo_events *noted,
					      struct upnvme_event *events, uint32_t *lost)
{
	uint32_t n;

	pthread_mutex_lock(&noted->lock);
	n = noted->n;
	memcpy(events, noted->events, n * sizeof(*events));
	*lost = noted->lost;
	noted->n = noted->lost = 0;
	pthread_mutex_unlock(&noted->lock);
	return n;
}

/** An admin command that was started; the data lies behind the record. */
struct upnvme_cgo_admin {
	struct upnvme_raw raw;         /**< the command */
	struct upnvme_completion done; /**< the completion */
	uint32_t ended;    /**< 1: the command has ended; read by upnvme_cgo_admin_ended */
	uint32_t reserved; /**< zero */
};

static inline void upnvme_cgo_on_admin(void *arg, const struct upnvme_completion *done)
{
	struct upnvme_cgo_admin *admin = (struct upnvme_cgo_admin *)arg;

	admin->done = *done;
	__atomic_store_n(&admin->ended, 1u, __ATOMIC_RELEASE);
}

static inline uint32_t upnvme_cgo_admin_ended(struct upnvme_cgo_admin *admin)
{
	return __atomic_load_n(&admin->ended, __ATOMIC_ACQUIRE);
}

static inline int upnvme_cgo_admin_start(upnvme_ctrlr *ctrlr, struct upnvme_cgo_admin *admin)
{
	return upnvme_admin_submit(ctrlr, &admin->raw, upnvme_cgo_on_admin, admin);
}

/** The most bytes of a log message's text; a longer one is cut. */
#define UPNVME_CGO_LOG_TEXT 1000u

/** A message as it goes through the pipe, whole or not at all: it is shorter than PIPE_BUF. */
struct upnvme_cgo_message {
	uint32_t level;                 /**< UPNVME_LOG_... */
	uint32_t bytes;                 /**< of the text */
	char text[UPNVME_CGO_LOG_TEXT]; /**< without a null character at its end */
};

/** The receiver of the log, which writes messages to a pipe. */
struct upnvme_cgo_log {
	int fd;        /**< the pipe, which never blocks */
	uint32_t lost; /**< messages that the pipe had no room for */
};

static inline void upnvme_cgo_on_log(void *arg, uint32_t level, const char *text)
{
	struct upnvme_cgo_log *log = (struct upnvme_cgo_log *)arg;
	struct upnvme_cgo_message message = { level, (uint32_t)strlen(text), { 0 } };

	if (message.bytes > UPNVME_CGO_LOG_TEXT)
		message.bytes = UPNVME_CGO_LOG_TEXT;
	memcpy(message.text, text, message.bytes);
	if (write(log->fd, &message, 8 + message.bytes) < 0)
		__atomic_fetch_add(&log->lost, 1u, __ATOMIC_RELAXED);
}

static inline uint32_t upnvme_cgo_log_lost(struct upnvme_cgo_log *log)
{
	return __atomic_exchange_n(&log->lost, 0u, __ATOMIC_RELAXED);
}

static inline int upnvme_cgo_log_set(struct upnvme_cgo_log *log, uint32_t level)
{
	return upnvme_log_set(log ? upnvme_cgo_on_log : NULL, log, level);
}

#endif
