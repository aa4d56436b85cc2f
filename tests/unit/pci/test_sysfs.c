/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading and writing the kernel's small files, and files that are not as expected. */
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
#include "pci/sysfs.h"
#include "support/fake_machine.h"

static void text_is_cut_to_its_room_and_trimmed_at_its_end(void **state)
{
	struct fake_machine *fake = *state;
	char text[8] = "before";

	fake_file(fake, "a b \t\n\n", "sys/x");
	assert_int_equal(sysfs_read(&fake->fs, text, sizeof(text), "%s", "x"), 0);
	assert_string_equal(text, "a b");
	fake_file(fake, "0123456789", "sys/x");
	assert_int_equal(sysfs_read(&fake->fs, text, sizeof(text), "x"), 0);
	assert_string_equal(text, "0123456");
	fake_file(fake, " \n", "sys/x");
	assert_int_equal(sysfs_read(&fake->fs, text, sizeof(text), "x"), 0);
	assert_string_equal(text, "");
	assert_int_equal(sysfs_read(&fake->fs, text, sizeof(text), "y"), -ENOENT);
	assert_int_equal(sysfs_read(&fake->fs, text, sizeof(text), "."), -EISDIR);
	assert_string_equal(text, "");
}

static void a_malformed_number_is_the_default(void **state)
{
	struct fake_machine *fake = *state;
	static const struct {
		const char *text;
		int64_t value;
	} cases[] = {
		{ "0x010802\n", 0x010802 },
		{ "-1\n", -1 },
		{ "12", 12 },
		{ "", 99 },
		{ "x\n", 99 },
		{ "12 pages\n", 99 },
		{ "0x", 99 },
		{ "99999999999999999999", 99 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		fake_file(fake, cases[i].text, "sys/n");
		assert_true(sysfs_number(&fake->fs, 99, "n") == cases[i].value);
	}
	assert_true(sysfs_number(&fake->fs, -5, "m") == -5);
}

static void a_link_gives_the_last_name(void **state)
{
	struct fake_machine *fake = *state;
	char name[8];

	fake_link(fake, "../../drivers/nvme", "sys/a");
	fake_link(fake, "plain", "sys/b");
	fake_file(fake, "", "sys/c");
	assert_int_equal(sysfs_link(&fake->fs, name, sizeof(name), "a"), 0);
	assert_string_equal(name, "nvme");
	assert_int_equal(sysfs_link(&fake->fs, name, sizeof(name), "b"), 0);
	assert_string_equal(name, "plain");
	assert_int_equal(sysfs_link(&fake->fs, name, sizeof(name), "c"), -EINVAL);
	assert_string_equal(name, "");
}

static void a_write_reaches_the_file_and_makes_none(void **state)
{
	struct fake_machine *fake = *state;
	char text[8];

	fake_file(fake, "", "sys/w");
	assert_int_equal(sysfs_writable(&fake->fs, "w"), 0);
	assert_int_equal(sysfs_write(&fake->fs, "yes", "%s", "w"), 0);
	assert_int_equal(sysfs_read(&fake->fs, text, sizeof(text), "w"), 0);
	assert_string_equal(text, "yes");
	assert_int_equal(sysfs_write(&fake->fs, "yes", "v"), -ENOENT);
	assert_int_equal(sysfs_writable(&fake->fs, "v"), -ENOENT);
	assert_false(sysfs_exists(&fake->fs, "v"));
	assert_int_equal(sysfs_write_file(&fake->fs, "/dev/full", "yes"), -ENOSPC);
}

static void a_path_that_is_too_long_is_refused(void **state)
{
	struct fake_machine *fake = *state;
	struct sysfs_names names;
	char text[8], name[600];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(sysfs_read(&fake->fs, text, sizeof(text), "%s", name), -ENAMETOOLONG);
	assert_int_equal(sysfs_link(&fake->fs, text, sizeof(text), "%s", name), -ENAMETOOLONG);
	assert_int_equal(sysfs_write(&fake->fs, "", "%s", name), -ENAMETOOLONG);
	assert_int_equal(sysfs_writable(&fake->fs, "%s", name), -ENAMETOOLONG);
	assert_int_equal(sysfs_names_get(&names, fake->sys, "%s", name), -ENAMETOOLONG);
	assert_int_equal(sysfs_names_get(&names, name, "x"), -ENAMETOOLONG);
	assert_false(sysfs_exists(&fake->fs, "%s", name));
	assert_true(sysfs_number(&fake->fs, 3, "%s", name) == 3);
}

static void names_are_sorted_and_without_dots(void **state)
{
	struct fake_machine *fake = *state;
	struct sysfs_names names;

	fake_folder(fake, "sys/f/b");
	fake_file(fake, "", "sys/f/a");
	fake_folder(fake, "sys/f/.c");
	assert_int_equal(sysfs_names_get(&names, fake->sys, "f"), 0);
	assert_int_equal(names.n, 3);
	assert_string_equal(names.name[0], ".c");
	assert_string_equal(names.name[1], "a");
	assert_string_equal(names.name[2], "b");
	sysfs_names_free(&names);
	fake_folder(fake, "sys/empty");
	assert_int_equal(sysfs_names_get(&names, fake->sys, "empty"), 0);
	assert_int_equal(names.n, 0);
	sysfs_names_free(&names);
	assert_int_equal(sysfs_names_get(&names, fake->sys, "g"), -ENOENT);
	assert_int_equal(names.n, 0);
}

static void a_claim_is_a_descriptor_or_an_errno(void **state)
{
	const struct device_number null = { false, 1, 3 }, zero = { false, 1, 5 },
				   disk = { true, 1, 3 };
	int fd = sysfs_claim_device(&sysfs_machine, "/dev/null", &null);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(sysfs_claim_device(&sysfs_machine, "/dev/null/x", &null), -ENOTDIR);
	assert_int_equal(sysfs_claim_device(&sysfs_machine, "/dev/null", &zero), -ENOENT);
	assert_int_equal(sysfs_claim_device(&sysfs_machine, "/dev/null", &disk), -ENOENT);
}

static void a_path_leads_to_a_device_or_to_none(void **state)
{
	struct device_number number;

	assert_int_equal(sysfs_identify_path(&sysfs_machine, "/dev/null", &number), 0);
	assert_true(!number.block && number.major == 1 && number.minor == 3);
	assert_int_equal(sysfs_identify_path(&sysfs_machine, "/", &number), -ENODEV);
	assert_int_equal(sysfs_identify_path(&sysfs_machine, "/no such", &number), -ENOENT);
	assert_int_equal(sysfs_loop_backing(&sysfs_machine, "/dev/null", &number), -ENOTTY);
	assert_int_equal(sysfs_loop_backing(&sysfs_machine, "/no such", &number), -ENOENT);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fake_machine_setup_empty, fake_machine_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(text_is_cut_to_its_room_and_trimmed_at_its_end),
		TEST(a_malformed_number_is_the_default),
		TEST(a_link_gives_the_last_name),
		TEST(a_write_reaches_the_file_and_makes_none),
		TEST(a_path_that_is_too_long_is_refused),
		TEST(names_are_sorted_and_without_dots),
		cmocka_unit_test(a_claim_is_a_descriptor_or_an_errno),
		cmocka_unit_test(a_path_leads_to_a_device_or_to_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
