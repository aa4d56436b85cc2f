/* SPDX-License-Identifier: BSD-3-Clause */
/* A million commands through rings of every shape: indices, phase tags and identifiers come round again and again. */
#include <errno.h>

#include "support.h"

#define NBLOCKS 256u
#define BLOCK   512u

struct lap {
	struct rig rig;
	char *buffers;    /* one block for each outstanding command */
	uint64_t *owner;  /* by buffer: the sequence number that uses it, or UINT64_MAX */
	uint32_t *unused; /* a stack of buffers */
	uint32_t nunused, depth;
	uint64_t submitted, completed;
};

static void lap_open(struct lap *lap, uint32_t entries, uint32_t depth)
{
	char *fill;

	memset(lap, 0, sizeof(*lap));
	rig_open(&lap->rig, entries, depth, "soft:ram?size=128KiB&block=512");
	assert_int_equal(upnvme_qpair_entries(lap->rig.qp), entries);
	assert_int_equal(upnvme_qpair_outstanding_max(lap->rig.qp), depth);
	fill = dma(lap->rig.ctrlr, NBLOCKS * BLOCK);
	pattern_fill(fill, 0, NBLOCKS, BLOCK, 1);
	assert_int_equal(do_write(&lap->rig, fill, 0, NBLOCKS), 0);
	OK(upnvme_dma_free(lap->rig.ctrlr, fill));
	lap->depth = depth;
	lap->buffers = dma(lap->rig.ctrlr, (size_t)depth * BLOCK);
	lap->owner = calloc(depth, sizeof(*lap->owner));
	lap->unused = calloc(depth, sizeof(*lap->unused));
	for (uint32_t i = 0; i < depth; i++) {
		lap->owner[i] = UINT64_MAX;
		lap->unused[lap->nunused++] = i;
	}
}

static void lap_close(struct lap *lap)
{
	free(lap->unused);
	free(lap->owner);
	OK(upnvme_dma_free(lap->rig.ctrlr, lap->buffers));
	rig_close(&lap->rig);
}

static void lap_done(struct lap *lap, uint64_t tag, const struct upnvme_completion *done)
{
	uint32_t index = (uint32_t)(tag & 0xffff);
	uint64_t sequence = tag >> 16, first;

	if (done->status || done->blocks != 1 || done->flags)
		fail_msg("command %llu: status %#x", (unsigned long long)sequence, done->status);
	if (index >= lap->depth || lap->owner[index] != sequence)
		fail_msg("command %llu completed again", (unsigned long long)sequence);
	lap->owner[index] = UINT64_MAX;
	lap->unused[lap->nunused++] = index;
	lap->completed++;
	memcpy(&first, lap->buffers + (size_t)index * BLOCK, sizeof(first));
	if (!pattern_is(&first, sequence % NBLOCKS, 1, 8, 1))
		fail_msg("command %llu got other data", (unsigned long long)sequence);
}

static struct lap *current;

static void lap_callback(void *arg, const struct upnvme_completion *done)
{
	lap_done(current, (uint64_t)(uintptr_t)arg, done);
}

/* Every third burst goes by callbacks, the others by tags. */
static int lap_submit(struct lap *lap, upnvme_cb cb)
{
	uint32_t index;
	uint64_t tag;
	int rc;

	if (!lap->nunused) {
		static char spare[1];

		return upnvme_read(lap->rig.qp, lap->rig.ns, lap->buffers, 0, 1, cb, spare);
	}
	index = lap->unused[lap->nunused - 1];
	tag = lap->submitted << 16 | index;
	rc = upnvme_read(lap->rig.qp, lap->rig.ns, lap->buffers + (size_t)index * BLOCK,
			 lap->submitted % NBLOCKS, 1, cb, (void *)(uintptr_t)tag);
	if (rc)
		return rc;
	lap->nunused--;
	lap->owner[index] = lap->submitted++;
	return 0;
}

static void lap_take(struct lap *lap, bool reaping)
{
	struct upnvme_completion done[64];
	int n;

	if (!reaping) {
		OK(upnvme_poll(lap->rig.qp, 0));
		return;
	}
	n = upnvme_reap(lap->rig.qp, done, NELEMS(done));
	OK(n);
	for (int i = 0; i < n; i++)
		lap_done(lap, done[i].tag, &done[i]);
}

static void run(uint32_t entries, uint32_t depth, uint64_t total)
{
	struct upnvme_qpair_stats stats = { .size = UPNVME_QPAIR_STATS_SIZE };
	struct lap lap;
	uint64_t round = 0;

	lap_open(&lap, entries, depth);
	current = &lap;
	for (; lap.submitted < total; round++) {
		bool reaping = round % 3 != 0;
		uint32_t burst = 1 + (uint32_t)(round * 7 % depth);

		while (burst-- > 0)
			if (lap_submit(&lap, reaping ? NULL : lap_callback))
				break;
		if (round % 5 == 0)
			assert_int_equal(upnvme_qpair_inflight(lap.rig.qp),
					 lap.submitted - lap.completed);
		while (lap.completed < lap.submitted)
			lap_take(&lap, reaping);
	}
	OK(upnvme_qpair_stats_get(lap.rig.qp, &stats));
	assert_int_equal(stats.spurious, 0);
	assert_int_equal(stats.errors, 0);
	assert_int_equal(stats.submitted, stats.completed);
	lap_close(&lap);
}

static uint64_t total_for_this_build(void)
{
	if (is_tsan_build())
		return 10000;
	return is_slow_build() ? 150000 : 1000000;
}

static void a_million_commands_at_depth_1(void **state)
{
	run(2, 1, total_for_this_build());
}

static void a_million_commands_at_depth_2(void **state)
{
	run(3, 2, total_for_this_build());
}

static void a_million_commands_at_depth_3(void **state)
{
	run(4, 3, total_for_this_build());
}

static void a_million_commands_at_depth_64(void **state)
{
	run(65, 64, total_for_this_build());
}

static void a_million_commands_at_depth_1024(void **state)
{
	run(1025, 1024, total_for_this_build());
}

static void few_outstanding_in_a_large_ring(void **state)
{
	run(256, 1, total_for_this_build() / 4);
	run(1024, 1, total_for_this_build() / 4);
	run(4096, 2, total_for_this_build() / 4);
	run(65536, 3, total_for_this_build() / 4);
}

static void a_full_queue_says_so_and_loses_nothing(void **state)
{
	static const uint32_t depths[] = { 1, 2, 3, 64, 1024, 4096 };

	for (size_t i = 0; i < NELEMS(depths); i++) {
		struct upnvme_qpair_stats stats = { .size = UPNVME_QPAIR_STATS_SIZE };
		struct lap lap;

		lap_open(&lap, depths[i] + 1, depths[i]);
		for (int lapno = 0; lapno < 5; lapno++) {
			while (lap_submit(&lap, NULL) == 0)
				;
			assert_int_equal(lap_submit(&lap, NULL), -EAGAIN);
			assert_int_equal(upnvme_flush(lap.rig.qp, lap.rig.ns, on_done, NULL),
					 -EAGAIN);
			assert_int_equal(upnvme_qpair_inflight(lap.rig.qp), depths[i]);
			assert_int_equal(lap.submitted - lap.completed, depths[i]);
			while (lap.completed < lap.submitted)
				lap_take(&lap, true);
		}
		OK(upnvme_qpair_stats_get(lap.rig.qp, &stats));
		assert_int_equal(stats.full, 5 * 3);
		lap_close(&lap);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_million_commands_at_depth_1),
		cmocka_unit_test(a_million_commands_at_depth_2),
		cmocka_unit_test(a_million_commands_at_depth_3),
		cmocka_unit_test(a_million_commands_at_depth_64),
		cmocka_unit_test(a_million_commands_at_depth_1024),
		cmocka_unit_test(few_outstanding_in_a_large_ring),
		cmocka_unit_test(a_full_queue_says_so_and_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
