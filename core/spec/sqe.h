/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The submission queue entry that all commands share.
 *
 * NVMe Base 2.0c, 3.3.3.1, Figures 86 (command dword 0) and 87 (common command format).
 */
#ifndef UPNVME_SPEC_SQE_H
#define UPNVME_SPEC_SQE_H

#include <stdint.h>

#include "spec/data_ptr.h"
#include "spec/field.h"
#include "spec/layout.h"

#define NVME_SQE_BYTES 64u

/* Command dword 0, bits 15:8, as the flags byte. NVMe Base 2.0c, 3.3.3.1, Figure 86 */
#define NVME_SQE_FUSE_SHIFT 0 /* fused operation */
#define NVME_SQE_FUSE_MASK  0x3u
#define NVME_SQE_PSDT_SHIFT 6 /* PRP or SGL for data transfer */
#define NVME_SQE_PSDT_MASK  0x3u

#define NVME_SQE_FUSE(flags) NVME_FIELD_GET(NVME_SQE_FUSE, flags)
#define NVME_SQE_PSDT(flags) NVME_FIELD_GET(NVME_SQE_PSDT, flags)

#define NVME_SQE_FUSE_NORMAL 0u
#define NVME_SQE_FUSE_FIRST  1u
#define NVME_SQE_FUSE_SECOND 2u

#define NVME_SQE_PSDT_PRP             0u
#define NVME_SQE_PSDT_SGL_MPTR_BUFFER 1u /* SGL; MPTR is one contiguous buffer */
#define NVME_SQE_PSDT_SGL_MPTR_SGL \
	2u /* SGL; MPTR is the address of a segment with one descriptor */

/*
 * An identifier that no command may use: error log entries mean "no command" by it. 3.3.3.1,
 * Figure 86
 */
#define NVME_CID_INVALID 0xffffu

/* Namespace identifiers. NVMe Base 2.0c, 3.2.1 */
#define NVME_NSID_NONE      UINT32_C(0x00000000) /* the command does not use the field */
#define NVME_NSID_MAX       UINT32_C(0xfffffffe) /* largest that can be a namespace */
#define NVME_NSID_BROADCAST UINT32_C(0xffffffff) /* all namespaces */

struct nvme_sqe {
	uint8_t opcode;
	uint8_t flags; /* FUSE, PSDT */
	uint16_t cid;
	uint32_t nsid;
	uint32_t cdw2;
	uint32_t cdw3;
	uint64_t mptr;
	union {
		struct {
			uint64_t prp1;
			uint64_t prp2;
		};
		struct nvme_sgl_desc sgl1;
	};
	uint32_t cdw10;
	uint32_t cdw11;
	uint32_t cdw12;
	uint32_t cdw13;
	uint32_t cdw14;
	uint32_t cdw15;
};

NVME_ASSERT_SIZE(nvme_sqe, NVME_SQE_BYTES);
NVME_ASSERT_OFFSET(nvme_sqe, opcode, 0);
NVME_ASSERT_OFFSET(nvme_sqe, flags, 1);
NVME_ASSERT_OFFSET(nvme_sqe, cid, 2);
NVME_ASSERT_OFFSET(nvme_sqe, nsid, 4);
NVME_ASSERT_OFFSET(nvme_sqe, cdw2, 8);
NVME_ASSERT_OFFSET(nvme_sqe, cdw3, 12);
NVME_ASSERT_OFFSET(nvme_sqe, mptr, 16);
NVME_ASSERT_OFFSET(nvme_sqe, prp1, 24);
NVME_ASSERT_OFFSET(nvme_sqe, prp2, 32);
NVME_ASSERT_OFFSET(nvme_sqe, sgl1, 24);
NVME_ASSERT_OFFSET(nvme_sqe, cdw10, 40);
NVME_ASSERT_OFFSET(nvme_sqe, cdw11, 44);
NVME_ASSERT_OFFSET(nvme_sqe, cdw12, 48);
NVME_ASSERT_OFFSET(nvme_sqe, cdw13, 52);
NVME_ASSERT_OFFSET(nvme_sqe, cdw14, 56);
NVME_ASSERT_OFFSET(nvme_sqe, cdw15, 60);

#endif
