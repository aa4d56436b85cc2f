/* SPDX-License-Identifier: BSD-3-Clause */
/* A queue pair's memory: how much it is, where it is, and which buffers it touches. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "driver/queue/split.h"
#include "mem/internal.h"
#include "support/fake_device.h"
#include "support/fake_env.h"

static void a_queue_pair_of_1024_entries_costs_little(void **state)
{
	struct fake_device *dev = fake_create(&(struct fake_config){ .entries = 1024 });

	assert_int_equal(upnvme_qpair_outstanding_max(dev->qp), 1023);
	assert_true(dev->qp->mapped_bytes <= 256 << 10);
	fake_destroy(dev);
}

/* What an I/O touches is two cache lines, apart from each other and from all the rest. */
static void the_hot_state_is_two_cache_lines(void **state)
{
	struct fake_device *dev = fake_create(NULL);

	assert_int_equal((uintptr_t)dev->qp % 64, 0);
	assert_int_equal(offsetof(struct upnvme_qpair, head), 64);
	assert_int_equal(offsetof(struct upnvme_qpair, window2), 128);
	assert_int_equal((uintptr_t)dev->qp->slots % 64, 0);
	assert_int_equal(sizeof(struct slot), 32);
	fake_destroy(dev);
}

static void rings_and_lists_are_aligned_and_zeroed(void **state)
{
	struct fake_device *dev = fake_create(&(struct fake_config){ .entries = 100 });
	const uint8_t *sq = fake_resolve(dev, qpair_sq_iova(dev->qp), 6400);
	const uint8_t *cq = fake_resolve(dev, qpair_cq_iova(dev->qp), 1600);

	assert_int_equal(qpair_sq_iova(dev->qp) % 4096, 0);
	assert_int_equal(qpair_cq_iova(dev->qp) % 4096, 0);
	for (uint32_t i = 0; i < 6400; i++)
		assert_int_equal(sq[i], 0);
	for (uint32_t i = 0; i < 1600; i++)
		assert_int_equal(cq[i], 0);
	fake_destroy(dev);
}

static void reset_rings_start_again(void **state)
{
	struct fake_device *dev = fake_create(&(struct fake_config){ .entries = 4 });
	char *buf = fake_alloc(dev, 4096);

	for (int lap = 0; lap < 3; lap++) {
		for (int i = 0; i < 2; i++) {
			assert_int_equal(upnvme_read(dev->qp, &dev->ns, buf, 0, 1, fake_note, NULL),
					 0);
			assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
			fake_post(dev, fake_take(dev).cid, 0);
			assert_int_equal(upnvme_poll(dev->qp, 0), 1);
		}
	}
	/* As a controller that was reset: entry 0, first lap, zeroed rings. */
	for (uint32_t i = 0; i < 4; i++)
		((struct upnvme_spec_cqe *)fake_resolve(dev, qpair_cq_iova(dev->qp), 64))[i] =
			(struct upnvme_spec_cqe){ 0 };
	qpair_rings_reset(dev->qp);
	dev->sq_head = dev->cq_tail = 0;
	dev->phase = 1;
	atomic_store(&dev->sq_tail, 0);
	fake_log_start();
	assert_int_equal(upnvme_read(dev->qp, &dev->ns, buf, 0, 1, fake_note, NULL), 0);
	assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
	fake_post(dev, fake_take(dev).cid, 0);
	assert_int_equal(upnvme_poll(dev->qp, 0), 1);
	assert_int_equal(fake_log.n, 1);
	fake_destroy(dev);
}

/* Memory of commands in flight is not reachable for others: by buffer, by its last byte, by its middle. */
static void buffers_of_commands_in_flight_are_found(void **state)
{
	struct fake_device *dev = fake_create(&(struct fake_config){ .max_transfer_bytes = 65536 });
	static const uint32_t blocks[] = { 1, 8, 17, 128, 200 };

	for (size_t i = 0; i < 5; i++) {
		char *buf = fake_alloc(dev, 128 << 10), *other;
		struct upnvme_spec_sqe sqe;
		uint16_t cids[8];
		int n = 0;

		assert_int_equal(upnvme_write(dev->qp, &dev->ns, buf + 512, 0, blocks[i], fake_note,
					      NULL),
				 0);
		assert_int_equal(domain_free(dev->domain, buf), 0);
		for (int j = 0; j < 20; j++) {
			other = fake_alloc(dev, 128 << 10);
			assert_ptr_not_equal(other, buf);
		}
		assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
		while (fake_fetch(dev, &sqe))
			cids[n++] = sqe.cid;
		while (n > 0)
			fake_post(dev, cids[--n], 0);
		assert_true(upnvme_poll(dev->qp, 0) >= 0);
		assert_int_equal(upnvme_qpair_inflight(dev->qp), 0);
	}
	fake_destroy(dev);
}

static void a_ring_that_is_not_contiguous_is_refused(void **state)
{
	struct upnvme_qpair *large = NULL;
	struct fake_device *dev;
	struct fake_env env;

	fake_env_init(&env);
	env.scattered = true;
	env.piece_bytes = 16384;
	dev = fake_create(&(struct fake_config){ .env = &env.env });
	assert_int_equal(qpair_rings_create(&large, &dev->ctrlr, FAKE_QID, 256, 255, 64, 0), 0);
	qpair_rings_destroy(large);
	fake_expect_error(qpair_rings_create(&large, &dev->ctrlr, FAKE_QID, 257, 255, 64, 0),
			  -ENOMEM, UPNVME_ERR_NO_MEMORY, "257 entries", "contiguous", NULL);
	fake_destroy(dev);
	assert_int_equal(env.mapped_bytes, 0);
}

/* The part of a split request that is in its home is done, the other one is not: all of the buffer stays in use. */
static void memory_of_a_split_request_is_kept_with_its_home_idle(void **state)
{
	struct fake_device *dev = fake_create(&(struct fake_config){ .max_transfer_bytes = 4096 });
	char *buf = fake_alloc(dev, 8192);
	uint16_t first;

	fake_write(dev, buf, 16, fake_note, NULL);
	first = fake_take(dev).cid;
	fake_take(dev);
	fake_post(dev, first, 0);
	assert_int_equal(upnvme_poll(dev->qp, 0), 0);
	qpair_keep_touches(dev->qp);
	qpair_abort(dev->qp);
	assert_int_equal(upnvme_poll(dev->qp, 0), 1);
	assert_true(users_may_touch(dev->domain, (uintptr_t)buf + 4096, 1));
	fake_destroy(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ring_that_is_not_contiguous_is_refused),
		cmocka_unit_test(a_queue_pair_of_1024_entries_costs_little),
		cmocka_unit_test(the_hot_state_is_two_cache_lines),
		cmocka_unit_test(rings_and_lists_are_aligned_and_zeroed),
		cmocka_unit_test(reset_rings_start_again),
		cmocka_unit_test(buffers_of_commands_in_flight_are_found),
		cmocka_unit_test(memory_of_a_split_request_is_kept_with_its_home_idle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
