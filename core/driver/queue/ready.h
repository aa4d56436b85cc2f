/* SPDX-License-Identifier: BSD-3-Clause */
/* The ready list of a queue pair: completions that have no entry in the ring, because the library completed the
 * command, or because there was no room for a tagged one. The next poll or reap hands them out, oldest first. */
#ifndef UPNVME_DRIVER_QUEUE_READY_H
#define UPNVME_DRIVER_QUEUE_READY_H

#include <stdint.h>

#include <upnvme/types.h>

struct sink;
struct slot;
struct upnvme_qpair;

/* Completes a slot's command by the library: the completion waits in the list until it is taken. */
void ready_append(struct upnvme_qpair *qp, struct slot *slot, upnvme_cb cb,
		  const struct upnvme_completion *record);
/* Hands out up to `budget` completions, as far as the sink has room. Returns what is left of the budget: 0, too, when
 * a tagged completion found no room. */
uint32_t ready_deliver(struct upnvme_qpair *qp, uint32_t budget, struct sink *sink);
/* Hands out the completions with callbacks, and keeps the tagged ones. */
void ready_deliver_callbacks(struct upnvme_qpair *qp);

#endif
