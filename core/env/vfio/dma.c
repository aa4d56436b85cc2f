/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory that the devices of a container reach: pinned, and mapped in the IOMMU at an address that
 * iova.c chooses. */
#include <linux/vfio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/util.h"
#include "env/vfio/container.h"
#include "env/vfio/frames.h"
#include "env/vfio/memlock.h"

static struct container *container_of_env(struct env *env)
{
	return container_of(env, struct container, env);
}

static int dma_pages_alloc(struct env *env, uint64_t bytes, uint64_t align, int node, void **va)
{
	return container_of_env(env)->pages->alloc(bytes, align, node, va);
}

static void dma_pages_free(struct env *env, void *va, uint64_t bytes)
{
	container_of_env(env)->pages->free(va, bytes);
}

static int error_dma_map(int err, const void *va, uint64_t bytes)
{
	if (err == EFAULT)
		return error_set(
			-EFAULT, UPNVME_ERR_BUFFER_UNREACHABLE,
			"memory from %p on, %llu bytes, is not (wholly) mapped for reading "
			"and writing in this process: register memory that is",
			va, (unsigned long long)bytes);
	if (err == ENOMEM)
		return memlock_refused(bytes);
	if (err == ENOSPC)
		return error_set(-ENOSPC, UPNVME_ERR_DEVICE_IOMMU,
				 "the kernel allows no more DMA mappings: register fewer, larger "
				 "pieces, or raise "
				 "/sys/module/vfio_iommu_type1/parameters/dma_entry_limit");
	return error_set(-err, UPNVME_ERR_SYSTEM,
			 "VFIO cannot map %llu bytes at %p for the device: %s",
			 (unsigned long long)bytes, va, strerror(err));
}

static int map_ioctl(struct container *container, void *va, uint64_t bytes, uint64_t iova)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)va,
		.iova = iova,
		.size = bytes,
	};

	return ioctl(container->fd, VFIO_IOMMU_MAP_DMA, &map) ? error_dma_map(errno, va, bytes) : 0;
}

static int dma_map(struct env *env, void *va, uint64_t *bytes, uint64_t *iova)
{
	struct container *container = container_of_env(env);
	int rc = memlock_check(*bytes);

	if (rc)
		return rc;
	pthread_mutex_lock(&container->lock);
	rc = iova_take(&container->space, (uintptr_t)va, *bytes, iova);
	if (!rc) {
		rc = map_ioctl(container, va, *bytes, *iova);
		if (rc)
			iova_drop(&container->space, *iova);
		else
			iova_find(&container->space, *iova)->frames = frames_read(va, *bytes);
	}
	pthread_mutex_unlock(&container->lock);
	return rc;
}

static int error_dma_stale(const void *va, uint64_t bytes)
{
	return error_set(
		-ESTALE, UPNVME_ERR_BUFFER_UNREACHABLE,
		"memory at %p (%llu bytes) was unmapped or given up while it was registered, and "
		"other memory is there now, but the device still reaches the old memory: "
		"unregister it (upnvme_mem_unregister), then register the new memory; next time "
		"unregister memory before it is unmapped",
		va, (unsigned long long)bytes);
}

/* Compares the part of the range that lies in one mapping; *bytes becomes the length of this part. */
static bool part_is_same(struct container *container, char *va, uint64_t *bytes, uint64_t iova)
{
	const struct iova_mapping *mapping = iova_find(&container->space, iova);
	uint64_t offset = iova - mapping->iova;

	*bytes = MIN(*bytes, mapping->bytes - offset);
	if (!mapping->frames)
		return true;
	return frames_same(mapping->frames + offset / (uint64_t)sysconf(_SC_PAGESIZE), va, *bytes);
}

static int dma_same(struct env *env, void *va, uint64_t bytes, uint64_t iova)
{
	struct container *container = container_of_env(env);
	bool same = true;

	pthread_mutex_lock(&container->lock);
	for (uint64_t done = 0, part; same && done < bytes; done += part) {
		part = bytes - done;
		same = part_is_same(container, (char *)va + done, &part, iova + done);
	}
	pthread_mutex_unlock(&container->lock);
	return same ? 0 : error_dma_stale(va, bytes);
}

/* Unmaps a mapping. If that fails, its addresses stay taken, and are never used again. */
static void unmap_ioctl(struct container *container, const struct iova_mapping *mapping)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = mapping->iova,
		.size = mapping->bytes,
	};

	if (ioctl(container->fd, VFIO_IOMMU_UNMAP_DMA, &unmap) || unmap.size != mapping->bytes)
		log_error("VFIO cannot unmap %llu bytes at bus address %#llx: %s",
			  (unsigned long long)mapping->bytes, (unsigned long long)mapping->iova,
			  strerror(errno));
	else
		iova_drop(&container->space, mapping->iova);
}

/* Unmaps one mapping, or several that follow each other. */
static void dma_unmap(struct env *env, void *va, uint64_t bytes, uint64_t iova)
{
	struct container *container = container_of_env(env);
	struct iova_mapping unused;

	(void)va;
	pthread_mutex_lock(&container->lock);
	while (iova_release(&container->space, &iova, &bytes, &unused))
		unmap_ioctl(container, &unused);
	pthread_mutex_unlock(&container->lock);
}

static int dma_reserve(struct env *env, uint64_t iova, uint64_t bytes)
{
	struct container *container = container_of_env(env);
	int rc;

	pthread_mutex_lock(&container->lock);
	rc = iova_reserve(&container->space, iova, bytes);
	pthread_mutex_unlock(&container->lock);
	return rc;
}

static void dma_unreserve(struct env *env, uint64_t iova)
{
	struct container *container = container_of_env(env);

	pthread_mutex_lock(&container->lock);
	iova_drop(&container->space, iova);
	pthread_mutex_unlock(&container->lock);
}

const struct env_ops vfio_env_ops = {
	.pages_alloc = dma_pages_alloc,
	.pages_free = dma_pages_free,
	.map = dma_map,
	.same = dma_same,
	.unmap = dma_unmap,
	.reserve = dma_reserve,
	.unreserve = dma_unreserve,
};
