/* SPDX-License-Identifier: BSD-3-Clause */
/* The opt-in thread that polls a controller's admin side. */
#ifndef UPNVME_DRIVER_HOUSEKEEPER_H
#define UPNVME_DRIVER_HOUSEKEEPER_H

struct upnvme_ctrlr;

int housekeeper_start(struct upnvme_ctrlr *ctrlr);
/* Wakes the thread and joins it, if there is one. */
void housekeeper_stop(struct upnvme_ctrlr *ctrlr);

#endif
