/* SPDX-License-Identifier: BSD-3-Clause */
/* What the library and its plug-in for DPDK know of each other. The plug-in is a file of its
 * own, so that the library needs nothing of DPDK, and holds DPDK within itself, so that it does
 * not matter which DPDK, or none, the application has. */
#ifndef UPNVME_ENV_DPDK_PLUGIN_H
#define UPNVME_ENV_DPDK_PLUGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "env/pages.h"

#define DPDK_PLUGIN_FILE   "libupnvme-dpdk.so"
#define DPDK_PLUGIN_SYMBOL "upnvme_dpdk_plugin"

/* What the plug-in may use of the library. In both tables the build comes first; nothing else is
 * used unless the two are equal. */
struct dpdk_host {
	const char *build;
	int (*error)(int err, uint32_t code, const char *sentence); /* error_set */
	void (*log)(uint32_t level, const char *message);
};

struct dpdk_plugin {
	const char *build;
	/* Whether this process has an EAL that is at work: the application's, or that of a start
	 * before. */
	bool (*is_running)(void);
	/* Makes sure of one. 0 or a negative errno with its sentence. Called by one thread at a
	 * time. */
	int (*start)(void);
	/* Which DPDK, and whose. After start. */
	const char *(*version)(void);
	struct pages pages;
	/* The physical address of `va`, and how many of *bytes follow it in one piece. Of huge
	 * pages of DPDK's only: others may move. 0 or a negative errno with its sentence. */
	int (*physical)(const void *va, uint64_t *bytes, uint64_t *address);
};

/* The plug-in's one symbol. */
typedef const struct dpdk_plugin *dpdk_plugin_fn(const struct dpdk_host *host);

#endif
