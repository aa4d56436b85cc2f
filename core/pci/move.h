/* SPDX-License-Identifier: BSD-3-Clause */
/* The steps by which one device goes from a driver to another. What they write is in bind.c's hands to undo. */
#ifndef UPNVME_PCI_MOVE_H
#define UPNVME_PCI_MOVE_H

#include <stdbool.h>
#include <stdint.h>

#include "pci/device.h"
#include "pci/sysfs.h"

/* A device that is to be moved, and where it comes from. */
struct move {
	const struct sysfs *fs;
	char address[PCI_ADDRESS_ROOM];
	char driver[PCI_DRIVER_ROOM]; /* empty: none */
	char forced[64];              /* its driver_override; empty: none */
};

/* Those that go together. */
struct moves {
	struct move *move;
	uint32_t n;
};

bool moves_have(const struct moves *moves, const char *address);

/* Looks at the device that `text` names. 0, or a negative errno with its sentence. */
int move_start(struct move *move, const struct sysfs *fs, const char *text);

/* For sentences. */
const char *move_origin(const struct move *move);

/* All of these: 0 or a negative errno. */

/* Says which driver may have it; empty: any. */
int move_force(const struct move *move, const char *driver);
/* Takes it from the driver that has it, if one has. */
int move_detach(const struct move *move);
/* Has the driver that may have it take it, which is to be this one. */
int move_probe(const struct move *move, const char *driver);
/* Puts everything back as it was at the start. */
int move_undo(const struct move *move);

#endif
