/* SPDX-License-Identifier: BSD-3-Clause */
/* The fields of an op, as the straight path reads them. An array of ops may belong to another language, whose threads
 * have no part in this library's rules: a field that is checked is loaded once, so that the checked value is the one
 * that is used. */
#ifndef UPNVME_DRIVER_QUEUE_OP_H
#define UPNVME_DRIVER_QUEUE_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <upnvme/types.h>

#include "driver/ns.h"
#include "driver/ctrlr.h"

/* Whether the op is one that a short form can say: with this opcode, UPNVME_FORM_BUF and no flags, and with no hints,
 * directive, metadata or tags. */
static inline bool op_is_plain(const struct upnvme_op *op, uint32_t opcode)
{
	static const uint32_t hints_at = offsetof(struct upnvme_op, dsm);
	const char *bytes = (const char *)op;
	uint32_t kind, hints;
	uint64_t tags;

	memcpy(&kind, bytes, sizeof(kind)); /* opcode, form, flags */
	memcpy(&hints, bytes + hints_at, sizeof(hints));
	memcpy(&tags, &op->niov, sizeof(tags));
	return kind == opcode && !(hints | tags | op->ref_tag | (uintptr_t)op->metadata);
}

static inline uint32_t op_blocks(const struct upnvme_op *op)
{
	return __atomic_load_n(&op->blocks, __ATOMIC_RELAXED);
}

/* An op in an area has an offset in the place of the buffer's address. */
static inline uint64_t op_offset(const struct upnvme_op *op)
{
	return (uintptr_t)__atomic_load_n(&op->buf, __ATOMIC_RELAXED);
}

/* The address of the op's data; null when they are not wholly in the area. `geometry` is the one by which the command
 * is made, since another thread may publish a new one meanwhile. */
static inline const void *op_data(const struct upnvme_op *op, const struct upnvme_area *area,
				  const struct ns_geometry *geometry, uint32_t blocks)
{
	uint64_t offset = op_offset(op), bytes = (uint64_t)blocks * geometry->block_bytes;

	if (!area)
		return (const void *)(uintptr_t)offset;
	if (!area->data || bytes > area->data_bytes || offset > area->data_bytes - bytes)
		return NULL;
	return (const char *)area->data + offset;
}

/* The number of offsets in an area at which the bytes of a page fit into it. */
static inline uint64_t area_pages(const struct upnvme_area *area)
{
	return area->data && area->data_bytes >= NVME_PAGE_BYTES ?
		       area->data_bytes - NVME_PAGE_BYTES + 1 :
		       0;
}

#endif
