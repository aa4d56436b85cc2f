/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme/spec/nvm_command.h
 * What the NVM command set's commands put into their dwords and data buffers, and what they return
 * in dword 0.
 *
 * A field's name is UPNVME_SPEC_<command>_<field>; the comment above a group tells the dword. The
 * masks are not shifted, use UPNVME_SPEC_FIELD_GET and UPNVME_SPEC_FIELD_SET.
 */
#ifndef UPNVME_SPEC_NVM_COMMAND_H
#define UPNVME_SPEC_NVM_COMMAND_H

#include <stdint.h>

#include "field.h"

/*
 * NVM commands that name a range of blocks: Read, Write, Compare, Verify, Write Zeroes, Write
 * Uncorrectable. NVM Command Set 1.0c, 3.2.1 and 3.2.4 to 3.2.8. Dwords 10 and 11 are the starting
 * LBA (SLBA). Dword 12:
 */
#define UPNVME_SPEC_RW_NLB_SHIFT    0 /* blocks, 0's based */
#define UPNVME_SPEC_RW_NLB_MASK     0xffffu
#define UPNVME_SPEC_RW_DTYPE_SHIFT  20 /* directive type: Write, Write Zeroes, Write Uncorrectable */
#define UPNVME_SPEC_RW_DTYPE_MASK   0xfu
#define UPNVME_SPEC_RW_STC_SHIFT    24 /* storage tag check */
#define UPNVME_SPEC_RW_STC_MASK     0x1u
#define UPNVME_SPEC_RW_DEAC_SHIFT   25 /* deallocate: Write Zeroes */
#define UPNVME_SPEC_RW_DEAC_MASK    0x1u
#define UPNVME_SPEC_RW_PRINFO_SHIFT 26 /* protection information */
#define UPNVME_SPEC_RW_PRINFO_MASK  0xfu
#define UPNVME_SPEC_RW_FUA_SHIFT    30 /* force unit access */
#define UPNVME_SPEC_RW_FUA_MASK     0x1u
#define UPNVME_SPEC_RW_LR_SHIFT     31 /* limited retry */
#define UPNVME_SPEC_RW_LR_MASK      0x1u
/* Dword 13 */
#define UPNVME_SPEC_RW_DSM_SHIFT   0 /* dataset management: Read, Write */
#define UPNVME_SPEC_RW_DSM_MASK    0xffu
#define UPNVME_SPEC_RW_DSPEC_SHIFT 16 /* directive specific: the commands with DTYPE */
#define UPNVME_SPEC_RW_DSPEC_MASK  0xffffu
/*
 * Dword 14 (with dwords 2 and 3 for the wide guards) has the storage and reference tag: ILBRT for
 * commands that write, EILBRT for those that check. Dword 15:
 */
#define UPNVME_SPEC_RW_LBAT_SHIFT  0 /* application tag: LBAT, ELBAT */
#define UPNVME_SPEC_RW_LBAT_MASK   0xffffu
#define UPNVME_SPEC_RW_LBATM_SHIFT 16 /* mask of the application tag: LBATM, ELBATM */
#define UPNVME_SPEC_RW_LBATM_MASK  0xffffu

/* Single-bit flags of dword 12, ready to be combined */
#define UPNVME_SPEC_RW_STC_BIT  (1u << UPNVME_SPEC_RW_STC_SHIFT)
#define UPNVME_SPEC_RW_DEAC_BIT (1u << UPNVME_SPEC_RW_DEAC_SHIFT)
#define UPNVME_SPEC_RW_FUA_BIT  (1u << UPNVME_SPEC_RW_FUA_SHIFT)
#define UPNVME_SPEC_RW_LR_BIT   (1u << UPNVME_SPEC_RW_LR_SHIFT)

/* PRINFO. NVM Command Set 1.0c, 2.1, Figure 9 */
#define UPNVME_SPEC_PRINFO_PRCHK_REF   (1u << 0) /* check the reference tag */
#define UPNVME_SPEC_PRINFO_PRCHK_APP   (1u << 1) /* check the application tag */
#define UPNVME_SPEC_PRINFO_PRCHK_GUARD (1u << 2) /* check the guard */
#define UPNVME_SPEC_PRINFO_PRACT       (1u << 3) /* the controller inserts or strips */

/* The DSM byte. NVM Command Set 1.0c, 3.2.4 and 3.2.6, Figures 49 and 64 */
#define UPNVME_SPEC_RW_DSM_AF_SHIFT     0 /* access frequency */
#define UPNVME_SPEC_RW_DSM_AF_MASK      0xfu
#define UPNVME_SPEC_RW_DSM_AL_SHIFT     4 /* access latency */
#define UPNVME_SPEC_RW_DSM_AL_MASK      0x3u
#define UPNVME_SPEC_RW_DSM_SR_SHIFT     6 /* sequential request */
#define UPNVME_SPEC_RW_DSM_SR_MASK      0x1u
#define UPNVME_SPEC_RW_DSM_INCPRS_SHIFT 7 /* incompressible */
#define UPNVME_SPEC_RW_DSM_INCPRS_MASK  0x1u

#define UPNVME_SPEC_RW_BLOCKS_MAX 65536u /* NLB is a 0's based 16-bit value */

/* Dataset Management. NVM Command Set 1.0c, 3.2.3. Dword 10 */
#define UPNVME_SPEC_DSM_NR_SHIFT 0 /* ranges, 0's based */
#define UPNVME_SPEC_DSM_NR_MASK  0xffu
/* Dword 11 */
#define UPNVME_SPEC_DSM_IDR (1u << 0) /* integral dataset for read */
#define UPNVME_SPEC_DSM_IDW (1u << 1) /* integral dataset for write */
#define UPNVME_SPEC_DSM_AD  (1u << 2) /* deallocate */

#define UPNVME_SPEC_DSM_RANGES_MAX 256u

/** A range of Dataset Management. NVM Command Set 1.0c, 3.2.3, Figure 41 */
struct upnvme_spec_dsm_range {
	uint32_t cattr;  /**< 0: Context Attributes: UPNVME_SPEC_DSM_CATTR_... */
	uint32_t length; /**< 4: blocks, not 0's based */
	uint64_t slba;   /**< 8: Starting LBA */
};

/* The context attributes of a range. NVM Command Set 1.0c, 3.2.3.2, Figure 42 */
#define UPNVME_SPEC_DSM_CATTR_AF_SHIFT  0 /* access frequency */
#define UPNVME_SPEC_DSM_CATTR_AF_MASK   0xfu
#define UPNVME_SPEC_DSM_CATTR_AL_SHIFT  4 /* access latency */
#define UPNVME_SPEC_DSM_CATTR_AL_MASK   0x3u
#define UPNVME_SPEC_DSM_CATTR_SR_SHIFT  8 /* sequential read */
#define UPNVME_SPEC_DSM_CATTR_SR_MASK   0x1u
#define UPNVME_SPEC_DSM_CATTR_SW_SHIFT  9 /* sequential write */
#define UPNVME_SPEC_DSM_CATTR_SW_MASK   0x1u
#define UPNVME_SPEC_DSM_CATTR_WP_SHIFT  10 /* write prepare */
#define UPNVME_SPEC_DSM_CATTR_WP_MASK   0x1u
#define UPNVME_SPEC_DSM_CATTR_CAS_SHIFT 24 /* command access size in blocks */
#define UPNVME_SPEC_DSM_CATTR_CAS_MASK  0xffu

/* Copy. NVM Command Set 1.0c, 3.2.2. Dwords 10 and 11 are the destination (SDLBA). Dword 12 */
#define UPNVME_SPEC_COPY_NR_SHIFT      0 /* ranges, 0's based */
#define UPNVME_SPEC_COPY_NR_MASK       0xffu
#define UPNVME_SPEC_COPY_DESFMT_SHIFT  8 /* descriptor format */
#define UPNVME_SPEC_COPY_DESFMT_MASK   0xfu
#define UPNVME_SPEC_COPY_PRINFOR_SHIFT 12 /* protection information of the reads */
#define UPNVME_SPEC_COPY_PRINFOR_MASK  0xfu
#define UPNVME_SPEC_COPY_DTYPE_SHIFT   20
#define UPNVME_SPEC_COPY_DTYPE_MASK    0xfu
#define UPNVME_SPEC_COPY_STCW_SHIFT    24 /* storage tag check of the writes */
#define UPNVME_SPEC_COPY_STCW_MASK     0x1u
#define UPNVME_SPEC_COPY_PRINFOW_SHIFT 26 /* protection information of the writes */
#define UPNVME_SPEC_COPY_PRINFOW_MASK  0xfu
#define UPNVME_SPEC_COPY_FUA_SHIFT     30
#define UPNVME_SPEC_COPY_FUA_MASK      0x1u
#define UPNVME_SPEC_COPY_LR_SHIFT      31
#define UPNVME_SPEC_COPY_LR_MASK       0x1u

/** Source range, descriptor format 0 (16-bit guard). NVM Command Set 1.0c, 3.2.2, Figure 34 */
struct upnvme_spec_copy_range_f0 {
	uint8_t rsvd0[8];  /**< 0: reserved */
	uint64_t slba;     /**< 8: Starting LBA */
	uint16_t nlb;      /**< 16: Number of Logical Blocks, 0's based */
	uint8_t rsvd18[6]; /**< 18: reserved */
	uint32_t eilbrt;   /**< 24: Expected Initial Logical Block Reference Tag */
	uint16_t elbat;    /**< 28: Expected Logical Block Application Tag */
	uint16_t elbatm;   /**< 30: Expected Logical Block Application Tag Mask */
};

/** Source range, descriptor format 1 (32 and 64-bit guards). NVM Command Set 1.0c, Figure 35 */
struct upnvme_spec_copy_range_f1 {
	uint8_t rsvd0[8];  /**< 0: reserved */
	uint64_t slba;     /**< 8: Starting LBA */
	uint16_t nlb;      /**< 16: Number of Logical Blocks, 0's based */
	uint8_t rsvd18[8]; /**< 18: reserved */
	uint8_t elbst[10]; /**< 26: Expected Logical Block Storage Tag and Reference Tag */
	uint16_t elbat;    /**< 36: Expected Logical Block Application Tag */
	uint16_t elbatm;   /**< 38: Expected Logical Block Application Tag Mask */
};

#endif
