/* SPDX-License-Identifier: BSD-3-Clause */
/* DMA memory: blocks that do not overlap, come back zeroed, and are not given back under a command. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "base/util.h"
#include "mem/internal.h"
#include "support/fake_env.h"
#include "support/tsan.h"

#define MIB (1ull << 20)

static struct fake_env fake;
static struct domain *domain;

/* A queue pair that holds one range of bus addresses. */
struct holder {
	struct domain_user user;
	uint64_t iova, bytes;
	uint32_t forgets;
};

static bool holder_may_touch(struct domain_user *user, uint64_t iova, uint64_t bytes)
{
	struct holder *holder = container_of(user, struct holder, user);

	return holder->bytes && holder->iova < iova + bytes && iova < holder->iova + holder->bytes;
}

static void holder_forget(struct domain_user *user)
{
	container_of(user, struct holder, user)->forgets++;
}

static struct holder holder;

static int setup(void **state)
{
	fake_env_init(&fake);
	memset(&holder, 0, sizeof(holder));
	holder.user.may_touch = holder_may_touch;
	holder.user.forget = holder_forget;
	if (domain_acquire(&domain, &fake.env))
		return -1;
	domain_user_add(domain, &holder.user);
	return 0;
}

static int teardown(void **state)
{
	domain_user_remove(domain, &holder.user);
	domain_release(domain);
	return fake.mapped_bytes == 0 && fake.pages_bytes == 0 && fake.failed_unmaps == 0 ? 0 : -1;
}

static void hold(const void *va, uint64_t bytes)
{
	holder.iova = domain_iova(domain, va);
	holder.bytes = bytes;
}

static void *alloc(uint64_t bytes, uint64_t align)
{
	void *va = NULL;

	assert_int_equal(domain_alloc(domain, bytes, align, ENV_ANY_NODE, &va), 0);
	assert_non_null(va);
	return va;
}

static bool is_zero(const char *va, uint64_t bytes)
{
	for (uint64_t i = 0; i < bytes; i++)
		if (va[i])
			return false;
	return true;
}

static void random_blocks_do_not_overlap(void **state)
{
	static struct {
		char *va;
		uint64_t bytes;
	} blocks[60];
	unsigned seed = 4;

	for (int round = 0; round < (UNDER_TSAN ? 300 : 3000); round++) {
		size_t i = (size_t)rand_r(&seed) % ARRAY_SIZE(blocks);
		uint64_t align = 1ull << (rand_r(&seed) % 22);
		uint64_t bytes =
			1 + (uint64_t)rand_r(&seed) % (rand_r(&seed) % 20 ? 40000 : 3000000);

		if (blocks[i].va) {
			/* The memory still has its first content. */
			assert_int_equal(blocks[i].va[0], (char)i);
			assert_int_equal(blocks[i].va[blocks[i].bytes - 1], (char)i);
			assert_int_equal(domain_free(domain, blocks[i].va), 0);
			blocks[i].va = NULL;
			continue;
		}
		blocks[i].va = alloc(bytes, align);
		blocks[i].bytes = bytes;
		assert_int_equal((uintptr_t)blocks[i].va % align, 0);
		assert_true(is_zero(blocks[i].va, bytes));
		memset(blocks[i].va, (int)i, bytes);
		for (size_t j = 0; j < ARRAY_SIZE(blocks); j++)
			assert_true(j == i || !blocks[j].va ||
				    blocks[j].va + blocks[j].bytes <= blocks[i].va ||
				    blocks[i].va + bytes <= blocks[j].va);
	}
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++)
		if (blocks[i].va)
			assert_int_equal(domain_free(domain, blocks[i].va), 0);
	assert_true(fake.pages_bytes <= 2 * MIB); /* one empty arena is kept */
}

static void blocks_are_reachable_as_long_as_they_live(void **state)
{
	struct region region;
	char *small = alloc(100, 0), *large = alloc(5 * MIB, 0);

	assert_true(domain_find(domain, (uintptr_t)small, &region));
	assert_true(domain_find(domain, (uintptr_t)large + 5 * MIB - 1, &region));
	assert_ptr_equal(domain_resolve(domain, domain_iova(domain, large), 5 * MIB), large);
	assert_int_equal(domain_free(domain, large), 0);
	assert_false(domain_find(domain, (uintptr_t)large, &region));
	assert_int_equal(holder.forgets, 1);
	assert_int_equal(domain_free(domain, small), 0);
}

static void held_blocks_are_set_aside(void **state)
{
	char *block = alloc(8192, 0), *other;

	hold(block + 4096, 512);
	assert_int_equal(domain_free(domain, block), 0);
	assert_int_equal(domain_free(domain, block), -EINVAL);
	for (int i = 0; i < 400; i++) {
		other = alloc(8192, 0);
		assert_ptr_not_equal(other, block);
	}
	holder.bytes = 0;
	for (int i = 0; i < 400 && (other = alloc(8192, 0)) != block; i++)
		;
	assert_ptr_equal(other, block);
}

static void held_large_blocks_are_set_aside(void **state)
{
	char *block = alloc(4 * MIB, 0);
	struct region region;

	hold(block + 3 * MIB, 4);
	assert_int_equal(domain_free(domain, block), 0);
	assert_int_equal(domain_free(domain, block), -EINVAL);
	alloc(1, 0);
	assert_true(domain_find(domain, (uintptr_t)block, &region));
	holder.bytes = 0;
	alloc(1, 0);
	assert_false(domain_find(domain, (uintptr_t)block, &region));
}

static void only_starts_of_blocks_can_be_freed(void **state)
{
	char *block = alloc(16384, 0), *large = alloc(3 * MIB, 0);

	assert_int_equal(domain_free(domain, block + 4096), -EINVAL);
	assert_int_equal(domain_free(domain, block + 1), -EINVAL);
	assert_int_equal(domain_free(domain, large + 4096), -EINVAL);
	assert_int_equal(domain_free(domain, &block), -EINVAL);
	assert_int_equal(domain_free(domain, block), 0);
	assert_int_equal(domain_free(domain, block), -EINVAL);
	assert_int_equal(domain_free(domain, large), 0);
	assert_int_equal(domain_free(domain, large), -EINVAL);
}

static void failures_leave_nothing_behind(void **state)
{
	uint64_t before;
	void *va;

	fake.fail_pages = true;
	assert_int_equal(domain_alloc(domain, 4096, 0, ENV_ANY_NODE, &va), -ENOMEM);
	assert_int_equal(domain_alloc(domain, 5 * MIB, 0, ENV_ANY_NODE, &va), -ENOMEM);
	fake.fail_pages = false;
	before = fake.pages_bytes;
	fake.fail_map_in = 1;
	assert_int_equal(domain_alloc(domain, 5 * MIB, 0, ENV_ANY_NODE, &va), -ENOSPC);
	assert_int_equal(fake.pages_bytes, before);
	fake.fail_map_in = 1;
	assert_int_equal(domain_alloc(domain, 4096, 0, ENV_ANY_NODE, &va), -ENOSPC);
	assert_int_equal(fake.pages_bytes, before);
	alloc(4096, 0);
}

static void nodes_do_not_share_arenas(void **state)
{
	void *va[3];

	for (int node = 0; node < 3; node++) {
		assert_int_equal(domain_alloc(domain, 4096, 0, node, &va[node]), 0);
		assert_int_equal(fake.last_node, node);
	}
	assert_int_equal(fake.pages_bytes, 3 * 2 * MIB);
	for (int node = 0; node < 3; node++)
		assert_int_equal(domain_free(domain, va[node]), 0);
}

/* Memory there was unmapped without being unregistered: new memory must not get its bus
 * addresses. */
static void new_memory_at_registered_addresses_is_refused(void **state)
{
	char *own = mmap(NULL, 4 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *at = (char *)align_up((uintptr_t)own, 2 * MIB);
	void *va;

	assert_int_equal(domain_register(domain, at + 4096, 4096), 0);
	fake.pages_at = at;
	assert_int_equal(domain_alloc(domain, 4096, 0, 0, &va), -ESTALE);
	assert_int_equal(fake.pages_bytes, 0);
	assert_int_equal(domain_unregister(domain, at + 4096, 4096), 0);
	assert_int_equal(domain_alloc(domain, 4096, 0, 0, &va), 0);
	assert_int_equal(domain_free(domain, va), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nodes_do_not_share_arenas, setup, teardown),
		cmocka_unit_test_setup_teardown(random_blocks_do_not_overlap, setup, teardown),
		cmocka_unit_test_setup_teardown(blocks_are_reachable_as_long_as_they_live, setup,
						teardown),
		cmocka_unit_test_setup_teardown(new_memory_at_registered_addresses_is_refused,
						setup, teardown),
		cmocka_unit_test_setup_teardown(held_blocks_are_set_aside, setup, teardown),
		cmocka_unit_test_setup_teardown(held_large_blocks_are_set_aside, setup, teardown),
		cmocka_unit_test_setup_teardown(only_starts_of_blocks_can_be_freed, setup,
						teardown),
		cmocka_unit_test_setup_teardown(failures_leave_nothing_behind, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
