/* SPDX-License-Identifier: BSD-3-Clause */
/* The controller's registers: access, and waits for states of CSTS (NVMe Base 2.0c, 3.1.3). */
#ifndef UPNVME_DRIVER_REGISTERS_H
#define UPNVME_DRIVER_REGISTERS_H

#include <stdbool.h>
#include <stdint.h>

struct upnvme_ctrlr;

int register_read32(struct upnvme_ctrlr *ctrlr, uint32_t offset, uint32_t *value);
int register_write32(struct upnvme_ctrlr *ctrlr, uint32_t offset, uint32_t value);

/* Access to a 64-bit register: with QUIRK_HALVES as two halves, the lower one first. The specification allows both
 * (NVMe over PCIe Transport 1.0c, 3.1). */
int register_read64(struct upnvme_ctrlr *ctrlr, uint32_t offset, uint64_t *value);
int register_write64(struct upnvme_ctrlr *ctrlr, uint32_t offset, uint64_t value);
/* As register_read64, always in halves. */
int register_read_halves(struct upnvme_ctrlr *ctrlr, uint32_t offset, uint64_t *value);

/* Clears CC.EN and CC.SHN. */
int register_clear_enable(struct upnvme_ctrlr *ctrlr);

/* Reads CSTS. -EIO when the register reads as all ones: the controller is gone. */
int csts_read(struct upnvme_ctrlr *ctrlr, uint32_t *csts);
/* Waits until (CSTS & mask) is `wanted`. A fatal status ends the wait, unless `fatal_is_fine`. */
int csts_wait(struct upnvme_ctrlr *ctrlr, uint32_t mask, uint32_t wanted, uint32_t timeout_ms,
	      bool fatal_is_fine);
/* Waits until CSTS.RDY is `rdy`, as long as CAP.TO or CRTO says. */
int csts_wait_ready(struct upnvme_ctrlr *ctrlr, uint32_t rdy, bool fatal_is_fine);

/* The errors of a controller that is gone, or has a fatal status: -EIO, with its sentence. */
int csts_error_gone(const struct upnvme_ctrlr *ctrlr);
int csts_error_fatal(const struct upnvme_ctrlr *ctrlr, uint32_t csts);

#endif
