/* SPDX-License-Identifier: BSD-3-Clause */
/* Adopt, submit, reap until done or late, release: what a binding wants to do in one call. */
#include "base/clock.h"
#include "base/error.h"
#include "driver/queue/owner.h"

#include <upnvme/io.h>

/* How far it has come. */
struct exec {
	const struct upnvme_op *ops;
	const struct upnvme_area *area; /* null: the ops have addresses */
	uint32_t n;                     /* to submit */
	uint32_t submitted;
	struct upnvme_completion *done;
	uint32_t ndone; /* room */
	uint32_t stored;
	int refused; /* the error of the op that ended the batch */
	uint64_t timeout_ns, deadline_ns;
};

static void exec_submit(struct exec *exec, struct upnvme_qpair *qp)
{
	const struct upnvme_op *ops = exec->ops + exec->submitted;
	uint32_t n = exec->n - exec->submitted;
	int rc = exec->area ? upnvme_submit_at(qp, exec->area, ops, n) : upnvme_submit(qp, ops, n);

	if (rc >= 0) {
		exec->submitted += (uint32_t)rc;
	} else if (rc != -EAGAIN) {
		exec->refused = rc;
		exec->n = exec->submitted;
	}
}

/* With ops: as many completions as were accepted. Without: what there is room for, as long as
 * something is in flight. */
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

static int exec_run(struct exec *exec, struct upnvme_qpair *qp)
{
	int rc;

	while (true) {
		if (exec->submitted < exec->n)
			exec_submit(exec, qp);
		rc = upnvme_reap(qp, exec->done + exec->stored, exec->ndone - exec->stored);
		if (rc < 0)
			return exec->stored ? (int)exec->stored : rc;
		exec->stored += (uint32_t)rc;
		if (exec_is_done(exec, qp))
			return exec->stored ? (int)exec->stored : exec->refused;
		if (rc == 0 && exec_is_late(exec))
			break;
	}
	rc = error_set(
		-ETIMEDOUT, UPNVME_ERR_TIMEOUT,
		"%u of %u commands completed within %llu ns: the others stay in flight, reap them later or "
		"stop queue pair %u",
		exec->stored, exec->ops ? exec->n : exec->ndone,
		(unsigned long long)exec->timeout_ns, upnvme_qpair_id(qp));
	return exec->stored ? (int)exec->stored : rc;
}

/* A callback may ask to close the queue pair, which is not to go before the last look at it. */
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

static int exec_check(const struct upnvme_qpair *qp, const struct exec *exec, const char *name)
{
	if (!qp || !exec->done || (exec->n && !exec->ops))
		return error_set(-EINVAL, UPNVME_ERR_NULL, "%s: %s is null", name,
				 !qp         ? "the queue pair" :
				 !exec->done ? "done" :
					       "ops");
	if (exec->ndone < exec->n || !exec->ndone)
		return error_set(
			-EINVAL, UPNVME_ERR_ARGUMENT,
			"%s: room for %u completions of %u commands: give room for each, and for one at least",
			name, exec->ndone, exec->n);
	return 0;
}

/* Its owner's, or nobody's. */
static int exec_enter(struct exec *exec, struct upnvme_qpair *qp)
{
	bool adopted = atomic_load_explicit(&qp->owner, memory_order_acquire) == QPAIR_RELEASED;
	int rc = adopted ? qpair_adopt(qp) : owner_enter(qp);

	if (rc)
		return rc;
	return qp->in_poll ? owner_in_callback(qp) : exec_held(exec, qp, adopted);
}

int upnvme_exec(upnvme_qpair *qp, const struct upnvme_op *ops, uint32_t n,
		struct upnvme_completion *done, uint32_t ndone, uint64_t timeout_ns)
{
	struct exec exec = { .ops = n ? ops : NULL,
			     .n = n,
			     .done = done,
			     .ndone = ndone,
			     .timeout_ns = timeout_ns };
	int rc = exec_check(qp, &exec, "upnvme_exec");

	return rc ? rc : exec_enter(&exec, qp);
}

int upnvme_exec_at(upnvme_qpair *qp, const struct upnvme_area *area, const struct upnvme_op *ops,
		   uint32_t n, struct upnvme_completion *done, uint32_t ndone, uint64_t timeout_ns)
{
	struct exec exec = { .ops = n ? ops : NULL,
			     .area = area,
			     .n = n,
			     .done = done,
			     .ndone = ndone,
			     .timeout_ns = timeout_ns };
	int rc = exec_check(qp, &exec, "upnvme_exec_at");

	if (!rc && !area)
		rc = error_set(-EINVAL, UPNVME_ERR_NULL, "upnvme_exec_at: the area is null");
	return rc ? rc : exec_enter(&exec, qp);
}
