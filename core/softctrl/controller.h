/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The controller object, as the controller's own files see it.
 *
 * Locks, in the order in which they are taken: registers -> Admin Submission Queue -> one I/O submission queue -> a
 * completion queue -> events, error log or interrupts. Whoever holds a submission queue's lock does the controller's
 * work for that queue.
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
	bool volatile_cache; /* of any namespace */
	char serial[21];
	uint16_t cntlid;
	bool shared; /* the media may have other controllers, too */
	uint32_t nnamespaces;
	struct sc_ns *namespaces;
	const struct sc_command_set *const *command_sets; /* I/O command sets, by CSI */
	uint32_t ncommand_sets;
	uint32_t niov_max; /* data segments of a command */

	pthread_mutex_t lock; /* the registers that follow */
	uint64_t cap;
	_Atomic uint32_t cc;
	uint32_t intm;
	uint32_t aqa;
	uint64_t asq;
	uint64_t acq;
	_Atomic uint32_t csts;
	_Atomic enum sc_ending ending; /* changed under the lock */
	bool shutdown_due;             /* when the reset is over */
	struct sc_flush *flushes;      /* by NSID minus 1 */
	char trouble[128];             /* the failure of the last shutdown; empty: there was none */

	_Atomic bool running;        /* enabled, not fatal, not shut down: commands are processed */
	_Atomic bool writes_through; /* no volatile write cache: all writes are durable */
	_Atomic uint32_t burst;      /* commands of a queue that are fetched at a time */

	_Atomic uint32_t *doorbells;
	uint64_t doorbells_bytes;
	struct sc_sq *sqs; /* by queue identifier, 0 the Admin Queue */
	struct sc_cq *cqs;
	uint32_t ndeleting;    /* delete commands that wait; guarded by the Admin SQ's lock */
	uint32_t naborting;    /* Aborts that wait; likewise */
	struct sc_sq *orphans; /* likewise */
	uint8_t *scratch;      /* a page to build answers in; likewise */

	struct sc_features features;
	struct sc_events events;
	struct sc_interrupts interrupts;
	struct sc_errors errors;
	struct sc_counters retired; /* counters of queues that are deleted */
	uint64_t created_ns;
	uint64_t keep_alive_ms;
	uint64_t keep_alive_deadline_ns;
	struct sc_thread thread;
};

static inline bool sc_running(struct softctrl *sc)
{
	return atomic_load_explicit(&sc->running, memory_order_acquire);
}

/* The namespace with that identifier, or NULL. */
static inline struct sc_ns *sc_ns_find(const struct softctrl *sc, uint32_t nsid)
{
	return likely(nsid - 1 < sc->nnamespaces) ? &sc->namespaces[nsid - 1] : NULL;
}

/* A command's row in the namespace's command set, or in the queue's where the command names no namespace. */
static inline const struct sc_command *sc_command_row(const struct sc_cmd *cmd,
						      const struct sc_ns *ns)
{
	const struct sc_command_set *set = likely(ns) ? ns->commands : cmd->sq->kind.commands;

	return &set->rows[cmd->sqe.opcode];
}

/* The command set with that identifier, or NULL. */
static inline const struct sc_command_set *sc_command_set_find(const struct softctrl *sc,
							       uint32_t csi)
{
	return csi < sc->ncommand_sets ? sc->command_sets[csi] : NULL;
}

#endif
