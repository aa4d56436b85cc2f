/* SPDX-License-Identifier: BSD-3-Clause */
/* The checks in sysfs before a controller is opened: their errors are clearer than an errno of
 * VFIO's. */
#include "transport/pcie/place.h"

#include <string.h>

#include "base/error.h"
#include "pci/group.h"

#define NOIOMMU_GROUP "vfio-noiommu" /* the kernel's name for a group without an IOMMU */

static int error_driver(const struct place *place)
{
	if (!*place->driver)
		return error_set(-ENODEV, UPNVME_ERR_DEVICE_DRIVER,
				 "%s is bound to no driver: give it to VFIO with `upnvme-devices "
				 "bind %s`",
				 place->address, place->address);
	return error_set(
		-EBUSY, UPNVME_ERR_DEVICE_DRIVER,
		"%s is bound to the kernel's driver \"%s\": give it to VFIO with `upnvme-devices "
		"bind %s`, which refuses a device in use",
		place->address, place->driver, place->address);
}

static int error_noiommu(const struct place *place)
{
	return error_set(
		-ENOTSUP, UPNVME_ERR_DEVICE_IOMMU,
		"%s is bound to %s in VFIO's no-IOMMU mode, which this library does not drive: "
		"switch an IOMMU on (VT-d, AMD-Vi, SMMU), or, if the device may reach all memory, "
		"`upnvme-devices bind %s --driver uio_pci_generic` and unsafe=1",
		place->address, place->driver, place->address);
}

static int find_group(struct place *place, const struct sysfs *fs)
{
	int group = pci_device_group(fs, place->address);

	if (group == PCI_NO_GROUP)
		return error_set(
			-ENOTSUP, UPNVME_ERR_DEVICE_IOMMU,
			"%s has no IOMMU group: switch the IOMMU on in the firmware (VT-d, "
			"AMD-Vi, SMMU) and on the kernel's command line (intel_iommu=on); where "
			"there is none, and the device may reach all memory, `upnvme-devices bind "
			"%s --driver uio_pci_generic` and unsafe=1",
			place->address, place->address);
	place->number = (unsigned)group;
	return 0;
}

static int find_vfio(struct place *place, const struct sysfs *fs)
{
	char name[32];

	place->holder = HELD_BY_VFIO;
	if (!sysfs_read(fs, name, sizeof(name), "kernel/iommu_groups/%u/name", place->number) &&
	    !strcmp(name, NOIOMMU_GROUP))
		return error_noiommu(place);
	return 0;
}

static int find_uio(struct place *place, const struct sysfs *fs)
{
	int number = pci_device_uio(fs, place->address);

	if (number == PCI_NO_UIO)
		return error_set(
			-ENODEV, UPNVME_ERR_DEVICE_DRIVER,
			"%s is bound to %s, which has made no /dev/uioN for it: bind it again with "
			"`upnvme-devices bind %s --driver %s`",
			place->address, place->driver, place->address, place->driver);
	place->holder = HELD_BY_UIO;
	place->number = (unsigned)number;
	return group_check_uio(fs, place->address);
}

/* The group is checked before the driver: without an IOMMU, giving the device to VFIO is no
 * remedy. */
int place_find(struct place *place, const struct sysfs *fs, const char *text)
{
	int rc = pci_device_find(fs, text, place->address);

	if (rc)
		return rc;
	pci_device_driver(fs, place->address, place->driver);
	place->node = pci_device_node(fs, place->address);
	pci_resources_get(fs, place->address, place->bars);
	if (strstr(place->driver, "uio"))
		return find_uio(place, fs);
	rc = find_group(place, fs);
	if (rc)
		return rc;
	/* Some devices have a driver of their own that is a variant of vfio-pci, with "vfio" in its name. */
	return strstr(place->driver, "vfio") ? find_vfio(place, fs) : error_driver(place);
}
