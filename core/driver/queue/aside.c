/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Queue pairs that are closed while something may still touch their rings and their commands' buffers: storage behind
 * a software controller has not answered, or the controller could not be disabled. Such a queue pair keeps its memory
 * and its identifier until its commands have ended, or the controller is disabled.
 */
#include "base/clock.h"
#include "base/error.h"
#include "base/handle.h"
#include "base/log.h"
#include "driver/admin.h"
#include "driver/ctrlr.h"
#include "driver/queue/qpair.h"
#include <upnvme/spec/opcode.h>

bool qpair_is_loose(const struct upnvme_qpair *qp)
{
	return qp->stuck || atomic_load(&qp->ctrlr->at_large);
}

int qpair_loose_error(const struct upnvme_qpair *qp)
{
	const struct upnvme_ctrlr *ctrlr = qp->ctrlr;

	if (atomic_load(&ctrlr->at_large))
		return error_set(
			-EIO, UPNVME_ERR_CTRLR_FAILED,
			"queue pair %u is closed, but %s could not be disabled: memory that the "
			"controller may still access is set aside until it is disabled",
			qp->qid, ctrlr->uri);
	return error_set(
		-ETIMEDOUT, UPNVME_ERR_CTRLR_TIMEOUT,
		"queue pair %u is closed, but the storage of %s did not end the queue pair's "
		"commands within %llu ms: memory that these may still access is set aside until "
		"they end",
		qp->qid, ctrlr->uri, (unsigned long long)(ctrlr->admin_timeout_ns / NS_PER_MS));
}

void qpair_set_aside(struct upnvme_qpair *qp)
{
	log_error("%s", error_last()->text);
	handle_remove(qp);
	qp->next = qp->ctrlr->aside;
	qp->ctrlr->aside = qp;
}

bool qid_is_aside(const struct upnvme_ctrlr *ctrlr, uint32_t qid)
{
	const struct upnvme_qpair *qp = ctrlr->aside;

	while (qp && qp->qid != qid)
		qp = qp->next;
	return qp;
}

/* Claims a queue pair whose commands have ended, or returns null. The state QPAIR_LEAVING keeps other threads off the
 * queue pair. */
static struct upnvme_qpair *claim_rested(struct upnvme_ctrlr *ctrlr)
{
	struct transport *transport = ctrlr->transport;
	struct upnvme_qpair *qp;

	pthread_mutex_lock(&ctrlr->lock);
	qp = ctrlr->aside;
	while (qp && (qp->state == QPAIR_LEAVING || !transport->ops->waits ||
		      transport->ops->waits(transport, qp->qid)))
		qp = qp->next;
	if (qp)
		qp->state = QPAIR_LEAVING;
	pthread_mutex_unlock(&ctrlr->lock);
	return qp;
}

static void unlink_aside(struct upnvme_qpair *qp)
{
	struct upnvme_qpair **link = &qp->ctrlr->aside;

	pthread_mutex_lock(&qp->ctrlr->lock);
	while (*link != qp)
		link = &(*link)->next;
	*link = qp->next;
	pthread_mutex_unlock(&qp->ctrlr->lock);
}

/* Deletes the completion queue, which makes the identifier free: the submission queue is deleted already. */
static void leave(struct upnvme_qpair *qp)
{
	struct admin_command delete = { .sqe = { .opcode = UPNVME_SPEC_ADMIN_DELETE_IO_CQ,
						 .cdw10 = qp->qid } };

	if (admin_expect(qp->ctrlr, &delete, "Delete I/O Completion Queue", NULL)) {
		ctrlr_fail(qp->ctrlr, error_last()->text);
		return;
	}
	log_info("%s: queue pair %u, which was set aside, has ended its commands and is freed",
		 qp->ctrlr->uri, qp->qid);
	unlink_aside(qp);
	qpair_rings_destroy(qp);
}

void qpairs_sweep(struct upnvme_ctrlr *ctrlr)
{
	struct upnvme_qpair *qp;

	while (!atomic_load(&ctrlr->failed) && (qp = claim_rested(ctrlr)))
		leave(qp);
}

void qpairs_aside_free(struct upnvme_ctrlr *ctrlr)
{
	while (ctrlr->aside) {
		struct upnvme_qpair *qp = ctrlr->aside;

		ctrlr->aside = qp->next;
		qpair_rings_destroy(qp);
	}
}
