/* SPDX-License-Identifier: BSD-3-Clause */
/* Write Zeroes and Dataset Management. */
#ifndef UPNVME_SOFTCTRL_DEALLOCATE_H
#define UPNVME_SOFTCTRL_DEALLOCATE_H

#include <stdint.h>

struct sc_cmd;

uint16_t sc_io_write_zeroes(struct sc_cmd *cmd);
uint16_t sc_io_dataset_management(struct sc_cmd *cmd);

#endif
