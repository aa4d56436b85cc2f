/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every function is called through libffi with nothing but the description of the ABI at hand, as any language with an
 * FFI can: one by one with good and bad arguments (calls.json), and in a session. Each function is a test of its own.
 */
#include "call.h"
#include "calls.h"
#include "layouts.h"
#include "session.h"

static void every_function_was_called(void **state)
{
	unsigned done = calls_done(), known = calls_known();

	print_message("NOTE %u of %u functions called through libffi\n", done, known);
	assert_true(known > 60);
	assert_int_equal(done, known);
}

static int setup(void **state)
{
	library_open();
	return 0;
}

static int teardown(void **state)
{
	library_close();
	return 0;
}

/* In the order in which they run. */
static size_t tests_make(struct CMUnitTest *tests)
{
	const struct json *function = description_list("functions");
	size_t n = 0;

	tests[n++] = (struct CMUnitTest)cmocka_unit_test(layouts_are_those_of_libffi);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(calls_are_all_known);
	for (size_t i = 0; i < session_ntests; i++)
		tests[n++] = session_tests[i];
	for (; function; function = function->next)
		tests[n++] = (struct CMUnitTest){ .name = json_string(function, "name", ""),
						  .test_func = calls_run,
						  .initial_state = (void *)(uintptr_t)function };
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(every_function_was_called);
	return n;
}

/* test_ffi [TABLE] */
int main(int argc, char **argv)
{
	static struct CMUnitTest tests[1024];
	int failed;

	description_load();
	calls_load(argc > 1 ? argv[1] : CALLS_JSON);
	failed = _cmocka_run_group_tests("abi", tests, tests_make(tests), setup, teardown);
	calls_free();
	description_free();
	return failed;
}
