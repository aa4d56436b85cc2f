/* SPDX-License-Identifier: BSD-3-Clause */
/* The plug-in's one exported symbol, by which the library calls the plug-in. */
#include <string.h>

#include "env/dpdk/plugin/internal.h"

#define EXPORT __attribute__((visibility("default")))

const struct dpdk_host *plugin_host;

EXPORT dpdk_plugin_fn upnvme_dpdk_plugin;

const struct dpdk_plugin *upnvme_dpdk_plugin(const struct dpdk_host *host)
{
	static const struct dpdk_plugin plugin = {
		.build = UPNVME_BUILD_ID,
		.is_running = eal_is_running,
		.start = eal_start,
		.version = eal_version,
		.pages = { "dpdk", "dpdk", memory_alloc, memory_free },
		.physical = memory_physical,
	};

	if (!strcmp(host->build, plugin.build))
		plugin_host = host;
	return &plugin;
}
