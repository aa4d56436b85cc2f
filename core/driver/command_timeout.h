/* SPDX-License-Identifier: BSD-3-Clause */
/* How long an admin command may take whose caller does not say. */
#ifndef UPNVME_DRIVER_COMMAND_TIMEOUT_H
#define UPNVME_DRIVER_COMMAND_TIMEOUT_H

#include <stdint.h>

struct nvme_sqe;
struct upnvme_ctrlr;

/* Of Sanitize the controller is asked, so the caller holds no lock. */
uint64_t command_timeout_ns(struct upnvme_ctrlr *ctrlr, const struct nvme_sqe *sqe);

#endif
