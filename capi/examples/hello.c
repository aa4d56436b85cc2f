/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hello: writes a block and reads it back.
 *
 * The example shows the least that a program needs: a controller, a namespace, a queue pair, DMA memory, and a poll
 * that runs the callback.
 */
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <upnvme.h>

struct state {
	bool done;
	uint16_t status;
};

static void on_done(void *arg, const struct upnvme_completion *done)
{
	struct state *state = arg;

	state->done = true;
	state->status = done->status;
}

/* Waits for a command. `rc` is what the call returned: 0 if the command was accepted, and then the
 * command's callback runs in a poll. */
static void finish(upnvme_qpair *qp, int rc, struct state *state)
{
	if (rc < 0)
		errx(1, "%s", upnvme_last_error());
	while (!state->done)
		if (upnvme_poll(qp, 0) < 0)
			errx(1, "%s", upnvme_last_error());
	if (state->status)
		errx(1, "the controller answers: %s", upnvme_status_text(state->status));
	state->done = false;
}

int main(int argc, char **argv)
{
	const char *uri = argc > 1 ? argv[1] : "soft:ram?size=1MiB";
	struct state state = { 0 };
	upnvme_ctrlr *ctrlr;
	upnvme_qpair *qp;
	upnvme_ns *ns;
	void *buf;

	if (upnvme_open(&ctrlr, uri, NULL) < 0 || upnvme_ns_get(&ns, ctrlr, 1) < 0 ||
	    upnvme_qpair_create(&qp, ctrlr, NULL) < 0 ||
	    upnvme_dma_alloc(&buf, ctrlr, upnvme_ns_block_size(ns), 0) < 0)
		errx(1, "%s", upnvme_last_error());

	snprintf(buf, upnvme_ns_block_size(ns), "Hello, NVMe!");
	finish(qp, upnvme_write(qp, ns, buf, 0, 1, on_done, &state), &state);
	memset(buf, 0, upnvme_ns_block_size(ns));
	finish(qp, upnvme_read(qp, ns, buf, 0, 1, on_done, &state), &state);
	printf("LBA 0 of %s: %s\n", uri, (char *)buf);

	upnvme_dma_free(ctrlr, buf);
	if (upnvme_qpair_close(qp) < 0 || upnvme_close(ctrlr) < 0)
		errx(1, "%s", upnvme_last_error());
	return 0;
}
