/* SPDX-License-Identifier: BSD-3-Clause */
/* Completions from a device that behaves, and from one that does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include <upnvme/spec/opcode.h>
#include <upnvme/spec/status.h>
#include "support/fake_device.h"

#define TAG(n) ((void *)(uintptr_t)(n))

static uint16_t submit_read(struct fake_device *dev, void *buf, upnvme_cb cb, void *arg)
{
	struct upnvme_spec_sqe sqe;

	assert_int_equal(upnvme_read(dev->qp, &dev->ns, buf, 7, 1, cb, arg), 0);
	assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
	sqe = fake_take(dev);
	assert_int_equal(sqe.opcode, UPNVME_SPEC_CMD_READ);
	return sqe.cid;
}

static void a_completion_reaches_its_callback_with_all_fields(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	char *buf = fake_alloc(dev, 4096);
	uint16_t cid = submit_read(dev, buf, fake_note, TAG(77));

	assert_int_equal(upnvme_poll(dev->qp, 0), 0);
	fake_post_result(dev, cid, 0, 0x1122334455667788);
	assert_int_equal(upnvme_poll(dev->qp, 0), 1);
	assert_int_equal(fake_log.n, 1);
	assert_ptr_equal(fake_log.args[0], TAG(77));
	assert_int_equal(fake_log.done[0].tag, 77);
	assert_int_equal(fake_log.done[0].result, 0x1122334455667788);
	assert_int_equal(fake_log.done[0].status, 0);
	assert_int_equal(fake_log.done[0].flags, 0);
	assert_int_equal(fake_log.done[0].blocks, 1);
	assert_int_equal(fake_log.done[0].reserved, 0);
	assert_int_equal(atomic_load(&dev->cq_head), 1);
	assert_int_equal(upnvme_qpair_inflight(dev->qp), 0);
	fake_destroy(dev);
}

/* One command at a time, so that identifiers come round in step with the ring: what is left in the
 * ring from the last lap may name the very slot that is free now. */
static void entries_of_the_last_lap_are_not_taken_again(void **state)
{
	static const uint32_t entries[] = { 2, 3, 16, 256, 1024 };

	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		struct fake_device *dev =
			fake_create(&(struct fake_config){ .entries = entries[i] });
		char *buf = fake_alloc(dev, 4096);

		for (uint32_t n = 0; n < 66000; n++) {
			fake_log_start();
			fake_post(dev, submit_read(dev, buf, fake_note, TAG(n)), 0);
			assert_int_equal(upnvme_poll(dev->qp, 0), 1);
			assert_int_equal(fake_log.n, 1);
			assert_ptr_equal(fake_log.args[0], TAG(n));
		}
		fake_destroy(dev);
	}
}

/* The same with a second command that stays, so that every poll looks at the ring. */
static void a_slow_command_beside_a_quick_one_is_left_alone(void **state)
{
	struct fake_device *dev = fake_create(&(struct fake_config){ .entries = 256 });
	char *buf = fake_alloc(dev, 4096);
	uint16_t slow = submit_read(dev, buf, fake_note, TAG(9999999));

	for (uint32_t n = 0; n < 70000; n++) {
		fake_log_start();
		fake_post(dev, submit_read(dev, buf, fake_note, TAG(n)), 0);
		assert_int_equal(upnvme_poll(dev->qp, 0), 1);
		assert_int_equal(upnvme_poll(dev->qp, 0), 0);
		assert_int_equal(fake_log.n, 1);
		assert_ptr_equal(fake_log.args[0], TAG(n));
	}
	fake_log_start();
	fake_post(dev, slow, 0);
	assert_int_equal(upnvme_poll(dev->qp, 0), 1);
	assert_ptr_equal(fake_log.args[0], TAG(9999999));
	fake_destroy(dev);
}

static void every_status_arrives_as_it_was_posted(const struct fake_config *config)
{
	struct fake_device *dev = fake_create(config);
	char *buf = fake_alloc(dev, 4096);

	for (uint32_t status = 1; status < 0x8000; status++) {
		fake_log_start();
		fake_post(dev, submit_read(dev, buf, fake_note, TAG(status)), (uint16_t)status);
		assert_int_equal(upnvme_poll(dev->qp, 0), 1);
		assert_int_equal(fake_log.n, 1);
		assert_int_equal(fake_log.done[0].status, status);
		assert_int_equal(fake_log.done[0].blocks, 0);
		assert_int_equal(fake_log.done[0].flags, 0);
	}
	fake_destroy(dev);
}

static void every_error_status_arrives_as_it_was_posted(void **state)
{
	every_status_arrives_as_it_was_posted(NULL);
}

static void every_error_status_arrives_at_a_timed_command(void **state)
{
	every_status_arrives_as_it_was_posted(
		&(struct fake_config){ .flags = UPNVME_QPAIR_HISTOGRAM });
}

/* A split request of two parts, of which the first ends with each status there is. */
static void every_error_status_arrives_at_a_part(void **state)
{
	struct fake_device *dev = fake_create(&(struct fake_config){ .max_transfer_bytes = 4096 });
	char *buf = fake_alloc(dev, 8192);

	for (uint32_t status = 1; status < 0x8000; status++) {
		uint16_t first, second;

		fake_log_start();
		assert_int_equal(upnvme_read(dev->qp, &dev->ns, buf, 0, 16, fake_note, TAG(1)), 0);
		assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
		first = fake_take(dev).cid;
		second = fake_take(dev).cid;
		fake_post(dev, first, (uint16_t)status);
		fake_post(dev, second, 0);
		assert_int_equal(upnvme_poll(dev->qp, 0), 1);
		assert_int_equal(fake_log.n, 1);
		assert_int_equal(fake_log.done[0].status, status);
		assert_int_equal(fake_log.done[0].blocks, 0);
	}
	fake_destroy(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_completion_reaches_its_callback_with_all_fields),
		cmocka_unit_test(entries_of_the_last_lap_are_not_taken_again),
		cmocka_unit_test(a_slow_command_beside_a_quick_one_is_left_alone),
		cmocka_unit_test(every_error_status_arrives_as_it_was_posted),
		cmocka_unit_test(every_error_status_arrives_at_a_timed_command),
		cmocka_unit_test(every_error_status_arrives_at_a_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
