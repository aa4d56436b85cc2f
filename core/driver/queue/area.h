/* SPDX-License-Identifier: BSD-3-Clause */
/* Ops whose pointers are offsets into memory that the caller names beside them. */
#ifndef UPNVME_DRIVER_QUEUE_AREA_H
#define UPNVME_DRIVER_QUEUE_AREA_H

#include <stdint.h>

#include <upnvme/types.h>

/* Makes addresses of the offsets of an op that moves so many bytes. A null area: they are addresses. 0, or a
 * negative errno with its sentence. */
int area_place(const struct upnvme_area *area, struct upnvme_op *op, uint64_t data_bytes,
	       uint64_t metadata_bytes);
/* The same for an op that moves nothing: whatever its offsets say, they are no addresses. */
void area_place_nothing(const struct upnvme_area *area, struct upnvme_op *op);
/* -EINVAL, with its sentence: a form that offsets cannot say. */
int area_refuse(const struct upnvme_op *op);

#endif
