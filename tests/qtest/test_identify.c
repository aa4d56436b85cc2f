/* SPDX-License-Identifier: BSD-3-Clause */
/* Identify of QEMU's controller and its namespaces. */
#include "support/rig.h"

#include <upnvme/spec/identify.h>

static const struct qemu_ns namespaces[] = {
	{ .nsid = 1, .bytes = 4 * MIB },
	{ .nsid = 3,
	  .bytes = 8 * MIB,
	  .block_bytes = 4096,
	  .properties = "uuid=00112233-4455-6677-8899-aabbccddeeff,eui64=0x0123456789abcdef" },
	{ .nsid = 250, .bytes = MIB, .block_bytes = 4096 },
};
static const struct qemu_config config = { .namespaces = namespaces,
					   .nnamespaces = NELEMS(namespaces) };

static void the_controller_is_qemus(void **state)
{
	struct upnvme_ctrlr_info info = { .size = UPNVME_CTRLR_INFO_SIZE };
	upnvme_ctrlr *ctrlr = ctrlr_of_group();

	OK(upnvme_ctrlr_info_get(ctrlr, &info));
	assert_string_equal(info.serial, QEMU_SERIAL);
	assert_string_equal(info.model, QEMU_MODEL);
	assert_int_equal(info.vendor_id, 0x1b36);
	assert_int_equal(info.version, 0x10400);
	assert_int_equal(info.ns_count, NELEMS(namespaces));
	assert_int_equal(info.max_transfer_bytes, 4096 << 7); /* MDTS 7 */
	assert_int_equal(info.max_verify_bytes, 4096 << 7);
	assert_true(info.oncs & UPNVME_SPEC_ONCS_COMPARE);
	assert_true(info.oncs & UPNVME_SPEC_ONCS_WRITE_ZEROES);
	assert_true(info.oncs & UPNVME_SPEC_ONCS_DSM);
	assert_true(info.oncs & UPNVME_SPEC_ONCS_VERIFY);
	assert_int_equal(info.volatile_write_cache, 1);
	assert_int_equal(info.sgl, 1);
	assert_memory_equal(info.subnqn, "nqn.2019-08.org.qemu:", 21);
	OK(upnvme_close(ctrlr));
}

static void the_active_namespaces_are_listed(void **state)
{
	upnvme_ctrlr *ctrlr = ctrlr_of_group();
	uint32_t nsid = 0;

	for (size_t i = 0; i < NELEMS(namespaces); i++) {
		upnvme_ns *ns = NULL;

		nsid = upnvme_ns_next(ctrlr, nsid);
		assert_int_equal(nsid, namespaces[i].nsid);
		OK(upnvme_ns_get(&ns, ctrlr, nsid));
		assert_int_equal(upnvme_ns_id(ns), nsid);
	}
	assert_int_equal(upnvme_ns_next(ctrlr, nsid), 0);
	OK(upnvme_close(ctrlr));
}

static void a_namespace_that_is_not_active_is_refused(void **state)
{
	upnvme_ctrlr *ctrlr = ctrlr_of_group();
	upnvme_ns *ns = NULL;

	expect_error(upnvme_ns_get(&ns, ctrlr, 2), -ENODEV, UPNVME_ERR_NS_NOT_FOUND, "2", NULL);
	OK(upnvme_close(ctrlr));
}

static void a_namespace_has_its_size_and_names(void **state)
{
	static const uint8_t uuid[16] = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
					  0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };
	static const uint8_t eui64[8] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef };
	struct upnvme_ns_info info = { .size = UPNVME_NS_INFO_SIZE };
	upnvme_ctrlr *ctrlr = ctrlr_of_group();
	upnvme_ns *ns = NULL;

	OK(upnvme_ns_get(&ns, ctrlr, 3));
	OK(upnvme_ns_info_get(ns, &info));
	assert_int_equal(info.nsid, 3);
	assert_int_equal(info.block_bytes, 4096);
	assert_int_equal(info.block_count, 8 * MIB / 4096);
	assert_int_equal(info.capacity_blocks, info.block_count);
	assert_int_equal(info.metadata_bytes, 0);
	assert_int_equal(info.protection, 0);
	assert_memory_equal(info.uuid, uuid, sizeof(uuid));
	assert_memory_equal(info.eui64, eui64, sizeof(eui64));
	OK(upnvme_ns_get(&ns, ctrlr, 1));
	assert_int_equal(upnvme_ns_block_size(ns), 512);
	assert_int_equal(upnvme_ns_block_count(ns), 4 * MIB / 512);
	OK(upnvme_close(ctrlr));
}

static uint32_t one_based_at(const uint8_t *page, size_t offset)
{
	return (page[offset] | page[offset + 1] << 8) + 1u;
}

/* NSFEAT bit 4 says that these are there, and QEMU sets it. */
static void a_namespace_tells_its_preferred_granularities(void **state)
{
	struct upnvme_ns_info info = { .size = UPNVME_NS_INFO_SIZE };
	upnvme_ctrlr *ctrlr = ctrlr_of_group();
	uint8_t page[4096];
	upnvme_ns *ns;

	OK(upnvme_ns_get(&ns, ctrlr, 3));
	OK(upnvme_ns_info_get(ns, &info));
	OK(upnvme_identify(ctrlr, 0, 3, page));
	assert_true(page[24] & 0x10);
	assert_int_equal(info.write_granularity_blocks, one_based_at(page, 64));
	assert_int_equal(info.write_alignment_blocks, one_based_at(page, 66));
	assert_int_equal(info.deallocate_granularity_blocks, one_based_at(page, 68));
	assert_int_equal(info.deallocate_alignment_blocks, one_based_at(page, 70));
	assert_int_equal(info.optimal_write_blocks, one_based_at(page, 72));
	OK(upnvme_identify(ctrlr, 1, 0, page));
	assert_int_equal(info.ctrlr_atomic_blocks, one_based_at(page, 526));
	assert_int_equal(info.ctrlr_atomic_power_fail_blocks, one_based_at(page, 528));
	assert_int_equal(info.atomic_blocks, info.ctrlr_atomic_blocks);
	OK(upnvme_close(ctrlr));
}

static void identify_gives_the_whole_structure(void **state)
{
	upnvme_ctrlr *ctrlr = ctrlr_of_group();
	struct upnvme_spec_id_ctrl id;
	struct upnvme_spec_id_ns ns;

	OK(upnvme_identify(ctrlr, UPNVME_SPEC_CNS_CTRLR, 0, &id));
	assert_int_equal(id.mdts, 7);
	assert_int_equal(id.nn, 256);
	assert_int_equal(id.sqes, 0x66);
	assert_int_equal(id.cqes, 0x44);
	OK(upnvme_identify(ctrlr, UPNVME_SPEC_CNS_NS, 250, &ns));
	assert_int_equal(ns.nsze, MIB / 4096);
	assert_int_equal(ns.lbaf[ns.flbas & 15].lbads, 12);
	OK(upnvme_close(ctrlr));
}

static void an_unknown_identify_structure_is_an_error(void **state)
{
	upnvme_ctrlr *ctrlr = ctrlr_of_group();
	char data[4096];
	struct upnvme_error error;

	expect_error(upnvme_identify(ctrlr, 0xff, 0, data), -EIO, UPNVME_ERR_CTRLR_STATUS,
		     "Invalid Field", NULL);
	OK(upnvme_error_get(&error));
	assert_int_equal(STATUS_CODE(error.status), STATUS_INVALID_FIELD);
	OK(upnvme_close(ctrlr));
}

/* Blocks that are written to one namespace are not seen in another. */
static void namespaces_do_not_share_blocks(void **state)
{
	struct rig rigs[NELEMS(namespaces)];
	upnvme_ctrlr *ctrlr = ctrlr_of_group();
	void *buf = dma(ctrlr, 8192);

	for (uint32_t i = 0; i < NELEMS(namespaces); i++) {
		rigs[i] = (struct rig){ .ctrlr = ctrlr, .qp = create_qpair(ctrlr, 0, 0, 0) };
		OK(upnvme_ns_get(&rigs[i].ns, ctrlr, namespaces[i].nsid));
		rigs[i].block = upnvme_ns_block_size(rigs[i].ns);
		pattern_fill(buf, 5, 2, rigs[i].block, i);
		assert_int_equal(do_write(&rigs[i], buf, 5, 2), 0);
	}
	for (uint32_t i = 0; i < NELEMS(namespaces); i++) {
		assert_int_equal(do_read(&rigs[i], buf, 5, 2), 0);
		assert_true(pattern_is(buf, 5, 2, rigs[i].block, i));
		OK(upnvme_qpair_close(rigs[i].qp));
	}
	OK(upnvme_close(ctrlr));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_controller_is_qemus),
	cmocka_unit_test(the_active_namespaces_are_listed),
	cmocka_unit_test(a_namespace_that_is_not_active_is_refused),
	cmocka_unit_test(a_namespace_has_its_size_and_names),
	cmocka_unit_test(a_namespace_tells_its_preferred_granularities),
	cmocka_unit_test(identify_gives_the_whole_structure),
	cmocka_unit_test(an_unknown_identify_structure_is_an_error),
	cmocka_unit_test(namespaces_do_not_share_blocks),
};

QEMU_GROUP(config, tests)
