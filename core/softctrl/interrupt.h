/* SPDX-License-Identifier: BSD-3-Clause */
/* Interrupts of completion queues, and their coalescing. */
#ifndef UPNVME_SOFTCTRL_INTERRUPT_H
#define UPNVME_SOFTCTRL_INTERRUPT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "softctrl/softctrl.h"

/* The completion entries that an interrupt vector has to tell of. */
struct sc_vector {
	uint32_t nentries;
	uint64_t due_ns;      /* when the message is sent at the latest */
	_Atomic bool at_once; /* Interrupt Vector Configuration has coalescing disabled */
};

struct sc_interrupts {
	struct softctrl_interrupt way;
	pthread_mutex_t lock;
	_Atomic uint32_t coalescing; /* the value of the feature Interrupt Coalescing */
	_Atomic uint32_t nwaiting;   /* vectors that have entries to tell of */
	struct sc_vector *vectors;
};

int sc_interrupts_init(struct softctrl *sc, const struct softctrl_interrupt *way);
void sc_interrupts_fini(struct softctrl *sc);

/* Drops the messages that wait, and gives the two features their defaults. */
void sc_interrupts_reset(struct softctrl *sc);

/* Tells the host of posted entries, at once or later; `failed`: one or more of the commands have failed. */
void sc_interrupt(struct softctrl *sc, uint16_t vector, uint32_t nentries, bool failed);

/* Sends the messages that have waited long enough. */
void sc_interrupts_service(struct softctrl *sc);

/* The time for which the controller's thread may sleep; UINT64_MAX: no message waits. */
uint64_t sc_interrupts_timeout(struct softctrl *sc);

#endif
