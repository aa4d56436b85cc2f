/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel asks for a device back by an eventfd, when it is to be unplugged or unbound: without
 * one it would wait for the close and say nothing. */
#include <linux/vfio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "env/vfio/device.h"

/* The structure is followed by what it sets: one event descriptor. */
static int request_set(struct vfio_device *device)
{
	union {
		struct vfio_irq_set set;
		char bytes[sizeof(struct vfio_irq_set) + sizeof(int32_t)];
	} request = {
		.set = { .argsz = sizeof(request.bytes),
			 .flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
			 .index = VFIO_PCI_REQ_IRQ_INDEX,
			 .count = 1 },
	};

	memcpy(request.bytes + sizeof(request.set), &device->request_fd, sizeof(int32_t));
	return ioctl(device->fd, VFIO_DEVICE_SET_IRQS, &request);
}

void request_watch(struct vfio_device *device)
{
	device->request_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (device->request_fd >= 0 && !request_set(device))
		return;
	log_warn("%s: its removal will not be noticed: %s", device->base.address, strerror(errno));
	request_unwatch(device);
}

void request_unwatch(struct vfio_device *device)
{
	if (device->request_fd >= 0)
		close(device->request_fd);
	device->request_fd = -1;
}

bool request_seen(struct device *base)
{
	struct vfio_device *device = vfio_device_of(base);
	uint64_t times;

	if (!device->leaving && device->request_fd >= 0 &&
	    read(device->request_fd, &times, sizeof(times)) == sizeof(times))
		device->leaving = true;
	return device->leaving;
}
