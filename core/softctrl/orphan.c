/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Flushes without their submission queue go on, with the commands and the channels that were the queue's. The host is
 * not told how such a flush ends. A medium that fails one stays failed, so the host's next flush fails, too.
 */
#include "softctrl/orphan.h"

#include <stdlib.h>

#include "softctrl/controller.h"

bool sc_sq_orphan(struct sc_sq *sq)
{
	struct softctrl *sc = sq->sc;
	struct sc_sq *orphan = calloc(1, sizeof(*orphan));

	if (!orphan)
		return false;
	orphan->sc = sc;
	orphan->kind = sq->kind;
	orphan->noutstanding = sq->noutstanding;
	orphan->nflushing = sq->nflushing;
	orphan->channels = sq->channels;
	orphan->nchannels = sq->nchannels;
	orphan->cmds = sq->cmds;
	orphan->ncmds = sq->ncmds;
	orphan->iovs = sq->iovs;
	sc_list_init(&orphan->finished);
	for (uint32_t i = 0; i < orphan->ncmds; i++)
		orphan->cmds[i].sq = orphan;
	orphan->next = sc->orphans;
	sc->orphans = orphan;
	sq->channels = NULL;
	sq->nchannels = 0;
	sq->cmds = NULL;
	sq->ncmds = 0;
	sq->iovs = NULL;
	sc_sq_delete(sq);
	return true;
}

static void orphan_free(struct sc_sq *orphan)
{
	sc_sq_contents_free(orphan);
	free(orphan);
}

bool sc_orphans_rest(struct softctrl *sc)
{
	struct sc_sq **link = &sc->orphans;

	while (*link) {
		struct sc_sq *orphan = *link;

		if (sc_sq_rests(orphan)) {
			*link = orphan->next;
			orphan_free(orphan);
		} else {
			link = &orphan->next;
		}
	}
	return !sc->orphans;
}

void sc_orphans_free(struct softctrl *sc)
{
	while (sc->orphans) {
		struct sc_sq *orphan = sc->orphans;

		sc->orphans = orphan->next;
		orphan_free(orphan);
	}
}
