/* SPDX-License-Identifier: BSD-3-Clause */
/* A device that lies about completions: every accepted command still completes exactly once, and nothing else does. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "support/fake_device.h"
#include "support/tsan.h"

#define TAG(n) ((void *)(uintptr_t)(n))

static uint16_t start(struct fake_device *dev, char *buf, void *arg)
{
	assert_int_equal(upnvme_write(dev->qp, &dev->ns, buf, 0, 1, fake_note, arg), 0);
	assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
	return fake_take(dev).cid;
}

static uint64_t spurious(struct fake_device *dev)
{
	struct upnvme_qpair_stats stats = { .size = UPNVME_QPAIR_STATS_SIZE };

	assert_int_equal(upnvme_qpair_stats_get(dev->qp, &stats), 0);
	return stats.spurious;
}

static struct upnvme_spec_cqe entry(struct fake_device *dev, uint16_t cid, uint16_t status)
{
	return (struct upnvme_spec_cqe){ .sqhd = (uint16_t)dev->sq_head,
					 .sqid = FAKE_QID,
					 .cid = cid,
					 .status = (uint16_t)(status << 1) };
}

/* Posts entries of no command, and then the true entry. */
static void lie(struct fake_device *dev, struct upnvme_spec_cqe cqe, uint16_t cid)
{
	uint64_t before = spurious(dev);

	fake_log_start();
	fake_post_raw(dev, cqe, false);
	assert_int_equal(upnvme_poll(dev->qp, 0), 0);
	assert_int_equal(fake_log.n, 0);
	assert_int_equal(spurious(dev), before + 1);
	assert_int_equal(upnvme_qpair_inflight(dev->qp), 1);
	fake_post(dev, cid, 0);
	assert_int_equal(upnvme_poll(dev->qp, 0), 1);
	assert_int_equal(fake_log.n, 1);
	assert_int_equal(upnvme_qpair_inflight(dev->qp), 0);
}

static void every_wrong_identifier_is_ignored(const struct fake_config *config, uint32_t step)
{
	struct fake_device *dev = fake_create(config);
	char *buf = fake_alloc(dev, 4096);

	for (uint32_t id = 0; id < 0x10000; id += UNDER_TSAN ? 31 * step : step) {
		uint16_t cid = start(dev, buf, TAG(id));

		if (id != cid)
			lie(dev, entry(dev, (uint16_t)id, (uint16_t)(id * 7919 % 3 ? 0 : id)), cid);
		else
			lie(dev, entry(dev, (uint16_t)(id + 1), 0), cid);
	}
	fake_destroy(dev);
}

static void identifiers_that_are_not_in_flight_are_ignored(void **state)
{
	every_wrong_identifier_is_ignored(&(struct fake_config){ .entries = 16 }, 1);
	every_wrong_identifier_is_ignored(&(struct fake_config){ .entries = 2 }, 1);
	every_wrong_identifier_is_ignored(&(struct fake_config){ .entries = 1024 }, 3);
	every_wrong_identifier_is_ignored(&(struct fake_config){ .entries = 300, .outstanding = 1 },
					  3);
	every_wrong_identifier_is_ignored(&(struct fake_config){ .flags = UPNVME_QPAIR_HISTOGRAM },
					  3);
}

/* The status is as free as the identifier: all of its bits, with the identifiers of slots that are free. */
static void no_status_makes_a_free_slot_complete(void **state)
{
	struct fake_device *dev = fake_create(&(struct fake_config){ .entries = 4 });
	char *buf = fake_alloc(dev, 4096);
	uint16_t cid = start(dev, buf, TAG(1));
	uint64_t before = spurious(dev);

	fake_log_start();
	for (uint32_t bits = 0; bits < 0x10000; bits += UNDER_TSAN ? 7 : 1) {
		for (uint16_t other = 0; other < 24; other++) {
			if (other == cid)
				continue;
			fake_post_raw(dev, entry(dev, other, (uint16_t)(bits >> 1)), false);
			assert_int_equal(upnvme_poll(dev->qp, 0), 0);
		}
	}
	assert_int_equal(fake_log.n, 0);
	assert_true(spurious(dev) > before + 65536);
	fake_post(dev, cid, 0);
	assert_int_equal(upnvme_poll(dev->qp, 0), 1);
	assert_int_equal(fake_log.n, 1);
	fake_destroy(dev);
}

static void a_second_completion_is_ignored(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	char *buf = fake_alloc(dev, 4096);
	uint16_t done = start(dev, buf, TAG(1)), waiting;

	fake_post(dev, done, 0);
	assert_int_equal(upnvme_poll(dev->qp, 0), 1);
	waiting = start(dev, buf, TAG(2));
	lie(dev, entry(dev, done, 0), waiting);
	waiting = start(dev, buf, TAG(3));
	lie(dev, entry(dev, done, 0x281), waiting);
	/* Both in the same poll. */
	waiting = start(dev, buf, TAG(4));
	fake_log_start();
	fake_post(dev, waiting, 0);
	fake_post(dev, waiting, 0);
	assert_int_equal(upnvme_poll(dev->qp, 0), 1);
	assert_int_equal(fake_log.n, 1);
	assert_int_equal(upnvme_poll(dev->qp, 0), 0);
	fake_destroy(dev);
}

static uint64_t odd(struct fake_device *dev)
{
	struct upnvme_qpair_stats stats = { .size = UPNVME_QPAIR_STATS_SIZE };

	assert_int_equal(upnvme_qpair_stats_get(dev->qp, &stats), 0);
	return stats.odd;
}

/* The right identifier is enough: else the command would never end. */
static void truth(struct fake_device *dev, char *buf, struct upnvme_spec_cqe cqe, uint16_t status)
{
	uint64_t odd_before = odd(dev), spurious_before = spurious(dev);

	cqe.status = (uint16_t)(status << 1);
	fake_log_start();
	fake_post_raw(dev, cqe, false);
	assert_int_equal(upnvme_poll(dev->qp, 0), 1);
	assert_int_equal(fake_log.n, 1);
	assert_int_equal(fake_log.done[0].status, status);
	assert_int_equal(fake_log.done[0].blocks, status ? 0 : 1);
	assert_int_equal(odd(dev), odd_before + 1);
	assert_int_equal(spurious(dev), spurious_before);
	assert_int_equal(upnvme_qpair_inflight(dev->qp), 0);
	/* And only once. */
	lie(dev, cqe, start(dev, buf, TAG(2)));
	assert_int_equal(odd(dev), odd_before + 1);
}

static unsigned warnings;

static void count_warnings(void *arg, uint32_t level, const char *message)
{
	warnings += level == UPNVME_LOG_WARN && strstr(message, "taken all the same") != NULL;
}

static void another_queues_identifier_or_a_wrong_head_completes(const struct fake_config *config)
{
	struct fake_device *dev = fake_create(config);
	char *buf = fake_alloc(dev, 4096);
	static const uint16_t queues[] = { 0, 1, 2, 4, FAKE_QID + 256, FAKE_QID | 0x8000, 0xffff };
	static const uint16_t heads[] = { 16, 17, 256, 0x8000, 0xffff };

	for (size_t i = 0; i < ARRAY_SIZE(queues); i++) {
		uint16_t cid = start(dev, buf, TAG(1));
		struct upnvme_spec_cqe cqe = entry(dev, cid, 0);

		cqe.sqid = queues[i];
		truth(dev, buf, cqe, (uint16_t)(i % 2 ? 0x80 : 0));
	}
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		uint16_t cid = start(dev, buf, TAG(1));
		struct upnvme_spec_cqe cqe = entry(dev, cid, 0);

		cqe.sqhd = heads[i];
		truth(dev, buf, cqe, (uint16_t)(i % 2 ? 0x80 : 0));
	}
	fake_destroy(dev);
}

static void an_odd_entry_completes_its_command(void **state)
{
	upnvme_log_set(count_warnings, NULL, UPNVME_LOG_WARN);
	another_queues_identifier_or_a_wrong_head_completes(NULL);
	assert_int_equal(warnings, 1); /* a queue pair says it once */
	another_queues_identifier_or_a_wrong_head_completes(
		&(struct fake_config){ .flags = UPNVME_QPAIR_HISTOGRAM });
	assert_int_equal(warnings, 2);
	upnvme_log_set(NULL, NULL, UPNVME_LOG_WARN);
}

/* Odd entries of parts and of tagged commands; also at a stop. */
static void an_odd_entry_completes_parts_and_tags(void **state)
{
	struct fake_device *dev = fake_create(&(struct fake_config){ .max_transfer_bytes = 4096 });
	char *buf = fake_alloc(dev, 8192);
	struct upnvme_completion done;
	struct upnvme_spec_cqe cqe;

	fake_log_start();
	assert_int_equal(upnvme_write(dev->qp, &dev->ns, buf, 0, 16, fake_note, TAG(1)), 0);
	assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
	for (int i = 0; i < 2; i++) {
		cqe = entry(dev, fake_take(dev).cid, 0);
		cqe.sqid = 77;
		fake_post_raw(dev, cqe, false);
	}
	assert_int_equal(upnvme_poll(dev->qp, 0), 1);
	assert_int_equal(fake_log.done[0].blocks, 16);
	assert_int_equal(upnvme_write(dev->qp, &dev->ns, buf, 0, 1, NULL, TAG(2)), 0);
	assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
	cqe = entry(dev, fake_take(dev).cid, 0);
	cqe.sqhd = 0xffff;
	fake_post_raw(dev, cqe, false);
	assert_int_equal(upnvme_reap(dev->qp, &done, 1), 1);
	assert_int_equal(done.tag, 2);
	cqe = entry(dev, start(dev, buf, TAG(3)), 0);
	cqe.sqid = 0;
	fake_post_raw(dev, cqe, false);
	atomic_store(&dev->ctrlr.failed, true);
	assert_int_equal(upnvme_qpair_stop(dev->qp), 0);
	assert_int_equal(fake_log.n, 2);
	assert_int_equal(fake_log.done[1].flags, 0);
	assert_int_equal(odd(dev), 4);
	fake_destroy(dev);
}

static void an_entry_with_the_old_phase_is_not_taken(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	char *buf = fake_alloc(dev, 4096);

	for (int i = 0; i < 100; i++) {
		uint16_t cid = start(dev, buf, TAG(1));

		fake_log_start();
		fake_post_raw(dev, entry(dev, cid, 0), true);
		assert_int_equal(upnvme_poll(dev->qp, 0), 0);
		assert_int_equal(fake_log.n, 0);
		/* The device posts a true entry at the same place. */
		if (dev->cq_tail == 0) {
			dev->cq_tail = dev->qp->entries;
			dev->phase = !dev->phase;
		}
		dev->cq_tail--;
		fake_post(dev, cid, 0);
		assert_int_equal(upnvme_poll(dev->qp, 0), 1);
		assert_int_equal(fake_log.n, 1);
	}
	fake_destroy(dev);
}

/* New entries without end, whatever the head doorbell says: a poll ends after a lap. */
static void a_flood_of_false_entries_does_not_hold_the_owner(void **state)
{
	struct fake_device *dev = fake_create(&(struct fake_config){ .entries = 8 });
	char *buf = fake_alloc(dev, 4096);
	uint16_t cid = start(dev, buf, TAG(5));

	for (int lap = 0; lap < 50; lap++) {
		for (uint32_t i = 0; i < dev->qp->entries; i++)
			fake_post(dev, (uint16_t)(cid + 1), 0);
		assert_int_equal(upnvme_poll(dev->qp, 0), 0);
		assert_int_equal(upnvme_poll(dev->qp, 3), 0);
	}
	assert_int_equal(fake_log.n, 0);
	assert_int_equal(upnvme_qpair_inflight(dev->qp), 1);
	fake_destroy(dev);
}

/* Anything at all into the whole ring, with commands of every kind in flight. */
static void random_entries_complete_nothing_twice(void **state)
{
	static const struct fake_config configs[] = {
		{ .entries = 16 },
		{ .entries = 16, .flags = UPNVME_QPAIR_HISTOGRAM },
		{ .entries = 5, .max_transfer_bytes = 4096 },
	};
	unsigned seed = 12345;

	for (int round = 0; round < 300; round++) {
		struct fake_device *dev = fake_create(&configs[round % ARRAY_SIZE(configs)]);
		char *buf = fake_alloc(dev, 65536);
		uint32_t accepted = 0;

		for (uint32_t i = 0; i < 4; i++)
			accepted += upnvme_read(dev->qp, &dev->ns, buf, i, 1 + 10 * (i % 3),
						fake_note, TAG(i)) == 0;
		assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
		for (int i = 0; i < 400; i++) {
			struct upnvme_spec_cqe cqe = entry(dev, (uint16_t)(rand_r(&seed) % 80), 0);

			cqe.status = (uint16_t)(rand_r(&seed) % 3 ? 0 : rand_r(&seed));
			cqe.sqid = rand_r(&seed) % 5 ? FAKE_QID : (uint16_t)rand_r(&seed);
			cqe.sqhd = rand_r(&seed) % 5 ? 1 : (uint16_t)rand_r(&seed);
			fake_post_raw(dev, cqe, rand_r(&seed) % 7 == 0);
			assert_true(upnvme_poll(dev->qp, 0) >= 0);
		}
		/* The library completes the commands that no true entry has completed. */
		atomic_store(&dev->ctrlr.failed, true);
		qpair_alert(dev->qp);
		for (int i = 0; i < 10; i++)
			assert_true(upnvme_poll(dev->qp, 0) >= 0);
		assert_int_equal(fake_log.n, accepted);
		for (uint32_t i = 0; i < accepted; i++)
			for (uint32_t j = 0; j < i; j++)
				assert_ptr_not_equal(fake_log.args[i], fake_log.args[j]);
		assert_int_equal(upnvme_qpair_inflight(dev->qp), 0);
		fake_destroy(dev);
	}
}

/* The last look at the ring, when a queue pair stops: the true ones count, the others do not. */
static void a_stop_tells_true_entries_from_false_ones(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	char *buf = fake_alloc(dev, 4096);
	uint16_t first = start(dev, buf, TAG(1)), second = start(dev, buf, TAG(2));

	fake_log_start();
	fake_post(dev, (uint16_t)(first + 77), 0);
	fake_post(dev, second, 0x281);
	fake_post(dev, second, 0);
	atomic_store(&dev->ctrlr.failed, true);
	assert_int_equal(upnvme_qpair_stop(dev->qp), 0);
	assert_int_equal(fake_log.n, 2);
	assert_int_equal(spurious(dev), 2);
	for (uint32_t i = 0; i < 2; i++) {
		bool aborted = fake_log.args[i] == TAG(1);

		assert_int_equal(fake_log.done[i].flags & UPNVME_DONE_ABORTED, aborted);
		assert_int_equal(fake_log.done[i].status, aborted ? 0x371 : 0x281);
	}
	assert_int_equal(upnvme_qpair_inflight(dev->qp), 0);
	fake_destroy(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(identifiers_that_are_not_in_flight_are_ignored),
		cmocka_unit_test(no_status_makes_a_free_slot_complete),
		cmocka_unit_test(a_second_completion_is_ignored),
		cmocka_unit_test(an_odd_entry_completes_its_command),
		cmocka_unit_test(an_odd_entry_completes_parts_and_tags),
		cmocka_unit_test(an_entry_with_the_old_phase_is_not_taken),
		cmocka_unit_test(a_flood_of_false_entries_does_not_hold_the_owner),
		cmocka_unit_test(a_stop_tells_true_entries_from_false_ones),
		cmocka_unit_test(random_entries_complete_nothing_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
