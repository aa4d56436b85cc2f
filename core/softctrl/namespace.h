/* SPDX-License-Identifier: BSD-3-Clause */
/* A namespace: a medium, seen as logical blocks of one command set. */
#ifndef UPNVME_SOFTCTRL_NAMESPACE_H
#define UPNVME_SOFTCTRL_NAMESPACE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "media/media.h"

#define SC_BLOCK_SHIFT_MIN 9u  /* 512 bytes */
#define SC_BLOCK_SHIFT_MAX 16u /* 64 KiB */

struct sc_command_set;
struct softctrl;
struct softctrl_config;

struct sc_ns {
	const struct sc_command_set *commands;
	struct media *media;
	_Atomic uint64_t nblocks;
	uint32_t nsid;
	uint32_t block_shift;
	bool zeroes_read; /* deallocated blocks read as zeroes */
};

/*
 * Checks the block sizes that the configurations give, before any medium is opened. 0, or -EINVAL with its sentence
 * recorded. Where the medium has a block size of its own, sc_namespaces_open checks that.
 */
int sc_namespaces_check(const struct softctrl_config *config);

/*
 * Makes all namespaces, of one command set. 0, or a negative errno with its sentence recorded. sc_namespaces_close must
 * follow an error, too.
 */
int sc_namespaces_open(struct softctrl *sc, const struct softctrl_config *config,
		       const struct sc_command_set *commands);
void sc_namespaces_close(struct softctrl *sc);

#endif
