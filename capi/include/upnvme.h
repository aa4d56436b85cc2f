/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme.h
 * User-space, polled NVMe: all of the library's headers.
 *
 *     upnvme_ctrlr *ctrlr;  upnvme_ns *ns;  upnvme_qpair *qp;  void *buf;
 *
 *     if (upnvme_open(&ctrlr, "soft:/tmp/disk.img?block=4096", NULL) < 0)
 *             errx(1, "%s", upnvme_last_error());
 *     upnvme_ns_get(&ns, ctrlr, 1);
 *     upnvme_qpair_create(&qp, ctrlr, NULL);                  // this thread owns it
 *     upnvme_dma_alloc(&buf, ctrlr, 8 * upnvme_ns_block_size(ns), 4096);
 *     upnvme_read(qp, ns, buf, lba, 8, on_done, &state);      // 0, or a negative errno
 *     while (!state.done)
 *             upnvme_poll(qp, 0);                             // runs on_done(&state, completion)
 *
 * Any thread may use the controller's handle. A queue pair belongs to one thread, which polls it. No
 * call blocks unless its description says that it waits. The library prints nothing, and installs no
 * signal handler, constructor or atexit hook.
 */
#ifndef UPNVME_H
#define UPNVME_H

#include "upnvme/ctrlr.h"
#include "upnvme/devices.h"
#include "upnvme/error.h"
#include "upnvme/io.h"
#include "upnvme/mem.h"
#include "upnvme/types.h"
#include "upnvme/version.h"

#endif
