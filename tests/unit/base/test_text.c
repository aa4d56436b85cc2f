/* SPDX-License-Identifier: BSD-3-Clause */
/* Texts that do not fit are cut between characters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <upnvme.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

static void whole_characters_fit(void **state)
{
	/* One, two, three and four bytes. */
	static const char text[] = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80";
	static const int fits[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10 };

	for (size_t room = 0; room < sizeof(fits) / sizeof(fits[0]); room++)
		assert_int_equal(text_fit(text, room), fits[room]);
}

static void text_that_is_not_utf8_is_cut_anywhere(void **state)
{
	assert_int_equal(text_fit("\xA9\xA9\xA9\xA9\xA9\xA9", 5), 5);
	assert_int_equal(text_fit("abc\xA9", 4), 4);
	assert_int_equal(text_fit("", 4), 0);
}

/* Names of every length, of characters of two bytes, so that half of them would be cut within one. */
static void sentences_of_each_length_end_with_a_whole_character(void **state)
{
	char name[1400] = "";

	for (size_t n = 0; n + 2 < sizeof(name); n += 2) {
		const char *text = upnvme_last_error();

		memcpy(name + n, "\xC3\xA9", 3);
		error_set(-ENOENT, UPNVME_ERR_SYSTEM, "%s%s", n % 4 ? "" : "x", name);
		assert_int_equal(text_fit(text, strlen(text)), strlen(text));
		assert_true(strlen(text) >= sizeof(((struct upnvme_error *)0)->text) - 2 ||
			    strlen(text) >= n + 2);
	}
}

static void listen(void *arg, uint32_t level, const char *message)
{
	(void)level;
	*(size_t *)arg = strlen(message);
	assert_int_equal(text_fit(message, strlen(message)), strlen(message));
}

static void log_messages_end_with_a_whole_character(void **state)
{
	char name[600] = "";
	size_t length = 0;

	for (size_t i = 0; i + 2 < sizeof(name); i += 2)
		memcpy(name + i, "\xC3\xA9", 3);
	assert_int_equal(upnvme_log_set(listen, &length, UPNVME_LOG_WARN), 0);
	log_warn("%s", name);
	assert_int_equal(length, 510);
	log_warn("x%s", name);
	assert_int_equal(length, 511);
	assert_int_equal(upnvme_log_set(NULL, NULL, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_characters_fit),
		cmocka_unit_test(text_that_is_not_utf8_is_cut_anywhere),
		cmocka_unit_test(sentences_of_each_length_end_with_a_whole_character),
		cmocka_unit_test(log_messages_end_with_a_whole_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
