/* SPDX-License-Identifier: BSD-3-Clause */
/* Without an IOMMU a bus address is a physical one, and nothing is to be done to make memory
 * reachable, but to know that it stays where it is. Huge pages lie about: each is a piece of its
 * own. */
#include "env/uio/env.h"

#include "env/dpdk/plugin.h"

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

static int uio_map(struct env *env, void *va, uint64_t *bytes, uint64_t *iova)
{
	(void)env;
	return plugin->physical(va, bytes, iova);
}

static void uio_unmap(struct env *env, void *va, uint64_t bytes, uint64_t iova)
{
	(void)env;
	(void)va;
	(void)bytes;
	(void)iova;
}

struct env *env_uio(const struct dpdk_plugin *dpdk)
{
	static const struct env_ops ops = {
		.pages_alloc = uio_pages_alloc,
		.pages_free = uio_pages_free,
		.map = uio_map,
		.unmap = uio_unmap,
	};
	static struct env uio = { .ops = &ops, .name = "uio" };

	plugin = dpdk; /* there is one */
	return &uio;
}
