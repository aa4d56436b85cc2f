/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * scatter: gathers one write from several pieces of memory, and scatters one read over them.
 *
 * The example shows upnvme_writev and upnvme_readv, and memory of the program's own, which is registered instead of
 * being allocated by the library. The pages are written in order and read back in the opposite order: only the iovec
 * says where a block goes, and nothing is copied.
 */
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include <upnvme.h>

#define PAGE_BYTES 4096u
#define NPAGES     4u

static void on_done(void *arg, const struct upnvme_completion *done)
{
	if (done->status)
		errx(1, "the controller answers: %s", upnvme_status_text(done->status));
	*(bool *)arg = true;
}

static void finish(upnvme_qpair *qp, int rc, bool *done)
{
	if (rc < 0)
		errx(1, "%s", upnvme_last_error());
	while (!*done)
		if (upnvme_poll(qp, 0) < 0)
			errx(1, "%s", upnvme_last_error());
	*done = false;
}

/* Writes the pages in order, and reads them into the same memory in the opposite order. */
static void turn_round(upnvme_qpair *qp, upnvme_ns *ns, char *pages)
{
	uint32_t blocks = NPAGES * PAGE_BYTES / upnvme_ns_block_size(ns);
	struct iovec in_order[NPAGES], reversed[NPAGES];
	bool done = false;

	for (uint32_t i = 0; i < NPAGES; i++) {
		in_order[i] = (struct iovec){ pages + i * PAGE_BYTES, PAGE_BYTES };
		reversed[NPAGES - 1 - i] = in_order[i];
	}
	finish(qp, upnvme_writev(qp, ns, in_order, NPAGES, 0, blocks, on_done, &done), &done);
	finish(qp, upnvme_readv(qp, ns, reversed, NPAGES, 0, blocks, on_done, &done), &done);
}

int main(int argc, char **argv)
{
	const char *uri = argc > 1 ? argv[1] : "soft:ram?size=1MiB&block=4096";
	char *pages = aligned_alloc(PAGE_BYTES, NPAGES * PAGE_BYTES);
	upnvme_ctrlr *ctrlr;
	upnvme_qpair *qp;
	upnvme_ns *ns;

	if (!pages)
		err(1, "memory");
	memset(pages, 0, NPAGES * PAGE_BYTES);
	for (uint32_t i = 0; i < NPAGES; i++)
		snprintf(pages + i * PAGE_BYTES, PAGE_BYTES, "page %u", i);

	if (upnvme_open(&ctrlr, uri, NULL) < 0 || upnvme_ns_get(&ns, ctrlr, 1) < 0 ||
	    upnvme_qpair_create(&qp, ctrlr, NULL) < 0 ||
	    upnvme_mem_register(ctrlr, pages, NPAGES * PAGE_BYTES) < 0)
		errx(1, "%s", upnvme_last_error());
	turn_round(qp, ns, pages);
	for (uint32_t i = 0; i < NPAGES; i++)
		printf("%s%s", i ? ", " : "", pages + i * PAGE_BYTES);
	printf("\n");

	if (upnvme_mem_unregister(ctrlr, pages, NPAGES * PAGE_BYTES) < 0 ||
	    upnvme_qpair_close(qp) < 0 || upnvme_close(ctrlr) < 0)
		errx(1, "%s", upnvme_last_error());
	free(pages);
	return 0;
}
