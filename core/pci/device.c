/* SPDX-License-Identifier: BSD-3-Clause */
/* Finding NVMe devices in sysfs. */
#include "pci/device.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "pci/nodes.h"
#include "pci/usage.h"

static uint32_t class_of(const struct sysfs *fs, const char *address)
{
	return (uint32_t)sysfs_number(fs, 0, SYSFS_DEVICE "/class", address);
}

int pci_device_find(const struct sysfs *fs, const char *text, char address[PCI_ADDRESS_ROOM])
{
	int rc = pci_address_parse(address, text);
	uint32_t class_code;

	if (rc)
		return rc;
	if (!sysfs_exists(fs, SYSFS_DEVICE, address)) {
		rc = sysfs_check(fs);
		if (rc)
			return rc;
		return error_set(
			-ENODEV, UPNVME_ERR_DEVICE_NOT_FOUND,
			"there is no PCI device at %s: see upnvme-devices list; one that was plugged in "
			"later is found by writing 1 to /sys/bus/pci/rescan",
			address);
	}
	class_code = class_of(fs, address);
	if (class_code != PCI_CLASS_NVME)
		return error_set(
			-ENOTSUP, UPNVME_ERR_DEVICE_CLASS,
			"the PCI device at %s is no NVMe controller: its class is %06xh, not "
			"%06xh: see upnvme-devices list for those that are",
			address, class_code, PCI_CLASS_NVME);
	return 0;
}

void pci_device_driver(const struct sysfs *fs, const char *address, char driver[PCI_DRIVER_ROOM])
{
	sysfs_link(fs, driver, PCI_DRIVER_ROOM, SYSFS_DEVICE "/driver", address);
}

/* The number behind the prefix; -1 if the rest of the text is no number. */
static int number_behind(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);
	char *end;
	long number;

	if (strncmp(text, prefix, length) != 0 || !isdigit((unsigned char)text[length]))
		return -1;
	number = strtol(text + length, &end, 10);
	return *end || number > INT_MAX ? -1 : (int)number;
}

int pci_device_group(const struct sysfs *fs, const char *address)
{
	char name[16];

	if (sysfs_link(fs, name, sizeof(name), SYSFS_DEVICE "/iommu_group", address))
		return PCI_NO_GROUP;
	return number_behind(name, "");
}

int pci_device_uio(const struct sysfs *fs, const char *address)
{
	struct sysfs_names names;
	int number = PCI_NO_UIO;

	if (sysfs_names_get(&names, fs->sys, SYSFS_DEVICE "/uio", address))
		return number;
	for (uint32_t i = 0; i < names.n && number == PCI_NO_UIO; i++)
		number = number_behind(names.name[i], "uio");
	sysfs_names_free(&names);
	return number;
}

int pci_device_node(const struct sysfs *fs, const char *address)
{
	return (int)sysfs_number(fs, -1, SYSFS_DEVICE "/numa_node", address);
}

/* Fills in the fields that only the kernel's nvme driver can tell. */
static void fill_controller(const struct sysfs *fs, struct upnvme_device *device)
{
	const char *address = device->address, *name = device->kernel_name;

	if (nodes_controller(fs, address, device->kernel_name, sizeof(device->kernel_name)))
		return;
	sysfs_read(fs, device->model, sizeof(device->model), SYSFS_DEVICE "/nvme/%s/model", address,
		   name);
	sysfs_read(fs, device->serial, sizeof(device->serial), SYSFS_DEVICE "/nvme/%s/serial",
		   address, name);
	sysfs_read(fs, device->firmware, sizeof(device->firmware),
		   SYSFS_DEVICE "/nvme/%s/firmware_rev", address, name);
}

static void fill_bus(const struct sysfs *fs, struct upnvme_device *device)
{
	const char *address = device->address;

	device->vendor_id = (uint16_t)sysfs_number(fs, 0, SYSFS_DEVICE "/vendor", address);
	device->device_id = (uint16_t)sysfs_number(fs, 0, SYSFS_DEVICE "/device", address);
	device->subsystem_vendor_id =
		(uint16_t)sysfs_number(fs, 0, SYSFS_DEVICE "/subsystem_vendor", address);
	device->subsystem_id =
		(uint16_t)sysfs_number(fs, 0, SYSFS_DEVICE "/subsystem_device", address);
	device->class_code = class_of(fs, address);
	device->iommu_group = pci_device_group(fs, address);
	device->numa_node = pci_device_node(fs, address);
	pci_device_driver(fs, address, device->driver);
}

static int device_fill(const struct sysfs *fs, const char *address, struct upnvme_device *device)
{
	struct usage usage;
	int rc;

	memset(device, 0, sizeof(*device));
	snprintf(device->address, sizeof(device->address), "%s", address);
	fill_bus(fs, device);
	fill_controller(fs, device);
	rc = usage_find(fs, address, &usage);
	if (rc)
		return rc;
	device->flags = usage.flags;
	snprintf(device->in_use_by, sizeof(device->in_use_by), "%s", usage.text);
	return 0;
}

int pci_device_get(const struct sysfs *fs, const char *text, struct upnvme_device *device)
{
	char address[PCI_ADDRESS_ROOM];
	int rc = pci_device_find(fs, text, address);

	return rc ? rc : device_fill(fs, address, device);
}

int pci_device_list(const struct sysfs *fs, struct upnvme_device *devices, uint32_t n)
{
	struct sysfs_names names;
	uint32_t found = 0;
	int rc = sysfs_names_get(&names, fs->sys, "bus/pci/devices");

	if (rc == -ENOENT)
		return sysfs_check(fs); /* a machine without a PCI bus has no NVMe devices on it */
	if (rc)
		return error_set(rc, UPNVME_ERR_SYSTEM, "%s/bus/pci/devices cannot be read: %s",
				 fs->sys, strerror(-rc));
	for (uint32_t i = 0; i < names.n && !rc; i++) {
		if (class_of(fs, names.name[i]) != PCI_CLASS_NVME)
			continue;
		if (found < n)
			rc = device_fill(fs, names.name[i], &devices[found]);
		found++;
	}
	sysfs_names_free(&names);
	return rc ? rc : (int)found;
}
