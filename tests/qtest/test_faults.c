/* SPDX-License-Identifier: BSD-3-Clause */
/* QEMU's controller with a medium that fails, with a slow one, and pulled out in the middle. */
#include "support/rig.h"

#include <upnvme/spec/status.h>

/* Namespace 1 is sound, 2 cannot be read at block 5000, 3 cannot be written, and 4 can be
 * stopped. */
static const struct qemu_ns namespaces[] = {
	{ .nsid = 1, .bytes = 16 * MIB },
	{ .nsid = 2,
	  .bytes = 16 * MIB,
	  .faults = "file.inject-error.0.event=none,file.inject-error.0.iotype=read,"
		    "file.inject-error.0.errno=5,file.inject-error.0.sector=5000" },
	{ .nsid = 3,
	  .bytes = 16 * MIB,
	  .faults = "file.inject-error.0.event=none,file.inject-error.0.iotype=write,"
		    "file.inject-error.0.errno=5,file.inject-error.1.event=none,"
		    "file.inject-error.1.iotype=write-zeroes,file.inject-error.1.errno=5" },
	{ .nsid = 4, .bytes = 16 * MIB, .faults = "file.discard=unmap" },
};
static const struct qemu_config config = { .namespaces = namespaces,
					   .nnamespaces = NELEMS(namespaces) };

#define DEADLINE_NS 20000000000ull

/* --- a medium that fails -------------------------------------------------------------------------- */

static void an_unreadable_block_is_a_media_error(void **state)
{
	struct rig rig;
	void *buf;

	rig_of_group(&rig, 2, 0, 0);
	buf = dma(rig.ctrlr, 4096);
	assert_int_equal(do_read(&rig, buf, 4999, 1), 0);
	assert_int_equal(do_read(&rig, buf, 5000, 1), UPNVME_SPEC_SC_UNRECOVERED_READ_ERROR);
	assert_int_equal(do_read(&rig, buf, 5001, 1), 0);
	assert_int_equal(do_read(&rig, buf, 4996, 8), UPNVME_SPEC_SC_UNRECOVERED_READ_ERROR);
	assert_int_equal(do_write(&rig, buf, 5000, 1), 0);
	rig_close(&rig);
}

/* In parts of 1,024 blocks, MDTS; the fifth fails. */
static void a_split_read_tells_how_many_blocks_are_valid(void **state)
{
	struct upnvme_op op = { .opcode = UPNVME_OP_READ, .nsid = 2, .blocks = 8192 };
	struct upnvme_completion done;
	struct rig rig;

	rig_of_group(&rig, 2, 0, 0);
	op.buf = dma(rig.ctrlr, 8192 * 512);
	done = do_op(&rig, &op);
	assert_int_equal(done.status & 0x7ff, UPNVME_SPEC_SC_UNRECOVERED_READ_ERROR);
	assert_int_equal(done.blocks, 4096);
	assert_int_equal(done.flags, 0);
	op.blocks = 5000;
	done = do_op(&rig, &op);
	assert_int_equal(done.status, 0);
	assert_int_equal(done.blocks, 5000);
	rig_close(&rig);
}

static void a_failed_write_is_a_write_fault(void **state)
{
	struct upnvme_op zeroes = { .opcode = UPNVME_OP_WRITE_ZEROES, .nsid = 3, .blocks = 8 };
	struct upnvme_qpair_stats stats = { .size = UPNVME_QPAIR_STATS_SIZE };
	struct rig rig;
	void *buf;

	rig_of_group(&rig, 3, 0, 0);
	buf = dma(rig.ctrlr, 4096);
	assert_int_equal(do_write(&rig, buf, 0, 8), UPNVME_SPEC_SC_WRITE_FAULT);
	assert_int_equal(do_op(&rig, &zeroes).status & 0x7ff, UPNVME_SPEC_SC_WRITE_FAULT);
	assert_int_equal(do_read(&rig, buf, 0, 8), 0);
	OK(upnvme_qpair_stats_get(rig.qp, &stats));
	assert_int_equal(stats.errors, 2);
	rig_close(&rig);
}

static void compare_and_verify_meet_the_same_error(void **state)
{
	struct upnvme_op op = { .opcode = UPNVME_OP_COMPARE, .nsid = 2, .lba = 5000, .blocks = 1 };
	struct rig rig;

	rig_of_group(&rig, 2, 0, 0);
	op.buf = dma(rig.ctrlr, 4096);
	assert_int_not_equal(do_op(&rig, &op).status, 0);
	op.opcode = UPNVME_OP_VERIFY;
	op.buf = NULL;
	assert_int_not_equal(do_op(&rig, &op).status, 0);
	rig_close(&rig);
}

/* --- a slow medium ----------------------------------------------------------------- */

static void throttle(uint32_t iops)
{
	qemu_monitor(group_qemu,
		     "{\"execute\": \"block_set_io_throttle\", \"arguments\": {\"id\": \"ns1\", "
		     "\"bps\": 0, \"bps_rd\": 0, \"bps_wr\": 0, \"iops\": %u, \"iops_rd\": 0, "
		     "\"iops_wr\": 0}}",
		     iops);
}

static void hmp(const char *line)
{
	qemu_monitor(group_qemu,
		     "{\"execute\": \"human-monitor-command\", \"arguments\": {\"command-line\": "
		     "\"%s\"}}",
		     line);
}

struct counts {
	uint32_t done, succeeded, aborted, other;
};

static void on_counted(void *arg, const struct upnvme_completion *done)
{
	struct counts *counts = arg;

	counts->done++;
	if (!done->status)
		counts->succeeded++;
	else if (done->flags & UPNVME_DONE_ABORTED)
		counts->aborted++;
	else
		counts->other++;
}

static void submit_many(struct rig *rig, char *buf, uint32_t n, struct counts *counts)
{
	for (uint32_t i = 0; i < n; i++)
		OK(upnvme_read(rig->qp, rig->ns, buf + i * 512, i, 1, on_counted, counts));
	OK(upnvme_qpair_ring(rig->qp));
}

static void a_queue_pair_is_closed_with_commands_in_flight(void **state)
{
	struct counts counts = { 0 };
	struct rig rig;
	char *buf;

	rig_of_group(&rig, 1, 64, 0);
	buf = dma(rig.ctrlr, 32 * 512);
	throttle(50);
	submit_many(&rig, buf, 32, &counts);
	OK(upnvme_poll(rig.qp, 0));
	assert_true(upnvme_qpair_inflight(rig.qp) > 16);
	OK(upnvme_qpair_close(rig.qp));
	throttle(0);
	assert_int_equal(counts.done, 32);
	/* The controller lives on, and gives the identifier again. */
	rig.qp = create_qpair(rig.ctrlr, 64, 0, 0);
	assert_int_equal(do_read(&rig, buf, 0, 32), 0);
	rig_close(&rig);
}

static void requests_in_parts_are_closed_in_flight(void **state)
{
	struct counts counts = { 0 };
	struct rig rig;
	char *buf;

	rig_of_group(&rig, 1, 8, 0);
	buf = dma(rig.ctrlr, 8 * MIB);
	throttle(50);
	OK(upnvme_write(rig.qp, rig.ns, buf, 0, 16384, on_counted, &counts));
	OK(upnvme_qpair_ring(rig.qp));
	OK(upnvme_qpair_close(rig.qp));
	throttle(0);
	assert_int_equal(counts.done, 1);
	assert_int_equal(counts.succeeded, 0);
	OK(upnvme_close(rig.ctrlr));
}

/* The memory is freed at once; no other caller gets it before the controller is done with it. */
static void memory_that_is_freed_in_flight_is_set_aside(void **state)
{
	struct counts counts = { 0 };
	uint64_t deadline = now_ns() + DEADLINE_NS;
	struct rig rig;
	char *buf, *other;

	rig_of_group(&rig, 1, 0, 0);
	buf = dma(rig.ctrlr, 4096);
	throttle(20);
	submit_many(&rig, buf, 8, &counts);
	OK(upnvme_dma_free(rig.ctrlr, buf));
	other = dma(rig.ctrlr, 4096);
	assert_ptr_not_equal(buf, other);
	while (counts.done < 8 && now_ns() < deadline)
		OK(upnvme_poll(rig.qp, 0));
	throttle(0);
	assert_int_equal(counts.succeeded, 8);
	rig_close(&rig);
}

/* A time-out leaves the command with the controller; its completion comes late, and is taken
 * then. */
static void a_late_completion_is_taken_when_it_comes(void **state)
{
	struct upnvme_op op = { .opcode = UPNVME_OP_READ, .nsid = 4, .blocks = 1, .tag = 17 };
	struct upnvme_completion done = { 0 };
	struct rig rig;

	rig_of_group(&rig, 4, 0, 0);
	op.buf = dma(rig.ctrlr, 4096);
	hmp("qemu-io d4 \\\"break read_aio A\\\"");
	assert_int_equal(upnvme_exec(rig.qp, &op, 1, &done, 1, 50000000), -ETIMEDOUT);
	assert_int_equal(upnvme_qpair_inflight(rig.qp), 1);
	hmp("qemu-io d4 \\\"resume A\\\"");
	assert_int_equal(upnvme_exec(rig.qp, NULL, 0, &done, 1, DEADLINE_NS), 1);
	assert_int_equal(done.tag, 17);
	assert_int_equal(done.status, 0);
	rig_close(&rig);
}

/* --- a controller that goes away ------------------------------------------------------------------ */

/* A controller with a process of its own, which the test ends. */
static void a_controller_that_is_pulled_out_completes_everything(void **state)
{
	struct qemu *sound = group_qemu;
	uint64_t deadline = now_ns() + DEADLINE_NS;
	struct counts counts = { 0 };
	struct rig rig;
	int rc = 0;

	group_qemu = qemu_start(&config);
	rig_of_group(&rig, 1, 64, 0);
	throttle(10);
	submit_many(&rig, dma(rig.ctrlr, 32 * 512), 32, &counts);
	qemu_kill(group_qemu);
	while (rc >= 0 && now_ns() < deadline)
		rc = upnvme_ctrlr_poll(rig.ctrlr);
	assert_int_equal(rc, -EIO);
	while (counts.done < 32 && now_ns() < deadline && upnvme_poll(rig.qp, 0) >= 0)
		;
	assert_int_equal(counts.done, 32);
	assert_int_equal(counts.other, 0);
	assert_true(upnvme_read(rig.qp, rig.ns, NULL, 0, 1, on_counted, &counts) < 0);
	OK(upnvme_qpair_close(rig.qp));
	expect_error(upnvme_close(rig.ctrlr), -EIO, UPNVME_ERR_NOT_DURABLE, "may be lost", NULL);
	qemu_stop(group_qemu);
	group_qemu = sound;
}

static void a_controller_that_is_pulled_out_can_be_closed_at_once(void **state)
{
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	struct qemu *sound = group_qemu;
	struct counts counts = { 0 };
	struct rig rig = { .block = 512 };

	group_qemu = qemu_start(&config);
	opts.admin_timeout_ns = 300000000;
	OK(qtest_open(&rig.ctrlr, group_qemu, &opts));
	OK(upnvme_ns_get(&rig.ns, rig.ctrlr, 1));
	rig.qp = create_qpair(rig.ctrlr, 64, 0, 0);
	throttle(10);
	submit_many(&rig, dma(rig.ctrlr, 32 * 512), 32, &counts);
	qemu_kill(group_qemu);
	expect_error(upnvme_qpair_close(rig.qp), -EIO, UPNVME_ERR_CTRLR_FAILED, "is given up",
		     NULL);
	expect_error(upnvme_close(rig.ctrlr), -EIO, UPNVME_ERR_NOT_DURABLE, "may be lost", NULL);
	assert_int_equal(counts.done, 32);
	qemu_stop(group_qemu);
	group_qemu = sound;
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(an_unreadable_block_is_a_media_error),
	cmocka_unit_test(a_split_read_tells_how_many_blocks_are_valid),
	cmocka_unit_test(a_failed_write_is_a_write_fault),
	cmocka_unit_test(compare_and_verify_meet_the_same_error),
	cmocka_unit_test(a_queue_pair_is_closed_with_commands_in_flight),
	cmocka_unit_test(requests_in_parts_are_closed_in_flight),
	cmocka_unit_test(memory_that_is_freed_in_flight_is_set_aside),
	cmocka_unit_test(a_late_completion_is_taken_when_it_comes),
	cmocka_unit_test(a_controller_that_is_pulled_out_completes_everything),
	cmocka_unit_test(a_controller_that_is_pulled_out_can_be_closed_at_once),
};

QEMU_GROUP(config, tests)
