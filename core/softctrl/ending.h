/* SPDX-License-Identifier: BSD-3-Clause */
/* Resets and shutdowns of the controller. The caller of each function has the registers' lock. */
#ifndef UPNVME_SOFTCTRL_ENDING_H
#define UPNVME_SOFTCTRL_ENDING_H

#include <stdbool.h>

#include "media/media.h"

struct softctrl;

/* Whether a reset or a shutdown is under way, and how far a shutdown has come. */
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
 * Begins a Controller Level Reset, after CC was written. AQA, ASQ, ACQ and CMBMSC keep their values; CSTS changes when
 * the reset is over. Base 2.0c, 3.7.2
 */
void sc_reset_begin(struct softctrl *sc);

/* Begins a shutdown: from now on no command is fetched. Base 2.0c, 3.6.1 */
void sc_shutdown_begin(struct softctrl *sc);

/* Takes the reset or shutdown as far as the media have come; true when a reset has ended. */
bool sc_ending_advance(struct softctrl *sc);

/* Resets the controller, and waits for the media. The caller makes sure that no other thread uses the controller. */
void sc_ending_force(struct softctrl *sc);

#endif
