/* SPDX-License-Identifier: BSD-3-Clause */
/* The life of an I/O queue pair: created at the controller, stopped, closed.
 *
 * The order at the end is always: the device is kept from touching memory (queues deleted, or the
 * controller disabled), then outstanding commands are completed, then memory is given back. A queue pair
 * whose memory may still be touched keeps it: queue/aside.c. Every wait has a deadline. */
#include "base/error.h"
#include "base/log.h"
#include "base/pause.h"
#include "driver/admin.h"
#include "driver/ctrlr.h"
#include "driver/ns_change.h"
#include "driver/queue/histogram.h"
#include "driver/queue/owner.h"
#include "driver/queue/ready.h"
#include "driver/queue/split.h"
#include "driver/queue/take.h"
#include "driver/quirks.h"
#include <upnvme/spec/command.h>
#include <upnvme/spec/opcode.h>

#define ENTRIES_DEFAULT 256u
#define FLAGS_KNOWN                                                           \
	(UPNVME_QPAIR_RING_EACH | UPNVME_QPAIR_HISTOGRAM | UPNVME_QPAIR_CMB | \
	 UPNVME_QPAIR_INTERRUPT)
/* 32 SGL descriptors, for the pieces of a block, however small MDTS is. */
#define LIST_BYTES_MIN 512u

static uint32_t entries_default(const struct upnvme_ctrlr *ctrlr)
{
	return ctrlr->quirks & QUIRK_LONG_QUEUES ? QUIRK_LONG_QUEUE : ENTRIES_DEFAULT;
}

static int opts_check(const struct upnvme_ctrlr *ctrlr, struct upnvme_qpair_opts *opts)
{
	uint32_t max = ctrlr->limits.max_queue_entries;

	if (!opts->entries)
		opts->entries = MIN(entries_default(ctrlr), max);
	if (opts->entries < 2 || opts->entries > max)
		return error_set(-EINVAL, UPNVME_ERR_ARGUMENT,
				 "entries is %u: this controller takes 2 to %u", opts->entries,
				 max);
	if (!opts->outstanding)
		opts->outstanding = MIN(opts->entries - 1, QPAIR_OUTSTANDING_MAX);
	if (opts->outstanding > MIN(opts->entries - 1, QPAIR_OUTSTANDING_MAX))
		return error_set(-EINVAL, UPNVME_ERR_ARGUMENT,
				 "outstanding is %u: with %u entries give %u at most",
				 opts->outstanding, opts->entries,
				 MIN(opts->entries - 1, QPAIR_OUTSTANDING_MAX));
	if (opts->flags & ~FLAGS_KNOWN)
		return error_set(-EINVAL, UPNVME_ERR_FLAGS,
				 "upnvme_qpair_opts.flags is %#x: use only the flags in %#x",
				 opts->flags, FLAGS_KNOWN);
	return 0;
}

/* The length of a list: PRP1 is in the entry, and the list holds all further pages of the largest transfer, at any
 * offset in the first page. */
static uint32_t list_bytes(const struct upnvme_ctrlr *ctrlr)
{
	uint64_t pages =
		align_up(ctrlr->limits.max_transfer_bytes, NVME_PAGE_BYTES) / NVME_PAGE_BYTES;

	return (uint32_t)MAX(pow2_ceil(pages * sizeof(uint64_t)), LIST_BYTES_MIN);
}

static bool qid_is_taken(const struct upnvme_ctrlr *ctrlr, uint32_t qid)
{
	for (const struct upnvme_qpair *qp = ctrlr->qpairs; qp; qp = qp->next)
		if (qp->qid == qid)
			return true;
	return qid_is_aside(ctrlr, qid);
}

static uint32_t qid_free(struct upnvme_ctrlr *ctrlr)
{
	uint32_t qid = 1;

	while (qid <= ctrlr->limits.max_qpairs && qid_is_taken(ctrlr, qid))
		qid++;
	return qid <= ctrlr->limits.max_qpairs ? qid : 0;
}

static int qpair_make(struct upnvme_qpair **qp, struct upnvme_ctrlr *ctrlr,
		      const struct upnvme_qpair_opts *opts)
{
	uint32_t qid = qid_free(ctrlr);
	int rc;

	if (!ctrlr->limits.max_qpairs)
		return error_set(
			-ENOSPC, UPNVME_ERR_QPAIR_LIMIT,
			"%s has granted no I/O queue pairs (the log says why): only its admin side "
			"can be used; when the controller is repaired, close it and open it again",
			ctrlr->uri);
	if (!qid)
		return error_set(
			-ENOSPC, UPNVME_ERR_QPAIR_LIMIT,
			"all %u queue pairs that the controller granted are in use: close one%s",
			ctrlr->limits.max_qpairs,
			ctrlr->limits.max_qpairs < ctrlr->wanted_qpairs ?
				"; the controller has no more" :
				", or open the controller with more (upnvme_open_opts.nqpairs)");
	rc = qpair_rings_create(qp, ctrlr, (uint16_t)qid, opts->entries, opts->outstanding,
				list_bytes(ctrlr), opts->flags);
	if (rc)
		return rc;
	if (opts->flags & UPNVME_QPAIR_HISTOGRAM)
		rc = histogram_create(&(*qp)->histogram, (*qp)->nslots);
	if (!rc && opts->flags & UPNVME_QPAIR_INTERRUPT)
		rc = interrupt_create(*qp);
	if (rc) {
		qpair_rings_destroy(*qp);
		return rc;
	}
	(*qp)->next = ctrlr->qpairs;
	ctrlr->qpairs = *qp;
	return 0;
}

/* Takes the queue pair out of the controller's list, so that no thread alerts it any more, and frees it, or sets it
 * aside. */
static void qpair_unmake(struct upnvme_qpair *qp)
{
	struct upnvme_ctrlr *ctrlr = qp->ctrlr;
	struct upnvme_qpair **link = &ctrlr->qpairs;
	bool loose = qpair_is_loose(qp);

	pthread_mutex_lock(&ctrlr->lock);
	while (*link != qp)
		link = &(*link)->next;
	*link = qp->next;
	interrupt_destroy(qp);
	if (loose)
		qpair_set_aside(qp);
	pthread_mutex_unlock(&ctrlr->lock);
	if (!loose)
		qpair_rings_destroy(qp);
}

/* A command that creates a queue and is not answered may still be carried out: then only disabling the
 * controller keeps it off the memory that is given back. The sentence stays that of the time-out. */
static int creation_failed(struct upnvme_qpair *qp, int rc)
{
	struct upnvme_error why = *error_last();

	if (rc == -ETIMEDOUT)
		ctrlr_fail(qp->ctrlr, why.text);
	return error_set(rc, why.code, "%s", why.text);
}

static void completion_queue_undo(struct upnvme_qpair *qp)
{
	struct admin_command undo = { .sqe = { .opcode = UPNVME_SPEC_ADMIN_DELETE_IO_CQ,
					       .cdw10 = qp->qid } };
	struct upnvme_completion done;

	if (atomic_load(&qp->ctrlr->failed))
		return;
	if (admin_run(qp->ctrlr, &undo, &done) || done.status)
		ctrlr_fail(qp->ctrlr,
			   "a completion queue without its submission queue could not be deleted");
}

/* Dword 11 (NVMe Base 2.0c, 5.4). Without a vector, interrupts are off: the owner polls. */
static uint32_t cq_dword11(const struct upnvme_qpair *qp)
{
	return UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CREATE_CQ_PC, 1u) |
	       UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CREATE_CQ_IEN, qp->vector ? 1u : 0u) |
	       UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CREATE_CQ_IV, (uint32_t)qp->vector);
}

/* NVMe Base 2.0c, 5.4 and 5.5: the completion queue is created first. */
static int queues_create(struct upnvme_qpair *qp)
{
	struct admin_command create = { .sqe = { .opcode = UPNVME_SPEC_ADMIN_CREATE_IO_CQ,
						 .prp1 = qpair_cq_iova(qp) } };
	struct upnvme_error why;
	int rc;

	create.sqe.cdw10 =
		UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CREATE_CQ_QID, (uint32_t)qp->qid) |
		UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CREATE_CQ_QSIZE, (uint32_t)qp->entries - 1);
	create.sqe.cdw11 = cq_dword11(qp);
	rc = admin_expect(qp->ctrlr, &create, "Create I/O Completion Queue", NULL);
	if (rc)
		return creation_failed(qp, rc);
	create.sqe.opcode = UPNVME_SPEC_ADMIN_CREATE_IO_SQ;
	create.sqe.prp1 = qpair_sq_iova(qp);
	create.sqe.cdw11 = UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CREATE_SQ_PC, 1u) |
			   UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CREATE_SQ_CQID, (uint32_t)qp->qid);
	rc = admin_expect(qp->ctrlr, &create, "Create I/O Submission Queue", NULL);
	if (!rc && qp->ctrlr->quirks & QUIRK_DELAY_QUEUE)
		pause_ms(QUIRK_DELAY_QUEUE_MS);
	if (!rc)
		return 0;
	rc = creation_failed(qp, rc);
	why = *error_last();
	completion_queue_undo(qp);
	return error_set(rc, why.code, "%s", why.text);
}

int qpair_create(struct upnvme_qpair **qp, struct upnvme_ctrlr *ctrlr,
		 const struct upnvme_qpair_opts *opts)
{
	struct upnvme_qpair_opts checked = *opts;
	struct upnvme_qpair *created;
	int rc = opts_check(ctrlr, &checked);

	if (rc)
		return rc;
	qpairs_sweep(ctrlr);
	pthread_mutex_lock(&ctrlr->lock);
	rc = qpair_make(&created, ctrlr, &checked);
	pthread_mutex_unlock(&ctrlr->lock);
	if (rc)
		return rc;
	rc = queues_create(created);
	if (rc) {
		qpair_unmake(created);
		return rc;
	}
	atomic_store(&created->owner, owner_token());
	owner_enter(created);
	*qp = created;
	return 0;
}

static int queue_delete(struct upnvme_qpair *qp, uint8_t opcode, const char *what)
{
	struct admin_command delete = { .sqe = { .opcode = opcode, .cdw10 = qp->qid } };

	return admin_expect(qp->ctrlr, &delete, what, NULL);
}

/* Gives up a controller that did not delete its queues, since only disabling keeps it off their memory. Where storage
 * holds the commands, disabling would not end them either, and the controller goes on. */
static int deletion_failed(struct upnvme_qpair *qp, int rc)
{
	struct transport *transport = qp->ctrlr->transport;
	struct upnvme_error why = *error_last();

	qp->stuck = rc == -ETIMEDOUT && transport->ops->waits &&
		    transport->ops->waits(transport, qp->qid);
	if (qp->stuck)
		return qpair_loose_error(qp);
	ctrlr_fail(qp->ctrlr, why.text);
	if (qpair_is_loose(qp))
		return qpair_loose_error(qp);
	return error_set(
		rc, why.code,
		"queue pair %u is closed, but its controller did not delete the queues and is "
		"given up: %s",
		qp->qid, why.text);
}

/* NVMe Base 2.0c, 5.6 and 5.7: the submission queue is deleted first, and completions that the controller has posted by
 * then are taken. */
static int queues_delete(struct upnvme_qpair *qp)
{
	int rc;

	if (atomic_load(&qp->ctrlr->failed))
		return qpair_is_loose(qp) ? qpair_loose_error(qp) : 0;
	rc = queue_delete(qp, UPNVME_SPEC_ADMIN_DELETE_IO_SQ, "Delete I/O Submission Queue");
	if (rc)
		return deletion_failed(qp, rc);
	take_into_ready(qp);
	rc = queue_delete(qp, UPNVME_SPEC_ADMIN_DELETE_IO_CQ, "Delete I/O Completion Queue");
	return rc ? deletion_failed(qp, rc) : 0;
}

/* Stops the queue pair. The error's sentence is kept, since callbacks may replace it. */
static int stop(struct upnvme_qpair *qp)
{
	struct upnvme_error why;
	int rc;

	qp->state = QPAIR_STOPPED;
	atomic_store(&qp->gate, 0);
	qp->in_poll = 1;
	split_abort(qp);
	take_into_ready(qp);
	rc = queues_delete(qp);
	why = *error_last();
	qpair_abort_outstanding(qp);
	ready_deliver_callbacks(qp);
	ring_note_idle(qp);
	qp->in_poll = 0;
	return rc ? error_set(rc, why.code, "%s", why.text) : 0;
}

/* Closes a queue pair that is stopped. If its memory may still be touched, the close fails, as the stop did. */
static int stopped_close(struct upnvme_qpair *qp, int rc)
{
	if (qpair_is_loose(qp))
		rc = qpair_loose_error(qp);
	qpair_unmake(qp);
	return rc;
}

int qpair_stop(struct upnvme_qpair *qp)
{
	int rc = owner_enter(qp);

	if (rc)
		return rc;
	if (qp->in_poll)
		return owner_in_callback(qp);
	if (qp->state == QPAIR_OPEN)
		rc = stop(qp);
	if (!qp->close_wanted)
		return rc;
	return stopped_close(qp, rc);
}

/* Leaves the close to the poll that runs this callback; the library cannot know whether that poll still exists. */
static int close_later(struct upnvme_qpair *qp)
{
	qp->close_wanted = true;
	atomic_store(&qp->gate, 0);
	return error_set(
		-EINPROGRESS, UPNVME_ERR_IN_CALLBACK,
		"queue pair %u is not closed yet: it is closed when the poll that runs this "
		"callback returns (if the callback was left by an exception or longjmp, call "
		"upnvme_qpair_abandon, and close it then)",
		qp->qid);
}

int qpair_close(struct upnvme_qpair *qp)
{
	int rc = 0;

	if (atomic_load(&qp->owner) == QPAIR_RELEASED)
		rc = qpair_adopt(qp);
	else
		rc = owner_enter(qp);
	if (rc)
		return rc;
	if (qp->in_poll)
		return close_later(qp);
	if (qp->state == QPAIR_OPEN)
		rc = stop(qp);
	return stopped_close(qp, rc);
}
