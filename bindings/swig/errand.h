/* SPDX-License-Identifier: BSD-3-Clause */
/* An errand: a call of the library that waits for the device, on a thread of its own, so that the
 * caller's wait can be interrupted, and ends when the controller closes. An errand whose caller was
 * interrupted is left behind: its call goes on until the device answers, or its time is over. */
#ifndef UPNVME_BINDINGS_SWIG_ERRAND_H
#define UPNVME_BINDINGS_SWIG_ERRAND_H

#include <stdatomic.h>

#include "glue.h"

enum errand_state { ERRAND_RUNNING, ERRAND_DONE, ERRAND_LEFT };

/* The first member of the record with the call's arguments and results. The record comes from calloc,
 * and has no Python objects, since the errand's thread may free it without the interpreter's lock. */
struct errand {
	int (*call)(struct errand *errand);
	/* Undoes a successful call whose caller has left the errand behind; may be null. */
	void (*undo)(struct errand *errand);
	atomic_uint *left; /* the session's count of errands; null: no session */
	atomic_uint state; /* enum errand_state */
	pthread_t thread;
	unsigned born; /* glue_generation of the process that has the thread */
	int rc;
	struct upnvme_error error;
};

/* Runs the call and waits for it. Returns the result of the call, and the caller frees the errand; or
 * a negative number with an exception, and the errand is not the caller's any more. The session may
 * be null. */
#define ERRAND_WAS_LEFT (-1) /* no result: the call was left behind, or not begun */
int errand_run(struct session *session, struct errand *errand);

#endif
