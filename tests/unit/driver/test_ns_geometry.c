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

static struct upnvme_spec_id_ns plain(void)
{
	struct upnvme_spec_id_ns id = { .nsze = 1000, .ncap = 900, .nuse = 800 };

	id.lbaf[0].lbads = 12;
	return id;
}

static struct ns_geometry decode(const struct upnvme_spec_id_ns *id)
{
	struct ns_geometry geometry;

	assert_true(ns_geometry_decode(&geometry, &limits, 7, id, 0));
	assert_false(geometry.refused);
	return geometry;
}

static void refused(const struct upnvme_spec_id_ns *id)
{
	struct ns_geometry geometry;

	assert_false(ns_geometry_decode(&geometry, &limits, 7, id, 0));
	assert_true(geometry.refused);
	assert_int_equal(geometry.nblocks, 0);
	assert_int_equal(geometry.straight_blocks, 0);
	assert_int_equal(geometry.page_lbas, 0);
	assert_int_equal(geometry.max_blocks, 0);
}

static void a_plain_format_takes_the_straight_path(void **state)
{
	struct upnvme_spec_id_ns id = plain();
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
	struct upnvme_spec_id_ns id = plain();
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
	struct upnvme_spec_id_ns id = plain();
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
	struct upnvme_spec_id_ns id = plain();
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
	struct upnvme_spec_id_ns id = plain();

	id.nlbaf = 3;
	id.flbas = 0x22; /* bits 6:5 mean nothing here */
	id.lbaf[2].lbads = 9;
	assert_int_equal(decode(&id).data_bytes, 512);
	id.nlbaf = 63;
	id.lbaf[0x12].lbads = 13;
	assert_int_equal(decode(&id).data_bytes, 8192);
}

static void an_index_of_no_format_is_refused(void **state)
{
	struct upnvme_spec_id_ns id = plain();

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
		struct upnvme_spec_id_ns id = plain();

		id.lbaf[0].lbads = bad[i];
		refused(&id);
	}
	for (uint8_t lbads = 9; lbads <= 17; lbads++) { /* 128 KiB is one transfer */
		struct upnvme_spec_id_ns id = plain();

		id.lbaf[0].lbads = lbads;
		assert_int_equal(decode(&id).data_bytes, 1u << lbads);
		assert_true(decode(&id).max_blocks >= 1);
	}
}

/* Sizes that exclude metadata change nothing here: a queue pair's lists are made for the largest transfer. */
static void a_block_with_metadata_beyond_a_transfer_is_refused(void **state)
{
	struct ctrlr_limits sizes = limits;
	struct ns_geometry geometry;
	struct upnvme_spec_id_ns id = plain();

	id.lbaf[0].lbads = 17;
	id.lbaf[0].ms = 8;
	id.flbas = 0x10;
	refused(&id);
	sizes.sizes_exclude_metadata = true;
	assert_false(ns_geometry_decode(&geometry, &sizes, 7, &id, 0));
}

/* The second part of a split request would begin where no PRP can. */
static void metadata_of_odd_sizes_is_refused(void **state)
{
	for (uint16_t ms = 0; ms <= 64; ms++)
		for (uint8_t extended = 0; extended < 2; extended++) {
			struct upnvme_spec_id_ns id = plain();

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
	struct upnvme_spec_id_ns id = plain();

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

/* NVM Command Set 1.0c, 5.2.1: by format, how large the information is, how wide storage and reference tag are
 * together, and how much of that the storage tag may take. */
static void guards_of_each_width_are_known(void **state)
{
	static const struct {
		uint32_t pif, bytes, tag_bits, sts_min, sts_max;
	} table[] = { { 0, 8, 32, 0, 32 }, { 1, 16, 80, 16, 64 }, { 2, 16, 48, 0, 48 } };
	struct ns_geometry geometry;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		for (uint32_t sts = 0; sts < 128; sts++)
			for (uint16_t ms = 0; ms <= 64; ms += 4) {
				struct upnvme_spec_id_ns id = plain();
				uint32_t elbaf = table[i].pif << 7 | sts;
				bool good = sts >= table[i].sts_min && sts <= table[i].sts_max &&
					    ms >= table[i].bytes;

				id.lbaf[0].ms = ms;
				id.dps = 1;
				assert_int_equal(ns_geometry_decode(&geometry, &limits, 7, &id,
								    elbaf),
						 good);
				assert_int_equal(geometry.refused, !good);
				if (!good)
					continue;
				assert_int_equal(geometry.pi_bytes, table[i].bytes);
				assert_int_equal(geometry.ref_tag_bits, table[i].tag_bits - sts);
				assert_int_equal(ns_metadata_stays(&geometry, true),
						 ms == table[i].bytes);
				assert_false(ns_metadata_stays(&geometry, false));
			}
}

static void a_guard_of_another_width_is_refused(void **state)
{
	struct upnvme_spec_id_ns id = plain();
	struct ns_geometry geometry;

	id.lbaf[0].ms = 64;
	id.dps = 1;
	assert_false(ns_geometry_decode(&geometry, &limits, 7, &id, 3u << 7));
	assert_false(ns_geometry_decode(&geometry, &limits, 7, &id, NS_ELBAF_UNKNOWN));
	assert_true(geometry.refused);
	/* Without protection the format of the guard does not matter. */
	id.dps = 0;
	assert_true(ns_geometry_decode(&geometry, &limits, 7, &id, NS_ELBAF_UNKNOWN));
	assert_int_equal(geometry.pi_bytes, 0);
	assert_false(ns_metadata_stays(&geometry, true));
}

static void extended_formats_are_asked_for_where_they_are_possible(void **state)
{
	struct ctrlr_limits extended = limits;
	struct upnvme_spec_id_ns_nvm nvm = { .elbaf[3] = 2u << 7 };
	struct upnvme_spec_id_ns id = plain();

	extended.extended_formats = true;
	id.nlbaf = id.flbas = 3;
	id.lbaf[3] = (struct upnvme_spec_lbaf){ .lbads = 12, .ms = 8 };
	assert_false(ns_geometry_has_elbaf(&limits, &id));
	assert_false(ns_geometry_has_elbaf(&extended, &id));
	id.dps = 1;
	assert_false(ns_geometry_has_elbaf(&limits, &id));
	assert_true(ns_geometry_has_elbaf(&extended, &id));
	id.lbaf[3].ms = 16;
	assert_true(ns_geometry_has_elbaf(&limits, &id));
	assert_int_equal(ns_geometry_elbaf(&limits, &id, 0, &nvm), 2u << 7);
	assert_int_equal(ns_geometry_elbaf(&limits, &id, 0x4002, &nvm), 0);
	assert_int_equal(ns_geometry_elbaf(&extended, &id, 0x4002, &nvm), NS_ELBAF_UNKNOWN);
}

/* NVM Command Set 1.0c, Figure 102; NVMe Base 2.1, CTRATT.MEM. */
static void size_limits_include_metadata_unless_the_controller_excludes_it(void **state)
{
	struct ctrlr_limits sizes = limits;
	struct ns_geometry geometry;
	struct upnvme_spec_id_ns id = plain();

	sizes.max_verify_bytes = 64 << 10;
	id.lbaf[0].ms = 64;
	id.flbas = 0x10;
	assert_true(ns_geometry_decode(&geometry, &sizes, 7, &id, 0));
	assert_int_equal(geometry.max_write_zeroes_blocks, (1 << 20) / 4160);
	assert_int_equal(geometry.max_verify_blocks, (64 << 10) / 4160);
	sizes.sizes_exclude_metadata = true;
	assert_true(ns_geometry_decode(&geometry, &sizes, 7, &id, 0));
	assert_int_equal(geometry.max_write_zeroes_blocks, 256);
	assert_int_equal(geometry.max_verify_blocks, 16);
	/* Metadata in a buffer of its own never counts. */
	sizes.sizes_exclude_metadata = false;
	id.flbas = 0;
	assert_true(ns_geometry_decode(&geometry, &sizes, 7, &id, 0));
	assert_int_equal(geometry.max_write_zeroes_blocks, 256);
}

static void the_largest_namespace_does_not_overflow(void **state)
{
	struct upnvme_spec_id_ns id = plain();
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
		cmocka_unit_test(an_index_of_no_format_is_refused),
		cmocka_unit_test(hostile_block_sizes_are_refused),
		cmocka_unit_test(a_block_with_metadata_beyond_a_transfer_is_refused),
		cmocka_unit_test(metadata_of_odd_sizes_is_refused),
		cmocka_unit_test(unknown_protection_and_no_blocks_are_refused),
		cmocka_unit_test(guards_of_each_width_are_known),
		cmocka_unit_test(a_guard_of_another_width_is_refused),
		cmocka_unit_test(extended_formats_are_asked_for_where_they_are_possible),
		cmocka_unit_test(size_limits_include_metadata_unless_the_controller_excludes_it),
		cmocka_unit_test(the_largest_namespace_does_not_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
