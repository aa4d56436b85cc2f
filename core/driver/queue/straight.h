/* SPDX-License-Identifier: BSD-3-Clause */
/* The straight path of a submission: a read or write of plain blocks, by the owner, with memory
 * that was used a moment ago, in one command. Everything is checked and nothing is explained: a
 * command that does not fit goes to the general path (general_submit), which checks it again from
 * the beginning, and sends it or explains its error. */
#ifndef UPNVME_DRIVER_QUEUE_STRAIGHT_H
#define UPNVME_DRIVER_QUEUE_STRAIGHT_H

#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "driver/ctrlr.h"
#include "driver/ns.h"
#include "driver/queue/owner.h"
#include "driver/queue/qpair.h"
#include <upnvme/spec/data_ptr.h>
#include <upnvme/spec/opcode.h>

/* The result for a command that is not for this path; no errno is that large. */
#define STRAIGHT_NOT (-4096)

static inline uint64_t slot_list_iova(const struct upnvme_qpair *qp, const struct slot *slot)
{
	return qp->lists_iova + ((uint64_t)slot_index(qp, slot) << qp->list_shift);
}

static inline void *slot_list(const struct upnvme_qpair *qp, const struct slot *slot)
{
	return qp->lists + ((uint64_t)slot_index(qp, slot) << qp->list_shift);
}

/* PRP2 for data that crosses a page (NVMe Base 2.0c, 4.1.1): the second page itself, or a list of
 * the pages after the first. A list never chains: it has room for the largest transfer. */
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

static inline uint64_t slot_touches(uint64_t iova, uint64_t bytes)
{
	uint64_t pages = (iova % NVME_PAGE_BYTES + bytes - 1) / NVME_PAGE_BYTES;

	if (pages >> (64 - SLOT_TOUCHES_PAGES_SHIFT))
		return SLOT_TOUCHES_MANY;
	return align_down(iova, 4) | pages << SLOT_TOUCHES_PAGES_SHIFT;
}

static inline struct upnvme_spec_sqe *tail_next(const struct upnvme_qpair *qp,
						struct upnvme_spec_sqe *tail)
{
	return ++tail == qp->sq_end ? qp->sq : tail;
}

/* Wipes the slot's flags, and the carry of the generation. */
static inline void slot_set_in_flight(struct slot *slot)
{
	slot->head &= SLOT_CID_MASK;
}

/* Takes `slot`, which is the first free one, off the stack. */
static inline void slot_pop(struct upnvme_qpair *qp, struct slot *slot)
{
	qp->free = atomic_load_explicit(&slot->next, memory_order_relaxed);
}

/* Writes all of an entry but its first two dwords: nothing may remain of the entry of the ring's last lap. */
static inline __attribute__((always_inline)) void entry_put(struct upnvme_spec_sqe *sqe,
							    uint64_t prp1, uint64_t prp2,
							    uint64_t lba, uint64_t cdw12)
{
	memset(&sqe->cdw2, 0, 16);
	sqe->prp1 = prp1;
	sqe->prp2 = prp2;
	memcpy(&sqe->cdw10, &lba, 8);
	memcpy(&sqe->cdw12, &cdw12, 8);
	memset(&sqe->cdw14, 0, 8);
}

/* Adds in the register of `a`: the barrier keeps the compiler from merging the additions of two branches. */
static inline __attribute__((always_inline)) uint64_t add_in_place(uint64_t a, uint64_t b)
{
	a += b;
	__asm__("" : "+r"(a));
	return a;
}

/* The bus address of `va`, if that is in one of the two regions that were used last. */
static inline bool window_translate(const struct upnvme_qpair *qp, uint64_t va, uint64_t *iova)
{
	if (likely(va - qp->window.base < qp->window.bytes))
		*iova = add_in_place(va, qp->window.delta);
	else if (va - qp->window2.base < qp->window2.bytes)
		*iova = add_in_place(va, qp->window2.delta);
	else
		return false;
	return true;
}

static inline uint64_t ns_key(const struct upnvme_ns *ns, uint32_t opcode)
{
	return opcode == UPNVME_SPEC_CMD_READ ? ns->key_read : ns->key_write;
}

/*
 * Puts a command whose arguments were checked into the ring and into a free slot, of which there is
 * one. `last` is the number of blocks less one.
 */
static inline __attribute__((always_inline)) void straight_put(
	struct upnvme_qpair *qp, const struct upnvme_ns *ns, uint64_t touches, uint64_t prp1,
	uint64_t prp2, uint64_t lba, uint64_t last, uint32_t blocks, upnvme_cb cb, void *arg,
	uint32_t opcode)
{
	struct upnvme_spec_sqe *tail = atomic_load_explicit(&qp->tail, memory_order_relaxed);
	struct slot *slot;
	uint64_t head;

	/* The entry is written before the slot: in this order, the registers that need no saving are
	 * enough. */
	entry_put(tail, prp1, prp2, lba, last);
	atomic_signal_fence(memory_order_seq_cst);
	slot = qp->free;
	slot->cb = cb;
	slot->arg = arg;
	head = slot->head << 16 |
	       ns_key(ns, opcode); /* the identifier in place, without the flags */
	memcpy(tail, &head, 8);
	slot_pop(qp, slot);
	atomic_store_explicit(&slot->touches,
			      opcode == UPNVME_SPEC_CMD_READ ? touches :
							       touches | SLOT_CHANGES_MEDIUM,
			      memory_order_relaxed);
	slot->blocks = blocks;
	slot_set_in_flight(slot);
	/* Released, so that a thread that frees memory sees what the slot touches once it sees that
	 * the queue is not idle. */
	atomic_store_explicit(&qp->tail, tail_next(qp, tail), memory_order_release);
}

/* Whether a call by handles is for this path: by the queue pair's owner, in the namespace that was used last. */
static inline bool straight_enter(const struct upnvme_qpair *qp, const struct upnvme_ns *ns)
{
	return qp && owner_gate_open(qp) && qp->ns == ns;
}

static inline bool straight_is_page(const void *buf)
{
	return (uintptr_t)buf % NVME_PAGE_BYTES == 0;
}

/* The shortest path: a buffer that begins at a page and does not leave it. So there is one PRP entry, and no
 * multiplication. */
static inline __attribute__((always_inline)) int straight_page(struct upnvme_qpair *qp,
							       struct upnvme_ns *ns,
							       const void *buf, uint64_t lba,
							       uint32_t blocks, upnvme_cb cb,
							       void *arg, uint32_t opcode)
{
	const struct ns_geometry *geometry = ns_geometry(ns);
	uint64_t va = (uint64_t)(uintptr_t)buf, iova, last = blocks - 1u;

	if (unlikely(last >= geometry->page_blocks || lba >= geometry->page_lbas))
		return STRAIGHT_NOT;
	if (unlikely(!qp->free || !window_translate(qp, va, &iova)))
		return STRAIGHT_NOT;
	straight_put(qp, ns, iova, iova, 0, lba, last, blocks, cb, arg, opcode);
	return 0;
}

/* The path for any buffer and any length that is one command. As for straight_page, the caller has passed the gate. */
static inline __attribute__((always_inline)) int straight_pages(
	struct upnvme_qpair *qp, struct upnvme_ns *ns, const struct ns_geometry *geometry,
	const void *buf, uint64_t lba, uint32_t blocks, upnvme_cb cb, void *arg, uint32_t opcode)
{
	uint64_t va = (uint64_t)(uintptr_t)buf, bytes, iova, prp2 = 0;
	const struct region *window;
	struct slot *slot;

	if (blocks - 1u >= geometry->straight_blocks || lba > geometry->nblocks - blocks)
		return STRAIGHT_NOT;
	if (va % UPNVME_SPEC_PRP1_ALIGN || !window_translate(qp, va, &iova))
		return STRAIGHT_NOT;
	slot = qp->free;
	if (!slot) {
		qp->stats.full++;
		return -EAGAIN;
	}
	bytes = (uint64_t)blocks * geometry->block_bytes;
	/* Regions are whole pages: data within one page need no look at the region's end. */
	if (((va + bytes - 1) ^ va) >= NVME_PAGE_BYTES) {
		window = va - qp->window.base < qp->window.bytes ? &qp->window : &qp->window2;
		if (bytes > window->bytes - (va - window->base))
			return STRAIGHT_NOT;
		prp2 = prp2_build(qp, slot, iova, bytes);
	}
	straight_put(qp, ns, slot_touches(iova, bytes), iova, prp2, lba, blocks - 1u, blocks, cb,
		     arg, opcode);
	return 0;
}

#endif
