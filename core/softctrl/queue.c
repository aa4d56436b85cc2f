/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Queue objects: what a submission queue and a completion queue are made of, from creation to
 * deletion.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "softctrl/internal.h"

static _Atomic uint32_t *doorbell(struct softctrl *sc, uint32_t index)
{
	return softctrl_doorbell(sc, index << NVME_CAP_DSTRD(sc->cap));
}

/* All queues exist as objects from the beginning, so that their locks outlive what is in them. */
int sc_queues_init(struct softctrl *sc)
{
	uint32_t n = sc->nqueues + 1u;

	sc->sqs = calloc(n, sizeof(*sc->sqs));
	sc->cqs = calloc(n, sizeof(*sc->cqs));
	if (!sc->sqs || !sc->cqs) {
		free(sc->sqs);
		free(sc->cqs);
		sc->sqs = NULL;
		sc->cqs = NULL;
		return error_no_memory("queues", n * (sizeof(*sc->sqs) + sizeof(*sc->cqs)));
	}
	for (uint32_t qid = 0; qid < n; qid++) {
		pthread_mutex_init(&sc->sqs[qid].lock, NULL);
		pthread_mutex_init(&sc->cqs[qid].lock, NULL);
		sc->sqs[qid].sc = sc;
		sc->sqs[qid].qid = (uint16_t)qid;
		sc->sqs[qid].doorbell = doorbell(sc, 2 * qid);
		sc->sqs[qid].execute = qid ? sc_io_execute : sc_admin_execute;
		sc->cqs[qid].qid = (uint16_t)qid;
		sc->cqs[qid].doorbell = doorbell(sc, 2 * qid + 1);
	}
	return 0;
}

void sc_queues_fini(struct softctrl *sc)
{
	for (uint32_t qid = 0; sc->sqs && qid <= sc->nqueues; qid++) {
		pthread_mutex_destroy(&sc->sqs[qid].lock);
		pthread_mutex_destroy(&sc->cqs[qid].lock);
	}
	free(sc->sqs);
	free(sc->cqs);
}

void sc_cq_create(struct sc_cq *cq, struct nvme_cqe *ring, uint32_t nentries, bool interrupts,
		  uint16_t vector)
{
	pthread_mutex_lock(&cq->lock);
	cq->ring = ring;
	cq->nentries = nentries;
	cq->interrupts = interrupts;
	cq->vector = vector;
	cq->head = 0;
	cq->tail = 0;
	cq->phase = true; /* the host has zeroed the ring: Base 2.0, 3.3.3.2.2 */
	cq->nsqs = 0;
	atomic_store_explicit(&cq->doorbell_seen, 0, memory_order_relaxed);
	atomic_store_explicit(cq->doorbell, 0, memory_order_relaxed);
	cq->live = true;
	pthread_mutex_unlock(&cq->lock);
}

void sc_cq_delete(struct sc_cq *cq)
{
	pthread_mutex_lock(&cq->lock);
	cq->live = false;
	cq->ring = NULL;
	atomic_store_explicit(&cq->doorbell_seen, 0, memory_order_relaxed);
	atomic_store_explicit(cq->doorbell, 0, memory_order_relaxed);
	pthread_mutex_unlock(&cq->lock);
}

static int channels_open(struct sc_sq *sq)
{
	struct softctrl *sc = sq->sc;

	sq->channels = calloc(sc->nnamespaces, sizeof(*sq->channels));
	if (!sq->channels)
		return error_no_memory("media channels", sc->nnamespaces * sizeof(*sq->channels));
	for (; sq->nchannels < sc->nnamespaces; sq->nchannels++) {
		int err = media_channel_open(&sq->channels[sq->nchannels].media,
					     sc->namespaces[sq->nchannels].media);

		if (err)
			return err;
	}
	return 0;
}

static int commands_create(struct sc_sq *sq, uint32_t ncmds)
{
	sq->cmds = calloc(ncmds, sizeof(*sq->cmds));
	sq->iovs = calloc((size_t)ncmds * sq->sc->iov_max, sizeof(*sq->iovs));
	if (!sq->cmds || !sq->iovs)
		return error_no_memory("a queue's commands", ncmds * sizeof(*sq->cmds));
	sq->ncmds = ncmds;
	sq->free = NULL;
	for (uint32_t i = ncmds; i-- > 0;) {
		sq->cmds[i].sq = sq;
		sq->cmds[i].iov = &sq->iovs[(size_t)i * sq->sc->iov_max];
		sq->cmds[i].next = sq->free;
		sq->free = &sq->cmds[i];
	}
	return 0;
}

void sc_sq_contents_free(struct sc_sq *sq)
{
	for (uint32_t i = 0; i < sq->nchannels; i++)
		media_channel_close(sq->channels[i].media);
	for (uint32_t i = 0; i < sq->ncmds; i++)
		free(sq->cmds[i].bounce);
	free(sq->channels);
	free(sq->cmds);
	free(sq->iovs);
	sq->channels = NULL;
	sq->cmds = NULL;
	sq->iovs = NULL;
	sq->free = NULL;
	sq->nchannels = 0;
	sq->ncmds = 0;
	sq->noutstanding = 0;
	sq->nflushing = 0;
	sc_list_init(&sq->finished);
	sc_list_init(&sq->completed);
}

/* The caller has the locks of this queue and of the Admin Queue. */
int sc_sq_create(struct sc_sq *sq, struct sc_cq *cq, struct nvme_sqe *ring, uint32_t nentries)
{
	int err;

	sc_list_init(&sq->finished);
	sc_list_init(&sq->completed);
	err = commands_create(sq, sq->qid ? MIN(nentries, SC_IO_NCMDS) : SC_ADMIN_NCMDS);
	if (!err && sq->qid)
		err = channels_open(sq);
	if (err) {
		sc_sq_contents_free(sq);
		return err;
	}
	sq->ring = ring;
	sq->nentries = nentries;
	sq->cq = cq;
	sq->head = 0;
	sq->tail = 0;
	sq->doorbell_seen = 0;
	sq->naborts = 0;
	sq->deleting = false;
	sq->delete_cmd = NULL;
	atomic_store_explicit(sq->doorbell, 0, memory_order_relaxed);
	cq->nsqs++;
	atomic_store_explicit(&sq->live, true, memory_order_release);
	return 0;
}

static void counters_retire(struct sc_counters *counters, struct sc_counters *to)
{
	_Atomic uint64_t *from[] = { &counters->read_sectors, &counters->written_sectors,
				     &counters->read_commands, &counters->write_commands,
				     &counters->media_errors };
	_Atomic uint64_t *into[] = { &to->read_sectors, &to->written_sectors, &to->read_commands,
				     &to->write_commands, &to->media_errors };

	for (unsigned i = 0; i < ARRAY_SIZE(from); i++) {
		sc_counter_add(into[i], atomic_load_explicit(from[i], memory_order_relaxed));
		atomic_store_explicit(from[i], 0, memory_order_relaxed);
	}
}

/*
 * The caller has the locks of this queue and of the Admin Queue. A no-op for one that is not there.
 */
void sc_sq_delete(struct sc_sq *sq)
{
	if (!sc_sq_live(sq))
		return;
	atomic_store_explicit(&sq->live, false, memory_order_release);
	sc_abort_end(sq);
	sc_sq_contents_free(sq);
	counters_retire(&sq->counters, &sq->sc->retired);
	sq->cq->nsqs--;
	sq->cq = NULL;
	sq->ring = NULL;
	sq->delete_cmd = NULL;
	sq->doorbell_seen = 0;
	atomic_store_explicit(sq->doorbell, 0, memory_order_relaxed);
}

bool sc_sq_rests(struct sc_sq *sq)
{
	for (uint32_t i = 0; sq->noutstanding && i < sq->nchannels; i++)
		if (sq->channels[i].noutstanding)
			media_poll(sq->channels[i].media);
	return !sq->noutstanding;
}
