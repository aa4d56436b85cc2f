/* SPDX-License-Identifier: BSD-3-Clause */
/* The declarations that the files of the plug-in share. */
#ifndef UPNVME_ENV_DPDK_PLUGIN_INTERNAL_H
#define UPNVME_ENV_DPDK_PLUGIN_INTERNAL_H

#include <upnvme/error.h>

/* util.h comes before DPDK's headers, which leave a macro alone that is defined already. */
#include "base/util.h"

#include <rte_memory.h>

#include "env/dpdk/plugin.h"

extern const struct dpdk_host *plugin_host;

/* Records a sentence as the library's error; returns `err`. */
__attribute__((format(printf, 3, 4), cold)) int plugin_error(int err, uint32_t code,
							     const char *format, ...);

/* --- eal.c: what is used of an EAL, which is the application's or the one within the plug-in
 * --- */
struct eal {
	void *(*zmalloc)(const char *type, size_t bytes, unsigned align, int socket);
	void (*free)(void *memory);
	struct rte_memseg_list *(*list_of)(const void *va);
	phys_addr_t (*physical)(const void *va);
	int (*has_hugepages)(void);
	const char *(*version)(void);
};

bool eal_is_running(void);
int eal_start(void);
const char *eal_version(void);
/* To be called after eal_start. */
const struct eal *eal_get(void);

/* --- guest.c: keeps what EAL does at its start from the application --- */

/* Sends EAL's log to the library's from here on. */
int guest_log(void);
/* The last complaint in EAL's log; empty if there is none. */
const char *guest_last_words(void);
/* Runs the function to its end on a thread of its own, which has an affinity of its own, and takes
 * none of the application's signals. 0 or a negative errno. */
int guest_run(void *(*start)(void *arg), void *arg);

/* --- memory.c --- */
int memory_alloc(uint64_t bytes, uint64_t align, int node, void **va);
void memory_free(void *va, uint64_t bytes);
int memory_physical(const void *va, uint64_t *bytes, uint64_t *address);

#endif
