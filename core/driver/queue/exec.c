/* SPDX-License-Identifier: BSD-3-Clause */
#include "driver/queue/exec.h"

#include <errno.h>

#include "base/clock.h"
#include "base/error.h"
#include "driver/queue/owner.h"
#include "driver/queue/poll.h"
#include "driver/queue/submit.h"

static void exec_submit(struct exec *exec, struct upnvme_qpair *qp)
{
	const struct upnvme_op *ops = exec->ops + exec->submitted;
	uint32_t n = exec->n - exec->submitted;
	int rc = exec->area ? submit_ops_at(qp, exec->area, ops, n) : submit_ops(qp, ops, n);

	if (rc >= 0) {
		exec->submitted += (uint32_t)rc;
	} else if (rc != -EAGAIN) {
		exec->refused = rc;
		exec->n = exec->submitted;
	}
}

/* Whether the call is done: with ops, when all accepted ones have completed; without, when `done` is full, or
 * nothing is in flight. */
static bool exec_is_done(const struct exec *exec, const struct upnvme_qpair *qp)
{
	if (exec->stored == exec->ndone || qp->close_wanted)
		return true;
	if (exec->ops)
		return exec->submitted == exec->n && exec->stored >= exec->n;
	return qpair_inflight(qp) == 0;
}

/* The clock is read only when a round brought nothing. */
static bool exec_is_late(struct exec *exec)
{
	if (!exec->deadline_ns)
		exec->deadline_ns = deadline_after(exec->timeout_ns);
	return deadline_passed(exec->deadline_ns);
}

static int error_late(const struct exec *exec, const struct upnvme_qpair *qp)
{
	return error_set(
		-ETIMEDOUT, UPNVME_ERR_TIMEOUT,
		"%u of %u commands completed within %llu ns: the others stay in flight: reap them "
		"later, or stop queue pair %u",
		exec->stored, exec->ops ? exec->n : exec->ndone,
		(unsigned long long)exec->timeout_ns, qp->qid);
}

/* The number of stored completions, if there are any, goes before the error that ended the call. */
static int exec_result(const struct exec *exec, int rc)
{
	return exec->stored ? (int)exec->stored : rc;
}

static int exec_run(struct exec *exec, struct upnvme_qpair *qp)
{
	while (true) {
		int rc;

		if (exec->submitted < exec->n)
			exec_submit(exec, qp);
		rc = qpair_reap(qp, exec->done + exec->stored, exec->ndone - exec->stored);
		if (rc < 0)
			return exec_result(exec, rc);
		exec->stored += (uint32_t)rc;
		if (exec_is_done(exec, qp))
			return exec_result(exec, exec->refused);
		if (rc == 0 && exec_is_late(exec))
			return exec_result(exec, error_late(exec, qp));
	}
}

/* Holds the queue pair while exec_run looks at it, since a callback may ask to close the queue pair. */
static int exec_held(struct exec *exec, struct upnvme_qpair *qp, bool adopted)
{
	int rc, closed = 0;

	qp->held = true;
	rc = exec_run(exec, qp);
	qp->held = false;
	if (qp->close_wanted)
		closed = qpair_close(qp);
	else if (adopted)
		qpair_release(qp);
	return rc ? rc : closed;
}

static bool is_released(const struct upnvme_qpair *qp)
{
	return atomic_load_explicit(&qp->owner, memory_order_acquire) == QPAIR_RELEASED;
}

int qpair_exec(struct upnvme_qpair *qp, struct exec *exec)
{
	bool adopted = is_released(qp);
	int rc = adopted ? qpair_adopt(qp) : owner_pass(qp);

	if (rc)
		return rc;
	return qp->in_poll ? owner_in_callback(qp) : exec_held(exec, qp, adopted);
}
