/* SPDX-License-Identifier: BSD-3-Clause */
/* Enabling, disabling and shutting down a controller through its registers (NVMe Base 2.0c, 3.5 and
 * 3.6). */
#ifndef UPNVME_DRIVER_BRINGUP_H
#define UPNVME_DRIVER_BRINGUP_H

#include <stdint.h>

struct upnvme_ctrlr;

/* From whatever state the controller is in to CSTS.RDY = 1 with an empty admin queue. */
int bringup_enable(struct upnvme_ctrlr *ctrlr);

/* CC.EN = 0 and CSTS.RDY = 0: it touches no memory any more. A controller that is gone counts as
 * disabled; one that does not obey is isolated from memory, where that can be done, and an
 * error. */
int bringup_disable(struct upnvme_ctrlr *ctrlr);

/* Tells the controller that power may go, and waits until it is ready for that. */
int bringup_shutdown(struct upnvme_ctrlr *ctrlr);

/* CSTS. -EIO when it reads as all ones: the controller is gone. */
int bringup_status(struct upnvme_ctrlr *ctrlr, uint32_t *csts);

#endif
