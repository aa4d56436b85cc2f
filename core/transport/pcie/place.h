/* SPDX-License-Identifier: BSD-3-Clause */
/* The place of a PCIe controller: its address, its driver, and whether it can be opened. */
#ifndef UPNVME_TRANSPORT_PCIE_PLACE_H
#define UPNVME_TRANSPORT_PCIE_PLACE_H

#include "pci/address.h"
#include "pci/device.h"
#include "pci/resource.h"

struct sysfs;

enum place_holder { HELD_BY_VFIO, HELD_BY_UIO };

struct place {
	char address[PCI_ADDRESS_ROOM];
	char driver[PCI_DRIVER_ROOM];
	enum place_holder holder;
	unsigned number; /* VFIO: of the IOMMU group; UIO: of /dev/uioN */
	int node;        /* NUMA node, -1: not known */
	struct pci_resource bars[PCI_BARS];
};

/* Finds the NVMe controller that `text` names and checks that VFIO or UIO has it. 0, or a negative
 * errno whose sentence names the command that would help. */
int place_find(struct place *place, const struct sysfs *fs, const char *text);

#endif
