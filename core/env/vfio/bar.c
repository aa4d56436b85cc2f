/* SPDX-License-Identifier: BSD-3-Clause */
/* The memory of a base address register (BAR), mapped where the kernel allows that. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/util.h"
#include "env/vfio/device.h"

static const struct vfio_region_info_cap_sparse_mmap *sparse_find(
	const struct vfio_region_info *info)
{
	uint32_t at = info->flags & VFIO_REGION_INFO_FLAG_CAPS ? info->cap_offset : 0;

	while (at && at + sizeof(struct vfio_info_cap_header) <= info->argsz) {
		const struct vfio_info_cap_header *header = (const void *)((const char *)info + at);

		if (header->id == VFIO_REGION_INFO_CAP_SPARSE_MMAP)
			return (const void *)header;
		at = header->next;
	}
	return NULL;
}

/* Finds the pieces that can be mapped, as many as there is room for. */
static void areas_find(struct device_bar *bar, const struct vfio_region_info *info)
{
	const struct vfio_region_info_cap_sparse_mmap *sparse = sparse_find(info);

	if (!sparse) {
		bar->areas[0].bytes = info->size;
		bar->nareas = 1;
		return;
	}
	for (uint32_t i = 0; i < sparse->nr_areas && bar->nareas < DEVICE_BAR_AREAS; i++) {
		if (!sparse->areas[i].size)
			continue;
		bar->areas[bar->nareas].offset = sparse->areas[i].offset;
		bar->areas[bar->nareas++].bytes = sparse->areas[i].size;
	}
}

static int error_bar_map(const struct vfio_device *device, unsigned index, int err)
{
	return error_set(-err, UPNVME_ERR_DEVICE_BAR, "%s: cannot map the memory of BAR%u: %s",
			 device->base.address, index, strerror(err));
}

/* Maps a piece so that a forked child does not get it: the child could ring a doorbell by accident. */
static int area_map(struct device_bar *bar, uint32_t area, struct vfio_device *device,
		    uint64_t file_offset)
{
	uint64_t offset = bar->areas[area].offset, bytes = bar->areas[area].bytes;
	void *at = (char *)bar->base + offset;

	if (mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, device->fd,
		 (off_t)(file_offset + offset)) == MAP_FAILED)
		return -errno;
	return madvise(at, bytes, MADV_DONTFORK) ? -errno : 0;
}

/* Maps the pieces into one stretch of addresses, at the distances that they have on the bus. */
static int areas_map(struct device_bar *bar, struct vfio_device *device, unsigned index,
		     const struct vfio_region_info *info)
{
	void *base = mmap(NULL, info->size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (base == MAP_FAILED)
		return error_bar_map(device, index, errno);
	bar->base = base;
	bar->bytes = info->size;
	for (uint32_t i = 0; i < bar->nareas; i++) {
		int rc = area_map(bar, i, device, info->offset);

		if (rc) {
			device_bar_unmap(bar);
			return error_bar_map(device, index, -rc);
		}
	}
	return 0;
}

int vfio_bar_map(struct device_bar *bar, struct device *base, unsigned index)
{
	struct vfio_device *device = vfio_device_of(base);
	struct vfio_region_info *info = region_get(device, VFIO_PCI_BAR0_REGION_INDEX + index);
	int rc;

	*bar = (struct device_bar){ 0 };
	if (!info)
		return error_last()->err;
	if (!info->size || !(info->flags & VFIO_REGION_INFO_FLAG_MMAP)) {
		rc = error_set(
			-ENOTSUP, UPNVME_ERR_DEVICE_BAR,
			"%s: BAR%u (%llu bytes) cannot be mapped: it is absent, or smaller than a "
			"page of this machine and in one page with another device's",
			device->base.address, index, (unsigned long long)info->size);
	} else {
		areas_find(bar, info);
		rc = areas_map(bar, device, index, info);
	}
	free(info);
	return rc;
}
