/* SPDX-License-Identifier: BSD-3-Clause */
/* The way down: shutting down and disabling a controller through its registers (NVMe Base 2.0c, 3.6). */
#ifndef UPNVME_DRIVER_BRINGDOWN_H
#define UPNVME_DRIVER_BRINGDOWN_H

#include <stdbool.h>
#include <stdint.h>

struct upnvme_ctrlr;

/* CC.EN = 0 and CSTS.RDY = 0: the controller touches no memory any more. One that does not obey is isolated from
 * memory, where that can be done; one that is gone counts as disabled. Storage that it waits for is given
 * `storage_ns`. An error: it may still touch memory. */
int bringdown_disable(struct upnvme_ctrlr *ctrlr, uint64_t storage_ns);
/* Whether a controller that was told to has become disabled since; one that has not is told again. */
bool bringdown_is_disabled(struct upnvme_ctrlr *ctrlr);

/* Tells the controller that power may go, and waits until it is ready for that. An error: data in its volatile cache
 * may not be durable. */
int bringdown_shutdown(struct upnvme_ctrlr *ctrlr);

#endif
