/* SPDX-License-Identifier: BSD-3-Clause */
/* The functions by which every medium is used: they check configurations and requests, once for every kind. */
#include "media/media.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/util.h"
#include "media/maker.h"
#include "media/ops.h"

static int check_size(const struct media_config *config)
{
	uint64_t size = config->size_bytes;

	if (size == 0 && config->maker->size_bytes)
		return error_set(-EINVAL, UPNVME_ERR_MEDIA_SIZE,
				 "the medium's size is 0: give a size, for example size=1GiB");
	if (size > INT64_MAX)
		return error_set(-EINVAL, UPNVME_ERR_MEDIA_SIZE,
				 "a medium of %llu bytes is too large: give 2^63 - 1 bytes at most",
				 (unsigned long long)size);
	if (config->block_bytes && size % config->block_bytes != 0)
		return error_set(-EINVAL, UPNVME_ERR_MEDIA_SIZE,
				 "a medium of %llu bytes is no multiple of its block of %u bytes: "
				 "change the size or the block size",
				 (unsigned long long)size, config->block_bytes);
	return 0;
}

static int check_block(const struct media_config *config)
{
	uint32_t block = config->block_bytes;

	if (block == 0 && !config->maker->block_bytes)
		return 0;
	if (is_pow2(block) && block >= MEDIA_BLOCK_BYTES_MIN && block <= MEDIA_BLOCK_BYTES_MAX)
		return 0;
	return error_set(
		-EINVAL, UPNVME_ERR_MEDIA_BLOCK,
		"a block of %u bytes is not possible: give a power of two from %u to %u bytes",
		block, MEDIA_BLOCK_BYTES_MIN, MEDIA_BLOCK_BYTES_MAX);
}

int media_open(struct media **media, const struct media_config *config)
{
	int err = check_block(config);

	if (!err)
		err = check_size(config);
	return err ? err : config->maker->make(media, config);
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
