/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether memory is still the same: it is pinned, as for a device, and then treated as programs
 * do. */
#include "env/vfio/frames.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/process.h"
#include "env/uio/pin.h"

#define NPAGES 8u

static uint64_t page;

static char *pages_map(void *at, int flags, int fd)
{
	void *va = mmap(at, NPAGES * page, PROT_READ | PROT_WRITE, flags, fd, 0);

	assert_ptr_not_equal(va, MAP_FAILED);
	memset(va, 0x5a, NPAGES * page);
	return va;
}

static void anonymous(char *va)
{
	pages_map(va, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1);
}

static void remapped(char *va)
{
	munmap(va, NPAGES * page);
	anonymous(va);
}

static void given_up(char *va)
{
	madvise(va + 3 * page, page, MADV_DONTNEED);
}

static void given_up_and_touched(char *va)
{
	given_up(va);
	va[3 * page] = 1;
}

static void moved(char *va)
{
	assert_ptr_not_equal(mremap(va, NPAGES * page, NPAGES * page, MREMAP_MAYMOVE | MREMAP_FIXED,
				    pages_map(NULL, MAP_PRIVATE | MAP_ANONYMOUS, -1)),
			     MAP_FAILED);
	pages_map(va, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static void written(char *va)
{
	memset(va, 7, NPAGES * page);
}

static void protected(char *va)
{
	assert_int_equal(mprotect(va, NPAGES * page, PROT_NONE), 0);
	assert_int_equal(mprotect(va, NPAGES * page, PROT_READ | PROT_WRITE), 0);
}

/* A page of a file is the same page when it is touched again. */
static bool is_same_after(void (*treat)(char *va), int flags, int fd)
{
	char *va = pages_map(NULL, flags, fd);
	uint32_t *frames;
	bool same;

	assert_int_equal(pin_pages(va, NPAGES * page), 0);
	frames = frames_read(va, NPAGES * page);
	assert_non_null(frames);
	assert_true(frames_same(frames, va, NPAGES * page));
	treat(va);
	same = frames_same(frames, va, NPAGES * page);
	assert_true(frames_same(frames, va, 0));
	free(frames);
	unpin_pages(va, NPAGES * page);
	munmap(va, NPAGES * page);
	return same;
}

static void replaced_memory_is_noticed(void **state)
{
	int fd = memfd_create("pages", 0);

	assert_int_equal(ftruncate(fd, (off_t)(NPAGES * page)), 0);
	assert_false(is_same_after(remapped, MAP_PRIVATE | MAP_ANONYMOUS, -1));
	assert_false(is_same_after(anonymous, MAP_PRIVATE | MAP_ANONYMOUS, -1));
	assert_false(is_same_after(given_up, MAP_PRIVATE | MAP_ANONYMOUS, -1));
	assert_false(is_same_after(given_up_and_touched, MAP_PRIVATE | MAP_ANONYMOUS, -1));
	assert_false(is_same_after(moved, MAP_PRIVATE | MAP_ANONYMOUS, -1));
	assert_false(is_same_after(remapped, MAP_SHARED, fd));
	close(fd);
}

static void unchanged_memory_is_recognised(void **state)
{
	int fd = memfd_create("pages", 0);

	assert_int_equal(ftruncate(fd, (off_t)(NPAGES * page)), 0);
	assert_true(is_same_after(written, MAP_PRIVATE | MAP_ANONYMOUS, -1));
	assert_true(is_same_after(protected, MAP_PRIVATE | MAP_ANONYMOUS, -1));
	assert_true(is_same_after(given_up, MAP_SHARED, fd));
	assert_true(is_same_after(given_up_and_touched, MAP_SHARED, fd));
	close(fd);
}

/* A user who may not see the pages is told nothing; a user who may not pin them gets pages that
 * change. */
static bool can_tell(void)
{
	char *va = pages_map(NULL, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	uint32_t *frames = frames_read(va, page);
	bool can = frames && !pin_pages(va, page);

	if (can)
		unpin_pages(va, page);
	else
		printf("%s\n", frames ? error_last()->text :
					"the kernel does not tell this user where pages are");
	free(frames);
	munmap(va, NPAGES * page);
	return can;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replaced_memory_is_noticed),
		cmocka_unit_test(unchanged_memory_is_recognised),
	};

	page = (uint64_t)sysconf(_SC_PAGESIZE);
	if (process_begin())
		return 1;
	if (!can_tell())
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
