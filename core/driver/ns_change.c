/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Format NVM and its like change the geometry by which commands are built. A command of the old geometry would move
 * blocks of the new size, past the end of its buffer and of its list of addresses. So no command that was built before
 * is at the controller when Format NVM begins, and none is built until the namespaces have been read again.
 *
 * An owner's thread that is within a submission cannot be seen from outside, and a mark for that would cost each I/O.
 * But the submission is over when the thread enters its next call, and the queue pair's gate, once shut, makes that
 * call say so.
 */
#include "driver/ns_change.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/pause.h"
#include "base/util.h"
#include "driver/commands/admin.h"
#include "driver/log_pages.h"
#include "driver/ns.h"
#include "driver/queue/owner.h"
#include "driver/queue/qpair.h"
#include <upnvme/spec/identify.h>
#include <upnvme/spec/log_page.h>

/* The time that other threads have, at most, to take completions in flight, and to make a call with their queue
 * pairs. */
#define FREEZE_NS NS_PER_S

/* --- which commands ------------------------------------------------------------------------------- */

static void learn(uint64_t *bits, const uint32_t *effects)
{
	for (uint32_t opcode = 0; opcode < 256; opcode++)
		if (effects[opcode] & (UPNVME_SPEC_EFFECTS_NCC | UPNVME_SPEC_EFFECTS_NIC))
			bits[opcode / 64] |= 1ull << opcode % 64;
}

int ns_changes_learn(struct upnvme_ctrlr *ctrlr)
{
	struct upnvme_spec_commands_supported_log log;
	int rc;

	if (!(ctrlr->id.lpa & UPNVME_SPEC_LPA_COMMANDS_SUPPORTED))
		return 0;
	rc = log_effects(ctrlr, &log);
	if (!rc) {
		learn(ctrlr->ns_changes.admin, log.acs);
		learn(ctrlr->ns_changes.io, log.iocs);
	} else if (error_last()->code == UPNVME_ERR_CTRLR_STATUS) {
		log_warn("%s: its log page of commands' effects cannot be read: %s", ctrlr->uri,
			 error_last()->text);
		rc = 0;
	}
	return rc;
}

enum ns_change ns_change_of(const struct upnvme_ctrlr *ctrlr, const struct upnvme_spec_sqe *sqe)
{
	uint8_t opcode = sqe->opcode;
	uint32_t flags = admin_kind(opcode)->flags;

	if (flags & ADMIN_CHANGES_NS)
		return NS_CHANGE_FORMAT;
	if (flags & ADMIN_KEEPS_NS || !(ctrlr->ns_changes.admin[opcode / 64] >> opcode % 64 & 1))
		return NS_CHANGE_NONE;
	return flags & ADMIN_SETTINGS ? NS_CHANGE_SETTINGS : NS_CHANGE_FORMAT;
}

/* --- freezing; the controller's lock is held ------------------------------------------------------ */

/* A queue pair that is made later finds `frozen` when its owner first enters. */
static void shut_gates(struct upnvme_ctrlr *ctrlr)
{
	if (atomic_exchange(&ctrlr->ns_changes.frozen, true))
		return;
	for (struct upnvme_qpair *qp = ctrlr->qpairs; qp; qp = qp->next) {
		qpair_alert(qp);
		qp->frozen_at = atomic_load(&qp->alerts);
	}
}

static void open_gates(struct upnvme_ctrlr *ctrlr)
{
	if (!ctrlr->ns_changes.ncommands)
		atomic_store(&ctrlr->ns_changes.frozen, false);
}

static bool is_idle(const struct upnvme_qpair *qp)
{
	return atomic_load(&qp->tail) == atomic_load(&qp->idle_tail);
}

/* Whether no thread is within a submission to the queue pair: the queue pair is this thread's, has no owner, or its
 * owner has found the gate shut. */
static bool is_heard(struct upnvme_qpair *qp)
{
	uint64_t owner = atomic_load(&qp->owner);

	if (owner == owner_token())
		owner_enter(qp);
	return owner == QPAIR_RELEASED || atomic_load(&qp->alerts_seen) >= qp->frozen_at;
}

/* Whether waiting would not help: commands are in flight that only the owner can take, and the owner is this thread, or
 * there is none. */
static bool is_hopeless(const struct upnvme_qpair *qp)
{
	uint64_t owner = atomic_load(&qp->owner);

	return (owner == owner_token() || owner == QPAIR_RELEASED) && !is_idle(qp);
}

static int error_in_flight(const struct upnvme_qpair *qp, uint8_t opcode)
{
	return error_set(
		-EBUSY, UPNVME_ERR_NS_CHANGING,
		"admin command %02xh may change what a block is, and queue pair %u has commands in "
		"flight, or is being polled: take its completions first (upnvme_poll, "
		"upnvme_reap), outside its callbacks, or close it",
		opcode, qp->qid);
}

static int error_unheard(const struct upnvme_qpair *qp, uint8_t opcode)
{
	return error_set(
		-EBUSY, UPNVME_ERR_NS_CHANGING,
		"admin command %02xh may change what a block is, and the owner of queue pair %u, "
		"which is another thread, has made no call with it since: let that thread poll, "
		"release or close the queue pair",
		opcode, qp->qid);
}

/* 0: every queue pair is at rest. 1: not yet. Else a negative errno with its sentence. */
static int check_rest(struct upnvme_ctrlr *ctrlr, uint8_t opcode, bool late)
{
	int rest = 0;

	for (struct upnvme_qpair *qp = ctrlr->qpairs; qp; qp = qp->next) {
		bool heard = is_heard(qp);

		if (heard && is_idle(qp))
			continue;
		rest = 1;
		if (is_hopeless(qp) || (late && heard))
			return error_in_flight(qp, opcode);
		if (late)
			return error_unheard(qp, opcode);
	}
	return rest;
}

/* --- begin and end -------------------------------------------------------------------------------- */

static int freeze(struct upnvme_ctrlr *ctrlr, uint8_t opcode)
{
	uint64_t deadline_ns = deadline_after(MIN(ctrlr->admin_timeout_ns, FREEZE_NS));
	struct pause pause = { 0 };
	int rc;

	for (;;) {
		bool late = deadline_passed(deadline_ns);

		pthread_mutex_lock(&ctrlr->lock);
		shut_gates(ctrlr);
		rc = check_rest(ctrlr, opcode, late);
		pthread_mutex_unlock(&ctrlr->lock);
		if (rc <= 0)
			return rc;
		pause_next(&pause);
	}
}

static void count(struct upnvme_ctrlr *ctrlr, uint32_t begun, uint32_t settled)
{
	pthread_mutex_lock(&ctrlr->lock);
	ctrlr->ns_changes.ncommands += begun;
	ctrlr->ns_changes.ncommands -= settled;
	if (settled)
		open_gates(ctrlr);
	pthread_mutex_unlock(&ctrlr->lock);
}

int ns_change_begin(struct upnvme_ctrlr *ctrlr, enum ns_change change, uint8_t opcode)
{
	int rc;

	if (change == NS_CHANGE_NONE)
		return 0;
	rc = ctrlr_check_alive(ctrlr);
	if (rc)
		return rc;
	count(ctrlr, 1, 0);
	if (change == NS_CHANGE_FORMAT)
		rc = freeze(ctrlr, opcode);
	if (rc)
		count(ctrlr, 0, 1);
	return rc;
}

void ns_change_cancel(struct upnvme_ctrlr *ctrlr)
{
	count(ctrlr, 0, 1);
}

void ns_change_ended(struct upnvme_ctrlr *ctrlr)
{
	atomic_fetch_add(&ctrlr->ns_changes.nended, 1);
}

void ns_change_by_io_ended(struct upnvme_ctrlr *ctrlr)
{
	count(ctrlr, 1, 0);
	ns_change_ended(ctrlr);
}

/* Shuts the gates: namespaces could not be read, and no command is to be built by their old geometry. */
static int not_settled(struct upnvme_ctrlr *ctrlr, int rc)
{
	struct upnvme_error why = *error_last();

	pthread_mutex_lock(&ctrlr->lock);
	shut_gates(ctrlr);
	pthread_mutex_unlock(&ctrlr->lock);
	return error_set(
		rc, why.code,
		"the command has ended, but the namespaces as it has left them cannot be read: "
		"queue pairs take no commands until they are read, which upnvme_ctrlr_poll tries "
		"again: %s",
		why.text);
}

int ns_changes_settle(struct upnvme_ctrlr *ctrlr)
{
	struct ns_changes *changes = &ctrlr->ns_changes;
	uint32_t n;
	int rc;

	pthread_mutex_lock(&changes->settling);
	n = atomic_load(&changes->nended);
	rc = n ? ns_refresh(ctrlr, NULL, 0) : 0;
	/* With -ENOSPC, namespaces without room are gone, and the others are up to date. */
	if (rc && rc != -ENOSPC) {
		rc = not_settled(ctrlr, rc);
	} else if (n) {
		atomic_fetch_sub(&changes->nended, n);
		count(ctrlr, 0, n);
	}
	pthread_mutex_unlock(&changes->settling);
	return rc;
}

int ns_change_error_frozen(const struct upnvme_ctrlr *ctrlr, uint16_t qid)
{
	return error_set(
		-EBUSY, UPNVME_ERR_NS_CHANGING,
		"queue pair %u takes no commands while an admin command changes the namespaces of "
		"%s: wait for its end; upnvme_ctrlr_poll takes the end of a command that was late",
		qid, ctrlr->uri);
}
