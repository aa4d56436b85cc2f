/* SPDX-License-Identifier: BSD-3-Clause */
/* The Abort command. */
#ifndef UPNVME_SOFTCTRL_ABORT_H
#define UPNVME_SOFTCTRL_ABORT_H

#include <stdbool.h>
#include <stdint.h>

struct sc_cmd;
struct softctrl;

uint16_t sc_abort(struct sc_cmd *cmd);

/* Aborts that wait. The caller has the Admin SQ's lock alone. Tells whether any of them has ended. */
bool sc_abort_service(struct softctrl *sc);

#endif
