/* SPDX-License-Identifier: BSD-3-Clause */
/* An admin queue of the test's own on a controller that no driver has: one command at a time, of at
 * most a page of data. Commands that the driver keeps to itself can be sent there. */
#ifndef UPNVME_TESTS_CONFORMANCE_BARE_H
#define UPNVME_TESTS_CONFORMANCE_BARE_H

#include <upnvme.h>

#include "transport/transport.h"

#define BARE_PAGE_BYTES 4096u

struct bare {
	struct transport *transport;
	struct transport_queue queue;
	void *sq, *cq, *data; /* a page each; the queues' are null before bare_enable */
	uint32_t tail, head, phase;
};

/* Sets up the admin queue, with as many entries as fit into a page of each, and enables the
 * controller; 0, or a negative errno with its sentence. */
int bare_enable(struct bare *bare, struct transport *transport);
int bare_admin(struct bare *bare, const struct upnvme_raw *raw, struct upnvme_completion *done);
/* Disables the controller, whose memory goes then. */
void bare_disable(struct bare *bare);

#endif
