/* SPDX-License-Identifier: BSD-3-Clause */
/* Data pointers that are Scatter Gather Lists. */
#ifndef UPNVME_SOFTCTRL_RING_SGL_H
#define UPNVME_SOFTCTRL_RING_SGL_H

#include "softctrl/ring/data.h"

/* Appends the segments of data->bytes bytes that SGL1 gives. Gives a status. */
uint16_t sc_sgl_walk(struct sc_data *data, const struct upnvme_spec_sqe *sqe);

#endif
