/* SPDX-License-Identifier: BSD-3-Clause */
/* The PCIe transport: the step from an open PCI device to a transport, and the struct that this folder shares. */
#ifndef UPNVME_TRANSPORT_PCIE_PCIE_H
#define UPNVME_TRANSPORT_PCIE_PCIE_H

#include "base/util.h"
#include "env/device.h"
#include "pci/resource.h"
#include "transport/transport.h"

struct place;

#define NVME_BAR 0u

struct pcie {
	struct transport transport;
	struct device *device;
	struct device_bar bar;
	struct device_bar memory_bar; /* of the controller's own memory, if that is not in BAR0 */
	struct transport_memory reserved;
	struct pci_resource bars[PCI_BARS];
};

static inline struct pcie *pcie_of(struct transport *transport)
{
	return container_of(transport, struct pcie, transport);
}

/* Takes over the device at this place, also when the call fails, and maps its registers. */
int pcie_attach(struct transport **transport, struct device *device, const struct place *place);

/* own_memory.c: the transport's operation `memory`, and the end of the reservation. */
int pcie_memory(struct transport *transport, unsigned bar, uint64_t offset,
		struct transport_memory *memory);
void pcie_memory_unreserve(struct pcie *pcie);

#endif
