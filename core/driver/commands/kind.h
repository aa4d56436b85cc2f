/* SPDX-License-Identifier: BSD-3-Clause */
/* Kinds of I/O commands: each command set has a constant table with a row for each opcode that the driver knows. A
 * further command set is a file with rows, and an entry in command_sets. */
#ifndef UPNVME_DRIVER_COMMANDS_KIND_H
#define UPNVME_DRIVER_COMMANDS_KIND_H

#include <stddef.h>
#include <stdint.h>

#include <upnvme/spec/opcode.h>

struct ns_geometry;
struct upnvme_spec_sqe;
struct request;
struct slot;
struct upnvme_area;
struct upnvme_qpair;

/* Bits of command_kind.flags. The direction of the data is no flag: bits 1:0 of the opcode tell it. */
#define KIND_DATA    0x1u /* the data of the command's blocks are in the op's buffer */
#define KIND_WRITES  0x2u /* the command writes blocks: in several parts it is not atomic */
#define KIND_CHANGES 0x4u /* the command changes the medium */

/* The bytes of a command that may move any number of them, or whose namespace has an unknown format. */
#define KIND_BYTES_ANY UINT64_MAX

struct command_kind {
	const char *name;
	/* Checks an op of this kind, in an active namespace, and fills in its request: 0, or a negative errno
	 * with its sentence. Null: no op can say the command, only a raw entry. */
	int (*check)(struct upnvme_qpair *qp, const struct command_kind *kind,
		     struct request *request, const struct upnvme_area *area);
	/* Fills in the entry of the request's next `blocks`. Null: the entry has opcode, identifier and namespace
	 * alone. */
	void (*build)(struct upnvme_qpair *qp, struct request *request, struct slot *slot,
		      uint32_t blocks, struct upnvme_spec_sqe *sqe);
	/* The most blocks of one command; longer requests are split. Null only where `check` is null. */
	uint32_t (*limit)(const struct upnvme_qpair *qp, const struct request *request);
	/* The bytes that a raw entry moves by its dwords; `geometry` is null where the format is not known. Null: the
	 * command moves none. */
	uint64_t (*bytes)(const uint32_t *cdw, const struct ns_geometry *geometry);
	uint16_t oncs; /* the bit of ONCS for the command; 0: every controller has the command */
	uint16_t op_flags; /* UPNVME_... that an op may have */
	uint16_t flags;    /* KIND_... */
};

#define COMMAND_OPCODES 256u
#define COMMAND_SETS    (UPNVME_SPEC_CSI_NVM + 1u)

/* The kinds by command set identifier, and then by opcode; null where there is no such set, or no such command. */
extern const struct command_kind *const *const command_sets[COMMAND_SETS];

/* The kind of a command. Null: no op can say the command, and the data of a raw entry are not known. */
static inline const struct command_kind *command_kind(uint8_t csi, uint8_t opcode)
{
	return csi < COMMAND_SETS && command_sets[csi] ? command_sets[csi][opcode] : NULL;
}

#endif
