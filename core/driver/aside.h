/* SPDX-License-Identifier: BSD-3-Clause */
/* Controllers that are closed while something may still touch their memory. */
#ifndef UPNVME_DRIVER_ASIDE_H
#define UPNVME_DRIVER_ASIDE_H

struct upnvme_ctrlr;

/* Frees a controller that has no users any more, or sets it aside whole while it may still access memory. */
void ctrlr_end(struct upnvme_ctrlr *ctrlr);

/* Frees the controllers that were set aside and are disabled now. The thread's last error stays as it was. */
void ctrlrs_sweep(void);

#endif
