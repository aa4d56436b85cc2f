/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme/spec/identify_ns.h
 * Identify Namespace, CNS 00h and 11h (NVM Command Set 1.0c, 4.1.5.1), and CNS 08h, which holds
 * for every command set (NVMe Base 2.0c, 5.17.2): the structures, and the bits of their fields.
 */
#ifndef UPNVME_SPEC_IDENTIFY_NS_H
#define UPNVME_SPEC_IDENTIFY_NS_H

#include <stdint.h>

#include "field.h"
#include "uint128.h"

/** LBA Format. NVM Command Set 1.0c, 4.1.5.1, Figure 98 */
struct upnvme_spec_lbaf {
	uint16_t ms;   /**< 0: Metadata Size, bytes per block */
	uint8_t lbads; /**< 2: LBA Data Size, power of two; 0: format not available */
	uint8_t rp;    /**< 3: Relative Performance in bits 1:0: UPNVME_SPEC_LBAF_RP_... */
};

#define UPNVME_SPEC_LBAF_RP_BEST     0u
#define UPNVME_SPEC_LBAF_RP_BETTER   1u
#define UPNVME_SPEC_LBAF_RP_GOOD     2u
#define UPNVME_SPEC_LBAF_RP_DEGRADED 3u

/** Identify Namespace, CNS 00h and 11h. NVM Command Set 1.0c, 4.1.5.1, Figure 97 */
struct upnvme_spec_id_ns {
	uint64_t nsze;  /**< 0: Namespace Size, blocks */
	uint64_t ncap;  /**< 8: Namespace Capacity, blocks */
	uint64_t nuse;  /**< 16: Namespace Utilization, blocks */
	uint8_t nsfeat; /**< 24: Namespace Features: UPNVME_SPEC_NSFEAT_... */
	uint8_t nlbaf;  /**< 25: Number of LBA Formats, 0's based */
	uint8_t flbas;  /**< 26: Formatted LBA Size: UPNVME_SPEC_FLBAS_... */
	uint8_t mc;     /**< 27: Metadata Capabilities: UPNVME_SPEC_MC_... */
	/** 28: End-to-end Data Protection Capabilities: UPNVME_SPEC_DPC_... */
	uint8_t dpc;
	/** 29: End-to-end Data Protection Type Settings: UPNVME_SPEC_DPS_... */
	uint8_t dps;
	/** 30: Multi-path I/O and Namespace Sharing: UPNVME_SPEC_NMIC_... */
	uint8_t nmic;
	/** 31: Reservation Capabilities: UPNVME_SPEC_RESCAP_... */
	uint8_t rescap;
	/** 32: Format Progress Indicator: UPNVME_SPEC_FPI_... */
	uint8_t fpi;
	/** 33: Deallocate Logical Block Features: UPNVME_SPEC_DLFEAT_... */
	uint8_t dlfeat;
	/** 34: Namespace Atomic Write Unit Normal, blocks, 0's based */
	uint16_t nawun;
	/** 36: Namespace Atomic Write Unit Power Fail, blocks, 0's based */
	uint16_t nawupf;
	/** 38: Namespace Atomic Compare and Write Unit, blocks, 0's based */
	uint16_t nacwu;
	/** 40: Namespace Atomic Boundary Size Normal, blocks, 0's based */
	uint16_t nabsn;
	uint16_t nabo; /**< 42: Namespace Atomic Boundary Offset, blocks */
	/** 44: Namespace Atomic Boundary Size Power Fail, blocks, 0's based */
	uint16_t nabspf;
	/** 46: Namespace Optimal I/O Boundary, blocks, 0: no boundary */
	uint16_t noiob;
	struct upnvme_spec_uint128 nvmcap; /**< 48: NVM Capacity, bytes */
	/** 64: Namespace Preferred Write Granularity, blocks, 0's based */
	uint16_t npwg;
	/** 66: Namespace Preferred Write Alignment, blocks, 0's based */
	uint16_t npwa;
	/** 68: Namespace Preferred Deallocate Granularity, blocks, 0's based */
	uint16_t npdg;
	/** 70: Namespace Preferred Deallocate Alignment, blocks, 0's based */
	uint16_t npda;
	/** 72: Namespace Optimal Write Size, blocks, 0's based */
	uint16_t nows;
	/** 74: Maximum Single Source Range Length of Copy, blocks */
	uint16_t mssrl;
	uint32_t mcl;       /**< 76: Maximum Copy Length, blocks */
	uint8_t msrc;       /**< 80: Maximum Source Range Count of Copy, 0's based */
	uint8_t rsvd81[11]; /**< 81: reserved */
	uint32_t anagrpid;  /**< 92: ANA Group Identifier */
	uint8_t rsvd96[3];  /**< 96: reserved */
	uint8_t nsattr;     /**< 99: Namespace Attributes: UPNVME_SPEC_NSATTR_... */
	uint16_t nvmsetid;  /**< 100: NVM Set Identifier */
	uint16_t endgid;    /**< 102: Endurance Group Identifier */
	/** 104: Namespace Globally Unique Identifier, big-endian */
	uint8_t nguid[16];
	uint8_t eui64[8];                 /**< 120: IEEE Extended Unique Identifier, big-endian */
	struct upnvme_spec_lbaf lbaf[64]; /**< 128: LBA Formats, `nlbaf` + 1 of them */
	uint8_t vs[3712];                 /**< 384: vendor specific */
};

/* Bits and values of Identify Namespace's fields. NVM Command Set 1.0c, 4.1.5.1, Figure 97 */
#define UPNVME_SPEC_NSFEAT_THINP    (1u << 0) /* thin provisioning */
#define UPNVME_SPEC_NSFEAT_NSABP    (1u << 1) /* nawun, nawupf, nacwu are valid */
#define UPNVME_SPEC_NSFEAT_DAE      (1u << 2) /* error on deallocated blocks can be asked for */
#define UPNVME_SPEC_NSFEAT_UIDREUSE (1u << 3) /* nguid and eui64 are never used again */
#define UPNVME_SPEC_NSFEAT_OPTPERF  (1u << 4) /* npwg, npwa, npdg, npda, nows are valid */
/* npwg, npwa, nows are valid, whatever the bit before says. NVM Command Set 1.1, 4.1.5.1 */
#define UPNVME_SPEC_NSFEAT_OPTPERF_HIGH (1u << 5)

#define UPNVME_SPEC_FLBAS_FORMAT_LOW_SHIFT  0
#define UPNVME_SPEC_FLBAS_FORMAT_LOW_MASK   0xfu
#define UPNVME_SPEC_FLBAS_EXTENDED_SHIFT    4 /* metadata at the end of each block */
#define UPNVME_SPEC_FLBAS_EXTENDED_MASK     0x1u
#define UPNVME_SPEC_FLBAS_FORMAT_HIGH_SHIFT 5
#define UPNVME_SPEC_FLBAS_FORMAT_HIGH_MASK  0x3u

/**
 * Gives the index of the namespace's format in lbaf[] and elbaf[]. The high bits count only with
 * more than 16 formats.
 *
 * @param flbas  upnvme_spec_id_ns.flbas
 * @param nlbaf  upnvme_spec_id_ns.nlbaf, 0's based
 * @return the index, 0 to 63
 * @thread Any thread.
 * @since 0.1
 */
static inline uint32_t upnvme_spec_flbas_format(uint8_t flbas, uint8_t nlbaf)
{
	uint32_t low = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_FLBAS_FORMAT_LOW, flbas);

	if (nlbaf < 16)
		return low;
	return low | UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_FLBAS_FORMAT_HIGH, flbas) << 4;
}

#define UPNVME_SPEC_MC_EXTENDED (1u << 0) /* metadata with the data */
#define UPNVME_SPEC_MC_SEPARATE (1u << 1) /* metadata in a buffer of its own */

#define UPNVME_SPEC_DPC_TYPE1 (1u << 0)
#define UPNVME_SPEC_DPC_TYPE2 (1u << 1)
#define UPNVME_SPEC_DPC_TYPE3 (1u << 2)
#define UPNVME_SPEC_DPC_FIRST (1u << 3) /* protection information may come first in the metadata */
#define UPNVME_SPEC_DPC_LAST  (1u << 4) /* or last */

#define UPNVME_SPEC_DPS_TYPE_SHIFT  0 /* 0: no protection information */
#define UPNVME_SPEC_DPS_TYPE_MASK   0x7u
#define UPNVME_SPEC_DPS_FIRST_SHIFT 3
#define UPNVME_SPEC_DPS_FIRST_MASK  0x1u

#define UPNVME_SPEC_NMIC_SHARED (1u << 0)

#define UPNVME_SPEC_RESCAP_PERSIST              (1u << 0) /* through power loss */
#define UPNVME_SPEC_RESCAP_WRITE_EXCLUSIVE      (1u << 1)
#define UPNVME_SPEC_RESCAP_EXCLUSIVE_ACCESS     (1u << 2)
#define UPNVME_SPEC_RESCAP_WRITE_EXCLUSIVE_REG  (1u << 3) /* registrants only */
#define UPNVME_SPEC_RESCAP_EXCLUSIVE_ACCESS_REG (1u << 4)
#define UPNVME_SPEC_RESCAP_WRITE_EXCLUSIVE_ALL  (1u << 5) /* all registrants */
#define UPNVME_SPEC_RESCAP_EXCLUSIVE_ACCESS_ALL (1u << 6)
#define UPNVME_SPEC_RESCAP_IEKEY_1_3            (1u << 7) /* ignore existing key as 1.3 defines it */

#define UPNVME_SPEC_FPI_REMAINING_SHIFT 0 /* percent still to be formatted */
#define UPNVME_SPEC_FPI_REMAINING_MASK  0x7fu
#define UPNVME_SPEC_FPI_SUPPORTED_SHIFT 7
#define UPNVME_SPEC_FPI_SUPPORTED_MASK  0x1u

#define UPNVME_SPEC_DLFEAT_READ_SHIFT        0 /* what a deallocated block reads as */
#define UPNVME_SPEC_DLFEAT_READ_MASK         0x7u
#define UPNVME_SPEC_DLFEAT_READ_NOT_REPORTED 0u
#define UPNVME_SPEC_DLFEAT_READ_ZEROES       1u
#define UPNVME_SPEC_DLFEAT_READ_ONES         2u
#define UPNVME_SPEC_DLFEAT_DEAC              (1u << 3) /* Write Zeroes takes DEAC */
#define UPNVME_SPEC_DLFEAT_GUARD_CRC         (1u << 4) /* guard of deallocated blocks is their CRC */

#define UPNVME_SPEC_NSATTR_WRITE_PROTECTED (1u << 0)

/** I/O Command Set Independent Identify Namespace, CNS 08h. NVMe Base 2.0c, 5.17.2, Figure 280 */
struct upnvme_spec_id_ns_indep {
	/** 0: Common Namespace Features: UPNVME_SPEC_NSFEAT_UIDREUSE, UPNVME_SPEC_NSFEAT_RMEDIA */
	uint8_t nsfeat;
	uint8_t nmic;         /**< 1: Multi-path I/O and Namespace Sharing: UPNVME_SPEC_NMIC_... */
	uint8_t rescap;       /**< 2: Reservation Capabilities: UPNVME_SPEC_RESCAP_... */
	uint8_t fpi;          /**< 3: Format Progress Indicator: UPNVME_SPEC_FPI_... */
	uint32_t anagrpid;    /**< 4: ANA Group Identifier */
	uint8_t nsattr;       /**< 8: Namespace Attributes: UPNVME_SPEC_NSATTR_... */
	uint8_t rsvd9;        /**< 9: reserved */
	uint16_t nvmsetid;    /**< 10: NVM Set Identifier */
	uint16_t endgid;      /**< 12: Endurance Group Identifier */
	uint8_t nstat;        /**< 14: Namespace Status: UPNVME_SPEC_NSTAT_... */
	uint8_t rsvd15[4081]; /**< 15: reserved */
};

#define UPNVME_SPEC_NSFEAT_RMEDIA (1u << 4) /* rotational media; of CNS 08h only */
#define UPNVME_SPEC_NSTAT_NRDY    (1u << 0) /* the namespace is ready */

#endif
