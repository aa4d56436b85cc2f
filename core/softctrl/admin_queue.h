/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands that create and delete I/O queues. */
#ifndef UPNVME_SOFTCTRL_ADMIN_QUEUE_H
#define UPNVME_SOFTCTRL_ADMIN_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

struct sc_cmd;
struct softctrl;

uint16_t sc_admin_create_cq(struct sc_cmd *cmd);
uint16_t sc_admin_create_sq(struct sc_cmd *cmd);
uint16_t sc_admin_delete_cq(struct sc_cmd *cmd);
uint16_t sc_admin_delete_sq(struct sc_cmd *cmd);

/* Serves deletions that wait for the media; true when any has ended. The caller has the Admin SQ's lock, no other's. */
bool sc_admin_queue_service(struct softctrl *sc);

#endif
