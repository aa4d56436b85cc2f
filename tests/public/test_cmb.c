/* SPDX-License-Identifier: BSD-3-Clause */
/* Submission queues in the memory of a controller that has 1 MiB of it: how many there can be, and that each is a queue
 * of its own. The controllers are our own, or the one that the command line names; what it holds is overwritten. */
#include <errno.h>

#include "support.h"

#define BUFFER_BYTES (1u << 20)
#define ENTRIES      2048u /* 128 KiB */
#define NQPAIRS      (BUFFER_BYTES / (ENTRIES * 64u))

static const char *uri;

static int create(upnvme_qpair **qp, struct rig *rig)
{
	struct upnvme_qpair_opts opts = UPNVME_QPAIR_OPTS_INIT;

	opts.flags = UPNVME_QPAIR_CMB;
	opts.entries = ENTRIES;
	return upnvme_qpair_create(qp, rig->ctrlr, &opts);
}

static void the_controller_reports_its_memory_buffer(void **state)
{
	struct upnvme_ctrlr_info info = { .size = UPNVME_CTRLR_INFO_SIZE };
	upnvme_ctrlr *ctrlr = open_uri("%s", uri);

	OK(upnvme_ctrlr_info_get(ctrlr, &info));
	assert_int_equal(info.cmb_bytes, BUFFER_BYTES);
	assert_true(info.cmb_flags & UPNVME_CMB_SUBMISSION_QUEUES);
	OK(upnvme_close(ctrlr));
}

/* All queues have commands in flight at once. */
static void exchange(struct rig *rig, upnvme_qpair *const *qps, char *out, char *in, uint64_t seed)
{
	struct io io[NQPAIRS] = { { 0 } };

	pattern_fill(out, 0, NQPAIRS, rig->block, seed);
	for (uint32_t i = 0; i < NQPAIRS; i++)
		OK(upnvme_write(qps[i], rig->ns, out + i * rig->block, i, 1, on_done, &io[i]));
	for (uint32_t i = 0; i < NQPAIRS; i++)
		wait_for(qps[i], &io[i], 1);
	memset(in, 0, (size_t)NQPAIRS * rig->block);
	for (uint32_t i = 0; i < NQPAIRS; i++)
		OK(upnvme_read(qps[i], rig->ns, in + i * rig->block, i, 1, on_done, &io[i]));
	for (uint32_t i = 0; i < NQPAIRS; i++) {
		wait_for(qps[i], &io[i], 2);
		assert_int_equal(io[i].last.status, 0);
	}
	assert_true(pattern_is(in, 0, NQPAIRS, rig->block, seed));
}

static void queues_fill_the_buffer_and_the_next_one_is_refused(void **state)
{
	upnvme_qpair *qps[NQPAIRS], *none;
	struct rig rig;
	char *out, *in;

	rig_open(&rig, 0, 0, "%s", uri);
	out = dma(rig.ctrlr, (size_t)NQPAIRS * rig.block);
	in = dma(rig.ctrlr, (size_t)NQPAIRS * rig.block);
	for (uint32_t i = 0; i < NQPAIRS; i++)
		OK(create(&qps[i], &rig));
	expect_error(create(&none, &rig), -ENOSPC, UPNVME_ERR_NO_MEMORY, "1048576", "131072", NULL);
	exchange(&rig, qps, out, in, 1);
	for (uint32_t i = 1; i < NQPAIRS; i += 2)
		OK(upnvme_qpair_close(qps[i]));
	for (uint32_t i = 1; i < NQPAIRS; i += 2)
		OK(create(&qps[i], &rig));
	expect_error(create(&none, &rig), -ENOSPC, UPNVME_ERR_NO_MEMORY, NULL);
	exchange(&rig, qps, out, in, 2);
	for (uint32_t i = 0; i < NQPAIRS; i++)
		OK(upnvme_qpair_close(qps[i]));
	assert_int_equal(do_read(&rig, in, 0, NQPAIRS), 0);
	assert_true(pattern_is(in, 0, NQPAIRS, rig.block, 2));
	OK(upnvme_dma_free(rig.ctrlr, out));
	OK(upnvme_dma_free(rig.ctrlr, in));
	rig_close(&rig);
}

static void a_controller_without_a_buffer_is_named(void **state)
{
	struct upnvme_ctrlr_info info = { .size = UPNVME_CTRLR_INFO_SIZE };
	upnvme_qpair *none;
	struct rig rig;

	rig_open(&rig, 0, 0, "soft:ram?size=1MiB");
	OK(upnvme_ctrlr_info_get(rig.ctrlr, &info));
	assert_int_equal(info.cmb_bytes, 0);
	assert_int_equal(info.cmb_flags, 0);
	expect_error(create(&none, &rig), -ENOTSUP, UPNVME_ERR_UNSUPPORTED, "soft:ram?size=1MiB",
		     "UPNVME_QPAIR_CMB", NULL);
	rig_close(&rig);
}

/* The flag together with an unknown one is refused. */
static void flags_are_checked_first(void **state)
{
	struct upnvme_qpair_opts opts = UPNVME_QPAIR_OPTS_INIT;
	struct rig rig;
	upnvme_qpair *none;

	rig_open(&rig, 0, 0, "%s", uri);
	opts.flags = UPNVME_QPAIR_CMB | 0x80000000u;
	expect_error(upnvme_qpair_create(&none, rig.ctrlr, &opts), -EINVAL, UPNVME_ERR_FLAGS, NULL);
	rig_close(&rig);
}

/* Splits, and all of the ring, many times. */
static void much_data_goes_through_a_short_queue(void **state)
{
	uint32_t blocks = 512;
	struct rig rig;
	char *out, *in;

	rig_open(&rig, 0, 0, "%s", uri);
	OK(upnvme_qpair_close(rig.qp));
	rig.qp = create_qpair(rig.ctrlr, 5, 0, UPNVME_QPAIR_CMB);
	out = dma(rig.ctrlr, (size_t)blocks * rig.block);
	in = dma(rig.ctrlr, (size_t)blocks * rig.block);
	for (uint32_t i = 0; i < 20; i++) {
		pattern_fill(out, i, blocks, rig.block, i);
		assert_int_equal(do_write(&rig, out, i, blocks), 0);
		assert_int_equal(do_read(&rig, in, i, blocks), 0);
		assert_true(pattern_is(in, i, blocks, rig.block, i));
	}
	OK(upnvme_dma_free(rig.ctrlr, out));
	OK(upnvme_dma_free(rig.ctrlr, in));
	rig_close(&rig);
}

static int run(const char *name)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_controller_reports_its_memory_buffer),
		cmocka_unit_test(much_data_goes_through_a_short_queue),
		cmocka_unit_test(flags_are_checked_first),
		cmocka_unit_test(a_controller_without_a_buffer_is_named),
		cmocka_unit_test(queues_fill_the_buffer_and_the_next_one_is_refused),
		cmocka_unit_test(
			queues_fill_the_buffer_and_the_next_one_is_refused), /* opened again */
	};

	uri = name;
	return cmocka_run_group_tests_name(uri, tests, NULL, NULL);
}

int main(int argc, char **argv)
{
	int nfailed = 0;

	if (argc > 1)
		return run(argv[1]);
	nfailed += run("soft:ram?size=8MiB&cmb=1MiB");
	nfailed += run("soft:ram?size=8MiB&cmb=1MiB&mdts=2&mode=thread");
	return nfailed;
}
