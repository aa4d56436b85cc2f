/* SPDX-License-Identifier: BSD-3-Clause */
/* PCI addresses: accepted forms, their canonical form, and refused ones. */
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
#include "pci/address.h"
#include "support/fake_machine.h"

static void is(const char *text, const char *address)
{
	char got[PCI_ADDRESS_ROOM];

	assert_int_equal(pci_address_parse(got, text), 0);
	assert_string_equal(got, address);
}

static void an_address_is_spelt_as_in_sysfs(void **state)
{
	is("0000:01:00.0", "0000:01:00.0");
	is("01:00.0", "0000:01:00.0");
	is("0001:AF:1F.7", "0001:af:1f.7");
	is("10000:e1:00.0", "10000:e1:00.0");
	is("00010000:e1:00.0", "10000:e1:00.0");
	is("ffffffff:ff:1f.7", "ffffffff:ff:1f.7");
}

static void malformed_addresses_are_refused_with_an_example(void **state)
{
	static const char *const wrong[] = {
		"",
		"nvme0",
		"/dev/nvme0n1",
		"0000:01:00",
		"0000:01:00.8",
		"0000:01:20.0",
		"0000:1:00.0",
		"0000:01:0.0",
		"000:01:00.0",
		"0000:01:00.0 ",
		" 01:00.0",
		"0000:01:00.00",
		"0000:0g:00.0",
		"0000-01-00.0",
		"0x00:01:00.0",
		"01:00.",
		"-001:01:00.0",
		"000000001:01:00.0",
		"0000:01:00:0",
		"../../0000:01:00.0",
		"0000:01:00.0/..",
		"pcie:0000:01:00.0",
		":01:00.0",
		"::",
		"0000::00.0",
	};
	char got[PCI_ADDRESS_ROOM];

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_int_equal(pci_address_parse(got, wrong[i]), -EINVAL);
		fake_error(UPNVME_ERR_DEVICE_ADDRESS, "0000:01:00.0");
		assert_non_null(strstr(error_last()->text, wrong[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_spelt_as_in_sysfs),
		cmocka_unit_test(malformed_addresses_are_refused_with_an_example),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
