/* SPDX-License-Identifier: BSD-3-Clause */
/* The way down: shutting down and disabling a controller through its registers (NVMe Base 2.0c, 3.6). */
#ifndef UPNVME_DRIVER_BRINGDOWN_H
#define UPNVME_DRIVER_BRINGDOWN_H

#include <stdbool.h>
#include <stdint.h>

struct upnvme_ctrlr;

/* Disables the controller (CC.EN = 0, CSTS.RDY = 0), so that it touches no memory any more. A controller that does not
 * obey is isolated from memory, where that can be done; a controller that is gone counts as disabled. Storage that the
 * controller waits for is given `storage_ns`. An error: the controller may still touch memory. */
int bringdown_disable(struct upnvme_ctrlr *ctrlr, uint64_t storage_ns);
/* Whether a controller that did not obey bringdown_disable has become disabled since; if not, CC.EN is cleared
 * again. */
bool bringdown_is_disabled(struct upnvme_ctrlr *ctrlr);

/* Tells the controller that power may go, and waits until it is ready for that. An error: data in its volatile cache
 * may not be durable. */
int bringdown_shutdown(struct upnvme_ctrlr *ctrlr);

#endif
