/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The controller's work for one submission queue: fetch what the doorbell shows, let the media
 * move, post what is done as the completion queue has room.
 *
 * NVMe Base 2.0, 3.3.1 (queues), 3.3.3.2 (completion entries), PCIe Transport 1.0, 3.1.2
 * (doorbells).
 */
#include <stdlib.h>
#include <string.h>

#include "softctrl/internal.h"

void sc_cmd_complete(struct sc_cmd *cmd, uint16_t status)
{
	cmd->status = status;
	if (unlikely(status != NVME_SC_SUCCESS))
		sc_error_record(cmd);
	sc_list_append(&cmd->sq->completed, cmd);
}

/* Hands the command's request to the medium of its namespace. */
void sc_cmd_start(struct sc_cmd *cmd, void (*done)(struct media_request *request, int result))
{
	struct sc_channel *channel = &cmd->sq->channels[cmd->ns->nsid - 1];

	cmd->request.done = done;
	channel->noutstanding++;
	cmd->sq->noutstanding++;
	media_submit(channel->media, &cmd->request);
}

/* Commands that the controller reads for itself have a buffer, from their first time on. */
bool sc_cmd_bounce(struct sc_cmd *cmd)
{
	if (!cmd->bounce)
		cmd->bounce = malloc(SC_BOUNCE_BYTES);
	return cmd->bounce;
}

/* The first thing in every `done`. */
struct sc_cmd *sc_cmd_returned(struct media_request *request)
{
	struct sc_cmd *cmd = container_of(request, struct sc_cmd, request);

	cmd->sq->channels[cmd->ns->nsid - 1].noutstanding--;
	cmd->sq->noutstanding--;
	return cmd;
}

/* A step's end only notes it: media that answer at once would else nest a frame for each step. */
void sc_cmd_step_done(struct media_request *request, int result)
{
	struct sc_cmd *cmd = sc_cmd_returned(request);

	cmd->result = result;
	sc_list_append(&cmd->sq->finished, cmd);
}

static void flush_done(struct media_request *request, int result)
{
	container_of(request, struct sc_cmd, request)->sq->nflushing--;
	sc_cmd_step_done(request, result);
}

/* Flushes the command's namespace, whose end is a step of the command. */
void sc_cmd_flush(struct sc_cmd *cmd, void (*advance)(struct sc_cmd *cmd, int result))
{
	cmd->request.op = MEDIA_FLUSH;
	cmd->request.fua = false;
	cmd->request.offset_bytes = 0;
	cmd->request.length_bytes = 0;
	cmd->advance = advance;
	cmd->sq->nflushing++;
	sc_cmd_start(cmd, flush_done);
}

static void advance(struct sc_sq *sq)
{
	struct sc_cmd *cmd;

	while ((cmd = sc_list_take(&sq->finished)))
		cmd->advance(cmd, cmd->result);
}

/* Starts what was submitted, takes what is finished, until neither makes any more. */
void sc_sq_progress(struct sc_sq *sq)
{
	do {
		advance(sq);
		for (uint32_t i = 0; sq->noutstanding && i < sq->nchannels; i++) {
			if (sq->channels[i].noutstanding)
				media_poll(sq->channels[i].media);
		}
	} while (sq->finished.first);
}

/* Sleeps until a medium has something, or for the time given. */
void sc_sq_wait_media(struct sc_sq *sq, uint64_t timeout_ns)
{
	for (uint32_t i = 0; i < sq->nchannels; i++) {
		if (sq->channels[i].noutstanding) {
			media_wait(sq->channels[i].media, timeout_ns);
			return;
		}
	}
}

/* A value outside the queue is no tail: it is reported and otherwise ignored. */
void sc_sq_read_doorbell(struct sc_sq *sq)
{
	uint32_t value = atomic_load_explicit(sq->doorbell, memory_order_acquire);

	if (value == sq->doorbell_seen)
		return;
	sq->doorbell_seen = value;
	if (likely(value < sq->nentries)) {
		sq->tail = value;
		return;
	}
	sc_error_record_event(sq->sc, sq->qid, NVME_SC_SUCCESS);
	sc_event_raise(sq->sc, SC_EVENT_DOORBELL_VALUE);
}

static bool fetch(struct sc_sq *sq, uint32_t burst)
{
	bool fetched = false;

	for (; sq->head != sq->tail && sq->free && burst; burst--) {
		struct sc_cmd *cmd = sq->free;
		uint32_t place = sq->head;

		sq->free = cmd->next;
		memcpy(&cmd->sqe, &sq->ring[place], sizeof(cmd->sqe));
		sq->head = place + 1 == sq->nentries ? 0 : place + 1;
		cmd->dw0 = 0;
		cmd->error_location = SC_NOWHERE;
		cmd->error_lba = SC_NO_LBA;
		fetched = true;
		if (unlikely(sq->naborts) && sc_abort_fetched(sq, place, cmd))
			sc_cmd_complete(cmd, NVME_SC_ABORT_REQUESTED);
		else if (unlikely(sq->deleting))
			sc_cmd_complete(cmd, NVME_SC_ABORTED_SQ_DELETION);
		else
			sq->execute(cmd);
	}
	return fetched;
}

/* The head can only move over entries that were posted. */
static void cq_read_doorbell(struct sc_cq *cq, struct softctrl *sc)
{
	uint32_t value = atomic_load_explicit(cq->doorbell, memory_order_acquire);
	uint32_t nposted = (cq->tail + cq->nentries - cq->head) % cq->nentries;

	if (value == atomic_load_explicit(&cq->doorbell_seen, memory_order_relaxed))
		return;
	atomic_store_explicit(&cq->doorbell_seen, value, memory_order_relaxed);
	if (likely(value < cq->nentries &&
		   (value + cq->nentries - cq->head) % cq->nentries <= nposted)) {
		cq->head = value;
		return;
	}
	sc_error_record_event(sc, cq->qid, NVME_SC_SUCCESS);
	sc_event_raise(sc, SC_EVENT_DOORBELL_VALUE);
}

static inline uint32_t cq_next(const struct sc_cq *cq)
{
	return cq->tail + 1 == cq->nentries ? 0 : cq->tail + 1;
}

/*
 * The second half has the phase tag: the host must see the first before it, and may read it whole.
 */
static void cq_write(struct sc_cq *cq, const struct sc_sq *sq, const struct sc_cmd *cmd)
{
	struct nvme_cqe *cqe = &cq->ring[cq->tail];
	uint64_t last = (uint64_t)NVME_CQE_STATUS_WORD(cmd->status, cq->phase) << 48 |
			(uint64_t)cmd->sqe.cid << 32 | (uint32_t)sq->qid << 16 |
			(sq->head & 0xffff);

	cqe->dw0 = cmd->dw0;
	cqe->dw1 = 0;
	__atomic_store_n((uint64_t *)(void *)&cqe->sqhd, last, __ATOMIC_RELEASE);
	cq->tail = cq_next(cq);
	cq->phase ^= cq->tail == 0;
}

/* Posts until the completion queue is full; what remains waits for the host to move its head. */
bool sc_sq_post(struct sc_sq *sq)
{
	struct sc_cq *cq = sq->cq;
	struct sc_cmd *cmd;
	uint32_t nposted = 0;
	bool failed = false;

	pthread_mutex_lock(&cq->lock);
	cq_read_doorbell(cq, sq->sc);
	while (sq->completed.first && cq_next(cq) != cq->head) {
		cmd = sc_list_take(&sq->completed);
		cq_write(cq, sq, cmd);
		failed |= cmd->status != NVME_SC_SUCCESS;
		if (unlikely(sq->naborts))
			sc_abort_posted(sq, cmd);
		cmd->next = sq->free;
		sq->free = cmd;
		nposted++;
	}
	if (nposted && cq->interrupts)
		sc_interrupt(sq->sc, cq->vector, nposted, failed);
	pthread_mutex_unlock(&cq->lock);
	return nposted;
}

static bool cq_rung(const struct sc_cq *cq)
{
	return atomic_load_explicit(cq->doorbell, memory_order_relaxed) !=
	       atomic_load_explicit(&cq->doorbell_seen, memory_order_relaxed);
}

/*
 * The caller has the queue's lock. Tells whether there was anything to do. After a burst it is another queue's turn
 * (NVMe Base 2.0, 3.4.4.1): whoever runs this one comes back.
 */
bool sc_sq_run(struct sc_sq *sq)
{
	uint32_t burst = atomic_load_explicit(&sq->sc->burst, memory_order_relaxed);
	bool worked = false, again;

	do {
		sc_sq_read_doorbell(sq);
		again = fetch(sq, burst);
		if (sq->noutstanding || sq->finished.first)
			sc_sq_progress(sq);
		if (!sq->qid)
			again |= sc_admin_service(sq->sc);
		if (sq->completed.first || cq_rung(sq->cq))
			again |= sc_sq_post(sq);
		worked |= again;
	} while (again && sq->head != sq->tail && burst == SC_NO_BURST);
	return worked;
}

/* Doorbells of queues that are not there: whatever is rung there is an error of the host. */
static void stray_doorbells(struct sc_sq *sq)
{
	struct sc_cq *cq = &sq->sc->cqs[sq->qid];
	uint32_t value = atomic_load_explicit(sq->doorbell, memory_order_relaxed);
	bool stray = value != sq->doorbell_seen;

	sq->doorbell_seen = value;
	pthread_mutex_lock(&cq->lock);
	if (!cq->live && cq_rung(cq)) {
		value = atomic_load_explicit(cq->doorbell, memory_order_relaxed);
		atomic_store_explicit(&cq->doorbell_seen, value, memory_order_relaxed);
		stray = true;
	}
	pthread_mutex_unlock(&cq->lock);
	if (!stray)
		return;
	sc_error_record_event(sq->sc, sq->qid, NVME_SC_SUCCESS);
	sc_event_raise(sq->sc, SC_EVENT_DOORBELL_REGISTER);
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
