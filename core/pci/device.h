/* SPDX-License-Identifier: BSD-3-Clause */
/* The NVMe devices that the PCI bus has, and what sysfs says of each. */
#ifndef UPNVME_PCI_DEVICE_H
#define UPNVME_PCI_DEVICE_H

#include <stddef.h>
#include <stdint.h>

#include <upnvme/devices.h>

#include "pci/address.h"
#include "pci/sysfs.h"

/* Mass storage controller, non-volatile memory, NVM Express I/O controller (NVMe over PCIe Transport 1.0, 3.2.2). */
#define PCI_CLASS_NVME 0x010802u

#define PCI_DRIVER_ROOM 32u
#define PCI_NO_GROUP    (-1)
#define PCI_NO_UIO      (-1)

/* The canonical address of the NVMe device that `text` names; errors as of upnvme_device_get. */
int pci_device_find(const struct sysfs *fs, const char *text, char address[PCI_ADDRESS_ROOM]);

/* The driver that the device is bound to; empty if there is none. */
void pci_device_driver(const struct sysfs *fs, const char *address, char driver[PCI_DRIVER_ROOM]);

/* The device's IOMMU group, or PCI_NO_GROUP. */
int pci_device_group(const struct sysfs *fs, const char *address);

/* The number of the device's node of UIO, or PCI_NO_UIO. */
int pci_device_uio(const struct sysfs *fs, const char *address);

/* The NUMA node that the device is near, -1 where the kernel knows of none. */
int pci_device_node(const struct sysfs *fs, const char *address);

/* The work of upnvme_device_get and upnvme_devices_list. */
int pci_device_get(const struct sysfs *fs, const char *text, struct upnvme_device *device);
int pci_device_list(const struct sysfs *fs, struct upnvme_device *devices, uint32_t n);

#endif
