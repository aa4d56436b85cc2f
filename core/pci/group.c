/* SPDX-License-Identifier: BSD-3-Clause */
/* IOMMU groups. */
#include "pci/group.h"

#include <stdarg.h>
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
		"in the firmware and boot with intel_iommu=on (Intel). Without an IOMMU only the "
		"driver uio_pci_generic is left, with which the device can write to all memory (%s)",
		address, any ? " (other devices have)" : ": no IOMMU is on",
		sysfs_exists(fs, NOIOMMU) ? "VFIO's no-IOMMU mode is switched off: " NOIOMMU
					    " is N" :
					    "this kernel's VFIO has no no-IOMMU mode");
}

/* The devices of a group that other drivers keep. */
struct foreigners {
	char text[160];             /* with their drivers */
	char nvme[160];             /* the addresses of NVMe devices, which can be bound too */
	bool others;                /* there are devices of another kind */
	char vmd[PCI_ADDRESS_ROOM]; /* Intel's Volume Management Device; empty: none */
};

__attribute__((format(printf, 3, 4))) static void append_foreigner(char *text, size_t bytes,
								   const char *format, ...)
{
	size_t used = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + used, bytes - used, format, args);
	va_end(args);
}

static void note_foreigner(const struct sysfs *fs, struct foreigners *foreigners,
			   const char *address, const char *driver)
{
	append_foreigner(foreigners->text, sizeof(foreigners->text), "%s%s (%s)",
			 foreigners->text[0] ? ", " : "", address, driver);
	if (!strcmp(driver, "vmd"))
		snprintf(foreigners->vmd, sizeof(foreigners->vmd), "%s", address);
	else if (sysfs_number(fs, 0, "bus/pci/devices/%s/class", address) == PCI_CLASS_NVME)
		append_foreigner(foreigners->nvme, sizeof(foreigners->nvme), " %s", address);
	else
		foreigners->others = true;
}

/* Whether the kernel lets VFIO have a group with this device in it: bridges, and devices that are
 * bound to a VFIO driver, to pci-stub or to none, do no DMA of their own. */
static bool is_foreign(const struct sysfs *fs, const struct moves *moves, const char *other,
		       char driver[PCI_DRIVER_ROOM])
{
	int64_t class_code = sysfs_number(fs, 0, "bus/pci/devices/%s/class", other);

	if (moves_have(moves, other) || (class_code >> 8) == CLASS_PCI_BRIDGE)
		return false;
	pci_device_driver(fs, other, driver);
	return driver[0] && strncmp(driver, "vfio", 4) != 0 && strcmp(driver, "pci-stub") != 0;
}

/* VMD shows its drives in a PCI domain of its own and does DMA in their name: to the IOMMU all
 * these drives are one device, and without VMD's driver they are gone. */
static int refuse_vmd(const char *address, const char *vmd)
{
	return error_set(
		-EBUSY, UPNVME_ERR_DEVICE_GROUP,
		"%s is behind Intel's VMD%s%s, and the IOMMU sees all drives behind it as one "
		"device, so that VFIO can take none of them. Switch VMD off for this drive in the "
		"firmware (VMD may be called RST or RAID there); the drive is then a device of its "
		"own, with another address",
		address, vmd[0] ? ", " : "", vmd);
}

/* The advice names only devices that can be bound. */
static int refuse_group(const char *address, int group, const struct foreigners *foreigners)
{
	if (foreigners->others || !foreigners->nvme[0])
		return error_set(
			-EBUSY, UPNVME_ERR_DEVICE_GROUP,
			"IOMMU group %d of %s has devices that other drivers keep: %s. VFIO takes "
			"a group whole, and the users of devices that are no NVMe controllers "
			"cannot be seen: move the device to a slot with a group of its own",
			group, address, foreigners->text);
	return error_set(
		-EBUSY, UPNVME_ERR_DEVICE_GROUP,
		"IOMMU group %d of %s has devices that other drivers keep: %s. VFIO takes a group "
		"whole: bind them together, which checks them all (upnvme-devices bind %s%s), or "
		"move the device to a slot with a group of its own",
		group, address, foreigners->text, address, foreigners->nvme);
}

static int check_members(const struct sysfs *fs, const char *address, int group,
			 const struct moves *moves)
{
	struct foreigners foreigners = { 0 };
	char driver[PCI_DRIVER_ROOM];
	struct sysfs_names members;
	int rc = sysfs_names_get(&members, fs->sys, "kernel/iommu_groups/%d/devices", group);

	if (rc)
		return error_set(rc, UPNVME_ERR_SYSTEM,
				 "the members of IOMMU group %d cannot be read: %s", group,
				 strerror(-rc));
	for (uint32_t i = 0; i < members.n; i++)
		if (is_foreign(fs, moves, members.name[i], driver))
			note_foreigner(fs, &foreigners, members.name[i], driver);
	sysfs_names_free(&members);
	if (foreigners.vmd[0])
		return refuse_vmd(address, foreigners.vmd);
	return foreigners.text[0] ? refuse_group(address, group, &foreigners) : 0;
}

/* A domain of more than 16 bits is VMD's. */
static bool is_behind_vmd(const char *address)
{
	return strchr(address, ':') - address > 4;
}

int group_check_vfio(const struct sysfs *fs, const char *address, const struct moves *moves)
{
	int group = pci_device_group(fs, address);

	if (is_behind_vmd(address))
		return refuse_vmd(address, "");
	if (group != PCI_NO_GROUP)
		return check_members(fs, address, group, moves);
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
		"%s is behind an IOMMU that translates (group %d, type %s), and a UIO driver "
		"cannot program it: each of the device's accesses to memory would fail. Use "
		"vfio-pci, which is the better choice, or boot with iommu=pt",
		address, group, type);
}
