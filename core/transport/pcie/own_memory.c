/* SPDX-License-Identifier: BSD-3-Clause */
/* The controller's own memory, in one of its BARs: found on the bus, reserved, mapped. */
#include <errno.h>

#include "base/error.h"
#include "base/util.h"
#include "env/env.h"
#include "transport/pcie/pcie.h"

static int error_unmappable(const struct pcie *pcie, unsigned index, uint64_t offset)
{
	return error_set(-ENOTSUP, UPNVME_ERR_DEVICE_BAR,
			 "%s: no memory can be mapped at %#llx of BAR%u, which has %llu bytes",
			 pcie->device->address, (unsigned long long)offset, index,
			 (unsigned long long)pcie->bars[index].bytes);
}

/* Cuts the memory to the part within the BAR, and finds its bus address: the function says it, or, for a virtual
 * function, whose BARs read as 0, the kernel. */
static int memory_place(struct pcie *pcie, unsigned index, uint64_t offset,
			struct transport_memory *memory)
{
	const struct pci_resource *bar = &pcie->bars[index];
	int rc = device_bar_address(pcie->device, index, &memory->iova);

	if (rc)
		return rc;
	if (offset >= bar->bytes)
		return error_unmappable(pcie, index, offset);
	memory->iova = (memory->iova ? memory->iova : bar->address) + offset;
	memory->bytes = MIN(memory->bytes, bar->bytes - offset);
	return 0;
}

static int memory_reserve(struct pcie *pcie, const struct transport_memory *memory)
{
	struct env *env = pcie->device->env;
	int rc = env->ops->reserve ? env->ops->reserve(env, memory->iova, memory->bytes) : 0;

	if (!rc)
		pcie->reserved = *memory;
	return rc;
}

static int memory_map(struct pcie *pcie, unsigned index, uint64_t offset,
		      struct transport_memory *memory)
{
	struct device_bar *bar = index == NVME_BAR ? &pcie->bar : &pcie->memory_bar;
	int rc = 0;

	if (!bar->base)
		rc = pcie->device->ops->bar_map(bar, pcie->device, index);
	if (rc)
		return rc;
	memory->base = (char *)bar->base + offset;
	memory->bytes = MIN(memory->bytes, device_bar_room(bar, offset));
	return memory->bytes ? 0 : error_unmappable(pcie, index, offset);
}

/* Reserves the bus addresses before the memory is mapped, and keeps them even if it cannot be: the controller takes
 * accesses to these addresses for accesses to its own memory in any case. */
int pcie_memory(struct transport *transport, unsigned bar, uint64_t offset,
		struct transport_memory *memory)
{
	struct pcie *pcie = pcie_of(transport);
	int rc = memory_place(pcie, bar, offset, memory);

	if (!rc)
		rc = memory_reserve(pcie, memory);
	return rc ? rc : memory_map(pcie, bar, offset, memory);
}

void pcie_memory_unreserve(struct pcie *pcie)
{
	struct env *env = pcie->device->env;

	if (pcie->reserved.bytes && env->ops->unreserve)
		env->ops->unreserve(env, pcie->reserved.iova);
}
