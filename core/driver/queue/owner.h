/* SPDX-License-Identifier: BSD-3-Clause */
/* Who may use a queue pair: the thread whose token it carries.
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

/* The token is in the static part of thread-local storage: two instructions to read, and eight bytes of what the
 * loader keeps for libraries that are loaded late. musl's loader keeps nothing. */
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

/* The way in of a call that finds the gate shut: says why the caller may not enter, or admits the caller, with
 * all looked-up memory forgotten if memory was taken away meanwhile. Opens the gate again if it may be open. 0, or a
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
