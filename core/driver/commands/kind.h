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
#define KIND_DATA    0x1u /* the data of its blocks are in the op's buffer */
#define KIND_WRITES  0x2u /* a reader of its blocks may see it half done */
#define KIND_CHANGES 0x4u /* the command changes the medium */

/* Of a command that moves as much as it likes, or of a namespace whose format is not known. */
#define KIND_BYTES_ANY UINT64_MAX

struct command_kind {
	const char *name;
	/* Looks at an op of this kind, in a namespace that is there, and settles its request: 0, or a negative errno
	 * with its sentence. Null: no op can say the command, only a raw entry. */
	int (*check)(struct upnvme_qpair *qp, const struct command_kind *kind,
		     struct request *request, const struct upnvme_area *area);
	/* Fills in the entry of the request's next `blocks`. Null: it has opcode, identifier and namespace alone. */
	void (*build)(struct upnvme_qpair *qp, struct request *request, struct slot *slot,
		      uint32_t blocks, struct upnvme_spec_sqe *sqe);
	/* The blocks that one command may have; longer requests are split. Not null where `check` is not. */
	uint32_t (*limit)(const struct upnvme_qpair *qp, const struct request *request);
	/* The bytes that a raw entry moves by its dwords; `geometry` is null where the format is not known. Null: none,
	 * whatever its dwords say. */
	uint64_t (*bytes)(const uint32_t *cdw, const struct ns_geometry *geometry);
	uint16_t oncs;     /* the bit of ONCS for it; 0: every controller has it */
	uint16_t op_flags; /* UPNVME_... that an op may have */
	uint16_t flags;    /* KIND_... */
};

#define COMMAND_OPCODES 256u
#define COMMAND_SETS    (UPNVME_SPEC_CSI_NVM + 1u)

/* By command set identifier, and then by opcode; null where there is no such set, or no such command. */
extern const struct command_kind *const *const command_sets[COMMAND_SETS];

/* Null: no op can say the command, and nothing is known of the data of a raw entry. */
static inline const struct command_kind *command_kind(uint8_t csi, uint8_t opcode)
{
	return csi < COMMAND_SETS && command_sets[csi] ? command_sets[csi][opcode] : NULL;
}

#endif
