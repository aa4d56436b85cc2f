/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices on the PCI bus, from outside: arguments, and what must be so on any machine. */
#include <errno.h>

#include "support.h"

static void null_arguments_are_refused(void **state)
{
	struct upnvme_device device;

	expect_error(upnvme_devices_list(NULL, 1), -EINVAL, UPNVME_ERR_NULL, "devices", NULL);
	expect_error(upnvme_device_get(NULL, &device), -EINVAL, UPNVME_ERR_NULL, "address", NULL);
	expect_error(upnvme_device_get("01:00.0", NULL), -EINVAL, UPNVME_ERR_NULL, "device", NULL);
	expect_error(upnvme_device_bind(NULL, NULL), -EINVAL, UPNVME_ERR_NULL, "address", NULL);
	expect_error(upnvme_device_unbind(NULL), -EINVAL, UPNVME_ERR_NULL, "address", NULL);
	expect_error(upnvme_system_get(NULL), -EINVAL, UPNVME_ERR_NULL, "system", NULL);
}

static void malformed_and_absent_addresses_are_told_apart(void **state)
{
	struct upnvme_device device;

	expect_error(upnvme_device_get("nvme0", &device), -EINVAL, UPNVME_ERR_DEVICE_ADDRESS,
		     "\"nvme0\"", "0000:01:00.0", NULL);
	expect_error(upnvme_device_bind("/dev/nvme0n1", NULL), -EINVAL, UPNVME_ERR_DEVICE_ADDRESS,
		     "/dev/nvme0n1", NULL);
	expect_error(upnvme_device_get("fffe:ff:1f.7", &device), -ENODEV,
		     UPNVME_ERR_DEVICE_NOT_FOUND, "fffe:ff:1f.7", NULL);
	expect_error(upnvme_device_bind("fffe:ff:1f.7", NULL), -ENODEV, UPNVME_ERR_DEVICE_NOT_FOUND,
		     "fffe:ff:1f.7", NULL);
	expect_error(upnvme_device_unbind("FFFE:FF:1F.7"), -ENODEV, UPNVME_ERR_DEVICE_NOT_FOUND,
		     "fffe:ff:1f.7", NULL);
}

static void several_addresses_are_refused_as_one_is(void **state)
{
	expect_error(upnvme_devices_bind(NULL, NULL, 0, 0), -EINVAL, UPNVME_ERR_NULL, "addresses",
		     NULL);
	expect_error(upnvme_devices_unbind(NULL, 0), -EINVAL, UPNVME_ERR_NULL, "addresses", NULL);
	expect_error(upnvme_devices_bind("fffe:ff:1f.7", NULL, 4, 0), -EINVAL, UPNVME_ERR_FLAGS,
		     "flags are 0x4", NULL);
	expect_error(upnvme_devices_unbind("fffe:ff:1f.7", UPNVME_BIND_OWNER), -EINVAL,
		     UPNVME_ERR_FLAGS, "flags are 0x2", NULL);
	expect_error(upnvme_devices_bind("fffe:ff:1f.6, fffe:ff:1f.7", NULL, 0, 0), -ENODEV,
		     UPNVME_ERR_DEVICE_NOT_FOUND, "fffe:ff:1f.6", NULL);
	expect_error(upnvme_devices_unbind("fffe:ff:1f.6,nvme0", UPNVME_BIND_FORCE), -ENODEV,
		     UPNVME_ERR_DEVICE_NOT_FOUND, "fffe:ff:1f.6", NULL);
	expect_error(upnvme_devices_bind("", NULL, 0, 0), -EINVAL, UPNVME_ERR_DEVICE_ADDRESS,
		     "0000:01:00.0", NULL);
	expect_error(upnvme_devices_bind("fffe:ff:1f.7", "uio_pci_generic", UPNVME_BIND_OWNER, 1),
		     -ENOTSUP, UPNVME_ERR_DEVICE_DRIVER, "vfio-pci", NULL);
}

static void drivers_that_are_not_for_user_space_are_refused(void **state)
{
	expect_error(upnvme_device_bind("fffe:ff:1f.7", "nvme"), -EINVAL, UPNVME_ERR_DEVICE_DRIVER,
		     "\"nvme\"", "vfio-pci", NULL);
	expect_error(upnvme_device_bind("fffe:ff:1f.7", ""), -EINVAL, UPNVME_ERR_DEVICE_DRIVER,
		     "\"\"", NULL);
}

static void listed_devices_can_be_looked_up(void **state)
{
	struct upnvme_device devices[64], device;
	int n = upnvme_devices_list(devices, NELEMS(devices));

	assert_true(n >= 0);
	assert_int_equal(upnvme_devices_list(NULL, 0), n);
	for (int i = 0; i < n && i < (int)NELEMS(devices); i++) {
		OK(upnvme_device_get(devices[i].address, &device));
		assert_string_equal(device.address, devices[i].address);
		assert_int_equal(device.class_code, 0x010802);
	}
}

struct future_system {
	struct upnvme_system known;
	uint64_t unknown[2];
};

static void the_system_is_told_to_callers_older_and_newer(void **state)
{
	struct future_system future = { .known = { .size = sizeof(future) }, .unknown = { 1, 2 } };
	struct upnvme_system system = { .size = UPNVME_SYSTEM_SIZE };

	OK(upnvme_system_get(&system));
	assert_true(system.memlock_bytes <= system.memlock_max_bytes);
	assert_true(!(system.flags & UPNVME_SYSTEM_IOMMU) == !system.niommu_groups);
	OK(upnvme_system_get(&future.known));
	assert_int_equal(future.known.size, sizeof(future));
	assert_int_equal(future.known.huge_bytes, system.huge_bytes);
	assert_int_equal(future.unknown[0], 0);
	assert_int_equal(future.unknown[1], 0);
	system.size = UPNVME_SYSTEM_SIZE - 1;
	expect_error(upnvme_system_get(&system), -EINVAL, UPNVME_ERR_OPTIONS_SIZE, "upnvme_system",
		     NULL);
}

static void every_code_has_its_name(void **state)
{
	assert_string_equal(upnvme_error_name(UPNVME_ERR_DEVICE_ADDRESS),
			    "UPNVME_ERR_DEVICE_ADDRESS");
	assert_string_equal(upnvme_error_name(UPNVME_ERR_DRIVER_MISSING),
			    "UPNVME_ERR_DRIVER_MISSING");
	assert_string_equal(upnvme_error_name(UPNVME_ERR_BIND), "UPNVME_ERR_BIND");
	assert_string_equal(upnvme_error_name(UPNVME_ERR_BIND_STUCK), "UPNVME_ERR_BIND_STUCK");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(null_arguments_are_refused),
		cmocka_unit_test(malformed_and_absent_addresses_are_told_apart),
		cmocka_unit_test(several_addresses_are_refused_as_one_is),
		cmocka_unit_test(drivers_that_are_not_for_user_space_are_refused),
		cmocka_unit_test(listed_devices_can_be_looked_up),
		cmocka_unit_test(the_system_is_told_to_callers_older_and_newer),
		cmocka_unit_test(every_code_has_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
