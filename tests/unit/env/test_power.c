/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waking devices, whose configuration space is a file here. One that does not wake is a file to which everything that
 * is written is appended (open(2), O_APPEND; pwrite(2), BUGS): no register changes.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "env/power.h"
#include "support/fake_machine.h"

#define ADDRESS "0000:01:00.0"

struct sleeper {
	struct fake_machine *fake;
	struct device device;
	char address[16];
};

/* PCI Bus Power Management Interface 1.2, 3.2: a capability at 80h, behind another one at 40h. */
static void config(struct sleeper *sleeper, uint16_t pmcsr, int flags)
{
	uint8_t space[256] = { [0x06] = 0x10,           [0x34] = 0x40,
			       [0x40] = 0x05,           [0x41] = 0x80,
			       [0x80] = 0x01,           [0x81] = 0x00,
			       [0x84] = (uint8_t)pmcsr, [0x85] = (uint8_t)(pmcsr >> 8) };
	char path[512];
	int fd;

	fake_file(sleeper->fake, "", "config");
	snprintf(path, sizeof(path), "%s/config", sleeper->fake->root);
	fd = open(path, O_WRONLY);
	assert_int_equal(write(fd, space, sizeof(space)), sizeof(space));
	close(fd);
	if (sleeper->device.config_fd > 0)
		close(sleeper->device.config_fd);
	sleeper->device.config_fd = open(path, O_RDWR | flags);
	assert_true(sleeper->device.config_fd > 0);
}

static uint16_t read16(struct sleeper *sleeper, off_t at)
{
	uint16_t value;

	assert_int_equal(pread(sleeper->device.config_fd, &value, 2, at), 2);
	return value;
}

static int setup(void **state)
{
	static struct sleeper sleeper;

	sleeper = (struct sleeper){ .fake = fake_machine_create(), .address = ADDRESS };
	sleeper.device.address = sleeper.address;
	*state = &sleeper;
	return 0;
}

static int teardown(void **state)
{
	struct sleeper *sleeper = *state;

	close(sleeper->device.config_fd);
	fake_machine_destroy(sleeper->fake);
	return 0;
}

static void a_device_that_is_awake_is_left_alone(void **state)
{
	struct sleeper *sleeper = *state;

	config(sleeper, 0x0008, O_APPEND);
	assert_int_equal(power_wake(&sleeper->device), 0);
	assert_int_equal(lseek(sleeper->device.config_fd, 0, SEEK_END), 256);
}

static void a_device_in_d3_is_woken_and_the_rest_kept(void **state)
{
	struct sleeper *sleeper = *state;

	config(sleeper, 0x010b, 0);
	assert_int_equal(power_wake(&sleeper->device), 0);
	assert_int_equal(read16(sleeper, 0x84), 0x0108);
}

static void a_device_that_does_not_wake_is_refused_with_the_remedy(void **state)
{
	struct sleeper *sleeper = *state;

	config(sleeper, 0x000b, O_APPEND);
	assert_int_equal(power_wake(&sleeper->device), -EIO);
	fake_error(UPNVME_ERR_DEVICE_POWER,
		   ADDRESS " does not wake: its power state is D3 (PMCSR 000bh)");
	fake_error(UPNVME_ERR_DEVICE_POWER, "disable_idle_d3=1");
	config(sleeper, 0xffff, O_APPEND);
	assert_int_equal(power_wake(&sleeper->device), -EIO);
	fake_error(UPNVME_ERR_DEVICE_POWER, "not to be read");
	assert_int_equal(lseek(sleeper->device.config_fd, 0, SEEK_END), 256);
}

static void a_device_without_power_management_is_awake(void **state)
{
	struct sleeper *sleeper = *state;

	config(sleeper, 0x0003, O_APPEND);
	assert_int_equal(ftruncate(sleeper->device.config_fd, 0x80), 0);
	assert_int_equal(power_wake(&sleeper->device), -EIO); /* the list leads to nowhere */
	fake_error(UPNVME_ERR_SYSTEM, "configuration space");
	fake_file(sleeper->fake, "", "config");
	assert_int_equal(ftruncate(sleeper->device.config_fd, 256), 0); /* no list */
	assert_int_equal(power_wake(&sleeper->device), 0);
}

static void the_kernel_says_which_device_sleeps(void **state)
{
	struct sleeper *sleeper = *state;
	struct fake_machine *fake = sleeper->fake;
	const char *file = "sys/bus/pci/devices/" ADDRESS "/power_state";

	config(sleeper, 0, 0);
	assert_false(power_is_off(fake->sys, ADDRESS));
	fake_file(fake, "D0\n", "%s", file);
	assert_false(power_is_off(fake->sys, ADDRESS));
	fake_file(fake, "D3cold\n", "%s", file);
	assert_true(power_is_off(fake->sys, ADDRESS));
	fake_file(fake, "error\n", "%s", file);
	assert_true(power_is_off(fake->sys, ADDRESS));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_device_that_is_awake_is_left_alone),
		TEST(a_device_in_d3_is_woken_and_the_rest_kept),
		TEST(a_device_that_does_not_wake_is_refused_with_the_remedy),
		TEST(a_device_without_power_management_is_awake),
		TEST(the_kernel_says_which_device_sleeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
