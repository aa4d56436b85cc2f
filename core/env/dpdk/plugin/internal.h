/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the plug-in share. */
#ifndef UPNVME_ENV_DPDK_PLUGIN_INTERNAL_H
#define UPNVME_ENV_DPDK_PLUGIN_INTERNAL_H

#include <upnvme/error.h>

/* Before DPDK's headers: they leave alone what is defined already. */
#include "base/util.h"

#include <rte_memory.h>

#include "env/dpdk/plugin.h"

extern const struct dpdk_host *plugin_host;

/* Records the sentence at the library; returns `err`. */
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
/* After eal_start. */
const struct eal *eal_get(void);

/* --- guest.c: keeps what EAL does at its start from the application --- */

/* EAL's log goes to the library's from here on. */
int guest_log(void);
/* The last thing that EAL has complained of; empty if it has not. */
const char *guest_last_words(void);
/* Runs it to the end on a thread of its own, whose affinity nobody else has, and which takes none of
 * the application's signals. 0 or a negative errno. */
int guest_run(void *(*start)(void *arg), void *arg);

/* --- memory.c --- */
int memory_alloc(uint64_t bytes, uint64_t align, int node, void **va);
void memory_free(void *va, uint64_t bytes);
int memory_physical(const void *va, uint64_t *bytes, uint64_t *address);

#endif
