/* SPDX-License-Identifier: BSD-3-Clause */
/* The opt-in thread that polls a controller's admin side. */
#ifndef UPNVME_DRIVER_HOUSEKEEPER_H
#define UPNVME_DRIVER_HOUSEKEEPER_H

struct upnvme_ctrlr;

int housekeeper_start(struct upnvme_ctrlr *ctrlr);
/* Woken and joined. Does nothing where there is none. */
void housekeeper_stop(struct upnvme_ctrlr *ctrlr);

#endif
