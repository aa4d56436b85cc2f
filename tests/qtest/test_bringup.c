/* SPDX-License-Identifier: BSD-3-Clause */
/* QEMU's controller is brought up, from any state that it was left in, and shut down. */
#include "support/rig.h"

#include <upnvme/spec/regs.h>

static const struct qemu_ns namespaces[] = { { .nsid = 1, .bytes = 4 * MIB } };
static const struct qemu_config config = { .properties = "max_ioqpairs=4",
					   .namespaces = namespaces,
					   .nnamespaces = NELEMS(namespaces) };

static uint32_t csts(void)
{
	return (uint32_t)qemu_read(group_qemu, UPNVME_SPEC_REG_CSTS, 4);
}

static void a_fresh_controller_becomes_ready(void **state)
{
	upnvme_ctrlr *ctrlr;

	assert_false(UPNVME_SPEC_CSTS_RDY(csts()));
	ctrlr = ctrlr_of_group();
	assert_true(UPNVME_SPEC_CSTS_RDY(csts()));
	assert_false(UPNVME_SPEC_CSTS_CFS(csts()));
	OK(upnvme_close(ctrlr));
}

static void closing_shuts_the_controller_down_and_disables_it(void **state)
{
	OK(upnvme_close(ctrlr_of_group()));
	assert_false(UPNVME_SPEC_CSTS_RDY(csts()));
	assert_false(UPNVME_SPEC_CC_EN((uint32_t)qemu_read(group_qemu, UPNVME_SPEC_REG_CC, 4)));
}

static void the_registers_and_the_properties_agree(void **state)
{
	struct upnvme_ctrlr_info info = { .size = UPNVME_CTRLR_INFO_SIZE };
	upnvme_ctrlr *ctrlr = ctrlr_of_group();
	uint64_t cap = qemu_read(group_qemu, UPNVME_SPEC_REG_CAP, 8);

	OK(upnvme_ctrlr_info_get(ctrlr, &info));
	assert_int_equal(info.max_queue_entries, UPNVME_SPEC_CAP_MQES(cap) + 1);
	assert_int_equal(info.ready_timeout_ms, UPNVME_SPEC_CAP_TO(cap) * 500);
	assert_int_equal(info.version, qemu_read(group_qemu, UPNVME_SPEC_REG_VS, 4));
	assert_int_equal(info.page_bytes, 4096);
	assert_int_equal(info.max_qpairs, 4);
	OK(upnvme_close(ctrlr));
}

static void a_controller_can_be_opened_many_times(void **state)
{
	for (int i = 0; i < 20; i++) {
		struct rig rig;
		void *buf;

		rig_of_group(&rig, 1, 0, 0);
		buf = dma(rig.ctrlr, 4096);
		assert_int_equal(do_read(&rig, buf, (uint64_t)i, 1), 0);
		rig_close(&rig);
	}
}

/* A controller as a program that crashed leaves it: enabled, with a queue somewhere. */
static void a_controller_that_was_left_enabled_is_taken_over(void **state)
{
	struct rig rig;

	qemu_write(group_qemu, UPNVME_SPEC_REG_AQA, 4, 7u << 16 | 7u);
	qemu_write(group_qemu, UPNVME_SPEC_REG_ASQ, 8, 0x200000);
	qemu_write(group_qemu, UPNVME_SPEC_REG_ACQ, 8, 0x201000);
	qemu_write(group_qemu, UPNVME_SPEC_REG_CC, 4,
		   UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CC_EN, 1u) |
			   UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CC_IOSQES, UPNVME_SPEC_CC_IOSQES_NVM) |
			   UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CC_IOCQES, UPNVME_SPEC_CC_IOCQES_NVM));
	assert_true(UPNVME_SPEC_CSTS_RDY(csts()));
	rig_of_group(&rig, 1, 0, 0);
	assert_int_equal(do_read(&rig, dma(rig.ctrlr, 4096), 0, 1), 0);
	rig_close(&rig);
}

/* The former user had queue pairs, too: the reset takes them away. */
static void a_controller_that_another_driver_has_open_is_taken_over(void **state)
{
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	upnvme_ctrlr *left = NULL;
	upnvme_qpair *qp;
	struct rig rig;

	opts.admin_timeout_ns = 200000000;
	OK(qtest_open(&left, group_qemu, &opts));
	qp = create_qpair(left, 0, 0, 0);
	rig_of_group(&rig, 1, 0, 0);
	assert_int_equal(do_read(&rig, dma(rig.ctrlr, 4096), 0, 1), 0);
	rig_close(&rig);
	/* The first driver finds the controller changed, and gives it up. */
	expect_error(upnvme_qpair_close(qp), -EIO, UPNVME_ERR_CTRLR_FAILED, "is given up", NULL);
	expect_error(upnvme_close(left), -EIO, UPNVME_ERR_NOT_DURABLE, "may be lost", NULL);
}

static void a_controller_with_a_fatal_status_is_reset(void **state)
{
	struct rig rig;

	/* An admin queue that begins at no page: QEMU answers with CSTS.CFS. */
	qemu_write(group_qemu, UPNVME_SPEC_REG_AQA, 4, 0);
	qemu_write(group_qemu, UPNVME_SPEC_REG_ASQ, 8, 0);
	qemu_write(group_qemu, UPNVME_SPEC_REG_ACQ, 8, 0);
	qemu_write(group_qemu, UPNVME_SPEC_REG_CC, 4, UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CC_EN, 1u));
	assert_true(UPNVME_SPEC_CSTS_CFS(csts()));
	rig_of_group(&rig, 1, 0, 0);
	assert_int_equal(do_read(&rig, dma(rig.ctrlr, 4096), 0, 1), 0);
	rig_close(&rig);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_fresh_controller_becomes_ready),
	cmocka_unit_test(closing_shuts_the_controller_down_and_disables_it),
	cmocka_unit_test(the_registers_and_the_properties_agree),
	cmocka_unit_test(a_controller_can_be_opened_many_times),
	cmocka_unit_test(a_controller_that_was_left_enabled_is_taken_over),
	cmocka_unit_test(a_controller_that_another_driver_has_open_is_taken_over),
	cmocka_unit_test(a_controller_with_a_fatal_status_is_reset),
};

QEMU_GROUP(config, tests)
