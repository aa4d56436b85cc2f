/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel's file `resource` has a line for each BAR: "0x00000000fe000000 0x00000000fe003fff
 * 0x0000000000140204", the first address, the last and flags; zeroes for a missing BAR
 * (Documentation/PCI/sysfs-pci.rst). */
#include "pci/resource.h"

#include <stdlib.h>
#include <string.h>

#include "pci/sysfs.h"

#define LINE_ROOM 64u

static struct pci_resource parse(const char *line)
{
	char *at;
	uint64_t first = strtoull(line, &at, 16), last = strtoull(at, NULL, 16);

	if (last <= first)
		return (struct pci_resource){ 0 };
	return (struct pci_resource){ .address = first, .bytes = last - first + 1 };
}

void pci_resources_get(const struct sysfs *fs, const char *address,
		       struct pci_resource bars[PCI_BARS])
{
	char text[PCI_BARS * LINE_ROOM] = "", *line = text;

	memset(bars, 0, PCI_BARS * sizeof(bars[0]));
	if (sysfs_read(fs, text, sizeof(text), "bus/pci/devices/%s/resource", address))
		return;
	for (unsigned i = 0; i < PCI_BARS && line; i++) {
		bars[i] = parse(line);
		line = strchr(line, '\n');
		if (line)
			line++;
	}
}
