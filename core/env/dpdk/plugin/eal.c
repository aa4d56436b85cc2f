/* SPDX-License-Identifier: BSD-3-Clause */
/* The EAL that is used. An application that runs DPDK itself has started an EAL, and a second EAL
 * would take huge pages that the first counts on. In any other program the EAL within this plug-in
 * is started, as a guest: without telemetry, files, PCI scan, drivers. */
#include "env/dpdk/plugin/internal.h"

#include <dlfcn.h>
#include <errno.h>
#include <rte_common.h>
#include <rte_config.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_version.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const struct eal ours = {
	.zmalloc = rte_zmalloc_socket,
	.free = rte_free,
	.list_of = rte_mem_virt2memseg_list,
	.physical = rte_mem_virt2phy,
	.has_hugepages = rte_eal_has_hugepages,
	.version = rte_version,
};
static struct eal theirs;
static const struct eal *eal;

const struct eal *eal_get(void)
{
	return eal;
}

/* --- the application's ------------------------------------------------------------------------ */

/* The plug-in's own symbols are hidden, so the loader finds the application's. The signatures of
 * these functions have not changed since DPDK 18.05. */
static bool find_theirs(void)
{
	const struct {
		const char *name;
		void *function;
	} wanted[] = {
		{ "rte_zmalloc_socket", &theirs.zmalloc },
		{ "rte_free", &theirs.free },
		{ "rte_mem_virt2memseg_list", &theirs.list_of },
		{ "rte_mem_virt2phy", &theirs.physical },
		{ "rte_eal_has_hugepages", &theirs.has_hugepages },
		{ "rte_version", &theirs.version },
	};

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		void *symbol = dlsym(RTLD_DEFAULT, wanted[i].name);

		if (!symbol)
			return false;
		memcpy(wanted[i].function, &symbol, sizeof(symbol));
	}
	return true;
}

/* An EAL decides its mode of bus addresses when it starts; until then the mode is not set. */
static bool theirs_is_at_work(void)
{
	enum rte_iova_mode (*mode)(void);
	void *symbol = dlsym(RTLD_DEFAULT, "rte_eal_iova_mode");

	if (!symbol)
		return false;
	memcpy(&mode, &symbol, sizeof(symbol));
	return mode() != RTE_IOVA_DC && find_theirs();
}

/* A process that has started an EAL has the EAL's interrupt thread beside its own; a child that has
 * just been forked has one thread in all. /proc/self/task has two links, and one more for each
 * thread. */
static bool theirs_is_a_parents(void)
{
	struct stat tasks;

	return !stat("/proc/self/task", &tasks) && tasks.st_nlink == 2 + 1;
}

static int error_eal_forked(void)
{
	return plugin_error(
		-EOWNERDEAD, UPNVME_ERR_FORKED,
		"the parent process runs DPDK, whose memory is not this process's: open with "
		"env=vfio, or open in a process that was not forked");
}

bool eal_is_running(void)
{
	return eal || theirs_is_at_work();
}

/* --- ours ------------------------------------------------------------------------------------- */

/* The argument that gives EAL a processor for its main lcore, one that this process may use. No thread
 * stays on that processor. */
static int lcore_argument(char *text, size_t bytes)
{
	cpu_set_t allowed;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return -errno;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &allowed))
			continue;
		snprintf(text, bytes, "--lcores=0@%d", cpu);
		return 0;
	}
	return -ENODEV;
}

static void *initialize(void *result)
{
	char lcores[32];
	/* Single files: else each huge page would take a descriptor of the application's. */
	char *arguments[] = { "upnvme",   lcores,        "--in-memory",    "--single-file-segments",
			      "--no-pci", "--no-shconf", "--no-telemetry", "--iova-mode=va",
			      NULL };
	int rc = lcore_argument(lcores, sizeof(lcores));

	if (!rc && rte_eal_init((int)ARRAY_SIZE(arguments) - 1, arguments) < 0)
		rc = -(rte_errno ? rte_errno : EIO);
	*(int *)result = rc;
	return NULL;
}

/* An EAL that could not be started may refuse a second start with another error: the first error is
 * the one to report. */
static const char *reason(int *rc)
{
	static char first_words[256];
	static int first;

	if (*rc == -EALREADY && first) {
		*rc = first;
	} else {
		first = *rc;
		snprintf(first_words, sizeof(first_words), "%s", guest_last_words());
	}
	return first_words;
}

static int start_ours(void)
{
	int result = 0, rc = guest_log();
	const char *words;

	if (!rc)
		rc = guest_run(initialize, &result);
	if (!rc)
		rc = result;
	if (!rc) {
		eal = &ours;
		return 0;
	}
	words = reason(&rc);
	return plugin_error(rc, UPNVME_ERR_SYSTEM,
			    "%s cannot be started (%s): \"%s\"; use env=vfio, which needs no DPDK",
			    rte_version(), strerror(-rc), words);
}

int eal_start(void)
{
	if (eal)
		return 0;
	if (!theirs_is_at_work())
		return start_ours();
	if (theirs_is_a_parents())
		return error_eal_forked();
	eal = &theirs;
	return 0;
}

const char *eal_version(void)
{
	static char text[96];

	snprintf(text, sizeof(text), "%s%s", eal->version(),
		 eal == &theirs ? ", the application's own" : "");
	return text;
}
