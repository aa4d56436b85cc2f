/* SPDX-License-Identifier: BSD-3-Clause */
/* The virtual functions of a device (SR-IOV) do I/O through the device, and have nodes of their
 * own. */
#include <string.h>

#include "pci/device.h"
#include "pci/usage.h"

static void note_function(const struct sysfs *fs, const char *address, const char *link,
			  struct usage *usage)
{
	char function[PCI_ADDRESS_ROOM], driver[PCI_DRIVER_ROOM];

	if (sysfs_link(fs, function, sizeof(function), SYSFS_DEVICE "/%s", address, link))
		return;
	pci_device_driver(fs, function, driver);
	usage_note(usage, UPNVME_DEVICE_FUNCTIONS, "it has the virtual function %s (%s)", function,
		   driver[0] ? driver : "no driver");
}

void usage_find_functions(const struct sysfs *fs, const char *address, struct usage *usage)
{
	struct sysfs_names names;

	if (sysfs_number(fs, 0, SYSFS_DEVICE "/sriov_numvfs", address) <= 0 ||
	    sysfs_names_get(&names, fs->sys, SYSFS_DEVICE, address))
		return;
	for (uint32_t i = 0; i < names.n; i++)
		if (!strncmp(names.name[i], "virtfn", 6))
			note_function(fs, address, names.name[i], usage);
	sysfs_names_free(&names);
	if (!(usage->flags & UPNVME_DEVICE_FUNCTIONS))
		usage_note(usage, UPNVME_DEVICE_FUNCTIONS, "it has virtual functions");
}
