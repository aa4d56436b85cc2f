/* SPDX-License-Identifier: BSD-3-Clause */
/* Reserved regions as the kernel lists them (Linux, drivers/iommu/iommu.c: iommu_group_show_resv_regions). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "env/vfio/reserved.h"
#include "support/fake_machine.h"

#define FILE_OF_7 "sys/kernel/iommu_groups/7/reserved_regions"

static void a_region_that_must_be_mapped_is_found(void **state)
{
	struct fake_machine *fake = *state;
	struct iova_range range;

	fake_file(fake,
		  "0x0000000000001000 0x0000000000001fff direct-relaxable\n"
		  "0x00000000bdf6f000 0x00000000bdf7efff direct\n"
		  "0x00000000fee00000 0x00000000feefffff msi\n",
		  FILE_OF_7);
	assert_true(reserved_for_firmware(fake->sys, 7, &range));
	assert_int_equal(range.first, 0xbdf6f000);
	assert_int_equal(range.last, 0xbdf7efff);
	assert_false(reserved_for_firmware(fake->sys, 8, &range));
}

static void regions_of_other_types_are_not_found(void **state)
{
	struct fake_machine *fake = *state;
	struct iova_range range;

	fake_file(fake,
		  "0x0000000000001000 0x0000000000001fff direct-relaxable\nnonsense\n"
		  "0x00000000fee00000 0x00000000feefffff msi\n"
		  "0x000000fd00000000 0x000000ffffffffff reserved\n",
		  FILE_OF_7);
	assert_false(reserved_for_firmware(fake->sys, 7, &range));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_region_that_must_be_mapped_is_found,
						fake_machine_setup_empty, fake_machine_teardown),
		cmocka_unit_test_setup_teardown(regions_of_other_types_are_not_found,
						fake_machine_setup_empty, fake_machine_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
