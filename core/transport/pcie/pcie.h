/* SPDX-License-Identifier: BSD-3-Clause */
/* The step from an open PCI device to a transport. */
#ifndef UPNVME_TRANSPORT_PCIE_PCIE_H
#define UPNVME_TRANSPORT_PCIE_PCIE_H

struct device;
struct place;
struct transport;

/* Takes over the device at this place, also when the call fails, and maps its registers. */
int pcie_attach(struct transport **transport, struct device *device, const struct place *place);

#endif
