/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The controller object, as the controller's own files see it.
 *
 * Locks are taken in this order: the registers', the Admin Submission Queue's, one I/O submission queue's, a completion
 * queue's, then the events', the error log's or the interrupts'. The thread that holds a submission queue's lock does
 * the controller's work for that queue.
 */
#ifndef UPNVME_SOFTCTRL_CONTROLLER_H
#define UPNVME_SOFTCTRL_CONTROLLER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "softctrl/command.h"
#include "softctrl/ending.h"
#include "softctrl/error_log.h"
#include "softctrl/events.h"
#include "softctrl/execute.h"
#include "softctrl/features.h"
#include "softctrl/interrupt.h"
#include "softctrl/namespace.h"
#include "softctrl/queue.h"
#include "softctrl/ring/memory.h"
#include "softctrl/softctrl.h"
#include "softctrl/wake.h"

struct softctrl {
	struct sc_memory memory;
	uint8_t mdts;
	uint16_t nqueues;
	uint16_t noiob;
	bool sgl;
	bool threaded;
	bool volatile_cache; /* one or more namespaces have such a cache */
	char serial[21];
	uint16_t cntlid;
	bool shared; /* other controllers may use the media, too */
	uint32_t nnamespaces;
	struct sc_ns *namespaces;
	const struct sc_command_set *const *command_sets; /* for I/O, by CSI */
	uint32_t ncommand_sets;
	uint32_t niov_max; /* data segments that a command has at most */

	pthread_mutex_t lock; /* guards the members from here to `trouble` */
	uint64_t cap;
	_Atomic uint32_t cc;
	uint32_t intm;
	uint32_t aqa;
	uint64_t asq;
	uint64_t acq;
	_Atomic uint32_t csts;
	_Atomic enum sc_ending ending; /* written under the lock */
	bool shutdown_due;             /* begin a shutdown when the reset is over */
	struct sc_flush *flushes;      /* by NSID minus 1 */
	char trouble[128];             /* what failed at the last shutdown; empty: nothing */

	_Atomic bool running;        /* commands are processed: not fatal, not shut down */
	_Atomic bool writes_through; /* the cache is disabled: each write is durable */
	_Atomic uint32_t burst;      /* the most commands that a queue fetches at a time */

	_Atomic uint32_t *doorbells;
	uint64_t doorbells_bytes;
	struct sc_sq *sqs; /* by queue identifier; 0: the Admin Queue */
	struct sc_cq *cqs;
	/* The Admin SQ's lock guards these four members. */
	uint32_t ndeleting;    /* delete commands that wait */
	uint32_t naborting;    /* Aborts that wait */
	struct sc_sq *orphans; /* see orphan.h */
	uint8_t *scratch;      /* a page to build answers in */

	struct sc_features features;
	struct sc_events events;
	struct sc_interrupts interrupts;
	struct sc_errors errors;
	struct sc_counters retired; /* sums of the deleted queues' counters */
	uint64_t created_ns;
	uint64_t keep_alive_ms; /* 0: no timer runs; guarded by the Admin SQ's lock */
	uint64_t keep_alive_deadline_ns;
	struct sc_thread thread;
};

static inline bool sc_running(struct softctrl *sc)
{
	return atomic_load_explicit(&sc->running, memory_order_acquire);
}

/* The namespace that has this identifier, or NULL. */
static inline struct sc_ns *sc_ns_find(const struct softctrl *sc, uint32_t nsid)
{
	return likely(nsid - 1 < sc->nnamespaces) ? &sc->namespaces[nsid - 1] : NULL;
}

/* A command's row: in the namespace's command set, or, where `ns` is NULL, in the queue's. */
static inline const struct sc_command *sc_command_row(const struct sc_cmd *cmd,
						      const struct sc_ns *ns)
{
	const struct sc_command_set *set = likely(ns) ? ns->commands : cmd->sq->kind.commands;

	return &set->rows[cmd->sqe.opcode];
}

/* The I/O command set that has this identifier (CSI), or NULL. */
static inline const struct sc_command_set *sc_command_set_find(const struct softctrl *sc,
							       uint32_t csi)
{
	return csi < sc->ncommand_sets ? sc->command_sets[csi] : NULL;
}

#endif
