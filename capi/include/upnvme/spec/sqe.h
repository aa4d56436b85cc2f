/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme/spec/sqe.h
 * The submission queue entry that all commands share.
 *
 * NVMe Base 2.0c, 3.3.3.1, Figures 86 (command dword 0) and 87 (common command format).
 */
#ifndef UPNVME_SPEC_SQE_H
#define UPNVME_SPEC_SQE_H

#include <stdint.h>

#include "data_ptr.h"
#include "field.h"

#define UPNVME_SPEC_SQE_BYTES 64u

/* Command dword 0, bits 15:8, as the flags byte. NVMe Base 2.0c, 3.3.3.1, Figure 86 */
#define UPNVME_SPEC_SQE_FUSE_SHIFT 0 /* fused operation */
#define UPNVME_SPEC_SQE_FUSE_MASK  0x3u
#define UPNVME_SPEC_SQE_PSDT_SHIFT 6 /* PRP or SGL for data transfer */
#define UPNVME_SPEC_SQE_PSDT_MASK  0x3u

#define UPNVME_SPEC_SQE_FUSE(flags) UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_SQE_FUSE, flags)
#define UPNVME_SPEC_SQE_PSDT(flags) UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_SQE_PSDT, flags)

#define UPNVME_SPEC_SQE_FUSE_NORMAL 0u
#define UPNVME_SPEC_SQE_FUSE_FIRST  1u
#define UPNVME_SPEC_SQE_FUSE_SECOND 2u

#define UPNVME_SPEC_SQE_PSDT_PRP             0u
#define UPNVME_SPEC_SQE_PSDT_SGL_MPTR_BUFFER 1u /* SGL; MPTR is one contiguous buffer */
#define UPNVME_SPEC_SQE_PSDT_SGL_MPTR_SGL \
	2u /* SGL; MPTR is the address of a segment with one descriptor */

/*
 * An identifier that no command should have: error log entries mean "no command" by it. 3.3.3.1,
 * Figure 86
 */
#define UPNVME_SPEC_CID_INVALID 0xffffu

/* Namespace identifiers. NVMe Base 2.0c, 3.2.1 */
#define UPNVME_SPEC_NSID_NONE      UINT32_C(0x00000000) /* the command does not use the field */
#define UPNVME_SPEC_NSID_MAX       UINT32_C(0xfffffffe) /* largest that can be a namespace */
#define UPNVME_SPEC_NSID_BROADCAST UINT32_C(0xffffffff) /* all namespaces */

/*
 * C++ knows anonymous structs only as an extension, which clang's -pedantic tells even where it is
 * marked.
 */
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnested-anon-types"
#endif

/** Submission Queue Entry, in the common command format. NVMe Base 2.0c, 3.3.3.1, Figure 87 */
struct upnvme_spec_sqe {
	/** 0: UPNVME_SPEC_ADMIN_... or UPNVME_SPEC_CMD_... */
	uint8_t opcode;
	/** 1: UPNVME_SPEC_SQE_FUSE_..., UPNVME_SPEC_SQE_PSDT_... */
	uint8_t flags;
	uint16_t cid; /**< 2: Command Identifier */
	/** 4: Namespace Identifier: UPNVME_SPEC_NSID_... */
	uint32_t nsid;
	uint32_t cdw2; /**< 8: command specific */
	uint32_t cdw3; /**< 12: command specific */
	uint64_t mptr; /**< 16: Metadata Pointer */
	union {
		__extension__ struct {
			uint64_t prp1; /**< 24: PRP Entry 1 */
			uint64_t prp2; /**< 32: PRP Entry 2 */
		};
		struct upnvme_spec_sgl_desc sgl1; /**< 24: SGL Segment 1 */
	};
	uint32_t cdw10; /**< 40: command specific */
	uint32_t cdw11; /**< 44: command specific */
	uint32_t cdw12; /**< 48: command specific */
	uint32_t cdw13; /**< 52: command specific */
	uint32_t cdw14; /**< 56: command specific */
	uint32_t cdw15; /**< 60: command specific */
};

#if defined(__clang__)
#pragma clang diagnostic pop
#endif

#endif
