/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines of mountinfo, as proc(5) has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/util.h"
#include "pci/mounts.h"

static void a_line_is_taken_to_pieces(void **state)
{
	char line[] =
		"36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n";
	struct mount mount;

	assert_true(mount_parse(&mount, line));
	assert_string_equal(mount.number, "98:0");
	assert_string_equal(mount.root, "/mnt1");
	assert_string_equal(mount.point, "/mnt2");
	assert_string_equal(mount.type, "ext3");
	assert_string_equal(mount.source, "/dev/root");
}

static void white_space_and_backslashes_are_octal_numbers(void **state)
{
	char line[] = "36 35 0:4 /a\\134b /my\\040disk\\011\\12x rw - tmpfs\n";
	struct mount mount;

	assert_true(mount_parse(&mount, line));
	assert_string_equal(mount.root, "/a\\b");
	assert_string_equal(mount.point, "/my disk\t\\12x");
	assert_string_equal(mount.source, "");
}

static void lines_that_are_no_mounts_are_refused(void **state)
{
	char lines[][40] = { "",
			     "nonsense\n",
			     " - ",
			     "1 2 3 - ext4 /dev/x\n",
			     "1 2 0:3 / /x rw -\n",
			     "1 2 0:3 / /x rw - \n" };
	struct mount mount;

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		assert_false(mount_parse(&mount, lines[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_taken_to_pieces),
		cmocka_unit_test(white_space_and_backslashes_are_octal_numbers),
		cmocka_unit_test(lines_that_are_no_mounts_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
