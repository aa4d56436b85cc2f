/* SPDX-License-Identifier: BSD-3-Clause */
/* The controller's thread as other threads see it: parked or not, and woken when there is work. */
#ifndef UPNVME_SOFTCTRL_WAKE_H
#define UPNVME_SOFTCTRL_WAKE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct softctrl;

struct sc_thread {
	pthread_t id;
	bool started;
	bool membarrier; /* parking orders the other threads' stores and loads, so that waking needs no barrier */
	_Atomic uint32_t parked; /* a futex; 1: the thread sleeps, or is about to */
	_Atomic bool stop;
	_Atomic bool kicked; /* work has come that no doorbell tells of */
};

/* Wakes the thread for work that no doorbell tells of: a register, an event. Does nothing in inline mode. */
void sc_thread_kick(struct softctrl *sc);

#endif
