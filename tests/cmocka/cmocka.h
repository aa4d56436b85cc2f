/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The part of cmocka that the tests use, for a C library or a processor without a cmocka in Debian. The words that are
 * printed are cmocka's, since they are counted.
 */
#ifndef UPNVME_TESTS_CMOCKA_H
#define UPNVME_TESTS_CMOCKA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct CMUnitTest {
	const char *name;
	void (*test_func)(void **state);
	int (*setup_func)(void **state);
	int (*teardown_func)(void **state);
	void *initial_state;
};

#define cmocka_unit_test(f)             \
	{                               \
#f, f, NULL, NULL, NULL \
	}
#define cmocka_unit_test_setup_teardown(f, setup, teardown) \
	{                                                   \
#f, f, setup, teardown, NULL                \
	}

#define cmocka_unit_test_setup(f, setup) cmocka_unit_test_setup_teardown(f, setup, NULL)

#define cmocka_unit_test_prestate(f, state) \
	{                                   \
#f, f, NULL, NULL, state    \
	}

enum { ENDS_PASSED, ENDS_FAILED, ENDS_SKIPPED }; /* as longjmp has it */

/* One place to jump to, from any failed assertion of a program. */
__attribute__((weak)) jmp_buf cmocka_end;

#define print_message(...) ((void)printf(__VA_ARGS__))

__attribute__((noreturn, format(printf, 3, 4))) static inline void cmocka_fail(const char *file,
									       int line,
									       const char *format,
									       ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n[   LINE   ] --- %s:%d: error: Failure!\n", file, line);
	longjmp(cmocka_end, ENDS_FAILED);
}

#define skip() longjmp(cmocka_end, ENDS_SKIPPED)

#define fail_msg(...) cmocka_fail(__FILE__, __LINE__, __VA_ARGS__)

#define cmocka_check(good, ...)                \
	do {                                   \
		if (!(good))                   \
			fail_msg(__VA_ARGS__); \
	} while (0)

#define cmocka_compare(a, op, b)                                                         \
	do {                                                                             \
		uintmax_t a_ = (uintmax_t)(a), b_ = (uintmax_t)(b);                      \
		cmocka_check(a_ op b_, "not %s " #op " %s: %#jx, %#jx", #a, #b, a_, b_); \
	} while (0)

static inline void cmocka_compare_strings(const char *a, const char *b, const char *file, int line)
{
	if (strcmp(a, b) != 0)
		cmocka_fail(file, line, "\"%s\" != \"%s\"", a, b);
}

#define assert_true(c)                   cmocka_check(c, "%s", #c)
#define assert_false(c)                  cmocka_check(!(c), "not: %s", #c)
#define assert_null(p)                   cmocka_check(!(p), "%s is not null", #p)
#define assert_non_null(p)               cmocka_check(p, "%s is null", #p)
#define assert_int_equal(a, b)           cmocka_compare(a, ==, b)
#define assert_int_not_equal(a, b)       cmocka_compare(a, !=, b)
#define assert_ptr_equal(a, b)           cmocka_check((a) == (b), "%s is not %s", #a, #b)
#define assert_ptr_not_equal(a, b)       cmocka_check((a) != (b), "%s is %s", #a, #b)
#define assert_memory_equal(a, b, n)     cmocka_check(!memcmp(a, b, n), "%s and %s differ", #a, #b)
#define assert_memory_not_equal(a, b, n) cmocka_check(memcmp(a, b, n), "%s is %s", #a, #b)
#define assert_string_equal(a, b)        cmocka_compare_strings(a, b, __FILE__, __LINE__)
#define assert_string_not_equal(a, b)    cmocka_check(strcmp(a, b), "%s is %s", #a, #b)

#define assert_in_range(value, low, high)        \
	do {                                     \
		cmocka_compare(value, >=, low);  \
		cmocka_compare(value, <=, high); \
	} while (0)

/* How a fixture's function ends, or by assertion or skip whatever that calls. */
static inline int cmocka_run_fixture(int (*fixture)(void **), void **state)
{
	int end = setjmp(cmocka_end);

	if (end)
		return end;
	return fixture && fixture(state) ? ENDS_FAILED : ENDS_PASSED;
}

static inline int cmocka_run_test(void (*test)(void **), void **state)
{
	int end = setjmp(cmocka_end);

	if (!end)
		test(state);
	return end;
}

/* What a set-up has made is torn down however the test ends. A test without a state of its own has its group's. */
static inline int cmocka_run_steps(const struct CMUnitTest *test, void *groups)
{
	void *state = test->initial_state ? test->initial_state : groups;
	int end = cmocka_run_fixture(test->setup_func, &state);

	if (end)
		return end;
	end = cmocka_run_test(test->test_func, &state);
	return cmocka_run_fixture(test->teardown_func, &state) ? ENDS_FAILED : end;
}

/* Prints why a test cannot run here. The file that UPNVME_TEST_SKIPS names has lines of a test's name, a colon and the
 * reason. A case of the behaviour table is left out in each configuration, which stands behind it in brackets. */
static inline bool cmocka_is_left_out(const char *name)
{
	const char *path = getenv("UPNVME_TEST_SKIPS");
	FILE *file = path ? fopen(path, "re") : NULL;
	const char *bracket = strstr(name, " [");
	size_t length = bracket ? (size_t)(bracket - name) : strlen(name);
	char line[256];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file)) {
		found = !strncmp(line, name, length) && !strncmp(line + length, ": ", 2);
		if (found)
			printf("%s", line + length + 2);
	}
	if (file)
		fclose(file);
	return found;
}

/* Runs one test; 1 if it fails. */
static inline int cmocka_run_one(const struct CMUnitTest *test, void *groups)
{
	static const char *const ends[] = { "[       OK ]", "[  FAILED  ]", "[  SKIPPED ]" };
	int end;

	printf("[ RUN      ] %s\n", test->name);
	fflush(stdout);
	end = cmocka_is_left_out(test->name) ? ENDS_SKIPPED : cmocka_run_steps(test, groups);
	printf("%s %s\n", ends[end], test->name);
	fflush(stdout);
	return end == ENDS_FAILED;
}

/* By cmocka's own name, for tests that are made at run time. */
static inline int _cmocka_run_group_tests(const char *name, const struct CMUnitTest *tests,
					  size_t n, int (*setup)(void **), int (*teardown)(void **))
{
	void *state = NULL;
	int nfailed = 0;

	(void)name;
	printf("[==========] Running %zu test(s).\n", n);
	if (setup && setup(&state)) {
		printf("[  FAILED  ] GROUP SETUP\n");
		return 1;
	}
	for (size_t i = 0; i < n; i++)
		nfailed += cmocka_run_one(&tests[i], state);
	if (teardown && teardown(&state))
		nfailed++;
	printf("[==========] %zu test(s) run.\n", n);
	return nfailed;
}

#define cmocka_run_group_tests(tests, setup, teardown) \
	cmocka_run_group_tests_name(#tests, tests, setup, teardown)
#define cmocka_run_group_tests_name(name, tests, setup, teardown) \
	_cmocka_run_group_tests(name, tests, sizeof(tests) / sizeof((tests)[0]), setup, teardown)

#endif
