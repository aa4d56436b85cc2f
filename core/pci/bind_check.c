/* SPDX-License-Identifier: BSD-3-Clause */
#include "pci/bind_check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/util.h"
#include "pci/group.h"

/* A UIO driver takes a device alone, whatever other devices of its group are moved. */
static int check_uio(const struct sysfs *fs, const char *address, const struct moves *moves)
{
	(void)moves;
	return group_check_uio(fs, address);
}

/* Drivers that give a device to user space. */
static const struct bind_target targets[] = {
	{ "vfio-pci", group_check_vfio },
	{ "uio_pci_generic", check_uio },
	{ "igb_uio", check_uio },
};

const struct bind_target *bind_target_find(const char *driver)
{
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		if (!strcmp(driver, targets[i].driver))
			return &targets[i];
	return NULL;
}

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
	int rc = sysfs_writable(fs, SYSFS_DEVICE "/driver_override", address);

	if (rc == -EROFS)
		return error_set(
			rc, UPNVME_ERR_DEVICE_ACCESS,
			"the driver of %s cannot be changed: %s is mounted read-only, as in a "
			"container: change the driver outside",
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

/* An unknown driver may have users that cannot be seen. */
static int check_origin(const struct move *move)
{
	if (!move->driver[0] || bind_target_find(move->driver) ||
	    !strcmp(move->driver, PLAN_KERNEL_DRIVER) || !strncmp(move->driver, "vfio", 4) ||
	    !strcmp(move->driver, "pci-stub"))
		return 0;
	return error_set(
		-EBUSY, UPNVME_ERR_DEVICE_DRIVER,
		"%s is bound to the driver %s, whose users cannot be seen: release the device with "
		"that driver's own tools first",
		move->address, move->driver);
}

static int refuse_used(const struct move *move, const struct usage *usage)
{
	static const struct {
		uint32_t flag;
		const char *remedy;
	} remedies[] = {
		{ UPNVME_DEVICE_MOUNTED, " unmount it," },
		{ UPNVME_DEVICE_SWAP, " end the swapping (swapoff)," },
		{ UPNVME_DEVICE_HELD,
		  " stop the volumes that are built on it (vgchange -an, mdadm --stop, dmsetup "
		  "remove, losetup -d)," },
		{ UPNVME_DEVICE_EXPORTED, " stop giving it to others (nvmetcli, targetcli)," },
		{ UPNVME_DEVICE_OPEN, " end the processes that have it open," },
		{ UPNVME_DEVICE_FUNCTIONS,
		  " end the processes that use its virtual functions (upnvme-devices list) and "
		  "write 0 into its sriov_numvfs," },
	};
	char remedy[320] = "";
	size_t at = 0;

	for (size_t i = 0; i < ARRAY_SIZE(remedies) && at < sizeof(remedy); i++)
		if (usage->flags & remedies[i].flag)
			at += (size_t)snprintf(remedy + at, sizeof(remedy) - at, "%s",
					       remedies[i].remedy);
	if (remedy[0])
		remedy[strlen(remedy) - 1] = '\0';
	return error_set(-EBUSY, UPNVME_ERR_DEVICE_BUSY, "%s is in use: %s. First%s", move->address,
			 usage->text, remedy);
}

static int refuse_unseen(const struct move *move, const struct usage *usage)
{
	return error_set(
		-EBUSY, UPNVME_ERR_DEVICE_UNSEEN,
		"it cannot be seen whether %s is in use: %s. Bind it on the machine itself, as "
		"root; or, if you know that it is not in use, force it (bind --force, "
		"UPNVME_BIND_FORCE)",
		move->address, usage->unseen);
}

static struct usage *usage_of(const struct plan *plan, const struct move *move)
{
	return &plan->usage[move - plan->moves.move];
}

/* A device that is seen to be in use is never taken, not even by force. */
static int check_unused(struct plan *plan, const struct move *move)
{
	struct usage *usage = usage_of(plan, move);
	int rc = usage_find(plan->fs, move->address, usage);

	return !rc && usage->flags ? refuse_used(move, usage) : rc;
}

int bind_claim(struct plan *plan, const struct move *move)
{
	struct usage *usage = usage_of(plan, move);
	int rc = claims_take(&plan->claims, plan->fs, move->address, usage);

	if (rc)
		return rc;
	if (usage->flags)
		return refuse_used(move, usage);
	if (!usage->unseen[0])
		return 0;
	if (!(plan->flags & UPNVME_BIND_FORCE))
		return refuse_unseen(move, usage);
	log_warn("%s is bound by force, although %s", move->address, usage->unseen);
	return 0;
}

int bind_check(struct plan *plan, const struct move *move)
{
	int rc = check_loaded(plan->fs, plan->driver);

	if (!rc)
		rc = check_permission(plan->fs, move->address);
	if (!rc)
		rc = check_origin(move);
	if (!rc && plan->target)
		rc = plan->target->check(plan->fs, move->address, &plan->moves);
	return rc ? rc : check_unused(plan, move);
}
