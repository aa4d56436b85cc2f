/* SPDX-License-Identifier: BSD-3-Clause */
/* C's cost of the work of crossing.py: crossing URI [ROUNDS]
 *
 * Prints nanoseconds per I/O: of one read that is waited for (upnvme_exec), of reads by callback in rounds of 32, of a
 * batch of 128 prefilled ops. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <upnvme.h>

#define BATCH 128u
#define ROUND 32u
#define BYTES 4096u

static upnvme_ns *ns;
static upnvme_qpair *qp;
static char *buf;
static struct upnvme_op ops[BATCH];
static struct upnvme_completion completions[BATCH];

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void check(int rc)
{
	if (rc < 0)
		errx(1, "%s", upnvme_last_error());
}

static void on_done(void *arg, const struct upnvme_completion *done)
{
	*(unsigned *)arg += !done->status;
}

static void reads(unsigned n)
{
	while (n--)
		check(upnvme_exec(qp, ops, 1, completions, 1, UINT64_MAX));
}

static void callbacks(unsigned n)
{
	for (unsigned i = 0; i < n; i += ROUND) {
		unsigned done = 0;

		for (unsigned j = 0; j < ROUND; j++)
			check(upnvme_read(qp, ns, buf, j, 1, on_done, &done));
		while (done < ROUND)
			check(upnvme_poll(qp, 0));
	}
}

static void batches(unsigned n)
{
	for (unsigned i = 0; i < n; i += BATCH) {
		int taken = 0, rc;

		check(upnvme_submit(qp, ops, BATCH));
		while (taken < (int)BATCH) {
			check(rc = upnvme_reap(qp, completions, BATCH));
			taken += rc;
		}
	}
}

static void measure(const char *name, void (*run)(unsigned n), unsigned n)
{
	double start;

	run(n / 10);
	start = now_ns();
	run(n);
	printf("%s %.3f\n", name, (now_ns() - start) / n);
}

int main(int argc, char **argv)
{
	struct upnvme_qpair_opts opts = UPNVME_QPAIR_OPTS_INIT;
	unsigned n = argc > 2 ? (unsigned)atoi(argv[2]) : 12800;
	upnvme_ctrlr *ctrlr;

	opts.entries = 257;
	check(upnvme_open(&ctrlr, argc > 1 ? argv[1] : "soft:null", NULL));
	check(upnvme_ns_get(&ns, ctrlr, 1));
	check(upnvme_qpair_create(&qp, ctrlr, &opts));
	check(upnvme_dma_alloc((void **)&buf, ctrlr, (size_t)BATCH * BYTES, 0));
	for (unsigned i = 0; i < BATCH; i++)
		ops[i] = (struct upnvme_op){ .opcode = UPNVME_OP_READ,
					     .nsid = 1,
					     .lba = i,
					     .blocks = 1,
					     .buf = buf + (size_t)i * BYTES };
	measure("read", reads, n);
	measure("callback", callbacks, n);
	measure("batch", batches, n);
	check(upnvme_qpair_close(qp));
	check(upnvme_close(ctrlr));
	return 0;
}
