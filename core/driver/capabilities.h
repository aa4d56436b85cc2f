/* SPDX-License-Identifier: BSD-3-Clause */
/* Capabilities, as the controller tells them before it is enabled: CAP, VS and CRTO. */
#ifndef UPNVME_DRIVER_CAPABILITIES_H
#define UPNVME_DRIVER_CAPABILITIES_H

struct upnvme_ctrlr;

/* Reads and checks the capabilities, and sets what follows from them in the controller: the limits of queues, the time
 * to become ready, and whether 64-bit registers are accessed in halves. */
int capabilities_read(struct upnvme_ctrlr *ctrlr);

#endif
