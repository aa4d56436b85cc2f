/* SPDX-License-Identifier: BSD-3-Clause */
/* Moving NVMe devices from one driver to another: all that are named, or none. */
#ifndef UPNVME_PCI_BIND_H
#define UPNVME_PCI_BIND_H

#include <stdint.h>

#include "pci/sysfs.h"

/* The work of upnvme_devices_bind and upnvme_devices_unbind. `wanted` is the driver; null: vfio-pci. */
int pci_bind(const struct sysfs *fs, const char *addresses, const char *wanted, uint32_t flags,
	     uint32_t owner);
int pci_unbind(const struct sysfs *fs, const char *addresses, uint32_t flags);

#endif
