/* SPDX-License-Identifier: BSD-3-Clause */
/* Admin commands that the caller has put together, dword by dword. */
#ifndef UPNVME_DRIVER_ADMIN_RAW_H
#define UPNVME_DRIVER_ADMIN_RAW_H

#include <upnvme/types.h>

struct upnvme_ctrlr;

/* As admin_run. Commands and features that are the driver's own are refused. */
int admin_raw_run(struct upnvme_ctrlr *ctrlr, const struct upnvme_raw *raw,
		  struct upnvme_completion *done);
/* As admin_start, for a caller's command: its callback counts in the poll's result. */
int admin_raw_start(struct upnvme_ctrlr *ctrlr, const struct upnvme_raw *raw, upnvme_cb cb,
		    void *arg);

#endif
