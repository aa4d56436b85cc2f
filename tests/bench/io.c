/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads through the public calls alone, so that their cost can be counted or timed.
 *
 *   io read|batch|offsets|idle|waiting|time [uri=soft:null] [depth=32] [each=32] [qpairs=1] [bytes=4096]
 *                                   [ios=64000] [seconds=1]
 *
 *   read      upnvme_read and upnvme_poll: `depth` reads in flight on each of `qpairs` queue pairs; by
 *             turns, `each` are completed on one and as many submitted again
 *   batch     the same by upnvme_submit and upnvme_reap, with tags
 *   offsets   the same by upnvme_submit_at, with offsets into the one region that is registered
 *   idle      polls with nothing outstanding
 *   waiting   polls that find nothing, with one read in flight (give a uri with mode=thread)
 *   time      as read, for `seconds`, and prints I/Os per second
 *
 * Logical blocks are random over the whole namespace. So is each read's buffer, out of those in two regions: one
 * of upnvme_dma_alloc, one of the program's own memory, registered. Random numbers are drawn outside submit() and
 * complete(), which make the calls to the library and no others; the callback counts and does no more. A warm-up
 * comes first; counting begins and ends with measured_reads() or measured_polls(). At the end the queue pairs'
 * counters must say that every I/O was a plain success on the straight path.
 */
#include <stdbool.h>
#include <stdio.h>
#include <upnvme.h>

#include "bench.h"

#define DEPTH_MAX  4096u
#define QPAIRS_MAX 128u
#define BUFFERS    64u /* in each region */

struct io {
	void *buf;
	uint64_t lba;
};

static upnvme_ctrlr *ctrlr;
static upnvme_ns *ns;
static upnvme_qpair *qpairs[QPAIRS_MAX];
static uint32_t nqpairs, depth, each, bytes, blocks;
static bool tagged, offsets;

static char *buffers[2];
static uint64_t nblocks, random_state = 88172645463325252ull;
static struct upnvme_area area;
static struct io ios[DEPTH_MAX];
static struct upnvme_op ops[DEPTH_MAX];
static struct upnvme_completion done[DEPTH_MAX];
static uint64_t ndone, nerrors;

static void on_done(void *arg, const struct upnvme_completion *completion)
{
	(void)arg;
	ndone++;
	nerrors += completion->status != 0;
}

/* --- the counted calls ------------------------------------------------------------------------ */

static __attribute__((noinline)) int submit(upnvme_qpair *qp, uint32_t n)
{
	int failed = 0;

	for (uint32_t i = 0; i < n; i++)
		failed |= upnvme_read(qp, ns, ios[i].buf, ios[i].lba, blocks, on_done, NULL);
	return failed;
}

static __attribute__((noinline)) int complete(upnvme_qpair *qp, uint32_t n)
{
	return upnvme_poll(qp, n);
}

static __attribute__((noinline)) int submit_batch(upnvme_qpair *qp, uint32_t n)
{
	return upnvme_submit(qp, ops, n);
}

static __attribute__((noinline)) int submit_offsets(upnvme_qpair *qp, uint32_t n)
{
	return upnvme_submit_at(qp, &area, ops, n);
}

static __attribute__((noinline)) int complete_batch(upnvme_qpair *qp, uint32_t n)
{
	return upnvme_reap(qp, done, n);
}

/* --- the bench ------------------------------------------------------------------------------------------ */

static void check(int rc, const char *what)
{
	if (rc < 0)
		errx(1, "%s: %s", what, upnvme_last_error());
}

static void draw(uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint64_t random = random_next(&random_state);

		ios[i].buf = buffers[offsets || (random & 1)] +
			     (size_t)((random >> 1) % BUFFERS) * bytes;
		ios[i].lba = (random >> 8) % (nblocks - blocks + 1);
	}
	for (uint32_t i = 0; tagged && i < n; i++)
		ops[i] = (struct upnvme_op){ .opcode = UPNVME_OP_READ,
					     .nsid = 1,
					     .lba = ios[i].lba,
					     .blocks = blocks,
					     .tag = i,
					     .buf = (char *)ios[i].buf - (uintptr_t)area.data };
}

static void put(upnvme_qpair *qp, uint32_t n)
{
	int wanted = tagged ? (int)n : 0;

	draw(n);
	if ((offsets ? submit_offsets(qp, n) :
	     tagged  ? submit_batch(qp, n) :
		       submit(qp, n)) != wanted)
		errx(1, "submission failed: %s", upnvme_last_error());
}

static void turn(upnvme_qpair *qp)
{
	int n = tagged ? complete_batch(qp, each) : complete(qp, each);

	check(n, "completion");
	if (tagged)
		ndone += (uint32_t)n;
	put(qp, (uint32_t)n);
}

static void run(uint64_t n)
{
	for (uint64_t end = ndone + n; ndone < end;)
		for (uint32_t i = 0; i < nqpairs; i++)
			turn(qpairs[i]);
}

static __attribute__((noinline)) void measured_reads(uint32_t n)
{
	run(n);
}

static __attribute__((noinline)) void measured_polls(uint32_t n)
{
	uint64_t before = ndone;

	for (uint32_t i = 0; i < n; i++)
		complete(qpairs[0], 0);
	if (ndone != before)
		errx(3, "a read was completed in between");
}

/* A read that is cut off by closing would be an error. */
static void drain(upnvme_qpair *qp)
{
	while (upnvme_qpair_inflight(qp))
		check(tagged ? upnvme_reap(qp, done, depth) : upnvme_poll(qp, 0), "drain");
}

static void prepare(char **argv)
{
	const char *uri = setting(argv, "uri");
	struct upnvme_qpair_opts opts = UPNVME_QPAIR_OPTS_INIT;
	struct upnvme_open_opts open_opts = UPNVME_OPEN_OPTS_INIT;
	size_t region;

	opts.entries = 2 * depth;
	opts.outstanding = depth;
	open_opts.nqpairs = nqpairs;
	check(upnvme_open(&ctrlr, uri ? uri : "soft:null", &open_opts), "open");
	check(upnvme_ns_get(&ns, ctrlr, 1), "namespace 1");
	nblocks = upnvme_ns_block_count(ns);
	blocks = bytes / upnvme_ns_block_size(ns);
	for (uint32_t i = 0; i < nqpairs; i++)
		check(upnvme_qpair_create(&qpairs[i], ctrlr, &opts), "queue pair");
	region = (size_t)BUFFERS * bytes;
	check(upnvme_dma_alloc((void **)&buffers[0], ctrlr, region, 4096), "DMA memory");
	buffers[1] = aligned_alloc(4096, region);
	if (!buffers[1])
		err(1, "no memory");
	memset(buffers[1], 0, region);
	check(upnvme_mem_register(ctrlr, buffers[1], region), "registration");
	if (offsets)
		area = (struct upnvme_area){ .data = buffers[1], .data_bytes = region };
}

static void finish(void)
{
	struct upnvme_qpair_stats stats = { .size = UPNVME_QPAIR_STATS_SIZE };
	uint64_t general = 0;

	for (uint32_t i = 0; i < nqpairs; i++) {
		drain(qpairs[i]);
		check(upnvme_qpair_stats_get(qpairs[i], &stats), "statistics");
		general += stats.general;
		nerrors += stats.errors + stats.spurious + stats.full + stats.split;
		check(upnvme_qpair_close(qpairs[i]), "close");
	}
	check(upnvme_mem_unregister(ctrlr, buffers[1], (size_t)BUFFERS * bytes), "unregister");
	check(upnvme_close(ctrlr), "close");
	if (nerrors)
		errx(1, "%llu errors", (unsigned long long)nerrors);
	/* Once for each region that a queue pair has not seen before. */
	if (general > 2 * nqpairs)
		errx(1, "%llu reads did not take the straight path", (unsigned long long)general);
}

static void time_reads(uint64_t limit_ns)
{
	uint64_t start = now_ns(), before = ndone, elapsed;

	do {
		run(4096);
		elapsed = now_ns() - start;
	} while (elapsed < limit_ns);
	printf("iops %.0f\n", (double)(ndone - before) * 1e9 / (double)elapsed);
}

/* Submits a read that the controller's thread does not answer during the next polls. While this
 * thread is in the system call that wakes the other, the other runs, so the first reads are
 * answered at once. Later the controller's thread is awake, and runs only when a poll gives way.
 * The poll that gave way answered the read before, so many polls follow until the next one gives
 * way. */
static void put_unanswered(void)
{
	put(qpairs[0], 1);
	for (int i = 0; i < 1000; i++) {
		uint64_t before;

		drain(qpairs[0]);
		put(qpairs[0], 1);
		before = ndone;
		complete(qpairs[0], 0);
		if (ndone == before)
			return;
	}
	errx(1, "the controller is always faster");
}

/* Returns how many I/Os, or polls, were measured. */
static uint64_t work(const char *workload, uint32_t n, uint32_t seconds)
{
	uint64_t start;

	if (!strcmp(workload, "waiting"))
		put_unanswered();
	if (!strcmp(workload, "waiting") || !strcmp(workload, "idle")) {
		measured_polls(n);
		return n;
	}
	for (uint32_t i = 0; i < nqpairs; i++)
		put(qpairs[i], depth);
	run(8 * (uint64_t)depth * nqpairs);
	start = ndone;
	if (!strcmp(workload, "time"))
		time_reads((uint64_t)seconds * 1000000000u);
	else
		measured_reads(n);
	return ndone - start;
}

int main(int argc, char **argv)
{
	uint32_t n = setting_number(argv, "ios", 64000);
	uint32_t seconds = setting_number(argv, "seconds", 1);

	depth = setting_number(argv, "depth", 32);
	each = setting_number(argv, "each", 32);
	nqpairs = setting_number(argv, "qpairs", 1);
	bytes = setting_number(argv, "bytes", 4096);
	if (argc < 2 || !depth || depth > DEPTH_MAX || !each || each > depth || !nqpairs ||
	    nqpairs > QPAIRS_MAX)
		errx(2,
		     "usage: io read|batch|offsets|idle|waiting|time [uri=] [depth=] [each=] [qpairs=] "
		     "[bytes=] [ios=] [seconds=]");
	offsets = !strcmp(argv[1], "offsets");
	tagged = offsets || !strcmp(argv[1], "batch");
	prepare(argv);
	printf("n %llu\n", (unsigned long long)work(argv[1], n, seconds));
	finish();
	return 0;
}
