/* SPDX-License-Identifier: BSD-3-Clause */
/* A call of the library's that waits for the device, on a thread of its own: its caller can be
 * interrupted, and returns when the controller closes. An errand that is left behind goes on until
 * the device answers, or its time is over. */
#ifndef UPNVME_BINDINGS_SWIG_ERRAND_H
#define UPNVME_BINDINGS_SWIG_ERRAND_H

#include <stdatomic.h>

#include "glue.h"

enum errand_state { ERRAND_RUNNING, ERRAND_DONE, ERRAND_LEFT };

/* The head of the arguments and results of the call: from calloc, without objects of Python's. */
struct errand {
	int (*call)(struct errand *errand);
	/* Undoes a result that no caller waits for any more; may be null. */
	void (*undo)(struct errand *errand);
	atomic_uint *left; /* the session's count of errands; null: no session */
	atomic_uint state; /* enum errand_state */
	pthread_t thread;
	unsigned born; /* the fork generation in which the thread exists */
	int rc;
	struct upnvme_error error;
};

/* Returns the result of the call, and the caller frees the errand; or a negative number with an
 * exception, and the errand is gone. */
#define ERRAND_WAS_LEFT (-1) /* by its caller; no errno of the library's */
int errand_run(struct session *session, struct errand *errand);

#endif
