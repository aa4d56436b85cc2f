/* SPDX-License-Identifier: BSD-3-Clause */
/* From a URI to the maker that it names, and to a configuration for that maker. */
#include "media/maker.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/uri.h"
#include "base/util.h"

/* Lists the makers' names, as in `"ram", "null"`; the list is cut where the room ends. */
static const char *names(char *room, size_t bytes, const struct media_maker *const *makers)
{
	size_t used = 0;

	room[0] = '\0';
	for (; *makers && used < bytes; makers++)
		if ((*makers)->name)
			used += (size_t)snprintf(room + used, bytes - used, "%s\"%s\"",
						 used ? ", " : "", (*makers)->name);
	return room;
}

static const struct media_maker *find(const struct media_maker *const *makers, const char *path)
{
	for (; *makers; makers++) {
		const char *name = (*makers)->name;

		if (name ? !strcmp(path, name) : strchr(path, '/') != NULL)
			return *makers;
	}
	return NULL;
}

int media_config_choose(struct media_config *config, const struct uri *uri,
			const struct media_maker *const *makers)
{
	const char *path = uri_path(uri);
	char known[128];

	*config = (struct media_config){
		.maker = find(makers, path), .uri = uri, .makers = makers, .path = path
	};
	if (config->maker)
		return 0;
	return error_set(-EINVAL, UPNVME_ERR_URI,
			 "URI \"%s\": \"%s\" is neither %s nor a path: write %s:./%s for a file in "
			 "the current directory",
			 uri_text(uri), path, names(known, sizeof(known), makers), uri_scheme(uri),
			 path);
}

static int read_block(struct media_config *config)
{
	uint64_t block = config->maker->block_bytes;
	int rc = uri_get_size(config->uri, "block", &block);

	if (rc)
		return rc;
	if (uri_has(config->uri, "block") &&
	    (!is_pow2(block) || block < MEDIA_BLOCK_BYTES_MIN || block > MEDIA_BLOCK_BYTES_MAX))
		return error_set(-EINVAL, UPNVME_ERR_MEDIA_BLOCK,
				 "block=%llu in the URI: a block is a power of two from 512 bytes "
				 "to 64KiB",
				 (unsigned long long)block);
	config->block_bytes = (uint32_t)block;
	return 0;
}

static int read_size(struct media_config *config)
{
	uint64_t size = config->maker->size_bytes;
	uint32_t block = config->block_bytes ? config->block_bytes : 1;
	int rc = uri_get_size(config->uri, "size", &size);

	if (rc)
		return rc;
	if ((!size && uri_has(config->uri, "size")) || size % block)
		return error_set(
			-EINVAL, UPNVME_ERR_MEDIA_SIZE,
			"size=%llu in the URI is not one or more blocks of %u bytes: give a "
			"multiple of the block size",
			(unsigned long long)size, block);
	config->size_bytes = size;
	return 0;
}

int media_config_read(struct media_config *config)
{
	int rc = read_block(config);

	if (!rc)
		rc = read_size(config);
	if (!rc)
		rc = uri_get_bool(config->uri, "readonly", &config->readonly);
	return rc || !config->maker->configure ? rc : config->maker->configure(config);
}
