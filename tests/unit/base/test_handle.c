/* SPDX-License-Identifier: BSD-3-Clause */
/* Handles that live, that were closed, and that belong to another process. */
#include "base/handle.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"

#define BYTES 65536u

static void refused(const void *handle, enum handle_kind kind, const char *word)
{
	assert_int_equal(handle_check(handle, kind, "the_call"), -EBADF);
	assert_int_equal(error_last()->code, UPNVME_ERR_ARGUMENT);
	assert_non_null(strstr(error_last()->text, "the_call: "));
	assert_non_null(strstr(error_last()->text, word));
}

static void a_handle_is_valid_from_add_to_remove(void **state)
{
	void *handle = handle_map(BYTES);

	assert_non_null(handle);
	refused(handle, HANDLE_QPAIR, "queue pair");
	assert_int_equal(handle_add(handle, HANDLE_QPAIR), 0);
	assert_int_equal(handle_check(handle, HANDLE_QPAIR, "the_call"), 0);
	refused(handle, HANDLE_CTRLR, "controller");
	refused(handle, HANDLE_NS, "namespace");
	handle_remove(handle);
	handle_remove(handle);
	refused(handle, HANDLE_QPAIR, "queue pair");
	handle_unmap(handle, BYTES);
}

#define NMANY 5000u

static void many_handles_are_told_apart(void **state)
{
	static char handles[NMANY];

	for (unsigned i = 0; i < NMANY; i++)
		assert_int_equal(handle_add(&handles[i], i % 2 ? HANDLE_NS : HANDLE_CTRLR), 0);
	for (unsigned i = 0; i < NMANY; i += 3)
		handle_remove(&handles[i]);
	for (unsigned i = 0; i < NMANY; i++)
		assert_int_equal(handle_check(&handles[i], i % 2 ? HANDLE_NS : HANDLE_CTRLR, "x"),
				 i % 3 ? 0 : -EBADF);
	for (unsigned i = 0; i < NMANY; i++)
		handle_remove(&handles[i]);
}

static void no_address_is_used_twice(void **state)
{
	void *before = NULL;

	for (unsigned i = 0; i < 10000; i++) {
		char *handle = handle_map(BYTES);

		assert_non_null(handle);
		assert_ptr_not_equal(handle, before);
		assert_true(before == NULL || (void *)handle > before);
		assert_int_equal(handle[0] | handle[BYTES - 1], 0);
		handle[0] = handle[BYTES - 1] = 1;
		handle_unmap(handle, BYTES);
		before = handle;
	}
}

/* Existing mappings are left alone. */
static void a_mapped_address_is_skipped(void **state)
{
	char *first = handle_map(BYTES), *second;

	memset(first, 1, BYTES);
	handle_unmap(first, BYTES);
	second = mmap(first + BYTES, BYTES, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	assert_ptr_equal(second, first + BYTES);
	memset(second, 2, BYTES);
	first = handle_map(BYTES);
	assert_non_null(first);
	assert_ptr_not_equal(first, second);
	first[0] = 3;
	assert_int_equal(second[0], 2);
	handle_unmap(first, BYTES);
	munmap(second, BYTES);
}

static int parents_and_own(void *parents)
{
	void *own = handle_map(BYTES);

	alarm(20);
	if (handle_check(parents, HANDLE_CTRLR, "x") != -EOWNERDEAD ||
	    error_last()->code != UPNVME_ERR_FORKED)
		return 1;
	if (handle_check(parents, HANDLE_QPAIR, "x") != -EBADF)
		return 2;
	if (!own || handle_add(own, HANDLE_CTRLR) || handle_check(own, HANDLE_CTRLR, "x"))
		return 3;
	handle_remove(own);
	return handle_check(own, HANDLE_CTRLR, "x") == -EBADF ? 0 : 4;
}

static _Atomic bool ended;

static void *come_and_go(void *arg)
{
	char handles[16];

	while (!ended)
		for (unsigned i = 0; i < sizeof(handles); i++) {
			if (handle_add(&handles[i], HANDLE_QPAIR) ||
			    handle_check(&handles[i], HANDLE_QPAIR, "x"))
				abort();
			handle_remove(&handles[i]);
		}
	return NULL;
}

static void children_know_their_parents_handles_at_any_moment(void **state)
{
	void *handle = handle_map(BYTES);
	const char *build = getenv("UPNVME_TEST_BUILD"); /* TSan forks slowly */
	pthread_t threads[2];
	int status;

	assert_int_equal(handle_add(handle, HANDLE_CTRLR), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, NULL), 0);
	for (int i = 0; i < (build && strcmp(build, "release") != 0 ? 20 : 200); i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(parents_and_own(handle));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
	ended = true;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	handle_remove(handle);
	handle_unmap(handle, BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_handle_is_valid_from_add_to_remove),
		cmocka_unit_test(many_handles_are_told_apart),
		cmocka_unit_test(no_address_is_used_twice),
		cmocka_unit_test(a_mapped_address_is_skipped),
		cmocka_unit_test(children_know_their_parents_handles_at_any_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
