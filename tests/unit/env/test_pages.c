/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory for DMA: each kind is zeroed, aligned, and not inherited. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "env/env.h"
#include "env/pages.h"

#define MIB (1ull << 20)

static const struct pages *const kinds[] = { &pages_small, &pages_transparent, &pages_huge };

/* False where the machine has no such pages. */
static bool alloc(const struct pages *pages, uint64_t bytes, uint64_t align, void **va)
{
	int rc = pages->alloc(bytes, align, 0, va);

	if (pages == &pages_huge && rc) {
		assert_true(rc == -ENOMEM || rc == -ENOTSUP);
		assert_int_equal(error_last()->code, UPNVME_ERR_HUGE_PAGES);
		return false;
	}
	assert_int_equal(rc, 0);
	return true;
}

static void pages_are_zeroed_aligned_and_of_any_node(void **state)
{
	static const char zeroes[4096];
	void *va;

	for (size_t i = 0; i < 3; i++) {
		for (uint64_t align = 4096; align <= 2 * MIB; align *= 8) {
			if (!alloc(kinds[i], 3 * MIB, align, &va))
				continue;
			assert_int_equal((uintptr_t)va % align, 0);
			assert_memory_equal(va, zeroes, sizeof(zeroes));
			memset(va, 1, 3 * MIB);
			kinds[i]->free(va, 3 * MIB);
		}
	}
}

/* A missing node is ignored. */
static void a_node_is_a_wish(void **state)
{
	void *va;

	for (int node = ENV_ANY_NODE; node < 2000; node += 667) {
		assert_int_equal(pages_small.alloc(4096, 4096, node, &va), 0);
		*(char *)va = 1;
		pages_small.free(va, 4096);
	}
}

/* Whether a forked child has the content of the page, as the kernel reads it there. */
static bool child_has(const uint64_t *va)
{
	uint64_t seen = 0;
	int ends[2];
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0)
		_exit(write(ends[1], va, sizeof(*va)) == sizeof(*va));
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(ends[1]);
	if (read(ends[0], &seen, sizeof(seen)) < 0)
		fail_msg("reading what the child has");
	close(ends[0]);
	return seen == *va;
}

static void children_do_not_inherit_dma_pages(void **state)
{
	uint64_t ours = 0x1122334455667788;
	void *va;

	assert_true(child_has(&ours));
	for (size_t i = 0; i < 3; i++) {
		if (!alloc(kinds[i], 2 * MIB, 4096, &va))
			continue;
		memcpy(va, &ours, sizeof(ours));
		assert_false(child_has(va));
		kinds[i]->free(va, 2 * MIB);
	}
}

static void huge_pages_that_are_not_free_are_asked_for_with_the_command(void **state)
{
	void *va;

	assert_true(pages_huge.alloc(1ull << 46, 4096, ENV_ANY_NODE, &va) < 0);
	assert_int_equal(error_last()->code, UPNVME_ERR_HUGE_PAGES);
	if (error_last()->err == -ENOMEM)
		assert_non_null(strstr(error_last()->text, "upnvme-devices setup --huge-pages N:"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_are_zeroed_aligned_and_of_any_node),
		cmocka_unit_test(a_node_is_a_wish),
		cmocka_unit_test(children_do_not_inherit_dma_pages),
		cmocka_unit_test(huge_pages_that_are_not_free_are_asked_for_with_the_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
