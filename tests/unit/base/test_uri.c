/* SPDX-License-Identifier: BSD-3-Clause */
/* URIs: their parts, the meanings of values, and the sentences of refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/uri.h"
#include "base/util.h"

static struct uri *parse(const char *text)
{
	struct uri *uri;

	assert_int_equal(uri_parse(&uri, text), 0);
	return uri;
}

static void refused(const char *text, uint32_t code, const char *word)
{
	struct uri *uri;

	assert_int_equal(uri_parse(&uri, text), -EINVAL);
	assert_int_equal(error_last()->code, code);
	assert_int_equal(error_last()->err, -EINVAL);
	assert_non_null(strstr(error_last()->text, word));
}

static void scheme_path_and_values_come_apart(void **state)
{
	struct uri *uri = parse("soft:/a/b.img?size=1GiB&readonly=1&serial=");
	const char *value = "default";

	assert_string_equal(uri_text(uri), "soft:/a/b.img?size=1GiB&readonly=1&serial=");
	assert_string_equal(uri_scheme(uri), "soft");
	assert_string_equal(uri_path(uri), "/a/b.img");
	assert_true(uri_has(uri, "size"));
	assert_false(uri_has(uri, "siz"));
	assert_int_equal(uri_get_string(uri, "absent", &value), 0);
	assert_string_equal(value, "default");
	assert_int_equal(uri_get_string(uri, "serial", &value), 0);
	assert_string_equal(value, "");
	assert_int_equal(uri_get_string(uri, "size", &value), 0);
	assert_string_equal(value, "1GiB");
	uri_free(uri);
}

static void the_path_may_have_colons_and_percent_encoded_bytes(void **state)
{
	struct uri *uri = parse("pcie:0000:01:00.0");
	const char *value = NULL;

	assert_string_equal(uri_path(uri), "0000:01:00.0");
	uri_free(uri);
	uri = parse("soft:/a%3Fb%20c%25%C3%a9?serial=x%26y%3dz");
	assert_string_equal(uri_path(uri), "/a?b c%\xc3\xa9");
	uri_get_string(uri, "serial", &value);
	assert_string_equal(value, "x&y=z");
	uri_free(uri);
}

static void a_malformed_uri_is_refused(void **state)
{
	refused("", UPNVME_ERR_URI, "scheme:path");
	refused("soft", UPNVME_ERR_URI, "scheme:path");
	refused(":ram", UPNVME_ERR_URI, "scheme:path");
	refused("So ft:ram", UPNVME_ERR_URI, "scheme:path");
	refused("/dev/nvme0", UPNVME_ERR_URI, "scheme:path");
	refused("soft:", UPNVME_ERR_URI, "no path");
	refused("soft:?size=1", UPNVME_ERR_URI, "no path");
	refused("soft:ram?", UPNVME_ERR_URI, "key=value");
	refused("soft:ram?size", UPNVME_ERR_URI, "\"size\"");
	refused("soft:ram?=1", UPNVME_ERR_URI, "key=value");
	refused("soft:ram?size=1&", UPNVME_ERR_URI, "key=value");
}

static void a_bad_percent_encoding_is_refused(void **state)
{
	refused("soft:/a%", UPNVME_ERR_URI, "%25");
	refused("soft:/a%4", UPNVME_ERR_URI, "%4");
	refused("soft:/a%zz", UPNVME_ERR_URI, "%zz");
	refused("soft:/a%00b", UPNVME_ERR_URI, "%00");
	refused("soft:ram?serial=%g1", UPNVME_ERR_URI, "%g1");
}

static void a_doubled_key_is_refused(void **state)
{
	refused("soft:ram?size=1&size=2", UPNVME_ERR_URI_KEY, "\"size\" is given twice");
	refused("soft:ram?Size=1", UPNVME_ERR_URI_KEY, "\"Size\"");
}

static void too_many_keys_and_too_long_uris_are_refused(void **state)
{
	char text[5000] = "soft:ram?";

	for (int i = 0; i < 33; i++)
		sprintf(text + strlen(text), "%sk%d=1", i ? "&" : "", i);
	refused(text, UPNVME_ERR_URI_KEY, "more than 32 keys");
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	refused(text, UPNVME_ERR_URI, "longer than");
}

static void an_unknown_key_is_named_and_the_known_ones_are_listed(void **state)
{
	static const char *const known[] = { "size", "block" };
	struct uri *uri = parse("soft:ram?size=1&blok=512");

	assert_int_equal(uri_expect(uri, known, ARRAY_SIZE(known)), -EINVAL);
	assert_int_equal(error_last()->code, UPNVME_ERR_URI_KEY);
	assert_non_null(strstr(error_last()->text, "\"blok\""));
	assert_non_null(strstr(error_last()->text, "size, block"));
	uri_free(uri);
	uri = parse("soft:ram?size=1&block=512");
	assert_int_equal(uri_expect(uri, known, ARRAY_SIZE(known)), 0);
	uri_free(uri);
}

static void sizes_are_powers_of_1024(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {
		{ "0", 0 },
		{ "512", 512 },
		{ "4K", 4096 },
		{ "4KiB", 4096 },
		{ "64MiB", 64ull << 20 },
		{ "1G", 1ull << 30 },
		{ "1TiB", 1ull << 40 },
		{ "3PiB", 3ull << 50 },
		{ "15E", 15ull << 60 },
		{ "18446744073709551615", UINT64_MAX },
		{ "007", 7 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		char text[64];
		uint64_t bytes = 99;
		struct uri *uri;

		snprintf(text, sizeof(text), "soft:ram?size=%s", good[i].text);
		uri = parse(text);
		assert_int_equal(uri_get_size(uri, "size", &bytes), 0);
		assert_int_equal(bytes, good[i].bytes);
		uri_free(uri);
	}
}

static void malformed_sizes_are_refused(void **state)
{
	static const char *const bad[] = { "",      "K",     "-1",
					   "+1",    "1 ",    " 1",
					   "1.5G",  "0x10",  "1kB",
					   "1MB",   "1KB",   "1k",
					   "1Ki",   "1KiBs", "1iB",
					   "1KK",   "16E",   "18446744073709551616",
					   "16EiB", "1e3",   "17179869184GiB" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char text[64];
		uint64_t bytes = 99;
		struct uri *uri;

		snprintf(text, sizeof(text), "soft:ram?size=%s", bad[i]);
		uri = parse(text);
		assert_int_equal(uri_get_size(uri, "size", &bytes), -EINVAL);
		assert_int_equal(error_last()->code, UPNVME_ERR_URI_VALUE);
		assert_non_null(strstr(error_last()->text, text + strlen("soft:ram?")));
		assert_int_equal(bytes, 99);
		uri_free(uri);
	}
}

static void numbers_stay_within_their_bounds(void **state)
{
	struct uri *uri = parse("soft:ram?a=2&b=65536&c=1&d=65537&e=4K&f=");
	uint64_t value = 7;

	assert_int_equal(uri_get_number(uri, "absent", 2, 65536, &value), 0);
	assert_int_equal(value, 7);
	assert_int_equal(uri_get_number(uri, "a", 2, 65536, &value), 0);
	assert_int_equal(value, 2);
	assert_int_equal(uri_get_number(uri, "b", 2, 65536, &value), 0);
	assert_int_equal(value, 65536);
	for (const char *key = "cdef"; *key; key++) {
		char name[2] = { *key };

		assert_int_equal(uri_get_number(uri, name, 2, 65536, &value), -EINVAL);
		assert_int_equal(error_last()->code, UPNVME_ERR_URI_VALUE);
		assert_non_null(strstr(error_last()->text, "from 2 to 65536"));
	}
	uri_free(uri);
}

static void booleans_have_four_spellings(void **state)
{
	struct uri *uri = parse("s:x?a=1&b=0&c=yes&d=no&e=true&f=false&g=on&h=off&i=2&j=");
	bool value = false;

	for (const char *key = "abcdefgh"; *key; key++) {
		char name[2] = { *key };

		value = (*key - 'a') % 2 == 1;
		assert_int_equal(uri_get_bool(uri, name, &value), 0);
		assert_int_equal(value, (*key - 'a') % 2 == 0);
	}
	value = true;
	assert_int_equal(uri_get_bool(uri, "absent", &value), 0);
	assert_true(value);
	assert_int_equal(uri_get_bool(uri, "i", &value), -EINVAL);
	assert_int_equal(uri_get_bool(uri, "j", &value), -EINVAL);
	assert_int_equal(error_last()->code, UPNVME_ERR_URI_VALUE);
	uri_free(uri);
}

static void a_choice_is_one_of_its_words(void **state)
{
	static const char *const words[] = { "inline", "thread" };
	struct uri *uri = parse("s:x?mode=thread&other=threads");
	size_t value = 0;

	assert_int_equal(uri_get_choice(uri, "mode", words, 2, &value), 0);
	assert_int_equal(value, 1);
	assert_int_equal(uri_get_choice(uri, "other", words, 2, &value), -EINVAL);
	assert_non_null(strstr(error_last()->text, "other=threads"));
	assert_non_null(strstr(error_last()->text, "inline, thread"));
	uri_free(uri);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scheme_path_and_values_come_apart),
		cmocka_unit_test(the_path_may_have_colons_and_percent_encoded_bytes),
		cmocka_unit_test(a_malformed_uri_is_refused),
		cmocka_unit_test(a_bad_percent_encoding_is_refused),
		cmocka_unit_test(a_doubled_key_is_refused),
		cmocka_unit_test(too_many_keys_and_too_long_uris_are_refused),
		cmocka_unit_test(an_unknown_key_is_named_and_the_known_ones_are_listed),
		cmocka_unit_test(sizes_are_powers_of_1024),
		cmocka_unit_test(malformed_sizes_are_refused),
		cmocka_unit_test(numbers_stay_within_their_bounds),
		cmocka_unit_test(booleans_have_four_spellings),
		cmocka_unit_test(a_choice_is_one_of_its_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
