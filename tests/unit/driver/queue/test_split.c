/* SPDX-License-Identifier: BSD-3-Clause */
/* Split requests when the device answers out of order, with errors, or not at all. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/util.h"
#include <upnvme/spec/status.h>
#include "support/fake_device.h"

#define TAG(n) ((void *)(uintptr_t)(n))

static struct fake_device *create(uint32_t entries)
{
	/* Parts are of 8 blocks. */
	return fake_create(&(struct fake_config){ .entries = entries, .max_transfer_bytes = 4096 });
}

static void the_first_error_by_address_wins(void **state)
{
	struct fake_device *dev = create(16);
	char *buf = fake_alloc(dev, 65536);
	uint16_t cids[5];

	fake_write(dev, buf, 40, fake_note, TAG(1));
	for (int i = 0; i < 5; i++)
		cids[i] = fake_take(dev).cid;
	fake_post(dev, cids[4], 0x281);
	fake_post_result(dev, cids[2], 0x285, 22);
	fake_post(dev, cids[0], 0);
	fake_post(dev, cids[3], 0x280);
	assert_int_equal(upnvme_poll(dev->qp, 0), 0);
	fake_post(dev, cids[1], 0);
	assert_int_equal(upnvme_poll(dev->qp, 0), 1);
	assert_int_equal(fake_log.n, 1);
	assert_int_equal(fake_log.done[0].status, 0x285);
	assert_int_equal(fake_log.done[0].result, 22);
	assert_int_equal(fake_log.done[0].blocks, 16);
	assert_int_equal(fake_log.done[0].flags, UPNVME_DONE_NOT_ATOMIC);
	fake_destroy(dev);
}

/* Every kind of request, of one command and of two: a write that was split says that it was not atomic. */
static void a_write_that_was_split_says_so(void **state)
{
	static const struct {
		uint8_t opcode;
		uint32_t blocks;
		uint16_t flags;
	} table[] = {
		{ UPNVME_OP_WRITE, 8, 0 },
		{ UPNVME_OP_WRITE, 9, UPNVME_DONE_NOT_ATOMIC },
		{ UPNVME_OP_WRITE_ZEROES, 8, 0 },
		{ UPNVME_OP_WRITE_ZEROES, 9, UPNVME_DONE_NOT_ATOMIC },
		{ UPNVME_OP_READ, 9, 0 },
		{ UPNVME_OP_COMPARE, 9, 0 },
		{ UPNVME_OP_VERIFY, 9, 0 },
		{ UPNVME_OP_DATASET_MANAGEMENT, 9, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct fake_device *dev = create(16);
		struct upnvme_op op = { .opcode = table[i].opcode,
					.nsid = FAKE_NSID,
					.blocks = table[i].blocks };
		struct upnvme_completion done;
		struct upnvme_spec_sqe sqe;

		dev->geometry.max_write_zeroes_blocks = dev->geometry.max_verify_blocks = 8;
		dev->ctrlr.limits.max_deallocate_blocks = 8;
		if (op.opcode == UPNVME_OP_WRITE || op.opcode == UPNVME_OP_READ ||
		    op.opcode == UPNVME_OP_COMPARE)
			op.buf = fake_alloc(dev, 8192);
		for (int by_tag = 0; by_tag < 2; by_tag++) {
			fake_log_start();
			assert_int_equal(upnvme_io(dev->qp, &op, by_tag ? NULL : fake_note, NULL),
					 0);
			assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
			while (fake_fetch(dev, &sqe))
				fake_post(dev, sqe.cid, 0);
			if (by_tag)
				assert_int_equal(upnvme_reap(dev->qp, &done, 1), 1);
			else
				assert_int_equal(upnvme_poll(dev->qp, 0), 1);
			assert_int_equal((by_tag ? done : fake_log.done[0]).flags, table[i].flags);
			assert_int_equal((by_tag ? done : fake_log.done[0]).status, 0);
		}
		fake_destroy(dev);
	}
}

/* After an error nothing more is sent. */
static void parts_after_an_error_are_not_issued(void **state)
{
	struct fake_device *dev = create(4);
	char *buf = fake_alloc(dev, 1 << 20);
	struct upnvme_spec_sqe sqe;
	uint16_t cids[3];

	fake_write(dev, buf, 400, fake_note, TAG(1));
	for (int i = 0; i < 3; i++)
		cids[i] = fake_take(dev).cid;
	fake_post(dev, cids[1], 0x281);
	assert_int_equal(upnvme_poll(dev->qp, 0), 0);
	assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
	assert_false(fake_fetch(dev, &sqe));
	fake_post(dev, cids[0], 0);
	fake_post(dev, cids[2], 0);
	assert_true(upnvme_poll(dev->qp, 0) >= 0);
	assert_true(upnvme_poll(dev->qp, 0) >= 0);
	assert_int_equal(fake_log.n, 1);
	assert_int_equal(fake_log.done[0].status, 0x281);
	assert_int_equal(fake_log.done[0].blocks, 8);
	assert_int_equal(upnvme_qpair_inflight(dev->qp), 0);
	fake_destroy(dev);
}

/* One slot: the home carries every part, each with an identifier of its own. */
static void a_queue_of_depth_one_sends_part_after_part(void **state)
{
	struct fake_device *dev = create(2);
	char *buf = fake_alloc(dev, 1 << 20);
	uint16_t last = 0xffff;

	for (int lap = 0; lap < 40; lap++) {
		fake_log_start();
		fake_write(dev, buf, 80, fake_note, TAG(lap));
		assert_int_equal(upnvme_read(dev->qp, &dev->ns, buf, 0, 1, fake_note, NULL),
				 -EAGAIN);
		for (uint32_t i = 0; i < 10; i++) {
			struct upnvme_spec_sqe sqe;

			assert_int_equal(fake_log.n, 0);
			assert_int_equal(upnvme_qpair_inflight(dev->qp), 1);
			assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
			sqe = fake_take(dev);
			assert_int_equal(sqe.cdw10, i * 8);
			assert_int_not_equal(sqe.cid, last);
			/* The part before it, once more. */
			if (i)
				fake_post(dev, last, 0);
			last = sqe.cid;
			fake_post(dev, sqe.cid, 0);
			upnvme_poll(dev->qp, 0);
			upnvme_poll(dev->qp, 0);
		}
		assert_int_equal(fake_log.n, 1);
		assert_int_equal(fake_log.done[0].blocks, 80);
	}
	fake_destroy(dev);
}

/* Several requests that all wait for room; completions in an order of the device's choosing. */
static void requests_that_wait_for_room_share_it(void **state)
{
	struct fake_device *dev = create(6);
	char *buf = fake_alloc(dev, 1 << 20);
	uint16_t cids[64];
	uint32_t n = 0, accepted = 0, served = 0;
	unsigned seed = 7;

	while (served < 3000) {
		struct upnvme_spec_sqe sqe;

		while (upnvme_write(dev->qp, &dev->ns, buf, 0, 8 + (accepted % 9) * 8, fake_note,
				    TAG(accepted)) == 0)
			accepted++;
		assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
		while (fake_fetch(dev, &sqe)) {
			assert_true(n < 5);
			cids[n++] = sqe.cid;
		}
		assert_true(n > 0);
		for (uint32_t i = (uint32_t)rand_r(&seed) % n + 1; i > 0; i--) {
			uint32_t pick = (uint32_t)rand_r(&seed) % n;

			fake_post(dev, cids[pick], 0);
			cids[pick] = cids[--n];
			served++;
		}
		assert_true(upnvme_poll(dev->qp, 0) >= 0);
		assert_true(accepted - fake_log.n <= 5);
	}
	assert_true(fake_log.n > 500);
	fake_destroy(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_error_by_address_wins),
		cmocka_unit_test(a_write_that_was_split_says_so),
		cmocka_unit_test(parts_after_an_error_are_not_issued),
		cmocka_unit_test(a_queue_of_depth_one_sends_part_after_part),
		cmocka_unit_test(requests_that_wait_for_room_share_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
