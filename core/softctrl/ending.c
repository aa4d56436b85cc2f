/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Resets and shutdowns of the controller. Both wait for commands that are at the media, but no access to a register
 * waits. As with hardware, the host reads CSTS until the reset or the shutdown is over, and each read does what can be
 * done by then. So the host decides how long to wait for storage.
 *
 * NVMe Base 2.0c, 3.6 (shutdown), 3.7 (resets).
 */
#include "softctrl/ending.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "softctrl/controller.h"
#include "softctrl/keep_alive.h"
#include "softctrl/orphan.h"
#include "softctrl/process.h"
#include "softctrl/registers.h"

int sc_ending_init(struct softctrl *sc)
{
	sc->flushes = calloc(sc->nnamespaces, sizeof(*sc->flushes));
	if (!sc->flushes)
		return error_no_memory("flushes", sc->nnamespaces * sizeof(*sc->flushes));
	for (uint32_t i = 0; i < sc->nnamespaces; i++)
		sc->flushes[i].sc = sc;
	return 0;
}

void sc_ending_fini(struct softctrl *sc)
{
	free(sc->flushes);
}

/* --- flushes at shutdown -------------------------------------------------------------------------- */

/* Keeps the first failure, which is the one that the host is told of. */
static void flush_failed(struct sc_flush *flush, int err)
{
	struct softctrl *sc = flush->sc;

	if (!sc->trouble[0])
		snprintf(sc->trouble, sizeof(sc->trouble), "namespace %u could not be flushed: %s",
			 (unsigned)(flush - sc->flushes) + 1, strerror(-err));
	log_error("software controller %s: at shutdown %s", sc->serial, sc->trouble);
}

static void flush_done(struct media_request *request, int result)
{
	struct sc_flush *flush = container_of(request, struct sc_flush, request);

	flush->done = true;
	if (result)
		flush_failed(flush, result);
}

static void flush_start(struct sc_flush *flush, struct media *media)
{
	int err = media_channel_open(&flush->channel, media);

	flush->done = false;
	flush->request = (struct media_request){ .op = MEDIA_FLUSH, .done = flush_done };
	if (!err) {
		media_submit(flush->channel, &flush->request);
		return;
	}
	flush->channel = NULL;
	flush_failed(flush, err);
}

static void flushes_start(struct softctrl *sc)
{
	for (uint32_t i = 0; i < sc->nnamespaces; i++) {
		struct media *media = sc->namespaces[i].media;

		if (media->volatile_cache && !media->readonly)
			flush_start(&sc->flushes[i], media);
	}
}

/* True when no flush is under way. */
static bool flushes_rest(struct softctrl *sc)
{
	bool rest = true;

	for (uint32_t i = 0; i < sc->nnamespaces; i++) {
		struct sc_flush *flush = &sc->flushes[i];

		if (flush->channel && !flush->done)
			media_poll(flush->channel);
		if (flush->channel && !flush->done) {
			rest = false;
		} else {
			media_channel_close(flush->channel);
			flush->channel = NULL;
		}
	}
	return rest;
}

/* --- reset ---------------------------------------------------------------------------------------- */

void sc_reset_begin(struct softctrl *sc)
{
	sc->intm = 0;
	atomic_store_explicit(&sc->running, false, memory_order_release);
	atomic_store(&sc->ending, SC_RESETTING);
}

/* Ends a Controller Level Reset. Base 2.0c, 3.7.2. The caller has the Admin SQ's lock. */
static void reset_finish(struct softctrl *sc)
{
	sc_sq_delete(&sc->sqs[0]);
	for (uint32_t qid = 0; qid <= sc->nqueues; qid++)
		sc_cq_delete(&sc->cqs[qid]);
	sc->ndeleting = 0;
	sc_features_reset(sc);
	sc_interrupts_reset(sc);
	sc_events_reset(sc);
	sc_keep_alive_set(sc, 0);
	atomic_store(&sc->ending, SC_AT_WORK);
	atomic_fetch_and(&sc->csts, ~(CSTS_RDY | CSTS_CFS | CSTS_SHST));
}

/* Deletes I/O SQs that have nothing at the media; true when none is left. The caller has the Admin SQ's lock. */
static bool queues_rest(struct softctrl *sc)
{
	bool rest = true;

	for (uint32_t qid = 1; qid <= sc->nqueues; qid++) {
		struct sc_sq *sq = &sc->sqs[qid];

		pthread_mutex_lock(&sq->lock);
		if (sc_sq_rests(sq))
			sc_sq_delete(sq);
		else
			rest = false;
		pthread_mutex_unlock(&sq->lock);
	}
	return rest;
}

static bool reset_advance(struct softctrl *sc)
{
	bool queues, orphans, flushes, rest;

	pthread_mutex_lock(&sc->sqs[0].lock);
	/* Queues, orphans and flushes all advance, even while another of them is not done. */
	queues = queues_rest(sc);
	orphans = sc_orphans_rest(sc);
	flushes = flushes_rest(sc);
	rest = queues && orphans && flushes;
	if (rest)
		reset_finish(sc);
	pthread_mutex_unlock(&sc->sqs[0].lock);
	return rest;
}

void sc_ending_force(struct softctrl *sc)
{
	atomic_store_explicit(&sc->running, false, memory_order_release);
	pthread_mutex_lock(&sc->sqs[0].lock);
	for (uint32_t qid = 1; qid <= sc->nqueues; qid++)
		sc_sq_delete(&sc->sqs[qid]);
	sc_orphans_free(sc);
	for (uint32_t i = 0; i < sc->nnamespaces; i++)
		media_channel_close(sc->flushes[i].channel);
	reset_finish(sc);
	pthread_mutex_unlock(&sc->sqs[0].lock);
}

/* --- shutdown ------------------------------------------------------------------------------------- */

static void shutdown_status(struct softctrl *sc, uint32_t shst)
{
	atomic_fetch_and(&sc->csts, ~CSTS_SHST);
	atomic_fetch_or(&sc->csts, UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CSTS_SHST, shst));
}

void sc_shutdown_begin(struct softctrl *sc)
{
	atomic_store_explicit(&sc->running, false, memory_order_release);
	shutdown_status(sc, UPNVME_SPEC_CSTS_SHST_OCCURRING);
	sc->trouble[0] = '\0';
	atomic_store(&sc->ending, SC_DRAINING);
}

/* Lets the queue's commands end, and posts completions as there is room; true when no command is at the media. */
static bool queue_drains(struct sc_sq *sq)
{
	bool drained = true;

	pthread_mutex_lock(&sq->lock);
	if (sc_sq_live(sq)) {
		sc_sq_progress(sq);
		drained = !sq->noutstanding;
		sc_sq_post(sq);
	}
	pthread_mutex_unlock(&sq->lock);
	return drained;
}

static bool drain(struct softctrl *sc)
{
	bool drained = true;

	for (uint32_t qid = 0; qid <= sc->nqueues; qid++)
		drained &= queue_drains(&sc->sqs[qid]);
	pthread_mutex_lock(&sc->sqs[0].lock);
	drained &= sc_orphans_rest(sc);
	pthread_mutex_unlock(&sc->sqs[0].lock);
	return drained;
}

/* No completion can tell of a failed flush, so CSTS.CFS does: Base 2.0c, 3.1.3.6. */
static void shutdown_finish(struct softctrl *sc)
{
	if (sc->trouble[0])
		atomic_fetch_or(&sc->csts, CSTS_CFS);
	atomic_store(&sc->ending, SC_AT_WORK);
	shutdown_status(sc, UPNVME_SPEC_CSTS_SHST_COMPLETE);
}

static void shutdown_advance(struct softctrl *sc)
{
	if (sc->ending == SC_DRAINING && drain(sc)) {
		flushes_start(sc);
		atomic_store(&sc->ending, SC_FLUSHING);
	}
	if (sc->ending == SC_FLUSHING && flushes_rest(sc))
		shutdown_finish(sc);
}

bool sc_ending_advance(struct softctrl *sc)
{
	if (sc->ending == SC_RESETTING)
		return reset_advance(sc);
	shutdown_advance(sc);
	return false;
}
