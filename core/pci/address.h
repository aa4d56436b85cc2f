/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses of PCI functions as text: domain:bus:device.function. */
#ifndef UPNVME_PCI_ADDRESS_H
#define UPNVME_PCI_ADDRESS_H

#define PCI_ADDRESS_ROOM 24u

/* Writes the address as sysfs spells it. Takes what lspci prints: the domain may be missing (then 0), letters may
 * be large. -EINVAL for anything else. */
int pci_address_parse(char address[PCI_ADDRESS_ROOM], const char *text);

#endif
