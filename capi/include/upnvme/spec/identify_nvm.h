/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme/spec/identify_nvm.h
 * What Identify tells of the NVM command set alone, CNS 05h and 06h with CSI 00h (NVM Command Set
 * 1.0c, 4.1.5).
 */
#ifndef UPNVME_SPEC_IDENTIFY_NVM_H
#define UPNVME_SPEC_IDENTIFY_NVM_H

#include <stdint.h>

#include "field.h"

/**
 * I/O Command Set specific Identify Namespace for NVM, CNS 05h CSI 00h.
 * NVM Command Set 1.0c, 4.1.5.3, Figure 100
 */
struct upnvme_spec_id_ns_nvm {
	uint64_t lbstm;        /**< 0: Logical Block Storage Tag Mask */
	uint8_t pic;           /**< 8: Protection Information Capabilities: UPNVME_SPEC_PIC_... */
	uint8_t rsvd9[3];      /**< 9: reserved */
	uint32_t elbaf[64];    /**< 12: Extended LBA Formats: UPNVME_SPEC_ELBAF_... */
	uint8_t rsvd268[3828]; /**< 268: reserved */
};

#define UPNVME_SPEC_PIC_16B_STS (1u << 0) /* 16-bit guard: a storage tag may be part of it */
#define UPNVME_SPEC_PIC_16B_STM (1u << 1) /* 16-bit guard: the mask's bits are all ones */

/* Extended LBA Format. NVM Command Set 1.0c, 4.1.5.3, Figure 101 */
#define UPNVME_SPEC_ELBAF_STS_SHIFT 0 /* storage tag size, bits */
#define UPNVME_SPEC_ELBAF_STS_MASK  0x7fu
#define UPNVME_SPEC_ELBAF_PIF_SHIFT 7 /* protection information format */
#define UPNVME_SPEC_ELBAF_PIF_MASK  0x3u
#define UPNVME_SPEC_ELBAF_PIF_16B   0u
#define UPNVME_SPEC_ELBAF_PIF_32B   1u
#define UPNVME_SPEC_ELBAF_PIF_64B   2u

/**
 * I/O Command Set specific Identify Controller for NVM, CNS 06h CSI 00h. NVM Command Set 1.0c,
 * 4.1.5.4, Figure 102
 *
 * A limit binds when ONCS does not claim the command (the limit then says that it is supported);
 * when ONCS does, it is a recommendation. The three limits of Dataset Management are all zero or
 * all not zero (3.2.3.1).
 */
struct upnvme_spec_id_ctrl_nvm {
	/** 0: Verify Size Limit: power of two of CAP.MPSMIN pages, 0: no limit */
	uint8_t vsl;
	uint8_t wzsl; /**< 1: Write Zeroes Size Limit, likewise */
	uint8_t wusl; /**< 2: Write Uncorrectable Size Limit, likewise */
	uint8_t dmrl; /**< 3: Dataset Management Ranges Limit, 0: no limit */
	/** 4: Dataset Management Range Size Limit: blocks of a range, 0: no limit */
	uint32_t dmrsl;
	/** 8: Dataset Management Size Limit: blocks of all ranges, 0: no limit */
	uint64_t dmsl;
	uint8_t rsvd16[4080]; /**< 16: reserved */
};

#endif
