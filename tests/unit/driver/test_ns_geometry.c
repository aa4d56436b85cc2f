/* SPDX-License-Identifier: BSD-3-Clause */
/* Identify Namespace, honest and hostile, and the numbers that come of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "driver/ctrlr.h"
#include "driver/ns.h"

static const struct ctrlr_limits limits = {
	.max_transfer_bytes = 128 << 10,
	.max_write_zeroes_bytes = 1 << 20,
	.max_verify_bytes = UINT64_MAX,
};

static struct nvme_id_ns plain(void)
{
	struct nvme_id_ns id = { .nsze = 1000, .ncap = 900, .nuse = 800 };

	id.lbaf[0].lbads = 12;
	return id;
}

static struct ns_geometry decode(const struct nvme_id_ns *id)
{
	struct ns_geometry geometry;

	assert_true(ns_geometry_decode(&geometry, &limits, 7, id));
	assert_false(geometry.refused);
	return geometry;
}

static void refused(const struct nvme_id_ns *id)
{
	struct ns_geometry geometry;

	assert_false(ns_geometry_decode(&geometry, &limits, 7, id));
	assert_true(geometry.refused);
	assert_int_equal(geometry.nblocks, 0);
	assert_int_equal(geometry.straight_blocks, 0);
	assert_int_equal(geometry.page_lbas, 0);
	assert_int_equal(geometry.max_blocks, 0);
}

static void a_plain_format_takes_the_straight_path(void **state)
{
	struct nvme_id_ns id = plain();
	struct ns_geometry geometry = decode(&id);

	assert_int_equal(geometry.nblocks, 1000);
	assert_int_equal(geometry.block_bytes, 4096);
	assert_int_equal(geometry.data_bytes, 4096);
	assert_int_equal(geometry.metadata_bytes, 0);
	assert_int_equal(geometry.max_blocks, 32);
	assert_int_equal(geometry.max_write_zeroes_blocks, 256);
	assert_int_equal(geometry.max_verify_blocks, 65536);
	assert_int_equal(geometry.straight_blocks, 32);
	assert_int_equal(geometry.page_blocks, 1);
	assert_int_equal(geometry.page_lbas, 1000);
	assert_int_equal(geometry.boundary_blocks, 0);
}

static void a_namespace_shorter_than_a_transfer_bounds_the_straight_path(void **state)
{
	struct nvme_id_ns id = plain();
	struct ns_geometry geometry;

	id.nsze = 5;
	id.lbaf[0].lbads = 9;
	geometry = decode(&id);
	assert_int_equal(geometry.max_blocks, 256);
	assert_int_equal(geometry.straight_blocks, 5);
	assert_int_equal(geometry.page_blocks, 5);
	assert_int_equal(geometry.page_lbas, 1);
}

static void a_boundary_or_metadata_closes_the_straight_path(void **state)
{
	struct nvme_id_ns id = plain();
	struct ns_geometry geometry;

	id.noiob = 16;
	geometry = decode(&id);
	assert_int_equal(geometry.boundary_blocks, 16);
	assert_int_equal(geometry.straight_blocks, 0);
	assert_int_equal(geometry.page_blocks, 0);
	assert_int_equal(geometry.page_lbas, 0);
	id = plain();
	id.lbaf[0].ms = 8;
	id.dps = 1;
	geometry = decode(&id);
	assert_int_equal(geometry.metadata_bytes, 8);
	assert_false(geometry.metadata_extended);
	assert_int_equal(geometry.protection, 1);
	assert_int_equal(geometry.block_bytes, 4096);
	assert_int_equal(geometry.straight_blocks, 0);
}

static void extended_metadata_counts_in_the_buffer(void **state)
{
	struct nvme_id_ns id = plain();
	struct ns_geometry geometry;

	id.lbaf[0].ms = 64;
	id.flbas = 0x10;
	geometry = decode(&id);
	assert_true(geometry.metadata_extended);
	assert_int_equal(geometry.block_bytes, 4160);
	assert_int_equal(geometry.data_bytes, 4096);
	assert_int_equal(geometry.max_blocks, (128 << 10) / 4160);
	id = plain();
	id.flbas = 0x10; /* extended, but there is none */
	geometry = decode(&id);
	assert_false(geometry.metadata_extended);
	assert_int_equal(geometry.straight_blocks, 32);
}

static void the_format_index_has_high_bits_only_with_many_formats(void **state)
{
	struct nvme_id_ns id = plain();

	id.nlbaf = 3;
	id.flbas = 0x22; /* bits 6:5 mean nothing here */
	id.lbaf[2].lbads = 9;
	assert_int_equal(decode(&id).data_bytes, 512);
	id.nlbaf = 63;
	id.lbaf[0x12].lbads = 13;
	assert_int_equal(decode(&id).data_bytes, 8192);
}

static void a_format_that_is_not_there_is_refused(void **state)
{
	struct nvme_id_ns id = plain();

	for (uint32_t i = 0; i < ARRAY_SIZE(id.lbaf); i++)
		id.lbaf[i].lbads = 9;
	id.nlbaf = 3;
	id.flbas = 4;
	refused(&id);
	id.flbas = 15;
	refused(&id);
	id.nlbaf = 255;
	id.flbas = 0x6f;
	assert_int_equal(decode(&id).data_bytes, 512);
}

static void hostile_block_sizes_are_refused(void **state)
{
	static const uint8_t bad[] = { 0, 1, 8, 18, 31, 32, 63, 64, 128, 255 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct nvme_id_ns id = plain();

		id.lbaf[0].lbads = bad[i];
		refused(&id);
	}
	for (uint8_t lbads = 9; lbads <= 17; lbads++) { /* 128 KiB is one transfer */
		struct nvme_id_ns id = plain();

		id.lbaf[0].lbads = lbads;
		assert_int_equal(decode(&id).data_bytes, 1u << lbads);
		assert_true(decode(&id).max_blocks >= 1);
	}
}

static void a_block_with_metadata_beyond_a_transfer_is_refused(void **state)
{
	struct nvme_id_ns id = plain();

	id.lbaf[0].lbads = 17;
	id.lbaf[0].ms = 8;
	id.flbas = 0x10;
	refused(&id);
}

/* The second part of a split request would begin where no PRP can. */
static void metadata_of_odd_sizes_is_refused(void **state)
{
	for (uint16_t ms = 0; ms <= 64; ms++)
		for (uint8_t extended = 0; extended < 2; extended++) {
			struct nvme_id_ns id = plain();

			id.lbaf[0].ms = ms;
			id.flbas = (uint8_t)(extended << 4);
			if (ms % 4)
				refused(&id);
			else
				assert_int_equal(decode(&id).metadata_bytes, ms);
		}
}

static void unknown_protection_and_no_blocks_are_refused(void **state)
{
	struct nvme_id_ns id = plain();

	id.dps = 4;
	id.lbaf[0].ms = 8;
	refused(&id);
	id.dps = 1;
	id.lbaf[0].ms = 0;
	refused(&id);
	id = plain();
	id.nsze = 0;
	refused(&id);
	memset(&id, 0xff, sizeof(id));
	refused(&id);
	memset(&id, 0, sizeof(id));
	refused(&id);
}

static void the_largest_namespace_does_not_overflow(void **state)
{
	struct nvme_id_ns id = plain();
	struct ns_geometry geometry;

	id.nsze = UINT64_MAX;
	geometry = decode(&id);
	assert_int_equal(geometry.nblocks, UINT64_MAX);
	assert_int_equal(geometry.straight_blocks, 32);
	assert_int_equal(geometry.page_lbas, UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_format_takes_the_straight_path),
		cmocka_unit_test(a_namespace_shorter_than_a_transfer_bounds_the_straight_path),
		cmocka_unit_test(a_boundary_or_metadata_closes_the_straight_path),
		cmocka_unit_test(extended_metadata_counts_in_the_buffer),
		cmocka_unit_test(the_format_index_has_high_bits_only_with_many_formats),
		cmocka_unit_test(a_format_that_is_not_there_is_refused),
		cmocka_unit_test(hostile_block_sizes_are_refused),
		cmocka_unit_test(a_block_with_metadata_beyond_a_transfer_is_refused),
		cmocka_unit_test(metadata_of_odd_sizes_is_refused),
		cmocka_unit_test(unknown_protection_and_no_blocks_are_refused),
		cmocka_unit_test(the_largest_namespace_does_not_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
