/* SPDX-License-Identifier: BSD-3-Clause */
/* A device that a UIO driver holds. The device's file in /dev is kept open: when it is closed, at the
 * latest at the end of the process, the kernel's driver ends the device's bus mastering. All other
 * accesses go through sysfs. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/util.h"
#include "env/device.h"
#include "env/uio/env.h"
#include "env/uio/uio.h"

#define NODE_PATH_ROOM 96u

struct uio_device {
	struct device base;
	int fd;
};

static int error_node_open(const char *address, const char *path, int err)
{
	if (err == EACCES || err == EPERM)
		return error_set(
			-EACCES, UPNVME_ERR_DEVICE_ACCESS,
			"%s: this user may not open %s: run as root, who alone may drive devices "
			"without an IOMMU",
			address, path);
	return error_set(-err, UPNVME_ERR_SYSTEM, "%s: cannot open %s: %s", address, path,
			 strerror(err));
}

/* Opens a file of the device below /sys. */
static int sysfs_open(const char *address, const char *name, int flags)
{
	char path[NODE_PATH_ROOM];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", address, name);
	fd = fd_open(path, flags, 0);
	return fd < 0 ? error_node_open(address, path, errno) : fd;
}

static int error_busy(const char *address, unsigned index)
{
	return error_set(
		-EBUSY, UPNVME_ERR_DEVICE_BUSY,
		"%s: /dev/uio%u is in use: by this process, by another process, or by a forked "
		"child of one of them: close the device there (`fuser -v /dev/uio%u` shows the "
		"process)",
		address, index, index);
}

/* UIO lets any number of processes open a device; this library opens it exclusively. The lock is on
 * the file of configuration space, and is taken before the device's file in /dev is opened: a
 * process that closes the file in /dev ends the device's bus mastering, even if the process was
 * refused. */
static int uio_claim(struct uio_device *device, unsigned index)
{
	int fd = sysfs_open(device->base.address, "config", O_RDWR);

	if (fd < 0)
		return fd;
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		close(fd);
		return error_busy(device->base.address, index);
	}
	device->base.config_fd = fd;
	return 0;
}

static int node_open(struct uio_device *device, unsigned index)
{
	char path[NODE_PATH_ROOM];

	snprintf(path, sizeof(path), "/dev/uio%u", index);
	device->fd = fd_open(path, O_RDWR, 0);
	return device->fd < 0 ? error_node_open(device->base.address, path, errno) : 0;
}

/* Function level reset (PCI Express Base 5.0, 6.6.2), which ends the work of the device for its former
 * users. */
static void reset(const char *address)
{
	int fd = sysfs_open(address, "reset", O_WRONLY);

	if (fd >= 0 && write(fd, "1", 1) == 1)
		log_debug("%s: reset", address);
	else
		log_info("%s: the device's function cannot be reset: %s", address, strerror(errno));
	if (fd >= 0)
		close(fd);
}

static int uio_start(struct uio_device *device, unsigned index)
{
	int rc = uio_claim(device, index);

	if (rc)
		return rc;
	rc = node_open(device, index);
	if (rc) {
		close(device->base.config_fd);
		return rc;
	}
	reset(device->base.address);
	return 0;
}

static int error_bar(const struct device *device, unsigned index, int err)
{
	return error_set(-err, UPNVME_ERR_DEVICE_BAR, "%s: cannot map the memory of BAR%u: %s",
			 device->address, index, strerror(err));
}

static int bar_map_file(struct device_bar *bar, struct device *device, unsigned index, int fd)
{
	struct stat file;
	void *base;
	int err;

	if (fstat(fd, &file) || !file.st_size)
		return error_bar(device, index, ENXIO);
	base = mmap(NULL, (size_t)file.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (base == MAP_FAILED)
		return error_bar(device, index, errno);
	if (madvise(base, (size_t)file.st_size, MADV_DONTFORK)) {
		err = errno;
		munmap(base, (size_t)file.st_size);
		return error_bar(device, index, err);
	}
	*bar = (struct device_bar){ .base = base, .bytes = (uint64_t)file.st_size, .nareas = 1 };
	bar->areas[0].bytes = bar->bytes;
	return 0;
}

static int uio_bar_map(struct device_bar *bar, struct device *device, unsigned index)
{
	char name[16];
	int fd, rc;

	*bar = (struct device_bar){ 0 };
	snprintf(name, sizeof(name), "resource%u", index);
	fd = sysfs_open(device->address, name, O_RDWR);
	if (fd < 0)
		return fd;
	rc = bar_map_file(bar, device, index, fd);
	close(fd);
	return rc;
}

static void uio_close(struct device *base)
{
	struct uio_device *device = container_of(base, struct uio_device, base);

	/* The lock is still held, so that this close does not end a later user's bus mastering. */
	close(device->fd);
	close(base->config_fd);
	free(base->address);
	free(device);
}

static const struct device_ops uio_ops = {
	.close = uio_close,
	.bar_map = uio_bar_map,
};

int uio_device_open(struct device **device, const char *address, unsigned index,
		    const struct dpdk_plugin *dpdk)
{
	struct uio_device *created = calloc(1, sizeof(*created));
	int rc;

	if (created)
		created->base.address = strdup(address);
	if (!created || !created->base.address) {
		free(created);
		return error_no_memory("a UIO device", sizeof(*created));
	}
	created->base.ops = &uio_ops;
	created->base.env = env_uio(dpdk);
	rc = uio_start(created, index);
	if (rc) {
		free(created->base.address);
		free(created);
		return rc;
	}
	*device = &created->base;
	return 0;
}
