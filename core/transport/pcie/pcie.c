/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way to a controller on the PCIe bus: `pcie:0000:01:00.0`.
 *
 * What the URI may say:
 *   env=      vfio: memory of this process; dpdk: huge pages of DPDK's (the default where some are
 *             free). Both are mapped in the IOMMU by the kernel's VFIO
 *   pages=    of env=vfio: small, transparent (huge where the kernel has some to spare; the
 *             default), huge (those that were set aside)
 *   unsafe=   1: without an IOMMU, through UIO, too
 *
 * Registers and doorbells are loads and stores to BAR0 (NVMe over PCIe Transport 1.0, 3.1);
 * nothing is between a queue pair and its doorbell. The kernel resets the function when it is
 * opened, so that it is found as after power-on: a second reset would only cost its 100 ms
 * again.
 */
#include <stdlib.h>

#include "base/barrier.h"
#include "base/error.h"
#include "base/log.h"
#include "base/uri.h"
#include "base/util.h"
#include "env/device.h"
#include "env/env.h"
#include "env/power.h"
#include "env/uio/uio.h"
#include "env/vfio/vfio.h"
#include "mem/domain.h"
#include "pci/sysfs.h"
#include "spec/regs.h"
#include "transport/pcie/memory.h"
#include "transport/pcie/pcie.h"
#include "transport/pcie/place.h"
#include "transport/transport.h"

/* PCI Local Bus 3.0, 6.2.2: the Command register. */
#define PCI_COMMAND            0x04u
#define PCI_COMMAND_MEMORY     0x2u
#define PCI_COMMAND_BUS_MASTER 0x4u

#define NVME_BAR 0u

struct pcie {
	struct transport transport;
	struct device *device;
	struct device_bar bar;
	struct device_bar memory_bar; /* another one, if the controller's own memory is there */
	struct transport_memory memory;
};

static struct pcie *pcie_of(struct transport *transport)
{
	return container_of(transport, struct pcie, transport);
}

/* --- opening and closing
 * -------------------------------------------------------------------------- */

static int command_change(struct pcie *pcie, uint16_t clear, uint16_t set)
{
	uint16_t command;
	int rc = device_config_read16(pcie->device, PCI_COMMAND, &command);

	if (rc)
		return rc;
	return device_config_write16(pcie->device, PCI_COMMAND,
				     (uint16_t)((command & ~clear) | set));
}

static int bar_map(struct pcie *pcie)
{
	int rc = pcie->device->ops->bar_map(&pcie->bar, pcie->device, NVME_BAR);

	if (!rc && !device_bar_covers(&pcie->bar, 0, NVME_REG_DOORBELLS)) {
		rc = error_set(-ENOTSUP, UPNVME_ERR_DEVICE_BAR,
			       "%s: the controller's registers cannot be mapped: BAR0 has %llu "
			       "bytes, %u are needed, in whole pages",
			       pcie->device->address, (unsigned long long)pcie->bar.bytes,
			       NVME_REG_DOORBELLS);
		device_bar_unmap(&pcie->bar);
	}
	return rc;
}

/* One that could not be reset may be at work still for whoever had it before, in memory that is
 * somebody else's by now: its registers are reached first. */
static int pcie_start(struct pcie *pcie)
{
	int rc = power_wake(pcie->device);

	if (!rc)
		rc = command_change(pcie, PCI_COMMAND_BUS_MASTER, PCI_COMMAND_MEMORY);
	if (!rc)
		rc = bar_map(pcie);
	if (rc)
		return rc;
	rc = domain_acquire(&pcie->transport.domain, pcie->device->env);
	if (rc)
		device_bar_unmap(&pcie->bar);
	return rc;
}

static int device_open(struct device **device, const struct place *place,
		       const struct memory_wish *wish)
{
	const struct dpdk_plugin *dpdk;
	const struct pages *pages;
	int rc;

	if (place->holder == HELD_BY_UIO) {
		rc = memory_for_uio(&dpdk, wish, &sysfs_machine, place);
		return rc ? rc : uio_device_open(device, place->address, place->number, dpdk);
	}
	rc = memory_for_vfio(&pages, wish, &sysfs_machine, place);
	return rc ? rc : vfio_device_open(device, place->address, place->number, pages);
}

int pcie_attach(struct transport **transport, struct device *device, int node)
{
	struct pcie *pcie = calloc(1, sizeof(*pcie));
	int rc;

	if (!pcie) {
		device->ops->close(device);
		return error_no_memory("a PCIe controller", sizeof(*pcie));
	}
	pcie->transport.ops = &transport_pcie;
	pcie->transport.node = node;
	pcie->device = device;
	rc = pcie_start(pcie);
	if (rc) {
		device->ops->close(device);
		free(pcie);
		return rc;
	}
	log_info("%s: environment %s, NUMA node %d", device->address, device->env->name, node);
	*transport = &pcie->transport;
	return 0;
}

static int pcie_open(struct transport **transport, const struct uri *uri)
{
	static const char *const keys[] = { "env", "pages", "unsafe" };
	struct memory_wish wish;
	struct device *device;
	struct place place;
	int rc = uri_expect(uri, keys, ARRAY_SIZE(keys));

	if (!rc)
		rc = memory_wish_read(&wish, uri);
	if (!rc)
		rc = place_find(&place, &sysfs_machine, uri_path(uri));
	if (!rc)
		rc = device_open(&device, &place, &wish);
	return rc ? rc : pcie_attach(transport, device, place.node);
}

static int pcie_connect(struct transport *transport)
{
	return command_change(pcie_of(transport), 0, PCI_COMMAND_BUS_MASTER);
}

static int pcie_isolate(struct transport *transport)
{
	return command_change(pcie_of(transport), PCI_COMMAND_BUS_MASTER, 0);
}

static int pcie_interrupt(struct transport *transport, uint16_t vector, int fd)
{
	struct device *device = pcie_of(transport)->device;

	if (device->ops->interrupt)
		return device->ops->interrupt(device, vector, fd);
	return error_set(-ENOTSUP, UPNVME_ERR_UNSUPPORTED,
			 "%s: interrupts come through vfio-pci only: bind the device to that, or "
			 "create the queue pair without UPNVME_QPAIR_INTERRUPT and poll it",
			 device->address);
}

static bool pcie_leaving(struct transport *transport)
{
	struct device *device = pcie_of(transport)->device;

	return device->ops->leaving && device->ops->leaving(device);
}

/* --- the controller's own memory
 * ------------------------------------------------------------------ */

static int memory_map(struct pcie *pcie, unsigned index, uint64_t offset,
		      struct transport_memory *memory)
{
	struct device_bar *bar = index == NVME_BAR ? &pcie->bar : &pcie->memory_bar;
	int rc = device_bar_address(pcie->device, index, &memory->iova);

	if (!rc && !bar->base)
		rc = pcie->device->ops->bar_map(bar, pcie->device, index);
	if (rc)
		return rc;
	memory->base = (char *)bar->base + offset;
	memory->iova += offset;
	memory->bytes = MIN(memory->bytes, device_bar_room(bar, offset));
	if (memory->bytes)
		return 0;
	return error_set(-ENOTSUP, UPNVME_ERR_DEVICE_BAR,
			 "%s: nothing can be mapped at %#llx of BAR%u, which has %llu bytes",
			 pcie->device->address, (unsigned long long)offset, index,
			 (unsigned long long)bar->bytes);
}

static int pcie_memory(struct transport *transport, unsigned bar, uint64_t offset,
		       struct transport_memory *memory)
{
	struct pcie *pcie = pcie_of(transport);
	struct env *env = pcie->device->env;
	int rc = memory_map(pcie, bar, offset, memory);

	if (!rc && env->ops->reserve)
		rc = env->ops->reserve(env, memory->iova, memory->bytes);
	if (!rc)
		pcie->memory = *memory;
	return rc;
}

static void memory_unreserve(struct pcie *pcie)
{
	struct env *env = pcie->device->env;

	if (pcie->memory.bytes && env->ops->unreserve)
		env->ops->unreserve(env, pcie->memory.iova);
}

/* The device is cut off from memory before memory is given back. */
static void pcie_close(struct transport *transport)
{
	struct pcie *pcie = pcie_of(transport);

	if (pcie_isolate(transport))
		log_warn("%s: bus mastering stays on until it is closed: %s", pcie->device->address,
			 error_last()->text);
	device_bar_unmap(&pcie->bar);
	device_bar_unmap(&pcie->memory_bar);
	domain_release(transport->domain);
	memory_unreserve(pcie);
	pcie->device->ops->close(pcie->device);
	free(pcie);
}

/* --- registers and doorbells
 * ---------------------------------------------------------------------- */

static volatile void *register_at(struct transport *transport, uint32_t offset)
{
	return pcie_of(transport)->bar.base + offset;
}

static int pcie_read32(struct transport *transport, uint32_t offset, uint32_t *value)
{
	*value = *(volatile uint32_t *)register_at(transport, offset);
	return 0;
}

static int pcie_read64(struct transport *transport, uint32_t offset, uint64_t *value)
{
	*value = *(volatile uint64_t *)register_at(transport, offset);
	return 0;
}

static int pcie_write32(struct transport *transport, uint32_t offset, uint32_t value)
{
	barrier_before_doorbell(); /* CC.EN hands queues over, as a doorbell does entries */
	*(volatile uint32_t *)register_at(transport, offset) = value;
	return 0;
}

static int pcie_write64(struct transport *transport, uint32_t offset, uint64_t value)
{
	*(volatile uint64_t *)register_at(transport, offset) = value;
	return 0;
}

static _Atomic uint32_t *doorbell(struct pcie *pcie, uint64_t offset)
{
	return (_Atomic uint32_t *)(void *)((char *)pcie->bar.base + offset);
}

static int pcie_queue(struct transport *transport, uint16_t qid, uint32_t dstrd,
		      struct transport_queue *queue)
{
	struct pcie *pcie = pcie_of(transport);
	uint64_t stride = 4ull << dstrd;
	uint64_t sq_tail = NVME_REG_DOORBELLS + 2ull * qid * stride, cq_head = sq_tail + stride;

	if (!device_bar_covers(&pcie->bar, sq_tail, cq_head + sizeof(uint32_t) - sq_tail))
		return error_set(
			-ENOSPC, UPNVME_ERR_DEVICE_BAR,
			"%s: the doorbells of queue pair %u would be at %#llx of BAR0 (CAP.DSTRD "
			"%u), of which %#llx bytes are there: ask for fewer queue pairs",
			pcie->device->address, qid, (unsigned long long)sq_tail, dstrd,
			(unsigned long long)pcie->bar.bytes);
	*queue = (struct transport_queue){ .sq_tail = doorbell(pcie, sq_tail),
					   .cq_head = doorbell(pcie, cq_head) };
	return 0;
}

const struct transport_ops transport_pcie = {
	.scheme = "pcie",
	.open = pcie_open,
	.close = pcie_close,
	.read32 = pcie_read32,
	.read64 = pcie_read64,
	.write32 = pcie_write32,
	.write64 = pcie_write64,
	.queue = pcie_queue,
	.memory = pcie_memory,
	.connect = pcie_connect,
	.isolate = pcie_isolate,
	.interrupt = pcie_interrupt,
	.leaving = pcie_leaving,
};
