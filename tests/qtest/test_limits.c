/* SPDX-License-Identifier: BSD-3-Clause */
/* A controller with tight limits, and one whose limit of transfers is above what one command can
 * describe: 4 MiB, the largest that newer QEMU takes (MDTS 0, no limit, it does not). */
#include "support/rig.h"

static const struct qemu_ns namespaces[] = { { .nsid = 1, .bytes = 16 * MIB } };
static const struct qemu_config tight = { .properties = "mdts=1,vsl=1,max_ioqpairs=2",
					  .namespaces = namespaces,
					  .nnamespaces = NELEMS(namespaces) };
static const struct qemu_config loose = { .properties = "mdts=10",
					  .namespaces = namespaces,
					  .nnamespaces = NELEMS(namespaces) };

static struct upnvme_ctrlr_info info_of(upnvme_ctrlr *ctrlr)
{
	struct upnvme_ctrlr_info info = { .size = UPNVME_CTRLR_INFO_SIZE };

	OK(upnvme_ctrlr_info_get(ctrlr, &info));
	return info;
}

static uint64_t submitted(const struct rig *rig)
{
	struct upnvme_qpair_stats stats = { .size = UPNVME_QPAIR_STATS_SIZE };

	OK(upnvme_qpair_stats_get(rig->qp, &stats));
	return stats.submitted;
}

/* Writes and reads `blocks` in one request each, which takes `parts` commands. */
static void round_trip(struct rig *rig, uint32_t blocks, uint32_t offset, uint64_t parts)
{
	uint64_t before = submitted(rig);
	char *buf = dma(rig->ctrlr, (size_t)blocks * 512 + 4096);

	pattern_fill(buf + offset, 11, blocks, 512, blocks);
	assert_int_equal(do_write(rig, buf + offset, 11, blocks), 0);
	memset(buf, 0, (size_t)blocks * 512 + 4096);
	assert_int_equal(do_read(rig, buf + offset, 11, blocks), 0);
	assert_true(pattern_is(buf + offset, 11, blocks, 512, blocks));
	assert_int_equal(submitted(rig) - before, 2 * parts);
	OK(upnvme_dma_free(rig->ctrlr, buf));
}

static void the_limits_are_known(void **state)
{
	upnvme_ctrlr *ctrlr = ctrlr_of_group();
	struct upnvme_ctrlr_info info = info_of(ctrlr);

	assert_int_equal(info.max_transfer_bytes, 8192);
	assert_int_equal(info.max_verify_bytes, 8192);
	assert_int_equal(info.max_write_zeroes_bytes, 8192); /* no WZSL: MDTS is taken */
	assert_int_equal(info.max_qpairs, 2);
	OK(upnvme_close(ctrlr));
}

static void requests_are_split_at_mdts(void **state)
{
	struct rig rig;

	rig_of_group(&rig, 1, 0, 0);
	round_trip(&rig, 16, 0, 1);
	round_trip(&rig, 16, 4, 1);
	round_trip(&rig, 17, 0, 2);
	round_trip(&rig, 2048, 0, 128);
	round_trip(&rig, 2049, 2044, 129);
	rig_close(&rig);
}

static void a_queue_of_depth_one_takes_long_requests(void **state)
{
	struct rig rig;

	rig_of_group(&rig, 1, 2, 1);
	round_trip(&rig, 2048, 0, 128);
	rig_close(&rig);
}

static void many_long_requests_share_a_small_queue(void **state)
{
	struct io io = { 0 };
	struct rig rig;
	char *buf;

	rig_of_group(&rig, 1, 5, 4);
	buf = dma(rig.ctrlr, 4 * 512 * 512);
	for (uint32_t i = 0; i < 4; i++) {
		char *part = buf + i * 512 * 512;

		pattern_fill(part, i * 512, 512, 512, i);
		/* The parts of earlier requests may have taken all the room. */
		while (upnvme_write(rig.qp, rig.ns, part, i * 512, 512, on_done, &io) == -EAGAIN)
			OK(upnvme_poll(rig.qp, 0));
	}
	wait_for(rig.qp, &io, 4);
	assert_int_equal(io.last.status, 0);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(do_read(&rig, buf, i * 512, 512), 0);
		assert_true(pattern_is(buf, i * 512, 512, 512, i));
	}
	rig_close(&rig);
}

static void verify_is_split_at_vsl(void **state)
{
	struct upnvme_op op = { .opcode = UPNVME_OP_VERIFY, .nsid = 1, .blocks = 160 };
	struct rig rig;

	rig_of_group(&rig, 1, 0, 0);
	assert_int_equal(do_op(&rig, &op).status, 0);
	assert_int_equal(submitted(&rig), 10);
	rig_close(&rig);
}

static void raw_commands_above_mdts_are_refused(void **state)
{
	struct upnvme_raw raw = { .cdw = { UPNVME_OP_READ, 1, [12] = 31 },
				  .data_bytes = 16384,
				  .direction = UPNVME_DATA_FROM_DEVICE };
	struct upnvme_op op = { .form = UPNVME_FORM_RAW, .buf = &raw };
	struct rig rig;

	rig_of_group(&rig, 1, 0, 0);
	raw.data = dma(rig.ctrlr, 16384);
	expect_error(upnvme_io(rig.qp, &op, NULL, NULL), -EINVAL, UPNVME_ERR_TRANSFER, "16384",
		     "8192", NULL);
	rig_close(&rig);
}

static void one_queue_pair_too_many_is_refused(void **state)
{
	upnvme_ctrlr *ctrlr = ctrlr_of_group();
	upnvme_qpair *first = create_qpair(ctrlr, 0, 0, 0), *second = create_qpair(ctrlr, 0, 0, 0);
	upnvme_qpair *third = NULL;

	expect_error(upnvme_qpair_create(&third, ctrlr, NULL), -ENOSPC, UPNVME_ERR_QPAIR_LIMIT, "2",
		     NULL);
	OK(upnvme_qpair_close(first));
	first = create_qpair(ctrlr, 0, 0, 0);
	OK(upnvme_qpair_close(first));
	OK(upnvme_qpair_close(second));
	OK(upnvme_close(ctrlr));
}

static void queue_pairs_come_and_go(void **state)
{
	struct rig rig = { .ctrlr = ctrlr_of_group(), .block = 512 };
	void *buf = dma(rig.ctrlr, 4096);

	OK(upnvme_ns_get(&rig.ns, rig.ctrlr, 1));
	for (uint32_t i = 0; i < 100; i++) {
		rig.qp = create_qpair(rig.ctrlr, 2 + i * 20, 0, 0);
		assert_int_equal(do_read(&rig, buf, i, 8), 0);
		OK(upnvme_qpair_close(rig.qp));
	}
	OK(upnvme_close(rig.ctrlr));
}

static void more_entries_than_mqes_are_refused(void **state)
{
	struct upnvme_qpair_opts opts = UPNVME_QPAIR_OPTS_INIT;
	upnvme_ctrlr *ctrlr = ctrlr_of_group();
	upnvme_qpair *qp = NULL;

	opts.entries = info_of(ctrlr).max_queue_entries + 1;
	expect_error(upnvme_qpair_create(&qp, ctrlr, &opts), -EINVAL, UPNVME_ERR_ARGUMENT, "2048",
		     "2049", NULL);
	OK(upnvme_close(ctrlr));
}

static void below_mdts_a_list_page_is_the_limit(void **state)
{
	struct rig rig;

	rig_of_group(&rig, 1, 0, 0);
	assert_int_equal(info_of(rig.ctrlr).max_transfer_bytes, 2 * MIB);
	round_trip(&rig, 4096, 0, 1);
	round_trip(&rig, 4096, 4092, 1);
	round_trip(&rig, 4097, 0, 2);
	round_trip(&rig, 20000, 512, 5);
	rig_close(&rig);
}

static void the_options_make_the_limit_smaller(void **state)
{
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	struct rig rig = { .block = 512 };

	opts.max_transfer_bytes = 65536;
	opts.nqpairs = 3;
	OK(qtest_open(&rig.ctrlr, group_qemu, &opts));
	assert_int_equal(info_of(rig.ctrlr).max_transfer_bytes, 65536);
	OK(upnvme_ns_get(&rig.ns, rig.ctrlr, 1));
	rig.qp = create_qpair(rig.ctrlr, 0, 0, 0);
	round_trip(&rig, 2048, 0, 16);
	rig_close(&rig);
}

static const struct CMUnitTest tight_tests[] = {
	cmocka_unit_test(the_limits_are_known),
	cmocka_unit_test(requests_are_split_at_mdts),
	cmocka_unit_test(a_queue_of_depth_one_takes_long_requests),
	cmocka_unit_test(many_long_requests_share_a_small_queue),
	cmocka_unit_test(verify_is_split_at_vsl),
	cmocka_unit_test(raw_commands_above_mdts_are_refused),
	cmocka_unit_test(one_queue_pair_too_many_is_refused),
	cmocka_unit_test(queue_pairs_come_and_go),
	cmocka_unit_test(more_entries_than_mqes_are_refused),
};

static const struct CMUnitTest loose_tests[] = {
	cmocka_unit_test(below_mdts_a_list_page_is_the_limit),
	cmocka_unit_test(the_options_make_the_limit_smaller),
};

int main(void)
{
	int failed;

	qemu_require();
	group_config = &tight;
	failed = cmocka_run_group_tests(tight_tests, group_start, group_stop);
	group_config = &loose;
	return failed + cmocka_run_group_tests(loose_tests, group_start, group_stop);
}
