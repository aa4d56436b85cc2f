/* SPDX-License-Identifier: BSD-3-Clause */
/* Without an IOMMU a bus address is a physical address. All memory is reachable, but must be kept from
 * being moved. Huge pages are scattered: each is a piece of its own. */
#include "env/uio/env.h"

#include "base/error.h"
#include "base/util.h"
#include "env/dpdk/plugin.h"
#include "env/uio/pin.h"

static const struct dpdk_plugin *plugin;

static int uio_pages_alloc(struct env *env, uint64_t bytes, uint64_t align, int node, void **va)
{
	(void)env;
	return plugin->pages.alloc(bytes, align, node, va);
}

static void uio_pages_free(struct env *env, void *va, uint64_t bytes)
{
	(void)env;
	plugin->pages.free(va, bytes);
}

/* The plug-in is asked twice: first how much lies in one piece, then, once that memory is pinned,
 * where it lies. */
static int uio_map(struct env *env, void *va, uint64_t *bytes, uint64_t *iova)
{
	int rc = plugin->physical(va, bytes, iova);

	(void)env;
	*bytes = MIN(*bytes, PIN_BYTES_MAX);
	if (!rc)
		rc = pin_pages(va, *bytes);
	if (rc)
		return rc;
	rc = plugin->physical(va, bytes, iova);
	if (rc)
		unpin_pages(va, *bytes);
	return rc;
}

static int uio_same(struct env *env, void *va, uint64_t bytes, uint64_t iova)
{
	uint64_t now = 0, part;

	(void)env;
	for (uint64_t done = 0; done < bytes; done += part) {
		part = bytes - done;
		if (!plugin->physical((char *)va + done, &part, &now) && now == iova + done)
			continue;
		return error_set(
			-ESTALE, UPNVME_ERR_BUFFER_UNREACHABLE,
			"memory at %p (%llu bytes) was freed while it was registered, and other "
			"memory is there now, but the device still reaches the old memory: "
			"unregister it (upnvme_mem_unregister), then register the new memory; next "
			"time unregister memory before it is freed",
			va, (unsigned long long)bytes);
	}
	return 0;
}

static void uio_unmap(struct env *env, void *va, uint64_t bytes, uint64_t iova)
{
	(void)env;
	(void)iova;
	unpin_pages(va, bytes);
}

struct env *env_uio(const struct dpdk_plugin *dpdk)
{
	static const struct env_ops ops = {
		.pages_alloc = uio_pages_alloc,
		.pages_free = uio_pages_free,
		.map = uio_map,
		.same = uio_same,
		.unmap = uio_unmap,
	};
	static struct env uio = { .ops = &ops, .name = "uio" };

	plugin = dpdk; /* not null: a device with UIO is opened with the plug-in only */
	return &uio;
}
