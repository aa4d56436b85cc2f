/* SPDX-License-Identifier: BSD-3-Clause */
/* The Get Log Page command. */
#ifndef UPNVME_SOFTCTRL_LOG_PAGES_H
#define UPNVME_SOFTCTRL_LOG_PAGES_H

#include <stdint.h>

struct sc_cmd;

uint16_t sc_get_log_page(struct sc_cmd *cmd);

#endif
