/* SPDX-License-Identifier: BSD-3-Clause */
/* Submission queues in the memory of a controller that has 1 MiB of it: how many there can be, and that each is a queue
 * of its own. What the controller holds is overwritten. */
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

static void the_controller_says_what_it_has(void **state)
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

static void the_buffer_is_filled_with_queues_and_no_further_one(void **state)
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

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_controller_says_what_it_has),
		cmocka_unit_test(the_buffer_is_filled_with_queues_and_no_further_one),
		cmocka_unit_test(
			the_buffer_is_filled_with_queues_and_no_further_one), /* opened again */
	};

	if (argc != 2) {
		fprintf(stderr, "usage: test_cmb URI\n");
		return 2;
	}
	uri = argv[1];
	return cmocka_run_group_tests_name(uri, tests, NULL, NULL);
}
