/* SPDX-License-Identifier: BSD-3-Clause */
/* The parts of a device that do not depend on the environment that opened it. */
#include "env/device.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"

/* PCI Local Bus 3.0, 6.2.5.1: base address registers. */
#define PCI_BAR0        0x10u
#define PCI_BAR_IO      0x1u
#define PCI_BAR_TYPE    0x7u
#define PCI_BAR_TYPE_64 0x4u
#define PCI_BAR_ADDRESS 0xfffffff0u

/* The error of configuration space, which every program of root may read; under lockdown only VFIO may
 * write it. */
static int error_config(const struct device *device, const char *what, uint32_t offset,
			ssize_t done)
{
	if (done < 0 && errno == EPERM)
		return error_set(
			-EPERM, UPNVME_ERR_DEVICE_ACCESS,
			"%s: the kernel does not let this process %s the device's configuration "
			"space: the kernel is locked down (Secure Boot), and devices can then be "
			"driven through an IOMMU and vfio-pci only",
			device->address, what);
	return error_set(
		-EIO, UPNVME_ERR_SYSTEM,
		"%s: cannot %s the device's configuration space at %#x: the device is gone, or has "
		"another driver now",
		device->address, what, offset);
}

int device_config_read16(struct device *device, uint32_t offset, uint16_t *value)
{
	ssize_t done = pread(device->config_fd, value, sizeof(*value),
			     (off_t)(device->config_offset + offset));

	return done == sizeof(*value) ? 0 : error_config(device, "read", offset, done);
}

int device_config_write16(struct device *device, uint32_t offset, uint16_t value)
{
	ssize_t done = pwrite(device->config_fd, &value, sizeof(value),
			      (off_t)(device->config_offset + offset));

	return done == sizeof(value) ? 0 : error_config(device, "write", offset, done);
}

void device_bar_unmap(struct device_bar *bar)
{
	if (bar->base)
		munmap((void *)bar->base, bar->bytes);
	*bar = (struct device_bar){ 0 };
}

uint64_t device_bar_room(const struct device_bar *bar, uint64_t offset)
{
	for (uint32_t i = 0; i < bar->nareas; i++) {
		uint64_t in_area = offset - bar->areas[i].offset;

		if (in_area < bar->areas[i].bytes)
			return bar->areas[i].bytes - in_area;
	}
	return 0;
}

bool device_bar_covers(const struct device_bar *bar, uint64_t offset, uint64_t bytes)
{
	return bytes <= device_bar_room(bar, offset);
}

static int config_read32(struct device *device, uint32_t offset, uint32_t *value)
{
	uint16_t low = 0, high = 0;
	int rc = device_config_read16(device, offset, &low);

	if (!rc)
		rc = device_config_read16(device, offset + 2, &high);
	*value = low | (uint32_t)high << 16;
	return rc;
}

int device_bar_address(struct device *device, unsigned index, uint64_t *address)
{
	uint32_t offset = PCI_BAR0 + 4 * index, low = 0, high = 0;
	int rc = config_read32(device, offset, &low);

	if (!rc && (low & PCI_BAR_TYPE) == PCI_BAR_TYPE_64)
		rc = config_read32(device, offset + 4, &high);
	if (!rc && low & PCI_BAR_IO)
		rc = error_set(-ENOTSUP, UPNVME_ERR_DEVICE_BAR,
			       "%s: BAR%u (%08xh) is a range of I/O ports, and not of memory",
			       device->address, index, low);
	*address = (low & PCI_BAR_ADDRESS) | (uint64_t)high << 32;
	return rc;
}
