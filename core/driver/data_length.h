/* SPDX-License-Identifier: BSD-3-Clause */
/* The length of the data that a command moves, for commands that the caller has put together: a device goes by the
 * command, whatever the caller says of the buffer. */
#ifndef UPNVME_DRIVER_DATA_LENGTH_H
#define UPNVME_DRIVER_DATA_LENGTH_H

#include <stdint.h>

struct ns_geometry;
struct upnvme_spec_sqe;
struct upnvme_raw;

/* 0, or -EINVAL for a buffer that is missing, too small for the data that an admin command is known to move, or for the
 * other direction. `bytes` is 0 without data. */
int data_length_check_admin(const struct upnvme_spec_sqe *sqe, uint32_t direction, uint64_t bytes);

/* Checks an I/O command likewise: its data must be exactly as long, and its separate metadata at least as long.
 * A null `geometry` stands for a namespace whose format is not known. */
int data_length_check_io(const struct upnvme_raw *raw, const struct ns_geometry *geometry);

#endif
