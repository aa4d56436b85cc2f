/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Abort. NVMe Base 2.0, 5.1: best effort, and the answer says whether it helped.
 *
 * A command that waits in its submission queue, rung but not fetched, is noted, and ends when it is fetched. Abort is
 * answered when that completion is posted, and not before: a host that has the answer may use the command identifier
 * again. What is at the media already ends there.
 */
#include "softctrl/internal.h"
#include "spec/command.h"

/* The notes are guarded by their queue's lock, the number of all by the Admin SQ's. */
static void note(struct sc_sq *sq, uint32_t place, struct sc_cmd *abort)
{
	sq->aborts[sq->naborts++] = (struct sc_abort){ .place = place, .abort = abort };
	sq->sc->naborting++;
}

static void answer(struct sc_sq *sq, uint32_t i)
{
	struct sc_abort note = sq->aborts[i];

	sq->aborts[i] = sq->aborts[--sq->naborts];
	sq->sc->naborting--;
	note.abort->dw0 = note.posted ? 0 : NVME_ABORT_NOT_ABORTED;
	sc_cmd_complete(note.abort, NVME_SC_SUCCESS);
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

void sc_abort_end(struct sc_sq *sq)
{
	while (sq->naborts)
		answer(sq, sq->naborts - 1);
}

/* True when any was answered. */
static bool answer_posted(struct sc_sq *sq)
{
	uint32_t before = sq->naborts;

	for (uint32_t i = sq->naborts; i-- > 0;)
		if (sq->aborts[i].posted)
			answer(sq, i);
	return sq->naborts < before;
}

bool sc_abort_service(struct softctrl *sc)
{
	bool worked = false;

	for (uint32_t qid = 1; qid <= sc->nqueues; qid++) {
		struct sc_sq *sq = &sc->sqs[qid];

		pthread_mutex_lock(&sq->lock);
		if (sq->naborts) {
			sc_sq_run(sq);
			worked |= answer_posted(sq);
		}
		pthread_mutex_unlock(&sq->lock);
	}
	return worked;
}

/* Whether the command is in the ring, and where. */
static bool find(struct sc_sq *sq, uint16_t cid, uint32_t *place)
{
	sc_sq_read_doorbell(sq);
	for (*place = sq->head; *place != sq->tail;
	     *place = *place + 1 == sq->nentries ? 0 : *place + 1)
		if (sq->ring[*place].cid == cid)
			return true;
	return false;
}

/* The caller has the queue's lock. The queue is run, so that Abort need not wait where nothing is in the way. */
static uint16_t abort_io(struct sc_sq *sq, uint16_t cid, struct sc_cmd *cmd)
{
	uint32_t place;

	if (!find(sq, cid, &place)) {
		cmd->dw0 = NVME_ABORT_NOT_ABORTED;
		return NVME_SC_SUCCESS;
	}
	if (sq->sc->naborting == SC_NABORTS)
		return NVME_SC_ABORT_LIMIT_EXCEEDED;
	note(sq, place, cmd);
	sc_sq_run(sq);
	answer_posted(sq);
	return SC_PENDING;
}

uint16_t sc_abort(struct softctrl *sc, struct sc_cmd *cmd)
{
	uint16_t sqid = (uint16_t)NVME_FIELD_GET(NVME_ABORT_SQID, cmd->sqe.cdw10);
	uint16_t cid = (uint16_t)NVME_FIELD_GET(NVME_ABORT_CID, cmd->sqe.cdw10);
	uint16_t status;

	if (sqid > sc->nqueues || !sc_sq_live(&sc->sqs[sqid]))
		return sc_refuse(cmd, NVME_SC_INVALID_FIELD, SC_FIELD(cdw10, NVME_ABORT_SQID));
	if (!sqid) {
		cmd->dw0 = sc_events_abort(sc, cid) ? 0 : NVME_ABORT_NOT_ABORTED;
		return NVME_SC_SUCCESS;
	}
	pthread_mutex_lock(&sc->sqs[sqid].lock);
	status = abort_io(&sc->sqs[sqid], cid, cmd);
	pthread_mutex_unlock(&sc->sqs[sqid].lock);
	return status;
}
