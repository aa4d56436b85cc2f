/* SPDX-License-Identifier: BSD-3-Clause */
/* Controllers that are closed while something may still touch their memory. */
#ifndef UPNVME_DRIVER_ASIDE_H
#define UPNVME_DRIVER_ASIDE_H

struct upnvme_ctrlr;

/* Nobody uses the controller any more. It is freed, or, while it is at large, set aside whole. */
void ctrlr_end(struct upnvme_ctrlr *ctrlr);

/* Frees those that have come to rest since. The last error stays. */
void ctrlrs_sweep(void);

#endif
