/* SPDX-License-Identifier: BSD-3-Clause */
/* Kinds of admin commands: what an opcode means to the driver. A constant table has a row for each opcode with a
 * meaning of its own. */
#ifndef UPNVME_DRIVER_COMMANDS_ADMIN_H
#define UPNVME_DRIVER_COMMANDS_ADMIN_H

#include <stdint.h>

struct upnvme_spec_sqe;
struct upnvme_ctrlr;

/* Bits of admin_kind.flags. */
#define ADMIN_DRIVERS    0x1u /* the driver's: a caller's would take queues away, or never come back */
#define ADMIN_KEEPS_NS   0x2u /* leaves namespaces alone, whatever the log of effects says */
#define ADMIN_CHANGES_NS 0x4u /* may change what a block is, whatever the log says */
#define ADMIN_SETTINGS   0x8u /* blocks stay what they are, even where the log speaks of namespaces */

/* Of a command that moves as much as it likes. */
#define ADMIN_BYTES_ANY UINT64_MAX

struct admin_kind {
	/* The bytes that it moves by its dwords. Null: not known. */
	uint64_t (*bytes)(const struct upnvme_spec_sqe *sqe);
	/* The time that its work may take, beside that of an answer. Null: none to speak of. */
	uint64_t (*work_ns)(struct upnvme_ctrlr *ctrlr, const struct upnvme_spec_sqe *sqe);
	uint32_t flags; /* ADMIN_... */
};

/* By opcode; a row of zeroes where there is nothing to say. */
extern const struct admin_kind admin_kinds[256];

static inline const struct admin_kind *admin_kind(uint8_t opcode)
{
	return &admin_kinds[opcode];
}

#endif
