/* SPDX-License-Identifier: BSD-3-Clause */
/* The features whose value is in a data buffer: Timestamp and Host Behavior Support. */
#ifndef UPNVME_SOFTCTRL_FEATURE_DATA_H
#define UPNVME_SOFTCTRL_FEATURE_DATA_H

#include <stdbool.h>
#include <stdint.h>

struct sc_cmd;
struct softctrl;

void sc_timestamp_reset(struct softctrl *sc);
uint16_t sc_timestamp_get(struct softctrl *sc, struct sc_cmd *cmd, bool initial);
uint16_t sc_timestamp_set(struct softctrl *sc, struct sc_cmd *cmd);
uint16_t sc_host_behavior_get(struct softctrl *sc, struct sc_cmd *cmd, bool initial);
uint16_t sc_host_behavior_set(struct softctrl *sc, struct sc_cmd *cmd);

#endif
