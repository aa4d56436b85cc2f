/* SPDX-License-Identifier: BSD-3-Clause */
/* The machine's set-up as it is told. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/util.h"
#include <sys/resource.h>

#include "pci/system.h"
#include "support/fake_machine.h"

static struct upnvme_system get(struct fake_machine *fake)
{
	struct upnvme_system system;

	memset(&system, 0xff, sizeof(system));
	assert_int_equal(pci_system_get(&fake->fs, &system), 0);
	assert_int_equal(system.size, UPNVME_SYSTEM_SIZE);
	return system;
}

static void a_bare_machine_has_nothing(void **state)
{
	struct upnvme_system system = get(*state);

	assert_int_equal(system.flags, 0);
	assert_int_equal(system.niommu_groups, 0);
	assert_int_equal(system.nhuge_sizes, 0);
	assert_int_equal(system.huge_bytes, 0);
	assert_int_equal(system.huge[0].page_bytes, 0);
}

static void without_sysfs_the_machine_is_not_described(void **state)
{
	struct fake_machine *fake = *state;
	struct upnvme_system system;

	fake_remove(fake, "sys/bus");
	assert_int_equal(pci_system_get(&fake->fs, &system), -ENOENT);
	fake_error(UPNVME_ERR_SYSTEM, "mount -t sysfs");
	fake_remove(fake, "sys");
	assert_int_equal(pci_system_get(&fake->fs, &system), -ENOENT);
}

static void drivers_and_the_iommu_are_flags(void **state)
{
	struct fake_machine *fake = *state;
	struct upnvme_system system;

	fake_driver(fake, "vfio-pci");
	fake_driver(fake, "nvme");
	fake_folder(fake, "sys/kernel/iommu_groups");
	system = get(fake);
	assert_int_equal(system.flags, UPNVME_SYSTEM_VFIO_PCI | UPNVME_SYSTEM_NVME);
	fake_driver(fake, "igb_uio");
	fake_driver(fake, "uio_pci_generic");
	fake_folder(fake, "sys/kernel/iommu_groups/0");
	fake_folder(fake, "sys/kernel/iommu_groups/1");
	fake_file(fake, "Y\n", "sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
	system = get(fake);
	assert_int_equal(system.flags, 0x3f);
	assert_int_equal(system.niommu_groups, 2);
}

static void huge_pages_are_told_by_size(void **state)
{
	struct fake_machine *fake = *state;
	struct upnvme_system system;

	fake_file(fake, "MemTotal: 99 kB\nHugepagesize:       2048 kB\n", "proc/meminfo");
	fake_file(fake, "1\n", "sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages");
	fake_file(fake, "0\n", "sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages");
	fake_file(fake, "512\n", "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages");
	fake_file(fake, "500\n", "sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages");
	system = get(fake);
	assert_int_equal(system.huge_bytes, 2u << 20);
	assert_int_equal(system.nhuge_sizes, 2);
	assert_int_equal(system.huge[0].page_bytes, 2u << 20);
	assert_int_equal(system.huge[0].npages, 512);
	assert_int_equal(system.huge[0].nfree, 500);
	assert_int_equal(system.huge[1].page_bytes, 1u << 30);
	assert_int_equal(system.huge[1].npages, 1);
	assert_int_equal(system.huge[1].nfree, 0);
	assert_int_equal(system.huge[2].page_bytes, 0);
}

static void sizes_of_huge_pages_that_do_not_fit_are_counted(void **state)
{
	struct fake_machine *fake = *state;
	struct upnvme_system system;

	for (unsigned kib = 64; kib <= 64 << 5; kib <<= 1)
		fake_folder(fake, "sys/kernel/mm/hugepages/hugepages-%ukB", kib);
	system = get(fake);
	assert_int_equal(system.nhuge_sizes, 6);
	assert_int_equal(system.huge[0].page_bytes, 64 << 10);
	assert_int_equal(system.huge[3].page_bytes, 512 << 10);
}

static void lockable_memory_is_the_limit_of_this_process(void **state)
{
	struct fake_machine *fake = *state;
	struct rlimit limit;
	struct upnvme_system system;

	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &limit), 0);
	fake_file(fake, "Name:\tx\nCapEff:\t000001ffffffbfff\n", "proc/self/status");
	system = get(fake);
	assert_true(system.memlock_bytes ==
		    (limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur));
	assert_true(system.memlock_max_bytes ==
		    (limit.rlim_max == RLIM_INFINITY ? UINT64_MAX : limit.rlim_max));
	assert_int_equal(system.flags, 0);
	fake_file(fake, "CapEff:\t0000000000004000\n", "proc/self/status");
	system = get(fake);
	assert_int_equal(system.flags, UPNVME_SYSTEM_IPC_LOCK);
	fake_link(fake, "user:[4026531837]", "proc/self/ns/user");
	system = get(fake);
	assert_int_equal(system.flags, UPNVME_SYSTEM_IPC_LOCK);
	fake_link(fake, "user:[4026532999]", "proc/self/ns/user"); /* root in a container */
	system = get(fake);
	assert_int_equal(system.flags, 0);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fake_machine_setup_empty, fake_machine_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_bare_machine_has_nothing),
		TEST(without_sysfs_the_machine_is_not_described),
		TEST(drivers_and_the_iommu_are_flags),
		TEST(huge_pages_are_told_by_size),
		TEST(sizes_of_huge_pages_that_do_not_fit_are_counted),
		TEST(lockable_memory_is_the_limit_of_this_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
