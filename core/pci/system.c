/* SPDX-License-Identifier: BSD-3-Clause */
/* The machine's set-up. */
#include "pci/system.h"

#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/capability.h"
#include "base/util.h"

#define HUGE   "kernel/mm/hugepages"
#define PREFIX "hugepages-" /* then the size in KiB and "kB" */

struct proc_field {
	const char *name; /* with its colon */
	uint64_t value;
};

static void take_field(char *line, void *arg)
{
	struct proc_field *field = arg;
	size_t length = strlen(field->name);

	if (!strncmp(line, field->name, length))
		field->value = strtoull(line + length, NULL, 10);
}

/* A number of a file of "Name: value" lines below /proc; 0 where there is none. */
static uint64_t proc_number(const struct sysfs *fs, const char *name, const char *field)
{
	struct proc_field wanted = { field, 0 };

	sysfs_each_line(fs, name, take_field, &wanted);
	return wanted.value;
}

static uint32_t drivers(const struct sysfs *fs)
{
	static const struct {
		const char *driver;
		uint32_t flag;
	} known[] = {
		{ "vfio-pci", UPNVME_SYSTEM_VFIO_PCI },
		{ "uio_pci_generic", UPNVME_SYSTEM_UIO_PCI_GENERIC },
		{ "igb_uio", UPNVME_SYSTEM_IGB_UIO },
		{ "nvme", UPNVME_SYSTEM_NVME },
	};
	uint32_t flags = 0;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (sysfs_exists(fs, "bus/pci/drivers/%s", known[i].driver))
			flags |= known[i].flag;
	return flags;
}

static void fill_iommu(const struct sysfs *fs, struct upnvme_system *system)
{
	char mode[8];
	struct sysfs_names groups;

	if (!sysfs_names_get(&groups, fs->sys, "kernel/iommu_groups")) {
		system->niommu_groups = groups.n;
		sysfs_names_free(&groups);
	}
	if (system->niommu_groups)
		system->flags |= UPNVME_SYSTEM_IOMMU;
	if (!sysfs_read(fs, mode, sizeof(mode),
			"module/vfio/parameters/enable_unsafe_noiommu_mode") &&
	    mode[0] == 'Y')
		system->flags |= UPNVME_SYSTEM_VFIO_NOIOMMU;
}

static void fill_memlock(const struct sysfs *fs, struct upnvme_system *system)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_MEMLOCK, &limit)) {
		system->memlock_bytes =
			limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur;
		system->memlock_max_bytes =
			limit.rlim_max == RLIM_INFINITY ? UINT64_MAX : limit.rlim_max;
	}
	if (capability_counts(fs->proc, CAP_IPC_LOCK))
		system->flags |= UPNVME_SYSTEM_IPC_LOCK;
}

static int by_size(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

static void fill_size(const struct sysfs *fs, struct upnvme_huge_pages *huge, uint64_t kib)
{
	huge->page_bytes = kib * 1024;
	huge->npages = (uint64_t)sysfs_number(fs, 0, HUGE "/hugepages-%llukB/nr_hugepages",
					      (unsigned long long)kib);
	huge->nfree = (uint64_t)sysfs_number(fs, 0, HUGE "/hugepages-%llukB/free_hugepages",
					     (unsigned long long)kib);
}

static void fill_huge(const struct sysfs *fs, struct upnvme_system *system)
{
	uint64_t kib[16], n = 0;
	struct sysfs_names names;

	system->huge_bytes = proc_number(fs, "meminfo", "Hugepagesize:") * 1024;
	if (sysfs_names_get(&names, fs->sys, HUGE))
		return;
	for (uint32_t i = 0; i < names.n && n < ARRAY_SIZE(kib); i++)
		if (!strncmp(names.name[i], PREFIX, strlen(PREFIX)))
			kib[n++] = strtoull(names.name[i] + strlen(PREFIX), NULL, 10);
	sysfs_names_free(&names);
	qsort(kib, n, sizeof(*kib), by_size);
	system->nhuge_sizes = (uint32_t)n;
	for (uint64_t i = 0; i < MIN(n, ARRAY_SIZE(system->huge)); i++)
		fill_size(fs, &system->huge[i], kib[i]);
}

int pci_system_get(const struct sysfs *fs, struct upnvme_system *system)
{
	int rc = sysfs_check(fs);

	if (rc)
		return rc;
	memset(system, 0, sizeof(*system));
	system->size = UPNVME_SYSTEM_SIZE;
	system->flags = drivers(fs);
	fill_iommu(fs, system);
	fill_memlock(fs, system);
	fill_huge(fs, system);
	return 0;
}
