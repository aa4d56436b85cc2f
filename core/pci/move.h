/* SPDX-License-Identifier: BSD-3-Clause */
/* The steps by which one device goes from a driver to another. The caller, bind.c, undoes the steps
 * after a failure. */
#ifndef UPNVME_PCI_MOVE_H
#define UPNVME_PCI_MOVE_H

#include <stdbool.h>
#include <stdint.h>

#include "pci/device.h"
#include "pci/sysfs.h"

/* A device that is to be moved, and its former driver. */
struct move {
	const struct sysfs *fs;
	char address[PCI_ADDRESS_ROOM];
	char driver[PCI_DRIVER_ROOM]; /* empty: none */
	char forced[64];              /* the device's driver_override; empty: none */
};

/* The devices that are moved together. */
struct moves {
	struct move *move;
	uint32_t n;
};

bool moves_have(const struct moves *moves, const char *address);

/* Looks at the device that `text` names. 0, or a negative errno with its sentence. */
int move_start(struct move *move, const struct sysfs *fs, const char *text);

/* The former driver's name for sentences: "no driver" if the device had none. */
const char *move_origin(const struct move *move);

/* Each step returns 0, or a negative errno without a sentence. */

/* Sets which driver may have the device; empty: any. */
int move_force(const struct move *move, const char *driver);
/* Takes the device from its driver, if it has one. */
int move_detach(const struct move *move);
/* Makes the allowed driver take the device, and checks that this driver has it. */
int move_probe(const struct move *move, const char *driver);
/* Gives the device the driver and the driver_override that it had at the start. */
int move_undo(const struct move *move);

#endif
