/* SPDX-License-Identifier: BSD-3-Clause */
/* Bounce buffers of the admin queue: kept where they are pages, and described by PRP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "driver/admin_data.h"
#include "env/env.h"
#include "mem/domain.h"
#include <upnvme/spec/sqe.h>

static int setup(void **state)
{
	static struct admin_pool pool;

	pool = (struct admin_pool){ .node = ENV_ANY_NODE };
	*state = &pool;
	return domain_acquire(&pool.domain, env_host());
}

static int teardown(void **state)
{
	struct admin_pool *pool = *state;

	admin_pool_drain(pool);
	assert_int_equal(pool->npages, 0);
	domain_release(pool->domain);
	return 0;
}

static uint64_t iova_of(const struct admin_pool *pool, const struct admin_data *data, uint32_t page)
{
	return domain_iova(pool->domain, (char *)data->data + page * 4096);
}

static void a_command_without_data_leaves_the_entry_alone(void **state)
{
	struct admin_pool *pool = *state;
	struct admin_data data;
	struct upnvme_spec_sqe sqe = { .prp1 = 1, .prp2 = 2 };

	assert_int_equal(admin_data_get(pool, &data, 0), 0);
	assert_null(data.base);
	admin_data_describe(pool, &data, &sqe);
	assert_int_equal(sqe.prp1, 1);
	assert_int_equal(sqe.prp2, 2);
	admin_data_put(pool, &data);
}

/* NVMe Base 2.0c, 4.1.1: one page, two pages, and a list of the pages after the first. */
static void data_are_described_page_by_page(void **state)
{
	struct admin_pool *pool = *state;

	for (uint32_t pages = 1; pages <= 5; pages++) {
		struct admin_data data;
		struct upnvme_spec_sqe sqe = { .prp2 = 2 };
		const uint64_t *list;

		assert_int_equal(admin_data_get(pool, &data, pages * 4096 - 4), 0);
		memset(data.data, 0xaa, data.bytes);
		admin_data_describe(pool, &data, &sqe);
		assert_int_equal(sqe.prp1, iova_of(pool, &data, 0));
		assert_int_equal(sqe.prp1 % 4096, 0);
		if (pages == 1)
			assert_int_equal(sqe.prp2, 0);
		else if (pages == 2)
			assert_int_equal(sqe.prp2, iova_of(pool, &data, 1));
		else {
			list = domain_resolve(pool->domain, sqe.prp2, 4096);
			assert_non_null(list);
			for (uint32_t i = 1; i < pages; i++)
				assert_int_equal(list[i - 1], iova_of(pool, &data, i));
		}
		admin_data_put(pool, &data);
		assert_null(data.base);
	}
}

static void pages_are_kept_up_to_a_few_and_nothing_larger(void **state)
{
	struct admin_pool *pool = *state;
	struct admin_data data[ADMIN_PAGES_KEPT + 2], large;
	void *last;

	for (uint32_t i = 0; i < ADMIN_PAGES_KEPT + 2; i++)
		assert_int_equal(admin_data_get(pool, &data[i], 64), 0);
	for (uint32_t i = 0; i < ADMIN_PAGES_KEPT + 2; i++)
		admin_data_put(pool, &data[i]);
	assert_int_equal(pool->npages, ADMIN_PAGES_KEPT);
	last = pool->pages[ADMIN_PAGES_KEPT - 1];
	assert_int_equal(admin_data_get(pool, &large, 8192), 0);
	assert_int_equal(pool->npages, ADMIN_PAGES_KEPT);
	assert_int_equal(admin_data_get(pool, &data[0], 4096), 0);
	assert_ptr_equal(data[0].base, last);
	admin_data_put(pool, &large);
	assert_int_equal(pool->npages, ADMIN_PAGES_KEPT - 1);
	admin_data_put(pool, &data[0]);
	admin_data_put(pool, &data[0]); /* nothing, a second time */
	assert_int_equal(pool->npages, ADMIN_PAGES_KEPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_command_without_data_leaves_the_entry_alone,
						setup, teardown),
		cmocka_unit_test_setup_teardown(data_are_described_page_by_page, setup, teardown),
		cmocka_unit_test_setup_teardown(pages_are_kept_up_to_a_few_and_nothing_larger,
						setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
