/* SPDX-License-Identifier: BSD-3-Clause */
/* status: what the machine has for driving devices from user space. */
#include <inttypes.h>
#include <stdio.h>

#include <upnvme.h>

#include "options.h"
#include "text.h"

#define NSIZES (sizeof(((struct upnvme_system *)0)->huge) / sizeof(struct upnvme_huge_pages))

static const struct {
	const char *name;
	uint32_t flag;
} drivers[] = {
	{ "vfio-pci", UPNVME_SYSTEM_VFIO_PCI },
	{ "uio_pci_generic", UPNVME_SYSTEM_UIO_PCI_GENERIC },
	{ "igb_uio", UPNVME_SYSTEM_IGB_UIO },
	{ "nvme", UPNVME_SYSTEM_NVME },
};

#define NDRIVERS (sizeof(drivers) / sizeof(drivers[0]))

static void show_iommu(const struct upnvme_system *system)
{
	if (system->flags & UPNVME_SYSTEM_IOMMU)
		printf("IOMMU            on, %u groups\n", system->niommu_groups);
	else
		printf("IOMMU            none is on: turn on VT-d, AMD-Vi or the SMMU in the firmware "
		       "and boot with intel_iommu=on (Intel)\n");
	if (system->flags & UPNVME_SYSTEM_VFIO_NOIOMMU)
		printf("                 VFIO may work without an IOMMU: devices can then write to all memory\n");
}

static void show_huge(const struct upnvme_system *system)
{
	char size[32];

	if (!system->nhuge_sizes)
		printf("huge pages       this kernel has none\n");
	for (size_t i = 0; i < NSIZES && system->huge[i].page_bytes; i++)
		printf("%-17s%" PRIu64 " of %s, %" PRIu64 " free\n", i ? "" : "huge pages",
		       system->huge[i].npages,
		       text_show_size(size, sizeof(size), system->huge[i].page_bytes),
		       system->huge[i].nfree);
}

static const char *limit(char *room, size_t room_bytes, uint64_t bytes)
{
	return bytes == UINT64_MAX ? "unlimited" : text_show_size(room, room_bytes, bytes);
}

static void show_memlock(const struct upnvme_system *system)
{
	char soft[32], hard[32];

	printf("lockable memory  %s, may be raised to %s%s\n",
	       limit(soft, sizeof(soft), system->memlock_bytes),
	       limit(hard, sizeof(hard), system->memlock_max_bytes),
	       system->flags & UPNVME_SYSTEM_IPC_LOCK ? "; this user may exceed it" : "");
}

static void show_table(const struct upnvme_system *system)
{
	show_iommu(system);
	for (size_t i = 0; i < NDRIVERS; i++)
		printf("%-17s%s\n", drivers[i].name,
		       system->flags & drivers[i].flag ? "loaded" : "not loaded");
	show_huge(system);
	show_memlock(system);
}

static const char *truth(const struct upnvme_system *system, uint32_t flag)
{
	return system->flags & flag ? "true" : "false";
}

static void show_json_huge(const struct upnvme_system *system)
{
	printf("  \"huge_pages\": {\"default_bytes\": %" PRIu64 ", \"sizes\": [",
	       system->huge_bytes);
	for (size_t i = 0; i < NSIZES && system->huge[i].page_bytes; i++)
		printf("%s{\"bytes\": %" PRIu64 ", \"pages\": %" PRIu64 ", \"free\": %" PRIu64 "}",
		       i ? ", " : "", system->huge[i].page_bytes, system->huge[i].npages,
		       system->huge[i].nfree);
	printf("]},\n");
}

static void show_json(const struct upnvme_system *system)
{
	printf("{\n  \"iommu\": {\"on\": %s, \"groups\": %u, \"noiommu_allowed\": %s},\n",
	       truth(system, UPNVME_SYSTEM_IOMMU), system->niommu_groups,
	       truth(system, UPNVME_SYSTEM_VFIO_NOIOMMU));
	printf("  \"drivers\": {");
	for (size_t i = 0; i < NDRIVERS; i++)
		printf("%s\"%s\": %s", i ? ", " : "", drivers[i].name,
		       truth(system, drivers[i].flag));
	printf("},\n");
	show_json_huge(system);
	printf("  \"memlock\": {\"bytes\": ");
	text_json_number((int64_t)system->memlock_bytes, system->memlock_bytes != UINT64_MAX);
	printf(", \"max_bytes\": ");
	text_json_number((int64_t)system->memlock_max_bytes,
			 system->memlock_max_bytes != UINT64_MAX);
	printf(", \"may_exceed\": %s}\n}\n", truth(system, UPNVME_SYSTEM_IPC_LOCK));
}

int run_status(const struct options *options)
{
	struct upnvme_system system = { .size = UPNVME_SYSTEM_SIZE };

	if (upnvme_system_get(&system) < 0) {
		fprintf(stderr, "%s: %s\n", PROGRAM, upnvme_last_error());
		return EXIT_BAD;
	}
	if (options->json)
		show_json(&system);
	else
		show_table(&system);
	return EXIT_GOOD;
}
