/* SPDX-License-Identifier: BSD-3-Clause */
/* PCI devices through the kernel's VFIO: their registers, their configuration space, and memory
 * that the IOMMU lets them reach. Nobody above knows of containers and groups, so that another
 * interface of the kernel's can take their place. */
#ifndef UPNVME_ENV_VFIO_VFIO_H
#define UPNVME_ENV_VFIO_VFIO_H

#include <stdbool.h>
#include <stdint.h>

struct env;
struct vfio_device;

/* Opens the device at `address` ("0000:01:00.0"), which vfio-pci holds and which is in IOMMU
 * group `group`. 0, or a negative errno whose sentence begins with the address. The kernel
 * resets the function on the way. */
int vfio_device_open(struct vfio_device **device, const char *address, unsigned group);
/* Its environment's domain has been released, its BAR unmapped. */
void vfio_device_close(struct vfio_device *device);

/* The memory that the device reaches; devices that share an IOMMU share it. Lives until the last
 * of them is closed. */
struct env *vfio_device_env(struct vfio_device *device);

/* True once the kernel has asked for the device back, because it is to be unplugged or unbound. The
 * kernel waits for its close. */
bool vfio_device_leaving(struct vfio_device *device);

/* Configuration space (PCI Local Bus 3.0, 6.1). */
int vfio_config_read16(struct vfio_device *device, uint32_t offset, uint16_t *value);
int vfio_config_write16(struct vfio_device *device, uint32_t offset, uint16_t value);

/* A base address register's memory. The kernel may leave out pages (the MSI-X table's, for one):
 * `areas` are there. */
#define VFIO_BAR_AREAS 4u
struct vfio_bar {
	volatile char *base;
	uint64_t bytes;
	uint32_t nareas;
	struct {
		uint64_t offset;
		uint64_t bytes;
	} areas[VFIO_BAR_AREAS];
};

int vfio_bar_map(struct vfio_bar *bar, struct vfio_device *device, unsigned index);
void vfio_bar_unmap(struct vfio_bar *bar);
bool vfio_bar_covers(const struct vfio_bar *bar, uint64_t offset, uint64_t bytes);

#endif
