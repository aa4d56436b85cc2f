/* SPDX-License-Identifier: BSD-3-Clause */
/* A plug-in for DPDK of another build. */
#include <stddef.h>

#include "env/dpdk/plugin.h"

__attribute__((visibility("default"))) dpdk_plugin_fn upnvme_dpdk_plugin;

const struct dpdk_plugin *upnvme_dpdk_plugin(const struct dpdk_host *host)
{
	static const struct dpdk_plugin plugin = { .build = "0.0.1-another" };

	(void)host;
	return &plugin;
}
