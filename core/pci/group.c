/* SPDX-License-Identifier: BSD-3-Clause */
/* IOMMU groups. */
#include "pci/group.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "pci/device.h"

#define NOIOMMU          "module/vfio/parameters/enable_unsafe_noiommu_mode"
#define CLASS_PCI_BRIDGE 0x0604u /* base class and subclass (PCI Code and ID Assignment) */

static bool noiommu_allowed(const struct sysfs *fs)
{
	char text[8];

	return !sysfs_read(fs, text, sizeof(text), NOIOMMU) && (text[0] == 'Y' || text[0] == '1');
}

static int refuse_without_iommu(const struct sysfs *fs, const char *address)
{
	struct sysfs_names groups;
	bool any = !sysfs_names_get(&groups, fs->sys, "kernel/iommu_groups") && groups.n;

	sysfs_names_free(&groups);
	return error_set(
		-ENXIO, UPNVME_ERR_DEVICE_IOMMU,
		"%s has no IOMMU group%s, and vfio-pci needs one: turn on VT-d, AMD-Vi or the SMMU "
		"in the firmware and boot with intel_iommu=on (Intel). Without an IOMMU only the driver "
		"uio_pci_generic is left, with which the device can write to all memory (%s)",
		address, any ? " (other devices have)" : ": no IOMMU is on",
		sysfs_exists(fs, NOIOMMU) ? "VFIO's no-IOMMU mode is switched off: " NOIOMMU
					    " is N" :
					    "this kernel's VFIO has no no-IOMMU mode");
}

/* Whether the kernel lets VFIO have a group with this device in it: bridges, and what is bound to a VFIO
 * driver, to pci-stub or to none, do no DMA of their own. */
static bool is_foreign(const struct sysfs *fs, const char *address, const char *other,
		       char driver[PCI_DRIVER_ROOM])
{
	int64_t class_code = sysfs_number(fs, 0, "bus/pci/devices/%s/class", other);

	if (!strcmp(address, other) || (class_code >> 8) == CLASS_PCI_BRIDGE)
		return false;
	pci_device_driver(fs, other, driver);
	return driver[0] && strncmp(driver, "vfio", 4) != 0 && strcmp(driver, "pci-stub") != 0;
}

static int check_members(const struct sysfs *fs, const char *address, int group)
{
	char driver[PCI_DRIVER_ROOM], foreign[160] = "";
	struct sysfs_names members;
	int rc = sysfs_names_get(&members, fs->sys, "kernel/iommu_groups/%d/devices", group);

	if (rc)
		return error_set(rc, UPNVME_ERR_SYSTEM,
				 "the members of IOMMU group %d cannot be read: %s", group,
				 strerror(-rc));
	for (uint32_t i = 0; i < members.n; i++) {
		size_t used = strlen(foreign);

		if (is_foreign(fs, address, members.name[i], driver))
			snprintf(foreign + used, sizeof(foreign) - used, "%s%s (%s)",
				 used ? ", " : "", members.name[i], driver);
	}
	sysfs_names_free(&members);
	if (!foreign[0])
		return 0;
	return error_set(
		-EBUSY, UPNVME_ERR_DEVICE_GROUP,
		"IOMMU group %d of %s has devices that other drivers keep: %s. VFIO takes a group "
		"whole: unbind those too (write the address into /sys/bus/pci/devices/ADDRESS/driver/"
		"unbind), or move the device to a slot with a group of its own",
		group, address, foreign);
}

int group_check_vfio(const struct sysfs *fs, const char *address)
{
	int group = pci_device_group(fs, address);

	if (group != PCI_NO_GROUP)
		return check_members(fs, address, group);
	if (!noiommu_allowed(fs))
		return refuse_without_iommu(fs, address);
	log_warn("%s is bound to vfio-pci without an IOMMU: the device can write to all memory",
		 address);
	return 0;
}

int group_check_uio(const struct sysfs *fs, const char *address)
{
	int group = pci_device_group(fs, address);
	char type[16];

	if (group == PCI_NO_GROUP ||
	    sysfs_read(fs, type, sizeof(type), "kernel/iommu_groups/%d/type", group) ||
	    !strcmp(type, "identity"))
		return 0;
	return error_set(
		-ENXIO, UPNVME_ERR_DEVICE_IOMMU,
		"%s is behind an IOMMU that translates (group %d, type %s), and a UIO driver cannot "
		"program it: each of the device's accesses to memory would fail. Use vfio-pci, which "
		"is better anyway, or boot with iommu=pt",
		address, group, type);
}
