/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests that are more than one command: by the transfer limit, by the optimal boundary, on queues of every depth. */
#include <errno.h>

#include "support.h"

/* The controller's shape of one run. */
struct shape {
	uint32_t entries;
	uint32_t block;
	uint32_t mdts;  /* 2^mdts pages */
	uint32_t noiob; /* blocks, 0: none */
	uint64_t max_transfer;
};

#define NBLOCKS 256u

static void shape_open(struct rig *rig, const struct shape *shape)
{
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	char uri[128];

	opts.max_transfer_bytes = shape->max_transfer;
	snprintf(uri, sizeof(uri), "soft:ram?size=%u&block=%u&mdts=%u&noiob=%u",
		 NBLOCKS * shape->block, shape->block, shape->mdts, shape->noiob);
	OK(upnvme_open(&rig->ctrlr, uri, &opts));
	OK(upnvme_ns_get(&rig->ns, rig->ctrlr, 1));
	rig->qp = create_qpair(rig->ctrlr, shape->entries, 0, 0);
	rig->block = shape->block;
}

/* How many commands a request should become, counted block by block. */
static uint32_t parts_of(const struct shape *shape, uint64_t lba, uint32_t blocks)
{
	uint64_t limit = 4096ull << shape->mdts;
	uint32_t parts = 0, in_part = 0;

	if (shape->max_transfer && shape->max_transfer < limit)
		limit = shape->max_transfer;
	for (uint32_t i = 0; i < blocks; i++) {
		bool crosses = shape->noiob && (lba + i) % shape->noiob == 0;

		if (in_part == 0 || crosses || (uint64_t)(in_part + 1) * shape->block > limit) {
			parts++;
			in_part = 0;
		}
		in_part++;
	}
	return parts;
}

static uint64_t submitted_of(upnvme_qpair *qp)
{
	struct upnvme_qpair_stats stats = { .size = UPNVME_QPAIR_STATS_SIZE };

	OK(upnvme_qpair_stats_get(qp, &stats));
	return stats.submitted;
}

static void one_request(struct rig *rig, const struct shape *shape, char *buf, uint64_t lba,
			uint32_t blocks)
{
	uint64_t before = submitted_of(rig->qp);

	memset(buf, 0xcc, (size_t)blocks * rig->block);
	assert_int_equal(do_read(rig, buf, lba, blocks), 0);
	assert_int_equal(submitted_of(rig->qp) - before, parts_of(shape, lba, blocks));
	assert_true(pattern_is(buf, lba, blocks, rig->block, 2));
	/* The next reads show that the written blocks are there, and that their neighbours are
	 * unchanged. */
	assert_int_equal(do_write(rig, buf, lba, blocks), 0);
	assert_int_equal(upnvme_qpair_inflight(rig->qp), 0);
}

static void every_length_at_every_boundary(const struct shape *shape)
{
	uint64_t lba_step = is_tsan_build() ? 7 : is_slow_build() ? 3 : 1;
	uint32_t blocks_step = is_tsan_build() ? 9 : is_slow_build() ? 2 : 1;
	struct rig rig;
	char *buf;

	shape_open(&rig, shape);
	buf = dma(rig.ctrlr, (size_t)NBLOCKS * rig.block + 8192);
	pattern_fill(buf, 0, NBLOCKS, rig.block, 2);
	assert_int_equal(do_write(&rig, buf, 0, NBLOCKS), 0);
	for (uint64_t lba = 0; lba < 20; lba += lba_step)
		for (uint32_t blocks = 1; blocks <= 40; blocks += blocks_step) {
			uint32_t offset = (uint32_t)((lba * 40 + blocks) * 4 % 8192);

			one_request(&rig, shape, buf, lba, blocks);
			one_request(&rig, shape, buf + offset, lba, blocks);
		}
	one_request(&rig, shape, buf + 4, 0, NBLOCKS);
	one_request(&rig, shape, buf, NBLOCKS - 1, 1);
	OK(upnvme_dma_free(rig.ctrlr, buf));
	rig_close(&rig);
}

static void requests_are_split_at_the_transfer_limit(void **state)
{
	for (uint32_t mdts = 1; mdts <= 3; mdts++) {
		every_length_at_every_boundary(&(struct shape){ 64, 512, mdts, 0, 0 });
		every_length_at_every_boundary(&(struct shape){ 64, 4096, mdts, 0, 0 });
	}
}

static void requests_are_split_at_the_options_limit(void **state)
{
	static const uint64_t limits[] = { 4096, 8192, 12288, 20480 };

	for (size_t i = 0; i < NELEMS(limits); i++) {
		every_length_at_every_boundary(&(struct shape){ 64, 512, 8, 0, limits[i] });
		every_length_at_every_boundary(&(struct shape){ 64, 4096, 8, 0, limits[i] });
	}
}

static void requests_are_split_at_the_optimal_boundary(void **state)
{
	static const uint32_t boundaries[] = { 1, 2, 3, 7, 8, 16, 300 };

	for (size_t i = 0; i < NELEMS(boundaries); i++) {
		every_length_at_every_boundary(&(struct shape){ 64, 512, 2, boundaries[i], 0 });
		every_length_at_every_boundary(&(struct shape){ 64, 4096, 8, boundaries[i], 0 });
	}
}

static void queues_of_any_depth_can_split(void **state)
{
	for (uint32_t entries = 2; entries <= 6; entries++) {
		every_length_at_every_boundary(&(struct shape){ entries, 512, 1, 0, 0 });
		every_length_at_every_boundary(&(struct shape){ entries, 4096, 1, 3, 0 });
	}
}

static void blocks_of_the_limits_size(void **state)
{
	every_length_at_every_boundary(&(struct shape){ 2, 4096, 1, 0, 4096 });
	every_length_at_every_boundary(&(struct shape){ 4, 8192, 1, 0, 0 });
}

/* As many large requests as a queue takes, at the same time: none starves and none is lost. */
static void many_split_requests_share_a_queue(void **state)
{
	for (uint32_t entries = 2; entries <= 40; entries += 1 + entries / 4) {
		struct shape shape = { entries, 512, 1, 0, 0 };
		struct io ios[64] = { 0 };
		char *bufs[64];
		uint32_t n = 0;
		struct rig rig;
		int rc = 0;

		shape_open(&rig, &shape);
		while (rc == 0 && n < 64) {
			bufs[n] = dma(rig.ctrlr, 100 * 512);
			pattern_fill(bufs[n], 0, 100, 512, n);
			rc = upnvme_write(rig.qp, rig.ns, bufs[n], n % 3 * 50, 100, on_done,
					  &ios[n]);
			n += rc == 0;
		}
		assert_true(n >= 1 && n < entries);
		assert_int_equal(rc, -EAGAIN);
		assert_int_equal(upnvme_qpair_inflight(rig.qp), n);
		for (uint32_t i = 0; i < n; i++)
			wait_for(rig.qp, &ios[i], 1);
		assert_int_equal(upnvme_qpair_inflight(rig.qp), 0);
		for (uint32_t i = 0; i < n; i++)
			assert_int_equal(ios[i].last.status, 0);
		rig_close(&rig);
	}
}

static void tagged_requests_are_split_too(void **state)
{
	struct shape shape = { 4, 512, 1, 0, 0 };
	struct upnvme_completion done[2];
	struct upnvme_op op = { .opcode = UPNVME_OP_READ, .nsid = 1, .blocks = 200, .tag = 99 };
	struct rig rig;
	int n = 0;

	shape_open(&rig, &shape);
	op.buf = dma(rig.ctrlr, 200 * 512);
	assert_int_equal(upnvme_submit(rig.qp, &op, 1), 1);
	/* The queue has no room for another request while the parts go on. */
	for (int i = 0; i < 40; i++)
		assert_int_equal(upnvme_reap(rig.qp, NULL, 0), 0);
	assert_int_equal(upnvme_poll(rig.qp, 0), -ENOMSG);
	for (int i = 0; i < 40 && n == 0; i++)
		n = upnvme_reap(rig.qp, done, 2);
	assert_int_equal(n, 1);
	assert_int_equal(done[0].tag, 99);
	assert_int_equal(done[0].blocks, 200);
	assert_int_equal(upnvme_reap(rig.qp, done, 2), 0);
	rig_close(&rig);
}

static void commands_without_data_are_split_by_their_own_limits(void **state)
{
	struct rig rig;
	struct io io = { 0 };
	char *buf;

	/* 65,536 blocks are what one Write Zeroes or Verify can say. */
	rig_open(&rig, 3, 0, "soft:ram?size=100MiB&block=512");
	buf = dma(rig.ctrlr, 512);
	pattern_fill(buf, 0, 1, 512, 1);
	for (uint32_t lba = 0; lba < 200000; lba += 33333)
		assert_int_equal(do_write(&rig, buf, lba, 1), 0);
	OK(upnvme_verify(rig.qp, rig.ns, 0, 204800, on_done, &io));
	wait_for(rig.qp, &io, 1);
	assert_int_equal(io.last.status, 0);
	assert_int_equal(io.last.blocks, 204800);
	OK(upnvme_write_zeroes(rig.qp, rig.ns, 1, 199999, on_done, &io));
	wait_for(rig.qp, &io, 2);
	assert_int_equal(io.last.status, 0);
	assert_int_equal(io.last.blocks, 199999);
	for (uint32_t lba = 33333; lba < 199999; lba += 33333) {
		memset(buf, 1, 512);
		assert_int_equal(do_read(&rig, buf, lba, 1), 0);
		for (int i = 0; i < 512; i++)
			assert_int_equal(buf[i], 0);
	}
	assert_int_equal(do_read(&rig, buf, 0, 1), 0);
	assert_true(pattern_is(buf, 0, 1, 512, 1));
	OK(upnvme_deallocate(rig.qp, rig.ns, 0, 204800, on_done, &io));
	wait_for(rig.qp, &io, 3);
	assert_int_equal(io.last.status, 0);
	rig_close(&rig);
}

/* The first block in error is what the completion names, though later parts may have been fine. */
static void an_error_in_a_part_names_its_first_block(void **state)
{
	struct shape shape = { 16, 512, 1, 0, 0 };
	struct rig rig;
	struct io io = { 0 };
	char *buf;

	shape_open(&rig, &shape);
	buf = dma(rig.ctrlr, NBLOCKS * 512);
	pattern_fill(buf, 0, NBLOCKS, 512, 2);
	assert_int_equal(do_write(&rig, buf, 0, NBLOCKS), 0);
	buf[70 * 512] ^= 1;
	OK(upnvme_compare(rig.qp, rig.ns, buf, 0, NBLOCKS, on_done, &io));
	wait_for(rig.qp, &io, 1);
	assert_int_equal(STATUS_CODE(io.last.status), STATUS_COMPARE_FAILURE);
	assert_int_equal(io.last.blocks, 64); /* parts of 16 blocks */
	assert_int_equal(io.last.flags, 0);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_split_at_the_transfer_limit),
		cmocka_unit_test(requests_are_split_at_the_options_limit),
		cmocka_unit_test(requests_are_split_at_the_optimal_boundary),
		cmocka_unit_test(queues_of_any_depth_can_split),
		cmocka_unit_test(blocks_of_the_limits_size),
		cmocka_unit_test(many_split_requests_share_a_queue),
		cmocka_unit_test(tagged_requests_are_split_too),
		cmocka_unit_test(commands_without_data_are_split_by_their_own_limits),
		cmocka_unit_test(an_error_in_a_part_names_its_first_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
