/* SPDX-License-Identifier: BSD-3-Clause */
/* An admin queue of the test's own on a controller that no driver has. Commands that the driver keeps to itself can be
 * sent there. */
#ifndef UPNVME_TESTS_CONFORMANCE_BARE_H
#define UPNVME_TESTS_CONFORMANCE_BARE_H

#include <stdbool.h>

#include <upnvme.h>

#include "transport/transport.h"

#define BARE_PAGE_BYTES 4096u
#define BARE_ENTRIES    (BARE_PAGE_BYTES / 64) /* of each queue; a page of the submission queue */

/* A command that was begun. */
struct bare_command {
	bool begun, ended;
	uint16_t cid;
	struct upnvme_completion done;
};

struct bare {
	struct transport *transport;
	struct transport_queue queue;
	void *sq, *cq, *data; /* a page each; the queues' are null before bare_enable */
	uint32_t tail, head, phase;
	uint16_t next_cid;
	struct bare_command commands[BARE_ENTRIES];
};

/* Sets up the admin queue, with as many entries as fit into a page of each, and enables the
 * controller; 0, or a negative errno with its sentence. */
int bare_enable(struct bare *bare, struct transport *transport);
/* One command from its beginning to its end, with at most a page of data. */
int bare_admin(struct bare *bare, const struct upnvme_raw *raw, struct upnvme_completion *done);
/* Begins a command without data, that others may overtake; its identifier, or a negative errno. */
int bare_begin(struct bare *bare, const struct upnvme_raw *raw);
/* Takes the completion of a command that was begun: 0 when there is none yet, else 1. -ENOENT: no such command. */
int bare_ended(struct bare *bare, uint16_t cid, struct upnvme_completion *done);
/* The same, and waits for it: 0, or a negative errno. */
int bare_end(struct bare *bare, uint16_t cid, struct upnvme_completion *done);
/* Disables the controller, whose memory goes then. */
void bare_disable(struct bare *bare);

#endif
