/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The time from upnvme_open to the first completed read: opening, namespace, queue pair, buffer,
 * one read.
 *
 *   open [uri]
 *
 * Prints microseconds by the monotonic clock. Start of the process, and closing, are outside.
 */
#include <stdbool.h>
#include <stdio.h>
#include <upnvme.h>

#include "bench.h"

static void on_done(void *arg, const struct upnvme_completion *completion)
{
	if (completion->status)
		errx(1, "status %#x", completion->status);
	*(bool *)arg = true;
}

static void check(int rc, const char *what)
{
	if (rc < 0)
		errx(1, "%s: %s", what, upnvme_last_error());
}

int main(int argc, char **argv)
{
	uint64_t start = now_ns(), end;
	bool done = false;
	upnvme_ctrlr *ctrlr;
	upnvme_qpair *qp;
	upnvme_ns *ns;
	void *buf;

	check(upnvme_open(&ctrlr, argc > 1 ? argv[1] : "soft:ram?size=64MiB", NULL), "open");
	check(upnvme_ns_get(&ns, ctrlr, 1), "namespace 1");
	check(upnvme_qpair_create(&qp, ctrlr, NULL), "queue pair");
	check(upnvme_dma_alloc(&buf, ctrlr, upnvme_ns_block_size(ns), 4096), "DMA memory");
	check(upnvme_read(qp, ns, buf, 0, 1, on_done, &done), "read");
	while (!done)
		check(upnvme_poll(qp, 0), "poll");
	end = now_ns();
	check(upnvme_qpair_close(qp), "close");
	check(upnvme_dma_free(ctrlr, buf), "free");
	check(upnvme_close(ctrlr), "close");
	printf("us %.1f\n", (double)(end - start) / 1000);
	return 0;
}
