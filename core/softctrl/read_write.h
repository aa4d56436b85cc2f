/* SPDX-License-Identifier: BSD-3-Clause */
/* Read and Write. */
#ifndef UPNVME_SOFTCTRL_READ_WRITE_H
#define UPNVME_SOFTCTRL_READ_WRITE_H

#include <stdint.h>

struct sc_cmd;

uint16_t sc_io_read(struct sc_cmd *cmd);
uint16_t sc_io_write(struct sc_cmd *cmd);

#endif
