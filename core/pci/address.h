/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses of PCI functions as text: domain:bus:device.function. */
#ifndef UPNVME_PCI_ADDRESS_H
#define UPNVME_PCI_ADDRESS_H

#define PCI_ADDRESS_ROOM 24u

/* Writes the address as sysfs spells it. `text` is as lspci prints it: the domain may be missing (then 0), and capital
 * letters are allowed. -EINVAL for any other text. */
int pci_address_parse(char address[PCI_ADDRESS_ROOM], const char *text);

#endif
