/* SPDX-License-Identifier: BSD-3-Clause */
/* The software controller behind a soft: transport, for tests that act on the controller itself: resize a namespace,
 * raise the temperature. */
#ifndef UPNVME_TRANSPORT_SOFT_SOFT_H
#define UPNVME_TRANSPORT_SOFT_SOFT_H

struct softctrl;
struct transport;

/* `transport` is one that transport_soft opened. */
struct softctrl *soft_controller(struct transport *transport);

#endif
