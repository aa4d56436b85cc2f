/* SPDX-License-Identifier: BSD-3-Clause */
/* The look whether the controller is still there, by threads that wait for it in vain. */
#ifndef UPNVME_DRIVER_WATCH_H
#define UPNVME_DRIVER_WATCH_H

#include <stdbool.h>

struct upnvme_ctrlr;

/* Forgets the last reset of the controller's subsystem, before the controller is enabled. 0, or a negative errno with
 * its sentence. */
int watch_begin(struct upnvme_ctrlr *ctrlr);

/* Reads CSTS and CC, and gives the controller up if it has failed, is gone or to go, or was reset by another program.
 * False: the controller is given up. Any thread may call that holds no lock of the controller. */
bool watch_alive(struct upnvme_ctrlr *ctrlr);

#endif
