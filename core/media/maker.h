/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The maker of a kind of medium, and the configuration that a URI gives a medium.
 *
 * The code that opens controllers is given a table of makers: pointers, ended by NULL. A further kind is a row of the
 * table; the floors that choose a row by a URI know no kind by name. A maker that needs state of its own (an
 * implementer's callbacks) embeds this struct, and finds that state from config->maker. A medium that stands on other
 * controllers opens these with config->makers.
 */
#ifndef UPNVME_MEDIA_MAKER_H
#define UPNVME_MEDIA_MAKER_H

#include "media/media.h"

struct uri;

struct media_maker {
	const char *name;        /* the URI's path: "ram" of soft:ram; NULL: any path with a '/' */
	const char *const *keys; /* all that a URI of this kind may have, ended by NULL */
	uint64_t size_bytes;     /* without the key size; 0: each medium has a size of its own */
	uint32_t block_bytes;    /* without the key block; 0: each medium has its own */
	bool is_repeatable;      /* one URI may stand for many media, which share nothing */
	/* Reads, from config->uri, keys that media_config_read does not know. NULL where there are none. */
	int (*configure)(struct media_config *config);
	/* Opens a medium by a configuration that media_open found valid. */
	int (*make)(struct media **media, const struct media_config *config);
};

/* Anonymous memory, which costs nothing until it is written. */
extern const struct media_maker media_ram;
/* A medium of any size whose writes vanish. */
extern const struct media_maker media_null;
/* A file or a block device, which keeps its bytes. */
extern const struct media_maker media_file;

/*
 * Begins a configuration: chooses the maker that the URI's path names. 0, or -EINVAL with a sentence that lists the
 * names. The configuration is valid as long as the URI is.
 */
int media_config_choose(struct media_config *config, const struct uri *uri,
			const struct media_maker *const *makers);

/*
 * Fills the rest from the URI, whose keys were checked against the maker's (uri_expect). Keys that most kinds have:
 *   size=      bytes, a multiple of the block
 *   block=     bytes of a logical block, a power of two from 512 to 64KiB
 *   readonly=  1: writes are refused; a file may then have many users
 * 0, or a negative errno with its sentence.
 */
int media_config_read(struct media_config *config);

#endif
