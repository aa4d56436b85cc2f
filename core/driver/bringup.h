/* SPDX-License-Identifier: BSD-3-Clause */
/* Enabling a controller through its registers (NVMe Base 2.0c, 3.5). */
#ifndef UPNVME_DRIVER_BRINGUP_H
#define UPNVME_DRIVER_BRINGUP_H

struct upnvme_ctrlr;

/* Brings the controller from any state to CSTS.RDY = 1, with an empty admin queue. */
int bringup_enable(struct upnvme_ctrlr *ctrlr);

#endif
