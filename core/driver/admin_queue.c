/* SPDX-License-Identifier: BSD-3-Clause */
/* The admin queue: a queue pair like any other, that has a lock instead of an owner. */
#include "driver/admin_queue.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/util.h"
#include "driver/ctrlr.h"
#include "driver/queue/doorbell.h"
#include "driver/queue/straight.h"
#include "driver/queue/take.h"
#include "driver/quirks.h"

/* The shortest list that rings can be made with; it is not used, since an admin command's PRP list is in the memory of
 * its data (admin_data.h). */
#define LIST_BYTES UPNVME_SPEC_PRP_ENTRY_BYTES

int admin_push(struct admin *admin, const struct upnvme_spec_sqe *sqe, upnvme_cb cb, void *arg)
{
	struct upnvme_qpair *qp = admin->qp;
	struct upnvme_spec_sqe *tail = atomic_load_explicit(&qp->tail, memory_order_relaxed);
	struct slot *slot = qp->free;

	if (!slot)
		return -EAGAIN;
	slot_pop(qp, slot);
	slot->cb = cb;
	slot->arg = arg;
	slot->blocks = 0;
	slot_set_in_flight(slot);
	/* No region is noted: the data of an admin command are the library's own copy, given back only after the
	 * command. */
	atomic_store_explicit(&slot->touches, 0, memory_order_relaxed);
	*tail = *sqe;
	tail->cid = (uint16_t)slot->head;
	atomic_store_explicit(&qp->tail, tail_next(qp, tail), memory_order_release);
	ring_now(qp);
	return 0;
}

void admin_take(struct admin *admin)
{
	struct sink sink = { 0 };

	take_ring(admin->qp);
	take(admin->qp, 0, &sink, false);
}

void admin_abort(struct upnvme_ctrlr *ctrlr)
{
	struct admin *admin = ctrlr->admin;

	if (!admin)
		return;
	pthread_mutex_lock(&admin->lock);
	qpair_abort(admin->qp);
	admin_take(admin);
	pthread_mutex_unlock(&admin->lock);
}

uint32_t admin_entries(const struct upnvme_ctrlr *ctrlr)
{
	uint32_t page = NVME_PAGE_BYTES / sizeof(struct upnvme_spec_sqe);

	return ctrlr->quirks & QUIRK_WHOLE_ADMIN_QUEUE ? (uint32_t)align_up(ADMIN_ENTRIES, page) :
							 ADMIN_ENTRIES;
}

int admin_create(struct upnvme_ctrlr *ctrlr)
{
	struct admin *admin = calloc(1, sizeof(*admin));
	int rc;

	if (!admin)
		return error_no_memory("the admin queue", sizeof(*admin));
	rc = qpair_rings_create(&admin->qp, ctrlr, 0, admin_entries(ctrlr), ADMIN_OUTSTANDING,
				LIST_BYTES, 0);
	if (rc) {
		free(admin);
		return rc;
	}
	pthread_mutex_init(&admin->lock, NULL);
	admin->pool.domain = ctrlr->domain;
	admin->pool.node = ctrlr->transport->node;
	admin->done_end = &admin->done;
	for (uint32_t i = 0; i < ADMIN_OUTSTANDING; i++) {
		admin->requests[i].admin = admin;
		admin->requests[i].next = admin->free;
		admin->free = &admin->requests[i];
	}
	ctrlr->admin = admin;
	return 0;
}

void admin_destroy(struct upnvme_ctrlr *ctrlr)
{
	struct admin *admin = ctrlr->admin;

	if (!admin)
		return;
	for (uint32_t i = 0; i < ADMIN_OUTSTANDING; i++)
		admin_data_put(&admin->pool, &admin->requests[i].data);
	admin_pool_drain(&admin->pool);
	qpair_rings_destroy(admin->qp);
	pthread_mutex_destroy(&admin->lock);
	free(admin);
	ctrlr->admin = NULL;
}

const struct upnvme_qpair *admin_qpair(const struct upnvme_ctrlr *ctrlr)
{
	return ctrlr->admin->qp;
}
