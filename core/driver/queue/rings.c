/* SPDX-License-Identifier: BSD-3-Clause */
/* The memory of a queue pair: its state, which fork wipes, and its rings and lists, which the
 * device reads. */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/handle.h"
#include "base/process.h"
#include "base/util.h"
#include "driver/ctrlr.h"
#include "driver/memory.h"
#include "driver/ns.h"
#include "driver/queue/histogram.h"
#include "driver/queue/owner.h"
#include "driver/queue/split.h"

/* The namespace of a queue pair that has used none yet: qp->ns is never null, so that a caller's null handle does not
 * equal it. */
static const struct ns_geometry no_geometry;
static struct upnvme_ns no_namespace = { .geometry = &no_geometry };

/* The number of slots: a power of two above the number in use, so that no command gets the identifier FFFFh, which none
 * may have. */
static uint32_t slots_for(uint32_t outstanding)
{
	return (uint32_t)pow2_ceil(outstanding + 1);
}

static void slots_reset(struct upnvme_qpair *qp)
{
	qp->free = NULL;
	for (uint32_t i = qp->nslots; i-- > 0;) {
		struct slot *slot = &qp->slots[i];

		slot->head = i;
		slot_mark(slot, SLOT_FREE);
		if (i >= qp->outstanding)
			continue;
		atomic_store_explicit(&slot->next, qp->free, memory_order_relaxed);
		qp->free = slot;
	}
}

void qpair_rings_reset(struct upnvme_qpair *qp)
{
	qp->cq_end = qp->cq + qp->entries;
	qp->head = qp->cq;
	qp->expected = PHASE_BIT | (uint64_t)qp->qid << 16; /* the first lap's tag is 1 */
	qp->sq_end = qp->sq + qp->entries;
	qp->rung = qp->sq;
	atomic_store_explicit(&qp->tail, qp->sq, memory_order_relaxed);
	atomic_store_explicit(&qp->idle_tail, qp->sq, memory_order_relaxed);
	qp->pending_end = &qp->pending;
	qp->ready_end = &qp->ready;
	slots_reset(qp);
	patience_start(qp);
}

static bool touches_overlap(uint64_t touches, uint64_t base, uint64_t bytes)
{
	const uint64_t mask = (1ull << SLOT_TOUCHES_PAGES_SHIFT) - 1;
	uint64_t first = align_down(touches & mask, NVME_PAGE_BYTES);
	uint64_t pages = (touches >> SLOT_TOUCHES_PAGES_SHIFT) + 1;

	if (touches & SLOT_TOUCHES_MANY)
		return true;
	base &= mask;
	return first < base + bytes && first + pages * NVME_PAGE_BYTES > base;
}

void qpair_keep_touches(struct upnvme_qpair *qp)
{
	uint32_t n = 0;

	if (atomic_load(&qp->nkept))
		return;
	for (uint32_t i = 0; i < qp->outstanding; i++) {
		struct slot *slot = &qp->slots[i];

		/* SLOT_HOME counts, too: an idle home has the `touches` of all parts in flight. */
		if (!(slot->head & (SLOT_FREE | SLOT_READY)))
			qp->kept[n++] = atomic_load(&slot->touches);
	}
	atomic_store(&qp->nkept, n);
}

static bool kept_overlap(const struct upnvme_qpair *qp, uint64_t base, uint64_t bytes)
{
	uint32_t n = atomic_load(&qp->nkept);

	for (uint32_t i = 0; i < n; i++)
		if (touches_overlap(qp->kept[i], base, bytes))
			return true;
	return false;
}

/* Whether a command in flight may touch the bytes. Slots are read without a lock: a thread that gives memory back
 * does not submit with that memory at the same time, and commands accepted before are seen. A free slot's
 * link looks like a buffer, but in memory that is never given to a device. */
static bool user_may_touch(struct domain_user *user, uint64_t base, uint64_t bytes)
{
	struct upnvme_qpair *qp = container_of(user, struct upnvme_qpair, user);
	const struct upnvme_spec_sqe *tail;

	if (kept_overlap(qp, base, bytes))
		return true;
	/* The tail is read first. Read later, the tail could have come round the ring meanwhile, to the entry at which
	 * the queue was idle before the caller's command. */
	tail = atomic_load_explicit(&qp->tail, memory_order_acquire);
	if (atomic_load_explicit(&qp->idle_tail, memory_order_acquire) == tail)
		return false;
	for (uint32_t i = 0; i < qp->outstanding; i++)
		if (touches_overlap(atomic_load_explicit(&qp->slots[i].touches,
							 memory_order_acquire),
				    base, bytes))
			return true;
	return false;
}

static void user_forget(struct domain_user *user)
{
	qpair_alert(container_of(user, struct upnvme_qpair, user));
}

static uint64_t state_bytes(uint32_t nslots)
{
	return align_up(sizeof(struct upnvme_qpair), 64) +
	       nslots * (sizeof(struct slot) + sizeof(struct cursor) + sizeof(uint64_t));
}

/* Maps the state in pages that read as zeroes in a forked child: as a queue pair without owner. */
static int state_create(struct upnvme_qpair **qp, uint32_t nslots)
{
	uint64_t bytes = state_bytes(nslots);
	char *base = handle_map(bytes);
	int rc;

	if (!base)
		return -ENOMEM;
	rc = process_wipe(base, bytes);
	if (rc) {
		handle_unmap(base, bytes);
		return rc;
	}
	*qp = (struct upnvme_qpair *)base;
	(*qp)->slots = (struct slot *)(base + align_up(sizeof(**qp), 64));
	(*qp)->cursors = (struct cursor *)((*qp)->slots + nslots);
	(*qp)->kept = (uint64_t *)((*qp)->cursors + nslots);
	(*qp)->mapped_bytes = bytes;
	return 0;
}

/* A ring is contiguous on the bus, as the Create commands' PC bit says, which every controller takes. */
static int ring_alloc(struct upnvme_qpair *qp, uint64_t bytes, void **ring)
{
	int rc = memory_alloc(qp->ctrlr, bytes, 0, ring);

	if (rc || !bytes || domain_is_contiguous(qp->domain, *ring, bytes))
		return rc;
	return error_set(
		-ENOMEM, UPNVME_ERR_NO_MEMORY,
		"a queue pair of %llu entries needs %llu bytes at contiguous bus addresses, and "
		"without an IOMMU no more than a huge page is contiguous: ask for fewer entries, "
		"or fewer outstanding commands",
		(unsigned long long)qp->entries, (unsigned long long)bytes);
}

static int sq_alloc(struct upnvme_qpair *qp, uint64_t bytes, void **sq)
{
	return qp->flags & UPNVME_QPAIR_CMB ? cmb_take(qp->ctrlr, bytes, &qp->sq_piece, sq) :
					      ring_alloc(qp, bytes, sq);
}

static void sq_free(struct upnvme_qpair *qp)
{
	if (qp->flags & UPNVME_QPAIR_CMB)
		cmb_drop(qp->ctrlr, &qp->sq_piece);
	else
		domain_free(qp->domain, qp->sq);
}

static int rings_alloc(struct upnvme_qpair *qp, uint32_t entries, uint32_t nslots)
{
	void *sq = NULL, *cq = NULL, *lists = NULL;
	int rc = sq_alloc(qp, entries * sizeof(struct upnvme_spec_sqe), &sq);

	if (!rc)
		rc = ring_alloc(qp, entries * sizeof(struct upnvme_spec_cqe), &cq);
	if (!rc)
		rc = ring_alloc(qp, (uint64_t)nslots * qp->list_bytes, &lists);
	qp->sq = sq;
	qp->cq = cq;
	qp->lists = lists;
	if (!rc)
		qp->lists_iova = domain_iova(qp->domain, lists);
	return rc;
}

static void rings_free(struct upnvme_qpair *qp)
{
	if (qp->lists)
		domain_free(qp->domain, qp->lists);
	if (qp->cq)
		domain_free(qp->domain, (void *)qp->cq);
	if (qp->sq)
		sq_free(qp);
}

int qpair_rings_create(struct upnvme_qpair **qp, struct upnvme_ctrlr *ctrlr, uint16_t qid,
		       uint32_t entries, uint32_t outstanding, uint32_t list_bytes, uint32_t flags)
{
	struct transport *transport = ctrlr->transport;
	uint32_t nslots = slots_for(outstanding);
	struct upnvme_qpair *created = NULL;
	int rc = state_create(&created, nslots);

	if (!created)
		return rc;
	created->ctrlr = ctrlr;
	created->domain = ctrlr->domain;
	created->qid = qid;
	created->flags = flags;
	created->entries = entries;
	created->outstanding = outstanding;
	created->nslots = nslots;
	created->slot_mask = (nslots - 1) << SLOT_SHIFT;
	created->slot_step = (uint64_t)(nslots | SLOT_FREE) << 32 | SLOT_NOT_PLAIN;
	created->ns = &no_namespace;
	created->list_bytes = list_bytes;
	created->list_shift = list_bytes ? log2_floor(list_bytes) : 0;
	rc = transport->ops->queue(transport, qid, ctrlr->limits.dstrd, &created->transport);
	if (!rc)
		rc = rings_alloc(created, entries, nslots);
	if (!rc)
		rc = handle_add(created, HANDLE_QPAIR);
	if (rc) {
		rings_free(created);
		handle_unmap(created, created->mapped_bytes);
		return rc;
	}
	qpair_rings_reset(created);
	created->user.may_touch = user_may_touch;
	created->user.forget = user_forget;
	domain_user_add(created->domain, &created->user);
	*qp = created;
	return 0;
}

void qpair_rings_destroy(struct upnvme_qpair *qp)
{
	handle_remove(qp);
	domain_user_remove(qp->domain, &qp->user);
	rings_free(qp);
	histogram_destroy(qp->histogram);
	handle_unmap(qp, qp->mapped_bytes);
}

uint64_t qpair_sq_iova(const struct upnvme_qpair *qp)
{
	return qp->flags & UPNVME_QPAIR_CMB ? cmb_iova(qp->ctrlr, &qp->sq_piece) :
					      domain_iova(qp->domain, qp->sq);
}

uint64_t qpair_cq_iova(const struct upnvme_qpair *qp)
{
	return domain_iova(qp->domain, qp->cq);
}
