/* SPDX-License-Identifier: BSD-3-Clause */
/* Resets and shutdowns of the controller. The caller of each function has the registers' lock. */
#ifndef UPNVME_SOFTCTRL_ENDING_H
#define UPNVME_SOFTCTRL_ENDING_H

#include <stdbool.h>

#include "media/media.h"

struct softctrl;

/* The reset or shutdown that a register asked for, and how far it has come. */
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
 * A Controller Level Reset. The host has written CC; AQA, ASQ, ACQ and CMBMSC keep their values, and CSTS changes when
 * the reset is over. Base 2.0, 3.7.2
 */
void sc_reset_begin(struct softctrl *sc);

/* A shutdown: from now on no command is fetched. Base 2.0, 3.6.1 */
void sc_shutdown_begin(struct softctrl *sc);

/* Goes on as far as the media have come; true when that has ended a reset. */
bool sc_ending_advance(struct softctrl *sc);

/* Resets at once, waiting for the media. The caller makes sure that nobody else uses the controller. */
void sc_ending_force(struct softctrl *sc);

#endif
