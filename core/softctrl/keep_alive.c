/* SPDX-License-Identifier: BSD-3-Clause */
/* The Keep Alive Timer. NVMe Base 2.0c, 3.9 (operation), 5.18 (command), 5.27.1.12 (feature) */
#include "softctrl/keep_alive.h"

#include "base/clock.h"
#include "softctrl/controller.h"

static void timer_restart(struct softctrl *sc)
{
	if (sc->keep_alive_ms)
		sc->keep_alive_deadline_ns = deadline_after(sc->keep_alive_ms * NS_PER_MS);
}

void sc_keep_alive_set(struct softctrl *sc, uint64_t timeout_ms)
{
	sc->keep_alive_ms = timeout_ms;
	timer_restart(sc);
}

bool sc_keep_alive_expired(struct softctrl *sc)
{
	return sc->keep_alive_ms && deadline_passed(sc->keep_alive_deadline_ns);
}

uint16_t sc_keep_alive(struct sc_cmd *cmd)
{
	timer_restart(cmd->sq->sc);
	return UPNVME_SPEC_SC_SUCCESS;
}
