/* SPDX-License-Identifier: BSD-3-Clause */
/* The eventfd of a queue pair whose owner sleeps instead of polling, and the interrupt vector behind it. Each such
 * queue pair has a vector of its own, since a signal does not tell its queue. Vector 0 is the admin queue's
 * (NVMe Base 2.0c, 3.1.3.10), which is polled. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "driver/ctrlr.h"
#include "driver/queue/owner.h"
#include "driver/queue/qpair.h"

static bool vector_is_taken(const struct upnvme_ctrlr *ctrlr, uint16_t vector)
{
	for (const struct upnvme_qpair *qp = ctrlr->qpairs; qp; qp = qp->next)
		if (qp->vector == vector)
			return true;
	return false;
}

/* A free vector: there is one, since queue pairs are fewer than vectors. */
static uint16_t vector_free(const struct upnvme_ctrlr *ctrlr)
{
	uint16_t vector = 1;

	while (vector_is_taken(ctrlr, vector))
		vector++;
	return vector;
}

static int check_transport(const struct transport *transport)
{
	if (transport->ops->interrupt)
		return 0;
	return error_set(
		-ENOTSUP, UPNVME_ERR_UNSUPPORTED,
		"controllers of the scheme \"%s\" have no interrupts: create the queue pair "
		"without UPNVME_QPAIR_INTERRUPT and poll it",
		transport->ops->scheme);
}

int interrupt_create(struct upnvme_qpair *qp)
{
	struct transport *transport = qp->ctrlr->transport;
	uint16_t vector = vector_free(qp->ctrlr);
	int fd, rc = check_transport(transport);

	if (rc)
		return rc;
	fd = fd_event();
	if (fd < 0)
		return error_set(
			-errno, UPNVME_ERR_SYSTEM,
			"the kernel gives no eventfd for the queue pair's interrupts: %s; create "
			"the queue pair without UPNVME_QPAIR_INTERRUPT and poll it, raise the "
			"limit (ulimit -n), or have the sandbox (seccomp) allow eventfd2",
			strerror(errno));
	rc = transport->ops->interrupt(transport, vector, fd);
	if (rc) {
		close(fd);
		return rc;
	}
	qp->vector = vector;
	qp->event_fd = fd;
	return 0;
}

void interrupt_destroy(struct upnvme_qpair *qp)
{
	struct transport *transport = qp->ctrlr->transport;

	if (!qp->vector)
		return;
	if (transport->ops->interrupt(transport, qp->vector, -1))
		log_warn("queue pair %u: interrupt vector %u stays on: %s", qp->qid, qp->vector,
			 error_last()->text);
	close(qp->event_fd);
	qp->vector = 0;
}

void interrupt_wake(const struct upnvme_qpair *qp)
{
	uint64_t one = 1;

	/* The write fails only when the counter is full of unread signals, and these wake the owner. */
	if (qp->vector && write(qp->event_fd, &one, sizeof(one)) < 0)
		log_debug("queue pair %u: its eventfd cannot be written to wake it: %s", qp->qid,
			  strerror(errno));
}

int interrupt_fd(const struct upnvme_qpair *qp)
{
	int rc = owner_check_process(qp);

	if (rc)
		return rc;
	if (qp->vector)
		return qp->event_fd;
	return error_set(-ENOTSUP, UPNVME_ERR_FLAGS,
			 "queue pair %u has no eventfd: create it with UPNVME_QPAIR_INTERRUPT, or "
			 "poll it",
			 qp->qid);
}
