/* SPDX-License-Identifier: BSD-3-Clause */
/* Queues, from their creation to their deletion. */
#include "softctrl/queue.h"

#include <stdlib.h>

#include "base/error.h"
#include "softctrl/controller.h"

#define SC_IO_NCMDS    256u /* the most commands that an I/O SQ has under way */
#define SC_ADMIN_NCMDS 64u  /* the same for the Admin SQ, with event requests */

static _Atomic uint32_t *queue_doorbell(struct softctrl *sc, uint32_t index)
{
	return &sc->doorbells[index << UPNVME_SPEC_CAP_DSTRD(sc->cap)];
}

static void queue_pair_init(struct softctrl *sc, uint32_t qid, const struct sc_queue_kind *kind)
{
	struct sc_sq *sq = &sc->sqs[qid];
	struct sc_cq *cq = &sc->cqs[qid];

	pthread_mutex_init(&sq->lock, NULL);
	pthread_mutex_init(&cq->lock, NULL);
	sq->sc = sc;
	sq->kind = *kind;
	sq->qid = (uint16_t)qid;
	cq->qid = (uint16_t)qid;
	sq->ring.doorbell = queue_doorbell(sc, 2 * qid);
	cq->ring.doorbell = queue_doorbell(sc, 2 * qid + 1);
}

int sc_queues_init(struct softctrl *sc, const struct sc_queue_kind *admin,
		   const struct sc_queue_kind *io)
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
	for (uint32_t qid = 0; qid < n; qid++)
		queue_pair_init(sc, qid, qid ? io : admin);
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

void sc_cq_create(struct sc_cq *cq, struct upnvme_spec_cqe *entries, uint32_t nentries,
		  bool interrupts, uint16_t vector)
{
	pthread_mutex_lock(&cq->lock);
	sc_cq_ring_begin(&cq->ring, entries, nentries);
	cq->interrupts = interrupts;
	cq->vector = vector;
	cq->nsqs = 0;
	cq->live = true;
	pthread_mutex_unlock(&cq->lock);
}

void sc_cq_delete(struct sc_cq *cq)
{
	pthread_mutex_lock(&cq->lock);
	cq->live = false;
	sc_cq_ring_end(&cq->ring);
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

static void command_init(struct sc_sq *sq, uint32_t i)
{
	struct softctrl *sc = sq->sc;
	struct sc_cmd *cmd = &sq->cmds[i];

	cmd->sq = sq;
	cmd->data.memory = &sc->memory;
	cmd->data.iov = &sq->iovs[(size_t)i * sc->niov_max];
	cmd->data.niov_max = sc->niov_max;
	cmd->next = sq->free;
	sq->free = cmd;
}

static int commands_create(struct sc_sq *sq, uint32_t ncmds)
{
	sq->cmds = calloc(ncmds, sizeof(*sq->cmds));
	sq->iovs = calloc((size_t)ncmds * sq->sc->niov_max, sizeof(*sq->iovs));
	if (!sq->cmds || !sq->iovs)
		return error_no_memory("a queue's commands", ncmds * sizeof(*sq->cmds));
	sq->ncmds = ncmds;
	sq->free = NULL;
	for (uint32_t i = ncmds; i-- > 0;)
		command_init(sq, i);
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

int sc_sq_create(struct sc_sq *sq, struct sc_cq *cq, struct upnvme_spec_sqe *entries,
		 uint32_t nentries)
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
	sc_sq_ring_begin(&sq->ring, entries, nentries);
	sq->cq = cq;
	sq->naborts = 0;
	sq->deleting = false;
	sq->delete_cmd = NULL;
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
	sq->delete_cmd = NULL;
	sc_sq_ring_end(&sq->ring);
}

bool sc_sq_rests(struct sc_sq *sq)
{
	sc_sq_poll_media(sq);
	return !sq->noutstanding;
}
