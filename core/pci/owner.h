/* SPDX-License-Identifier: BSD-3-Clause */
/* The owners of devices' nodes, through which programs drive the devices. */
#ifndef UPNVME_PCI_OWNER_H
#define UPNVME_PCI_OWNER_H

#include <stdint.h>

#include "pci/sysfs.h"

struct former_owner;

/* Nodes that were given away, with the users that had them before. All zeroes: none. */
struct owners {
	struct former_owner *former;
	uint32_t n;
};

/* Gives the nodes of VFIO of the device at `address` to the user with this number, and notes the former owners. 0,
 * or a negative errno with its sentence; some nodes may be given away then. */
int owners_give(struct owners *owners, const struct sysfs *fs, const char *address, uint32_t owner);
/* Gives all nodes back to the users that had them. */
void owners_restore(const struct owners *owners);
void owners_free(struct owners *owners);

#endif
