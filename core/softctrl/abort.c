/* SPDX-License-Identifier: BSD-3-Clause */
/* Abort. NVMe Base 2.0, 5.1: best effort, and the answer says whether it helped. */
#include "softctrl/internal.h"
#include "spec/command.h"

/*
 * A command that waits in its submission queue, rung but not fetched, is marked; the queue is then
 * run, so that its completion is posted before Abort's. What is at the media already ends there.
 */
static bool abort_io(struct sc_sq *sq, uint16_t cid)
{
	uint32_t place;
	bool found = false;

	sc_sq_read_doorbell(sq);
	for (place = sq->head; place != sq->tail;
	     place = place + 1 == sq->nentries ? 0 : place + 1) {
		if (sq->ring[place].cid == cid) {
			found = true;
			break;
		}
	}
	if (!found || sq->naborts == SC_NABORTS)
		return false;
	sq->aborts[sq->naborts++] = place;
	sc_sq_run(sq);
	return true;
}

uint16_t sc_abort(struct softctrl *sc, struct sc_cmd *cmd)
{
	uint16_t sqid = (uint16_t)NVME_FIELD_GET(NVME_ABORT_SQID, cmd->sqe.cdw10);
	uint16_t cid = (uint16_t)NVME_FIELD_GET(NVME_ABORT_CID, cmd->sqe.cdw10);
	bool aborted = false;

	if (sqid > sc->nqueues || !sc_sq_live(&sc->sqs[sqid]))
		return sc_dnr(NVME_SC_INVALID_FIELD);
	if (!sqid) {
		aborted = sc_events_abort(sc, cid);
	} else {
		pthread_mutex_lock(&sc->sqs[sqid].lock);
		aborted = abort_io(&sc->sqs[sqid], cid);
		pthread_mutex_unlock(&sc->sqs[sqid].lock);
	}
	cmd->dw0 = aborted ? 0 : NVME_ABORT_NOT_ABORTED;
	return NVME_SC_SUCCESS;
}
