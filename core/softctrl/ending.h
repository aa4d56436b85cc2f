/* SPDX-License-Identifier: BSD-3-Clause */
/* The controller on its way to rest: resets and shutdowns. The caller of all has the registers' lock. */
#ifndef UPNVME_SOFTCTRL_ENDING_H
#define UPNVME_SOFTCTRL_ENDING_H

#include <stdbool.h>

#include "media/media.h"

struct softctrl;

/* What registers asked for; it advances whenever the host looks at CSTS. */
enum sc_ending { SC_AT_WORK, SC_RESETTING, SC_DRAINING, SC_FLUSHING };

/* The flush of a namespace at shutdown. */
struct sc_flush {
	struct softctrl *sc;
	struct media_channel *channel; /* NULL: no flush is under way */
	bool done;
	struct media_request request;
};

int sc_ending_init(struct softctrl *sc);
void sc_ending_fini(struct softctrl *sc);

/*
 * The registers that a Controller Level Reset takes back: all but AQA, ASQ, ACQ and CMBMSC, where CC.EN asks for it.
 * Base 2.0, 3.7.2. CC is what the host has just written; CSTS follows when the reset is over.
 */
void sc_reset_begin(struct softctrl *sc);

/* From now on nothing is fetched. Base 2.0, 3.6.1 */
void sc_shutdown_begin(struct softctrl *sc);

/* Does what can be done by now; true when a reset is over with this. */
bool sc_ending_advance(struct softctrl *sc);

/* A reset that waits for the media. Nobody else uses the controller. */
void sc_ending_force(struct softctrl *sc);

#endif
