/* SPDX-License-Identifier: BSD-3-Clause */
/* The last error: one for each thread, and the parts that a caller gets. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <upnvme.h>

#include "base/error.h"

static void an_error_that_was_cleared_is_empty(void **state)
{
	struct upnvme_error error;

	error_clear();
	assert_string_equal(upnvme_last_error(), "");
	assert_int_equal(upnvme_error_get(&error), 0);
	assert_int_equal(error.err, 0);
	assert_int_equal(error.code, UPNVME_ERR_NONE);
}

static void error_set_records_and_returns(void **state)
{
	struct upnvme_error error;

	assert_int_equal(error_set(-ERANGE, UPNVME_ERR_LBA_RANGE, "block %d of %s", 7, "x"),
			 -ERANGE);
	assert_string_equal(upnvme_last_error(), "block 7 of x");
	assert_int_equal(upnvme_error_get(&error), 0);
	assert_int_equal(error.err, -ERANGE);
	assert_int_equal(error.code, UPNVME_ERR_LBA_RANGE);
	assert_string_equal(error.text, "block 7 of x");
}

static void a_long_sentence_is_cut_and_terminated(void **state)
{
	char text[2000];

	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	error_set(-EINVAL, UPNVME_ERR_ARGUMENT, "%s", text);
	assert_int_equal(strlen(upnvme_last_error()), sizeof(((struct upnvme_error *)0)->text) - 1);
}

static void *other_thread(void *arg)
{
	assert_string_equal(upnvme_last_error(), "");
	error_set(-EIO, UPNVME_ERR_SYSTEM, "theirs");
	return NULL;
}

static void each_thread_has_its_own_error(void **state)
{
	pthread_t thread;

	error_set(-EINVAL, UPNVME_ERR_ARGUMENT, "ours");
	assert_int_equal(pthread_create(&thread, NULL, other_thread, NULL), 0);
	pthread_join(thread, NULL);
	assert_string_equal(upnvme_last_error(), "ours");
}

static void a_null_record_is_refused(void **state)
{
	assert_int_equal(upnvme_error_get(NULL), -EINVAL);
	assert_non_null(strstr(upnvme_last_error(), "`error` is null"));
}

static void a_record_is_put_back_whole(void **state)
{
	struct upnvme_error error;

	error_set(-EIO, UPNVME_ERR_CTRLR_STATUS, "the first failure");
	error_set_status(0x4002);
	error = *error_last();
	error_set(-EBUSY, UPNVME_ERR_BUSY_CHILDREN, "the second");
	error_put(&error);
	assert_int_equal(error_last()->err, -EIO);
	assert_int_equal(error_last()->code, UPNVME_ERR_CTRLR_STATUS);
	assert_int_equal(error_last()->status, 0x4002);
	assert_string_equal(error_last()->text, "the first failure");
}

static void a_record_whose_text_does_not_end_is_cut_between_characters(void **state)
{
	struct upnvme_error error = { .err = -EIO, .code = UPNVME_ERR_SYSTEM };

	memset(error.text, 'a', sizeof(error.text));
	memcpy(error.text + sizeof(error.text) - 2, "\xc3\xa9", 2);
	error_put(&error);
	assert_int_equal(strlen(upnvme_last_error()), sizeof(error.text) - 2);
	error.text[3] = '\0';
	error_put(&error);
	assert_string_equal(upnvme_last_error(), "aaa");
	assert_int_equal(error_last()->text[sizeof(error.text) - 1], '\0');
}

static void a_lack_of_memory_names_the_thing_and_its_bytes(void **state)
{
	assert_int_equal(error_no_memory("a thing", 123), -ENOMEM);
	assert_int_equal(error_last()->code, UPNVME_ERR_NO_MEMORY);
	assert_non_null(strstr(upnvme_last_error(), "a thing (123 bytes)"));
}

static void codes_have_names(void **state)
{
	assert_string_equal(upnvme_error_name(UPNVME_ERR_NONE), "UPNVME_ERR_NONE");
	assert_string_equal(upnvme_error_name(UPNVME_ERR_LBA_RANGE), "UPNVME_ERR_LBA_RANGE");
	assert_string_equal(upnvme_error_name(UPNVME_ERR_SYSTEM), "UPNVME_ERR_SYSTEM");
	assert_string_equal(upnvme_error_name(15), "UPNVME_ERR_UNKNOWN");
	assert_string_equal(upnvme_error_name(UINT32_MAX), "UPNVME_ERR_UNKNOWN");
}

static void statuses_have_names_and_texts(void **state)
{
	assert_string_equal(upnvme_status_name(0x080), "LBA Out of Range");
	assert_true(strlen(upnvme_status_text(0x080)) > 0);
	assert_non_null(upnvme_status_name(0xffff));
	assert_non_null(upnvme_status_text(0xffff));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_that_was_cleared_is_empty),
		cmocka_unit_test(error_set_records_and_returns),
		cmocka_unit_test(a_long_sentence_is_cut_and_terminated),
		cmocka_unit_test(each_thread_has_its_own_error),
		cmocka_unit_test(a_null_record_is_refused),
		cmocka_unit_test(a_record_is_put_back_whole),
		cmocka_unit_test(a_record_whose_text_does_not_end_is_cut_between_characters),
		cmocka_unit_test(a_lack_of_memory_names_the_thing_and_its_bytes),
		cmocka_unit_test(codes_have_names),
		cmocka_unit_test(statuses_have_names_and_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
