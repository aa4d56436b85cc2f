/* SPDX-License-Identifier: BSD-3-Clause */
/* The selection of the I/O command set: always NVM, which a controller offers in one of two ways. */
#ifndef UPNVME_DRIVER_COMMAND_SETS_H
#define UPNVME_DRIVER_COMMAND_SETS_H

#include <stdbool.h>
#include <stdint.h>

struct upnvme_ctrlr;

/* Whether a controller with this CAP can be driven, by CAP.CSS. */
bool command_sets_are_known(uint64_t cap);
/* The value for CC.CSS. */
uint32_t command_sets_select(uint64_t cap);
/* Makes sure that NVM is among the sets in use, on a controller that was enabled with CC.CSS = 110b. */
int command_sets_settle(struct upnvme_ctrlr *ctrlr);

#endif
