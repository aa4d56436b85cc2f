/* SPDX-License-Identifier: BSD-3-Clause */
/* What an open medium provides to media.c, and the list that requests wait in. */
#ifndef UPNVME_MEDIA_OPS_H
#define UPNVME_MEDIA_OPS_H

#include "media/media.h"

/* Each function is to be set; media without state per channel use the inline_ functions below. */
struct media_ops {
	void (*close)(struct media *media);
	int (*channel_open)(struct media_channel **channel, struct media *media);
	void (*channel_close)(struct media_channel *channel);
	/* The request fits the medium; only a flush can be empty. */
	void (*submit)(struct media_channel *channel, struct media_request *request);
	int (*poll)(struct media_channel *channel);
	int (*wait)(struct media_channel *channel, uint64_t timeout_ns);
};

/* The head of a channel: the first member of the channel of each kind of medium. */
struct media_channel {
	struct media *media;
};

/* Media that complete every request within submit use these. */
int inline_channel_open(struct media_channel **channel, struct media *media);
void inline_channel_close(struct media_channel *channel);
int inline_poll(struct media_channel *channel);
int inline_wait(struct media_channel *channel, uint64_t timeout_ns);

/* A queue of requests, first in, first out, linked by link.next. */
struct request_list {
	struct media_request *head;
	struct media_request *tail;
};

static inline void request_list_push(struct request_list *list, struct media_request *request)
{
	request->link.next = NULL;
	if (list->head)
		list->tail->link.next = request;
	else
		list->head = request;
	list->tail = request;
}

static inline void request_list_push_front(struct request_list *list, struct media_request *request)
{
	request->link.next = list->head;
	if (!list->head)
		list->tail = request;
	list->head = request;
}

static inline struct media_request *request_list_pop(struct request_list *list)
{
	struct media_request *request = list->head;

	if (request)
		list->head = request->link.next;
	return request;
}

/* Moves all requests of `from` behind those of `to`. */
static inline void request_list_splice(struct request_list *to, struct request_list *from)
{
	if (!from->head)
		return;
	if (to->head)
		to->tail->link.next = from->head;
	else
		to->head = from->head;
	to->tail = from->tail;
	from->head = NULL;
}

#endif
