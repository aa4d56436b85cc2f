/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A submission queue and a completion queue: their rings, and what a submission queue holds besides.
 *
 * All queues exist as objects from the beginning, so that their locks outlive what is in them.
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

/* The Admin Queue is of one kind, I/O queues are of another. */
struct sc_queue_kind {
	const struct sc_command_set *commands; /* of commands that name no namespace */
	void (*execute)(struct sc_cmd *cmd);
	/* Does the work besides commands; true when that has ended a command. NULL: there is no such work. */
	bool (*service)(struct softctrl *sc);
};

struct sc_cq {
	pthread_mutex_t lock;
	struct sc_cq_ring ring;
	bool live;
	bool interrupts; /* enabled */
	uint16_t vector;
	uint16_t qid;
	uint32_t nsqs; /* submission queues that use it; guarded by the Admin SQ's lock */
};

struct sc_channel {
	struct media_channel *media;
	uint32_t noutstanding;
};

/* Counters of one queue; written by the thread that holds its lock, read by any thread. */
struct sc_counters {
	_Atomic uint64_t read_sectors; /* of 512 bytes, as SMART's data units */
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
	bool deleting; /* no more is fetched; the delete command waits for the media */
	uint16_t qid;

	struct sc_cmd *free;
	struct sc_list finished;     /* a step is done at the media, the next is to be taken */
	struct sc_list completed;    /* to be posted as soon as the completion queue has room */
	uint32_t noutstanding;       /* at the media */
	uint32_t nflushing;          /* flushes among them: they touch no memory of the host's */
	struct sc_channel *channels; /* by NSID minus 1 */
	uint32_t nchannels;

	uint32_t naborts;
	struct sc_abort aborts[SC_NABORTS];
	struct sc_cmd *delete_cmd; /* guarded by the Admin SQ's lock */
	uint64_t patience_ns;      /* until when a deletion waits for flushes */
	struct sc_sq *next;        /* of an orphan */

	struct sc_counters counters;
	struct sc_cmd *cmds;
	struct iovec *iovs;
	uint32_t ncmds;
};

/* Counters have one writer at a time, so no locked instruction is needed. */
static inline void sc_counter_add(_Atomic uint64_t *counter, uint64_t n)
{
	uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);

	atomic_store_explicit(counter, value + n, memory_order_relaxed);
}

static inline bool sc_sq_live(struct sc_sq *sq)
{
	return atomic_load_explicit(&sq->live, memory_order_acquire);
}

/* Has the media call `done` of the requests that they have finished. */
static inline void sc_sq_poll_media(struct sc_sq *sq)
{
	for (uint32_t i = 0; sq->noutstanding && i < sq->nchannels; i++)
		if (sq->channels[i].noutstanding)
			media_poll(sq->channels[i].media);
}

/* The doorbells are there already. */
int sc_queues_init(struct softctrl *sc, const struct sc_queue_kind *admin,
		   const struct sc_queue_kind *io);
void sc_queues_fini(struct softctrl *sc);

/* The caller has the Admin SQ's lock. */
void sc_cq_create(struct sc_cq *cq, struct upnvme_spec_cqe *entries, uint32_t nentries,
		  bool interrupts, uint16_t vector);
void sc_cq_delete(struct sc_cq *cq);

/* The caller has the locks of the queue and of the Admin SQ. Deleting a queue that is not live does nothing. */
int sc_sq_create(struct sc_sq *sq, struct sc_cq *cq, struct upnvme_spec_sqe *entries,
		 uint32_t nentries);
void sc_sq_delete(struct sc_sq *sq);

/* Frees all that a queue holds besides its ring. Waits for the media; no completion is posted. */
void sc_sq_contents_free(struct sc_sq *sq);

/* True when no command is at the media. A command that the media have finished goes no further. */
bool sc_sq_rests(struct sc_sq *sq);

#endif
