/* SPDX-License-Identifier: BSD-3-Clause */
/* The owner of a device's nodes, through which programs drive the device. */
#ifndef UPNVME_PCI_OWNER_H
#define UPNVME_PCI_OWNER_H

#include <stdint.h>

#include "pci/sysfs.h"

/* Gives the nodes of VFIO of the device at `address` to the user with this number. 0, or a negative errno with its
 * sentence. */
int owner_set(const struct sysfs *fs, const char *address, uint32_t owner);

#endif
