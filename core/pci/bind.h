/* SPDX-License-Identifier: BSD-3-Clause */
/* Moving an NVMe device from one driver to another, in one piece. */
#ifndef UPNVME_PCI_BIND_H
#define UPNVME_PCI_BIND_H

#include "pci/sysfs.h"

/* These two do the work of upnvme_device_bind and upnvme_device_unbind; `driver` may not be null. */
int pci_bind(const struct sysfs *fs, const char *text, const char *driver);
int pci_unbind(const struct sysfs *fs, const char *text);

#endif
