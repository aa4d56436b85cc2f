/* SPDX-License-Identifier: BSD-3-Clause */
/* upnvme/devices.h: the PCI devices of this machine. */
#include <upnvme/devices.h>

#include "check.h"
#include "options.h"
#include "pci/bind.h"
#include "pci/device.h"
#include "pci/system.h"

/* The size of the first version, which never changes. */
#define SYSTEM_V1 136u
_Static_assert(sizeof(struct upnvme_system) >= SYSTEM_V1, "records only grow");

int upnvme_devices_list(struct upnvme_device *devices, uint32_t n)
{
	int rc = n ? check_pointer(devices, "upnvme_devices_list", "devices") : 0;

	return rc ? rc : pci_device_list(&sysfs_machine, devices, n);
}

int upnvme_device_get(const char *address, struct upnvme_device *device)
{
	int rc = check_pointer(address, "upnvme_device_get", "address");

	if (!rc)
		rc = check_pointer(device, "upnvme_device_get", "device");
	return rc ? rc : pci_device_get(&sysfs_machine, address, device);
}

static int check_flags(uint32_t flags, uint32_t known, const char *call)
{
	if (!(flags & ~known))
		return 0;
	return error_set(-EINVAL, UPNVME_ERR_FLAGS, "%s: flags are %#x: use only the flags in %#x",
			 call, flags, known);
}

int upnvme_device_bind(const char *address, const char *driver)
{
	int rc = check_pointer(address, "upnvme_device_bind", "address");

	return rc ? rc : pci_bind(&sysfs_machine, address, driver, 0, 0);
}

int upnvme_device_unbind(const char *address)
{
	int rc = check_pointer(address, "upnvme_device_unbind", "address");

	return rc ? rc : pci_unbind(&sysfs_machine, address, 0);
}

int upnvme_devices_bind(const char *addresses, const char *driver, uint32_t flags, uint32_t owner)
{
	int rc = check_pointer(addresses, "upnvme_devices_bind", "addresses");

	if (!rc)
		rc = check_flags(flags, UPNVME_BIND_FORCE | UPNVME_BIND_OWNER,
				 "upnvme_devices_bind");
	return rc ? rc : pci_bind(&sysfs_machine, addresses, driver, flags, owner);
}

int upnvme_devices_unbind(const char *addresses, uint32_t flags)
{
	int rc = check_pointer(addresses, "upnvme_devices_unbind", "addresses");

	if (!rc)
		rc = check_flags(flags, UPNVME_BIND_FORCE, "upnvme_devices_unbind");
	return rc ? rc : pci_unbind(&sysfs_machine, addresses, flags);
}

int upnvme_system_get(struct upnvme_system *system)
{
	struct upnvme_system full;
	int rc = check_pointer(system, "upnvme_system_get", "system");

	if (!rc)
		rc = record_check(system, SYSTEM_V1, "upnvme_system");
	if (!rc)
		rc = pci_system_get(&sysfs_machine, &full);
	if (rc)
		return rc;
	record_give(system, &full, sizeof(full));
	return 0;
}
