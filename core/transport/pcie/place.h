/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a PCIe controller is, and whether it can be had. */
#ifndef UPNVME_TRANSPORT_PCIE_PLACE_H
#define UPNVME_TRANSPORT_PCIE_PLACE_H

#include "pci/address.h"

struct sysfs;

struct place {
	char address[PCI_ADDRESS_ROOM];
	unsigned group; /* IOMMU group */
};

/* Finds the NVMe controller that `text` names and checks that VFIO has it. 0, or a negative
 * errno whose sentence names the command that would help. */
int place_find(struct place *place, const struct sysfs *fs, const char *text);

#endif
