/* SPDX-License-Identifier: BSD-3-Clause */
/* Enabling, disabling and shutting down a controller through its registers (NVMe Base 2.0c, 3.5 and
 * 3.6). */
#ifndef UPNVME_DRIVER_BRINGUP_H
#define UPNVME_DRIVER_BRINGUP_H

#include <stdbool.h>
#include <stdint.h>

struct upnvme_ctrlr;

/* From whatever state the controller is in to CSTS.RDY = 1 with an empty admin queue. */
int bringup_enable(struct upnvme_ctrlr *ctrlr);

/* CC.EN = 0 and CSTS.RDY = 0: it touches no memory any more. One that does not obey is isolated from memory, where
 * that can be done; one that is gone counts as disabled. Storage that it waits for is given `storage_ns`. An error: it
 * may still touch memory. */
int bringup_disable(struct upnvme_ctrlr *ctrlr, uint64_t storage_ns);
/* Whether one that was told to has become so since; one that has not is told again. */
bool bringup_is_disabled(struct upnvme_ctrlr *ctrlr);

/* Tells the controller that power may go, and waits until it is ready for that. An error: what is in its volatile
 * cache may not be durable. */
int bringup_shutdown(struct upnvme_ctrlr *ctrlr);

/* A 64-bit register; of a device that wants it so, as two halves, the lower one first: the specification allows both
 * (NVMe over PCIe Transport 1.0c, 3.1). */
int bringup_read64(struct upnvme_ctrlr *ctrlr, uint32_t offset, uint64_t *value);
int bringup_write64(struct upnvme_ctrlr *ctrlr, uint32_t offset, uint64_t value);

/* CSTS. -EIO when it reads as all ones: the controller is gone. */
int bringup_status(struct upnvme_ctrlr *ctrlr, uint32_t *csts);

#endif
