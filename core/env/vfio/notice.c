/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel's notices about a device, by eventfds. One notice asks for the device back, when it is
 * to be unplugged or unbound; without this eventfd the kernel would wait for the close and say nothing.
 * The other notice tells that the bus has reported an error that cannot be corrected (AER), after which
 * the kernel resets all devices behind the port. */
#include <linux/vfio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "env/vfio/device.h"

static const struct {
	uint32_t index;
	const char *what;
	const char *why;
} notice_kinds[NNOTICES] = {
	[NOTICE_REQUEST] = { VFIO_PCI_REQ_IRQ_INDEX, "the device's removal",
			     "the device is being removed" },
	[NOTICE_ERROR] = { VFIO_PCI_ERR_IRQ_INDEX, "an error of the bus",
			   "the bus reported an uncorrectable error of the device (AER)" },
};

static void notice_unwatch(struct notice *notice)
{
	if (notice->fd >= 0)
		close(notice->fd);
	notice->fd = -1;
}

/* Whether the kernel offers this interrupt: a device that is not on PCI Express has no errors of the bus. */
static bool is_offered(const struct vfio_device *device, uint32_t index)
{
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = index };

	return !ioctl(device->fd, VFIO_DEVICE_GET_IRQ_INFO, &info) && info.count;
}

static void notice_watch(struct vfio_device *device, unsigned kind)
{
	struct notice *notice = &device->notices[kind];

	notice->fd = -1;
	if (!is_offered(device, notice_kinds[kind].index))
		return;
	notice->fd = fd_event();
	if (notice->fd >= 0 && !irq_set(device, notice_kinds[kind].index, 0, notice->fd))
		return;
	log_warn("%s: %s will not be noticed: %s", device->base.address, notice_kinds[kind].what,
		 strerror(errno));
	notice_unwatch(notice);
}

void notices_watch(struct vfio_device *device)
{
	for (unsigned kind = 0; kind < NNOTICES; kind++)
		notice_watch(device, kind);
}

void notices_unwatch(struct vfio_device *device)
{
	for (unsigned kind = 0; kind < NNOTICES; kind++)
		notice_unwatch(&device->notices[kind]);
}

static bool notice_seen(struct notice *notice)
{
	uint64_t times;

	if (!notice->seen && notice->fd >= 0 &&
	    read(notice->fd, &times, sizeof(times)) == sizeof(times))
		notice->seen = true;
	return notice->seen;
}

const char *notices_look(struct device *base)
{
	struct vfio_device *device = vfio_device_of(base);

	for (unsigned kind = 0; kind < NNOTICES; kind++)
		if (notice_seen(&device->notices[kind]))
			return notice_kinds[kind].why;
	return NULL;
}
