/* SPDX-License-Identifier: BSD-3-Clause */
/* Kinds of admin commands. A constant table has a row for each opcode that the driver treats in a way of its own. */
#ifndef UPNVME_DRIVER_COMMANDS_ADMIN_H
#define UPNVME_DRIVER_COMMANDS_ADMIN_H

#include <stdint.h>

struct upnvme_spec_sqe;
struct upnvme_ctrlr;

/* Bits of admin_kind.flags. */
#define ADMIN_DRIVERS    0x1u /* for the driver alone: it takes queues away, or may never end */
#define ADMIN_KEEPS_NS   0x2u /* leaves namespaces alone, whatever the log page of effects says */
#define ADMIN_CHANGES_NS 0x4u /* may change the format of blocks, whatever that page says */
#define ADMIN_SETTINGS   0x8u /* keeps the format of blocks, even where that page names namespaces */

/* The bytes of a command that may move any number of them. */
#define ADMIN_BYTES_ANY UINT64_MAX

struct admin_kind {
	/* The bytes that the command moves, by its dwords. Null: not known. */
	uint64_t (*bytes)(const struct upnvme_spec_sqe *sqe);
	/* The time that the command's work may take, besides that of an answer. Null: none. */
	uint64_t (*work_ns)(struct upnvme_ctrlr *ctrlr, const struct upnvme_spec_sqe *sqe);
	uint32_t flags; /* ADMIN_... */
};

/* The rows by opcode; all others are zeroes. */
extern const struct admin_kind admin_kinds[256];

static inline const struct admin_kind *admin_kind(uint8_t opcode)
{
	return &admin_kinds[opcode];
}

#endif
