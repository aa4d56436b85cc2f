/* SPDX-License-Identifier: BSD-3-Clause */
/* The last error, the names of codes and statuses, versions, and the log. */
#include <errno.h>

#include "support.h"

static int is_empty_at_first(void *arg)
{
	struct upnvme_error error;

	return upnvme_error_get(&error) || error.err || error.code || *error.text ||
	       *upnvme_last_error();
}

static void each_thread_has_its_own_error(void **state)
{
	struct upnvme_error error;
	upnvme_ctrlr *ctrlr;

	assert_int_equal(upnvme_open(&ctrlr, "nonsense", NULL), -EINVAL);
	assert_int_equal(in_thread(is_empty_at_first, NULL), 0);
	expect_error(-EINVAL, -EINVAL, UPNVME_ERR_URI, "nonsense", NULL);
	assert_int_equal(upnvme_error_get(NULL), -EINVAL);
	assert_int_equal(upnvme_error_get(&error), 0);
}

/* The status of a command that the library sends by itself is in the error, too. */
static void a_status_comes_with_its_error(void **state)
{
	upnvme_ctrlr *ctrlr = open_uri("soft:ram?size=1MiB");
	struct upnvme_error error;
	char data[4096];

	expect_error(upnvme_identify(ctrlr, 0xff, 0, data), -EIO, UPNVME_ERR_CTRLR_STATUS,
		     "Invalid Field", NULL);
	OK(upnvme_error_get(&error));
	assert_int_equal(STATUS_CODE(error.status), STATUS_INVALID_FIELD);
	assert_int_equal(upnvme_identify(ctrlr, 0xff, 0, NULL), -EINVAL);
	OK(upnvme_error_get(&error));
	assert_int_equal(error.status, 0);
	OK(upnvme_close(ctrlr));
}

static void codes_have_their_names(void **state)
{
	static const struct {
		uint32_t code;
		const char *name;
	} some[] = {
		{ UPNVME_ERR_NULL, "UPNVME_ERR_NULL" },
		{ UPNVME_ERR_OPTIONS_FUTURE, "UPNVME_ERR_OPTIONS_FUTURE" },
		{ UPNVME_ERR_URI_VALUE, "UPNVME_ERR_URI_VALUE" },
		{ UPNVME_ERR_MEDIA_LOCKED, "UPNVME_ERR_MEDIA_LOCKED" },
		{ UPNVME_ERR_CTRLR_FAILED, "UPNVME_ERR_CTRLR_FAILED" },
		{ UPNVME_ERR_NS_FOREIGN, "UPNVME_ERR_NS_FOREIGN" },
		{ UPNVME_ERR_WRONG_THREAD, "UPNVME_ERR_WRONG_THREAD" },
		{ UPNVME_ERR_LBA_RANGE, "UPNVME_ERR_LBA_RANGE" },
		{ UPNVME_ERR_MEM_BUSY, "UPNVME_ERR_MEM_BUSY" },
		{ UPNVME_ERR_SYSTEM, "UPNVME_ERR_SYSTEM" },
		{ 15, "UPNVME_ERR_UNKNOWN" },
		{ UINT32_MAX, "UPNVME_ERR_UNKNOWN" },
	};

	for (size_t i = 0; i < NELEMS(some); i++)
		assert_string_equal(upnvme_error_name(some[i].code), some[i].name);
}

static void every_status_has_a_name_and_a_text(void **state)
{
	for (uint32_t status = 0; status < 0x10000; status++) {
		assert_true(*upnvme_status_name((uint16_t)status));
		assert_true(*upnvme_status_text((uint16_t)status));
	}
	assert_string_equal(upnvme_status_name(0x80), "LBA Out of Range");
	assert_string_equal(upnvme_status_name(0x4080), "LBA Out of Range");
	assert_int_equal(UPNVME_STATUS_SC(0x6a85), 0x85);
	assert_int_equal(UPNVME_STATUS_SCT(0x6a85), 2);
	assert_int_equal(UPNVME_STATUS_CRD(0x6a85), 1);
	assert_int_equal(UPNVME_STATUS_MORE(0x6a85), 1);
	assert_int_equal(UPNVME_STATUS_DNR(0x6a85), 1);
}

static void header_and_library_have_the_same_version(void **state)
{
	assert_int_equal(upnvme_abi_version(), UPNVME_ABI_VERSION);
	assert_string_equal(upnvme_version(), UPNVME_VERSION);
	assert_non_null(strstr(upnvme_build_info(), UPNVME_VERSION));
}

static void count_message(void *arg, uint32_t level, const char *message)
{
	assert_true(level >= UPNVME_LOG_ERROR && level <= UPNVME_LOG_DEBUG);
	assert_null(strchr(message, '\n'));
	++*(uint32_t *)arg;
}

static void log_messages_go_to_the_sink_that_was_set(void **state)
{
	uint32_t n = 0, before;

	assert_int_equal(upnvme_log_set(count_message, &n, 0), -EINVAL);
	assert_int_equal(upnvme_log_set(count_message, &n, UPNVME_LOG_DEBUG + 1), -EINVAL);
	assert_int_equal(upnvme_log_set(count_message, &n, UPNVME_LOG_DEBUG), 0);
	OK(upnvme_close(open_uri("soft:ram?size=1MiB")));
	before = n;
	assert_int_equal(upnvme_log_set(NULL, NULL, 0), 0);
	OK(upnvme_close(open_uri("soft:ram?size=1MiB")));
	assert_int_equal(n, before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_thread_has_its_own_error),
		cmocka_unit_test(a_status_comes_with_its_error),
		cmocka_unit_test(codes_have_their_names),
		cmocka_unit_test(every_status_has_a_name_and_a_text),
		cmocka_unit_test(header_and_library_have_the_same_version),
		cmocka_unit_test(log_messages_go_to_the_sink_that_was_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
