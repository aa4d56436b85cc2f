/* SPDX-License-Identifier: BSD-3-Clause */
#include "support/fault_media.h"

#include <stdlib.h>
#include <string.h>

struct fault fault;

struct fault_channel {
	struct media_channel base;
	struct request_list waiting;
};

static int fault_channel_open(struct media_channel **channel, struct media *media)
{
	struct fault_channel *created = calloc(1, sizeof(*created));

	created->base.media = media;
	*channel = &created->base;
	return 0;
}

static void fault_submit(struct media_channel *channel, struct media_request *request)
{
	fault.nsubmitted[request->op]++;
	fault.fua = request->fua;
	request_list_push(&((struct fault_channel *)channel)->waiting, request);
}

static bool is_held(const struct media_request *request)
{
	return fault.held || fault.held_ops >> request->op & 1;
}

static int fault_poll(struct media_channel *base)
{
	struct fault_channel *channel = (struct fault_channel *)base;
	struct request_list waiting = channel->waiting;
	struct media_request *request;
	int n = 0;

	channel->waiting.head = NULL;
	while ((request = request_list_pop(&waiting))) {
		if (is_held(request)) {
			request_list_push(&channel->waiting, request);
			continue;
		}
		request->done(request, fault.results[request->op]);
		n++;
	}
	return n;
}

static int fault_wait(struct media_channel *channel, uint64_t timeout_ns)
{
	(void)timeout_ns;
	return fault_poll(channel);
}

/* A real medium would wait for ever. */
static void fault_channel_close(struct media_channel *channel)
{
	if (((struct fault_channel *)channel)->waiting.head) {
		fault.nclosed_early++;
		fault.held = false;
		fault.held_ops = 0;
	}
	fault_poll(channel);
	free(channel);
}

static struct media_ops fault_ops = {
	.channel_open = fault_channel_open,
	.channel_close = fault_channel_close,
	.submit = fault_submit,
	.poll = fault_poll,
	.wait = fault_wait,
};

void fault_attach(struct softctrl *sc)
{
	memset(&fault, 0, sizeof(fault));
	for (uint32_t i = 0; i < sc->nnamespaces; i++) {
		struct media *media = sc->namespaces[i].media;

		fault_ops.close = media->ops->close;
		media->ops = &fault_ops;
		media->volatile_cache = true;
	}
	sc->volatile_cache = true;
}
