/* SPDX-License-Identifier: BSD-3-Clause */
/* Finding devices: the list, the record of each, and devices that are no NVMe devices. */
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
#include "pci/device.h"
#include "support/skip.h"
#include "support/fake_machine.h"

static void every_property_in_sysfs_is_told(void **state)
{
	struct fake_machine *fake = *state;
	struct upnvme_device device;

	fake_file(fake, "1\n", "sys/bus/pci/devices/%s/numa_node", FAKE_NVME);
	assert_int_equal(pci_device_get(&fake->fs, "01:00.0", &device), 0);
	assert_string_equal(device.address, FAKE_NVME);
	assert_int_equal(device.vendor_id, 0x144d);
	assert_int_equal(device.device_id, 0xa808);
	assert_int_equal(device.subsystem_vendor_id, 0x1028);
	assert_int_equal(device.subsystem_id, 0x0123);
	assert_int_equal(device.class_code, 0x010802);
	assert_int_equal(device.iommu_group, 7);
	assert_int_equal(device.numa_node, 1);
	assert_int_equal(device.flags, 0);
	assert_string_equal(device.model, "Fast Disk 1TB");
	assert_string_equal(device.serial, "S1234567890");
	assert_string_equal(device.firmware, "1.0");
	assert_string_equal(device.driver, "nvme");
	assert_string_equal(device.kernel_name, "nvme0");
	assert_string_equal(device.in_use_by, "");
}

static void unknown_properties_are_empty_or_minus_one(void **state)
{
	struct fake_machine *fake = *state;
	struct upnvme_device device;

	fake_device(fake, "0000:02:00.0", PCI_CLASS_NVME, NULL, -1);
	fake_file(fake, "nonsense\n", "sys/bus/pci/devices/0000:02:00.0/numa_node");
	assert_int_equal(pci_device_get(&fake->fs, "0000:02:00.0", &device), 0);
	assert_int_equal(device.iommu_group, -1);
	assert_int_equal(device.numa_node, -1);
	assert_string_equal(device.driver, "");
	assert_string_equal(device.model, "");
	assert_string_equal(device.kernel_name, "");
}

static void nvme_devices_alone_are_listed_in_order(void **state)
{
	struct fake_machine *fake = *state;
	struct upnvme_device devices[3];

	fake_device(fake, "0000:00:1f.3", 0x040300, "snd_hda_intel", 3);
	fake_device(fake, "0000:81:00.0", PCI_CLASS_NVME, "vfio-pci", 9);
	fake_device(fake, "0000:00:02.0", PCI_CLASS_NVME, NULL, -1);
	memset(devices, 0xff, sizeof(devices));
	assert_int_equal(pci_device_list(&fake->fs, devices, 3), 3);
	assert_string_equal(devices[0].address, "0000:00:02.0");
	assert_string_equal(devices[1].address, FAKE_NVME);
	assert_string_equal(devices[2].address, "0000:81:00.0");
	assert_string_equal(devices[2].driver, "vfio-pci");
	assert_int_equal(devices[2].reserved[7], 0);
}

static void a_short_array_is_filled_and_the_count_is_the_whole(void **state)
{
	struct fake_machine *fake = *state;
	struct upnvme_device devices[2];

	fake_device(fake, "0000:02:00.0", PCI_CLASS_NVME, NULL, -1);
	memset(devices, 0xff, sizeof(devices));
	assert_int_equal(pci_device_list(&fake->fs, devices, 1), 2);
	assert_string_equal(devices[0].address, FAKE_NVME);
	assert_int_equal((uint8_t)devices[1].address[0], 0xff);
	assert_int_equal(pci_device_list(&fake->fs, NULL, 0), 2);
}

static void a_machine_without_a_pci_bus_has_no_devices(void **state)
{
	struct fake_machine *fake = *state;
	struct upnvme_device device;

	fake_remove(fake, "sys/bus/pci");
	assert_int_equal(pci_device_list(&fake->fs, &device, 1), 0);
	fake_file(fake, "", "sys/bus/pci/devices");
	assert_int_equal(pci_device_list(&fake->fs, &device, 1), -ENOTDIR);
	fake_error(UPNVME_ERR_SYSTEM, "bus/pci/devices");
}

static void without_sysfs_no_device_is_said_to_be_absent(void **state)
{
	struct fake_machine *fake = *state;
	struct upnvme_device device;

	fake_remove(fake, "sys/bus");
	assert_int_equal(pci_device_list(&fake->fs, &device, 1), -ENOENT);
	fake_error(UPNVME_ERR_SYSTEM, "no sysfs is mounted on");
	assert_int_equal(pci_device_get(&fake->fs, FAKE_NVME, &device), -ENOENT);
	fake_error(UPNVME_ERR_SYSTEM, "no sysfs is mounted on");
}

static void without_proc_no_device_is_said_to_be_free(void **state)
{
	struct fake_machine *fake = *state;
	struct upnvme_device device;

	fake_remove(fake, "proc/self");
	assert_int_equal(pci_device_get(&fake->fs, FAKE_NVME, &device), -ENOENT);
	fake_error(UPNVME_ERR_SYSTEM, "mount -t proc");
	assert_int_equal(pci_device_list(&fake->fs, &device, 1), -ENOENT);
}

static void a_sysfs_that_may_not_be_read_is_said_to_be_so(void **state)
{
	struct fake_machine *fake = *state;
	struct upnvme_device device;
	uid_t user = geteuid();

	assert_int_equal(chmod(fake->sys, 0), 0);
	if (!user && seteuid(65534))
		skip_because("there is no user but root here");
	assert_int_equal(pci_device_get(&fake->fs, FAKE_NVME, &device), -EACCES);
	fake_error(UPNVME_ERR_SYSTEM, "cannot be read (Permission denied)");
	assert_int_equal(pci_device_list(&fake->fs, &device, 1), -EACCES);
	assert_int_equal(seteuid(user), 0);
	assert_int_equal(chmod(fake->sys, 0755), 0);
}

static void malformed_absent_and_foreign_devices_are_told_apart(void **state)
{
	struct fake_machine *fake = *state;
	struct upnvme_device device;

	fake_device(fake, "0000:00:1f.3", 0x040300, "snd_hda_intel", 3);
	assert_int_equal(pci_device_get(&fake->fs, "nvme0", &device), -EINVAL);
	fake_error(UPNVME_ERR_DEVICE_ADDRESS, "nvme0");
	assert_int_equal(pci_device_get(&fake->fs, "0000:03:00.0", &device), -ENODEV);
	fake_error(UPNVME_ERR_DEVICE_NOT_FOUND, "0000:03:00.0");
	assert_int_equal(pci_device_get(&fake->fs, "00:1f.3", &device), -ENOTSUP);
	fake_error(UPNVME_ERR_DEVICE_CLASS, "040300h");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_machine_setup, fake_machine_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_property_in_sysfs_is_told),
		TEST(unknown_properties_are_empty_or_minus_one),
		TEST(nvme_devices_alone_are_listed_in_order),
		TEST(a_short_array_is_filled_and_the_count_is_the_whole),
		TEST(a_machine_without_a_pci_bus_has_no_devices),
		TEST(without_sysfs_no_device_is_said_to_be_absent),
		TEST(without_proc_no_device_is_said_to_be_free),
		TEST(a_sysfs_that_may_not_be_read_is_said_to_be_so),
		TEST(malformed_absent_and_foreign_devices_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
