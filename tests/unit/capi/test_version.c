/* SPDX-License-Identifier: BSD-3-Clause */
/* The library's versions agree with its headers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <upnvme.h>

static void the_version_is_the_headers(void **state)
{
	char text[32];

	snprintf(text, sizeof(text), "%d.%d.%d", UPNVME_VERSION_MAJOR, UPNVME_VERSION_MINOR,
		 UPNVME_VERSION_PATCH);
	assert_string_equal(UPNVME_VERSION, text);
	assert_string_equal(upnvme_version(), UPNVME_VERSION);
	assert_int_equal(upnvme_abi_version(), UPNVME_ABI_VERSION);
}

static void the_build_is_described(void **state)
{
	const char *info = upnvme_build_info();

	assert_non_null(strstr(info, "upnvme " UPNVME_VERSION));
	assert_non_null(strstr(info, "file engines: "));
	assert_non_null(strstr(info, "worker"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_version_is_the_headers),
		cmocka_unit_test(the_build_is_described),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
