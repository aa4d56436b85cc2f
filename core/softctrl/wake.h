/* SPDX-License-Identifier: BSD-3-Clause */
/* The controller's thread as other threads see it: it may be parked, and is woken when there is work. */
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
	bool membarrier; /* parking orders other threads' stores, so that waking needs no barrier */
	_Atomic uint32_t parked; /* futex */
	_Atomic bool stop;
	_Atomic bool kicked; /* work that no doorbell tells of */
};

/* Tells the thread of work that no doorbell tells of: a register, an event. A no-op inline. */
void sc_thread_kick(struct softctrl *sc);

#endif
