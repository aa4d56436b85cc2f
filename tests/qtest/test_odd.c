/* SPDX-License-Identifier: BSD-3-Clause */
/* Controllers and namespaces of unusual shape: each is opened, and its usable namespaces are
 * used. */
#include "support/rig.h"

#include <upnvme/spec/regs.h>

/* A controller, of whose namespaces the first can be used. */
static void first_namespace_works(const char *properties, const struct qemu_ns *namespaces,
				  uint32_t n)
{
	struct qemu_config config = { .properties = properties,
				      .namespaces = namespaces,
				      .nnamespaces = n };
	struct rig rig;
	char *buf;

	group_qemu = qemu_start(&config);
	rig_of_group(&rig, namespaces[0].nsid, 0, 0);
	buf = dma(rig.ctrlr, 8 * MIB);
	pattern_fill(buf, 0, 8, rig.block, 3);
	assert_int_equal(do_write(&rig, buf, 0, 8), 0);
	memset(buf, 0, 8 * MIB);
	assert_int_equal(do_read(&rig, buf, 0, 8), 0);
	assert_true(pattern_is(buf, 0, 8, rig.block, 3));
	rig_close(&rig);
	qemu_stop(group_qemu);
}

static const struct qemu_ns plain[] = { { .nsid = 1, .bytes = 8 * MIB } };

static void a_controller_with_a_memory_buffer_works(void **state)
{
	first_namespace_works("cmb_size_mb=4", plain, 1);
}

/* A former user made the controller's region answer at the addresses of all memory; no reset of the
 * controller changes that (NVMe Base 2.0c, 3.1.3.27). The region is then read and written in the
 * place of the driver's memory. */
static void a_persistent_memory_region_does_not_cover_memory(void **state)
{
	struct qemu_config config = { .properties = "pmrdev=pmr",
				      .object = "memory-backend-ram,id=pmr,size=256M",
				      .namespaces = plain,
				      .nnamespaces = 1 };
	struct rig rig;
	void *buf;

	group_qemu = qemu_start(&config);
	assert_true(UPNVME_SPEC_CAP_PMRS(qemu_read(group_qemu, UPNVME_SPEC_REG_CAP, 8)));
	qemu_write(group_qemu, UPNVME_SPEC_REG_PMRCTL, 4, 1);
	qemu_write(group_qemu, UPNVME_SPEC_REG_PMRMSCL, 4, 2);
	rig_of_group(&rig, 1, 0, 0);
	buf = dma(rig.ctrlr, 4096);
	assert_int_equal(do_write(&rig, buf, 0, 1), 0);
	rig_close(&rig);
	assert_int_equal(qemu_read(group_qemu, UPNVME_SPEC_REG_PMRMSCL, 4), 0);
	qemu_stop(group_qemu);
}

static void a_controller_with_one_queue_pair_and_one_interrupt_works(void **state)
{
	first_namespace_works("max_ioqpairs=1,msix_qsize=1", plain, 1);
}

static void a_controller_with_one_event_request_works(void **state)
{
	first_namespace_works("aerl=0", plain, 1);
}

static void a_controller_with_a_huge_mdts_works(void **state)
{
	first_namespace_works("mdts=40", plain, 1);
}

static void a_controller_of_another_vendor_works(void **state)
{
	first_namespace_works("use-intel-id=on", plain, 1);
}

/* Blocks larger than a page, and than what one command may move: the last of these is refused. */
static void a_controller_with_large_blocks_works(void **state)
{
	static const struct qemu_ns large[] = {
		{ .nsid = 1, .bytes = 8 * MIB, .block_bytes = 65536 },
		{ .nsid = 2, .bytes = 8 * MIB, .block_bytes = 524288 },
		{ .nsid = 3, .bytes = 8 * MIB, .block_bytes = 1048576 },
	};
	struct qemu_config config = { .namespaces = large, .nnamespaces = 3 };
	upnvme_ctrlr *ctrlr;
	upnvme_ns *ns = NULL;

	first_namespace_works(NULL, &large[0], 3);
	first_namespace_works(NULL, &large[1], 2);
	group_qemu = qemu_start(&config);
	ctrlr = ctrlr_of_group();
	assert_true(upnvme_ns_get(&ns, ctrlr, 3) < 0);
	OK(upnvme_ns_get(&ns, ctrlr, 2));
	assert_int_equal(upnvme_ns_max_transfer_blocks(ns), 1);
	OK(upnvme_close(ctrlr));
	qemu_stop(group_qemu);
}

static void a_namespace_beside_a_zoned_one_works(void **state)
{
	static const struct qemu_ns zoned[] = {
		{ .nsid = 1, .bytes = 8 * MIB },
		{ .nsid = 2,
		  .bytes = 8 * MIB,
		  .properties = "zoned=on,zoned.zone_size=1M,zoned.zone_capacity=1M" },
	};

	first_namespace_works(NULL, zoned, 2);
}

static void a_namespace_beside_one_with_a_wide_guard_works(void **state)
{
	static const struct qemu_ns guarded[] = {
		{ .nsid = 1, .bytes = 8 * MIB },
		{ .nsid = 2, .bytes = 8 * MIB, .properties = "ms=16,pi=1,pif=2" },
		{ .nsid = 3, .bytes = 8 * MIB, .properties = "ms=16,pi=1,pif=2,mset=1" },
	};

	first_namespace_works(NULL, guarded, 3);
}

static void a_namespace_of_one_block_works(void **state)
{
	static const struct qemu_ns one[] = { { .nsid = 1, .bytes = 4096, .block_bytes = 4096 } };
	struct qemu_config config = { .namespaces = one, .nnamespaces = 1 };
	struct rig rig;
	char *buf;

	group_qemu = qemu_start(&config);
	rig_of_group(&rig, 1, 0, 0);
	buf = dma(rig.ctrlr, 8192);
	assert_int_equal(upnvme_ns_block_count(rig.ns), 1);
	assert_int_equal(do_write(&rig, buf, 0, 1), 0);
	expect_error(upnvme_read(rig.qp, rig.ns, buf, 0, 2, NULL, NULL), -ERANGE,
		     UPNVME_ERR_LBA_RANGE, NULL);
	rig_close(&rig);
	qemu_stop(group_qemu);
}

static void a_controller_without_namespaces_can_be_opened(void **state)
{
	struct qemu_config config = { .nnamespaces = 0 };
	upnvme_ctrlr *ctrlr;

	group_qemu = qemu_start(&config);
	ctrlr = ctrlr_of_group();
	assert_int_equal(upnvme_ns_next(ctrlr, 0), 0);
	OK(upnvme_qpair_close(create_qpair(ctrlr, 0, 0, 0)));
	OK(upnvme_close(ctrlr));
	qemu_stop(group_qemu);
}

/* A request for a missing feature is refused with its name, and the controller can still be opened
 * without it. */
static void a_controller_without_a_keep_alive_timer_refuses_only_the_option(void **state)
{
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	struct qemu_config config = { .namespaces = plain, .nnamespaces = 1 };
	upnvme_ctrlr *ctrlr = NULL;

	group_qemu = qemu_start(&config);
	opts.keep_alive_ms = 1000;
	expect_error(qtest_open(&ctrlr, group_qemu, &opts), -ENOTSUP, UPNVME_ERR_CTRLR_UNSUPPORTED,
		     "Keep Alive", "keep_alive_ms", NULL);
	OK(upnvme_close(ctrlr_of_group()));
	qemu_stop(group_qemu);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_controller_with_a_memory_buffer_works),
	cmocka_unit_test(a_persistent_memory_region_does_not_cover_memory),
	cmocka_unit_test(a_controller_with_one_queue_pair_and_one_interrupt_works),
	cmocka_unit_test(a_controller_with_one_event_request_works),
	cmocka_unit_test(a_controller_with_a_huge_mdts_works),
	cmocka_unit_test(a_controller_of_another_vendor_works),
	cmocka_unit_test(a_controller_with_large_blocks_works),
	cmocka_unit_test(a_namespace_beside_a_zoned_one_works),
	cmocka_unit_test(a_namespace_beside_one_with_a_wide_guard_works),
	cmocka_unit_test(a_namespace_of_one_block_works),
	cmocka_unit_test(a_controller_without_namespaces_can_be_opened),
	cmocka_unit_test(a_controller_without_a_keep_alive_timer_refuses_only_the_option),
};

int main(void)
{
	qemu_require();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
