/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether the controller is still there: asked by threads that wait for it in vain. */
#ifndef UPNVME_DRIVER_WATCH_H
#define UPNVME_DRIVER_WATCH_H

#include <stdbool.h>

struct upnvme_ctrlr;

/* Before the controller is enabled: forgets the last reset of its subsystem. 0, or a negative errno with its
 * sentence. */
int watch_begin(struct upnvme_ctrlr *ctrlr);

/* Reads CSTS and CC, and gives the controller up if it has failed, is gone or to go, or was reset by another program.
 * False: it is given up. Any thread that holds no lock of the controller's. */
bool watch_alive(struct upnvme_ctrlr *ctrlr);

#endif
