/* SPDX-License-Identifier: BSD-3-Clause */
/* The door to all media: configurations and requests are checked here, once for every kind. */
#include "media/media.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/util.h"
#include "media/ops.h"

#define MIN_BLOCK_BYTES 512u
#define MAX_BLOCK_BYTES 65536u

static int check_size(const struct media_config *config)
{
	uint64_t size = config->size_bytes;

	if (size == 0 && config->kind != MEDIA_FILE)
		return error_set(-EINVAL, UPNVME_ERR_MEDIA_SIZE,
				 "the medium's size is 0: give one, for example size=1GiB");
	if (size > INT64_MAX)
		return error_set(-EINVAL, UPNVME_ERR_MEDIA_SIZE,
				 "a medium of %llu bytes is too large: at most 2^63 - 1",
				 (unsigned long long)size);
	if (size % config->block_bytes != 0)
		return error_set(-EINVAL, UPNVME_ERR_MEDIA_SIZE,
				 "a medium of %llu bytes is no multiple of its block of %u bytes: "
				 "change the size or the block size",
				 (unsigned long long)size, config->block_bytes);
	return 0;
}

static int check_config(const struct media_config *config)
{
	if (!is_pow2(config->block_bytes) || config->block_bytes < MIN_BLOCK_BYTES ||
	    config->block_bytes > MAX_BLOCK_BYTES)
		return error_set(-EINVAL, UPNVME_ERR_MEDIA_BLOCK,
				 "a block of %u bytes is not possible: give a power of two from %u "
				 "to %u",
				 config->block_bytes, MIN_BLOCK_BYTES, MAX_BLOCK_BYTES);
	if (config->engine && config->kind != MEDIA_FILE)
		return error_set(-EINVAL, UPNVME_ERR_ARGUMENT,
				 "the engine \"%s\" was asked for, but only a file has engines: "
				 "leave it out",
				 config->engine);
	return check_size(config);
}

int media_open(struct media **media, const struct media_config *config)
{
	int err = check_config(config);

	if (err)
		return err;
	switch (config->kind) {
	case MEDIA_RAM:
		return ram_media_open(media, config);
	case MEDIA_FILE:
		return file_media_open(media, config);
	case MEDIA_NULL:
		return null_media_open(media, config);
	}
	return error_set(-EINVAL, UPNVME_ERR_ARGUMENT, "there is no medium of kind %d",
			 (int)config->kind);
}

void media_close(struct media *media)
{
	if (media)
		media->ops->close(media);
}

int media_channel_open(struct media_channel **channel, struct media *media)
{
	return media->ops->channel_open(channel, media);
}

void media_channel_close(struct media_channel *channel)
{
	if (channel)
		channel->media->ops->channel_close(channel);
}

static bool iovec_sums_to(const struct media_request *request)
{
	uint64_t left = request->length_bytes;

	for (int i = 0; i < request->niov; i++) {
		if (request->iov[i].iov_len > left)
			return false;
		left -= request->iov[i].iov_len;
	}
	return left == 0;
}

static int check_request(const struct media *media, const struct media_request *request)
{
	bool has_data = request->op == MEDIA_READ || request->op == MEDIA_WRITE;

	if (request->op != MEDIA_READ && atomic_load_explicit(&media->failed, memory_order_acquire))
		return -EIO;
	if (request->op == MEDIA_FLUSH)
		return 0;
	if (request->length_bytes > media->size_bytes ||
	    request->offset_bytes > media->size_bytes - request->length_bytes)
		return -EINVAL;
	if (has_data && !iovec_sums_to(request))
		return -EINVAL;
	if (request->op != MEDIA_READ && media->readonly)
		return -EROFS;
	return 0;
}

void media_submit(struct media_channel *channel, struct media_request *request)
{
	int err = check_request(channel->media, request);

	if (err || (request->length_bytes == 0 && request->op != MEDIA_FLUSH))
		request->done(request, err);
	else
		channel->media->ops->submit(channel, request);
}

int media_poll(struct media_channel *channel)
{
	return channel->media->ops->poll(channel);
}

int media_wait(struct media_channel *channel, uint64_t timeout_ns)
{
	return channel->media->ops->wait(channel, timeout_ns);
}

int inline_channel_open(struct media_channel **channel, struct media *media)
{
	*channel = malloc(sizeof(**channel));
	if (!*channel)
		return error_no_memory("a media channel", sizeof(**channel));
	(*channel)->media = media;
	return 0;
}

void inline_channel_close(struct media_channel *channel)
{
	free(channel);
}

int inline_poll(struct media_channel *channel)
{
	(void)channel;
	return 0;
}

int inline_wait(struct media_channel *channel, uint64_t timeout_ns)
{
	(void)timeout_ns;
	return inline_poll(channel);
}
