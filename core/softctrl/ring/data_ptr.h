/* SPDX-License-Identifier: BSD-3-Clause */
/* The data pointer of a command: PRPs or an SGL. */
#ifndef UPNVME_SOFTCTRL_RING_DATA_PTR_H
#define UPNVME_SOFTCTRL_RING_DATA_PTR_H

#include "softctrl/ring/data.h"

/*
 * Finds all segments of the command's data in host memory, before any byte is moved. Gives a status; after a refusal
 * data->error_location names the parameter that is to blame.
 */
uint16_t sc_data_ptr_walk(struct sc_data *data, const struct upnvme_spec_sqe *sqe, uint64_t bytes);

#endif
