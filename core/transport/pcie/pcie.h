/* SPDX-License-Identifier: BSD-3-Clause */
/* From a device to a way to its controller. */
#ifndef UPNVME_TRANSPORT_PCIE_PCIE_H
#define UPNVME_TRANSPORT_PCIE_PCIE_H

struct device;
struct place;
struct transport;

/* Takes the device over, which is at this place, also when it fails: maps its registers. */
int pcie_attach(struct transport **transport, struct device *device, const struct place *place);

#endif
