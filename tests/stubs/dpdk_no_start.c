/* SPDX-License-Identifier: BSD-3-Clause */
/* A plug-in for DPDK of this build that finds no DPDK to start. */
#include <errno.h>

#include <upnvme/error.h>

#include "env/dpdk/plugin.h"

static const struct dpdk_host *library;

static bool is_running(void)
{
	return false;
}

static int start(void)
{
	library->log(UPNVME_LOG_INFO, "asked to start");
	return library->error(-EIO, UPNVME_ERR_SYSTEM, "DPDK does not start, as the test wants it");
}

__attribute__((visibility("default"))) dpdk_plugin_fn upnvme_dpdk_plugin;

const struct dpdk_plugin *upnvme_dpdk_plugin(const struct dpdk_host *host)
{
	static const struct dpdk_plugin plugin = {
		.build = UPNVME_BUILD_ID,
		.is_running = is_running,
		.start = start,
	};

	library = host;
	return &plugin;
}
