/* SPDX-License-Identifier: BSD-3-Clause */
/* A device that VFIO hands out: only one process opens it, and only once. */
#include "env/vfio/device.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/pause.h"
#include "base/util.h"
#include "env/power.h"
#include "env/vfio/container.h"
#include "env/vfio/vfio.h"

#define RESET_PATIENCE_NS (5 * NS_PER_S)

struct vfio_region_info *region_get(struct vfio_device *device, unsigned index)
{
	struct vfio_region_info head = { .argsz = sizeof(head), .index = index }, *info;

	if (ioctl(device->fd, VFIO_DEVICE_GET_REGION_INFO, &head)) {
		error_set(-errno, UPNVME_ERR_SYSTEM,
			  "%s: VFIO does not describe the device's region %u: %s",
			  device->base.address, index, strerror(errno));
		return NULL;
	}
	info = calloc(1, MAX(head.argsz, sizeof(head)));
	if (!info) {
		error_no_memory("a description of a region", head.argsz);
		return NULL;
	}
	*info = head;
	info->argsz = MAX(head.argsz, (uint32_t)sizeof(head));
	if (!ioctl(device->fd, VFIO_DEVICE_GET_REGION_INFO, info))
		return info;
	error_set(-errno, UPNVME_ERR_SYSTEM,
		  "%s: VFIO does not describe the device's region %u: %s", device->base.address,
		  index, strerror(errno));
	free(info);
	return NULL;
}

static int config_find(struct vfio_device *device)
{
	struct vfio_region_info *info = region_get(device, VFIO_PCI_CONFIG_REGION_INDEX);

	if (!info)
		return error_last()->err;
	device->base.config_offset = info->offset;
	free(info);
	return 0;
}

static int check_not_open(const struct group *group, const char *address)
{
	for (const struct vfio_device *device = group->devices; device; device = device->next)
		if (!strcmp(device->base.address, address))
			return error_set(
				-EBUSY, UPNVME_ERR_DEVICE_BUSY,
				"%s is open in this process already: use the handle that has it "
				"open, or close that first",
				address);
	return 0;
}

static int error_device(int err, const char *address)
{
	if (err == EBUSY)
		return error_set(
			-EBUSY, UPNVME_ERR_DEVICE_BUSY,
			"%s: the device is in use, as VFIO says: close the device in the program "
			"that has it open",
			address);
	if (err == ENODEV || err == EINVAL)
		return error_set(
			-ENODEV, UPNVME_ERR_DEVICE_DRIVER,
			"%s: the device is not bound to vfio-pci: bind it with `upnvme-devices "
			"bind %s`",
			address, address);
	if (power_is_off("/sys", address))
		return power_error(address, "D3");
	return error_set(-err, UPNVME_ERR_SYSTEM, "%s: VFIO does not hand the device out: %s",
			 address, strerror(err));
}

/* Asks for the device until the kernel hands it out: the kernel resets the function under a lock that another task may
 * hold for a moment, such as the task that has just plugged the device in. */
static int device_ask(struct vfio_device *device)
{
	uint64_t deadline_ns = deadline_after(RESET_PATIENCE_NS);
	struct pause pause = { 0 };
	struct fd_floor floor;
	int fd;

	for (;;) {
		bool late = deadline_passed(deadline_ns);

		fd_floor_raise(&floor);
		fd = fd_lift(
			ioctl(device->group->fd, VFIO_GROUP_GET_DEVICE_FD, device->base.address));
		fd_floor_lower(&floor);
		if (fd >= 0 || errno != EAGAIN || late)
			return fd;
		pause_next(&pause);
	}
}

static int device_get(struct vfio_device *device)
{
	int rc;

	device->fd = device_ask(device);
	if (device->fd < 0)
		return error_device(errno, device->base.address);
	device->base.config_fd = device->fd;
	rc = config_find(device);
	if (rc)
		close(device->fd);
	else
		notices_watch(device);
	return rc;
}

static int device_join(struct vfio_device *device, unsigned number, const struct pages *pages)
{
	int rc = group_get(&device->group, number, pages, device->base.address);

	if (rc)
		return rc;
	rc = check_not_open(device->group, device->base.address);
	if (!rc)
		rc = device_get(device);
	if (rc) {
		group_put(device->group);
		return rc;
	}
	device->next = device->group->devices;
	device->group->devices = device;
	device->base.env = &device->group->container->env;
	return 0;
}

static void vfio_close(struct device *base)
{
	struct vfio_device *device = vfio_device_of(base);

	containers_lock();
	for (struct vfio_device **link = &device->group->devices; *link; link = &(*link)->next) {
		if (*link == device) {
			*link = device->next;
			break;
		}
	}
	notices_unwatch(device);
	close(device->fd); /* the group would be busy with an open device */
	group_put(device->group);
	containers_unlock();
	free(device->base.address);
	free(device);
}

static const struct device_ops vfio_ops = {
	.close = vfio_close,
	.bar_map = vfio_bar_map,
	.interrupt = vfio_interrupt,
	.lost = notices_look,
};

int vfio_device_open(struct device **device, const char *address, unsigned group,
		     const struct pages *pages)
{
	struct vfio_device *created = calloc(1, sizeof(*created));
	int rc;

	if (created)
		created->base.address = strdup(address);
	if (!created || !created->base.address) {
		free(created);
		return error_no_memory("a VFIO device", sizeof(*created));
	}
	created->base.ops = &vfio_ops;
	containers_lock();
	rc = device_join(created, group, pages);
	containers_unlock();
	if (rc) {
		free(created->base.address);
		free(created);
		return rc;
	}
	*device = &created->base;
	return 0;
}
