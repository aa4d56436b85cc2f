/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way to a controller on the PCIe bus: `pcie:0000:01:00.0`.
 *
 * What the URI may say:
 *   env=      vfio: memory of this process (the default); dpdk: huge pages of DPDK's. Both are mapped
 *             in the IOMMU by the kernel's VFIO
 *   pages=    of env=vfio: small, transparent (huge where the kernel has some to spare; the
 *             default), huge (those that were set aside)
 *   unsafe=   1: a device without an IOMMU, through UIO, is allowed too
 *   quirks=   quirks of the controller, which the driver reads (driver/quirks.h)
 *
 * Registers and doorbells are loads and stores to BAR0 (NVMe over PCIe Transport 1.0, 3.1);
 * nothing is between a queue pair and its doorbell. The kernel resets the function when the
 * function is opened, so the function is as after power-on: a second reset would only cost its
 * 100 ms again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
#include "pci/config.h"
#include "pci/sysfs.h"
#include <upnvme/spec/regs.h>
#include "transport/pcie/memory.h"
#include "transport/pcie/pcie.h"
#include "transport/pcie/place.h"
#include "transport/transport.h"

#define ALL_ONES 0xffffu

/* --- opening and closing ---------------------------------------------------------------------- */

/* A function that does not answer reads as all ones (PCI Express Base 5.0, 2.3.2), and that value
 * must not be written back when the function answers again. */
static int command_read(struct pcie *pcie, uint16_t *command)
{
	int rc = device_config_read16(pcie->device, PCI_CONFIG_COMMAND, command);

	if (rc || *command != ALL_ONES)
		return rc;
	return error_set(
		-EIO, UPNVME_ERR_SYSTEM,
		"%s: the device's configuration space reads as all ones: the device is gone, "
		"powered off, or not reachable over the bus",
		pcie->device->address);
}

static int command_change(struct pcie *pcie, uint16_t clear, uint16_t set)
{
	uint16_t command;
	int rc = command_read(pcie, &command);

	if (rc)
		return rc;
	return device_config_write16(pcie->device, PCI_CONFIG_COMMAND,
				     (uint16_t)((command & ~clear) | set));
}

static int bar_map(struct pcie *pcie)
{
	int rc = pcie->device->ops->bar_map(&pcie->bar, pcie->device, NVME_BAR);

	if (!rc && !device_bar_covers(&pcie->bar, 0, UPNVME_SPEC_REG_DOORBELLS)) {
		rc = error_set(-ENOTSUP, UPNVME_ERR_DEVICE_BAR,
			       "%s: the controller's registers cannot be mapped: BAR0 has %llu "
			       "bytes, %u are needed, in whole pages",
			       pcie->device->address, (unsigned long long)pcie->bar.bytes,
			       UPNVME_SPEC_REG_DOORBELLS);
		device_bar_unmap(&pcie->bar);
	}
	return rc;
}

static int identity_read(struct pcie *pcie)
{
	int rc = device_config_read16(pcie->device, PCI_CONFIG_VENDOR, &pcie->transport.vendor);

	return rc ? rc :
		    device_config_read16(pcie->device, PCI_CONFIG_DEVICE, &pcie->transport.device);
}

/* Switches memory space on and bus mastering off. A controller that could not be reset may still
 * work for its former user, in memory that others own by now: it is disabled through its registers
 * before it may be bus master. The interrupt line (INTx) is switched off: the library does not
 * serve it, the admin queue would pull it at each completion, and other devices may share it. */
static int pcie_start(struct pcie *pcie)
{
	int rc = power_wake(pcie->device);

	if (!rc)
		rc = command_change(pcie, PCI_COMMAND_BUS_MASTER,
				    PCI_COMMAND_MEMORY | PCI_COMMAND_NO_INTX);
	if (!rc)
		rc = identity_read(pcie);
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

int pcie_attach(struct transport **transport, struct device *device, const struct place *place)
{
	struct pcie *pcie = calloc(1, sizeof(*pcie));
	int rc;

	if (!pcie) {
		device->ops->close(device);
		return error_no_memory("a PCIe controller", sizeof(*pcie));
	}
	pcie->transport.ops = &transport_pcie;
	pcie->transport.node = place->node;
	memcpy(pcie->bars, place->bars, sizeof(pcie->bars));
	pcie->device = device;
	rc = pcie_start(pcie);
	if (rc) {
		device->ops->close(device);
		free(pcie);
		return rc;
	}
	log_info("%s: environment %s, NUMA node %d", device->address, device->env->name,
		 place->node);
	*transport = &pcie->transport;
	return 0;
}

static int pcie_open(struct transport **transport, const struct uri *uri,
		     const struct media_maker *const *makers)
{
	static const char *const keys[] = { "env", "pages", "unsafe", "quirks" };
	struct memory_wish wish;
	struct device *device;
	struct place place;
	int rc = uri_expect(uri, keys, ARRAY_SIZE(keys));

	(void)makers; /* a device has its own medium */
	if (!rc)
		rc = memory_wish_read(&wish, uri);
	if (!rc)
		rc = place_find(&place, &sysfs_machine, uri_path(uri));
	if (!rc)
		rc = device_open(&device, &place, &wish);
	return rc ? rc : pcie_attach(transport, device, &place);
}

static int has_msix(struct pcie *pcie, bool *has)
{
	struct pci_config config = { .fd = pcie->device->config_fd,
				     .base = pcie->device->config_offset };
	uint32_t offset = 0;
	int rc;

	snprintf(config.address, sizeof(config.address), "%s", pcie->device->address);
	rc = pci_config_capability(&config, PCI_CAP_MSIX, &offset);
	*has = offset;
	return rc;
}

/* INTMS is for controllers without MSI-X, and may not be touched with MSI-X (NVMe over PCIe
 * Transport 1.0c, 3.5.1; NVMe Base 2.0c, 3.1.3.3). Each reset clears INTMS, so it is set after each. */
static int mask_interrupts(struct pcie *pcie)
{
	bool msix = true;
	int rc = has_msix(pcie, &msix);

	if (rc || msix)
		return rc;
	return pcie->transport.ops->write32(&pcie->transport, UPNVME_SPEC_REG_INTMS, UINT32_MAX);
}

static int pcie_connect(struct transport *transport)
{
	struct pcie *pcie = pcie_of(transport);
	int rc = mask_interrupts(pcie);

	if (rc)
		return rc;
	return command_change(pcie, 0, PCI_COMMAND_BUS_MASTER | PCI_COMMAND_NO_INTX);
}

/* Switches bus mastering off, and reads the register back: a write alone proves nothing. */
static int pcie_isolate(struct transport *transport)
{
	struct pcie *pcie = pcie_of(transport);
	uint16_t command = 0;
	int rc = command_change(pcie, PCI_COMMAND_BUS_MASTER, 0);

	if (!rc)
		rc = command_read(pcie, &command);
	if (rc || !(command & PCI_COMMAND_BUS_MASTER))
		return rc;
	return error_set(
		-EBUSY, UPNVME_ERR_SYSTEM,
		"%s: the device's bus mastering cannot be switched off (command register %04xh)",
		pcie->device->address, command);
}

static int pcie_interrupt(struct transport *transport, uint16_t vector, int fd)
{
	struct device *device = pcie_of(transport)->device;

	device->nvectors_wanted = transport->nvectors;
	if (device->ops->interrupt)
		return device->ops->interrupt(device, vector, fd);
	return error_set(
		-ENOTSUP, UPNVME_ERR_UNSUPPORTED,
		"%s: interrupts come through vfio-pci only: bind the device to vfio-pci, or create "
		"the queue pair without UPNVME_QPAIR_INTERRUPT and poll it",
		device->address);
}

static const char *pcie_lost(struct transport *transport)
{
	struct device *device = pcie_of(transport)->device;

	return device->ops->lost ? device->ops->lost(device) : NULL;
}

/* Closes the transport. The device is cut off from memory before memory is given back. */
static void pcie_close(struct transport *transport)
{
	struct pcie *pcie = pcie_of(transport);

	if (pcie_isolate(transport))
		log_warn("%s: bus mastering stays on until the device is closed: %s",
			 pcie->device->address, error_last()->text);
	device_bar_unmap(&pcie->bar);
	device_bar_unmap(&pcie->memory_bar);
	domain_release(transport->domain);
	pcie_memory_unreserve(pcie);
	pcie->device->ops->close(pcie->device);
	free(pcie);
}

/* --- registers and doorbells ------------------------------------------------------------------ */

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
	barrier_before_doorbell(); /* CC.EN hands over queues, as a doorbell does entries */
	*(volatile uint32_t *)register_at(transport, offset) = value;
	return 0;
}

static int pcie_write64(struct transport *transport, uint32_t offset, uint64_t value)
{
	*(volatile uint64_t *)register_at(transport, offset) = value;
	return 0;
}

static _Atomic uint32_t *doorbell_at(struct pcie *pcie, uint64_t offset)
{
	return (_Atomic uint32_t *)(void *)((char *)pcie->bar.base + offset);
}

static int pcie_queue(struct transport *transport, uint16_t qid, uint32_t dstrd,
		      struct transport_queue *queue)
{
	struct pcie *pcie = pcie_of(transport);
	uint64_t stride = 4ull << dstrd;
	uint64_t sq_tail = UPNVME_SPEC_REG_DOORBELLS + 2ull * qid * stride,
		 cq_head = sq_tail + stride;

	if (!device_bar_covers(&pcie->bar, sq_tail, cq_head + sizeof(uint32_t) - sq_tail))
		return error_set(
			-ENOSPC, UPNVME_ERR_DEVICE_BAR,
			"%s: the doorbells of queue pair %u would be at %#llx of BAR0 (CAP.DSTRD "
			"%u), of which %#llx bytes are there: ask for fewer queue pairs",
			pcie->device->address, qid, (unsigned long long)sq_tail, dstrd,
			(unsigned long long)pcie->bar.bytes);
	*queue = (struct transport_queue){ .sq_tail = doorbell_at(pcie, sq_tail),
					   .cq_head = doorbell_at(pcie, cq_head) };
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
	.lost = pcie_lost,
};
