/* SPDX-License-Identifier: BSD-3-Clause */
/* Ops whose pointers are offsets into memory that the caller names beside them. */
#ifndef UPNVME_DRIVER_QUEUE_AREA_H
#define UPNVME_DRIVER_QUEUE_AREA_H

#include <stddef.h>
#include <stdint.h>

#include <upnvme/types.h>

/* Makes addresses from the offsets of an op that moves these bytes: 0, or a negative errno with its sentence. */
int area_place_offsets(const struct upnvme_area *area, struct upnvme_op *op, uint64_t data_bytes,
		       uint64_t metadata_bytes);
/* The same for any op: with a null area, the op has addresses already. */
static inline int area_place(const struct upnvme_area *area, struct upnvme_op *op,
			     uint64_t data_bytes, uint64_t metadata_bytes)
{
	return area ? area_place_offsets(area, op, data_bytes, metadata_bytes) : 0;
}
/* The error of an op in an area whose form has addresses in it: -EINVAL, with its sentence. */
int area_refuse(const struct upnvme_op *op);

#endif
