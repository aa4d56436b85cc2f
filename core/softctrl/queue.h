/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A submission queue and a completion queue: their rings, and what a submission queue holds besides.
 *
 * All queues exist as objects as long as the controller, so that their locks do. The host's commands create and delete
 * the queues' contents.
 */
#ifndef UPNVME_SOFTCTRL_QUEUE_H
#define UPNVME_SOFTCTRL_QUEUE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "media/media.h"
#include "softctrl/abort_note.h"
#include "softctrl/command.h"
#include "softctrl/ring/cq.h"
#include "softctrl/ring/sq.h"

struct softctrl;
struct sc_command_set;

/* The kind of a queue: the Admin Queue's, or the I/O queues'. */
struct sc_queue_kind {
	const struct sc_command_set *commands; /* the set of commands that name no namespace */
	void (*execute)(struct sc_cmd *cmd);
	/* Does the kind's work besides fetched commands; true when a command has ended. NULL: no such work. */
	bool (*service)(struct softctrl *sc);
};

struct sc_cq {
	pthread_mutex_t lock;
	struct sc_cq_ring ring;
	bool live;
	bool interrupts; /* Create I/O Completion Queue has enabled interrupts */
	uint16_t vector;
	uint16_t qid;
	uint32_t nsqs; /* submission queues that use it; guarded by the Admin SQ's lock */
};

struct sc_channel {
	struct media_channel *media;
	uint32_t noutstanding; /* the queue's requests at this medium */
};

/* Counters of one queue. The thread that holds the queue's lock writes them, any thread reads them. */
struct sc_counters {
	_Atomic uint64_t read_sectors; /* of 512 bytes: SMART counts in thousands of these */
	_Atomic uint64_t written_sectors;
	_Atomic uint64_t read_commands;
	_Atomic uint64_t write_commands;
	_Atomic uint64_t media_errors;
};

struct sc_sq {
	pthread_mutex_t lock;
	struct softctrl *sc;
	struct sc_sq_ring ring;
	struct sc_cq *cq;
	struct sc_queue_kind kind;
	_Atomic bool live;
	bool deleting; /* a delete command waits; fetched commands are aborted */
	uint16_t qid;

	struct sc_cmd *free;
	struct sc_list finished;     /* the medium has done a step; `advance` is to be called */
	struct sc_list completed;    /* ended; to be posted when the completion queue has room */
	uint32_t noutstanding;       /* requests at the media */
	uint32_t nflushing;          /* the flushes of these: a flush touches no host memory */
	struct sc_channel *channels; /* by NSID minus 1 */
	uint32_t nchannels;

	uint32_t naborts;
	struct sc_abort aborts[SC_NABORTS];
	struct sc_cmd *delete_cmd; /* guarded by the Admin SQ's lock */
	uint64_t patience_ns;      /* when a deletion stops waiting for flushes */
	struct sc_sq *next;        /* the list of orphans: see orphan.h */

	struct sc_counters counters;
	struct sc_cmd *cmds;
	struct iovec *iovs;
	uint32_t ncmds;
};

/* A counter has one writer at a time, so that adding needs no locked instruction. */
static inline void sc_counter_add(_Atomic uint64_t *counter, uint64_t n)
{
	uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);

	atomic_store_explicit(counter, value + n, memory_order_relaxed);
}

static inline bool sc_sq_live(struct sc_sq *sq)
{
	return atomic_load_explicit(&sq->live, memory_order_acquire);
}

/* Lets the media call `done` of each request that they have finished. */
static inline void sc_sq_poll_media(struct sc_sq *sq)
{
	for (uint32_t i = 0; sq->noutstanding && i < sq->nchannels; i++)
		if (sq->channels[i].noutstanding)
			media_poll(sq->channels[i].media);
}

/* Makes all queues as objects, none of them live. The array of doorbells must exist already. */
int sc_queues_init(struct softctrl *sc, const struct sc_queue_kind *admin,
		   const struct sc_queue_kind *io);
void sc_queues_fini(struct softctrl *sc);

/* The caller of both functions has the Admin SQ's lock. */
void sc_cq_create(struct sc_cq *cq, struct upnvme_spec_cqe *entries, uint32_t nentries,
		  bool interrupts, uint16_t vector);
void sc_cq_delete(struct sc_cq *cq);

/*
 * The caller of both functions has the locks of the queue and of the Admin SQ. Deletion waits for the media, and does
 * nothing to a queue that is not live.
 */
int sc_sq_create(struct sc_sq *sq, struct sc_cq *cq, struct upnvme_spec_sqe *entries,
		 uint32_t nentries);
void sc_sq_delete(struct sc_sq *sq);

/* Frees all that a queue holds besides its ring. Waits for the media, and posts no completion. */
void sc_sq_contents_free(struct sc_sq *sq);

/* Polls the media; true when no request is left there. Finished commands take no further step: the queue ends. */
bool sc_sq_rests(struct sc_sq *sq);

#endif
