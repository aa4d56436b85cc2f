/* SPDX-License-Identifier: BSD-3-Clause */
/* Physical Region Pages, walked. */
#ifndef UPNVME_SOFTCTRL_RING_PRP_H
#define UPNVME_SOFTCTRL_RING_PRP_H

#include "softctrl/ring/data.h"

/* Appends data->bytes, as PRP1 and PRP2 say; a status. */
uint16_t sc_prp_walk(struct sc_data *data, const struct nvme_sqe *sqe);

#endif
