/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A medium of any size that keeps nothing: a measurement with it shows the cost of the path to the medium, not that of
 * memory. The medium's own key in a URI:
 *   zero=  1: reads give zeroes; otherwise they leave the buffer as it is
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/uri.h"
#include "media/identity.h"
#include "media/maker.h"
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

static int null_configure(struct media_config *config)
{
	return uri_get_bool(config->uri, "zero", &config->zero_reads);
}

static int null_make(struct media **media, const struct media_config *config)
{
	struct null_media *null = malloc(sizeof(*null));

	if (!null)
		return error_no_memory("a null medium", sizeof(*null));
	*null = (struct null_media){
		.base = { .size_bytes = config->size_bytes,
			  .block_bytes = config->block_bytes,
			  .readonly = config->readonly,
			  .reads_zeroes = config->zero_reads,
			  .engine = "inline",
			  .ops = &null_ops },
		.zero_reads = config->zero_reads,
	};
	identity_random(&null->base.identity);
	*media = &null->base;
	return 0;
}

static const char *const null_keys[] = { "size", "block", "readonly", "zero", NULL };

const struct media_maker media_null = {
	.name = "null",
	.keys = null_keys,
	.size_bytes = 1ull << 40,
	.block_bytes = 4096,
	.is_repeatable = true,
	.configure = null_configure,
	.make = null_make,
};
