/* SPDX-License-Identifier: BSD-3-Clause */
/* A request on the general path: an op that was checked, and how far it has been issued. */
#ifndef UPNVME_DRIVER_QUEUE_REQUEST_H
#define UPNVME_DRIVER_QUEUE_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include <upnvme/types.h>

#include "base/util.h"
#include "driver/commands/kind.h"
#include "driver/ns.h"

struct upnvme_spec_sqe;
struct slot;
struct upnvme_qpair;

/* A place in the caller's data: a buffer is one segment. */
struct data_place {
	uint32_t segment;
	uint64_t offset; /* into the segment */
};

/* A request, checked by its kind. `op.buf` is memory that the device reaches, or null for a command without data. */
struct request {
	struct upnvme_op op;
	const struct ns_geometry *geometry;
	struct data_place place; /* of the next block */
	uint32_t block_bytes;    /* bytes that the command moves for a block */
	uint32_t next;           /* the next block to issue, relative to op.lba */
};

/* The row that the op was checked by. The row is looked up, not kept: each slot has a request, and with one more
 * pointer in it a queue pair of 1,024 entries would be mapped with 64 KiB more. */
static inline const struct command_kind *request_kind(const struct request *request)
{
	return command_kind(request->geometry->csi, request->op.opcode);
}

/* --- data.c: from the caller's segments to PRP and SGL --- */

/* The longest prefix, up to `max` bytes, of the data from `place` on that one command can express;
 * 0 when there is none. */
uint64_t data_fit(const struct upnvme_qpair *qp, const struct upnvme_op *op,
		  struct data_place place, uint64_t max);
/* Fills in the data pointer for `bytes`, which fit, and moves the place on. */
void data_build(struct upnvme_qpair *qp, const struct upnvme_op *op, struct data_place *place,
		uint64_t bytes, struct slot *slot, struct upnvme_spec_sqe *sqe);
/* Moves the place on by `bytes`. */
void data_skip(const struct upnvme_qpair *qp, const struct upnvme_op *op, struct data_place *place,
	       uint64_t bytes);
/* The segment of an iovec that has the byte at the place. */
uint32_t data_segment(const struct upnvme_qpair *qp, const struct upnvme_op *op,
		      struct data_place place);
/* Checks that every segment is reachable and aligned, and that they have `bytes` in all. 0, or a negative errno whose
 * sentence names the segment. */
int data_check(struct upnvme_qpair *qp, const struct upnvme_op *op, uint64_t bytes);
/* The bus address of a range of bytes; false when the range is not reachable in one piece. Looks at the queue pair's
 * windows first. */
bool data_translate(struct upnvme_qpair *qp, uint64_t va, uint64_t bytes, uint64_t *iova);

/* --- command.c: entries --- */

/* The number of blocks, `blocks` at most, whose data one command can move. */
uint32_t request_data_blocks(const struct upnvme_qpair *qp, const struct request *request,
			     uint32_t blocks);
/* The number of blocks of the request's next command. 0: no command can express their data. */
static inline uint32_t request_next_blocks(const struct upnvme_qpair *qp,
					   const struct request *request)
{
	const struct command_kind *kind = request_kind(request);
	uint32_t limit = kind->limit(qp, request);
	uint32_t blocks = MIN(request->op.blocks - request->next, limit);

	return kind->flags & KIND_DATA ? request_data_blocks(qp, request, blocks) : blocks;
}
/* True if the whole request is one command. */
static inline bool request_is_whole(const struct request *request, uint32_t blocks)
{
	return blocks == request->op.blocks;
}

/* Writes the command for the next `blocks` into the ring with the slot's identifier, and moves the
 * request on. */
void request_issue(struct upnvme_qpair *qp, struct request *request, struct slot *slot,
		   uint32_t blocks);
/* Takes `slot`, the first free one, for one command in flight. */
void request_slot_fill(struct upnvme_qpair *qp, struct slot *slot, uint64_t touches,
		       uint32_t blocks, upnvme_cb cb, void *arg);
/* The value of slot->touches, for a buffer and for a request. */
uint64_t buffer_touches(struct upnvme_qpair *qp, const void *buf, uint64_t bytes);
uint64_t request_touches(struct upnvme_qpair *qp, const struct request *request);
/* SLOT_CHANGES_MEDIUM for a request that may change the medium, else 0. */
uint64_t request_changes(const struct request *request);

#endif
