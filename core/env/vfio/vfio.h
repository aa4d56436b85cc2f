/* SPDX-License-Identifier: BSD-3-Clause */
/* PCI devices through the kernel's VFIO. No higher floor knows of containers and groups, so that
 * another interface of the kernel's can take their place. */
#ifndef UPNVME_ENV_VFIO_VFIO_H
#define UPNVME_ENV_VFIO_VFIO_H

struct device;
struct pages;

/* Opens the device at `address` ("0000:01:00.0"), which vfio-pci holds and which is in IOMMU
 * group `group`. Devices with the same kind of memory share their environment where the IOMMU lets
 * them. 0, or a negative errno whose sentence begins with the address. The kernel resets the
 * function on the way. */
int vfio_device_open(struct device **device, const char *address, unsigned group,
		     const struct pages *pages);

#endif
