/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Abort, NVMe Base 2.0c, 5.1: best effort, and the answer says whether the command was aborted.
 *
 * A command that waits in its submission queue, rung but not fetched, is noted, and is aborted when it is fetched. The
 * Abort is answered after that command's completion is posted, since a host that has the answer may use the command
 * identifier again. A command that was fetched already is not aborted.
 */
#include "softctrl/abort.h"

#include "softctrl/controller.h"
#include "softctrl/execute.h"
#include "softctrl/process.h"
#include <upnvme/spec/command.h>

bool sc_abort_service(struct softctrl *sc)
{
	bool worked = false;

	for (uint32_t qid = 1; qid <= sc->nqueues; qid++) {
		struct sc_sq *sq = &sc->sqs[qid];

		pthread_mutex_lock(&sq->lock);
		if (sq->naborts) {
			sc_sq_run(sq);
			worked |= sc_abort_answer(sq);
		}
		pthread_mutex_unlock(&sq->lock);
	}
	return worked;
}

/*
 * Aborts an I/O command. Runs the queue, so that the Abort does not wait without need. The caller has the queue's
 * lock.
 */
static uint16_t abort_io(struct sc_sq *sq, uint16_t cid, struct sc_cmd *cmd)
{
	uint32_t place;

	sc_sq_read_doorbell(sq);
	if (!sc_sq_ring_find(&sq->ring, cid, &place)) {
		cmd->dw0 = UPNVME_SPEC_ABORT_NOT_ABORTED;
		return UPNVME_SPEC_SC_SUCCESS;
	}
	if (sq->sc->naborting == SC_NABORTS)
		return UPNVME_SPEC_SC_ABORT_LIMIT_EXCEEDED;
	sc_abort_note(sq, place, cmd);
	sc_sq_run(sq);
	sc_abort_answer(sq);
	return SC_PENDING;
}

uint16_t sc_abort(struct sc_cmd *cmd)
{
	struct softctrl *sc = cmd->sq->sc;
	uint16_t sqid = (uint16_t)UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_ABORT_SQID, cmd->sqe.cdw10);
	uint16_t cid = (uint16_t)UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_ABORT_CID, cmd->sqe.cdw10);
	uint16_t status;

	if (sqid > sc->nqueues || !sc_sq_live(&sc->sqs[sqid]))
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_FIELD,
				 SC_FIELD(cdw10, UPNVME_SPEC_ABORT_SQID));
	if (!sqid) {
		cmd->dw0 = sc_events_abort(sc, cid) ? 0 : UPNVME_SPEC_ABORT_NOT_ABORTED;
		return UPNVME_SPEC_SC_SUCCESS;
	}
	pthread_mutex_lock(&sc->sqs[sqid].lock);
	status = abort_io(&sc->sqs[sqid], cid, cmd);
	pthread_mutex_unlock(&sc->sqs[sqid].lock);
	return status;
}
