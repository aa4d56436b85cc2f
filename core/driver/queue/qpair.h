/* SPDX-License-Identifier: BSD-3-Clause */
/* The queue pair: two rings, the slots of outstanding commands, and the state that submission and completion
 * touch. */
#ifndef UPNVME_DRIVER_QUEUE_QPAIR_H
#define UPNVME_DRIVER_QUEUE_QPAIR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <upnvme/io.h>

#include "driver/cmb.h"
#include "mem/domain.h"
#include <upnvme/spec/cqe.h>
#include <upnvme/spec/sqe.h>
#include "transport/transport.h"

struct upnvme_ctrlr;
struct cursor;
struct histogram;

/*
 * One outstanding command; 32 bytes, indexed by the low bits of its command identifier.
 *
 * `head` has the command identifier in bits 15:0, whose upper bits are a generation, and SLOT_...
 * flags above. The flags are all 0 for a plain command in flight: one subtraction from the entry that the
 * device posted tells that the identifier names a command in flight of this generation, that the status is
 * success, and that nothing special is to be done. A device can post any bits in the place of the flags,
 * so each of them goes with SLOT_NOT_PLAIN in `blocks`: see take_run.
 */
struct slot {
	union {
		upnvme_cb cb;        /* null: a tagged command */
		uint64_t part_first; /* SLOT_PART: first block, relative to the request */
	};
	union {
		void *arg;             /* the callback's, or the tag */
		struct cursor *cursor; /* SLOT_PART: the request */
	};
	/* Atomic because a thread that frees memory looks here for buffers in flight. */
	union {
		_Atomic(struct slot *) next; /* free: the stack */
		_Atomic uint64_t touches;    /* in flight: the buffer, and SLOT_TOUCHES_... bits */
	};
	union {
		struct {
			uint32_t blocks; /* below SLOT_NOT_PLAIN */
			uint32_t head;
		};
		uint64_t blocks_and_head;
	};
};
_Static_assert(sizeof(struct slot) == 32, "two slots to a cache line");

#define SLOT_CID_MASK 0xffffu
/* Bit 16 is no flag: the carry of the generation gets there, and is wiped when the slot is used next. */
#define SLOT_PART    0x20000u  /* a part of a split request */
#define SLOT_TIMED   0x40000u  /* the command's latency is measured */
#define SLOT_HOME    0x80000u  /* holds a split request's cursor, no command of its own in flight */
#define SLOT_READY   0x100000u /* completed by the library; waits to be handed out */
#define SLOT_CHANGES 0x200000u /* may change namespaces, which are read again then */
#define SLOT_FREE    0x80000000u /* on the stack */

#define SLOT_NOT_PLAIN 0x80000000u

static inline void slot_mark(struct slot *slot, uint32_t flags)
{
	slot->head = (slot->head & SLOT_CID_MASK) | flags;
	slot->blocks |= SLOT_NOT_PLAIN;
}

static inline void slot_unmark(struct slot *slot)
{
	slot->head &= SLOT_CID_MASK;
	slot->blocks &= ~SLOT_NOT_PLAIN;
}

static inline uint32_t slot_blocks(const struct slot *slot)
{
	return slot->blocks & ~SLOT_NOT_PLAIN;
}

/*
 * slot->touches: the buffer's bus address (a multiple of 4, below 2^48), in bits 63:48 the number of pages that the
 * buffer reaches into beyond the first one, and flags. 0 besides the flags: no buffer.
 */
#define SLOT_TOUCHES_PAGES_SHIFT 48
/* The command may change the medium. */
#define SLOT_CHANGES_MEDIUM 1ull
/* The command touches memory that the fields cannot describe: no memory is given back while it is in flight. */
#define SLOT_TOUCHES_MANY 2ull

#define QPAIR_OUTSTANDING_MAX 4096u

struct upnvme_qpair {
	/* --- the submission's cache line --- */
	/* The owner's token while the straight path is open; 0 sends every call through
	 * owner_enter, which finds out why. Any thread may clear the gate. */
	_Atomic uint64_t gate;
	struct upnvme_ns *ns; /* the last one used, known to be of this controller */
	struct region window; /* the last memory used */
	struct slot *free;    /* the stack of free slots */
	_Atomic(struct upnvme_spec_sqe *) tail; /* the next entry to write */
	struct upnvme_spec_sqe *sq_end;

	/* --- the completion's cache line --- */
	const struct upnvme_spec_cqe *head
		__attribute__((aligned(64))); /* the next entry to look at */
	const struct upnvme_spec_cqe *cq_end;
	struct slot *slots;
	/* The second half of a new entry, without identifier and head pointer: the
	 * phase tag in bit 48, the queue identifier in 31:16. */
	uint64_t expected;
	uint64_t entries;
	/* Added to blocks and head when a slot is freed: the next generation, SLOT_FREE and
	 * SLOT_NOT_PLAIN. */
	uint64_t slot_step;
	_Atomic(struct upnvme_spec_sqe *) idle_tail; /* equals tail when nothing is outstanding */
	uint32_t slot_mask;                          /* of a slot's offset in bytes */
	uint32_t in_poll;                            /* 1 while completions are handed out */

	/* --- what a batch or the other paths touch --- */
	struct region window2 __attribute__((aligned(64)));
	struct upnvme_spec_sqe *rung; /* the tail that the controller knows */
	struct upnvme_spec_sqe *sq;
	const struct upnvme_spec_cqe *cq;
	struct transport_queue transport;
	uint32_t patience;      /* polls that may find nothing before the next look: patience.c */
	uint32_t patience_full; /* the number that `patience` began with */
	uint8_t *lists;         /* PRP and SGL lists, `list_bytes` for each slot */
	uint64_t lists_iova;
	uint32_t list_bytes;
	uint32_t list_shift;
	struct cursor *cursors; /* one for each slot */
	struct cursor *pending; /* split requests with parts to issue, oldest first */
	struct cursor **pending_end;
	struct slot *ready; /* completed by the library */
	struct slot **ready_end;
	struct histogram *histogram;

	uint64_t submitted, completed; /* commands; `submitted` counts up to `rung` */
	uint32_t requests;             /* split requests that are not done */
	uint32_t nready;
	struct upnvme_qpair_stats stats;

	_Atomic uint64_t alerts; /* counted by qpair_alert */
	_Atomic uint64_t alerts_seen;
	uint64_t frozen_at; /* the alert that froze the queue pair; under the controller's lock */
	uint64_t looked_ns; /* when the controller was last looked at */
	_Atomic uint64_t owner; /* QPAIR_RELEASED, a thread's token, or 0: wiped by fork */
	uint32_t flags;         /* UPNVME_QPAIR_... */
	uint32_t outstanding;   /* slots */
	uint32_t nslots;        /* a power of two above */
	uint32_t state;         /* enum qpair_state */
	bool close_wanted;      /* a callback has asked for it */
	bool held; /* a call goes on after a poll, and closes the queue pair itself if that is wanted */
	/* Storage has not ended the commands: the queue pair is to be set aside, and its controller is not. */
	bool stuck;
	uint16_t qid;
	uint16_t vector; /* that signals event_fd; 0: none */
	int event_fd;
	_Atomic uint32_t nkept;
	struct upnvme_ctrlr *ctrlr;
	struct upnvme_qpair *next; /* in the controller's `qpairs`, or in `aside` */
	struct domain *domain;
	struct domain_user user;
	struct cmb_piece sq_piece; /* UPNVME_QPAIR_CMB: the piece that `sq` is in */
	/* The `touches`, `nkept` of them, of commands that the library has completed and the device may not have
	 * ended. */
	uint64_t *kept;
	uint64_t mapped_bytes;
};

static inline uint32_t slot_index(const struct upnvme_qpair *qp, const struct slot *slot)
{
	return (uint32_t)(slot - qp->slots);
}

#define QPAIR_RELEASED 1ull

/* The state of a queue pair. QPAIR_LEAVING: set aside, and one thread is freeing it. */
enum qpair_state { QPAIR_OPEN, QPAIR_STOPPED, QPAIR_LEAVING };

/* --- rings and slots, also of the admin queue, which has a lock instead of a gate: rings.c, abort.c --- */

/* Makes rings and slots for queue `qid`. The caller tells the controller where they are: qpair_sq_iova,
 * qpair_cq_iova. */
int qpair_rings_create(struct upnvme_qpair **qp, struct upnvme_ctrlr *ctrlr, uint16_t qid,
		       uint32_t entries, uint32_t outstanding, uint32_t list_bytes, uint32_t flags);
/* Frees rings and slots. The device does not touch them any more. */
void qpair_rings_destroy(struct upnvme_qpair *qp);
/* Notes the memory that commands in flight touch: it counts as touched until the rings are destroyed, even when the
 * library has completed the commands. */
void qpair_keep_touches(struct upnvme_qpair *qp);
uint64_t qpair_sq_iova(const struct upnvme_qpair *qp);
uint64_t qpair_cq_iova(const struct upnvme_qpair *qp);
/* Sets rings and slots to the state after creation, where both rings begin at entry 0. Nothing is
 * outstanding. */
void qpair_rings_reset(struct upnvme_qpair *qp);

/* Completes, as aborted, all outstanding commands that the device has not completed, and will not complete any more.
 * The next take hands the completions out. */
void qpair_abort(struct upnvme_qpair *qp);
/* As qpair_abort, without a look at what the device has completed. */
void qpair_abort_outstanding(struct upnvme_qpair *qp);
/* The number of commands that are in the ring or at the controller. */
uint32_t qpair_commands(const struct upnvme_qpair *qp);
/* The number of requests accepted and not yet handed out. */
uint32_t qpair_inflight(const struct upnvme_qpair *qp);

/* Counts an alert and shuts the gate, so that the owner's next call goes through owner_enter. Any thread may call. */
void qpair_alert(struct upnvme_qpair *qp);

/* --- ownership: owner.c --- */
int qpair_release(struct upnvme_qpair *qp);
int qpair_adopt(struct upnvme_qpair *qp);
int qpair_abandon(struct upnvme_qpair *qp);

/* --- life: life.c --- */
int qpair_create(struct upnvme_qpair **qp, struct upnvme_ctrlr *ctrlr,
		 const struct upnvme_qpair_opts *opts);
int qpair_stop(struct upnvme_qpair *qp);
int qpair_close(struct upnvme_qpair *qp);

/* --- set aside: aside.c --- */
/* Whether memory of the queue pair may still be touched, although the device was told to stop. */
bool qpair_is_loose(const struct upnvme_qpair *qp);
/* The error of closing a queue pair that is loose, with its sentence. */
int qpair_loose_error(const struct upnvme_qpair *qp);
/* Puts a queue pair that is in no list any more into the list of those set aside, and makes its handle stale. The
 * caller holds the controller's lock. */
void qpair_set_aside(struct upnvme_qpair *qp);
bool qid_is_aside(const struct upnvme_ctrlr *ctrlr, uint32_t qid);
/* Frees the queue pairs set aside whose commands have ended since. */
void qpairs_sweep(struct upnvme_ctrlr *ctrlr);
/* Frees all queue pairs set aside: the controller touches no memory any more. */
void qpairs_aside_free(struct upnvme_ctrlr *ctrlr);

/* --- interrupts: interrupt.c --- */
/* Makes an eventfd, signalled by a vector that no other queue pair uses. The caller holds the controller's
 * lock until the queue pair is in the controller's list. */
int interrupt_create(struct upnvme_qpair *qp);
/* Switches the vector off and closes the eventfd, if the queue pair has them. The caller holds the
 * controller's lock, so that no thread wakes the owner meanwhile. */
void interrupt_destroy(struct upnvme_qpair *qp);
/* Wakes an owner that waits. Any thread may call that holds the controller's lock. */
void interrupt_wake(const struct upnvme_qpair *qp);
/* The eventfd, or a negative errno with its sentence. Any thread may call. */
int interrupt_fd(const struct upnvme_qpair *qp);

/* --- waiting: wait.c --- */
int qpair_wait(struct upnvme_qpair *qp, uint64_t timeout_ns);

/* --- looking at a controller that is silent: patience.c --- */
void patience_start(struct upnvme_qpair *qp);
/* Looks whether the controller is alive, and sets the count of polls to the next look. False: the controller is given
 * up. Called by the owner. */
bool patience_look(struct upnvme_qpair *qp);
/* Counts one look at the queue that found nothing. False: the controller is given up. */
static inline bool patience_lasts(struct upnvme_qpair *qp)
{
	return --qp->patience || patience_look(qp);
}

/* --- the general path: general.c --- */
/* Submits any command: passes the owner's gate, checks everything, explains each refusal, splits large requests. Rings
 * the doorbell only with UPNVME_QPAIR_RING_EACH. With an area, the op's pointers are offsets into it. A null `ns`: the
 * op names its namespace. 0, or a negative errno with its sentence; -EAGAIN has none. */
int general_submit(struct upnvme_qpair *qp, const struct upnvme_op *op,
		   const struct upnvme_area *area, upnvme_cb cb, void *arg, struct upnvme_ns *ns);

#endif
