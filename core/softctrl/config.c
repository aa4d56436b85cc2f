/* SPDX-License-Identifier: BSD-3-Clause */
/* The keys of a URI that shape a software controller, and a configuration for each medium of the controller. */
#include "softctrl/config.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/uri.h"
#include "base/util.h"
#include "media/maker.h"
#include "softctrl/ring/cmb.h"

#define KEYS_MAX 64u

struct keys {
	const char *words[KEYS_MAX];
	size_t n;
};

/* Words beyond KEYS_MAX are dropped: then a URI that has such a key is refused. */
static void add_keys(struct keys *keys, const char *const *words)
{
	for (; *words && keys->n < KEYS_MAX; words++)
		keys->words[keys->n++] = *words;
}

static int check_keys(const struct uri *uri, const struct media_maker *maker,
		      const char *const *others)
{
	static const char *const many[] = { "namespaces", NULL };
	static const char *const shape[] = { "mode", "mdts",  "entries", "queues", "dstrd",
					     "sgl",  "noiob", "cmb",     "serial", NULL };
	struct keys keys = { .n = 0 };

	add_keys(&keys, maker->keys);
	if (maker->is_repeatable)
		add_keys(&keys, many);
	add_keys(&keys, shape);
	if (others)
		add_keys(&keys, others);
	return uri_expect(uri, keys.words, keys.n);
}

static int read_serial(struct softctrl_config *config, const struct uri *uri)
{
	const char *serial = config->serial;

	uri_get_string(uri, "serial", &serial);
	if (!serial)
		return 0;
	for (size_t i = 0; serial[i]; i++)
		if (i == 20 || serial[i] < 0x20 || serial[i] > 0x7e)
			return error_set(-EINVAL, UPNVME_ERR_URI_VALUE,
					 "serial=%s in the URI is not at most 20 printable ASCII "
					 "characters",
					 serial);
	config->serial = serial;
	return 0;
}

static int read_cmb(struct softctrl_config *config, const struct uri *uri)
{
	int rc = uri_get_size(uri, "cmb", &config->cmb_bytes);

	if (!rc &&
	    (config->cmb_bytes > SOFTCTRL_CMB_BYTES_MAX || config->cmb_bytes % SC_PAGE_BYTES))
		rc = error_set(-EINVAL, UPNVME_ERR_URI_VALUE,
			       "cmb=%llu in the URI is not a multiple of %u up to %llu",
			       (unsigned long long)config->cmb_bytes, SC_PAGE_BYTES,
			       SOFTCTRL_CMB_BYTES_MAX);
	return rc;
}

/* Reads one number of the controller's shape into a field of any width. */
#define READ_NUMBER(uri, key, min, max, field)                          \
	({                                                              \
		uint64_t number_ = (field);                             \
		int rc_ = uri_get_number(uri, key, min, max, &number_); \
		(field) = (__typeof__(field))number_;                   \
		rc_;                                                    \
	})

static int read_shape(struct softctrl_config *config, const struct uri *uri)
{
	static const char *const modes[] = { "inline", "thread" };
	uint32_t entries = config->mqes + 1u;
	size_t mode = 0;
	int rc = uri_get_choice(uri, "mode", modes, ARRAY_SIZE(modes), &mode);

	config->threaded = mode == 1;
	if (!rc)
		rc = READ_NUMBER(uri, "mdts", 1, SOFTCTRL_MDTS_MAX, config->mdts);
	if (!rc)
		rc = READ_NUMBER(uri, "entries", 2, 65536, entries);
	config->mqes = (uint16_t)(entries - 1);
	if (!rc)
		rc = READ_NUMBER(uri, "queues", 1, SOFTCTRL_NQUEUES_MAX, config->nqueues);
	if (!rc)
		rc = READ_NUMBER(uri, "dstrd", 0, SOFTCTRL_DSTRD_MAX, config->dstrd);
	if (!rc)
		rc = READ_NUMBER(uri, "noiob", 0, 65535, config->noiob);
	if (!rc)
		rc = READ_NUMBER(uri, "namespaces", 1, SOFTCTRL_NNAMESPACES_MAX,
				 config->nnamespaces);
	if (!rc)
		rc = uri_get_bool(uri, "sgl", &config->sgl);
	if (!rc)
		rc = read_cmb(config, uri);
	return rc ? rc : read_serial(config, uri);
}

static int give_media(struct softctrl_config *config, const struct media_config *media)
{
	struct media_config *namespaces = calloc(config->nnamespaces, sizeof(*namespaces));

	if (!namespaces)
		return error_no_memory("configurations of media",
				       config->nnamespaces * sizeof(*namespaces));
	for (uint32_t i = 0; i < config->nnamespaces; i++)
		namespaces[i] = *media;
	config->namespaces = namespaces;
	return 0;
}

int softctrl_config_read(struct softctrl_config *config, const struct uri *uri,
			 const struct media_maker *const *makers, const char *const *others)
{
	struct media_config media;
	int rc = media_config_choose(&media, uri, makers);

	softctrl_config_init(config);
	config->nnamespaces = 1;
	if (!rc)
		rc = check_keys(uri, media.maker, others);
	if (!rc)
		rc = media_config_read(&media);
	if (!rc)
		rc = read_shape(config, uri);
	return rc ? rc : give_media(config, &media);
}

void softctrl_config_release(struct softctrl_config *config)
{
	free((void *)config->namespaces);
	config->namespaces = NULL;
}
