/* SPDX-License-Identifier: BSD-3-Clause */
/* What the machine has for driving devices from user space: IOMMU, drivers, huge pages, lockable memory. */
#ifndef UPNVME_PCI_SYSTEM_H
#define UPNVME_PCI_SYSTEM_H

#include <upnvme/devices.h>

#include "pci/sysfs.h"

/* Fields that are not known are 0. Returns 0, or a negative errno with its sentence where /sys
 * cannot be looked at. */
int pci_system_get(const struct sysfs *fs, struct upnvme_system *system);

#endif
