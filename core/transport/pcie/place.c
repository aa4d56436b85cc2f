/* SPDX-License-Identifier: BSD-3-Clause */
/* What sysfs says of a controller before anybody tries to open it: its answers are clearer than
 * an errno of VFIO's. */
#include "transport/pcie/place.h"

#include <string.h>

#include "base/error.h"
#include "pci/device.h"

static int error_driver(const char *address, const char *driver)
{
	if (!*driver)
		return error_set(-ENODEV, UPNVME_ERR_DEVICE_DRIVER,
				 "%s is bound to no driver: give it to VFIO with `upnvme-devices "
				 "bind %s`",
				 address, address);
	return error_set(-EBUSY, UPNVME_ERR_DEVICE_DRIVER,
			 "%s is with the kernel's driver \"%s\": give it to VFIO with "
			 "`upnvme-devices bind %s`, which refuses if it is in use",
			 address, driver, address);
}

static int check_driver(const struct sysfs *fs, const char *address)
{
	char driver[PCI_DRIVER_ROOM];

	pci_device_driver(fs, address, driver);
	/* Some devices have a variant of vfio-pci of their own. */
	return strstr(driver, "vfio") ? 0 : error_driver(address, driver);
}

static int find_group(struct place *place, const struct sysfs *fs)
{
	int group = pci_device_group(fs, place->address);

	if (group == PCI_NO_GROUP)
		return error_set(
			-ENOTSUP, UPNVME_ERR_DEVICE_IOMMU,
			"%s has no IOMMU group: switch the IOMMU on in the firmware (VT-d, "
			"AMD-Vi, SMMU) and on the kernel's command line (intel_iommu=on)",
			place->address);
	place->group = (unsigned)group;
	return 0;
}

/* The group comes first: without an IOMMU, to give the device to VFIO is no remedy. */
int place_find(struct place *place, const struct sysfs *fs, const char *text)
{
	int rc = pci_device_find(fs, text, place->address);

	if (!rc)
		rc = find_group(place, fs);
	return rc ? rc : check_driver(fs, place->address);
}
