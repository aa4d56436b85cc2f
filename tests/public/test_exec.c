/* SPDX-License-Identifier: BSD-3-Clause */
/* upnvme_exec: adopt, submit, reap until done or late, release. */
#include <errno.h>

#include "support.h"

#define SECOND 1000000000ull

static void reads_of(struct upnvme_op *ops, uint32_t n, char *buf)
{
	memset(ops, 0, n * sizeof(*ops));
	for (uint32_t i = 0; i < n; i++) {
		ops[i].opcode = UPNVME_OP_READ;
		ops[i].nsid = 1;
		ops[i].lba = i;
		ops[i].blocks = 1;
		ops[i].buf = buf;
		ops[i].tag = 1000 + i;
	}
}

/* More ops than the queue takes, on queues of every small depth. */
static void a_batch_larger_than_the_queue_is_done(void **state)
{
	struct upnvme_completion done[100];
	struct upnvme_op ops[100];

	for (uint32_t entries = 2; entries < 12; entries++) {
		uint32_t seen[100] = { 0 };
		struct rig rig;
		char *buf;

		rig_open(&rig, entries, 0, "soft:ram?size=1MiB");
		buf = dma(rig.ctrlr, 4096);
		reads_of(ops, 100, buf);
		assert_int_equal(upnvme_exec(rig.qp, ops, 100, done, 100, 20 * SECOND), 100);
		for (int i = 0; i < 100; i++) {
			assert_int_equal(done[i].status, 0);
			assert_int_equal(done[i].blocks, 1);
			seen[done[i].tag - 1000]++;
		}
		for (int i = 0; i < 100; i++)
			assert_int_equal(seen[i], 1);
		rig_close(&rig);
	}
}

static int exec_in_thread(void *arg)
{
	struct rig *rig = arg;
	struct upnvme_completion done[4];
	struct upnvme_op ops[4];
	void *buf;

	if (upnvme_dma_alloc(&buf, rig->ctrlr, 4096, 0))
		return -1;
	reads_of(ops, 4, buf);
	if (upnvme_exec(rig->qp, ops, 4, done, 4, 20 * SECOND) != 4)
		return -2;
	return upnvme_dma_free(rig->ctrlr, buf);
}

static void a_released_queue_pair_is_adopted_for_the_call(void **state)
{
	struct upnvme_completion done[4];
	struct upnvme_op ops[4];
	struct rig rig;
	char *buf;

	rig_open(&rig, 0, 0, "soft:ram?size=1MiB");
	buf = dma(rig.ctrlr, 4096);
	reads_of(ops, 4, buf);
	OK(upnvme_qpair_release(rig.qp));
	assert_int_equal(in_thread(exec_in_thread, &rig), 0);
	assert_int_equal(upnvme_exec(rig.qp, ops, 4, done, 4, 20 * SECOND), 4);
	assert_int_equal(in_thread(exec_in_thread, &rig), 0);
	expect_error(upnvme_poll(rig.qp, 0), -EPERM, UPNVME_ERR_QPAIR_RELEASED, NULL);
	OK(upnvme_qpair_adopt(rig.qp));
	/* A queue pair that had an owner is not released by the call. */
	assert_int_equal(upnvme_exec(rig.qp, ops, 4, done, 4, 20 * SECOND), 4);
	assert_int_equal(upnvme_poll(rig.qp, 0), 0);
	assert_int_equal(in_thread(exec_in_thread, &rig), -2);
	rig_close(&rig);
}

static void an_invalid_op_ends_the_batch(void **state)
{
	struct upnvme_completion done[8];
	struct upnvme_op ops[8];
	struct rig rig;
	char *buf;

	rig_open(&rig, 3, 0, "soft:ram?size=1MiB");
	buf = dma(rig.ctrlr, 4096);
	reads_of(ops, 8, buf);
	ops[5].lba = 1 << 30;
	assert_int_equal(upnvme_exec(rig.qp, ops, 8, done, 8, 20 * SECOND), 5);
	expect_error(-ERANGE, -ERANGE, UPNVME_ERR_LBA_RANGE, "1073741824", NULL); /* the reason */
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(done[i].tag, 1000 + i);
	expect_error(upnvme_exec(rig.qp, ops + 5, 3, done, 8, 20 * SECOND), -ERANGE,
		     UPNVME_ERR_LBA_RANGE, "1073741824", NULL);
	assert_int_equal(upnvme_qpair_inflight(rig.qp), 0);
	rig_close(&rig);
}

static void a_device_error_is_no_call_error(void **state)
{
	struct upnvme_completion done[4];
	struct upnvme_op ops[4];
	struct rig rig;
	char *buf;

	rig_open(&rig, 0, 0, "soft:ram?size=1MiB");
	buf = dma(rig.ctrlr, 4096);
	memset(buf, 0x55, 4096);
	reads_of(ops, 4, buf);
	ops[2].opcode = UPNVME_OP_COMPARE;
	assert_int_equal(upnvme_exec(rig.qp, ops + 2, 1, done, 4, 20 * SECOND), 1);
	assert_int_equal(STATUS_CODE(done[0].status), STATUS_COMPARE_FAILURE);
	assert_int_equal(done[0].blocks, 0);
	assert_string_equal(upnvme_status_name(done[0].status), "Compare Failure");
	rig_close(&rig);
}

/* A time-out of 0 makes one look. The other completions come out of later calls, once. */
static void late_commands_stay_in_flight(void **state)
{
	struct upnvme_completion done[16];
	struct upnvme_op ops[16];
	uint32_t seen[16] = { 0 };
	uint32_t total = 0;
	uint64_t deadline = now_ns() + 20 * SECOND;
	struct rig rig;
	char *image = image_create(16 << 20), *buf;
	int n;

	rig_open(&rig, 0, 0, "soft:%s?mode=thread&block=4096", image);
	buf = dma(rig.ctrlr, 4096);
	reads_of(ops, 16, buf);
	n = upnvme_exec(rig.qp, ops, 16, done, 16, 0);
	if (n < 16) /* also when it has stored some */
		expect_error(-ETIMEDOUT, -ETIMEDOUT, UPNVME_ERR_TIMEOUT, "of 16 commands", NULL);
	if (n < 0)
		n = 0;
	while (true) {
		for (int i = 0; i < n; i++)
			seen[done[i].tag - 1000]++;
		total += (uint32_t)n;
		if (total == 16 || now_ns() > deadline)
			break;
		n = upnvme_exec(rig.qp, NULL, 0, done, 16, SECOND);
		OK(n);
	}
	assert_int_equal(total, 16);
	for (int i = 0; i < 16; i++)
		assert_int_equal(seen[i], 1);
	assert_int_equal(upnvme_exec(rig.qp, NULL, 0, done, 16, SECOND), 0);
	rig_close(&rig);
	image_remove(image);
}

static void callbacks_run_and_are_not_counted(void **state)
{
	struct upnvme_completion done[4];
	struct upnvme_op ops[4];
	struct io io = { 0 };
	struct rig rig;
	char *buf;

	rig_open(&rig, 0, 0, "soft:ram?size=1MiB");
	buf = dma(rig.ctrlr, 4096);
	reads_of(ops, 4, buf);
	for (int i = 0; i < 3; i++)
		OK(upnvme_read(rig.qp, rig.ns, buf, 0, 1, on_done, &io));
	assert_int_equal(upnvme_exec(rig.qp, ops, 4, done, 4, 20 * SECOND), 4);
	assert_int_equal(io.ndone, 3);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(done[i].tag, 1000 + i);
	OK(upnvme_read(rig.qp, rig.ns, buf, 0, 1, on_done, &io));
	assert_int_equal(upnvme_exec(rig.qp, NULL, 0, done, 4, 20 * SECOND), 0);
	assert_int_equal(io.ndone, 4);
	rig_close(&rig);
}

static void room_for_fewer_than_ops_is_refused(void **state)
{
	struct upnvme_completion done[4];
	struct upnvme_op ops[4];
	struct rig rig;

	rig_open(&rig, 0, 0, "soft:ram?size=1MiB");
	reads_of(ops, 4, dma(rig.ctrlr, 4096));
	expect_error(upnvme_exec(rig.qp, ops, 4, done, 3, SECOND), -EINVAL, UPNVME_ERR_ARGUMENT,
		     "3", "4", NULL);
	expect_error(upnvme_exec(rig.qp, NULL, 0, done, 0, SECOND), -EINVAL, UPNVME_ERR_ARGUMENT,
		     NULL);
	assert_int_equal(upnvme_qpair_inflight(rig.qp), 0);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_batch_larger_than_the_queue_is_done),
		cmocka_unit_test(a_released_queue_pair_is_adopted_for_the_call),
		cmocka_unit_test(an_invalid_op_ends_the_batch),
		cmocka_unit_test(a_device_error_is_no_call_error),
		cmocka_unit_test(late_commands_stay_in_flight),
		cmocka_unit_test(callbacks_run_and_are_not_counted),
		cmocka_unit_test(room_for_fewer_than_ops_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
