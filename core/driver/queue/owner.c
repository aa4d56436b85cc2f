/* SPDX-License-Identifier: BSD-3-Clause */
/* Release, adoption and abandonment, and the way in for a call that found the gate shut. */
#include "driver/queue/owner.h"

#include "base/error.h"
#include "base/util.h"
#include "driver/ctrlr.h"
#include "driver/ns_change.h"
#include "driver/queue/take.h"

_Thread_local uint64_t thread_token THREAD_TOKEN_MODEL = TOKEN_NONE;

uint64_t owner_token(void)
{
	static _Atomic uint64_t next = QPAIR_RELEASED + 1;

	if (thread_token == TOKEN_NONE)
		thread_token = atomic_fetch_add_explicit(&next, 1, memory_order_relaxed);
	return thread_token;
}

void qpair_alert(struct upnvme_qpair *qp)
{
	atomic_fetch_add(&qp->alerts, 1);
	atomic_store(&qp->gate, 0);
}

static int owner_refuse(const struct upnvme_qpair *qp, uint64_t owner)
{
	if (owner == 0)
		return error_set(
			-EOWNERDEAD, UPNVME_ERR_FORKED,
			"the queue pair belongs to the parent process: open the controller again "
			"in the child, after fork");
	if (owner == QPAIR_RELEASED)
		return error_set(
			-EPERM, UPNVME_ERR_QPAIR_RELEASED,
			"queue pair %u was released: adopt it with upnvme_qpair_adopt first",
			qp->qid);
	return error_set(
		-EPERM, UPNVME_ERR_WRONG_THREAD,
		"queue pair %u belongs to another thread: let that thread release it with "
		"upnvme_qpair_release (or, if that thread is dead, call upnvme_qpair_abandon), "
		"then adopt it with upnvme_qpair_adopt",
		qp->qid);
}

static bool ctrlr_takes_commands(const struct upnvme_ctrlr *ctrlr)
{
	return !atomic_load(&ctrlr->failed) && !atomic_load(&ctrlr->ns_changes.frozen);
}

/* The store to the gate and the load of `alerts` are in one order with those of qpair_alert: either qpair_alert
 * shuts the gate after it was opened here, or its alert is seen here, with what the alert is about. False: the
 * controller takes no commands. */
static bool owner_open_gate(struct upnvme_qpair *qp)
{
	uint64_t alerts;

	if (qp->state == QPAIR_OPEN && !qp->close_wanted &&
	    !(qp->flags & (UPNVME_QPAIR_RING_EACH | UPNVME_QPAIR_HISTOGRAM)))
		atomic_store(&qp->gate, thread_token);
	alerts = atomic_load(&qp->alerts);
	if (alerts != atomic_load_explicit(&qp->alerts_seen, memory_order_relaxed)) {
		qp->window = qp->window2 = (struct region){ 0 };
		atomic_store(&qp->alerts_seen, alerts);
	}
	if (ctrlr_takes_commands(qp->ctrlr))
		return true;
	atomic_store(&qp->gate, 0);
	return false;
}

int owner_check(const struct upnvme_qpair *qp)
{
	uint64_t owner = atomic_load_explicit(&qp->owner, memory_order_acquire);

	return owner == thread_token ? 0 : owner_refuse(qp, owner);
}

int owner_check_process(const struct upnvme_qpair *qp)
{
	uint64_t owner = atomic_load(&qp->owner);

	return owner ? 0 : owner_refuse(qp, owner);
}

int owner_enter(struct upnvme_qpair *qp)
{
	int rc = owner_check(qp);

	if (!rc)
		owner_open_gate(qp);
	return rc;
}

static int refuse_ctrlr(const struct upnvme_qpair *qp)
{
	if (atomic_load(&qp->ctrlr->failed))
		return error_set(
			-EIO, UPNVME_ERR_CTRLR_FAILED,
			"the controller of queue pair %u has failed: close it and open it again",
			qp->qid);
	if (atomic_load(&qp->ctrlr->ns_changes.frozen))
		return ns_change_error_frozen(qp->ctrlr, qp->qid);
	return 0;
}

int owner_enter_to_submit(struct upnvme_qpair *qp)
{
	int rc = owner_check(qp);
	bool served;

	if (rc)
		return rc;
	served = owner_open_gate(qp);
	if (qp->state != QPAIR_OPEN || qp->close_wanted)
		return error_set(-ESHUTDOWN, UPNVME_ERR_QPAIR_CLOSED,
				 "queue pair %u is closing: create another for new commands",
				 qp->qid);
	return served ? 0 : refuse_ctrlr(qp);
}

int owner_in_callback(const struct upnvme_qpair *qp)
{
	return error_set(
		-EDEADLK, UPNVME_ERR_IN_CALLBACK,
		"queue pair %u is being polled by the caller of this callback: return from the "
		"callback, and poll there (if the callback was left by an exception or longjmp, "
		"call upnvme_qpair_abandon, and upnvme_qpair_adopt or upnvme_qpair_close then)",
		qp->qid);
}

int qpair_release(struct upnvme_qpair *qp)
{
	int rc = owner_enter(qp);

	if (rc)
		return rc;
	if (qp->in_poll)
		return owner_in_callback(qp);
	atomic_store_explicit(&qp->gate, 0, memory_order_relaxed);
	atomic_store_explicit(&qp->owner, QPAIR_RELEASED, memory_order_release);
	return 0;
}

int qpair_adopt(struct upnvme_qpair *qp)
{
	uint64_t owner = QPAIR_RELEASED;

	if (!atomic_compare_exchange_strong(&qp->owner, &owner, owner_token())) {
		if (owner == 0)
			return owner_refuse(qp, owner);
		return error_set(-EBUSY, UPNVME_ERR_QPAIR_OWNED,
				 "queue pair %u has an owner: let the owner release it with "
				 "upnvme_qpair_release (or, if the owner's thread is dead, call "
				 "upnvme_qpair_abandon), then adopt it",
				 qp->qid);
	}
	owner_open_gate(qp);
	return 0;
}

int qpair_abandon(struct upnvme_qpair *qp)
{
	int rc = owner_check_process(qp);

	if (rc)
		return rc;
	atomic_store(&qp->gate, 0);
	if (qp->in_poll)
		take_recover(qp);
	qp->held = false;
	qp->close_wanted = false; /* the close was asked for within the poll that was left */
	atomic_store(&qp->owner, QPAIR_RELEASED);
	return 0;
}
