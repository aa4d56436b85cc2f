/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Moving by driver_override: this file of the device says which driver may have the device, and a probe of the one
 * device gives it to that driver. No driver's list of identifiers changes, so no other device moves.
 * (Linux, Documentation/ABI/testing/sysfs-bus-pci: driver_override, drivers_probe, unbind.)
 */
#include "pci/move.h"

#include <errno.h>
#include <string.h>

bool moves_have(const struct moves *moves, const char *address)
{
	for (uint32_t i = 0; i < moves->n; i++)
		if (!strcmp(moves->move[i].address, address))
			return true;
	return false;
}

int move_start(struct move *move, const struct sysfs *fs, const char *text)
{
	int rc;

	*move = (struct move){ .fs = fs };
	rc = pci_device_find(fs, text, move->address);
	if (rc)
		return rc;
	pci_device_driver(fs, move->address, move->driver);
	sysfs_read(fs, move->forced, sizeof(move->forced), SYSFS_DEVICE "/driver_override",
		   move->address);
	if (!strcmp(move->forced, "(null)"))
		move->forced[0] = '\0';
	return 0;
}

const char *move_origin(const struct move *move)
{
	return move->driver[0] ? move->driver : "no driver";
}

int move_force(const struct move *move, const char *driver)
{
	return sysfs_write(move->fs, driver[0] ? driver : "\n", SYSFS_DEVICE "/driver_override",
			   move->address);
}

int move_detach(const struct move *move)
{
	char driver[PCI_DRIVER_ROOM];

	pci_device_driver(move->fs, move->address, driver);
	if (!driver[0])
		return 0;
	return sysfs_write(move->fs, move->address, SYSFS_DEVICE "/driver/unbind", move->address);
}

/* The write succeeds even if its probe fails, so the result is which driver has the device afterwards. */
int move_probe(const struct move *move, const char *driver)
{
	int rc = sysfs_write(move->fs, move->address, "bus/pci/drivers_probe");
	char now[PCI_DRIVER_ROOM];

	pci_device_driver(move->fs, move->address, now);
	if (!strcmp(now, driver))
		return 0;
	return rc ? rc : -ENODEV;
}

static int reattach(const struct move *move)
{
	int rc = move_force(move, move->driver);

	if (!rc)
		rc = move_detach(move);
	return rc ? rc : move_probe(move, move->driver);
}

int move_undo(const struct move *move)
{
	char now[PCI_DRIVER_ROOM];
	int rc = 0, forced;

	pci_device_driver(move->fs, move->address, now);
	if (strcmp(now, move->driver) != 0)
		rc = move->driver[0] ? reattach(move) : move_detach(move);
	forced = move_force(move, move->forced);
	return rc ? rc : forced;
}
