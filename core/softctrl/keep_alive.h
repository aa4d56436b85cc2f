/* SPDX-License-Identifier: BSD-3-Clause */
/* The Keep Alive Timer. The caller of each function has the Admin SQ's lock. */
#ifndef UPNVME_SOFTCTRL_KEEP_ALIVE_H
#define UPNVME_SOFTCTRL_KEEP_ALIVE_H

#include <stdbool.h>
#include <stdint.h>

#define SC_KAS    10u /* Keep Alive Support: the granularity, in units of 100 ms */
#define SC_KAS_MS (SC_KAS * 100u)

struct sc_cmd;
struct softctrl;

/* Starts the timer with this time; 0 stops the timer. */
void sc_keep_alive_set(struct softctrl *sc, uint64_t timeout_ms);
bool sc_keep_alive_expired(struct softctrl *sc);

uint16_t sc_keep_alive(struct sc_cmd *cmd);

#endif
