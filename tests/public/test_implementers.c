/* SPDX-License-Identifier: BSD-3-Clause */
/* Errors of those who implement something on the library: upnvme/sys/error.h. */
#include <errno.h>
#include <limits.h>

#include <upnvme/sys/error.h>

#include "support.h"

#define OWN_CODE (UPNVME_ERROR_CODE_OWN + 7)

static struct upnvme_error last(void)
{
	struct upnvme_error error;

	OK(upnvme_error_get(&error));
	return error;
}

static void a_sentence_is_set_with_its_number_and_code(void **state)
{
	assert_int_equal(upnvme_error_set(-ERANGE, OWN_CODE, "offset %d of %s", 7, "a store"),
			 -ERANGE);
	expect_error(-ERANGE, -ERANGE, OWN_CODE, "offset 7 of a store", NULL);
	assert_string_equal(upnvme_error_name(OWN_CODE), "UPNVME_ERR_UNKNOWN");
}

/* As a library that prints its own messages in the form of printf. */
static int fails(const char *format, ...)
{
	va_list args;
	int rc;

	va_start(args, format);
	rc = upnvme_error_vset(-ENOSPC, OWN_CODE, format, args);
	va_end(args);
	return rc;
}

static void a_sentence_is_set_by_a_function_with_arguments_of_its_own(void **state)
{
	expect_error(fails("%d of %d blocks are free", 3, 8), -ENOSPC, OWN_CODE,
		     "3 of 8 blocks are free", NULL);
	assert_int_equal(last().status, 0);
}

static int nothing_failed(void *arg)
{
	return *upnvme_last_error() || last().err;
}

static void the_sentence_is_of_its_thread(void **state)
{
	upnvme_error_set(-EIO, UPNVME_ERR_SYSTEM, "ours");
	assert_int_equal(in_thread(nothing_failed, NULL), 0);
	assert_string_equal(upnvme_last_error(), "ours");
}

static void a_long_sentence_is_cut_between_characters(void **state)
{
	char text[601];

	for (size_t i = 0; i < sizeof(text) - 1; i += 2)
		memcpy(text + i, "\xc3\xa9", 2);
	text[sizeof(text) - 1] = '\0';
	upnvme_error_set(-EIO, UPNVME_ERR_SYSTEM, "%s", text);
	assert_int_equal(strlen(upnvme_last_error()), 498);
	upnvme_error_set(-EIO, UPNVME_ERR_SYSTEM, "a%s", text);
	assert_int_equal(strlen(upnvme_last_error()), 499);
}

static void an_error_needs_a_negative_errno_and_a_code(void **state)
{
	struct upnvme_error error = { .err = INT_MIN, .code = UPNVME_ERR_SYSTEM };

	assert_int_equal(upnvme_error_set(0, 0, "%s", ""), -EINVAL);
	assert_int_equal(last().code, UPNVME_ERR_ARGUMENT);
	assert_int_equal(upnvme_error_set(5, UPNVME_ERR_SYSTEM, "five"), -EINVAL);
	assert_non_null(strstr(upnvme_last_error(), "upnvme_error_set: errno 5"));
	expect_error(upnvme_error_put(&error), -EINVAL, UPNVME_ERR_ARGUMENT, "negative", NULL);
	error = (struct upnvme_error){ .err = -EIO };
	expect_error(upnvme_error_put(&error), -EINVAL, UPNVME_ERR_ARGUMENT, "a code", NULL);
}

/* The status that a controller gave comes back as well. */
static void the_first_failure_is_kept_over_what_comes_after(void **state)
{
	upnvme_ctrlr *ctrlr = open_uri("soft:ram?size=1MiB");
	struct upnvme_error first, again;
	char data[4096];

	assert_int_equal(upnvme_identify(ctrlr, 0xff, 0, data), -EIO);
	first = last();
	assert_int_equal(upnvme_identify(ctrlr, 0xff, 0, NULL), -EINVAL);
	OK(upnvme_error_put(&first));
	again = last();
	assert_int_equal(again.err, first.err);
	assert_int_equal(again.code, first.code);
	assert_string_equal(again.text, first.text);
	assert_int_equal(STATUS_CODE(again.status), STATUS_INVALID_FIELD);
	OK(upnvme_close(ctrlr));
}

static int nothing_failed_is_put_back(void *arg)
{
	struct upnvme_error before = last();

	upnvme_error_set(-EIO, OWN_CODE, "for a while");
	OK(upnvme_error_put(&before));
	return nothing_failed(NULL);
}

static void a_thread_without_an_error_is_so_again(void **state)
{
	assert_int_equal(in_thread(nothing_failed_is_put_back, NULL), 0);
}

static void records_that_are_no_error_are_refused(void **state)
{
	static const struct upnvme_error wrong[] = {
		{ .err = EIO, .code = UPNVME_ERR_SYSTEM, .text = "positive" },
		{ .err = -EIO, .reserved = 1 },
		{ .code = OWN_CODE },
		{ .status = 1 },
		{ .text = "no errno" },
	};

	for (size_t i = 0; i < NELEMS(wrong); i++)
		expect_error(upnvme_error_put(&wrong[i]), -EINVAL, UPNVME_ERR_ARGUMENT,
			     "upnvme_error_put", NULL);
	expect_error(upnvme_error_put(NULL), -EINVAL, UPNVME_ERR_NULL, "`error` is null", NULL);
	expect_error(upnvme_error_set(EIO, OWN_CODE, "positive"), -EINVAL, UPNVME_ERR_ARGUMENT,
		     "errno 5", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sentence_is_set_with_its_number_and_code),
		cmocka_unit_test(a_sentence_is_set_by_a_function_with_arguments_of_its_own),
		cmocka_unit_test(the_sentence_is_of_its_thread),
		cmocka_unit_test(a_long_sentence_is_cut_between_characters),
		cmocka_unit_test(an_error_needs_a_negative_errno_and_a_code),
		cmocka_unit_test(the_first_failure_is_kept_over_what_comes_after),
		cmocka_unit_test(a_thread_without_an_error_is_so_again),
		cmocka_unit_test(records_that_are_no_error_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
