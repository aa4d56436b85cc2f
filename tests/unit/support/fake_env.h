/* SPDX-License-Identifier: BSD-3-Clause */
/* An environment that remembers what is mapped, scatters mappings over the bus if asked, and fails if asked. */
#ifndef UPNVME_TESTS_FAKE_ENV_H
#define UPNVME_TESTS_FAKE_ENV_H

#include <stdbool.h>
#include <stdint.h>

#include "env/env.h"

struct fake_env {
	struct env env;
	bool scattered;       /* each mapping somewhere else on the bus */
	uint64_t piece_bytes; /* the most that a mapping has in one piece, aligned; 0: any */
	uint32_t fail_map_in; /* the n-th map from now fails; 0: none */
	bool fail_pages;
	void *pages_at; /* null: new pages are anywhere */
	bool stale;     /* mapped memory is other memory now */
	int last_node;  /* that pages were asked of */
	uint64_t next_iova;
	uint64_t mapped_bytes; /* now */
	uint64_t pages_bytes;  /* now */
	uint32_t nmaps, nunmaps;
	uint32_t nsame;                         /* checks whether mapped memory is the same */
	int fail_reserve;                       /* negative errno */
	uint64_t reserved_iova, reserved_bytes; /* now */
	uint64_t failed_unmaps;                 /* unmaps of ranges that were not mapped so */
	struct {
		uint64_t va, bytes, iova;
	} maps[256];
};

void fake_env_init(struct fake_env *fake);

#endif
