/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes a command's data pointer from the caller's segments: PRP where it can describe them, else SGL.
 *
 * PRP (NVMe Base 2.0c, 4.1.1) describes pages: only the first entry may begin within a page, only the last
 * may end within one. SGL (4.1.2) describes any pieces. Lists never chain; data that do not fit into one list
 * go into the request's next command. */
#include <sys/uio.h>

#include "base/error.h"
#include "base/util.h"
#include "driver/ctrlr.h"
#include "driver/queue/request.h"
#include "driver/queue/straight.h"
#include <upnvme/spec/data_ptr.h>

#define PRP1_ALIGN UPNVME_SPEC_PRP1_ALIGN

struct piece {
	uint64_t va;
	uint64_t bytes;
};

/* How many of the bytes, from the first one on, are contiguous on the bus: all of them, except where no IOMMU
 * makes them so. 0: the device does not reach the first byte. */
static uint64_t run_bytes(const struct upnvme_qpair *qp, uint64_t va, uint64_t bytes)
{
	const struct region *windows[] = { &qp->window, &qp->window2 };
	struct region found;

	for (size_t i = 0; i < ARRAY_SIZE(windows); i++)
		if (va - windows[i]->base < windows[i]->bytes)
			return MIN(bytes, windows[i]->bytes - (va - windows[i]->base));
	if (!domain_find(qp->domain, va, &found))
		return 0;
	return MIN(bytes, found.bytes - (va - found.base));
}

/* Takes the next piece of at most `max` bytes at the place, and moves the place behind that piece. The data
 * are long enough, and were found reachable when the request was accepted. */
static struct piece piece_next(const struct upnvme_qpair *qp, const struct upnvme_op *op,
			       struct data_place *place, uint64_t max)
{
	const struct iovec *iov = op->buf;
	struct piece piece = { (uint64_t)(uintptr_t)op->buf + place->offset, max };
	uint64_t run;

	if (op->form == UPNVME_FORM_IOV) {
		while (place->offset == iov[place->segment].iov_len) {
			place->segment++;
			place->offset = 0;
		}
		piece.va = (uint64_t)(uintptr_t)iov[place->segment].iov_base + place->offset;
		piece.bytes = MIN(max, iov[place->segment].iov_len - place->offset);
	}
	run = run_bytes(qp, piece.va, piece.bytes);
	if (run)
		piece.bytes = run;
	place->offset += piece.bytes;
	return piece;
}

void data_skip(const struct upnvme_qpair *qp, const struct upnvme_op *op, struct data_place *place,
	       uint64_t bytes)
{
	while (bytes)
		bytes -= piece_next(qp, op, place, bytes).bytes;
}

uint32_t data_segment(const struct upnvme_qpair *qp, const struct upnvme_op *op,
		      struct data_place place)
{
	piece_next(qp, op, &place, 1);
	return place.segment;
}

static uint64_t fit_prp(const struct upnvme_qpair *qp, const struct upnvme_op *op,
			struct data_place place, uint64_t max)
{
	uint64_t bytes = 0, pages_left = 1 + qp->list_bytes / UPNVME_SPEC_PRP_ENTRY_BYTES, end = 0;

	while (bytes < max) {
		struct piece piece = piece_next(qp, op, &place, max - bytes);
		uint64_t in_page = piece.va % NVME_PAGE_BYTES;
		uint64_t room =
			pages_left * NVME_PAGE_BYTES - MIN(in_page, pages_left * NVME_PAGE_BYTES);

		if (bytes ? (in_page || end % NVME_PAGE_BYTES) : !is_aligned(piece.va, PRP1_ALIGN))
			break;
		bytes += MIN(piece.bytes, room);
		if (piece.bytes >= room)
			break;
		end = piece.va + piece.bytes;
		pages_left -= (in_page + piece.bytes + NVME_PAGE_BYTES - 1) / NVME_PAGE_BYTES;
	}
	return bytes;
}

static bool piece_fits_sgl(const struct upnvme_qpair *qp, const struct piece *piece)
{
	return !qp->ctrlr->limits.sgl_dword_align || is_aligned(piece->va | piece->bytes, 4);
}

static uint64_t fit_sgl(const struct upnvme_qpair *qp, const struct upnvme_op *op,
			struct data_place place, uint64_t max)
{
	uint64_t bytes = 0;

	for (uint32_t left = qp->list_bytes / sizeof(struct upnvme_spec_sgl_desc);
	     left > 0 && bytes < max; left--) {
		struct piece piece = piece_next(qp, op, &place, max - bytes);

		if (!piece_fits_sgl(qp, &piece))
			break;
		bytes += piece.bytes;
	}
	return bytes;
}

uint64_t data_fit(const struct upnvme_qpair *qp, const struct upnvme_op *op,
		  struct data_place place, uint64_t max)
{
	uint64_t prp = fit_prp(qp, op, place, max);

	if (prp == max || !qp->ctrlr->limits.sgl)
		return prp;
	return MAX(prp, fit_sgl(qp, op, place, max));
}

static uint64_t piece_iova(struct upnvme_qpair *qp, const struct piece *piece)
{
	uint64_t iova = 0;

	/* The piece was found reachable when the request was accepted. */
	data_translate(qp, piece->va, piece->bytes, &iova);
	return iova;
}

static void build_prp(struct upnvme_qpair *qp, const struct upnvme_op *op, struct data_place *place,
		      uint64_t bytes, struct slot *slot, struct upnvme_spec_sqe *sqe)
{
	uint64_t *list = slot_list(qp, slot);
	uint32_t n = 0;

	for (uint64_t done = 0; done < bytes;) {
		struct piece piece = piece_next(qp, op, place, bytes - done);
		uint64_t iova = piece_iova(qp, &piece), end = iova + piece.bytes;

		if (done == 0) {
			sqe->prp1 = iova;
			iova = align_down(iova, NVME_PAGE_BYTES) + NVME_PAGE_BYTES;
		}
		for (; iova < end; iova += NVME_PAGE_BYTES)
			list[n++] = iova;
		done += piece.bytes;
	}
	if (n == 1)
		sqe->prp2 = list[0];
	else if (n > 1)
		sqe->prp2 = slot_list_iova(qp, slot);
	/* A device that reads too far finds 0, not an address of an earlier, longer list. */
	if (n > 1 && n < qp->list_bytes / UPNVME_SPEC_PRP_ENTRY_BYTES)
		list[n] = 0;
}

static void build_sgl(struct upnvme_qpair *qp, const struct upnvme_op *op, struct data_place *place,
		      uint64_t bytes, struct slot *slot, struct upnvme_spec_sqe *sqe)
{
	struct upnvme_spec_sgl_desc *list = slot_list(qp, slot);
	uint32_t n = 0;

	for (uint64_t done = 0; done < bytes;) {
		struct piece piece = piece_next(qp, op, place, bytes - done);

		list[n++] = (struct upnvme_spec_sgl_desc){
			.address = piece_iova(qp, &piece),
			.length = (uint32_t)piece.bytes,
			.id = UPNVME_SPEC_SGL_ID(UPNVME_SPEC_SGL_TYPE_DATA_BLOCK,
						 UPNVME_SPEC_SGL_SUBTYPE_ADDRESS),
		};
		done += piece.bytes;
	}
	sqe->flags =
		UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_SQE_PSDT, UPNVME_SPEC_SQE_PSDT_SGL_MPTR_BUFFER);
	sqe->sgl1 = list[0];
	if (n > 1)
		sqe->sgl1 = (struct upnvme_spec_sgl_desc){
			.address = slot_list_iova(qp, slot),
			.length = n * (uint32_t)sizeof(list[0]),
			.id = UPNVME_SPEC_SGL_ID(UPNVME_SPEC_SGL_TYPE_LAST_SEGMENT,
						 UPNVME_SPEC_SGL_SUBTYPE_ADDRESS),
		};
}

void data_build(struct upnvme_qpair *qp, const struct upnvme_op *op, struct data_place *place,
		uint64_t bytes, struct slot *slot, struct upnvme_spec_sqe *sqe)
{
	if (fit_prp(qp, op, *place, bytes) == bytes)
		build_prp(qp, op, place, bytes, slot, sqe);
	else
		build_sgl(qp, op, place, bytes, slot, sqe);
}

static bool region_translate(const struct region *region, uint64_t va, uint64_t bytes,
			     uint64_t *iova)
{
	uint64_t offset = va - region->base;

	if (offset >= region->bytes || bytes > region->bytes - offset)
		return false;
	*iova = va + region->delta;
	return true;
}

bool data_translate(struct upnvme_qpair *qp, uint64_t va, uint64_t bytes, uint64_t *iova)
{
	struct region found;

	if (region_translate(&qp->window, va, bytes, iova) ||
	    region_translate(&qp->window2, va, bytes, iova))
		return true;
	if (!domain_find(qp->domain, va, &found) || !region_translate(&found, va, bytes, iova))
		return false;
	qp->window2 = qp->window;
	qp->window = found;
	return true;
}

static int segment_check(struct upnvme_qpair *qp, const void *base, uint64_t bytes,
			 const char *what, uint32_t index)
{
	uint64_t va = (uint64_t)(uintptr_t)base, iova, part;

	if (data_translate(qp, va, bytes, &iova))
		return 0;
	for (uint64_t done = 0; done < bytes; done += part) {
		part = run_bytes(qp, va + done, bytes - done);
		if (!part)
			return error_set(
				-EFAULT, UPNVME_ERR_BUFFER_UNREACHABLE,
				"%s %u (%p, %llu bytes) is not wholly in memory that the device "
				"can reach: use upnvme_dma_alloc, or upnvme_mem_register first",
				what, index, base, (unsigned long long)bytes);
	}
	return 0;
}

static int buffer_check(struct upnvme_qpair *qp, const struct upnvme_op *op, uint64_t bytes)
{
	if (!op->buf)
		return error_set(
			-EINVAL, UPNVME_ERR_NULL,
			"the buffer is null, but this command moves %llu bytes: give a buffer",
			(unsigned long long)bytes);
	if (!is_aligned((uintptr_t)op->buf, PRP1_ALIGN))
		return error_set(-EINVAL, UPNVME_ERR_BUFFER_ALIGN,
				 "buffer %p is not aligned to %u bytes: align it", op->buf,
				 PRP1_ALIGN);
	return segment_check(qp, op->buf, bytes, "buffer", 0);
}

static int iovec_check(struct upnvme_qpair *qp, const struct upnvme_op *op, uint64_t bytes)
{
	const struct iovec *iov = op->buf;
	uint64_t total = 0;
	int rc = 0;

	if (!iov || !op->niov)
		return error_set(-EINVAL, UPNVME_ERR_IOVEC,
				 "the iovec is null or has no segments: give one segment at least");
	for (uint32_t i = 0; i < op->niov && !rc; i++) {
		if (iov[i].iov_len > bytes - total)
			return error_set(
				-EINVAL, UPNVME_ERR_IOVEC,
				"iovec segment %u (%zu bytes) passes the end of the %llu bytes "
				"that the command moves: make the segments' sum the same",
				i, iov[i].iov_len, (unsigned long long)bytes);
		total += iov[i].iov_len;
		if (iov[i].iov_len)
			rc = segment_check(qp, iov[i].iov_base, iov[i].iov_len, "iovec segment", i);
	}
	if (!rc && total != bytes)
		return error_set(
			-EINVAL, UPNVME_ERR_IOVEC,
			"the iovec's segments have %llu bytes, but the command moves %llu: make "
			"the segments' sum the same",
			(unsigned long long)total, (unsigned long long)bytes);
	return rc;
}

int data_check(struct upnvme_qpair *qp, const struct upnvme_op *op, uint64_t bytes)
{
	return op->form == UPNVME_FORM_IOV ? iovec_check(qp, op, bytes) :
					     buffer_check(qp, op, bytes);
}
