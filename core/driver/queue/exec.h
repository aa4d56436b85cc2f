/* SPDX-License-Identifier: BSD-3-Clause */
/* One call for bindings: adopt, submit, reap until all is done or the time is over, release. */
#ifndef UPNVME_DRIVER_QUEUE_EXEC_H
#define UPNVME_DRIVER_QUEUE_EXEC_H

#include <stdint.h>

#include <upnvme/types.h>

struct upnvme_qpair;

/* The arguments of an exec, and how far it has come. */
struct exec {
	const struct upnvme_op *ops;    /* null: nothing is submitted, only reaped */
	const struct upnvme_area *area; /* null: the ops have addresses */
	uint32_t n;                     /* ops to submit */
	uint32_t submitted;
	struct upnvme_completion *done;
	uint32_t ndone; /* room, for each op and for one completion at least */
	uint32_t stored;
	int refused; /* the error of the op that ended the batch */
	uint64_t timeout_ns, deadline_ns;
};

/* Called by the queue pair's owner, or by any thread while the queue pair has none. Returns how many completions are in
 * `done`, or the error of the first op; -ETIMEDOUT: no completion came in time. */
int qpair_exec(struct upnvme_qpair *qp, struct exec *exec);

#endif
