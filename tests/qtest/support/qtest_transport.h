/* SPDX-License-Identifier: BSD-3-Clause */
/* A transport that the library does not know: to the controller of a QEMU process. */
#ifndef UPNVME_TESTS_QTEST_TRANSPORT_H
#define UPNVME_TESTS_QTEST_TRANSPORT_H

#include <upnvme/ctrlr.h>

#include "support/qemu.h"

struct transport;

int qtest_transport_open(struct transport **transport, struct qemu *qemu);

/* As upnvme_open. The process must live until the controller is closed; one controller at a
 * time. */
int qtest_open(upnvme_ctrlr **ctrlr, struct qemu *qemu, const struct upnvme_open_opts *opts);

#endif
