/* SPDX-License-Identifier: BSD-3-Clause */
/* Bus addresses: their bounds, the windows that are left out, and the making and ending of
 * mappings. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/util.h"
#include "env/vfio/iova.h"

#define GIB  (1ull << 30)
#define MIB  (1ull << 20)
#define PAGE 4096ull

/* The ranges of QEMU's IOMMU with 39 bits: the interrupts' window is left out. */
static const struct iova_range narrow[] = {
	{ 0, 0xfedfffff },
	{ 0xfef00000, (1ull << 39) - 1 },
};

static int setup(void **state)
{
	static struct iova_space space;

	assert_int_equal(iova_space_allow(&space, narrow, ARRAY_SIZE(narrow)), 0);
	*state = &space;
	return 0;
}

static int teardown(void **state)
{
	iova_space_destroy(*state);
	return 0;
}

static uint64_t take(struct iova_space *space, uint64_t va, uint64_t bytes)
{
	uint64_t iova = 0;

	assert_int_equal(iova_take(space, va, bytes, &iova), 0);
	return iova;
}

/* The number of mappings to unmap after `bytes` at `iova` are not wanted any more. */
static uint32_t release(struct iova_space *space, uint64_t iova, uint64_t bytes)
{
	struct iova_mapping unused;
	uint32_t n = 0;

	while (iova_release(space, &iova, &bytes, &unused)) {
		iova_drop(space, unused.iova);
		n++;
	}
	assert_int_equal(bytes, 0);
	return n;
}

static bool overlap(const struct iova_mapping *a, const struct iova_mapping *b)
{
	return a->iova < b->iova + b->bytes && b->iova < a->iova + a->bytes;
}

static void addresses_begin_above_4_gib(void **state)
{
	assert_int_equal(take(*state, 0x7f1234567000, PAGE), 4 * GIB);
	assert_int_equal(take(*state, 0x7f1234569000, PAGE), 4 * GIB + PAGE);
}

static void large_memory_keeps_its_place_in_a_huge_page(void **state)
{
	uint64_t va = 0x7f1234567000;

	assert_int_equal(take(*state, va, 4 * MIB) % (2 * MIB), va % (2 * MIB));
	assert_int_equal(take(*state, va & ~(2 * MIB - 1), 2 * MIB) % (2 * MIB), 0);
}

static void no_address_is_above_the_width_of_the_iommu(void **state)
{
	struct iova_space *space = *state;
	uint64_t iova, n = 0;

	while (!iova_take(space, 0, 16 * GIB, &iova)) {
		assert_true(iova + 16 * GIB <= 1ull << 39);
		n++;
	}
	assert_int_equal(n, 31); /* of 32 times 16 GiB, the first is cut by the window */
	assert_int_equal(error_last()->code, UPNVME_ERR_DEVICE_IOMMU);
	assert_int_equal(iova_take(space, 0, 2 * GIB, &iova), 0);
}

static void addresses_below_4_gib_are_used_last(void **state)
{
	struct iova_space *space = *state;
	struct iova_range below = { 0, 4 * GIB - 1 };

	assert_int_equal(iova_space_allow(space, &below, 1), 0);
	assert_int_equal(take(space, 0, PAGE), 65536); /* and never zero */
}

static void reserved_ranges_are_left_out(void **state)
{
	struct iova_space *space = *state;
	struct iova_range around[] = { { 4 * GIB, 4 * GIB + 3 * PAGE - 1 },
				       { 5 * GIB, 5 * GIB + 8 * PAGE - 1 } };
	uint64_t iova;

	assert_int_equal(iova_space_allow(space, around, 2), 0);
	assert_int_equal(take(space, 0, 4 * PAGE), 5 * GIB);
	assert_int_equal(take(space, 0, 3 * PAGE), 4 * GIB);
	assert_int_equal(take(space, 0, 4 * PAGE), 5 * GIB + 4 * PAGE);
	assert_int_equal(iova_take(space, 0, PAGE, &iova), -ENOSPC);
}

static void no_address_is_above_48_bits(void **state)
{
	struct iova_space *space = *state;
	struct iova_range wide = { (1ull << 48) - PAGE, UINT64_MAX };
	uint64_t iova;

	assert_int_equal(iova_space_allow(space, &wide, 1), 0);
	assert_int_equal(take(space, 0, PAGE), (1ull << 48) - PAGE);
	assert_int_equal(iova_take(space, 0, PAGE, &iova), -ENOSPC);
}

static void without_ranges_there_are_no_addresses(void **state)
{
	uint64_t iova;

	assert_int_equal(iova_space_allow(*state, NULL, 0), 0);
	assert_int_equal(iova_take(*state, 0, PAGE, &iova), -ENOSPC);
}

static void released_addresses_are_given_again(void **state)
{
	uint64_t first = take(*state, 0, 4 * PAGE), second = take(*state, 0, PAGE);

	assert_int_equal(release(*state, first, 4 * PAGE), 1);
	assert_int_equal(take(*state, 0, 4 * PAGE), first);
	assert_int_equal(release(*state, second, PAGE), 1);
}

static void a_mapping_goes_when_all_of_it_was_released(void **state)
{
	struct iova_space *space = *state;
	uint64_t iova = take(space, 0, 4 * PAGE);

	assert_int_equal(release(space, iova + PAGE, PAGE), 0);
	assert_int_equal(release(space, iova + 3 * PAGE, PAGE), 0);
	assert_int_equal(take(space, 0, PAGE), iova + 4 * PAGE); /* not an address of before */
	assert_int_equal(release(space, iova, PAGE), 0);
	assert_int_equal(release(space, iova + 2 * PAGE, PAGE), 1);
	assert_int_equal(space->nmappings, 1);
}

static void neighbours_are_released_by_one_call(void **state)
{
	struct iova_space *space = *state;
	uint64_t iova = take(space, 0, 2 * PAGE);

	assert_int_equal(take(space, 0, 3 * PAGE), iova + 2 * PAGE);
	assert_int_equal(take(space, 0, PAGE), iova + 5 * PAGE);
	assert_int_equal(release(space, iova + PAGE, 5 * PAGE), 2);
	assert_int_equal(release(space, iova, PAGE), 1);
	assert_int_equal(space->nmappings, 0);
}

static void many_mappings_never_overlap(void **state)
{
	struct iova_space *space = *state;
	uint64_t seed = 42;

	for (int i = 0; i < 3000; i++) {
		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		if (space->nmappings && (seed >> 60) < 6) {
			struct iova_mapping *gone =
				&space->mappings[(seed >> 20) % space->nmappings];

			release(space, gone->iova, gone->bytes);
		} else {
			take(space, (seed >> 10 & 0xffffff) * PAGE,
			     ((seed >> 40 & 0x3ff) + 1) * PAGE);
		}
		for (uint32_t j = 1; j < space->nmappings; j++)
			assert_false(overlap(&space->mappings[j - 1], &space->mappings[j]));
	}
}

static void reserved_addresses_are_not_given(void **state)
{
	struct iova_space *space = *state;
	uint64_t at = 4 * GIB + 4 * MIB;

	assert_int_equal(iova_reserve(space, at, 4 * MIB), 0);
	assert_int_equal(take(space, 0, 4 * MIB), 4 * GIB);
	assert_int_equal(take(space, 0, 2 * MIB), 4 * GIB + 8 * MIB);
	iova_drop(space, at);
	assert_int_equal(take(space, 0, 4 * MIB), at);
	/* An empty space has no mapping in the way. */
	assert_int_equal(iova_reserve(space, 1ull << 45, GIB), 0);
}

/* A machine with pages of 64 KiB, behind whose IOMMU nothing smaller can be mapped. */
static void addresses_begin_at_a_page_of_the_iommu(void **state)
{
	static const uint64_t page = 65536;
	struct iova_space *space = *state;
	uint64_t at = 4 * GIB;

	space->page_bytes = page;
	/* A controller memory buffer that fills no page: its neighbours on the bus go with it. */
	assert_int_equal(iova_reserve(space, at + PAGE, 2 * PAGE), 0);
	assert_int_equal(take(space, 0x7f0000010000, page), at + page);
	assert_int_equal(iova_reserve(space, at + 3 * page - PAGE, 2 * PAGE), 0);
	assert_int_equal(take(space, 0, page), at + 4 * page);
	assert_int_equal(iova_reserve(space, at + page - PAGE, PAGE), -EADDRINUSE);
	iova_drop(space, at + PAGE);
	assert_int_equal(take(space, 0, page), at);
	assert_int_equal(take(space, page, 32 * page), 4 * GIB + 2 * MIB + page);
}

static void a_mapping_is_found_by_each_of_its_addresses(void **state)
{
	struct iova_space *space = *state;
	uint64_t at = take(space, 0, 3 * PAGE);

	assert_null(iova_find(space, at - 1));
	assert_ptr_equal(iova_find(space, at), space->mappings);
	assert_ptr_equal(iova_find(space, at + 3 * PAGE - 1), space->mappings);
	assert_null(iova_find(space, at + 3 * PAGE));
}

static void mapped_addresses_cannot_be_reserved(void **state)
{
	static const struct {
		uint64_t offset, bytes; /* of 3 pages that are mapped, the first is at 0 */
		bool free;
	} rows[] = {
		{ 0, PAGE, false },         { PAGE, PAGE, false },    { 2 * PAGE, 9 * PAGE, false },
		{ -PAGE, 2 * PAGE, false }, { -PAGE, GIB, false },    { 0, 3 * PAGE, false },
		{ -PAGE, PAGE, true },      { 3 * PAGE, PAGE, true }, { -9 * PAGE, 9 * PAGE, true },
	};
	struct iova_space *space = *state;
	uint64_t at = take(space, 0, 3 * PAGE);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(iova_reserve(space, at + rows[i].offset, rows[i].bytes),
				 rows[i].free ? 0 : -EADDRINUSE);
		if (rows[i].free)
			iova_drop(space, at + rows[i].offset);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(addresses_begin_above_4_gib),
		TEST(large_memory_keeps_its_place_in_a_huge_page),
		TEST(no_address_is_above_the_width_of_the_iommu),
		TEST(addresses_below_4_gib_are_used_last),
		TEST(reserved_ranges_are_left_out),
		TEST(no_address_is_above_48_bits),
		TEST(without_ranges_there_are_no_addresses),
		TEST(released_addresses_are_given_again),
		TEST(a_mapping_goes_when_all_of_it_was_released),
		TEST(neighbours_are_released_by_one_call),
		TEST(many_mappings_never_overlap),
		TEST(reserved_addresses_are_not_given),
		TEST(addresses_begin_at_a_page_of_the_iommu),
		TEST(a_mapping_is_found_by_each_of_its_addresses),
		TEST(mapped_addresses_cannot_be_reserved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
