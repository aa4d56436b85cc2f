/* SPDX-License-Identifier: BSD-3-Clause */
/* Data pointers that are Physical Region Pages. */
#ifndef UPNVME_SOFTCTRL_RING_PRP_H
#define UPNVME_SOFTCTRL_RING_PRP_H

#include "softctrl/ring/data.h"

/* Appends the segments of data->bytes bytes that PRP1 and PRP2 give. Gives a status. */
uint16_t sc_prp_walk(struct sc_data *data, const struct upnvme_spec_sqe *sqe);

#endif
