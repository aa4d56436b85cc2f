/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The controller's work for one submission queue: fetch the commands that the doorbell shows, poll the media, and post
 * completions as the completion queue has room.
 *
 * NVMe Base 2.0c, 3.3.1 (queues), 3.4.4 (arbitration).
 */
#include "softctrl/process.h"

#include "softctrl/controller.h"

static void take_next_steps(struct sc_sq *sq)
{
	struct sc_cmd *cmd;

	while ((cmd = sc_list_take(&sq->finished)))
		cmd->advance(cmd, cmd->result);
}

void sc_sq_progress(struct sc_sq *sq)
{
	do {
		take_next_steps(sq);
		sc_sq_poll_media(sq);
	} while (sq->finished.first);
}

void sc_sq_wait_media(struct sc_sq *sq, uint64_t timeout_ns)
{
	for (uint32_t i = 0; i < sq->nchannels; i++) {
		if (sq->channels[i].noutstanding) {
			media_wait(sq->channels[i].media, timeout_ns);
			return;
		}
	}
}

/* Tells the host of a doorbell that was rung wrongly, in the error log and by an event. */
static void wrong_doorbell(struct softctrl *sc, uint16_t qid, enum sc_event event)
{
	sc_error_record_event(&sc->errors, qid, UPNVME_SPEC_SC_SUCCESS);
	sc_event_raise(sc, event);
}

void sc_sq_read_doorbell(struct sc_sq *sq)
{
	if (unlikely(!sc_sq_ring_look(&sq->ring)))
		wrong_doorbell(sq->sc, sq->qid, SC_EVENT_DOORBELL_VALUE);
}

/* Fetches and executes up to `burst` commands, as long as the queue has a free sc_cmd; true when it fetched any. */
static bool fetch_burst(struct sc_sq *sq, uint32_t burst)
{
	bool fetched = false;

	for (; !sc_sq_ring_is_empty(&sq->ring) && sq->free && burst; burst--) {
		struct sc_cmd *cmd = sq->free;
		uint32_t place = sc_sq_ring_fetch(&sq->ring, &cmd->sqe);

		sq->free = cmd->next;
		cmd->dw0 = 0;
		cmd->error_location = SC_NOWHERE;
		cmd->error_lba = SC_NO_LBA;
		fetched = true;
		if (unlikely(sq->naborts) && sc_abort_fetched(sq, place, cmd))
			sc_cmd_complete(cmd, UPNVME_SPEC_SC_ABORT_REQUESTED);
		else if (unlikely(sq->deleting))
			sc_cmd_complete(cmd, UPNVME_SPEC_SC_ABORTED_SQ_DELETION);
		else
			sq->kind.execute(cmd);
	}
	return fetched;
}

/* Frees a command whose completion is in the ring, for the next fetch. */
static void command_posted(struct sc_sq *sq, struct sc_cmd *cmd)
{
	if (unlikely(sq->naborts))
		sc_abort_posted(sq, cmd);
	cmd->next = sq->free;
	sq->free = cmd;
}

bool sc_sq_post(struct sc_sq *sq)
{
	struct sc_cq *cq = sq->cq;
	struct sc_cmd *cmd;
	uint32_t nposted = 0;
	bool failed = false;

	pthread_mutex_lock(&cq->lock);
	if (unlikely(!sc_cq_ring_look(&cq->ring)))
		wrong_doorbell(sq->sc, cq->qid, SC_EVENT_DOORBELL_VALUE);
	while (sq->completed.first && !sc_cq_ring_is_full(&cq->ring)) {
		cmd = sc_list_take(&sq->completed);
		sc_cq_ring_post(&cq->ring, cmd->dw0, (uint16_t)sq->ring.head, sq->qid, cmd->sqe.cid,
				cmd->status);
		failed |= cmd->status != UPNVME_SPEC_SC_SUCCESS;
		command_posted(sq, cmd);
		nposted++;
	}
	if (nposted && cq->interrupts)
		sc_interrupt(sq->sc, cq->vector, nposted, failed);
	pthread_mutex_unlock(&cq->lock);
	return nposted;
}

bool sc_sq_run(struct sc_sq *sq)
{
	uint32_t burst = atomic_load_explicit(&sq->sc->burst, memory_order_relaxed);
	bool worked = false, again;

	do {
		sc_sq_read_doorbell(sq);
		again = fetch_burst(sq, burst);
		if (sq->noutstanding || sq->finished.first)
			sc_sq_progress(sq);
		if (sq->kind.service)
			again |= sq->kind.service(sq->sc);
		if (sq->completed.first || sc_cq_ring_was_rung(&sq->cq->ring))
			again |= sc_sq_post(sq);
		worked |= again;
	} while (again && !sc_sq_ring_is_empty(&sq->ring) && burst == SC_NO_BURST);
	return worked;
}

/* Tells the host of a rung doorbell whose queue does not exist. */
static void stray_doorbells(struct sc_sq *sq)
{
	struct sc_cq *cq = &sq->sc->cqs[sq->qid];
	bool stray = sc_sq_ring_was_rung_astray(&sq->ring);

	pthread_mutex_lock(&cq->lock);
	if (!cq->live)
		stray |= sc_cq_ring_was_rung_astray(&cq->ring);
	pthread_mutex_unlock(&cq->lock);
	if (stray)
		wrong_doorbell(sq->sc, sq->qid, SC_EVENT_DOORBELL_REGISTER);
}

bool sc_process(struct softctrl *sc, uint16_t qid)
{
	struct sc_sq *sq;
	bool worked = false;

	if (qid > sc->nqueues)
		return false;
	sq = &sc->sqs[qid];
	pthread_mutex_lock(&sq->lock);
	if (likely(sc_running(sc))) {
		if (likely(sc_sq_live(sq)))
			worked = sc_sq_run(sq);
		else
			stray_doorbells(sq);
	}
	pthread_mutex_unlock(&sq->lock);
	return worked;
}
