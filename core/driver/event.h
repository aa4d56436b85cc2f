/* SPDX-License-Identifier: BSD-3-Clause */
/* Asynchronous events (NVMe Base 2.0c, 5.2): requests kept at the controller, and what is done when
 * one comes back. */
#ifndef UPNVME_DRIVER_EVENT_H
#define UPNVME_DRIVER_EVENT_H

#include <stdint.h>

#include <upnvme/ctrlr.h>

struct upnvme_ctrlr;

int events_create(struct upnvme_ctrlr *ctrlr);
void events_destroy(struct upnvme_ctrlr *ctrlr);

/* Says which events are wanted, and gives the controller its requests. A controller without them is
 * no failure. */
void events_arm(struct upnvme_ctrlr *ctrlr);

/* Delivers what does not come from the controller, that it has failed; and repeats requests that it
 * has ended in error. On the thread that serves. */
void events_serve(struct upnvme_ctrlr *ctrlr);

void events_on(struct upnvme_ctrlr *ctrlr, upnvme_event_cb cb, void *arg);
/* The callback that runs has ended, however. */
void events_abandon(struct upnvme_ctrlr *ctrlr);

#endif
