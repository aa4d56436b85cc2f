/* SPDX-License-Identifier: BSD-3-Clause */
/* What Identify says of the NVM command set alone, CNS 05h and 06h with CSI 00h (NVM Command Set 1.0c, 4.1.5). */
#ifndef UPNVME_SPEC_IDENTIFY_NVM_H
#define UPNVME_SPEC_IDENTIFY_NVM_H

#include <stdint.h>

#include "spec/field.h"
#include "spec/layout.h"

/*
 * I/O Command Set specific Identify Namespace for NVM, CNS 05h CSI 00h.
 * NVM Command Set 1.0c, 4.1.5.3, Figure 100
 */
struct nvme_id_ns_nvm {
	uint64_t lbstm;
	uint8_t pic;
	uint8_t rsvd9[3];
	uint32_t elbaf[64];
	uint8_t rsvd268[3828];
};

NVME_ASSERT_SIZE(nvme_id_ns_nvm, 4096);
NVME_ASSERT_OFFSET(nvme_id_ns_nvm, lbstm, 0);
NVME_ASSERT_OFFSET(nvme_id_ns_nvm, pic, 8);
NVME_ASSERT_OFFSET(nvme_id_ns_nvm, elbaf, 12);
NVME_ASSERT_OFFSET(nvme_id_ns_nvm, rsvd268, 268);

#define NVME_PIC_16B_STS (1u << 0) /* 16-bit guard: a storage tag may be part of it */
#define NVME_PIC_16B_STM (1u << 1) /* 16-bit guard: the mask's bits are all ones */

/* Extended LBA Format. NVM Command Set 1.0c, 4.1.5.3, Figure 101 */
#define NVME_ELBAF_STS_SHIFT 0 /* storage tag size, bits */
#define NVME_ELBAF_STS_MASK  0x7fu
#define NVME_ELBAF_PIF_SHIFT 7 /* protection information format */
#define NVME_ELBAF_PIF_MASK  0x3u
#define NVME_ELBAF_PIF_16B   0u
#define NVME_ELBAF_PIF_32B   1u
#define NVME_ELBAF_PIF_64B   2u

/*
 * I/O Command Set specific Identify Controller for NVM, CNS 06h CSI 00h. NVM Command Set 1.0c,
 * 4.1.5.4, Figure 102
 *
 * A limit binds when ONCS does not claim the command (the limit then says that it is supported);
 * when ONCS does, it is a recommendation. The three limits of Dataset Management are all zero or
 * all not zero (3.2.3.1).
 */
struct nvme_id_ctrl_nvm {
	/* powers of two of CAP.MPSMIN pages, with metadata that is interleaved; 0: no limit */
	uint8_t vsl;    /* Verify */
	uint8_t wzsl;   /* Write Zeroes */
	uint8_t wusl;   /* Write Uncorrectable */
	uint8_t dmrl;   /* Dataset Management: ranges, 0: no limit */
	uint32_t dmrsl; /* blocks of a range, 0: no limit */
	uint64_t dmsl;  /* blocks of all ranges, 0: no limit */
	uint8_t rsvd16[4080];
};

NVME_ASSERT_SIZE(nvme_id_ctrl_nvm, 4096);
NVME_ASSERT_OFFSET(nvme_id_ctrl_nvm, vsl, 0);
NVME_ASSERT_OFFSET(nvme_id_ctrl_nvm, wzsl, 1);
NVME_ASSERT_OFFSET(nvme_id_ctrl_nvm, wusl, 2);
NVME_ASSERT_OFFSET(nvme_id_ctrl_nvm, dmrl, 3);
NVME_ASSERT_OFFSET(nvme_id_ctrl_nvm, dmrsl, 4);
NVME_ASSERT_OFFSET(nvme_id_ctrl_nvm, dmsl, 8);

#endif
