/* SPDX-License-Identifier: BSD-3-Clause */
/* The figures of a queue pair: what they count, and who may read them. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "driver/queue/histogram.h"
#include "driver/queue/owner.h"
#include "driver/queue/stats.h"
#include "support/fake_device.h"

static void aborted_commands_are_no_completed_ones(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	struct upnvme_qpair_stats stats;
	char *buf = fake_alloc(dev, 4096);

	for (int i = 0; i < 3; i++)
		fake_write(dev, buf, 1, fake_note, NULL);
	fake_post(dev, fake_take(dev).cid, 0);
	assert_int_equal(upnvme_poll(dev->qp, 0), 1);
	assert_int_equal(stats_inflight(dev->qp), 2);
	assert_int_equal(stats_read(dev->qp, &stats), 0);
	assert_int_equal(stats.submitted, 3);
	assert_int_equal(stats.completed, 1);
	fake_give_up(dev);
	assert_int_equal(upnvme_poll(dev->qp, 0), 2);
	assert_int_equal(stats_inflight(dev->qp), 0);
	assert_int_equal(stats_read(dev->qp, &stats), 0);
	assert_int_equal(stats.submitted, 3);
	assert_int_equal(stats.completed, 1);
	assert_int_equal(stats.aborted, 2);
	fake_destroy(dev);
}

static void latencies_are_read_as_far_as_there_is_room(void **state)
{
	struct fake_device *dev =
		fake_create(&(struct fake_config){ .flags = UPNVME_QPAIR_HISTOGRAM });
	uint64_t buckets[HISTOGRAM_BUCKETS + 1], sum = 0;

	fake_write(dev, fake_alloc(dev, 4096), 1, fake_note, NULL);
	fake_finish(dev, fake_take(dev).cid);
	memset(buckets, 0xee, sizeof(buckets));
	assert_int_equal(stats_latencies(dev->qp, NULL, 0), HISTOGRAM_BUCKETS);
	assert_int_equal(stats_latencies(dev->qp, buckets, 2), HISTOGRAM_BUCKETS);
	assert_int_equal(buckets[2], 0xeeeeeeeeeeeeeeee);
	assert_int_equal(stats_latencies(dev->qp, buckets, HISTOGRAM_BUCKETS + 1),
			 HISTOGRAM_BUCKETS);
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		sum += buckets[i];
	assert_int_equal(sum, 1);
	assert_int_equal(buckets[HISTOGRAM_BUCKETS], 0xeeeeeeeeeeeeeeee);
	fake_destroy(dev);
}

static void a_queue_pair_without_a_histogram_has_no_latencies(void **state)
{
	struct fake_device *dev = fake_create(NULL);

	fake_expect_error(stats_latencies(dev->qp, NULL, 0), -ENOTSUP, UPNVME_ERR_FLAGS,
			  "UPNVME_QPAIR_HISTOGRAM", NULL);
	fake_destroy(dev);
}

struct stranger {
	struct upnvme_qpair *qp;
	int read, latencies;
	uint32_t inflight;
};

static void *look(void *arg)
{
	struct stranger *stranger = arg;
	struct upnvme_qpair_stats stats;

	stranger->read = stats_read(stranger->qp, &stats);
	stranger->latencies = stats_latencies(stranger->qp, NULL, 0);
	stranger->inflight = stats_inflight(stranger->qp);
	return NULL;
}

static void a_stranger_is_told_nothing(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	struct stranger stranger = { .qp = dev->qp };
	pthread_t thread;

	fake_write(dev, fake_alloc(dev, 4096), 1, fake_note, NULL);
	assert_int_equal(pthread_create(&thread, NULL, look, &stranger), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(stranger.read, -EPERM);
	assert_int_equal(stranger.latencies, -EPERM);
	assert_int_equal(stranger.inflight, 0);
	assert_int_equal(stats_inflight(dev->qp), 1);
	fake_finish(dev, fake_take(dev).cid);
	fake_destroy(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aborted_commands_are_no_completed_ones),
		cmocka_unit_test(latencies_are_read_as_far_as_there_is_room),
		cmocka_unit_test(a_queue_pair_without_a_histogram_has_no_latencies),
		cmocka_unit_test(a_stranger_is_told_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
