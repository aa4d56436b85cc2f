/* SPDX-License-Identifier: BSD-3-Clause */
/* The owner of a queue pair, which alone may use it: the thread whose token the queue pair carries.
 *
 * A token is a number that is never given twice in a process. A thread's address is given twice: it is
 * used again when a thread ends, and is the same in a forked child. Queue pairs live in memory that
 * fork wipes, so a child finds no owner there. */
#ifndef UPNVME_DRIVER_QUEUE_OWNER_H
#define UPNVME_DRIVER_QUEUE_OWNER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"
#include "driver/queue/qpair.h"

/* The token of a thread that has owned no queue pair yet; equal to no owner and no gate. */
#define TOKEN_NONE UINT64_MAX

/* The token is in the static part of thread-local storage. So it takes two instructions to read, and eight bytes of the
 * part that the loader reserves for libraries that are loaded late. musl's loader reserves none. */
#ifdef __GLIBC__
#define THREAD_TOKEN_MODEL __attribute__((tls_model("initial-exec")))
#else
#define THREAD_TOKEN_MODEL
#endif
extern _Thread_local uint64_t thread_token THREAD_TOKEN_MODEL;

/* This thread's token, given to it now if it has none. */
uint64_t owner_token(void);

static inline bool owner_gate_open(const struct upnvme_qpair *qp)
{
	return atomic_load_explicit(&qp->gate, memory_order_relaxed) == thread_token;
}

/* Whether the calling thread owns the queue pair: 0, or a negative errno with its sentence. */
int owner_check(const struct upnvme_qpair *qp);
/* Whether this process has the queue pair, whatever the thread: a forked child has not. */
int owner_check_process(const struct upnvme_qpair *qp);

/* The way in of a call that finds the gate shut: admits the owner, and refuses any other caller. After an alert, all
 * looked-up memory is forgotten, since memory may have been taken away. Opens the gate again if it may be open. 0, or a
 * negative errno with its sentence. */
int owner_enter(struct upnvme_qpair *qp);
/* As owner_enter, and refuses a queue pair that takes no commands any more. */
int owner_enter_to_submit(struct upnvme_qpair *qp);

/* The way in of a call, taken once: through the open gate, or by owner_enter. */
static inline int owner_pass(struct upnvme_qpair *qp)
{
	return likely(owner_gate_open(qp)) ? 0 : owner_enter(qp);
}

static inline int owner_pass_to_submit(struct upnvme_qpair *qp)
{
	return likely(owner_gate_open(qp)) ? 0 : owner_enter_to_submit(qp);
}

/* -EDEADLK, with its sentence: a wait within a callback. */
int owner_in_callback(const struct upnvme_qpair *qp);

#endif
