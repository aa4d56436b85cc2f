/* SPDX-License-Identifier: BSD-3-Clause */
/* The controller's work for one submission queue. The caller of each function but sc_process has the queue's lock. */
#ifndef UPNVME_SOFTCTRL_PROCESS_H
#define UPNVME_SOFTCTRL_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#define SC_NO_BURST UINT32_MAX /* Arbitration Burst: no limit */

struct sc_sq;
struct softctrl;

/* Takes the tail from the queue's doorbell, and tells the host of an invalid value. */
void sc_sq_read_doorbell(struct sc_sq *sq);

/* Polls the media, and takes the next step of each command that has one, until none has. */
void sc_sq_progress(struct sc_sq *sq);

/* Sleeps until the first medium that has requests of the queue has finished one, or for the time given. */
void sc_sq_wait_media(struct sc_sq *sq, uint64_t timeout_ns);

/* Posts completions until the completion queue is full; others wait for its head to move. True when any was posted. */
bool sc_sq_post(struct sc_sq *sq);

/*
 * Does all of the work for the queue, and tells whether there was any. After a burst it is another queue's turn (NVMe
 * Base 2.0c, 3.4.4.1): the caller runs this queue again later.
 */
bool sc_sq_run(struct sc_sq *sq);

/* Takes the queue's lock and runs the queue, if the controller is enabled. Tells whether there was any work. */
bool sc_process(struct softctrl *sc, uint16_t qid);

#endif
