/* SPDX-License-Identifier: BSD-3-Clause */
/* Asynchronous events (NVMe Base 2.0c, 5.2): requests kept at the controller, and the answer to each that
 * comes back. */
#ifndef UPNVME_DRIVER_EVENT_H
#define UPNVME_DRIVER_EVENT_H

#include <stdint.h>

#include <upnvme/ctrlr.h>

struct upnvme_ctrlr;

int events_create(struct upnvme_ctrlr *ctrlr);
void events_destroy(struct upnvme_ctrlr *ctrlr);

/* Tells the controller which events are wanted, and gives it the requests. A controller that refuses them is
 * no failure. */
void events_arm(struct upnvme_ctrlr *ctrlr);

/* Delivers the event that the controller has failed, which the controller cannot tell itself; and repeats requests that
 * have ended in error. Called by the thread that serves. */
void events_serve(struct upnvme_ctrlr *ctrlr);

void events_on(struct upnvme_ctrlr *ctrlr, upnvme_event_cb cb, void *arg);
/* Notes that the callback that ran has ended, by a return or in any other way. */
void events_abandon(struct upnvme_ctrlr *ctrlr);

#endif
