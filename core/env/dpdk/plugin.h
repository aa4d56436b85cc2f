/* SPDX-License-Identifier: BSD-3-Clause */
/* The interface between the library and its plug-in for DPDK. The plug-in is a file of its own, so that
 * the library needs nothing of DPDK, and contains DPDK, so that an application may have any DPDK, or
 * none. */
#ifndef UPNVME_ENV_DPDK_PLUGIN_H
#define UPNVME_ENV_DPDK_PLUGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "env/pages.h"

#define DPDK_PLUGIN_FILE   "libupnvme-dpdk.so"
#define DPDK_PLUGIN_SYMBOL "upnvme_dpdk_plugin"

/* The functions of the library that the plug-in may use. This table and the plug-in's begin with the
 * build; unless the two builds are equal, nothing else in the tables is used. */
struct dpdk_host {
	const char *build;
	int (*error)(int err, uint32_t code, const char *sentence); /* as error_set */
	void (*log)(uint32_t level, const char *message);
};

struct dpdk_plugin {
	const char *build;
	/* Whether this process has a started EAL: the application's, or one that an earlier call
	 * started. */
	bool (*is_running)(void);
	/* Starts an EAL unless one is started. 0 or a negative errno with its sentence. Called by
	 * one thread at a time. */
	int (*start)(void);
	/* The version of DPDK, and whether it is the application's. To be called after start. */
	const char *(*version)(void);
	struct pages pages;
	/* The physical address of `va`, and how many of *bytes follow it in one piece. Only for
	 * DPDK's huge pages: others may move. 0 or a negative errno with its sentence. */
	int (*physical)(const void *va, uint64_t *bytes, uint64_t *address);
};

/* The plug-in's one symbol. */
typedef const struct dpdk_plugin *dpdk_plugin_fn(const struct dpdk_host *host);

#endif
