/* SPDX-License-Identifier: BSD-3-Clause */
/* Identify Namespace, CNS 00h and 11h (NVM Command Set 1.0c, 4.1.5.1), and CNS 08h, which holds for every command set
 * (NVMe Base 2.0c, 5.17.2): the structures, and the bits of their fields. */
#ifndef UPNVME_SPEC_IDENTIFY_NS_H
#define UPNVME_SPEC_IDENTIFY_NS_H

#include <stdint.h>

#include "spec/field.h"
#include "spec/layout.h"

/* LBA Format. NVM Command Set 1.0c, 4.1.5.1, Figure 98 */
struct nvme_lbaf {
	uint16_t ms;   /* metadata bytes per block */
	uint8_t lbads; /* block size, power of two; 0: format not available */
	uint8_t rp;    /* relative performance in bits 1:0 */
};

NVME_ASSERT_SIZE(nvme_lbaf, 4);
NVME_ASSERT_OFFSET(nvme_lbaf, ms, 0);
NVME_ASSERT_OFFSET(nvme_lbaf, lbads, 2);
NVME_ASSERT_OFFSET(nvme_lbaf, rp, 3);

#define NVME_LBAF_RP_BEST     0u
#define NVME_LBAF_RP_BETTER   1u
#define NVME_LBAF_RP_GOOD     2u
#define NVME_LBAF_RP_DEGRADED 3u

/* Identify Namespace, CNS 00h and 11h. NVM Command Set 1.0c, 4.1.5.1, Figure 97 */
struct nvme_id_ns {
	uint64_t nsze; /* blocks */
	uint64_t ncap; /* blocks */
	uint64_t nuse; /* blocks */
	uint8_t nsfeat;
	uint8_t nlbaf; /* 0's based */
	uint8_t flbas;
	uint8_t mc;
	uint8_t dpc;
	uint8_t dps;
	uint8_t nmic;
	uint8_t rescap;
	uint8_t fpi;
	uint8_t dlfeat;
	uint16_t nawun; /* blocks, 0's based; so are the next two */
	uint16_t nawupf;
	uint16_t nacwu;
	uint16_t nabsn;  /* blocks, 0's based */
	uint16_t nabo;   /* blocks */
	uint16_t nabspf; /* blocks, 0's based */
	uint16_t noiob;  /* blocks, 0: no boundary */
	struct nvme_uint128 nvmcap;
	uint16_t npwg; /* blocks, 0's based; so are the next four */
	uint16_t npwa;
	uint16_t npdg;
	uint16_t npda;
	uint16_t nows;
	uint16_t mssrl; /* blocks */
	uint32_t mcl;   /* blocks */
	uint8_t msrc;   /* 0's based */
	uint8_t rsvd81[11];
	uint32_t anagrpid;
	uint8_t rsvd96[3];
	uint8_t nsattr;
	uint16_t nvmsetid;
	uint16_t endgid;
	uint8_t nguid[16]; /* big-endian; so is eui64 */
	uint8_t eui64[8];
	struct nvme_lbaf lbaf[64];
	uint8_t vs[3712];
};

NVME_ASSERT_SIZE(nvme_id_ns, 4096);
NVME_ASSERT_OFFSET(nvme_id_ns, nsze, 0);
NVME_ASSERT_OFFSET(nvme_id_ns, ncap, 8);
NVME_ASSERT_OFFSET(nvme_id_ns, nuse, 16);
NVME_ASSERT_OFFSET(nvme_id_ns, nsfeat, 24);
NVME_ASSERT_OFFSET(nvme_id_ns, nlbaf, 25);
NVME_ASSERT_OFFSET(nvme_id_ns, flbas, 26);
NVME_ASSERT_OFFSET(nvme_id_ns, mc, 27);
NVME_ASSERT_OFFSET(nvme_id_ns, dpc, 28);
NVME_ASSERT_OFFSET(nvme_id_ns, dps, 29);
NVME_ASSERT_OFFSET(nvme_id_ns, nmic, 30);
NVME_ASSERT_OFFSET(nvme_id_ns, rescap, 31);
NVME_ASSERT_OFFSET(nvme_id_ns, fpi, 32);
NVME_ASSERT_OFFSET(nvme_id_ns, dlfeat, 33);
NVME_ASSERT_OFFSET(nvme_id_ns, nawun, 34);
NVME_ASSERT_OFFSET(nvme_id_ns, nawupf, 36);
NVME_ASSERT_OFFSET(nvme_id_ns, nacwu, 38);
NVME_ASSERT_OFFSET(nvme_id_ns, nabsn, 40);
NVME_ASSERT_OFFSET(nvme_id_ns, nabo, 42);
NVME_ASSERT_OFFSET(nvme_id_ns, nabspf, 44);
NVME_ASSERT_OFFSET(nvme_id_ns, noiob, 46);
NVME_ASSERT_OFFSET(nvme_id_ns, nvmcap, 48);
NVME_ASSERT_OFFSET(nvme_id_ns, npwg, 64);
NVME_ASSERT_OFFSET(nvme_id_ns, npwa, 66);
NVME_ASSERT_OFFSET(nvme_id_ns, npdg, 68);
NVME_ASSERT_OFFSET(nvme_id_ns, npda, 70);
NVME_ASSERT_OFFSET(nvme_id_ns, nows, 72);
NVME_ASSERT_OFFSET(nvme_id_ns, mssrl, 74);
NVME_ASSERT_OFFSET(nvme_id_ns, mcl, 76);
NVME_ASSERT_OFFSET(nvme_id_ns, msrc, 80);
NVME_ASSERT_OFFSET(nvme_id_ns, anagrpid, 92);
NVME_ASSERT_OFFSET(nvme_id_ns, nsattr, 99);
NVME_ASSERT_OFFSET(nvme_id_ns, nvmsetid, 100);
NVME_ASSERT_OFFSET(nvme_id_ns, endgid, 102);
NVME_ASSERT_OFFSET(nvme_id_ns, nguid, 104);
NVME_ASSERT_OFFSET(nvme_id_ns, eui64, 120);
NVME_ASSERT_OFFSET(nvme_id_ns, lbaf, 128);
NVME_ASSERT_OFFSET(nvme_id_ns, vs, 384);

/* Bits and values of Identify Namespace's fields. NVM Command Set 1.0c, 4.1.5.1, Figure 97 */
#define NVME_NSFEAT_THINP    (1u << 0) /* thin provisioning */
#define NVME_NSFEAT_NSABP    (1u << 1) /* nawun, nawupf, nacwu are valid */
#define NVME_NSFEAT_DAE      (1u << 2) /* error on deallocated blocks can be asked for */
#define NVME_NSFEAT_UIDREUSE (1u << 3) /* nguid and eui64 are never used again */
#define NVME_NSFEAT_OPTPERF  (1u << 4) /* npwg, npwa, npdg, npda, nows are valid */
/* npwg, npwa, nows are valid, whatever the bit before says. NVM Command Set 1.1, 4.1.5.1 */
#define NVME_NSFEAT_OPTPERF_HIGH (1u << 5)

#define NVME_FLBAS_FORMAT_LOW_SHIFT  0
#define NVME_FLBAS_FORMAT_LOW_MASK   0xfu
#define NVME_FLBAS_EXTENDED_SHIFT    4 /* metadata at the end of each block */
#define NVME_FLBAS_EXTENDED_MASK     0x1u
#define NVME_FLBAS_FORMAT_HIGH_SHIFT 5
#define NVME_FLBAS_FORMAT_HIGH_MASK  0x3u
/* The index into lbaf[] and elbaf[]; the high bits count only with more than 16 formats */
#define NVME_FLBAS_FORMAT(flbas)                        \
	(NVME_FIELD_GET(NVME_FLBAS_FORMAT_LOW, flbas) | \
	 NVME_FIELD_GET(NVME_FLBAS_FORMAT_HIGH, flbas) << 4)

#define NVME_MC_EXTENDED (1u << 0) /* metadata with the data */
#define NVME_MC_SEPARATE (1u << 1) /* metadata in a buffer of its own */

#define NVME_DPC_TYPE1 (1u << 0)
#define NVME_DPC_TYPE2 (1u << 1)
#define NVME_DPC_TYPE3 (1u << 2)
#define NVME_DPC_FIRST (1u << 3) /* protection information may come first in the metadata */
#define NVME_DPC_LAST  (1u << 4) /* or last */

#define NVME_DPS_TYPE_SHIFT  0 /* 0: no protection information */
#define NVME_DPS_TYPE_MASK   0x7u
#define NVME_DPS_FIRST_SHIFT 3
#define NVME_DPS_FIRST_MASK  0x1u

#define NVME_NMIC_SHARED (1u << 0)

#define NVME_RESCAP_PERSIST              (1u << 0) /* through power loss */
#define NVME_RESCAP_WRITE_EXCLUSIVE      (1u << 1)
#define NVME_RESCAP_EXCLUSIVE_ACCESS     (1u << 2)
#define NVME_RESCAP_WRITE_EXCLUSIVE_REG  (1u << 3) /* registrants only */
#define NVME_RESCAP_EXCLUSIVE_ACCESS_REG (1u << 4)
#define NVME_RESCAP_WRITE_EXCLUSIVE_ALL  (1u << 5) /* all registrants */
#define NVME_RESCAP_EXCLUSIVE_ACCESS_ALL (1u << 6)
#define NVME_RESCAP_IEKEY_1_3            (1u << 7) /* ignore existing key as 1.3 defines it */

#define NVME_FPI_REMAINING_SHIFT 0 /* percent still to be formatted */
#define NVME_FPI_REMAINING_MASK  0x7fu
#define NVME_FPI_SUPPORTED_SHIFT 7
#define NVME_FPI_SUPPORTED_MASK  0x1u

#define NVME_DLFEAT_READ_SHIFT        0 /* what a deallocated block reads as */
#define NVME_DLFEAT_READ_MASK         0x7u
#define NVME_DLFEAT_READ_NOT_REPORTED 0u
#define NVME_DLFEAT_READ_ZEROES       1u
#define NVME_DLFEAT_READ_ONES         2u
#define NVME_DLFEAT_DEAC              (1u << 3) /* Write Zeroes takes DEAC */
#define NVME_DLFEAT_GUARD_CRC         (1u << 4) /* guard of deallocated blocks is their CRC */

#define NVME_NSATTR_WRITE_PROTECTED (1u << 0)

/* I/O Command Set Independent Identify Namespace, CNS 08h. NVMe Base 2.0c, 5.17.2, Figure 280 */
struct nvme_id_ns_indep {
	uint8_t nsfeat; /* NVME_NSFEAT_UIDREUSE, NVME_NSFEAT_RMEDIA */
	uint8_t nmic;
	uint8_t rescap;
	uint8_t fpi;
	uint32_t anagrpid;
	uint8_t nsattr;
	uint8_t rsvd9;
	uint16_t nvmsetid;
	uint16_t endgid;
	uint8_t nstat;
	uint8_t rsvd15[4081];
};

NVME_ASSERT_SIZE(nvme_id_ns_indep, 4096);
NVME_ASSERT_OFFSET(nvme_id_ns_indep, nsfeat, 0);
NVME_ASSERT_OFFSET(nvme_id_ns_indep, nmic, 1);
NVME_ASSERT_OFFSET(nvme_id_ns_indep, rescap, 2);
NVME_ASSERT_OFFSET(nvme_id_ns_indep, fpi, 3);
NVME_ASSERT_OFFSET(nvme_id_ns_indep, anagrpid, 4);
NVME_ASSERT_OFFSET(nvme_id_ns_indep, nsattr, 8);
NVME_ASSERT_OFFSET(nvme_id_ns_indep, nvmsetid, 10);
NVME_ASSERT_OFFSET(nvme_id_ns_indep, endgid, 12);
NVME_ASSERT_OFFSET(nvme_id_ns_indep, nstat, 14);

#define NVME_NSFEAT_RMEDIA (1u << 4) /* rotational media; of CNS 08h only */
#define NVME_NSTAT_NRDY    (1u << 0) /* the namespace is ready */

#endif
