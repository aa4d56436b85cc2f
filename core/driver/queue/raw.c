/* SPDX-License-Identifier: BSD-3-Clause */
#include "driver/queue/raw.h"

#include "base/error.h"
#include "driver/data_length.h"
#include "driver/ns_change.h"
#include "driver/queue/request.h"
#include "driver/queue/straight.h"

bool raw_is_clean(const struct upnvme_raw *raw)
{
	static const uint64_t zeroes[ARRAY_SIZE(raw->reserved)];

	if (!raw->reserved32 && !memcmp(raw->reserved, zeroes, sizeof(zeroes)))
		return true;
	error_set(-EINVAL, UPNVME_ERR_ARGUMENT,
		  "raw command: reserved fields of the upnvme_raw are not zero: set them to zero");
	return false;
}

static int raw_check_metadata(struct upnvme_qpair *qp, const struct upnvme_raw *raw, uint64_t *mptr)
{
	uint64_t va = (uint64_t)(uintptr_t)raw->metadata;

	if (!raw->metadata && !raw->metadata_bytes)
		return 0;
	if (raw->metadata && raw->metadata_bytes && is_aligned(va, 4) &&
	    data_translate(qp, va, raw->metadata_bytes, mptr))
		return 0;
	return error_set(
		-EFAULT, UPNVME_ERR_METADATA,
		"raw command: metadata buffer %p (%u bytes) is misaligned, has no length, or is "
		"not wholly in memory that the device can reach: align it to 4 bytes, give its "
		"length, and use upnvme_dma_alloc, or upnvme_mem_register first",
		raw->metadata, raw->metadata_bytes);
}

static int raw_check(struct upnvme_qpair *qp, const struct upnvme_raw *raw, uint64_t *mptr)
{
	if (raw->cdw[0] & 0xff00)
		return error_set(-EINVAL, UPNVME_ERR_FLAGS,
				 "raw command: dword 0 is %#x: set FUSE and PSDT (bits 15:8) to 0",
				 raw->cdw[0]);
	if (!raw_is_clean(raw))
		return -EINVAL;
	if (raw->direction > UPNVME_DATA_FROM_DEVICE ||
	    (raw->direction != UPNVME_DATA_NONE && !raw->data_bytes))
		return error_set(-EINVAL, UPNVME_ERR_ARGUMENT,
				 "raw command: direction is %u, with %u bytes of data: use "
				 "UPNVME_DATA_TO_DEVICE or UPNVME_DATA_FROM_DEVICE with data, "
				 "UPNVME_DATA_NONE without",
				 raw->direction, raw->data_bytes);
	if (raw->data_bytes > qp->ctrlr->limits.max_transfer_bytes)
		return error_set(
			-EINVAL, UPNVME_ERR_TRANSFER,
			"raw command: %u bytes are more than the %llu that one command can move "
			"here, and raw commands are not split: give fewer",
			raw->data_bytes, (unsigned long long)qp->ctrlr->limits.max_transfer_bytes);
	return raw_check_metadata(qp, raw, mptr);
}

/* The geometry of the command's namespace, or null where it is not known. */
static const struct ns_geometry *raw_geometry(const struct upnvme_qpair *qp,
					      const struct upnvme_raw *raw)
{
	const struct upnvme_ns *ns = ns_find(qp->ctrlr, raw->cdw[1]);
	const struct ns_geometry *geometry = ns ? ns_geometry(ns) : NULL;

	return geometry && geometry->nblocks ? geometry : NULL;
}

/* Only the device knows how much an unknown command moves. A device that reads past the end of the data finds zeroes in
 * the list, and no address of another command's buffers. */
static void raw_build(struct upnvme_qpair *qp, const struct upnvme_op *op, uint32_t bytes,
		      struct slot *slot, struct upnvme_spec_sqe *sqe)
{
	struct data_place place = { 0 };

	memset(slot_list(qp, slot), 0, qp->list_bytes);
	data_build(qp, op, &place, bytes, slot, sqe);
}

static uint64_t raw_touches(struct upnvme_qpair *qp, const struct upnvme_raw *raw)
{
	uint64_t changes = raw->direction == UPNVME_DATA_FROM_DEVICE ? 0 : SLOT_CHANGES_MEDIUM;

	if (raw->metadata)
		return changes | SLOT_TOUCHES_MANY;
	if (raw->direction == UPNVME_DATA_NONE)
		return changes;
	return changes | buffer_touches(qp, raw->data, raw->data_bytes);
}

static void raw_issue(struct upnvme_qpair *qp, const struct upnvme_raw *raw, uint64_t mptr,
		      const struct upnvme_op *op, struct slot *slot)
{
	struct upnvme_spec_sqe *tail = atomic_load_explicit(&qp->tail, memory_order_relaxed);

	memcpy(tail, raw->cdw, sizeof(*tail));
	tail->cid = (uint16_t)slot->head;
	tail->mptr = mptr;
	tail->prp1 = tail->prp2 = 0;
	if (op->buf)
		raw_build(qp, op, raw->data_bytes, slot, tail);
	atomic_store_explicit(&qp->tail, tail_next(qp, tail), memory_order_release);
}

/* Checks and sends a copy of the caller's command. A command that may change namespaces gets SLOT_CHANGES; a flag that
 * the slot has already stays. */
static int raw_send(struct upnvme_qpair *qp, const struct upnvme_raw *raw, upnvme_cb cb, void *arg)
{
	struct upnvme_op op = { .form = UPNVME_FORM_BUF };
	struct slot *slot = qp->free;
	uint64_t mptr = 0;
	int rc = raw_check(qp, raw, &mptr);

	if (!rc && raw->direction != UPNVME_DATA_NONE) {
		op.buf = raw->data;
		rc = data_check(qp, &op, raw->data_bytes);
	}
	if (!rc)
		rc = data_length_check_io(raw, raw_geometry(qp, raw));
	if (rc)
		return rc;
	if (!slot)
		return -EAGAIN;
	request_slot_fill(qp, slot, raw_touches(qp, raw), 0, cb, arg);
	if (ns_change_by_io(qp->ctrlr, (uint8_t)raw->cdw[0])) {
		slot->head |= SLOT_CHANGES;
		slot->blocks |= SLOT_NOT_PLAIN;
	}
	raw_issue(qp, raw, mptr, &op, slot);
	return 0;
}

int raw_submit(struct upnvme_qpair *qp, const struct upnvme_raw *raw, upnvme_cb cb, void *arg)
{
	struct upnvme_raw copy;

	if (!raw)
		return error_set(-EINVAL, UPNVME_ERR_NULL, "raw command: the upnvme_raw is null");
	copy = raw_copy(raw);
	return raw_send(qp, &copy, cb, arg);
}
