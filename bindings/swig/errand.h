/* SPDX-License-Identifier: BSD-3-Clause */
/* A call of the library's that waits for the device, on a thread of its own: who asked can be interrupted, and returns
 * when the controller closes. What such a call leaves behind goes on until the device answers, or its time is over. */
#ifndef UPNVME_BINDINGS_SWIG_ERRAND_H
#define UPNVME_BINDINGS_SWIG_ERRAND_H

#include <stdatomic.h>

#include "glue.h"

enum errand_state { ERRAND_RUNNING, ERRAND_DONE, ERRAND_LEFT };

/* The head of what the call needs and gives: from calloc, and nothing in it is Python's. */
struct errand {
	int (*call)(struct errand *errand);
	/* Takes a result back that nobody waits for any more; may be null. */
	void (*undo)(struct errand *errand);
	atomic_uint *left; /* how many the session has under way; null: there is none */
	atomic_uint state; /* enum errand_state */
	pthread_t thread;
	unsigned born; /* the fork generation, which alone has the thread */
	int rc;
	struct upnvme_error error;
};

/* Returns what the call did, and the errand is the caller's to free; or, negative, there is an exception, and the
 * errand is gone. */
#define ERRAND_WAS_LEFT (-1) /* by its caller; no errno of the library's */
int errand_run(struct session *session, struct errand *errand);

#endif
