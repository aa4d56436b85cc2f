/* SPDX-License-Identifier: BSD-3-Clause */
/* Binding and unbinding: every refusal, with its remedy and with nothing written. */
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
#include "pci/bind.h"
#include "pci/device.h"
#include "support/skip.h"
#include "support/fake_machine.h"

#define DEVICE "bus/pci/devices/" FAKE_NVME

static void a_driver_that_is_not_loaded_is_named_with_its_remedy(void **state)
{
	struct fake_machine *fake = *state;

	fake_refused(fake, pci_bind(&fake->fs, FAKE_NVME, "igb_uio", 0, 0), -ENOENT,
		     UPNVME_ERR_DRIVER_MISSING, "modprobe igb_uio");
	fake_with_vfio(fake);
	fake_remove(fake, "sys/bus/pci/drivers/nvme");
	fake_refused(fake, pci_unbind(&fake->fs, FAKE_NVME, 0), -ENOENT, UPNVME_ERR_DRIVER_MISSING,
		     "modprobe nvme");
}

static void a_driver_with_users_that_cannot_be_seen_keeps_its_device(void **state)
{
	struct fake_machine *fake = *state;

	fake_remove(fake, "sys/" DEVICE "/nvme");
	fake_driver(fake, "xen-pciback");
	fake_link(fake, "../../drivers/xen-pciback", "sys/" DEVICE "/driver");
	fake_refused(fake, pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), -EBUSY,
		     UPNVME_ERR_DEVICE_DRIVER, "xen-pciback");
	fake_refused(fake, pci_unbind(&fake->fs, FAKE_NVME, 0), -EBUSY, UPNVME_ERR_DEVICE_DRIVER,
		     "driver's own tools");
	assert_null(strstr(error_last()->text, "/unbind"));
}

static void a_mounted_device_is_refused(void **state)
{
	struct fake_machine *fake = *state;

	fake_file(fake, "40 22 259:2 / /home rw - xfs /dev/nvme0n1p2 rw\n", "proc/self/mountinfo");
	fake_refused(fake, pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), -EBUSY,
		     UPNVME_ERR_DEVICE_BUSY, "nvme0n1p2 is mounted on /home. First unmount it");
	assert_int_equal(fake->nclaims, 0);
	fake_refused(fake, pci_bind(&fake->fs, FAKE_NVME, "uio_pci_generic", 0, 0), -EBUSY,
		     UPNVME_ERR_DEVICE_BUSY, "/home");
}

static void swap_holders_and_processes_are_refused_each_with_its_remedy(void **state)
{
	struct fake_machine *fake = *state;
	const struct sysfs *fs = &fake->fs;

	fake_file(fake, "Filename\n/dev/nvme0n1p1 partition\n", "proc/swaps");
	fake_refused(fake, pci_bind(fs, FAKE_NVME, "vfio-pci", 0, 0), -EBUSY,
		     UPNVME_ERR_DEVICE_BUSY, "swapoff");
	fake_remove(fake, "proc/swaps");
	fake_link(fake, "../../dm-0", "sys/class/block/nvme0n1p1/holders/dm-0");
	fake_refused(fake, pci_bind(fs, FAKE_NVME, "vfio-pci", 0, 0), -EBUSY,
		     UPNVME_ERR_DEVICE_BUSY, "vgchange");
	fake_remove(fake, "sys/class/block/nvme0n1p1/holders/dm-0");
	fake_link(fake, "/dev/null", "proc/77/fd/0");
	fake_refused(fake, pci_bind(fs, FAKE_NVME, "vfio-pci", 0, 0), -EBUSY,
		     UPNVME_ERR_DEVICE_BUSY, "process 77");
	fake_remove(fake, "proc/77");
	fake->claim = -EBUSY;
	fake_refused(fake, pci_bind(fs, FAKE_NVME, "vfio-pci", 0, 0), -EBUSY,
		     UPNVME_ERR_DEVICE_BUSY, "claimed /dev/nvme0n1");
	fake->claim = -EACCES;
	fake_refused(fake, pci_bind(fs, FAKE_NVME, "vfio-pci", 0, 0), -EACCES,
		     UPNVME_ERR_DEVICE_ACCESS, "root");
}

static void a_device_that_a_process_drives_is_not_given_back(void **state)
{
	struct fake_machine *fake = *state;

	fake_with_vfio(fake);
	fake_file(fake, "1:3\n", "sys/class/vfio/7/dev");
	fake_link(fake, "/dev/null", "proc/77/fd/9");
	fake_refused(fake, pci_unbind(&fake->fs, FAKE_NVME, 0), -EBUSY, UPNVME_ERR_DEVICE_BUSY,
		     "/dev/vfio/7");
	fake_refused(fake, pci_bind(&fake->fs, FAKE_NVME, "uio_pci_generic", 0, 0), -EBUSY,
		     UPNVME_ERR_DEVICE_BUSY, "process 77");
}

static void a_group_with_foreign_devices_is_refused(void **state)
{
	struct fake_machine *fake = *state;

	fake_device(fake, "0000:00:1f.3", 0x040300, "snd_hda_intel", 7);
	fake_device(fake, "0000:00:1f.4", 0x0c0500, "i801_smbus", 7);
	fake_refused(fake, pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), -EBUSY,
		     UPNVME_ERR_DEVICE_GROUP,
		     "0000:00:1f.3 (snd_hda_intel), 0000:00:1f.4 (i801_smbus)");
	fake_remove(fake, "sys/kernel/iommu_groups/7/devices");
	fake_refused(fake, pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), -ENOENT,
		     UPNVME_ERR_SYSTEM, "group 7");
}

static void a_missing_iommu_is_refused_with_what_to_turn_on(void **state)
{
	struct fake_machine *fake = *state;

	fake_remove(fake, "sys/" DEVICE "/iommu_group");
	fake_refused(fake, pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), -ENXIO,
		     UPNVME_ERR_DEVICE_IOMMU, "other devices have");
	fake_remove(fake, "sys/kernel");
	fake_refused(fake, pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), -ENXIO,
		     UPNVME_ERR_DEVICE_IOMMU, "intel_iommu=on");
	fake_error(UPNVME_ERR_DEVICE_IOMMU, "no IOMMU is on");
	fake_error(UPNVME_ERR_DEVICE_IOMMU, "has no no-IOMMU mode");
	fake_file(fake, "N\n", "sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
	fake_refused(fake, pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), -ENXIO,
		     UPNVME_ERR_DEVICE_IOMMU, "enable_unsafe_noiommu_mode is N");
}

static void uio_is_refused_behind_an_iommu_that_translates(void **state)
{
	struct fake_machine *fake = *state;

	fake_file(fake, "DMA-FQ\n", "sys/kernel/iommu_groups/7/type");
	fake_refused(fake, pci_bind(&fake->fs, FAKE_NVME, "uio_pci_generic", 0, 0), -ENXIO,
		     UPNVME_ERR_DEVICE_IOMMU, "type DMA-FQ");
}

static void a_caller_without_permission_is_told_before_anything_is_done(void **state)
{
	struct fake_machine *fake = *state;
	uid_t user = geteuid();
	char path[512];
	int rc;

	snprintf(path, sizeof(path), "%s/" DEVICE "/driver_override", fake->sys);
	if (user)
		assert_int_equal(chmod(path, 0444), 0);
	else if (seteuid(65534) || access(path, F_OK))
		skip_because("the made-up machine cannot be seen by a user who is not root");
	rc = pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0);
	assert_int_equal(seteuid(user), 0);
	fake_refused(fake, rc, -EACCES, UPNVME_ERR_DEVICE_ACCESS, "run as root");
	assert_int_equal(unlink(path), 0);
	fake_refused(fake, pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), -ENOENT,
		     UPNVME_ERR_SYSTEM, "driver_override");
}

static void a_device_whose_users_cannot_be_seen_is_taken_by_force_only(void **state)
{
	struct fake_machine *fake = *state;
	const struct sysfs *fs = &fake->fs;

	fake_link(fake, "pid:[4026532999]", "proc/1/ns/pid");
	fake_refused(fake, pci_bind(fs, FAKE_NVME, "vfio-pci", 0, 0), -EBUSY,
		     UPNVME_ERR_DEVICE_UNSEEN, "PID namespace");
	fake_error(UPNVME_ERR_DEVICE_UNSEEN, "--force");
	fake_file(fake, "40 22 259:2 / /home rw - xfs /dev/x rw\n", "proc/self/mountinfo");
	fake_refused(fake, pci_bind(fs, FAKE_NVME, "vfio-pci", UPNVME_BIND_FORCE, 0), -EBUSY,
		     UPNVME_ERR_DEVICE_BUSY, "is mounted on /home");
	fake_file(fake, "", "proc/self/mountinfo");
	fake->claim = -EBUSY;
	fake_refused(fake, pci_bind(fs, FAKE_NVME, "vfio-pci", UPNVME_BIND_FORCE, 0), -EBUSY,
		     UPNVME_ERR_DEVICE_BUSY, "claimed");
	fake->claim = -ENOENT;
	assert_int_equal(pci_bind(fs, FAKE_NVME, "vfio-pci", UPNVME_BIND_FORCE, 0), 0);
	assert_string_equal(fake_bound(fake, FAKE_NVME), "vfio-pci");
}

static void a_node_that_is_missing_keeps_the_device(void **state)
{
	struct fake_machine *fake = *state;

	fake_remove(fake, "dev/nvme0n1");
	fake_refused(fake, pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), -EBUSY,
		     UPNVME_ERR_DEVICE_UNSEEN, "/nvme0n1 cannot be seen");
}

static void loop_devices_and_exports_are_refused_each_with_its_remedy(void **state)
{
	struct fake_machine *fake = *state;
	const struct sysfs *fs = &fake->fs;

	fake_file(fake, "/dev/nvme0n1\n", "sys/class/block/loop3/loop/backing_file");
	fake->loop_backing = (struct device_number){ true, 259, 0 };
	fake_refused(fake, pci_bind(fs, FAKE_NVME, "vfio-pci", 0, 0), -EBUSY,
		     UPNVME_ERR_DEVICE_BUSY, "losetup -d");
	fake_remove(fake, "sys/class/block/loop3");
	fake_link(fake, "../x/nvme0n1", "sys/class/rnbd-server/ctl/devices/d/block_dev");
	fake_refused(fake, pci_bind(fs, FAKE_NVME, "vfio-pci", 0, 0), -EBUSY,
		     UPNVME_ERR_DEVICE_BUSY,
		     "First stop giving it to others (nvmetcli, targetcli)");
	fake_remove(fake, "sys/class/rnbd-server");
	fake_file(fake, "1\n", "sys/" DEVICE "/sriov_numvfs");
	fake_refused(fake, pci_bind(fs, FAKE_NVME, "vfio-pci", 0, 0), -EBUSY,
		     UPNVME_ERR_DEVICE_BUSY, "sriov_numvfs");
	fake_with_vfio(fake);
	fake_refused(fake, pci_unbind(fs, FAKE_NVME, 0), -EBUSY, UPNVME_ERR_DEVICE_BUSY,
		     "virtual functions");
}

static void a_device_behind_vmd_is_refused_with_the_reason(void **state)
{
	struct fake_machine *fake = *state;

	fake_device(fake, "0000:00:0e.0", 0x010400, "vmd", 7);
	fake_refused(fake, pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), -EBUSY,
		     UPNVME_ERR_DEVICE_GROUP, "VMD, 0000:00:0e.0");
	assert_null(strstr(error_last()->text, "unbind"));
	fake_device(fake, "10000:e1:00.0", PCI_CLASS_NVME, "nvme", -1);
	fake_refused(fake, pci_bind(&fake->fs, "10000:e1:00.0", "vfio-pci", 0, 0), -EBUSY,
		     UPNVME_ERR_DEVICE_GROUP, "Switch VMD off");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_machine_setup, fake_machine_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_driver_that_is_not_loaded_is_named_with_its_remedy),
		TEST(a_driver_with_users_that_cannot_be_seen_keeps_its_device),
		TEST(a_mounted_device_is_refused),
		TEST(swap_holders_and_processes_are_refused_each_with_its_remedy),
		TEST(a_device_that_a_process_drives_is_not_given_back),
		TEST(a_group_with_foreign_devices_is_refused),
		TEST(a_missing_iommu_is_refused_with_what_to_turn_on),
		TEST(uio_is_refused_behind_an_iommu_that_translates),
		TEST(a_caller_without_permission_is_told_before_anything_is_done),
		TEST(a_device_whose_users_cannot_be_seen_is_taken_by_force_only),
		TEST(a_node_that_is_missing_keeps_the_device),
		TEST(loop_devices_and_exports_are_refused_each_with_its_remedy),
		TEST(a_device_behind_vmd_is_refused_with_the_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
