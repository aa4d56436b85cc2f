/* SPDX-License-Identifier: BSD-3-Clause */
/* Scatter Gather Lists, walked. */
#ifndef UPNVME_SOFTCTRL_RING_SGL_H
#define UPNVME_SOFTCTRL_RING_SGL_H

#include "softctrl/ring/data.h"

/* Appends data->bytes, as SGL1 says; a status. */
uint16_t sc_sgl_walk(struct sc_data *data, const struct nvme_sqe *sqe);

#endif
