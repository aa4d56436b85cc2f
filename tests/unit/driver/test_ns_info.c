/* SPDX-License-Identifier: BSD-3-Clause */
/* What is asked of the controller about a namespace, and told of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <upnvme.h>

#include "base/error.h"
#include "base/util.h"
#include "driver/ns.h"
#include "support/fake_transport.h"

#define ELBAS (1u << 15) /* of CTRATT: NVMe Base 2.0c, Figure 275 */

static uint32_t asked_for_elbaf(const struct fake_transport *fake)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < fake->nseen; i++)
		n += fake->seen[i].opcode == UPNVME_SPEC_ADMIN_IDENTIFY &&
		     fake->seen[i].cdw10 == 0x05;
	return n;
}

/* A namespace of 4,096 bytes and as much metadata, among the data, with protection of type 1. */
static struct fake_transport *fake_protected(uint16_t metadata_bytes, uint32_t elbaf)
{
	struct fake_transport *fake = fake_transport_create();

	fake->ns.lbaf[0] = (struct upnvme_spec_lbaf){ .lbads = 12, .ms = metadata_bytes };
	fake->ns.flbas = 0x10;
	fake->ns.dps = 1;
	fake->ns_nvm.elbaf[0] = elbaf;
	fake->has_ns_nvm = true;
	return fake;
}

static void pi_is(struct fake_transport *fake, uint32_t asked, uint8_t bytes, uint8_t tag_bits)
{
	struct upnvme_ctrlr *ctrlr = fake_transport_opened(fake);
	struct upnvme_ns_info info = { .size = UPNVME_NS_INFO_SIZE };
	struct upnvme_ns *ns;

	assert_int_equal(asked_for_elbaf(fake), asked);
	assert_int_equal(upnvme_ns_get(&ns, ctrlr, 1), 0);
	assert_int_equal(ns_geometry(ns)->pi_bytes, bytes);
	assert_int_equal(ns_geometry(ns)->ref_tag_bits, tag_bits);
	assert_int_equal(upnvme_ns_info_get(ns, &info), 0);
	assert_int_equal(info.protection, 1);
	assert_int_equal(asked_for_elbaf(fake), 2 * asked);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void is_refused(struct fake_transport *fake)
{
	struct upnvme_ctrlr *ctrlr = fake_transport_opened(fake);
	struct upnvme_ns *ns;

	assert_int_equal(asked_for_elbaf(fake), 1);
	assert_int_equal(upnvme_ns_get(&ns, ctrlr, 1), -ENODEV);
	assert_int_equal(error_last()->code, UPNVME_ERR_NS_FORMAT);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void the_width_of_guards_is_asked_for_and_kept_to(void **state)
{
	struct fake_transport *fake = fake_protected(16, 2u << 7);

	pi_is(fake, 1, 16, 48);
	fake = fake_protected(16, 1u << 7 | 20);
	fake->id.ctratt = ELBAS;
	pi_is(fake, 1, 16, 60);
	fake = fake_protected(8, 7);
	fake->id.ctratt = ELBAS;
	pi_is(fake, 1, 8, 25);
	/* There is no room for a wide one, and nothing says that there are any: 16 bits. */
	pi_is(fake_protected(8, 2u << 7), 0, 8, 32);
}

static void a_namespace_whose_guard_is_not_known_is_refused(void **state)
{
	struct fake_transport *fake = fake_protected(16, 3u << 7);

	is_refused(fake);
	fake = fake_protected(16, 0);
	fake->id.ctratt = ELBAS;
	fake->has_ns_nvm = false;
	is_refused(fake);
	/* A controller without extended formats may not know the structure (CNS 05h) either. */
	fake = fake_protected(16, 0);
	fake->has_ns_nvm = false;
	pi_is(fake, 1, 8, 32);
}

static void a_format_with_another_guard_takes_effect_at_the_next_look(void **state)
{
	struct fake_transport *fake = fake_protected(16, 2u << 7);
	struct upnvme_ctrlr *ctrlr = fake_transport_opened(fake);
	struct upnvme_ns *ns;

	assert_int_equal(upnvme_ns_get(&ns, ctrlr, 1), 0);
	assert_true(ns_metadata_stays(ns_geometry(ns), true));
	fake->ns_nvm.elbaf[0] = 0;
	assert_int_equal(ns_refresh(ctrlr, (uint32_t[]){ 1 }, 1), 0);
	assert_false(ns_metadata_stays(ns_geometry(ns), true));
	fake->ns_nvm.elbaf[0] = 4; /* a storage tag */
	assert_int_equal(ns_refresh(ctrlr, (uint32_t[]){ 1 }, 1), 0);
	assert_int_equal(ns_geometry(ns)->ref_tag_bits, 28);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

/* --- preferences and atomicity: NVM Command Set 1.0c, 4.1.5.1, Figure 97; NVMe Base 2.0c, Figure 275 --- */

static struct upnvme_ns_info info_of(struct fake_transport *fake)
{
	struct upnvme_ns_info info = { .size = UPNVME_NS_INFO_SIZE };
	struct upnvme_ctrlr *ctrlr = fake_transport_opened(fake);
	struct upnvme_ns *ns;

	assert_int_equal(upnvme_ns_get(&ns, ctrlr, 1), 0);
	assert_int_equal(upnvme_ns_info_get(ns, &info), 0);
	assert_int_equal(upnvme_close(ctrlr), 0);
	return info;
}

static void put(void *structure, size_t offset, uint16_t value)
{
	memcpy((char *)structure + offset, &value, sizeof(value));
}

/* Each field by its place in the structure, with values that nothing else has. */
static struct fake_transport *fake_with_values(uint8_t nsfeat)
{
	struct fake_transport *fake = fake_transport_create();

	put(&fake->id, 526, 100); /* AWUN */
	put(&fake->id, 528, 200); /* AWUPF */
	fake->ns.nsfeat = nsfeat;
	put(&fake->ns, 34, 300);   /* NAWUN */
	put(&fake->ns, 36, 400);   /* NAWUPF */
	put(&fake->ns, 40, 500);   /* NABSN */
	put(&fake->ns, 42, 600);   /* NABO: not 0's based */
	put(&fake->ns, 44, 700);   /* NABSPF */
	put(&fake->ns, 64, 800);   /* NPWG */
	put(&fake->ns, 66, 900);   /* NPWA */
	put(&fake->ns, 68, 1000);  /* NPDG */
	put(&fake->ns, 70, 1100);  /* NPDA */
	put(&fake->ns, 72, 65535); /* NOWS */
	return fake;
}

static void preferred_granularities_are_told_where_nsfeat_says_so(void **state)
{
	struct upnvme_ns_info info = info_of(fake_with_values(1u << 4));

	assert_int_equal(info.write_granularity_blocks, 801);
	assert_int_equal(info.write_alignment_blocks, 901);
	assert_int_equal(info.deallocate_granularity_blocks, 1001);
	assert_int_equal(info.deallocate_alignment_blocks, 1101);
	assert_int_equal(info.optimal_write_blocks, 65536);
	info = info_of(fake_with_values(1u << 5));
	assert_int_equal(info.write_granularity_blocks, 801);
	assert_int_equal(info.write_alignment_blocks, 901);
	assert_int_equal(info.deallocate_granularity_blocks, 0);
	assert_int_equal(info.deallocate_alignment_blocks, 0);
	assert_int_equal(info.optimal_write_blocks, 65536);
	info = info_of(fake_with_values((uint8_t) ~(3u << 4)));
	assert_int_equal(info.write_granularity_blocks, 0);
	assert_int_equal(info.write_alignment_blocks, 0);
	assert_int_equal(info.deallocate_granularity_blocks, 0);
	assert_int_equal(info.deallocate_alignment_blocks, 0);
	assert_int_equal(info.optimal_write_blocks, 0);
}

static void a_namespace_may_have_atomicity_of_its_own(void **state)
{
	struct upnvme_ns_info info = info_of(fake_with_values(1u << 1));

	assert_int_equal(info.ctrlr_atomic_blocks, 101);
	assert_int_equal(info.ctrlr_atomic_power_fail_blocks, 201);
	assert_int_equal(info.atomic_blocks, 301);
	assert_int_equal(info.atomic_power_fail_blocks, 401);
	assert_int_equal(info.atomic_boundary_blocks, 501);
	assert_int_equal(info.atomic_boundary_offset, 600);
	assert_int_equal(info.atomic_boundary_power_fail_blocks, 701);
	info = info_of(fake_with_values(0));
	assert_int_equal(info.ctrlr_atomic_blocks, 101);
	assert_int_equal(info.atomic_blocks, 101);
	assert_int_equal(info.atomic_power_fail_blocks, 201);
}

static void atomic_boundaries_of_zero_mean_none(void **state)
{
	struct fake_transport *fake = fake_with_values(0);
	struct upnvme_ns_info info;

	fake->ns.nabsn = fake->ns.nabspf = 0;
	info = info_of(fake);
	assert_int_equal(info.atomic_boundary_blocks, 0);
	assert_int_equal(info.atomic_boundary_power_fail_blocks, 0);
	assert_int_equal(info.atomic_boundary_offset, 0);
	assert_int_equal(info_of(fake_transport_create()).atomic_blocks, 1);
}

static void limits_are_told_in_blocks_of_this_namespace(void **state)
{
	struct fake_transport *fake = fake_protected(64, 0);
	struct upnvme_ns_info info;

	fake->vs = UPNVME_SPEC_VERSION_2_0;
	fake->has_nvm = true;
	fake->nvm.vsl = 4;
	fake->nvm.wzsl = 3;
	info = info_of(fake);
	assert_int_equal(info.max_verify_blocks, 65536 / 4160);
	assert_int_equal(info.max_write_zeroes_blocks, 32768 / 4160);
	fake = fake_protected(64, 0);
	fake->vs = UPNVME_SPEC_VERSION_2_0;
	fake->has_nvm = true;
	fake->nvm.vsl = 4;
	fake->nvm.wzsl = 3;
	fake->id.ctratt = 1u << 16; /* MEM */
	info = info_of(fake);
	assert_int_equal(info.max_verify_blocks, 16);
	assert_int_equal(info.max_write_zeroes_blocks, 8);
}

static void info_is_fresh_and_has_the_identifiers(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ns_info info = { .size = UPNVME_NS_INFO_SIZE };
	struct upnvme_ctrlr *ctrlr;
	static const uint8_t list[] = { 3,  16, 0,  0,  0,  1,  2,    3,  4,  5,  6,  7,  8, 9,
					10, 11, 12, 13, 14, 15, 0x44, 5,  0,  0,  1,  2,  3, 4,
					5,  1,  8,  0,  0,  21, 22,   23, 24, 25, 26, 27, 28 };

	fake->ns.nguid[3] = 33;
	fake->ns.eui64[7] = 44;
	fake->ns.dlfeat = 1;
	fake->ns.nsattr = 1;
	fake->ns.noiob = 8;
	memcpy(fake->descriptors, list, sizeof(list));
	ctrlr = fake_transport_opened(fake);
	fake->ns.nuse = 77;
	assert_int_equal(upnvme_ns_info_get(fake_transport_ns(ctrlr, 1), &info), 0);
	assert_int_equal(info.nsid, 1);
	assert_int_equal(info.block_count, 1000);
	assert_int_equal(info.capacity_blocks, 1000);
	assert_int_equal(info.used_blocks, 77);
	assert_int_equal(info.block_bytes, 512);
	assert_int_equal(info.metadata_bytes, 0);
	assert_int_equal(info.max_transfer_blocks, 256);
	assert_int_equal(info.boundary_blocks, 8);
	assert_int_equal(info.deallocated_reads_zero, 1);
	assert_int_equal(info.readonly, 1);
	assert_int_equal(info.nguid[3], 33);
	assert_int_equal(info.eui64[0], 21); /* the descriptor's */
	assert_int_equal(info.uuid[15], 15);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void hostile_descriptors_end_at_the_page(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ns_info info = { .size = UPNVME_NS_INFO_SIZE };
	struct upnvme_ctrlr *ctrlr;

	memset(fake->descriptors, 0xff, sizeof(fake->descriptors));
	ctrlr = fake_transport_opened(fake);
	assert_int_equal(upnvme_ns_info_get(fake_transport_ns(ctrlr, 1), &info), 0);
	memset(fake->descriptors, 1, sizeof(fake->descriptors));
	assert_int_equal(upnvme_ns_info_get(fake_transport_ns(ctrlr, 1), &info), 0);
	info.size = 4;
	assert_int_equal(upnvme_ns_info_get(fake_transport_ns(ctrlr, 1), &info), -EINVAL);
	assert_int_equal(error_last()->code, UPNVME_ERR_OPTIONS_SIZE);
	assert_int_equal(upnvme_ns_info_get(NULL, &info), -EINVAL);
	assert_int_equal(upnvme_ns_info_get(fake_transport_ns(ctrlr, 1), NULL), -EINVAL);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void info_of_a_namespace_that_is_gone_is_refused(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ns_info info = { .size = UPNVME_NS_INFO_SIZE };
	struct upnvme_ctrlr *ctrlr = fake_transport_opened(fake);
	struct upnvme_ns *ns = fake_transport_ns(ctrlr, 1);

	fake->nactive = 0;
	assert_int_equal(upnvme_ns_info_get(ns, &info), -ENODEV);
	assert_int_equal(error_last()->code, UPNVME_ERR_NS_GONE);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_width_of_guards_is_asked_for_and_kept_to),
		cmocka_unit_test(a_namespace_whose_guard_is_not_known_is_refused),
		cmocka_unit_test(a_format_with_another_guard_takes_effect_at_the_next_look),
		cmocka_unit_test(preferred_granularities_are_told_where_nsfeat_says_so),
		cmocka_unit_test(a_namespace_may_have_atomicity_of_its_own),
		cmocka_unit_test(atomic_boundaries_of_zero_mean_none),
		cmocka_unit_test(limits_are_told_in_blocks_of_this_namespace),
		cmocka_unit_test(info_is_fresh_and_has_the_identifiers),
		cmocka_unit_test(hostile_descriptors_end_at_the_page),
		cmocka_unit_test(info_of_a_namespace_that_is_gone_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
