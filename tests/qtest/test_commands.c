/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands beside read and write, as QEMU's controller understands them, and commands given
 * raw. */
#include "support/rig.h"

#include <upnvme/spec/command.h>
#include <upnvme/spec/opcode.h>
#include <upnvme/spec/status.h>

static const struct qemu_ns namespaces[] = { { .nsid = 1, .bytes = 16 * MIB } };
static const struct qemu_config config = { .namespaces = namespaces,
					   .nnamespaces = NELEMS(namespaces) };

#define NBLOCKS (16 * MIB / 512)
#define SEED    77u

/* Each test finds the pattern in the first `blocks` blocks. */
static void *open_with_pattern(struct rig *rig, uint32_t blocks)
{
	void *buf;

	rig_of_group(rig, 1, 0, 0);
	buf = dma(rig->ctrlr, blocks * 512);
	pattern_fill(buf, 0, blocks, 512, SEED);
	assert_int_equal(do_write(rig, buf, 0, blocks), 0);
	return buf;
}

static bool is_zero(const void *buf, size_t bytes)
{
	const char *at = buf;

	return !at[0] && !memcmp(at, at + 1, bytes - 1);
}

/* Blocks [0, 16) and [24, 32) have the pattern, those between are zero. */
static void expect_hole(struct rig *rig, char *buf)
{
	memset(buf, 0xee, 32 * 512);
	assert_int_equal(do_read(rig, buf, 0, 32), 0);
	assert_true(pattern_is(buf, 0, 16, 512, SEED));
	assert_true(is_zero(buf + 16 * 512, 8 * 512));
	assert_true(pattern_is(buf + 24 * 512, 24, 8, 512, SEED));
}

static uint16_t run(struct rig *rig, struct upnvme_op op)
{
	op.nsid = op.nsid ? op.nsid : 1;
	return do_op(rig, &op).status & 0x7ff;
}

#define RUN(rig, ...) run(rig, (struct upnvme_op){ __VA_ARGS__ })

static void write_zeroes_writes_zeroes(void **state)
{
	struct rig rig;
	char *buf = open_with_pattern(&rig, 32);

	assert_int_equal(RUN(&rig, .opcode = UPNVME_OP_WRITE_ZEROES, .lba = 16, .blocks = 8), 0);
	expect_hole(&rig, buf);
	rig_close(&rig);
}

static void write_zeroes_may_deallocate(void **state)
{
	struct rig rig;
	char *buf = open_with_pattern(&rig, 32);

	assert_int_equal(RUN(&rig, .opcode = UPNVME_OP_WRITE_ZEROES, .lba = 16, .blocks = 8,
			     .flags = UPNVME_DEALLOCATE_ZEROES),
			 0);
	expect_hole(&rig, buf);
	rig_close(&rig);
}

/* This controller tells no WZSL: MDTS, which is 512 KiB, is taken for it. */
static void write_zeroes_of_the_whole_namespace_goes_in_parts(void **state)
{
	struct upnvme_qpair_stats before = { .size = UPNVME_QPAIR_STATS_SIZE }, after = before;
	struct rig rig;
	char *buf = open_with_pattern(&rig, 32);

	OK(upnvme_qpair_stats_get(rig.qp, &before));
	assert_int_equal(RUN(&rig, .opcode = UPNVME_OP_WRITE_ZEROES, .blocks = NBLOCKS), 0);
	OK(upnvme_qpair_stats_get(rig.qp, &after));
	assert_int_equal(after.submitted - before.submitted, (NBLOCKS * 512ull) >> 19);
	assert_int_equal(do_read(&rig, buf, 0, 32), 0);
	assert_true(is_zero(buf, 32 * 512));
	rig_close(&rig);
}

static void deallocated_blocks_read_as_zeroes(void **state)
{
	struct upnvme_ns_info info = { .size = UPNVME_NS_INFO_SIZE };
	struct rig rig;
	char *buf = open_with_pattern(&rig, 32);

	OK(upnvme_ns_info_get(rig.ns, &info));
	assert_int_equal(info.deallocated_reads_zero, 1);
	assert_int_equal(RUN(&rig, .opcode = UPNVME_OP_DATASET_MANAGEMENT, .lba = 16, .blocks = 8),
			 0);
	expect_hole(&rig, buf);
	rig_close(&rig);
}

static void a_list_of_ranges_is_deallocated(void **state)
{
	struct rig rig;
	char *buf = open_with_pattern(&rig, 64);
	struct upnvme_spec_dsm_range *ranges = dma(rig.ctrlr, 256 * sizeof(*ranges));

	ranges[0] = (struct upnvme_spec_dsm_range){ .slba = 8, .length = 8 };
	ranges[1] = (struct upnvme_spec_dsm_range){ .slba = 40, .length = 16 };
	assert_int_equal(RUN(&rig, .opcode = UPNVME_OP_DATASET_MANAGEMENT,
			     .form = UPNVME_FORM_RANGES, .blocks = 2, .buf = ranges,
			     .dsm = UPNVME_SPEC_DSM_AD),
			 0);
	assert_int_equal(do_read(&rig, buf, 0, 64), 0);
	assert_true(pattern_is(buf, 0, 8, 512, SEED));
	assert_true(is_zero(buf + 8 * 512, 8 * 512));
	assert_true(pattern_is(buf + 16 * 512, 16, 24, 512, SEED));
	assert_true(is_zero(buf + 40 * 512, 16 * 512));
	assert_true(pattern_is(buf + 56 * 512, 56, 8, 512, SEED));
	rig_close(&rig);
}

static void compare_tells_equal_from_different(void **state)
{
	struct rig rig;
	char *buf = open_with_pattern(&rig, 32);

	assert_int_equal(RUN(&rig, .opcode = UPNVME_OP_COMPARE, .blocks = 32, .buf = buf), 0);
	buf[31 * 512 + 511] ^= 1;
	assert_int_equal(RUN(&rig, .opcode = UPNVME_OP_COMPARE, .blocks = 32, .buf = buf),
			 UPNVME_SPEC_SC_COMPARE_FAILURE);
	assert_int_equal(RUN(&rig, .opcode = UPNVME_OP_COMPARE, .blocks = 31, .buf = buf), 0);
	rig_close(&rig);
}

/* 4 MiB in commands of 512 KiB, MDTS. */
static void a_split_compare_tells_how_many_blocks_were_equal(void **state)
{
	struct rig rig;
	char *buf = open_with_pattern(&rig, 8192);
	struct upnvme_op op = {
		.opcode = UPNVME_OP_COMPARE, .nsid = 1, .blocks = 8192, .buf = buf
	};
	struct upnvme_completion done = do_op(&rig, &op);

	assert_int_equal(done.status, 0);
	assert_int_equal(done.blocks, 8192);
	buf[5000 * 512] ^= 1;
	done = do_op(&rig, &op);
	assert_int_equal(done.status & 0x7ff, UPNVME_SPEC_SC_COMPARE_FAILURE);
	assert_int_equal(done.blocks, 4096); /* the part that differs begins there */
	rig_close(&rig);
}

static void verify_reads_without_data(void **state)
{
	struct upnvme_qpair_stats before = { .size = UPNVME_QPAIR_STATS_SIZE }, after = before;
	struct rig rig;

	open_with_pattern(&rig, 32);
	OK(upnvme_qpair_stats_get(rig.qp, &before));
	assert_int_equal(RUN(&rig, .opcode = UPNVME_OP_VERIFY, .blocks = 4096), 0);
	OK(upnvme_qpair_stats_get(rig.qp, &after));
	assert_int_equal(after.submitted - before.submitted, 4); /* VSL is 512 KiB */
	rig_close(&rig);
}

static void flush_and_forced_unit_access_succeed(void **state)
{
	struct rig rig;
	char *buf = open_with_pattern(&rig, 8);

	assert_int_equal(RUN(&rig, .opcode = UPNVME_OP_FLUSH), 0);
	assert_int_equal(RUN(&rig, .opcode = UPNVME_OP_WRITE, .blocks = 8, .buf = buf,
			     .flags = UPNVME_FUA),
			 0);
	assert_int_equal(RUN(&rig, .opcode = UPNVME_OP_READ, .blocks = 8, .buf = buf,
			     .flags = UPNVME_FUA | UPNVME_LIMITED_RETRY),
			 0);
	rig_close(&rig);
}

static void long_requests_complete_once(void **state)
{
	struct upnvme_qpair_stats stats = { .size = UPNVME_QPAIR_STATS_SIZE };
	struct rig rig;
	char *buf = open_with_pattern(&rig, 8192);

	memset(buf, 0, 8192 * 512);
	assert_int_equal(do_read(&rig, buf, 0, 8192), 0);
	assert_true(pattern_is(buf, 0, 8192, 512, SEED));
	OK(upnvme_qpair_stats_get(rig.qp, &stats));
	assert_int_equal(stats.split, 2);
	assert_int_equal(stats.submitted, 16);
	assert_int_equal(upnvme_qpair_inflight(rig.qp), 0);
	rig_close(&rig);
}

static void a_batch_comes_back_by_its_tags(void **state)
{
	struct upnvme_completion done[48];
	struct upnvme_op ops[48];
	struct rig rig;
	char *buf = open_with_pattern(&rig, 48);
	uint64_t seen = 0;

	memset(buf, 0, 48 * 512);
	for (uint32_t i = 0; i < 48; i++)
		ops[i] = (struct upnvme_op){ .opcode = UPNVME_OP_READ,
					     .nsid = 1,
					     .lba = i,
					     .blocks = 1,
					     .tag = i,
					     .buf = buf + i * 512 };
	assert_int_equal(upnvme_exec(rig.qp, ops, 48, done, 48, 20ull * 1000000000), 48);
	for (uint32_t i = 0; i < 48; i++) {
		assert_int_equal(done[i].status, 0);
		seen |= 1ull << done[i].tag;
	}
	assert_true(seen == (1ull << 48) - 1);
	assert_true(pattern_is(buf, 0, 48, 512, SEED));
	rig_close(&rig);
}

/* --- raw ------------------------------------------------------------------------------------------ */

static uint16_t run_raw(struct rig *rig, struct upnvme_raw raw)
{
	struct upnvme_op op = { .form = UPNVME_FORM_RAW, .buf = &raw };

	return do_op(rig, &op).status;
}

#define RAW(rig, ...) run_raw(rig, (struct upnvme_raw){ __VA_ARGS__ })

static void a_raw_read_reads(void **state)
{
	struct rig rig;
	char *buf = open_with_pattern(&rig, 32);

	memset(buf, 0, 32 * 512);
	assert_int_equal(RAW(&rig, .cdw = { UPNVME_SPEC_CMD_READ, 1, [10] = 3, [12] = 7 },
			     .data = buf + 4, .data_bytes = 4096,
			     .direction = UPNVME_DATA_FROM_DEVICE),
			 0);
	assert_true(pattern_is(buf + 4, 3, 8, 512, SEED));
	rig_close(&rig);
}

static void the_controllers_answer_to_bad_commands_comes_through(void **state)
{
	struct rig rig;
	char *buf = open_with_pattern(&rig, 8);
	uint16_t status = RAW(&rig, .cdw = { 0x7f, 1 });

	assert_int_equal(status & 0x7ff, UPNVME_SPEC_SC_INVALID_OPCODE);
	assert_true(status & UPNVME_SPEC_STATUS_DNR_BIT);
	assert_int_equal(
		RAW(&rig, .cdw = { UPNVME_SPEC_CMD_FLUSH, 99 }) & 0x7ff,
		UPNVME_SPEC_SC_INVALID_FIELD); /* an identifier that is valid, but not active */
	assert_int_equal(RAW(&rig, .cdw = { UPNVME_SPEC_CMD_FLUSH, 1000 }) & 0x7ff,
			 UPNVME_SPEC_SC_INVALID_NAMESPACE_OR_FORMAT);
	status = RAW(&rig, .cdw = { UPNVME_SPEC_CMD_READ, 1, [10] = NBLOCKS - 1, [12] = 1 },
		     .data = buf, .data_bytes = 1024, .direction = UPNVME_DATA_FROM_DEVICE);
	assert_int_equal(status & 0x7ff, UPNVME_SPEC_SC_LBA_OUT_OF_RANGE);
	rig_close(&rig);
}

/* A command that upnvme_op does not know: Copy, from blocks 4 to 11 to block 100 on. */
static void a_raw_copy_copies(void **state)
{
	struct rig rig;
	char *buf = open_with_pattern(&rig, 32);
	uint64_t *range = dma(rig.ctrlr, 4096);

	range[1] = 4;
	range[2] = 7;
	assert_int_equal(RAW(&rig, .cdw = { UPNVME_SPEC_CMD_COPY, 1, [10] = 100 }, .data = range,
			     .data_bytes = 32, .direction = UPNVME_DATA_TO_DEVICE),
			 0);
	assert_int_equal(do_read(&rig, buf, 100, 8), 0);
	assert_true(pattern_is(buf, 4, 8, 512, SEED));
	rig_close(&rig);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(write_zeroes_writes_zeroes),
	cmocka_unit_test(write_zeroes_may_deallocate),
	cmocka_unit_test(write_zeroes_of_the_whole_namespace_goes_in_parts),
	cmocka_unit_test(deallocated_blocks_read_as_zeroes),
	cmocka_unit_test(a_list_of_ranges_is_deallocated),
	cmocka_unit_test(compare_tells_equal_from_different),
	cmocka_unit_test(a_split_compare_tells_how_many_blocks_were_equal),
	cmocka_unit_test(verify_reads_without_data),
	cmocka_unit_test(flush_and_forced_unit_access_succeed),
	cmocka_unit_test(long_requests_complete_once),
	cmocka_unit_test(a_batch_comes_back_by_its_tags),
	cmocka_unit_test(a_raw_read_reads),
	cmocka_unit_test(the_controllers_answer_to_bad_commands_comes_through),
	cmocka_unit_test(a_raw_copy_copies),
};

QEMU_GROUP(config, tests)
