/* SPDX-License-Identifier: BSD-3-Clause */
/* Notes of Aborts that wait: each from the execution of the Abort until its answer. */
#include "softctrl/abort_note.h"

#include "softctrl/command.h"
#include "softctrl/controller.h"
#include <upnvme/spec/command.h>

void sc_abort_note(struct sc_sq *sq, uint32_t place, struct sc_cmd *abort)
{
	sq->aborts[sq->naborts++] = (struct sc_abort){ .place = place, .abort = abort };
	sq->sc->naborting++;
}

static void abort_complete(struct sc_sq *sq, uint32_t i)
{
	struct sc_abort note = sq->aborts[i];

	sq->aborts[i] = sq->aborts[--sq->naborts];
	sq->sc->naborting--;
	note.abort->dw0 = note.posted ? 0 : UPNVME_SPEC_ABORT_NOT_ABORTED;
	sc_cmd_complete(note.abort, UPNVME_SPEC_SC_SUCCESS);
}

bool sc_abort_fetched(struct sc_sq *sq, uint32_t place, struct sc_cmd *cmd)
{
	bool wanted = false;

	for (uint32_t i = 0; i < sq->naborts; i++) {
		struct sc_abort *note = &sq->aborts[i];

		if (!note->target && !note->posted && note->place == place) {
			note->target = cmd;
			wanted = true;
		}
	}
	return wanted;
}

void sc_abort_posted(struct sc_sq *sq, const struct sc_cmd *cmd)
{
	for (uint32_t i = 0; i < sq->naborts; i++) {
		if (sq->aborts[i].target == cmd) {
			sq->aborts[i].target = NULL;
			sq->aborts[i].posted = true;
		}
	}
}

bool sc_abort_answer(struct sc_sq *sq)
{
	uint32_t before = sq->naborts;

	for (uint32_t i = sq->naborts; i-- > 0;)
		if (sq->aborts[i].posted)
			abort_complete(sq, i);
	return sq->naborts < before;
}

void sc_abort_end(struct sc_sq *sq)
{
	while (sq->naborts)
		abort_complete(sq, sq->naborts - 1);
}
