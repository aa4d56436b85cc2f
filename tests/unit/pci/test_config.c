/* SPDX-License-Identifier: BSD-3-Clause */
/* Configuration space: reading, writing, capabilities, and lists that are broken. */
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
#include "pci/config.h"
#include "support/fake_machine.h"

struct rig {
	struct fake_machine *fake;
	struct pci_config config;
	char path[512];
};

static void put(struct rig *rig, long offset, const uint8_t *bytes, size_t n)
{
	FILE *file = fopen(rig->path, "r+e");

	assert_non_null(file);
	assert_int_equal(fseek(file, offset, SEEK_SET), 0);
	assert_int_equal(fwrite(bytes, 1, n, file), n);
	assert_int_equal(fclose(file), 0);
}

static void put16(struct rig *rig, long offset, uint16_t value)
{
	const uint8_t bytes[] = { value & 0xff, value >> 8 };

	put(rig, offset, bytes, sizeof(bytes));
}

static int setup(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	rig->fake = fake_machine_usual();
	fake_file(rig->fake, "", "sys/bus/pci/devices/%s/config", FAKE_NVME);
	snprintf(rig->path, sizeof(rig->path), "%s/bus/pci/devices/%s/config", rig->fake->sys,
		 FAKE_NVME);
	assert_int_equal(truncate(rig->path, 256), 0);
	assert_int_equal(pci_config_open(&rig->config, &rig->fake->fs, FAKE_NVME, true), 0);
	*state = rig;
	return 0;
}

static int teardown(void **state)
{
	struct rig *rig = *state;

	pci_config_close(&rig->config);
	fake_machine_destroy(rig->fake);
	free(rig);
	return 0;
}

static void registers_are_read_and_written_in_their_widths(void **state)
{
	struct rig *rig = *state;
	uint32_t value;

	assert_int_equal(pci_config_write(&rig->config, 0x10, 4, 0x12345678), 0);
	assert_int_equal(pci_config_read(&rig->config, 0x10, 4, &value), 0);
	assert_int_equal(value, 0x12345678);
	assert_int_equal(pci_config_read(&rig->config, 0x12, 2, &value), 0);
	assert_int_equal(value, 0x1234);
	assert_int_equal(pci_config_write(&rig->config, 0x11, 1, 0xff), 0);
	assert_int_equal(pci_config_read(&rig->config, 0x10, 4, &value), 0);
	assert_int_equal(value, 0x1234ff78);
}

static void a_capability_is_found_by_its_list(void **state)
{
	struct rig *rig = *state;
	uint32_t offset;

	put16(rig, PCI_CONFIG_STATUS, PCI_STATUS_CAP_LIST);
	put16(rig, PCI_CONFIG_CAPABILITIES, 0x43); /* the low bits are not the pointer's */
	put16(rig, 0x40, 0x5000 | PCI_CAP_POWER);
	put16(rig, 0x50, 0x8000 | PCI_CAP_EXP);
	put16(rig, 0x80, PCI_CAP_MSIX);
	assert_int_equal(pci_config_capability(&rig->config, PCI_CAP_POWER, &offset), 0);
	assert_int_equal(offset, 0x40);
	assert_int_equal(pci_config_capability(&rig->config, PCI_CAP_MSIX, &offset), 0);
	assert_int_equal(offset, 0x80);
	assert_int_equal(pci_config_capability(&rig->config, 0x05, &offset), 0);
	assert_int_equal(offset, 0);
}

static void a_function_without_a_list_has_no_capability(void **state)
{
	struct rig *rig = *state;
	uint32_t offset = 1;

	put16(rig, PCI_CONFIG_CAPABILITIES, 0x40);
	put16(rig, 0x40, PCI_CAP_MSIX);
	assert_int_equal(pci_config_capability(&rig->config, PCI_CAP_MSIX, &offset), 0);
	assert_int_equal(offset, 0);
}

static void a_circular_or_wrong_list_of_capabilities_ends(void **state)
{
	struct rig *rig = *state;
	uint32_t offset;

	put16(rig, PCI_CONFIG_STATUS, PCI_STATUS_CAP_LIST);
	put16(rig, PCI_CONFIG_CAPABILITIES, 0x40);
	put16(rig, 0x40, 0x4000 | PCI_CAP_POWER);
	assert_int_equal(pci_config_capability(&rig->config, PCI_CAP_MSIX, &offset), 0);
	assert_int_equal(offset, 0);
	put16(rig, 0x40, 0x1000 | PCI_CAP_POWER);
	assert_int_equal(pci_config_capability(&rig->config, PCI_CAP_MSIX, &offset), 0);
	assert_int_equal(offset, 0);
}

static void a_register_that_only_root_may_read_is_refused(void **state)
{
	struct rig *rig = *state;
	uint32_t value;

	assert_int_equal(truncate(rig->path, 64), 0);
	assert_int_equal(pci_config_read(&rig->config, 0x40, 2, &value), -EACCES);
	fake_error(UPNVME_ERR_DEVICE_ACCESS, "only root");
	assert_int_equal(value, 0);
}

static void a_device_that_is_gone_has_no_capability(void **state)
{
	struct rig *rig = *state;
	struct pci_config other;

	assert_int_equal(pci_config_open(&other, &rig->fake->fs, "0000:09:00.0", false), -ENOENT);
	fake_error(UPNVME_ERR_SYSTEM, "0000:09:00.0");
}

static void a_configuration_opened_for_reading_is_not_written(void **state)
{
	struct rig *rig = *state;
	struct pci_config config;

	assert_int_equal(pci_config_open(&config, &rig->fake->fs, FAKE_NVME, false), 0);
	assert_int_equal(pci_config_write(&config, PCI_CONFIG_COMMAND, 2, 6), -EBADF);
	fake_error(UPNVME_ERR_SYSTEM, "written at 04h");
	pci_config_close(&config);
	pci_config_close(&config);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(registers_are_read_and_written_in_their_widths),
		TEST(a_capability_is_found_by_its_list),
		TEST(a_function_without_a_list_has_no_capability),
		TEST(a_circular_or_wrong_list_of_capabilities_ends),
		TEST(a_register_that_only_root_may_read_is_refused),
		TEST(a_device_that_is_gone_has_no_capability),
		TEST(a_configuration_opened_for_reading_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
