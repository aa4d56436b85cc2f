/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of reachable pages against an array that counts each page. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "mem/internal.h"
#include "support/fake_env.h"

#define PAGE   4096ull
#define BASE   0x10000000ull /* addresses only: the memory is never touched */
#define NPAGES 64u

static struct fake_env fake;
static struct domain *domain;

static int setup(void **state)
{
	fake_env_init(&fake);
	return domain_acquire(&domain, &fake.env);
}

static int teardown(void **state)
{
	domain_release(domain);
	return fake.mapped_bytes == 0 && fake.failed_unmaps == 0 ? 0 : -1;
}

static void *page(uint32_t i)
{
	return (void *)(uintptr_t)(BASE + i * PAGE);
}

static bool is_reachable(uint32_t i)
{
	struct region region;

	return domain_find(domain, BASE + i * PAGE + 77, &region);
}

/* domain_find gives the largest run of pages around an address, and all of them are reachable. */
static void expect_table(const uint32_t *counts)
{
	for (uint32_t i = 0; i < NPAGES; i++) {
		struct region region;
		uint32_t first = i, last = i;

		if (!counts[i]) {
			assert_false(is_reachable(i));
			continue;
		}
		assert_true(domain_find(domain, BASE + i * PAGE, &region));
		while (first > 0 && counts[first - 1])
			first--;
		while (last + 1 < NPAGES && counts[last + 1])
			last++;
		assert_int_equal(region.base, BASE + first * PAGE);
		assert_int_equal(region.bytes, (last - first + 1) * PAGE);
		assert_int_equal(region.delta, fake.env.distance);
	}
}

static void random_registrations_are_counted_by_page(void **state)
{
	static struct {
		uint32_t first, n;
	} made[40];
	uint32_t counts[NPAGES] = { 0 };
	unsigned seed = 99;

	for (int round = 0; round < 4000; round++) {
		size_t i = (size_t)rand_r(&seed) % ARRAY_SIZE(made);
		uint32_t first = (uint32_t)rand_r(&seed) % NPAGES;
		uint32_t n = 1 + (uint32_t)rand_r(&seed) % MIN(NPAGES - first, 9);

		if (made[i].n) {
			assert_int_equal(domain_unregister(domain, page(made[i].first),
							   made[i].n * PAGE),
					 0);
			for (uint32_t j = 0; j < made[i].n; j++)
				counts[made[i].first + j]--;
			made[i].n = 0;
		} else {
			assert_int_equal(domain_register(domain, page(first), n * PAGE), 0);
			for (uint32_t j = 0; j < n; j++)
				counts[first + j]++;
			made[i].first = first;
			made[i].n = n;
		}
		if (round % 10 == 0)
			expect_table(counts);
	}
	for (size_t i = 0; i < ARRAY_SIZE(made); i++)
		if (made[i].n)
			assert_int_equal(domain_unregister(domain, page(made[i].first),
							   made[i].n * PAGE),
					 0);
	assert_int_equal(fake.mapped_bytes, 0);
}

static void whole_pages_are_registered(void **state)
{
	char *byte = page(3);

	assert_int_equal(domain_register(domain, byte + 4095, 2), 0);
	assert_false(is_reachable(2));
	assert_true(is_reachable(3));
	assert_true(is_reachable(4));
	assert_false(is_reachable(5));
	assert_int_equal(fake.mapped_bytes, 2 * PAGE);
	assert_int_equal(domain_unregister(domain, byte + 4095, 2), 0);
	assert_false(is_reachable(3));
}

static void a_failed_mapping_changes_nothing(void **state)
{
	uint32_t counts[NPAGES] = { 0 };

	/* The registration fills three gaps, and fails at the last. */
	for (uint32_t i = 5; i < 20; i += 5) {
		assert_int_equal(domain_register(domain, page(i), 2 * PAGE), 0);
		counts[i] = counts[i + 1] = 1;
	}
	for (uint32_t nth = 1; nth <= 4; nth++) {
		uint64_t before = fake.mapped_bytes;

		fake.fail_map_in = nth;
		assert_int_equal(domain_register(domain, page(2), 20 * PAGE), -ENOSPC);
		assert_int_equal(fake.mapped_bytes, before);
		expect_table(counts);
	}
	assert_int_equal(domain_register(domain, page(2), 20 * PAGE), 0);
	assert_int_equal(domain_unregister(domain, page(2), 20 * PAGE), 0);
	expect_table(counts);
	for (uint32_t i = 5; i < 20; i += 5)
		assert_int_equal(domain_unregister(domain, page(i), 2 * PAGE), 0);
}

/* Memory that is registered, unmapped, and mapped anew: the device would reach the former pages. */
static void memory_that_is_registered_again_must_be_the_same(void **state)
{
	uint32_t counts[NPAGES] = { 0 };

	assert_int_equal(domain_register(domain, page(10), 4 * PAGE), 0);
	assert_int_equal(fake.nsame, 0);
	assert_int_equal(domain_register(domain, page(8), 4 * PAGE), 0);
	assert_int_equal(fake.nsame, 1);
	assert_int_equal(domain_unregister(domain, page(8), 4 * PAGE), 0);
	fake.stale = true;
	assert_int_equal(domain_register(domain, page(8), 4 * PAGE), -ESTALE);
	assert_int_equal(domain_register(domain, page(10), 4 * PAGE), -ESTALE);
	for (uint32_t i = 10; i < 14; i++)
		counts[i] = 1;
	expect_table(counts);
	assert_int_equal(domain_unregister(domain, page(10), 4 * PAGE), 0);
	assert_int_equal(domain_register(domain, page(10), 4 * PAGE),
			 0); /* nothing is registered */
	assert_int_equal(domain_unregister(domain, page(10), 4 * PAGE), 0);
}

static void memory_that_is_not_wholly_registered_stays_registered(void **state)
{
	assert_int_equal(domain_register(domain, page(10), 4 * PAGE), 0);
	assert_int_equal(domain_unregister(domain, page(9), 2 * PAGE), -EINVAL);
	assert_int_equal(domain_unregister(domain, page(12), 4 * PAGE), -EINVAL);
	assert_int_equal(fake.mapped_bytes, 4 * PAGE);
	assert_int_equal(domain_unregister(domain, page(10), 4 * PAGE), 0);
}

/* Neighbours with other bus addresses are regions of their own. */
static void scattered_mappings_are_told_apart(void **state)
{
	struct region region;
	uint64_t delta = 0;

	fake.scattered = true;
	for (uint32_t i = 0; i < 6; i++)
		assert_int_equal(domain_register(domain, page(i), PAGE), 0);
	for (uint32_t i = 0; i < 6; i++) {
		assert_true(domain_find(domain, BASE + i * PAGE + 5, &region));
		assert_int_equal(region.base, BASE + i * PAGE);
		assert_int_equal(region.bytes, PAGE);
		assert_int_not_equal(region.delta, delta);
		delta = region.delta;
		assert_int_equal(domain_iova(domain, page(i)), BASE + i * PAGE + delta);
	}
	for (uint32_t i = 0; i < 6; i++)
		assert_int_equal(domain_unregister(domain, page(5 - i), PAGE), 0);
}

/* Without an IOMMU the pieces of memory are scattered over the bus. */
static void memory_that_is_mapped_in_pieces_is_found_in_pieces(void **state)
{
	struct region region;

	fake.piece_bytes = 4 * PAGE; /* BASE is aligned to it */
	fake.scattered = true;
	assert_int_equal(domain_register(domain, page(2), 9 * PAGE), 0);
	assert_int_equal(fake.nmaps, 3);
	assert_true(domain_find(domain, BASE + 5 * PAGE, &region));
	assert_int_equal(region.base, BASE + 4 * PAGE);
	assert_int_equal(region.bytes, 4 * PAGE);
	assert_true(domain_is_contiguous(domain, page(4), 4 * PAGE));
	assert_false(domain_is_contiguous(domain, page(3), 2 * PAGE));
	assert_int_equal(domain_unregister(domain, page(2), 9 * PAGE), 0);
	assert_int_equal(fake.mapped_bytes, 0);

	fake.fail_map_in = 3;
	assert_int_equal(domain_register(domain, page(2), 9 * PAGE), -ENOSPC);
	assert_int_equal(fake.mapped_bytes, 0);
	assert_false(is_reachable(2));
}

static void bus_addresses_are_resolved_within_bounds(void **state)
{
	uint64_t iova = BASE + 8 * PAGE + fake.env.distance;

	assert_int_equal(domain_register(domain, page(8), 2 * PAGE), 0);
	assert_ptr_equal(domain_resolve(domain, iova, 2 * PAGE), page(8));
	assert_ptr_equal(domain_resolve(domain, iova + 100, 2 * PAGE - 100), (char *)page(8) + 100);
	assert_null(domain_resolve(domain, iova, 2 * PAGE + 1));
	assert_null(domain_resolve(domain, iova - 1, 2));
	assert_null(domain_resolve(domain, iova + 2 * PAGE, 1));
	assert_null(domain_resolve(domain, iova + 1, UINT64_MAX));
	assert_null(domain_resolve(domain, 0, 1));
	assert_int_equal(domain_unregister(domain, page(8), 2 * PAGE), 0);
}

static void impossible_lengths_are_refused(void **state)
{
	assert_int_equal(domain_register(domain, NULL, PAGE), -EINVAL);
	assert_int_equal(domain_register(domain, page(0), 0), -EINVAL);
	assert_int_equal(domain_register(domain, page(0), UINT64_MAX), -EINVAL);
	assert_int_equal(domain_register(domain, (void *)(uintptr_t)(UINT64_MAX - 100), 50),
			 -EINVAL);
	assert_int_equal(domain_unregister(domain, page(0), UINT64_MAX - BASE), -EINVAL);
}

struct lookups {
	_Atomic bool stop;
	_Atomic uint64_t wrong, right;
};

/* Page 0 is always registered; the others come and go, and the table grows meanwhile. */
static void *look_up(void *arg)
{
	struct lookups *lookups = arg;

	while (!atomic_load(&lookups->stop)) {
		struct region region;

		for (uint32_t i = 0; i < 400; i++)
			if (domain_find(domain, BASE + i * PAGE, &region) &&
			    (region.delta != fake.env.distance || region.base % PAGE))
				atomic_fetch_add(&lookups->wrong, 1);
		if (!domain_find(domain, BASE, &region))
			atomic_fetch_add(&lookups->wrong, 1);
		atomic_fetch_add(&lookups->right, 1);
	}
	return NULL;
}

static void lookups_see_a_whole_state_while_the_table_changes(void **state)
{
	struct lookups lookups = { 0 };
	pthread_t thread;

	assert_int_equal(domain_register(domain, page(0), PAGE), 0);
	assert_int_equal(pthread_create(&thread, NULL, look_up, &lookups), 0);
	for (int lap = 0; lap < 20 || atomic_load(&lookups.right) < 20; lap++) {
		/* Every second page, so that there are many segments. */
		for (uint32_t i = 2; i < 400; i += 2)
			assert_int_equal(domain_register(domain, page(i), PAGE), 0);
		for (uint32_t i = 2; i < 400; i += 2)
			assert_int_equal(domain_unregister(domain, page(i), PAGE), 0);
	}
	atomic_store(&lookups.stop, true);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(atomic_load(&lookups.wrong), 0);
	assert_int_equal(domain_unregister(domain, page(0), PAGE), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(random_registrations_are_counted_by_page, setup,
						teardown),
		cmocka_unit_test_setup_teardown(whole_pages_are_registered, setup, teardown),
		cmocka_unit_test_setup_teardown(a_failed_mapping_changes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(memory_that_is_registered_again_must_be_the_same,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			memory_that_is_not_wholly_registered_stays_registered, setup, teardown),
		cmocka_unit_test_setup_teardown(scattered_mappings_are_told_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(memory_that_is_mapped_in_pieces_is_found_in_pieces,
						setup, teardown),
		cmocka_unit_test_setup_teardown(bus_addresses_are_resolved_within_bounds, setup,
						teardown),
		cmocka_unit_test_setup_teardown(impossible_lengths_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(lookups_see_a_whole_state_while_the_table_changes,
						setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
