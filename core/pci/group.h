/* SPDX-License-Identifier: BSD-3-Clause */
/* The IOMMU as it concerns binding: whether there is one, what it does, and which devices share a
 * group. */
#ifndef UPNVME_PCI_GROUP_H
#define UPNVME_PCI_GROUP_H

#include "pci/move.h"
#include "pci/sysfs.h"

/* Whether VFIO can drive the device at `address` behind its IOMMU, or without one where the kernel was told to allow
 * that, once VFIO has all of these devices: 0, or -ENXIO or -EBUSY with the sentence. */
int group_check_vfio(const struct sysfs *fs, const char *address, const struct moves *moves);

/* Whether a UIO driver can drive the device: such a driver programs no IOMMU, so none may
 * translate. 0, or -ENXIO with the sentence. */
int group_check_uio(const struct sysfs *fs, const char *address);

#endif
