/* SPDX-License-Identifier: BSD-3-Clause */
/* Flush. */
#ifndef UPNVME_SOFTCTRL_FLUSH_H
#define UPNVME_SOFTCTRL_FLUSH_H

#include <stdint.h>

struct sc_cmd;

uint16_t sc_io_flush(struct sc_cmd *cmd);

#endif
