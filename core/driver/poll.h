/* SPDX-License-Identifier: BSD-3-Clause */
/* Serving the admin side, by upnvme_ctrlr_poll and by the housekeeping thread. */
#ifndef UPNVME_DRIVER_POLL_H
#define UPNVME_DRIVER_POLL_H

#include <stdint.h>

struct upnvme_ctrlr;

/* Serves completions, events, Keep Alive and the detection of failures. Returns how many of the callers' callbacks
 * ran, or a negative errno. */
int ctrlr_poll(struct upnvme_ctrlr *ctrlr);

/* Runs the callbacks that are due at `now_ns`, unless another thread is running them, and returns how many ran. */
uint32_t poll_serve(struct upnvme_ctrlr *ctrlr, uint64_t now_ns);

/* Counts one callback of the caller's, for the thread that serves. */
void poll_note_callback(struct upnvme_ctrlr *ctrlr);

/* Notes that the thread within poll_serve does not return there: it has left a callback by an exception or longjmp,
 * or is dead. */
void poll_abandon(struct upnvme_ctrlr *ctrlr);

/* -EDEADLK where this thread is within ctrlr_poll of the controller, in a callback; else 0. `call`
 * names the function. */
int ctrlr_check_outside(struct upnvme_ctrlr *ctrlr, const char *call);

/* Sets the Keep Alive Timer, if the options ask for it. */
int keep_alive_start(struct upnvme_ctrlr *ctrlr);

#endif
