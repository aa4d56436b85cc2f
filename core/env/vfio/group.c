/* SPDX-License-Identifier: BSD-3-Clause */
/* The open groups, and the container of each: one container for all groups if the kernel accepts
 * that, so that a buffer goes from one controller to another uncopied. */
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/process.h"
#include "env/vfio/container.h"

static struct guard containers_guard;
static struct container *containers;

/* A forked child leaves inherited groups alone: they are the parent's. */
void containers_lock(void)
{
	if (guard_enter(&containers_guard))
		containers = NULL;
}

void containers_unlock(void)
{
	guard_leave(&containers_guard);
}

static int error_group_open(int err, unsigned number, const char *address)
{
	switch (err) {
	case EACCES:
	case EPERM:
		return error_set(
			-EACCES, UPNVME_ERR_DEVICE_ACCESS,
			"%s: this user may not open /dev/vfio/%u: as root, `upnvme-devices bind %s "
			"--user NAME`",
			address, number, address);
	case EBUSY:
		return error_set(
			-EBUSY, UPNVME_ERR_DEVICE_BUSY,
			"%s: /dev/vfio/%u is in use: another process, or a forked child of this "
			"one, has a device of the IOMMU group open: close that device there "
			"(`fuser -v /dev/vfio/%u` shows the process)",
			address, number, number);
	case ENOENT:
	case ENODEV:
		return error_set(-ENODEV, UPNVME_ERR_DEVICE_DRIVER,
				 "%s: there is no /dev/vfio/%u: bind the device with "
				 "`upnvme-devices bind %s`",
				 address, number, address);
	default:
		return error_set(-err, UPNVME_ERR_SYSTEM, "%s: cannot open /dev/vfio/%u: %s",
				 address, number, strerror(err));
	}
}

static int check_viable(int fd, unsigned number, const char *address)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };

	if (ioctl(fd, VFIO_GROUP_GET_STATUS, &status))
		return error_set(-errno, UPNVME_ERR_SYSTEM,
				 "%s: VFIO does not tell the state of IOMMU group %u: %s", address,
				 number, strerror(errno));
	if (status.flags & VFIO_GROUP_FLAGS_VIABLE)
		return 0;
	return error_set(
		-EPERM, UPNVME_ERR_DEVICE_GROUP,
		"%s: other devices of IOMMU group %u are bound to kernel drivers: unbind the "
		"device, then bind it together with the group's other NVMe controllers, which "
		"`upnvme-devices bind` names and checks, or move the device to a slot with a group "
		"of its own",
		address, number);
}

static int group_open(int *fd, unsigned number, const char *address)
{
	char path[32];
	int rc;

	snprintf(path, sizeof(path), "/dev/vfio/%u", number);
	*fd = fd_open(path, O_RDWR, 0);
	if (*fd < 0)
		return error_group_open(errno, number, address);
	rc = check_viable(*fd, number, address);
	if (rc)
		close(*fd);
	return rc;
}

/* A container that takes the group: an existing one, else a new one. The kernel refuses a group
 * whose IOMMU is another, or cannot reach what is mapped already. */
static int container_for(struct container **container, int fd, unsigned number,
			 const struct pages *pages, const char *address)
{
	int rc;

	for (struct container *there = containers; there; there = there->next) {
		if (there->pages != pages || ioctl(fd, VFIO_GROUP_SET_CONTAINER, &there->fd))
			continue;
		*container = there;
		rc = container_refresh(there, address);
		if (rc)
			ioctl(fd, VFIO_GROUP_UNSET_CONTAINER);
		return rc;
	}
	rc = container_create(container, fd, number, pages, address);
	if (rc)
		return rc;
	(*container)->next = containers;
	containers = *container;
	return 0;
}

static struct group *group_find(unsigned number)
{
	for (struct container *c = containers; c; c = c->next)
		for (struct group *g = c->groups; g; g = g->next)
			if (g->number == number)
				return g;
	return NULL;
}

static int group_join(struct group **group, struct group *there, const struct pages *pages,
		      const char *address)
{
	if (there->container->pages != pages)
		return error_set(
			-EBUSY, UPNVME_ERR_DEVICE_GROUP,
			"%s: the device's IOMMU group %u is in use in this process with %s memory: "
			"open all devices of a group with the same env= and pages=",
			address, there->number, there->container->pages->name);
	*group = there;
	return 0;
}

int group_get(struct group **group, unsigned number, const struct pages *pages, const char *address)
{
	struct group *created = group_find(number);
	int rc;

	if (created)
		return group_join(group, created, pages, address);
	created = calloc(1, sizeof(*created));
	if (!created)
		return error_no_memory("an IOMMU group", sizeof(*created));
	created->number = number;
	rc = group_open(&created->fd, number, address);
	if (rc)
		goto free_group;
	rc = container_for(&created->container, created->fd, number, pages, address);
	if (rc)
		goto close_group;
	created->next = created->container->groups;
	created->container->groups = created;
	*group = created;
	return 0;

close_group:
	close(created->fd);
free_group:
	free(created);
	return rc;
}

static void container_remove(struct container *container)
{
	for (struct container **link = &containers; *link; link = &(*link)->next) {
		if (*link == container) {
			*link = container->next;
			break;
		}
	}
	container_destroy(container);
}

void group_put(struct group *group)
{
	struct container *container = group->container;

	if (group->devices)
		return;
	for (struct group **link = &container->groups; *link; link = &(*link)->next) {
		if (*link == group) {
			*link = group->next;
			break;
		}
	}
	close(group->fd); /* takes the group out of the container */
	free(group);
	if (!container->groups)
		container_remove(container);
}
