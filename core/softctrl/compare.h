/* SPDX-License-Identifier: BSD-3-Clause */
/* Compare and Verify. */
#ifndef UPNVME_SOFTCTRL_COMPARE_H
#define UPNVME_SOFTCTRL_COMPARE_H

#include <stdint.h>

struct sc_cmd;

uint16_t sc_io_compare(struct sc_cmd *cmd);
uint16_t sc_io_verify(struct sc_cmd *cmd);

#endif
