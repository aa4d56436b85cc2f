/* SPDX-License-Identifier: BSD-3-Clause */
/* The places of BARs, by the kernel's file, and malformed files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "pci/resource.h"
#include "support/fake_machine.h"

#define NOTHING "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"

static void bars_are_where_the_kernel_says(void **state)
{
	static const char text[] =
		"0x00000000fe000000 0x00000000fe003fff 0x0000000000140204\n" NOTHING
		"0x0000380000000000 0x00003800003fffff 0x000000000014220c\n" NOTHING NOTHING
		"0x000000000000e000 0x000000000000e07f 0x0000000000040101\n" NOTHING NOTHING;
	struct fake_machine *fake = fake_machine_usual();
	struct pci_resource bars[PCI_BARS];

	fake_file(fake, text, "sys/bus/pci/devices/%s/resource", FAKE_NVME);
	pci_resources_get(&fake->fs, FAKE_NVME, bars);
	assert_int_equal(bars[0].address, 0xfe000000);
	assert_int_equal(bars[0].bytes, 0x4000);
	assert_int_equal(bars[1].bytes, 0);
	assert_int_equal(bars[2].address, 0x380000000000);
	assert_int_equal(bars[2].bytes, 4 << 20);
	assert_int_equal(bars[5].address, 0xe000);
	assert_int_equal(bars[5].bytes, 0x80);
	fake_machine_destroy(fake);
}

static void bars_that_the_kernel_does_not_tell_are_empty(void **state)
{
	static const char *const texts[] = {
		"", "\n", "0x", "nonsense\nmore\n", "0x2000 0x1000 0x0\n", "0x1000", NULL
	};
	struct fake_machine *fake = fake_machine_usual();
	struct pci_resource bars[PCI_BARS];

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (texts[i])
			fake_file(fake, texts[i], "sys/bus/pci/devices/%s/resource", FAKE_NVME);
		else
			fake_remove(fake, "sys/bus/pci/devices/%s/resource", FAKE_NVME);
		memset(bars, 0x5a, sizeof(bars));
		pci_resources_get(&fake->fs, FAKE_NVME, bars);
		for (unsigned bar = 0; bar < PCI_BARS; bar++)
			assert_int_equal(bars[bar].bytes, 0);
	}
	fake_machine_destroy(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bars_are_where_the_kernel_says),
		cmocka_unit_test(bars_that_the_kernel_does_not_tell_are_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
