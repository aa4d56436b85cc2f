/* SPDX-License-Identifier: BSD-3-Clause */
/* The Admin command set, as the kind of the Admin Queue. */
#ifndef UPNVME_SOFTCTRL_ADMIN_H
#define UPNVME_SOFTCTRL_ADMIN_H

#include "softctrl/queue.h"

extern const struct sc_queue_kind sc_admin_queue;

#endif
