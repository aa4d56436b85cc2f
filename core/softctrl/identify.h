/* SPDX-License-Identifier: BSD-3-Clause */
/* The Identify command. */
#ifndef UPNVME_SOFTCTRL_IDENTIFY_H
#define UPNVME_SOFTCTRL_IDENTIFY_H

#include <stdint.h>

struct sc_cmd;

uint16_t sc_identify(struct sc_cmd *cmd);

#endif
