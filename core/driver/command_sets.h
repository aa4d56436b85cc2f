/* SPDX-License-Identifier: BSD-3-Clause */
/* Which I/O command set a controller speaks with this library: always NVM, but not always in the same way. */
#ifndef UPNVME_DRIVER_COMMAND_SETS_H
#define UPNVME_DRIVER_COMMAND_SETS_H

#include <stdbool.h>
#include <stdint.h>

struct upnvme_ctrlr;

/* CAP.CSS of one that can be driven. */
bool command_sets_are_known(uint64_t cap);
/* What CC.CSS is to be. */
uint32_t command_sets_select(uint64_t cap);
/* After enabling with CC.CSS = 110b: makes sure that NVM is among the sets that are in use. */
int command_sets_settle(struct upnvme_ctrlr *ctrlr);

#endif
