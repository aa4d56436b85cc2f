/* SPDX-License-Identifier: BSD-3-Clause */
/* A medium of any size that keeps nothing: what is measured over it is the path, not the memory. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "media/identity.h"
#include "media/ops.h"

struct null_media {
	struct media base;
	bool zero_reads;
};

static void null_submit(struct media_channel *channel, struct media_request *request)
{
	const struct null_media *null = (const struct null_media *)channel->media;

	if (null->zero_reads && request->op == MEDIA_READ)
		for (int i = 0; i < request->niov; i++)
			if (request->iov[i].iov_len)
				memset(request->iov[i].iov_base, 0, request->iov[i].iov_len);
	request->done(request, 0);
}

static void null_close(struct media *media)
{
	free(media);
}

static const struct media_ops null_ops = {
	.close = null_close,
	.channel_open = inline_channel_open,
	.channel_close = inline_channel_close,
	.submit = null_submit,
	.poll = inline_poll,
	.wait = inline_wait,
};

int null_media_open(struct media **media, const struct media_config *config)
{
	struct null_media *null = malloc(sizeof(*null));

	if (!null)
		return error_no_memory("a null medium", sizeof(*null));
	*null = (struct null_media){
		.base = { .size_bytes = config->size_bytes,
			  .block_bytes = config->block_bytes,
			  .readonly = config->readonly,
			  .volatile_cache = false,
			  .engine = "inline",
			  .ops = &null_ops },
		.zero_reads = config->zero_reads,
	};
	identity_random(&null->base.identity);
	*media = &null->base;
	return 0;
}
