/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel tells how many pages are pinned (VmPin, proc_pid_status(5)). A guest with two nodes
 * tests that they then stay in their places. */
#include "env/uio/pin.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/process.h"
#include "support/pinned.h"

#define PAGES 8u

static uint64_t page;

static int ndescriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static char *pages_map(void)
{
	void *va = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			0);

	assert_ptr_not_equal(va, MAP_FAILED);
	return va;
}

/* A sandbox may forbid it. */
static bool ring_is_to_be_had(void)
{
	char *va = pages_map();
	bool had = !pin_pages(va, page);

	if (had)
		unpin_pages(va, page);
	else
		printf("%s\n", error_last()->text);
	munmap(va, PAGES * page);
	return had;
}

static void pages_are_pinned_until_each_was_unpinned(void **state)
{
	uint64_t before = pinned_bytes();
	int nfds = ndescriptors();
	char *va = pages_map();

	(void)state;
	assert_int_equal(pin_pages(va, 4 * page), 0);
	assert_int_equal(pin_pages(va + 4 * page, page), 0);
	assert_int_equal(pinned_bytes() - before, 5 * page);
	unpin_pages(va + page, 4 * page); /* all but the first page of the first pin */
	assert_true(pinned_bytes() - before >= 4 * page);
	unpin_pages(va, page);
	assert_int_equal(pinned_bytes(), before);
	assert_int_equal(ndescriptors(), nfds);
	munmap(va, PAGES * page);
}

/* Wherever a pin is in the table, and whatever was unpinned before it. */
static void a_pin_behind_free_places_is_found(void **state)
{
	uint64_t before = pinned_bytes();
	char *va = pages_map();

	(void)state;
	for (uint32_t i = 0; i < PAGES; i++)
		assert_int_equal(pin_pages(va + i * page, page), 0);
	for (uint32_t i = 0; i < PAGES - 2; i++)
		unpin_pages(va + i * page, page);
	unpin_pages(va + (PAGES - 1) * page, page);
	assert_int_equal(pin_pages(va, page), 0);
	unpin_pages(va + (PAGES - 2) * page, page);
	unpin_pages(va, page);
	assert_int_equal(pinned_bytes(), before);
	munmap(va, PAGES * page);
}

static void pages_that_do_not_exist_are_not_pinned(void **state)
{
	uint64_t before = pinned_bytes();
	int nfds = ndescriptors();
	char *va = pages_map();

	(void)state;
	/* Without pages, and yet taken: an allocation of the pinning's own could come to lie in a hole. */
	assert_int_equal(mprotect(va, PAGES * page, PROT_NONE), 0);
	assert_int_equal(pin_pages(va, page), -EFAULT);
	assert_non_null(strstr(error_last()->text, "cannot be pinned"));
	assert_int_equal(pinned_bytes(), before);
	assert_int_equal(ndescriptors(), nfds);
	unpin_pages(va, page); /* changes nothing */
	munmap(va, PAGES * page);
}

/* A child's pins are counted as its own, and the child's end takes no pins from the parent. */
static void a_forked_child_leaves_its_parents_pinned_pages_alone(void **state)
{
	char *va = pages_map(), *own;
	uint64_t before = pinned_bytes();
	int status;
	pid_t child;

	(void)state;
	assert_int_equal(pin_pages(va, 2 * page), 0);
	child = fork();
	if (!child) {
		own = pages_map();
		unpin_pages(va, 2 * page);
		if (pin_pages(own, page) || pinned_bytes() != page)
			_exit(1);
		unpin_pages(own, page);
		_exit(pinned_bytes() != 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(pinned_bytes() - before, 2 * page);
	unpin_pages(va, 2 * page);
	assert_int_equal(pinned_bytes(), before);
	munmap(va, PAGES * page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_are_pinned_until_each_was_unpinned),
		cmocka_unit_test(a_pin_behind_free_places_is_found),
		cmocka_unit_test(pages_that_do_not_exist_are_not_pinned),
		cmocka_unit_test(a_forked_child_leaves_its_parents_pinned_pages_alone),
	};

	page = (uint64_t)sysconf(_SC_PAGESIZE);
	if (process_begin())
		return 1;
	if (!ring_is_to_be_had())
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
