/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel asks for a device back by an eventfd, when it is to be unplugged or unbound: without
 * one it would wait for the close and say nothing. */
#include <linux/vfio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "env/vfio/device.h"

void request_watch(struct vfio_device *device)
{
	device->request_fd = fd_event();
	if (device->request_fd >= 0 &&
	    !irq_set(device, VFIO_PCI_REQ_IRQ_INDEX, 0, device->request_fd))
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
