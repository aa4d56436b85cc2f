/* SPDX-License-Identifier: BSD-3-Clause */
/* The data pointer of a command, of either kind. */
#ifndef UPNVME_SOFTCTRL_RING_DATA_PTR_H
#define UPNVME_SOFTCTRL_RING_DATA_PTR_H

#include "softctrl/ring/data.h"

/*
 * Finds all the segments of host memory that the command's data lies in, before any byte is moved. A status; after a
 * refusal data->error_location names the parameter that is to blame.
 */
uint16_t sc_data_ptr_walk(struct sc_data *data, const struct upnvme_spec_sqe *sqe, uint64_t bytes);

#endif
