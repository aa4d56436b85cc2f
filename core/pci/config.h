/* SPDX-License-Identifier: BSD-3-Clause */
/* A PCI function's configuration space, through sysfs. */
#ifndef UPNVME_PCI_CONFIG_H
#define UPNVME_PCI_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "pci/address.h"
#include "pci/sysfs.h"

/* Offsets of the header (PCI Express Base 5.0, 7.5.1). */
#define PCI_CONFIG_VENDOR       0x00u
#define PCI_CONFIG_DEVICE       0x02u
#define PCI_CONFIG_COMMAND      0x04u
#define PCI_CONFIG_STATUS       0x06u
#define PCI_CONFIG_CAPABILITIES 0x34u

#define PCI_COMMAND_MEMORY     0x0002u
#define PCI_COMMAND_BUS_MASTER 0x0004u
#define PCI_COMMAND_NO_INTX    0x0400u
#define PCI_STATUS_CAP_LIST    0x0010u

#define PCI_CAP_POWER 0x01u
#define PCI_CAP_EXP   0x10u
#define PCI_CAP_MSIX  0x11u

struct pci_config {
	int fd;
	uint64_t base; /* offset in the file, which for VFIO is the device's */
	char address[PCI_ADDRESS_ROOM];
};

/* Opens configuration space, for writing too if `writable`. 0, or a negative errno with its sentence. The caller closes
 * it after success. */
int pci_config_open(struct pci_config *config, const struct sysfs *fs, const char *address,
		    bool writable);
void pci_config_close(struct pci_config *config);

/* `bytes` is 1, 2 or 4, and `offset` a multiple of `bytes`. 0, or a negative errno with its sentence: only root may
 * read beyond the first 64 bytes. */
int pci_config_read(const struct pci_config *config, uint32_t offset, uint32_t bytes,
		    uint32_t *value);
int pci_config_write(const struct pci_config *config, uint32_t offset, uint32_t bytes,
		     uint32_t value);

/* Sets *offset to that of a capability (7.5.3), or to 0 if the function does not have it. 0, or a negative errno with
 * its sentence. */
int pci_config_capability(const struct pci_config *config, uint8_t id, uint32_t *offset);

#endif
