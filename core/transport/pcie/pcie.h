/* SPDX-License-Identifier: BSD-3-Clause */
/* From a device to a way to its controller. */
#ifndef UPNVME_TRANSPORT_PCIE_PCIE_H
#define UPNVME_TRANSPORT_PCIE_PCIE_H

struct device;
struct transport;

/* Takes the device over, also when it fails: maps its registers, lets it reach memory. `node` is
 * its NUMA node. */
int pcie_attach(struct transport **transport, struct device *device, int node);

#endif
