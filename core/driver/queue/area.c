/* SPDX-License-Identifier: BSD-3-Clause */
#include "driver/queue/area.h"

#include <stdbool.h>

#include "base/error.h"

/* Makes an address from an offset. In an area without memory, the address is null, and is refused as any other null. */
static int place(void **pointer, const char *what, void *base, uint64_t area_bytes, uint64_t bytes)
{
	uint64_t offset = (uint64_t)(uintptr_t)*pointer;

	if (base && (bytes > area_bytes || offset > area_bytes - bytes))
		return error_set(
			-EFAULT, UPNVME_ERR_BUFFER_SHORT,
			"%s of %llu bytes at offset %llu passes the end of its area, which has "
			"%llu bytes: give a smaller offset, or fewer bytes",
			what, (unsigned long long)bytes, (unsigned long long)offset,
			(unsigned long long)area_bytes);
	*pointer = base ? (char *)base + offset : NULL;
	return 0;
}

/* Whether the op has metadata. In an area with one memory for both, an offset of 0 stands for no metadata, since data
 * are at its beginning. */
static bool has_metadata(const struct upnvme_area *area, const struct upnvme_op *op)
{
	return op->metadata || (area->metadata && area->metadata != area->data);
}

int area_refuse(const struct upnvme_op *op)
{
	return error_set(-EINVAL, UPNVME_ERR_ARGUMENT,
			 "an op of form %u has addresses in it: an area takes offsets only",
			 op->form);
}

int area_place_offsets(const struct upnvme_area *area, struct upnvme_op *op, uint64_t data_bytes,
		       uint64_t metadata_bytes)
{
	int rc;

	if (op->form == UPNVME_FORM_IOV)
		return area_refuse(op);
	rc = place(&op->buf, "data", area->data, area->data_bytes, data_bytes);
	if (rc || !has_metadata(area, op))
		return rc;
	return place(&op->metadata, "metadata", area->metadata, area->metadata_bytes,
		     metadata_bytes);
}
