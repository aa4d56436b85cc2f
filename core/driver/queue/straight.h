/* SPDX-License-Identifier: BSD-3-Clause */
/* The straight path of a submission: a read or write of plain blocks, by the owner, from memory that was used a moment
 * ago, in one command. Everything is checked and nothing is explained: whatever does not fit goes to the general path
 * (qpair_submit_op), which looks at it again from the beginning, says what is wrong, or does the rest. */
#ifndef UPNVME_DRIVER_QUEUE_STRAIGHT_H
#define UPNVME_DRIVER_QUEUE_STRAIGHT_H

#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "driver/ctrlr.h"
#include "driver/ns.h"
#include "driver/queue/owner.h"
#include "driver/queue/qpair.h"
#include "spec/opcode.h"

/* Not for this path; no errno is that large. */
#define STRAIGHT_NOT (-4096)

static inline uint32_t slot_index(const struct upnvme_qpair *qp, const struct slot *slot)
{
	return (uint32_t)(slot - qp->slots);
}

static inline uint64_t slot_list_iova(const struct upnvme_qpair *qp, const struct slot *slot)
{
	return qp->lists_iova + ((uint64_t)slot_index(qp, slot) << qp->list_shift);
}

static inline void *slot_list(const struct upnvme_qpair *qp, const struct slot *slot)
{
	return qp->lists + ((uint64_t)slot_index(qp, slot) << qp->list_shift);
}

/* PRP2 for data that crosses a page (NVMe Base 2.0, 4.1.1): the second page itself, or a list of the pages after the first.
 * A list never chains: it has room for the largest transfer. */
static inline uint64_t prp2_build(const struct upnvme_qpair *qp, const struct slot *slot,
				  uint64_t iova, uint64_t bytes)
{
	uint64_t page = align_down(iova, NVME_PAGE_BYTES) + NVME_PAGE_BYTES, end = iova + bytes;
	uint64_t *entry;

	if (end <= page + NVME_PAGE_BYTES)
		return page;
	for (entry = slot_list(qp, slot); page < end; page += NVME_PAGE_BYTES)
		*entry++ = page;
	return slot_list_iova(qp, slot);
}

static inline struct nvme_sqe *tail_next(const struct upnvme_qpair *qp, struct nvme_sqe *tail)
{
	return ++tail == qp->sq_end ? qp->sq : tail;
}

/* Takes the free slot that the caller has looked at. */
static inline void slot_pop(struct upnvme_qpair *qp, struct slot *slot)
{
	qp->free = atomic_load_explicit(&slot->next, memory_order_relaxed);
}

/* In 8-byte pieces: a command is eight of them, and the ring's last lap must be overwritten whole. */
static inline void entry_put(struct nvme_sqe *sqe, uint64_t head, uint64_t prp1, uint64_t prp2,
			     uint64_t lba, uint64_t cdw12)
{
	memcpy(sqe, &head, 8);
	memset(&sqe->cdw2, 0, 16);
	sqe->prp1 = prp1;
	sqe->prp2 = prp2;
	memcpy(&sqe->cdw10, &lba, 8);
	memcpy(&sqe->cdw12, &cdw12, 8);
	memset(&sqe->cdw14, 0, 8);
}

static inline __attribute__((always_inline)) int straight_submit(struct upnvme_qpair *qp,
								 struct upnvme_ns *ns,
								 const void *buf, uint64_t lba,
								 uint32_t blocks, upnvme_cb cb,
								 void *arg, uint64_t opcode)
{
	const struct ns_geometry *geometry;
	uint64_t va = (uint64_t)(uintptr_t)buf, last = blocks - 1u, bytes, offset, prp1, prp2 = 0;
	const struct region *window;
	struct nvme_sqe *tail;
	struct slot *slot;

	if (unlikely(!qp || !owner_gate_open(qp) || qp->ns != ns))
		return STRAIGHT_NOT;
	geometry = ns_geometry(ns);
	if (unlikely((uint32_t)last >= geometry->straight_blocks))
		return STRAIGHT_NOT;
	if (unlikely(lba >= geometry->nblocks - last))
		return STRAIGHT_NOT;

	window = &qp->window;
	offset = va - window->base;
	if (unlikely(offset >= window->bytes)) {
		window = &qp->window2;
		offset = va - window->base;
		if (offset >= window->bytes)
			return STRAIGHT_NOT;
	}
	if (unlikely(va & 3))
		return STRAIGHT_NOT;
	slot = qp->free;
	if (unlikely(!slot)) {
		qp->stats.full++;
		return -EAGAIN;
	}
	prp1 = va + window->delta;
	bytes = (uint64_t)blocks * geometry->block_bytes;
	/* Regions are whole pages, so what stays in one page needs no look at the region's end. */
	if (((va + bytes - 1) ^ va) >= NVME_PAGE_BYTES) {
		if (unlikely(bytes > window->bytes - offset))
			return STRAIGHT_NOT;
		prp2 = prp2_build(qp, slot, prp1, bytes);
	}

	slot_pop(qp, slot);
	slot->cb = cb;
	slot->arg = arg;
	atomic_store_explicit(&slot->touches,
			      va | (opcode == NVME_CMD_READ ? 0 : SLOT_CHANGES_MEDIUM),
			      memory_order_relaxed);
	slot->blocks = blocks;
	slot->head -= SLOT_FREE;
	tail = atomic_load_explicit(&qp->tail, memory_order_relaxed);
	entry_put(tail, geometry->key | slot->head | opcode, prp1, prp2, lba, last);
	/* Released, so that a thread that frees memory sees what the slot touches once it sees that the queue is not idle. */
	atomic_store_explicit(&qp->tail, tail_next(qp, tail), memory_order_release);
	return 0;
}

#endif
