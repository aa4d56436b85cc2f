/* SPDX-License-Identifier: BSD-3-Clause */
/* Exports: each part of the kernel that makes them, as its files show them, by name and number, and
 * when the files are hidden. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "pci/usage.h"
#include "support/fake_machine.h"
#include "support/skip.h"

#define NVMET "config/nvmet/subsystems/nqn.x"

/* Configfs is mounted at an unusual place, whose name has a blank. */
static int setup(void **state)
{
	struct fake_machine *fake = fake_machine_usual();
	char line[512];

	snprintf(line, sizeof(line),
		 "30 1 0:30 /sub /elsewhere rw - configfs none rw\n"
		 "31 1 0:30 / %s/a\\040config rw - configfs none rw\n",
		 fake->root);
	fake_file(fake, line, "proc/self/mountinfo");
	fake_folder(fake, "a config");
	fake_link(fake, "a config", "config");
	*state = fake;
	return 0;
}

static void exported(struct fake_machine *fake, const char *text)
{
	struct usage usage = fake_usage(fake);

	assert_int_equal(usage.flags, UPNVME_DEVICE_EXPORTED);
	assert_string_equal(usage.text, text);
	assert_string_equal(usage.unseen, "");
}

static void not_exported(struct fake_machine *fake, const char *unseen)
{
	struct usage usage = fake_usage(fake);

	assert_int_equal(usage.flags, 0);
	if (unseen[0] ? !strstr(usage.unseen, unseen) : usage.unseen[0])
		fail_msg("\"%s\" is not in: %s", unseen, usage.unseen);
}

static void nvmet_exports_a_disk_or_a_partition_while_it_is_enabled(void **state)
{
	struct fake_machine *fake = *state;

	fake_file(fake, "/dev/nvme0n1p2\n", NVMET "/namespaces/7/device_path");
	fake_file(fake, "0\n", NVMET "/namespaces/7/enable");
	not_exported(fake, "");
	fake_file(fake, "1\n", NVMET "/namespaces/7/enable");
	exported(fake, "nvme0n1p2 is given to others by nvmet (subsystems/nqn.x/namespaces/7)");
	fake_file(fake, "/dev/nvme1n1\n", NVMET "/namespaces/7/device_path");
	not_exported(fake, "nvmet gives /dev/nvme1n1 to others, which cannot be looked at");
}

static void nvmet_is_known_by_the_number_behind_its_path(void **state)
{
	struct fake_machine *fake = *state;

	fake_file(fake, "/dev/disk/by-id/x\n", NVMET "/namespaces/7/device_path");
	fake_file(fake, "1\n", NVMET "/namespaces/7/enable");
	fake->device_path = "/dev/disk/by-id/x";
	fake->device = (struct device_number){ true, 259, 1 };
	exported(fake, "nvme0n1p1 is given to others by nvmet (subsystems/nqn.x/namespaces/7)");
	fake->device.block = false;
	not_exported(fake, "");
	fake_file(fake, "/proc/self/status\n", NVMET "/namespaces/7/device_path"); /* a file */
	not_exported(fake, "");
}

static void nvmet_exports_a_whole_controller(void **state)
{
	struct fake_machine *fake = *state;

	fake_file(fake, "/dev/nvme0\n", NVMET "/passthru/device_path");
	fake_file(fake, "1\n", NVMET "/passthru/enable");
	fake->device_path = "/dev/nvme0";
	fake->device = (struct device_number){ false, 239, 0 };
	exported(fake, "nvme0 is given to others by nvmet (subsystems/nqn.x/passthru)");
}

static void lio_is_known_by_its_file_or_its_number(void **state)
{
	struct fake_machine *fake = *state;

	fake_file(fake, "", "config/target/core/fileio_0/hba_info");
	fake_folder(fake, "config/target/core/alua/lu_gps");
	fake_file(
		fake,
		"Status: ACTIVATED  Max Queue Depth: 128  SectorSize: 512\n"
		"        TCM FILEIO ID: 0        File: /dev/nvme0n1  Size: 5  Mode: O_DSYNC Async: 0\n",
		"config/target/core/fileio_0/one/info");
	fake_file(fake, "0\n", "config/target/core/fileio_0/one/enable");
	not_exported(fake, "");
	fake_file(fake, "1\n", "config/target/core/fileio_0/one/enable");
	exported(fake, "nvme0n1 is given to others by LIO (core/fileio_0/one)");
	fake_remove(fake, "config/target/core/fileio_0");
	fake_file(fake,
		  "Status: ACTIVATED  Max Queue Depth: 128\n        iBlock device: nvme0n1p1  UDEV "
		  "PATH: /dev/x\n        Major: 259 Minor: 1  CLAIMED: IBLOCK\n",
		  "config/target/core/iblock_3/two/info");
	fake_file(fake, "1\n", "config/target/core/iblock_3/two/enable");
	exported(fake, "nvme0n1p1 is given to others by LIO (core/iblock_3/two)");
}

static void gadgets_and_heartbeats_are_seen(void **state)
{
	struct fake_machine *fake = *state;

	fake_file(fake, "\n", "config/usb_gadget/g/functions/mass_storage.0/lun.0/file");
	fake_file(fake, "\n", "config/cluster/c/heartbeat/r/dev");
	not_exported(fake, "");
	fake_file(fake, "/dev/nvme0n1\n",
		  "config/usb_gadget/g/functions/mass_storage.0/lun.0/file");
	exported(fake, "nvme0n1 is given to others by a USB gadget "
		       "(g/functions/mass_storage.0/lun.0)");
	fake_remove(fake, "config/usb_gadget");
	fake_file(fake, "nvme0n1p1\n", "config/cluster/c/heartbeat/r/dev");
	exported(fake, "nvme0n1p1 is given to others by OCFS2's heartbeat (c/heartbeat/r)");
}

static void exports_in_sysfs_are_seen(void **state)
{
	struct fake_machine *fake = *state;

	fake_link(fake, "../../../../block/nvme0n1",
		  "sys/class/rnbd-server/ctl/devices/nvme0n1/block_dev");
	exported(fake, "nvme0n1 is given to others by RNBD (nvme0n1)");
	fake_remove(fake, "sys/class/rnbd-server");
	fake_file(fake, "103:1\n", "sys/bus/xen-backend/devices/vbd-3-51712/physical_device");
	exported(fake, "nvme0n1p1 is given to others by Xen (vbd-3-51712)");
	fake_remove(fake, "sys/bus/xen-backend");
	fake_file(fake, "/dev/nvme0n1\n[key]\n", "sys/kernel/scst_tgt/devices/d/filename");
	exported(fake, "nvme0n1 is given to others by SCST (d)");
}

static void a_module_whose_configfs_cannot_be_seen_is_told(void **state)
{
	struct fake_machine *fake = *state;

	fake_folder(fake, "sys/module/nvmet");
	not_exported(fake,
		     "nvmet is loaded, and what nvmet gives to others cannot be seen without");
	fake_folder(fake, "config/nvmet/subsystems");
	not_exported(fake, "");
	fake_file(fake, "", "proc/self/mountinfo");
	not_exported(fake, "mount -t configfs none /sys/kernel/config");
	fake_remove(fake, "sys/module/nvmet");
	fake_folder(fake, "sys/module/target_core_mod");
	not_exported(fake, "target_core_mod is loaded");
	fake_remove(fake, "sys/module/target_core_mod");
	fake_folder(fake, "sys/module/blocklayoutdriver");
	not_exported(fake, "the devices that the module blocklayoutdriver has opened");
}

static void an_export_that_may_not_be_read_is_told(void **state)
{
	struct fake_machine *fake = *state;
	uid_t user = geteuid();
	struct usage usage;
	char path[512];

	fake_file(fake, "1\n", NVMET "/namespaces/7/enable");
	snprintf(path, sizeof(path), "%s/" NVMET "/namespaces/7/enable", fake->root);
	assert_int_equal(chmod(path, 0), 0);
	if (!user && (seteuid(65534) || access(path, F_OK)))
		skip_because("the made-up machine cannot be seen by a user who is not root");
	usage = fake_usage(fake);
	assert_int_equal(seteuid(user), 0);
	assert_non_null(strstr(usage.unseen, "what nvmet gives to others cannot be read"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_machine_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nvmet_exports_a_disk_or_a_partition_while_it_is_enabled),
		TEST(nvmet_is_known_by_the_number_behind_its_path),
		TEST(nvmet_exports_a_whole_controller),
		TEST(lio_is_known_by_its_file_or_its_number),
		TEST(gadgets_and_heartbeats_are_seen),
		TEST(exports_in_sysfs_are_seen),
		TEST(a_module_whose_configfs_cannot_be_seen_is_told),
		TEST(an_export_that_may_not_be_read_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
