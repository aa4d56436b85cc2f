/* SPDX-License-Identifier: BSD-3-Clause */
/* A firmware activation without a reset: the controller answers nothing for a while (NVMe Base 2.0c, 3.1.3.6, CSTS.PP,
 * and 5.17.2.1, MTFA). */
#ifndef UPNVME_DRIVER_ACTIVATION_H
#define UPNVME_DRIVER_ACTIVATION_H

#include <stdbool.h>
#include <stdint.h>

struct upnvme_ctrlr;

/* Notes the value of CSTS that a look at the register has shown. Any thread may call. */
void activation_note(struct upnvme_ctrlr *ctrlr, uint32_t csts);
/* The controller has announced an activation, and pauses now or in a moment. */
void activation_begin(struct upnvme_ctrlr *ctrlr);
/* True while processing is paused, by the last look at CSTS, and for no longer than the controller said. */
bool activation_goes_on(const struct upnvme_ctrlr *ctrlr);
/* Whether an activation excuses a command that is past its deadline. */
bool activation_excuses(const struct upnvme_ctrlr *ctrlr, uint64_t deadline_ns);

#endif
