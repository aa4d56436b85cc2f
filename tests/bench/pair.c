/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The same reads from C, with which the Go bench is compared.
 *
 *   pair batch|callback|single [uri=soft:null] [ios=2000000]
 *
 *   batch     upnvme_submit and upnvme_reap of 128 reads of one block each
 *   callback  128 times upnvme_read, then upnvme_poll
 *   single    upnvme_read and upnvme_poll, one read at a time
 *
 * Prints nanoseconds of CPU time per I/O. The logical blocks go round the first 1,024, in both programs.
 */
#include <stdio.h>
#include <upnvme.h>

#include "bench.h"

#define BATCH 128u
#define SPAN  1024u

static upnvme_ctrlr *ctrlr;
static upnvme_ns *ns;
static upnvme_qpair *qp;
static char *buf;
static uint32_t block;
static uint64_t ndone, nerrors;

static void check(int rc, const char *what)
{
	if (rc < 0)
		errx(1, "%s: %s", what, upnvme_last_error());
}

static void on_done(void *arg, const struct upnvme_completion *done)
{
	(void)arg;
	ndone++;
	nerrors += done->status != 0;
}

static struct upnvme_op ops[BATCH];

static void prepare_ops(void)
{
	for (uint32_t i = 0; i < BATCH; i++)
		ops[i] = (struct upnvme_op){ .opcode = UPNVME_OP_READ,
					     .nsid = 1,
					     .blocks = 1,
					     .tag = i,
					     .buf = buf + i * block };
}

static void one_batch(uint64_t at)
{
	static struct upnvme_completion done[BATCH];
	int n;

	for (uint32_t i = 0; i < BATCH; i++)
		ops[i].lba = (at + i) % SPAN;
	check(upnvme_submit(qp, ops, BATCH), "submit");
	for (uint32_t k = 0; k < BATCH; k += (uint32_t)n) {
		n = upnvme_reap(qp, done, BATCH - k);
		check(n, "reap");
		for (int i = 0; i < n; i++)
			nerrors += done[i].status != 0;
	}
	ndone += BATCH;
}

static void some_callbacks(uint64_t at, uint32_t n)
{
	uint64_t end = ndone + n;

	for (uint32_t i = 0; i < n; i++)
		check(upnvme_read(qp, ns, buf + i * block, (at + i) % SPAN, 1, on_done, NULL),
		      "read");
	while (ndone < end)
		check(upnvme_poll(qp, 0), "poll");
}

static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t run(const char *mode, uint64_t ios)
{
	uint64_t start = cpu_ns(), at;

	for (at = 0; at < ios;)
		if (!strcmp(mode, "batch")) {
			one_batch(at);
			at += BATCH;
		} else {
			uint32_t n = strcmp(mode, "single") ? BATCH : 1;

			some_callbacks(at, n);
			at += n;
		}
	return cpu_ns() - start;
}

int main(int argc, char **argv)
{
	const char *uri = setting(argv, "uri");
	uint32_t ios = setting_number(argv, "ios", 2000000);

	if (argc < 2 || !ios)
		errx(2, "usage: pair batch|callback|single [uri=] [ios=]");
	check(upnvme_open(&ctrlr, uri ? uri : "soft:null", NULL), "open");
	check(upnvme_ns_get(&ns, ctrlr, 1), "namespace 1");
	block = upnvme_ns_block_size(ns);
	check(upnvme_qpair_create(&qp, ctrlr, NULL), "queue pair");
	check(upnvme_dma_alloc((void **)&buf, ctrlr, (size_t)BATCH * block, 4096), "DMA memory");
	prepare_ops();
	run(argv[1], ios / 10 + BATCH);
	printf("cpu_ns %.2f\n", (double)run(argv[1], ios) / ios);
	check(upnvme_qpair_close(qp), "close");
	check(upnvme_close(ctrlr), "close");
	if (nerrors)
		errx(1, "%llu errors", (unsigned long long)nerrors);
	return 0;
}
