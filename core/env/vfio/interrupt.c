/* SPDX-License-Identifier: BSD-3-Clause */
/* A device's interrupts as eventfds, which the kernel signals. */
#include <string.h>
#include <sys/ioctl.h>

#include "base/error.h"
#include "env/vfio/device.h"

#define VECTORS_MAX 256u

/* Makes interrupts signal descriptors (-1: none). In the request the descriptors follow the structure. */
static int irqs_set(struct vfio_device *device, uint32_t index, uint32_t start, const int32_t *fds,
		    uint32_t n)
{
	union {
		struct vfio_irq_set set;
		char bytes[sizeof(struct vfio_irq_set) + VECTORS_MAX * sizeof(int32_t)];
	} request = {
		.set = { .argsz = (uint32_t)(sizeof(request.set) + n * sizeof(int32_t)),
			 .flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
			 .index = index,
			 .start = start,
			 .count = n },
	};

	memcpy(request.bytes + sizeof(request.set), fds, n * sizeof(int32_t));
	return ioctl(device->fd, VFIO_DEVICE_SET_IRQS, &request);
}

int irq_set(struct vfio_device *device, uint32_t index, uint32_t start, int fd)
{
	int32_t fds[] = { fd };

	return irqs_set(device, index, start, fds, 1);
}

static int error_irqs(const struct vfio_device *device, int err)
{
	return error_set(-err, UPNVME_ERR_SYSTEM,
			 "%s: VFIO does not set up the device's interrupts (MSI-X): %s",
			 device->base.address, strerror(err));
}

/* How many vectors to switch on: no more than queue pairs can need, since a machine has few for all its devices. */
static uint32_t vectors_wanted(const struct vfio_device *device)
{
	uint32_t wanted = device->base.nvectors_wanted;

	return wanted ? MIN(wanted, VECTORS_MAX) : VECTORS_MAX;
}

static int vectors_count(struct vfio_device *device, uint32_t *n)
{
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = VFIO_PCI_MSIX_IRQ_INDEX };

	if (ioctl(device->fd, VFIO_DEVICE_GET_IRQ_INFO, &info))
		return error_irqs(device, errno);
	*n = info.flags & VFIO_IRQ_INFO_EVENTFD ? MIN(info.count, vectors_wanted(device)) : 0;
	if (*n > 1)
		return 0;
	return error_set(
		-ENOTSUP, UPNVME_ERR_UNSUPPORTED,
		"%s: the device has no interrupt (MSI-X vector) besides the admin queue's: "
		"create the queue pair without UPNVME_QPAIR_INTERRUPT and poll it",
		device->base.address);
}

/* Kernels before 6.5 cannot add vectors once MSI-X is on (VFIO_IRQ_INFO_NORESIZE), so all vectors
 * that can be wanted are switched on with the first one, and signal no descriptor yet. A kernel
 * with fewer vectors says how many it has. */
static int vectors_enable(struct vfio_device *device)
{
	int32_t nobody[VECTORS_MAX];
	uint32_t n = 0;
	int rc = vectors_count(device, &n);

	if (rc)
		return rc;
	memset(nobody, 0xff, sizeof(nobody));
	rc = irqs_set(device, VFIO_PCI_MSIX_IRQ_INDEX, 0, nobody, n);
	if (rc > 0) {
		n = MIN((uint32_t)rc, n);
		rc = irqs_set(device, VFIO_PCI_MSIX_IRQ_INDEX, 0, nobody, n);
	}
	if (rc)
		return error_irqs(device, rc < 0 ? errno : EBUSY);
	device->nvectors = n;
	return 0;
}

int vfio_interrupt(struct device *base, uint16_t vector, int fd)
{
	struct vfio_device *device = vfio_device_of(base);
	int rc = device->nvectors ? 0 : vectors_enable(device);

	if (rc)
		return rc;
	if (vector >= device->nvectors)
		return error_set(
			-ENOSPC, UPNVME_ERR_QPAIR_LIMIT,
			"%s: all %u interrupts (MSI-X vectors) are in use, one of them for the "
			"admin queue: close a queue pair that has one, or create this one without "
			"UPNVME_QPAIR_INTERRUPT and poll it",
			base->address, device->nvectors);
	if (irq_set(device, VFIO_PCI_MSIX_IRQ_INDEX, vector, fd))
		return error_irqs(device, errno);
	return 0;
}
