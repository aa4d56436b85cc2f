/* SPDX-License-Identifier: BSD-3-Clause */
/* The errors for a controller that cannot be opened, from a made-up /sys. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "pci/device.h"
#include "support/fake_machine.h"
#include "transport/pcie/place.h"

#define SECOND "0001:02:00.1"

static int find(struct fake_machine *fake, struct place *place, const char *text)
{
	memset(place, 0, sizeof(*place));
	return place_find(place, &fake->fs, text);
}

static void a_device_with_vfio_is_found(void **state)
{
	struct place place;

	fake_device(*state, SECOND, PCI_CLASS_NVME, "vfio-pci", 23);
	assert_int_equal(find(*state, &place, SECOND), 0);
	assert_string_equal(place.address, SECOND);
	assert_string_equal(place.driver, "vfio-pci");
	assert_int_equal(place.holder, HELD_BY_VFIO);
	assert_int_equal(place.number, 23);
}

static void a_variant_of_vfio_is_accepted(void **state)
{
	struct place place;

	fake_driver(*state, "nvme-vfio-pci");
	fake_device(*state, SECOND, PCI_CLASS_NVME, "nvme-vfio-pci", 0);
	assert_int_equal(find(*state, &place, SECOND), 0);
}

static void the_kernels_driver_is_named_with_the_remedy(void **state)
{
	struct place place;

	assert_int_equal(find(*state, &place, FAKE_NVME), -EBUSY);
	fake_error(UPNVME_ERR_DEVICE_DRIVER, "\"nvme\"");
	fake_error(UPNVME_ERR_DEVICE_DRIVER, "upnvme-devices bind " FAKE_NVME);
}

static void a_device_without_a_driver_is_refused_with_the_remedy(void **state)
{
	struct place place;

	fake_device(*state, SECOND, PCI_CLASS_NVME, NULL, 3);
	assert_int_equal(find(*state, &place, SECOND), -ENODEV);
	fake_error(UPNVME_ERR_DEVICE_DRIVER, "upnvme-devices bind " SECOND);
}

static void a_device_without_a_group_is_refused_with_the_remedy(void **state)
{
	struct place place;

	fake_device(*state, SECOND, PCI_CLASS_NVME, "vfio-pci", -1);
	assert_int_equal(find(*state, &place, SECOND), -ENOTSUP);
	fake_error(UPNVME_ERR_DEVICE_IOMMU, "intel_iommu=on");
}

static void without_an_iommu_no_driver_is_recommended(void **state)
{
	struct place place;

	fake_device(*state, SECOND, PCI_CLASS_NVME, "nvme", -1);
	assert_int_equal(find(*state, &place, SECOND), -ENOTSUP);
	fake_error(UPNVME_ERR_DEVICE_IOMMU, "intel_iommu=on");
}

static void a_group_that_stands_for_no_iommu_is_explained(void **state)
{
	struct place place;

	fake_device(*state, SECOND, PCI_CLASS_NVME, "vfio-pci", 5);
	fake_file(*state, "vfio-noiommu", "sys/kernel/iommu_groups/5/name");
	assert_int_equal(find(*state, &place, SECOND), -ENOTSUP);
	fake_error(UPNVME_ERR_DEVICE_IOMMU, "no-IOMMU mode");
	fake_error(UPNVME_ERR_DEVICE_IOMMU, "--driver uio_pci_generic");
}

static void a_device_with_uio_is_found(void **state)
{
	struct place place;

	fake_device(*state, SECOND, PCI_CLASS_NVME, "uio_pci_generic", -1);
	fake_folder(*state, "sys/bus/pci/devices/%s/uio/uio12", SECOND);
	fake_file(*state, "1", "sys/bus/pci/devices/%s/numa_node", SECOND);
	assert_int_equal(find(*state, &place, SECOND), 0);
	assert_int_equal(place.holder, HELD_BY_UIO);
	assert_int_equal(place.number, 12);
	assert_int_equal(place.node, 1);
}

static void uio_without_a_node_or_behind_an_iommu_is_refused(void **state)
{
	struct place place;

	fake_device(*state, SECOND, PCI_CLASS_NVME, "uio_pci_generic", -1);
	assert_int_equal(find(*state, &place, SECOND), -ENODEV);
	fake_error(UPNVME_ERR_DEVICE_DRIVER, "/dev/uioN");
	fake_device(*state, "0001:02:00.2", PCI_CLASS_NVME, "uio_pci_generic", 9);
	fake_folder(*state, "sys/bus/pci/devices/0001:02:00.2/uio/uio3");
	fake_file(*state, "DMA", "sys/kernel/iommu_groups/9/type");
	assert_int_equal(find(*state, &place, "0001:02:00.2"), -ENXIO);
	fake_error(UPNVME_ERR_DEVICE_IOMMU, "UIO");
}

static void a_device_that_is_no_nvme_controller_is_refused(void **state)
{
	struct place place;

	fake_device(*state, SECOND, 0x020000, "vfio-pci", 3);
	assert_int_equal(find(*state, &place, SECOND), -ENOTSUP);
	fake_error(UPNVME_ERR_DEVICE_CLASS, SECOND);
}

static void malformed_and_absent_addresses_are_refused(void **state)
{
	struct place place;

	assert_int_equal(find(*state, &place, "0000:01:00"), -EINVAL);
	assert_int_equal(find(*state, &place, "0000:7f:00.0"), -ENODEV);
	fake_error(UPNVME_ERR_DEVICE_NOT_FOUND, "0000:7f:00.0");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_machine_setup, fake_machine_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_device_with_vfio_is_found),
		TEST(a_variant_of_vfio_is_accepted),
		TEST(the_kernels_driver_is_named_with_the_remedy),
		TEST(a_device_without_a_driver_is_refused_with_the_remedy),
		TEST(a_device_without_a_group_is_refused_with_the_remedy),
		TEST(a_group_that_stands_for_no_iommu_is_explained),
		TEST(a_device_with_uio_is_found),
		TEST(uio_without_a_node_or_behind_an_iommu_is_refused),
		TEST(without_an_iommu_no_driver_is_recommended),
		TEST(a_device_that_is_no_nvme_controller_is_refused),
		TEST(malformed_and_absent_addresses_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
