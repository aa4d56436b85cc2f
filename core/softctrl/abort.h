/* SPDX-License-Identifier: BSD-3-Clause */
/* The Abort command. */
#ifndef UPNVME_SOFTCTRL_ABORT_H
#define UPNVME_SOFTCTRL_ABORT_H

#include <stdbool.h>
#include <stdint.h>

struct sc_cmd;
struct softctrl;

uint16_t sc_abort(struct sc_cmd *cmd);

/* Serves the Aborts that wait; true when any was answered. The caller has the Admin SQ's lock, and no other queue's. */
bool sc_abort_service(struct softctrl *sc);

#endif
