/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The execution of a fetched command. A command set has a row for each opcode; the row tells what is to be checked
 * first, and which function carries the command out.
 *
 * To add a command, add a row to its command set, and a function. To add a command set, add a table of rows, and
 * namespaces that have the command set.
 */
#ifndef UPNVME_SOFTCTRL_EXECUTE_H
#define UPNVME_SOFTCTRL_EXECUTE_H

#include <stdbool.h>
#include <stdint.h>

#include <upnvme/spec/log_page.h>

struct sc_cmd;

/* Flags of a row. */
#define SC_USES_NSID  1u /* Admin: NSID need not be 0 */
#define SC_BROADCASTS 2u /* I/O: NSID may be FFFFFFFFh: all namespaces */
#define SC_HAS_SLBA   4u /* I/O: dwords 10 and 11 are the Starting LBA */

#define SC_PENDING 0xffffu /* no status yet: the command ends later, by sc_cmd_complete */

struct sc_command {
	uint16_t (*run)(struct sc_cmd *cmd); /* gives a status, or SC_PENDING */
	uint32_t effects; /* the row's dword in the Commands Supported and Effects log page */
	uint32_t flags;
};

/* The rows of a command set, by opcode. A row without `run`: the set has no such command. */
struct sc_command_set {
	struct sc_command rows[256];
	uint8_t csi;
};

/* Check and run a fetched command, and complete it if it has ended. */
void sc_admin_execute(struct sc_cmd *cmd);
void sc_io_execute(struct sc_cmd *cmd);

#endif
