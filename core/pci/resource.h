/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a function's base address registers (BARs) are: the kernel's record of them. A virtual
 * function's own configuration space has none (PCI Express Base 5.0, 9.3.4.1.11). */
#ifndef UPNVME_PCI_RESOURCE_H
#define UPNVME_PCI_RESOURCE_H

#include <stdint.h>

struct sysfs;

#define PCI_BARS 6u

/* Zero bytes: the BAR is not there, or not told. */
struct pci_resource {
	uint64_t address;
	uint64_t bytes;
};

void pci_resources_get(const struct sysfs *fs, const char *address,
		       struct pci_resource bars[PCI_BARS]);

#endif
