/* SPDX-License-Identifier: BSD-3-Clause */
/* Who uses a device: mounts, swap, holders, processes, and claims by those who cannot be seen. */
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
#include "pci/usage.h"
#include "support/fake_machine.h"

static int setup(void **state)
{
	*state = fake_machine_usual();
	return 0;
}

static int teardown(void **state)
{
	fake_machine_destroy(*state);
	return 0;
}

static struct usage find(struct fake_machine *fake)
{
	struct usage usage;

	assert_int_equal(usage_find(&fake->fs, FAKE_NVME, &usage), 0);
	return usage;
}

static void says(const struct usage *usage, uint32_t flags, const char *text)
{
	assert_int_equal(usage->flags, flags);
	assert_string_equal(usage->text, text);
}

static void an_idle_device_has_no_user(void **state)
{
	struct fake_machine *fake = *state;
	struct usage usage;

	fake_file(fake,
		  "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
		  "23 22 0:21 / /proc rw - proc proc rw\n"
		  "nonsense\n - \n1 2 3 - \n",
		  "proc/self/mountinfo");
	fake_file(fake, "Filename Type Size Used Priority\n/dev/sda2 partition 9 0 -2\n",
		  "proc/swaps");
	usage = find(fake);
	says(&usage, 0, "");
}

static void a_mount_is_known_by_its_device_number(void **state)
{
	struct fake_machine *fake = *state;
	struct usage usage;

	fake_file(fake,
		  "22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
		  "40 22 259:2 / /home rw,relatime shared:20 master:3 - xfs /dev/root rw\n",
		  "proc/self/mountinfo");
	usage = find(fake);
	says(&usage, UPNVME_DEVICE_MOUNTED, "nvme0n1p2 is mounted on /home");
}

static void a_mount_with_a_number_of_its_own_is_known_by_its_source(void **state)
{
	struct fake_machine *fake = *state;
	struct usage usage;

	fake_file(fake, "40 22 0:44 /vol /data rw - btrfs /dev/nvme0n1p1 rw,ssd\n",
		  "proc/self/mountinfo");
	usage = find(fake);
	says(&usage, UPNVME_DEVICE_MOUNTED, "nvme0n1p1 is mounted on /data");
}

static void swap_space_is_seen(void **state)
{
	struct fake_machine *fake = *state;
	struct usage usage;

	fake_file(
		fake,
		"Filename\t\t\t\tType\t\tSize\n/dev/nvme0n1p2                          partition\t9\n",
		"proc/swaps");
	usage = find(fake);
	says(&usage, UPNVME_DEVICE_SWAP, "nvme0n1p2 is swap space");
}

static void holders_of_disk_and_partition_are_seen(void **state)
{
	struct fake_machine *fake = *state;
	struct usage usage;

	fake_link(fake, "../../dm-0", "sys/class/block/nvme0n1p1/holders/dm-0");
	fake_link(fake, "../../md127", "sys/class/block/nvme0n1/holders/md127");
	usage = find(fake);
	says(&usage, UPNVME_DEVICE_HELD, "nvme0n1 belongs to md127; nvme0n1p1 belongs to dm-0");
}

static void a_process_with_a_node_open_is_named(void **state)
{
	struct fake_machine *fake = *state;
	struct usage usage;

	fake_link(fake, "/dev/null", "proc/4711/fd/5");
	fake_link(fake, "/dev/null", "proc/4711/fd/6");
	fake_file(fake, "qemu-system-x86\n", "proc/4711/comm");
	fake_link(fake, "/dev/zero", "proc/12/fd/0");
	fake_link(fake, "socket:[12]", "proc/12/fd/1");
	fake_link(fake, "/dev/gone", "proc/12/fd/2");
	fake_link(fake, "/dev/null", "proc/acpi/fd/1");
	usage = find(fake);
	says(&usage, UPNVME_DEVICE_OPEN, "process 4711 (qemu-system-x86) has /dev/ng0n1 open");
}

static void a_process_that_drives_the_group_or_the_uio_device_is_named(void **state)
{
	struct fake_machine *fake = *state;
	struct usage usage;

	fake_remove(fake, "sys/bus/pci/devices/%s/nvme", FAKE_NVME);
	fake_file(fake, "1:3\n", "sys/class/vfio/7/dev");
	fake_link(fake, "/dev/null", "proc/33/fd/3");
	usage = find(fake);
	says(&usage, UPNVME_DEVICE_OPEN, "process 33 (?) has /dev/vfio/7 open");
	fake_remove(fake, "sys/class/vfio");
	fake_file(fake, "1:3\n", "sys/bus/pci/devices/%s/uio/uio4/dev", FAKE_NVME);
	usage = find(fake);
	says(&usage, UPNVME_DEVICE_OPEN, "process 33 (?) has /dev/uio4 open");
	fake_remove(fake, "sys/bus/pci/devices/%s/uio", FAKE_NVME);
	fake_file(fake, "1:3\n", "sys/bus/pci/devices/%s/vfio-dev/vfio2/dev", FAKE_NVME);
	usage = find(fake);
	says(&usage, UPNVME_DEVICE_OPEN, "process 33 (?) has /dev/vfio/devices/vfio2 open");
	fake_file(fake, "1:3\n", "sys/class/vfio/noiommu-7/dev");
	usage = find(fake);
	says(&usage, UPNVME_DEVICE_OPEN, "process 33 (?) has /dev/vfio/noiommu-7 open");
}

static void one_of_several_paths_leads_to_the_block_device(void **state)
{
	struct fake_machine *fake = *state;
	struct usage usage;

	fake_remove(fake, "sys/bus/pci/devices/%s/nvme/nvme0/nvme0n1", FAKE_NVME);
	fake_folder(fake, "sys/bus/pci/devices/%s/nvme/nvme0/nvme0c0n1", FAKE_NVME);
	fake_folder(fake, "sys/bus/pci/devices/%s/nvme/nvme0/nvme0cn1", FAKE_NVME);
	fake_folder(fake, "sys/bus/pci/devices/%s/nvme/nvme0/nvme0c0n", FAKE_NVME);
	fake_file(fake, "40 22 259:0 / /mnt rw - ext4 /dev/nvme0n1 rw\n", "proc/self/mountinfo");
	usage = find(fake);
	says(&usage, UPNVME_DEVICE_MOUNTED, "nvme0n1 is mounted on /mnt");
}

static void uses_that_do_not_fit_are_left_out_whole(void **state)
{
	struct usage usage = { 0 };

	for (int i = 0; i < 40; i++)
		usage_note(&usage, UPNVME_DEVICE_HELD, "nvme0n1 belongs to dm-%d", i);
	assert_true(strlen(usage.text) < sizeof(usage.text));
	assert_true(strlen(usage.text) > sizeof(usage.text) - 32);
	assert_memory_equal(usage.text, "nvme0n1 belongs to dm-0; nvme0n1 belongs to dm-1; ", 50);
	assert_null(strstr(usage.text, "dm-39"));
	usage = (struct usage){ 0 };
	usage_note(&usage, UPNVME_DEVICE_HELD, "%0300d", 1);
	assert_int_equal(strlen(usage.text), sizeof(usage.text) - 1);
}

static void disks_are_claimed_and_their_partitions_are_not(void **state)
{
	struct fake_machine *fake = *state;
	struct usage usage = { 0 };
	struct claims claims;

	assert_int_equal(claims_take(&claims, &fake->fs, FAKE_NVME, &usage), 0);
	assert_int_equal(claims.n, 1);
	assert_int_equal(fake->nclaims, 1);
	says(&usage, 0, "");
	claims_release(&claims);
	assert_int_equal(claims.n, 0);
}

static void a_claim_of_somebody_who_cannot_be_seen_is_noted(void **state)
{
	struct fake_machine *fake = *state;
	struct usage usage = { 0 };
	struct claims claims;

	fake->claim = -EBUSY;
	assert_int_equal(claims_take(&claims, &fake->fs, FAKE_NVME, &usage), 0);
	says(&usage, UPNVME_DEVICE_OPEN, "somebody has claimed /dev/nvme0n1");
	claims_release(&claims);
}

static void a_group_is_looked_at_and_not_kept(void **state)
{
	struct fake_machine *fake = *state;
	struct usage usage = { 0 };
	struct claims claims;

	fake_remove(fake, "sys/bus/pci/devices/%s/nvme", FAKE_NVME);
	fake_file(fake, "243:0\n", "sys/class/vfio/7/dev");
	fake_file(fake, "", "dev/vfio/7");
	assert_int_equal(claims_take(&claims, &fake->fs, FAKE_NVME, &usage), 0);
	assert_int_equal(fake->nclaims, 1);
	assert_int_equal(claims.n, 0);
	claims_release(&claims);
	fake->claim = -EBUSY;
	assert_int_equal(claims_take(&claims, &fake->fs, FAKE_NVME, &usage), 0);
	says(&usage, UPNVME_DEVICE_OPEN, "somebody has claimed /dev/vfio/7");
	claims_release(&claims);
}

static void a_claim_that_is_not_allowed_is_an_error_and_a_missing_node_is_none(void **state)
{
	struct fake_machine *fake = *state;
	struct usage usage = { 0 };
	struct claims claims;

	fake->claim = -EACCES;
	assert_int_equal(claims_take(&claims, &fake->fs, FAKE_NVME, &usage), -EACCES);
	fake_error(UPNVME_ERR_DEVICE_ACCESS, "root");
	fake->claim = -ENOENT;
	assert_int_equal(claims_take(&claims, &fake->fs, FAKE_NVME, &usage), 0);
	says(&usage, 0, "");
	claims_release(&claims);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_idle_device_has_no_user, setup, teardown),
		cmocka_unit_test_setup_teardown(a_mount_is_known_by_its_device_number, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			a_mount_with_a_number_of_its_own_is_known_by_its_source, setup, teardown),
		cmocka_unit_test_setup_teardown(swap_space_is_seen, setup, teardown),
		cmocka_unit_test_setup_teardown(holders_of_disk_and_partition_are_seen, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_process_with_a_node_open_is_named, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			a_process_that_drives_the_group_or_the_uio_device_is_named, setup,
			teardown),
		cmocka_unit_test_setup_teardown(one_of_several_paths_leads_to_the_block_device,
						setup, teardown),
		cmocka_unit_test(uses_that_do_not_fit_are_left_out_whole),
		cmocka_unit_test_setup_teardown(disks_are_claimed_and_their_partitions_are_not,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_claim_of_somebody_who_cannot_be_seen_is_noted,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_group_is_looked_at_and_not_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_claim_that_is_not_allowed_is_an_error_and_a_missing_node_is_none, setup,
			teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
