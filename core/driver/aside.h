/* SPDX-License-Identifier: BSD-3-Clause */
/* Controllers that are closed while something may still touch their memory. */
#ifndef UPNVME_DRIVER_ASIDE_H
#define UPNVME_DRIVER_ASIDE_H

struct upnvme_ctrlr;

/* To be called when the controller has no users any more: it is freed, or, while it may still access memory, set aside
 * whole. */
void ctrlr_end(struct upnvme_ctrlr *ctrlr);

/* Frees the controllers that were set aside and are disabled now. The thread's last error stays as it was. */
void ctrlrs_sweep(void);

#endif
