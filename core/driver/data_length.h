/* SPDX-License-Identifier: BSD-3-Clause */
/* How much data a command moves that the caller has put together: a device goes by the command, whatever the caller
 * says of the buffer. */
#ifndef UPNVME_DRIVER_DATA_LENGTH_H
#define UPNVME_DRIVER_DATA_LENGTH_H

#include <stdint.h>

struct ns_geometry;
struct upnvme_spec_sqe;
struct upnvme_raw;

/* 0, or -EINVAL for a buffer that is too small for what an admin command is known to move, or missing,
 * or for the other direction. `bytes` is 0 without data. */
int data_length_check_admin(const struct upnvme_spec_sqe *sqe, uint32_t direction, uint64_t bytes);

/* The same for an I/O command, whose data must be exactly as long, and whose separate metadata must not be too short.
 * A null `geometry` stands for a namespace whose format is not known. */
int data_length_check_io(const struct upnvme_raw *raw, const struct ns_geometry *geometry);

#endif
