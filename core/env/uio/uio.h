/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PCI devices through the kernel's UIO (uio_pci_generic, igb_uio), on machines without an IOMMU.
 * Nothing keeps such a device from reading and writing all memory, so that a wrong bus address may
 * destroy any memory: this way is for users who have no other, and who have said so in the URI (unsafe=1).
 */
#ifndef UPNVME_ENV_UIO_UIO_H
#define UPNVME_ENV_UIO_UIO_H

struct device;
struct dpdk_plugin;

/* Opens the device at `address`, which is /dev/uio`index`, and resets its function. Bus
 * addresses are physical ones, of DPDK's huge pages. All such devices share their environment.
 * 0, or a negative errno whose sentence begins with the address. */
int uio_device_open(struct device **device, const char *address, unsigned index,
		    const struct dpdk_plugin *dpdk);

#endif
