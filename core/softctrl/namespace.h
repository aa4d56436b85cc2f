/* SPDX-License-Identifier: BSD-3-Clause */
/* A namespace: a medium, seen as logical blocks that a command set is for. */
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

/* Checks the configurations of media, of which none is open yet. 0, or -EINVAL with its sentence recorded. A block size
 * that is the medium's own is checked by sc_namespaces_open. */
int sc_namespaces_check(const struct softctrl_config *config);
/*
 * Makes all namespaces, of one command set. 0, or a negative errno with its sentence recorded; close them after both.
 */
int sc_namespaces_open(struct softctrl *sc, const struct softctrl_config *config,
		       const struct sc_command_set *commands);
void sc_namespaces_close(struct softctrl *sc);

#endif
