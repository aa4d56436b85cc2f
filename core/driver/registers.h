/* SPDX-License-Identifier: BSD-3-Clause */
/* The controller's registers: access, what CSTS says, and waits for it (NVMe Base 2.0c, 3.1.3). */
#ifndef UPNVME_DRIVER_REGISTERS_H
#define UPNVME_DRIVER_REGISTERS_H

#include <stdbool.h>
#include <stdint.h>

struct upnvme_ctrlr;

int register_read32(struct upnvme_ctrlr *ctrlr, uint32_t offset, uint32_t *value);
int register_write32(struct upnvme_ctrlr *ctrlr, uint32_t offset, uint32_t value);

/* A 64-bit register; of a device that wants it so, as two halves, the lower one first: the specification allows both
 * (NVMe over PCIe Transport 1.0c, 3.1). */
int register_read64(struct upnvme_ctrlr *ctrlr, uint32_t offset, uint64_t *value);
int register_write64(struct upnvme_ctrlr *ctrlr, uint32_t offset, uint64_t value);
/* As register_read64, in halves whatever the device wants. */
int register_read_halves(struct upnvme_ctrlr *ctrlr, uint32_t offset, uint64_t *value);

/* CC.EN = 0, and no shutdown. */
int register_clear_enable(struct upnvme_ctrlr *ctrlr);

/* CSTS. -EIO when it reads as all ones: the controller is gone. */
int csts_read(struct upnvme_ctrlr *ctrlr, uint32_t *csts);
/* Waits until (CSTS & mask) is `wanted`. A fatal status ends the wait, where it is not `fatal_is_fine`. */
int csts_wait(struct upnvme_ctrlr *ctrlr, uint32_t mask, uint32_t wanted, uint32_t timeout_ms,
	      bool fatal_is_fine);
/* Waits until CSTS.RDY is `rdy`, as long as CAP.TO or CRTO says. */
int csts_wait_ready(struct upnvme_ctrlr *ctrlr, uint32_t rdy, bool fatal_is_fine);

/* Sentences: -EIO. */
int csts_error_gone(const struct upnvme_ctrlr *ctrlr);
int csts_error_fatal(const struct upnvme_ctrlr *ctrlr, uint32_t csts);

#endif
