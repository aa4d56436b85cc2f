/* SPDX-License-Identifier: BSD-3-Clause */
/* Leases: queue pairs without an owner, each lent for one command at a time. When all are lent,
 * callers wait in turn. */
#include "glue.h"

#include <errno.h>
#include <string.h>

/* The most bytes of a command that is executed with the interpreter's lock held; a larger command
 * takes long enough to let other threads run. */
#define QUICK_BYTES 65536u
/* The number of calls that give up the interpreter's lock at once, after a call that had to wait. */
#define PATIENCE 64u

static struct lease *lease_create(struct session *session)
{
	struct upnvme_qpair_opts opts = UPNVME_QPAIR_OPTS_INIT;
	struct lease *lease = PyMem_Calloc(1, sizeof(*lease));
	int rc;

	if (!lease) {
		PyErr_NoMemory();
		return NULL;
	}
	session->pool.n++;
	opts.entries = session->pool.entries;
	rc = qpair_make(session, &opts, &lease->qp);
	if (rc == 0)
		return lease;
	session->pool.n--;
	/* The caller's own queue pairs may have used up those that the controller grants: the leases
	 * that exist must do. */
	if (rc == -ENOSPC && session->pool.n) {
		PyErr_Clear();
		session->pool.max = session->pool.n;
	}
	PyMem_Free(lease);
	return NULL;
}

/* Gives the lease to the caller that has waited longest, or makes it idle. */
static void lease_give(struct session *session, struct lease *lease)
{
	struct pool *pool = &session->pool;
	struct waiter *waiter = pool->first;

	if (waiter) {
		pool->first = waiter->next;
		waiter->lease = lease;
		turn_wake();
		return;
	}
	lease->next = pool->idle;
	pool->idle = lease;
}

/* Takes a lease whose command is done from the draining ones; null: there is none. */
static struct lease *take_drained(struct pool *pool)
{
	for (struct lease **link = &pool->draining; *link; link = &(*link)->next) {
		struct lease *lease = *link;
		struct upnvme_completion done;

		if (upnvme_exec(lease->qp, NULL, 0, &done, 1, 0) == -ETIMEDOUT)
			continue;
		*link = lease->next;
		return lease;
	}
	return NULL;
}

/* Gives back the leases of interrupted calls whose commands are done by now. Freeing the memory of a
 * command may run Python, which may come here again: each lease is off the list by then. */
static void drain(struct session *session)
{
	struct lease *lease;

	while ((lease = take_drained(&session->pool))) {
		PyObject *keep = lease->keep;

		lease->keep = NULL;
		lease_give(session, lease);
		Py_XDECREF(keep);
	}
}

static void waiter_join(struct pool *pool, struct waiter *waiter)
{
	struct waiter **link = &pool->first;

	while (*link)
		link = &(*link)->next;
	*link = waiter;
}

static void waiter_quit(struct pool *pool, const struct waiter *waiter)
{
	struct waiter **link = &pool->first;

	while (*link && *link != waiter)
		link = &(*link)->next;
	if (*link)
		*link = waiter->next;
}

static struct lease *lease_wait(struct session *session)
{
	struct waiter waiter = { NULL, NULL };

	waiter_join(&session->pool, &waiter);
	while (!waiter.lease) {
		drain(session);
		if (waiter.lease)
			break;
		turn_wait();
		if (!waiter.lease && wait_look(session) < 0) {
			waiter_quit(&session->pool, &waiter);
			if (waiter.lease) /* wait_look ran Python, and the lease came meanwhile */
				lease_give(session, waiter.lease);
			return NULL;
		}
	}
	return waiter.lease;
}

static struct lease *lease_take(struct session *session)
{
	struct pool *pool = &session->pool;
	struct lease *lease;

	if (pool->draining)
		drain(session);
	lease = pool->idle;
	if (lease) {
		pool->idle = lease->next;
		return lease;
	}
	if (pool->n < pool->max) {
		lease = lease_create(session);
		if (lease || PyErr_Occurred())
			return lease;
	}
	return lease_wait(session);
}

/* Keeps lease and memory of a command that the device still has, until the command is done. */
static void lease_interrupt(struct session *session, struct lease *lease, PyObject *keep)
{
	Py_XINCREF(keep);
	lease->keep = keep;
	lease->next = session->pool.draining;
	session->pool.draining = lease;
}

/* Executes the command without the interpreter's lock, slice by slice; `op` null: waits for the one
 * in flight. Returns as upnvme_exec, or -EINTR with an exception. */
static int lease_patiently(struct session *session, struct lease *lease, const struct upnvme_op *op,
			   uint64_t timeout_ns, struct upnvme_completion *done)
{
	struct wait wait = { timeout_ns, 0 };
	uint64_t until_ns;
	int rc = -ETIMEDOUT;

	while (rc == -ETIMEDOUT && (until_ns = wait_slice(&wait))) {
		uint64_t now = clock_ns();

		Py_BEGIN_ALLOW_THREADS;
		rc = upnvme_exec(lease->qp, op, op != NULL, done, 1,
				 until_ns > now ? until_ns - now : 0);
		Py_END_ALLOW_THREADS;
		op = NULL;
		if (rc == -ETIMEDOUT && wait_look(session) < 0)
			return -EINTR;
	}
	return rc;
}

static int lease_exec(struct session *session, struct lease *lease, const struct upnvme_op *op,
		      bool quick, uint64_t timeout_ns, struct upnvme_completion *done)
{
	int rc;

	if (!quick)
		return lease_patiently(session, lease, op, timeout_ns ? timeout_ns : 1, done);
	rc = upnvme_exec(lease->qp, op, 1, done, 1, 0);
	if (rc != -ETIMEDOUT)
		return rc;
	session->pool.patience = PATIENCE;
	return lease_patiently(session, lease, NULL, timeout_ns, done);
}

/* Runs one command to its end. Returns 0 with the completion; a negative errno of the library, which
 * refused the command (no exception is set); or 1 with an exception. `keep`, the holder of the memory,
 * is held for as long as the device may touch the memory. */
int lease_run(struct session *session, const struct upnvme_op *op, size_t bytes, PyObject *keep,
	      uint64_t timeout_ns, struct upnvme_completion *done)
{
	struct lease *lease;
	bool quick = bytes <= QUICK_BYTES && !session->pool.patience;
	int rc;

	if (session_enter(session) < 0)
		return 1;
	if (session->pool.patience)
		session->pool.patience--;
	lease = lease_take(session);
	if (!lease) {
		session_leave(session);
		return 1;
	}
	rc = lease_exec(session, lease, op, quick, timeout_ns, done);
	if (rc == -ETIMEDOUT)
		glue_raise_timeout(op, timeout_ns);
	if (rc == -ETIMEDOUT || rc == -EINTR)
		lease_interrupt(session, lease, keep);
	else
		lease_give(session, lease);
	session_leave(session);
	return rc == -ETIMEDOUT || rc == -EINTR ? 1 : rc < 0 ? rc : 0;
}

static void lease_close(struct lease *lease, PyObject **errors)
{
	int rc;

	Py_BEGIN_ALLOW_THREADS;
	rc = upnvme_qpair_close(lease->qp);
	Py_END_ALLOW_THREADS;
	if (rc < 0) {
		glue_raise(rc);
		glue_collect(errors);
	}
	Py_XDECREF(lease->keep);
	PyMem_Free(lease);
}

static void close_list(struct lease **list, PyObject **errors)
{
	while (*list) {
		struct lease *lease = *list;

		*list = lease->next;
		lease_close(lease, errors);
	}
}

/* Closes all leases, when no call is inside any more. */
void lease_close_all(struct session *session, PyObject **errors)
{
	close_list(&session->pool.draining, errors);
	close_list(&session->pool.idle, errors);
	session->pool.n = 0;
}
