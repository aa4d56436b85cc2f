/* SPDX-License-Identifier: BSD-3-Clause */
/* The users of a device: mounts, swap, holders, processes, and claims by users that cannot be
 * seen. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/util.h"
#include "pci/usage.h"
#include "support/fake_machine.h"
#include "support/skip.h"

static void says(const struct usage *usage, uint32_t flags, const char *text)
{
	assert_int_equal(usage->flags, flags);
	assert_string_equal(usage->text, text);
}

static void cannot_see(const struct usage *usage, const char *word)
{
	if (!strstr(usage->unseen, word))
		fail_msg("\"%s\" is not in: %s", word, usage->unseen);
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
	usage = fake_usage(fake);
	says(&usage, 0, "");
	assert_string_equal(usage.unseen, "");
}

static void a_mount_is_known_by_its_device_number(void **state)
{
	struct fake_machine *fake = *state;
	struct usage usage;

	fake_file(fake,
		  "22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
		  "40 22 259:2 / /home rw,relatime shared:20 master:3 - xfs /dev/root rw\n",
		  "proc/self/mountinfo");
	usage = fake_usage(fake);
	says(&usage, UPNVME_DEVICE_MOUNTED, "nvme0n1p2 is mounted on /home");
}

static void a_mount_with_a_number_of_its_own_is_known_by_its_source(void **state)
{
	struct fake_machine *fake = *state;
	struct usage usage;

	fake_file(fake, "40 22 0:44 /vol /data rw - btrfs /dev/nvme0n1p1 rw,ssd\n",
		  "proc/self/mountinfo");
	usage = fake_usage(fake);
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
	usage = fake_usage(fake);
	says(&usage, UPNVME_DEVICE_SWAP, "nvme0n1p2 is swap space");
}

static void holders_of_disk_and_partition_are_seen(void **state)
{
	struct fake_machine *fake = *state;
	struct usage usage;

	fake_link(fake, "../../dm-0", "sys/class/block/nvme0n1p1/holders/dm-0");
	fake_link(fake, "../../md127", "sys/class/block/nvme0n1/holders/md127");
	usage = fake_usage(fake);
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
	usage = fake_usage(fake);
	says(&usage, UPNVME_DEVICE_OPEN, "process 4711 (qemu-system-x86) has /dev/ng0n1 open");
}

static void a_process_that_drives_the_group_or_the_uio_device_is_named(void **state)
{
	struct fake_machine *fake = *state;
	struct usage usage;

	fake_remove(fake, "sys/bus/pci/devices/%s/nvme", FAKE_NVME);
	fake_file(fake, "1:3\n", "sys/class/vfio/7/dev");
	fake_link(fake, "/dev/null", "proc/33/fd/3");
	usage = fake_usage(fake);
	says(&usage, UPNVME_DEVICE_OPEN, "process 33 (?) has /dev/vfio/7 open");
	fake_remove(fake, "sys/class/vfio");
	fake_file(fake, "1:3\n", "sys/bus/pci/devices/%s/uio/uio4/dev", FAKE_NVME);
	usage = fake_usage(fake);
	says(&usage, UPNVME_DEVICE_OPEN, "process 33 (?) has /dev/uio4 open");
	fake_remove(fake, "sys/bus/pci/devices/%s/uio", FAKE_NVME);
	fake_file(fake, "1:3\n", "sys/bus/pci/devices/%s/vfio-dev/vfio2/dev", FAKE_NVME);
	usage = fake_usage(fake);
	says(&usage, UPNVME_DEVICE_OPEN, "process 33 (?) has /dev/vfio/devices/vfio2 open");
	fake_file(fake, "1:3\n", "sys/class/vfio/noiommu-7/dev");
	usage = fake_usage(fake);
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
	usage = fake_usage(fake);
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
	struct claims claims = { 0 };

	assert_int_equal(claims_take(&claims, &fake->fs, FAKE_NVME, &usage), 0);
	assert_int_equal(claims.n, 1);
	assert_int_equal(fake->nclaims, 1);
	says(&usage, 0, "");
	claims_release(&claims);
	assert_int_equal(claims.n, 0);
}

static void a_claim_of_an_unseen_process_is_noted(void **state)
{
	struct fake_machine *fake = *state;
	struct usage usage = { 0 };
	struct claims claims = { 0 };

	fake->claim = -EBUSY;
	assert_int_equal(claims_take(&claims, &fake->fs, FAKE_NVME, &usage), 0);
	says(&usage, UPNVME_DEVICE_OPEN, "another program has claimed /dev/nvme0n1");
	claims_release(&claims);
}

static void a_group_is_opened_to_look_and_closed_again(void **state)
{
	struct fake_machine *fake = *state;
	struct usage usage = { 0 };
	struct claims claims = { 0 };

	fake_remove(fake, "sys/bus/pci/devices/%s/nvme", FAKE_NVME);
	fake_file(fake, "243:0\n", "sys/class/vfio/7/dev");
	fake_file(fake, "", "dev/vfio/7");
	assert_int_equal(claims_take(&claims, &fake->fs, FAKE_NVME, &usage), 0);
	assert_int_equal(fake->nclaims, 1);
	assert_int_equal(claims.n, 0);
	fake->claim = -EBUSY;
	assert_int_equal(claims_take(&claims, &fake->fs, FAKE_NVME, &usage), 0);
	says(&usage, UPNVME_DEVICE_OPEN, "another program has claimed /dev/vfio/7");
	claims_release(&claims);
}

static void a_claim_that_is_not_allowed_is_an_error(void **state)
{
	struct fake_machine *fake = *state;
	struct usage usage = { 0 };
	struct claims claims = { 0 };

	fake->claim = -EACCES;
	assert_int_equal(claims_take(&claims, &fake->fs, FAKE_NVME, &usage), -EACCES);
	fake_error(UPNVME_ERR_DEVICE_ACCESS, "root");
	claims_release(&claims);
}

/* A container's /dev may lack it, or have another device's in its place; the disk is in use all the same. */
static void a_missing_node_is_unseen_and_a_dead_node_is_not(void **state)
{
	struct fake_machine *fake = *state;
	struct usage usage = { 0 };
	struct claims claims = { 0 };

	fake->claim = -ENXIO;
	assert_int_equal(claims_take(&claims, &fake->fs, FAKE_NVME, &usage), 0);
	says(&usage, 0, "");
	assert_string_equal(usage.unseen, "");
	fake->claim = -ENOENT;
	assert_int_equal(claims_take(&claims, &fake->fs, FAKE_NVME, &usage), 0);
	says(&usage, 0, "");
	cannot_see(&usage,
		   "dev/nvme0n1 cannot be seen (the node is missing, or is another device's)");
	claims_release(&claims);
}

/* --- processes that cannot be seen ---------------------------------------------------------------- */

static void a_proc_that_does_not_show_all_processes_is_told(void **state)
{
	struct fake_machine *fake = *state;
	struct usage usage;

	fake_link(fake, "pid:[4026532999]", "proc/1/ns/pid");
	usage = fake_usage(fake);
	cannot_see(&usage, "does not show all processes");
	fake_remove(fake, "proc/1");
	usage = fake_usage(fake);
	cannot_see(&usage, "another PID namespace");
	says(&usage, 0, "");
	fake_remove(fake, "sys/bus/pci/devices/%s/nvme", FAKE_NVME); /* no node can be open then */
	usage = fake_usage(fake);
	assert_string_equal(usage.unseen, "");
}

static void a_process_whose_proc_folder_is_mounted_over_is_told(void **state)
{
	struct fake_machine *fake = *state;
	struct usage usage;
	char line[512];

	snprintf(line, sizeof(line), "9 8 0:5 / %s/acpi rw - tmpfs t rw\n", fake->proc);
	fake_file(fake, line, "proc/self/mountinfo");
	usage = fake_usage(fake);
	assert_string_equal(usage.unseen, "");
	snprintf(line, sizeof(line), "9 8 0:5 / %s/4711 rw - tmpfs t rw\n", fake->proc);
	fake_file(fake, line, "proc/self/mountinfo");
	usage = fake_usage(fake);
	cannot_see(&usage, "/4711, which hides a process");
}

static void a_process_that_may_not_be_read_is_counted(void **state)
{
	struct fake_machine *fake = *state;
	struct usage usage;
	uid_t user = geteuid();
	char path[512];

	fake_link(fake, "/dev/null", "proc/4711/fd/5");
	snprintf(path, sizeof(path), "%s/4711/fd", fake->proc);
	assert_int_equal(chmod(path, 0), 0);
	if (!user && (seteuid(65534) || access(path, F_OK)))
		skip_because("the made-up machine cannot be seen by a user who is not root");
	usage = fake_usage(fake);
	assert_int_equal(seteuid(user), 0);
	assert_int_equal(chmod(path, 0700), 0);
	cannot_see(&usage, "what 1 processes have open may not be looked at");
	says(&usage, 0, "");
}

static void a_node_in_a_chroot_is_known_by_its_name(void **state)
{
	struct fake_machine *fake = *state;
	struct usage usage;

	fake_link(fake, "/dev/null", "chroot/dev/ng0n1");
	fake_link(fake, "../../../chroot/dev/ng0n1", "proc/77/fd/3");
	usage = fake_usage(fake);
	says(&usage, UPNVME_DEVICE_OPEN, "process 77 (?) has /dev/ng0n1 open");
}

/* --- loop devices --------------------------------------------------------------------------------- */

static void a_loop_device_is_known_by_the_device_behind_it(void **state)
{
	struct fake_machine *fake = *state;
	struct usage usage;

	fake_folder(fake, "sys/class/block/loop0"); /* unbound: it is not asked */
	fake_file(fake, "/tmp/mine\n", "sys/class/block/loop1/loop/backing_file");
	fake->loop_backing = (struct device_number){ true, 259, 2 };
	usage = fake_usage(fake);
	says(&usage, UPNVME_DEVICE_HELD, "nvme0n1p2 is behind the loop device loop1");
	fake->loop_backing.minor = 9;
	usage = fake_usage(fake);
	says(&usage, 0, "");
	fake->loop = -ENODEV;
	usage = fake_usage(fake);
	says(&usage, 0, "");
	assert_string_equal(usage.unseen, "");
}

static void a_loop_device_that_may_not_be_asked_is_known_by_its_path_and_told(void **state)
{
	struct fake_machine *fake = *state;
	struct usage usage;

	fake_file(fake, "/dev/nvme0n1\n", "sys/class/block/loop1/loop/backing_file");
	fake->loop = -EACCES;
	usage = fake_usage(fake);
	says(&usage, UPNVME_DEVICE_HELD, "nvme0n1 is behind the loop device loop1");
	cannot_see(&usage,
		   "the file or device behind /dev/loop1 cannot be seen (Permission denied)");
}

/* --- other controllers, and virtual functions ----------------------------------------------------- */

static void subsystem(struct fake_machine *fake, const char *nqn, const char *wwid)
{
	fake_link(fake, "../../bus/pci/devices/" FAKE_NVME "/nvme/nvme0", "sys/class/nvme/nvme0");
	fake_file(fake, "nqn.a\n", "sys/bus/pci/devices/%s/nvme/nvme0/subsysnqn", FAKE_NVME);
	fake_file(fake, "eui.1\n", "sys/class/block/nvme0n1/wwid");
	fake_file(fake, nqn, "sys/class/nvme/nvme1/subsysnqn");
	fake_folder(fake, "sys/class/nvme/nvme1/nvme1n3");
	fake_file(fake, wwid, "sys/class/block/nvme1n3/wwid");
	fake_file(fake, "259:7\n", "sys/class/block/nvme1n3/dev");
	fake_file(fake, "259:8\n", "sys/class/block/nvme1n3/nvme1n3p1/dev");
	fake_file(fake, "1\n", "sys/class/block/nvme1n3/nvme1n3p1/partition");
	fake_file(fake, "", "dev/nvme1n3");
	fake_file(fake, "40 22 259:8 / /mnt rw - ext4 /dev/nvme1n3p1 rw\n", "proc/self/mountinfo");
}

static void a_namespace_in_use_through_another_controller_is_in_use(void **state)
{
	struct fake_machine *fake = *state;
	struct claims claims = { 0 };
	struct usage usage;

	subsystem(fake, "nqn.a\n", "eui.1\n");
	usage = fake_usage(fake);
	says(&usage, UPNVME_DEVICE_MOUNTED, "nvme1n3p1 (shared, of nvme1) is mounted on /mnt");
	assert_int_equal(claims_take(&claims, &fake->fs, FAKE_NVME, &usage), 0);
	assert_int_equal(claims.n, 2);
	assert_int_equal(claims_take(&claims, &fake->fs, FAKE_NVME, &usage), 0);
	assert_int_equal(claims.n, 2);
	claims_release(&claims);
}

static void namespaces_and_subsystems_with_other_names_are_not_in_use(void **state)
{
	struct fake_machine *fake = *state;
	struct usage usage;

	subsystem(fake, "nqn.a\n", "eui.2\n");
	usage = fake_usage(fake);
	says(&usage, 0, "");
	subsystem(fake, "nqn.b\n", "eui.1\n");
	usage = fake_usage(fake);
	says(&usage, 0, "");
	fake_file(fake, "\n", "sys/class/block/nvme0n1/wwid");
	subsystem(fake, "nqn.a\n", "\n");
	usage = fake_usage(fake);
	says(&usage, 0, "");
}

static void virtual_functions_are_told_with_their_drivers(void **state)
{
	struct fake_machine *fake = *state;
	struct usage usage;

	fake_device(fake, "0000:01:00.1", 0x010802, "vfio-pci", 8);
	fake_link(fake, "../0000:01:00.1", "sys/bus/pci/devices/%s/virtfn0", FAKE_NVME);
	fake_file(fake, "0\n", "sys/bus/pci/devices/%s/sriov_numvfs", FAKE_NVME);
	usage = fake_usage(fake);
	says(&usage, 0, "");
	fake_file(fake, "1\n", "sys/bus/pci/devices/%s/sriov_numvfs", FAKE_NVME);
	usage = fake_usage(fake);
	says(&usage, UPNVME_DEVICE_FUNCTIONS,
	     "it has the virtual function 0000:01:00.1 (vfio-pci)");
	fake_remove(fake, "sys/bus/pci/devices/%s/virtfn0", FAKE_NVME);
	usage = fake_usage(fake);
	says(&usage, UPNVME_DEVICE_FUNCTIONS, "it has virtual functions");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_machine_setup, fake_machine_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_idle_device_has_no_user),
		TEST(a_mount_is_known_by_its_device_number),
		TEST(a_mount_with_a_number_of_its_own_is_known_by_its_source),
		TEST(swap_space_is_seen),
		TEST(holders_of_disk_and_partition_are_seen),
		TEST(a_process_with_a_node_open_is_named),
		TEST(a_process_that_drives_the_group_or_the_uio_device_is_named),
		TEST(one_of_several_paths_leads_to_the_block_device),
		cmocka_unit_test(uses_that_do_not_fit_are_left_out_whole),
		TEST(disks_are_claimed_and_their_partitions_are_not),
		TEST(a_claim_of_an_unseen_process_is_noted),
		TEST(a_group_is_opened_to_look_and_closed_again),
		TEST(a_claim_that_is_not_allowed_is_an_error),
		TEST(a_missing_node_is_unseen_and_a_dead_node_is_not),
		TEST(a_proc_that_does_not_show_all_processes_is_told),
		TEST(a_process_whose_proc_folder_is_mounted_over_is_told),
		TEST(a_process_that_may_not_be_read_is_counted),
		TEST(a_node_in_a_chroot_is_known_by_its_name),
		TEST(a_loop_device_is_known_by_the_device_behind_it),
		TEST(a_loop_device_that_may_not_be_asked_is_known_by_its_path_and_told),
		TEST(a_namespace_in_use_through_another_controller_is_in_use),
		TEST(namespaces_and_subsystems_with_other_names_are_not_in_use),
		TEST(virtual_functions_are_told_with_their_drivers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
