/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Binding by driver_override: the device's own file says which driver may have it, and a probe of this one
 * device carries it out. No driver's list of identifiers changes, so no other device moves.
 * (Linux, Documentation/ABI/testing/sysfs-bus-pci: driver_override, drivers_probe, unbind.)
 */
#include "pci/bind.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "base/util.h"
#include "pci/device.h"
#include "pci/group.h"
#include "pci/usage.h"

#define DEVICE        "bus/pci/devices/%s"
#define KERNEL_DRIVER "nvme"

/* What a device can be bound to for user space. */
static const struct {
	const char *driver;
	int (*check)(const struct sysfs *fs, const char *address);
} targets[] = {
	{ "vfio-pci", group_check_vfio },
	{ "uio_pci_generic", group_check_uio },
	{ "igb_uio", group_check_uio },
};

static bool is_target(const char *driver)
{
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		if (!strcmp(driver, targets[i].driver))
			return true;
	return false;
}

/* A device that is to be moved, and where it comes from. */
struct move {
	const struct sysfs *fs;
	char address[PCI_ADDRESS_ROOM];
	char driver[PCI_DRIVER_ROOM]; /* empty: none */
	char forced[64];              /* its driver_override; empty: none */
	struct claims claims;         /* while the kernel's driver has it */
};

/* --- what must be so before anything is touched --------------------------------------------------- */

static int check_loaded(const struct sysfs *fs, const char *driver)
{
	if (sysfs_exists(fs, "bus/pci/drivers/%s", driver))
		return 0;
	return error_set(-ENOENT, UPNVME_ERR_DRIVER_MISSING,
			 "the driver %s is not loaded: modprobe %s (upnvme-devices setup --apply)",
			 driver, driver);
}

static int check_permission(const struct sysfs *fs, const char *address)
{
	int rc = sysfs_writable(fs, DEVICE "/driver_override", address);

	if (rc == -EROFS)
		return error_set(
			rc, UPNVME_ERR_DEVICE_ACCESS,
			"the driver of %s cannot be changed: %s is mounted read-only, as in "
			"a container: run it outside",
			address, fs->sys);
	if (rc == -EACCES || rc == -EPERM)
		return error_set(rc, UPNVME_ERR_DEVICE_ACCESS,
				 "the driver of %s may not be changed (%s): run as root", address,
				 strerror(-rc));
	if (rc)
		return error_set(rc, UPNVME_ERR_SYSTEM,
				 "%s/bus/pci/devices/%s/driver_override cannot be opened: %s",
				 fs->sys, address, strerror(-rc));
	return 0;
}

/* A driver that is not known may have users that cannot be seen. */
static int check_origin(const struct move *move)
{
	if (!move->driver[0] || is_target(move->driver) || !strcmp(move->driver, KERNEL_DRIVER) ||
	    !strncmp(move->driver, "vfio", 4) || !strcmp(move->driver, "pci-stub"))
		return 0;
	return error_set(-EBUSY, UPNVME_ERR_DEVICE_DRIVER,
			 "%s belongs to the driver %s, and who uses it there is not known: when "
			 "nobody does, write %s into /sys/bus/pci/drivers/%s/unbind first",
			 move->address, move->driver, move->address, move->driver);
}

static int refuse_used(const struct move *move, const struct usage *usage)
{
	return error_set(
		-EBUSY, UPNVME_ERR_DEVICE_BUSY, "%s is in use: %s. First%s%s%s%s", move->address,
		usage->text, usage->flags & UPNVME_DEVICE_MOUNTED ? " unmount it," : "",
		usage->flags & UPNVME_DEVICE_SWAP ? " end the swapping (swapoff)," : "",
		usage->flags & UPNVME_DEVICE_HELD ?
			" stop what is built on it (vgchange -an, mdadm --stop, dmsetup remove)," :
			"",
		usage->flags & UPNVME_DEVICE_OPEN ? " end whoever has it open," : "");
}

/* Claims come last: with them nobody can begin to use it. */
static int check_unused(struct move *move)
{
	struct usage usage;
	int rc = usage_find(move->fs, move->address, &usage);

	if (rc)
		return rc;
	if (usage.flags)
		return refuse_used(move, &usage);
	rc = claims_take(&move->claims, move->fs, move->address, &usage);
	if (!rc && usage.flags) {
		claims_release(&move->claims);
		rc = refuse_used(move, &usage);
	}
	return rc;
}

/* --- moving --------------------------------------------------------------------------------------- */

static int force(const struct move *move, const char *driver)
{
	return sysfs_write(move->fs, driver[0] ? driver : "\n", DEVICE "/driver_override",
			   move->address);
}

static int detach(const struct move *move)
{
	char driver[PCI_DRIVER_ROOM];

	pci_device_driver(move->fs, move->address, driver);
	if (!driver[0])
		return 0;
	return sysfs_write(move->fs, move->address, DEVICE "/driver/unbind", move->address);
}

/* A probe that fails is no error of the write: what counts is who has the device then. */
static int probe(const struct move *move, const char *driver)
{
	int rc = sysfs_write(move->fs, move->address, "bus/pci/drivers_probe");
	char now[PCI_DRIVER_ROOM];

	pci_device_driver(move->fs, move->address, now);
	if (!strcmp(now, driver))
		return 0;
	return rc ? rc : -ENODEV;
}

/* Claims keep the kernel's name of the controller taken: they go before another driver, or the same again, comes. */
static int give(struct move *move, const char *driver)
{
	int rc = force(move, driver);

	if (!rc)
		rc = detach(move);
	claims_release(&move->claims);
	return rc ? rc : probe(move, driver);
}

static int put_back(struct move *move)
{
	char now[PCI_DRIVER_ROOM];
	int rc = 0, forced;

	pci_device_driver(move->fs, move->address, now);
	if (strcmp(now, move->driver) != 0)
		rc = move->driver[0] ? give(move, move->driver) : detach(move);
	forced = force(move, move->forced);
	return rc ? rc : forced;
}

static int roll_back(struct move *move, const char *driver, int why)
{
	const char *origin = move->driver[0] ? move->driver : "no driver";
	int rc = put_back(move);

	if (rc)
		return error_set(
			-EIO, UPNVME_ERR_BIND_STUCK,
			"%s could not be given to %s (%s), nor back to %s (%s): dmesg may say why; "
			"write 1 into its `remove` in /sys/bus/pci/devices and 1 into /sys/bus/pci/rescan",
			move->address, driver, strerror(-why), origin, strerror(-rc));
	return error_set(-EIO, UPNVME_ERR_BIND,
			 "%s did not take %s (%s), which is back with %s: dmesg may say why",
			 driver, move->address, strerror(-why), origin);
}

/* Gives the device to `driver` and leaves `forced` as its override; all of it, or nothing. */
static int carry_out(struct move *move, const char *driver, const char *forced)
{
	int rc = give(move, driver);

	if (!rc && strcmp(driver, forced) != 0)
		rc = force(move, forced);
	if (rc)
		return roll_back(move, driver, rc);
	log_info("%s: from %s to %s", move->address, move->driver[0] ? move->driver : "no driver",
		 driver);
	return 0;
}

static int move_start(struct move *move, const struct sysfs *fs, const char *text)
{
	int rc;

	*move = (struct move){ .fs = fs };
	rc = pci_device_find(fs, text, move->address);
	if (rc)
		return rc;
	pci_device_driver(fs, move->address, move->driver);
	sysfs_read(fs, move->forced, sizeof(move->forced), DEVICE "/driver_override",
		   move->address);
	if (!strcmp(move->forced, "(null)"))
		move->forced[0] = '\0';
	return 0;
}

/* What both directions ask for, in the order of what is easiest to put right. */
static int check_common(const struct move *move, const char *driver)
{
	int rc = check_loaded(move->fs, driver);

	if (!rc)
		rc = check_permission(move->fs, move->address);
	return rc ? rc : check_origin(move);
}

static int bind_to(struct move *move, size_t target)
{
	const char *driver = targets[target].driver;
	int rc = check_common(move, driver);

	if (!rc)
		rc = targets[target].check(move->fs, move->address);
	if (!rc)
		rc = check_unused(move);
	return rc ? rc : carry_out(move, driver, driver);
}

int pci_bind(const struct sysfs *fs, const char *text, const char *driver)
{
	struct move move;
	size_t target = 0;
	int rc;

	while (target < ARRAY_SIZE(targets) && strcmp(driver, targets[target].driver) != 0)
		target++;
	if (target == ARRAY_SIZE(targets))
		return error_set(-EINVAL, UPNVME_ERR_DEVICE_DRIVER,
				 "\"%.*s\" is no driver for user space: give vfio-pci, "
				 "uio_pci_generic or igb_uio",
				 text_fit(driver, 40), driver);
	rc = move_start(&move, fs, text);
	if (rc || !strcmp(move.driver, driver))
		return rc;
	return bind_to(&move, target);
}

int pci_unbind(const struct sysfs *fs, const char *text)
{
	struct move move;
	int rc = move_start(&move, fs, text);

	if (rc || !strcmp(move.driver, KERNEL_DRIVER))
		return rc;
	rc = check_common(&move, KERNEL_DRIVER);
	if (!rc)
		rc = check_unused(&move);
	return rc ? rc : carry_out(&move, KERNEL_DRIVER, "");
}
