/* SPDX-License-Identifier: BSD-3-Clause */
/* A container is VFIO's type 1 IOMMU (version 2: a mapping is unmapped whole), made for a first
 * group. */
#include "env/vfio/container.h"

#include <fcntl.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/util.h"
#include "env/vfio/reserved.h"

#define CONTAINER_PATH "/dev/vfio/vfio"

static int error_container(int err, const char *address)
{
	if (err == ENOENT || err == ENODEV)
		return error_set(
			-err, UPNVME_ERR_DEVICE_IOMMU,
			"%s: " CONTAINER_PATH
			" does not exist: load the kernel's module with `modprobe vfio-pci`",
			address);
	if (err == EACCES || err == EPERM)
		return error_set(
			-err, UPNVME_ERR_DEVICE_ACCESS,
			"%s: this user may not open " CONTAINER_PATH
			", whose mode is 0666 by default: as root, chmod 0666 " CONTAINER_PATH,
			address);
	return error_set(-err, UPNVME_ERR_SYSTEM, "%s: cannot open " CONTAINER_PATH ": %s", address,
			 strerror(err));
}

static int container_open(struct container *container, const char *address)
{
	container->fd = fd_open(CONTAINER_PATH, O_RDWR, 0);
	if (container->fd < 0)
		return error_container(errno, address);
	if (ioctl(container->fd, VFIO_GET_API_VERSION) == VFIO_API_VERSION &&
	    ioctl(container->fd, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU) == 1)
		return 0;
	return error_set(-ENOTSUP, UPNVME_ERR_DEVICE_IOMMU,
			 "%s: this kernel's VFIO has no type 1 IOMMU: load it with `modprobe "
			 "vfio_iommu_type1`",
			 address);
}

/* The sentence of a refusal. The firmware's reserved memory is looked at first: if the device needs such memory,
 * the need is the cause. */
static int error_enable(int err, unsigned number, const char *address)
{
	struct iova_range range;

	if (reserved_for_firmware("/sys", number, &range))
		return error_set(
			-err, UPNVME_ERR_DEVICE_IOMMU,
			"%s: the firmware has the device use memory from %#llx to %#llx for itself "
			"(RMRR; \"direct\" in /sys/kernel/iommu_groups/%u/reserved_regions), and "
			"the kernel hands out no such device: update the machine's firmware, "
			"change its setting for the slot, or use another slot",
			address, (unsigned long long)range.first, (unsigned long long)range.last,
			number);
	if (err == EPERM)
		return error_set(-EPERM, UPNVME_ERR_DEVICE_IOMMU,
				 "%s: the IOMMU cannot remap interrupts, and VFIO refuses to hand "
				 "out a device without that: switch interrupt remapping on in the "
				 "firmware (x2APIC, \"interrupt remapping\"), and boot without "
				 "intremap=off",
				 address);
	return error_set(-err, UPNVME_ERR_DEVICE_IOMMU,
			 "%s: VFIO cannot use the IOMMU for the device: %s", address,
			 strerror(err));
}

static int container_enable(struct container *container, int group_fd, unsigned number,
			    const char *address)
{
	if (ioctl(group_fd, VFIO_GROUP_SET_CONTAINER, &container->fd) ||
	    ioctl(container->fd, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return error_enable(errno, number, address);
	return 0;
}

/* The capability with this identifier in the kernel's answer, or null. */
static const struct vfio_info_cap_header *cap_find(const void *info, uint32_t bytes, uint32_t at,
						   uint16_t id)
{
	while (at && at + sizeof(struct vfio_info_cap_header) <= bytes) {
		const struct vfio_info_cap_header *header = (const void *)((const char *)info + at);

		if (header->id == id)
			return header;
		at = header->next;
	}
	return NULL;
}

/* Asks for the length of the answer, which varies, and then for the answer. */
static struct vfio_iommu_type1_info *info_get(struct container *container)
{
	struct vfio_iommu_type1_info head = { .argsz = sizeof(head) }, *info;

	if (ioctl(container->fd, VFIO_IOMMU_GET_INFO, &head))
		return NULL;
	info = calloc(1, MAX(head.argsz, sizeof(head)));
	if (!info)
		return NULL;
	info->argsz = MAX(head.argsz, (uint32_t)sizeof(head));
	if (!ioctl(container->fd, VFIO_IOMMU_GET_INFO, info))
		return info;
	free(info);
	return NULL;
}

static int ranges_take(struct container *container, const struct vfio_iommu_type1_info *info)
{
	static const struct iova_range anything = { 0, UINT64_MAX };
	const struct vfio_iommu_type1_info_cap_iova_range *cap = NULL;

	if (info->flags & VFIO_IOMMU_INFO_CAPS)
		cap = (const void *)cap_find(info, info->argsz, info->cap_offset,
					     VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE);
	_Static_assert(sizeof(struct vfio_iova_range) == sizeof(struct iova_range) &&
			       offsetof(struct vfio_iova_range, end) ==
				       offsetof(struct iova_range, last),
		       "struct iova_range is the kernel's struct vfio_iova_range");
	if (!cap) /* Linux before 5.4 does not tell */
		return iova_space_allow(&container->space, &anything, 1);
	return iova_space_allow(&container->space, (const struct iova_range *)cap->iova_ranges,
				cap->nr_iovas);
}

int container_refresh(struct container *container, const char *address)
{
	struct vfio_iommu_type1_info *info = info_get(container);
	int rc;

	if (!info)
		return error_set(-EIO, UPNVME_ERR_SYSTEM,
				 "%s: VFIO does not tell what the IOMMU can do: %s", address,
				 strerror(errno));
	pthread_mutex_lock(&container->lock);
	if (info->flags & VFIO_IOMMU_INFO_PGSIZES) /* the lowest bit is the smallest size */
		container->space.page_bytes = info->iova_pgsizes & -info->iova_pgsizes;
	rc = ranges_take(container, info);
	pthread_mutex_unlock(&container->lock);
	free(info);
	return rc;
}

int container_create(struct container **container, int group_fd, unsigned number,
		     const struct pages *pages, const char *address)
{
	struct container *created = calloc(1, sizeof(*created));
	int rc;

	if (!created)
		return error_no_memory("a VFIO container", sizeof(*created));
	created->env.ops = &vfio_env_ops;
	created->env.name = pages->env;
	created->pages = pages;
	pthread_mutex_init(&created->lock, NULL);
	rc = container_open(created, address);
	if (!rc)
		rc = container_enable(created, group_fd, number, address);
	if (!rc)
		rc = container_refresh(created, address);
	if (rc)
		container_destroy(created);
	else
		*container = created;
	return rc;
}

void container_destroy(struct container *container)
{
	if (container->fd >= 0)
		close(container->fd);
	iova_space_destroy(&container->space);
	pthread_mutex_destroy(&container->lock);
	free(container);
}
