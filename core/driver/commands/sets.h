/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables of kinds, for kind.c, which puts them together; other files call command_kind. */
#ifndef UPNVME_DRIVER_COMMANDS_SETS_H
#define UPNVME_DRIVER_COMMANDS_SETS_H

#include "driver/commands/kind.h"

/* --- base.c --- */

/* Rows that all command sets have. */
extern const struct command_kind kind_flush, kind_reservation_register, kind_reservation_report,
	kind_reservation_acquire, kind_reservation_release;

/* --- nvm.c --- */

extern const struct command_kind *const nvm_kinds[COMMAND_OPCODES];

#endif
