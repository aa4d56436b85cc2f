/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme/spec/regs.h
 * Controller registers ("properties"): offsets, fields and the doorbells behind them.
 *
 * NVMe Base 2.0c, 3.1.3 (one subsection for each), and for the doorbells PCIe Transport 1.0c,
 * 3.1.2.
 */
#ifndef UPNVME_SPEC_REGS_H
#define UPNVME_SPEC_REGS_H

#include "upnvme/types.h"

#include "field.h"

/* Offsets. NVMe Base 2.0c, 3.1.3, Figure 35 */
#define UPNVME_SPEC_REG_CAP     0x0000u /* Controller Capabilities, 64 bits */
#define UPNVME_SPEC_REG_VS      0x0008u /* Version */
#define UPNVME_SPEC_REG_INTMS   0x000cu /* Interrupt Mask Set */
#define UPNVME_SPEC_REG_INTMC   0x0010u /* Interrupt Mask Clear */
#define UPNVME_SPEC_REG_CC      0x0014u /* Controller Configuration */
#define UPNVME_SPEC_REG_CSTS    0x001cu /* Controller Status */
#define UPNVME_SPEC_REG_NSSR    0x0020u /* NVM Subsystem Reset */
#define UPNVME_SPEC_REG_AQA     0x0024u /* Admin Queue Attributes */
#define UPNVME_SPEC_REG_ASQ     0x0028u /* Admin Submission Queue Base Address, 64 bits */
#define UPNVME_SPEC_REG_ACQ     0x0030u /* Admin Completion Queue Base Address, 64 bits */
#define UPNVME_SPEC_REG_CMBLOC  0x0038u /* Controller Memory Buffer Location */
#define UPNVME_SPEC_REG_CMBSZ   0x003cu /* Controller Memory Buffer Size */
#define UPNVME_SPEC_REG_BPINFO  0x0040u /* Boot Partition Information */
#define UPNVME_SPEC_REG_BPRSEL  0x0044u /* Boot Partition Read Select */
#define UPNVME_SPEC_REG_BPMBL   0x0048u /* Boot Partition Memory Buffer Location, 64 bits */
#define UPNVME_SPEC_REG_CMBMSC  0x0050u /* Controller Memory Buffer Memory Space Control, 64 bits */
#define UPNVME_SPEC_REG_CMBSTS  0x0058u /* Controller Memory Buffer Status */
#define UPNVME_SPEC_REG_CMBEBS  0x005cu /* Controller Memory Buffer Elasticity Buffer Size */
#define UPNVME_SPEC_REG_CMBSWTP 0x0060u /* Controller Memory Buffer Sustained Write Throughput */
#define UPNVME_SPEC_REG_NSSD    0x0064u /* NVM Subsystem Shutdown */
#define UPNVME_SPEC_REG_CRTO    0x0068u /* Controller Ready Timeouts */
#define UPNVME_SPEC_REG_PMRCAP  0x0e00u /* Persistent Memory Region Capabilities */
#define UPNVME_SPEC_REG_PMRCTL  0x0e04u /* Persistent Memory Region Control */
#define UPNVME_SPEC_REG_PMRSTS  0x0e08u /* Persistent Memory Region Status */
#define UPNVME_SPEC_REG_PMREBS  0x0e0cu /* Persistent Memory Region Elasticity Buffer Size */
#define UPNVME_SPEC_REG_PMRSWTP 0x0e10u /* Persistent Memory Region Sustained Write Throughput */
#define UPNVME_SPEC_REG_PMRMSCL 0x0e14u /* Persistent Memory Region Memory Space Control, Lower */
#define UPNVME_SPEC_REG_PMRMSCU 0x0e18u /* Persistent Memory Region Memory Space Control, Upper */

/* Doorbells. PCIe Transport 1.0c, 3.1.2 */
#define UPNVME_SPEC_REG_DOORBELLS 0x1000u

/* Submission queue y's tail: PCIe Transport 1.0c, 3.1.2.1; completion queue y's head: 3.1.2.2 */
#define UPNVME_SPEC_REG_SQ_TAIL_DOORBELL(y, dstrd) \
	(UPNVME_SPEC_REG_DOORBELLS + (2u * UPNVME_CAST(uint32_t, y)) * (4u << (dstrd)))
#define UPNVME_SPEC_REG_CQ_HEAD_DOORBELL(y, dstrd) \
	(UPNVME_SPEC_REG_DOORBELLS + (2u * UPNVME_CAST(uint32_t, y) + 1u) * (4u << (dstrd)))

/* CAP: Controller Capabilities. NVMe Base 2.0c, 3.1.3.1, Figure 36 */
#define UPNVME_SPEC_CAP_MQES_SHIFT   0 /* largest I/O queue, 0's based */
#define UPNVME_SPEC_CAP_MQES_MASK    UINT64_C(0xffff)
#define UPNVME_SPEC_CAP_CQR_SHIFT    16 /* I/O queues must be contiguous */
#define UPNVME_SPEC_CAP_CQR_MASK     UINT64_C(0x1)
#define UPNVME_SPEC_CAP_AMS_SHIFT    17 /* optional arbitration mechanisms */
#define UPNVME_SPEC_CAP_AMS_MASK     UINT64_C(0x3)
#define UPNVME_SPEC_CAP_TO_SHIFT     24 /* worst time to ready, units of 500 ms */
#define UPNVME_SPEC_CAP_TO_MASK      UINT64_C(0xff)
#define UPNVME_SPEC_CAP_DSTRD_SHIFT  32 /* doorbells are 4 << DSTRD bytes apart */
#define UPNVME_SPEC_CAP_DSTRD_MASK   UINT64_C(0xf)
#define UPNVME_SPEC_CAP_NSSRS_SHIFT  36 /* NVM subsystem reset supported */
#define UPNVME_SPEC_CAP_NSSRS_MASK   UINT64_C(0x1)
#define UPNVME_SPEC_CAP_CSS_SHIFT    37 /* command sets supported */
#define UPNVME_SPEC_CAP_CSS_MASK     UINT64_C(0xff)
#define UPNVME_SPEC_CAP_BPS_SHIFT    45 /* boot partition support */
#define UPNVME_SPEC_CAP_BPS_MASK     UINT64_C(0x1)
#define UPNVME_SPEC_CAP_CPS_SHIFT    46 /* controller power scope */
#define UPNVME_SPEC_CAP_CPS_MASK     UINT64_C(0x3)
#define UPNVME_SPEC_CAP_MPSMIN_SHIFT 48 /* smallest memory page, 2 ^ (12 + MPSMIN) */
#define UPNVME_SPEC_CAP_MPSMIN_MASK  UINT64_C(0xf)
#define UPNVME_SPEC_CAP_MPSMAX_SHIFT 52 /* largest memory page, 2 ^ (12 + MPSMAX) */
#define UPNVME_SPEC_CAP_MPSMAX_MASK  UINT64_C(0xf)
#define UPNVME_SPEC_CAP_PMRS_SHIFT   56 /* persistent memory region supported */
#define UPNVME_SPEC_CAP_PMRS_MASK    UINT64_C(0x1)
#define UPNVME_SPEC_CAP_CMBS_SHIFT   57 /* controller memory buffer supported */
#define UPNVME_SPEC_CAP_CMBS_MASK    UINT64_C(0x1)
#define UPNVME_SPEC_CAP_NSSS_SHIFT   58 /* NVM subsystem shutdown supported */
#define UPNVME_SPEC_CAP_NSSS_MASK    UINT64_C(0x1)
#define UPNVME_SPEC_CAP_CRMS_SHIFT   59 /* controller ready modes supported */
#define UPNVME_SPEC_CAP_CRMS_MASK    UINT64_C(0x3)

#define UPNVME_SPEC_CAP_MQES(cap)   UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CAP_MQES, cap)
#define UPNVME_SPEC_CAP_CQR(cap)    UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CAP_CQR, cap)
#define UPNVME_SPEC_CAP_AMS(cap)    UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CAP_AMS, cap)
#define UPNVME_SPEC_CAP_TO(cap)     UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CAP_TO, cap)
#define UPNVME_SPEC_CAP_DSTRD(cap)  UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CAP_DSTRD, cap)
#define UPNVME_SPEC_CAP_NSSRS(cap)  UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CAP_NSSRS, cap)
#define UPNVME_SPEC_CAP_CSS(cap)    UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CAP_CSS, cap)
#define UPNVME_SPEC_CAP_BPS(cap)    UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CAP_BPS, cap)
#define UPNVME_SPEC_CAP_CPS(cap)    UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CAP_CPS, cap)
#define UPNVME_SPEC_CAP_MPSMIN(cap) UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CAP_MPSMIN, cap)
#define UPNVME_SPEC_CAP_MPSMAX(cap) UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CAP_MPSMAX, cap)
#define UPNVME_SPEC_CAP_PMRS(cap)   UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CAP_PMRS, cap)
#define UPNVME_SPEC_CAP_CMBS(cap)   UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CAP_CMBS, cap)
#define UPNVME_SPEC_CAP_NSSS(cap)   UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CAP_NSSS, cap)
#define UPNVME_SPEC_CAP_CRMS(cap)   UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CAP_CRMS, cap)

/* Values of CAP's fields. NVMe Base 2.0c, 3.1.3.1 */
#define UPNVME_SPEC_CAP_AMS_WRR          (1u << 0) /* weighted round robin with urgent class */
#define UPNVME_SPEC_CAP_AMS_VENDOR       (1u << 1) /* vendor specific */
#define UPNVME_SPEC_CAP_TO_UNIT_MS       500u
#define UPNVME_SPEC_CAP_CSS_NVM          (1u << 0) /* NVM command set */
#define UPNVME_SPEC_CAP_CSS_IOCS         (1u << 6) /* one or more sets, told by Identify CNS 1Ch */
#define UPNVME_SPEC_CAP_CSS_NOIO         (1u << 7) /* Admin command set only */
#define UPNVME_SPEC_CAP_CPS_NOT_REPORTED 0u
#define UPNVME_SPEC_CAP_CPS_CONTROLLER   1u
#define UPNVME_SPEC_CAP_CPS_DOMAIN       2u
#define UPNVME_SPEC_CAP_CPS_SUBSYSTEM    3u
#define UPNVME_SPEC_CAP_CRMS_CRWMS       (1u << 0) /* Controller Ready With Media */
#define UPNVME_SPEC_CAP_CRMS_CRIMS       (1u << 1) /* Controller Ready Independent of Media */

/* A page size field (MPSMIN, MPSMAX, CC.MPS) in bytes. NVMe Base 2.0c, 3.1.3.1 and 3.1.3.5 */
#define UPNVME_SPEC_PAGE_SHIFT_MIN 12
#define UPNVME_SPEC_MPS_BYTES(mps) (UINT64_C(1) << (UPNVME_SPEC_PAGE_SHIFT_MIN + (mps)))

/* VS: Version. NVMe Base 2.0c, 3.1.3.2 */
#define UPNVME_SPEC_VS_TER_SHIFT 0 /* tertiary */
#define UPNVME_SPEC_VS_TER_MASK  0xffu
#define UPNVME_SPEC_VS_MNR_SHIFT 8 /* minor */
#define UPNVME_SPEC_VS_MNR_MASK  0xffu
#define UPNVME_SPEC_VS_MJR_SHIFT 16 /* major */
#define UPNVME_SPEC_VS_MJR_MASK  0xffffu

#define UPNVME_SPEC_VS_TER(vs) UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_VS_TER, vs)
#define UPNVME_SPEC_VS_MNR(vs) UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_VS_MNR, vs)
#define UPNVME_SPEC_VS_MJR(vs) UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_VS_MJR, vs)

#define UPNVME_SPEC_VERSION(major, minor, tertiary)                                   \
	((UPNVME_CAST(uint32_t, major) << 16) | (UPNVME_CAST(uint32_t, minor) << 8) | \
	 UPNVME_CAST(uint32_t, tertiary))
#define UPNVME_SPEC_VERSION_1_0   0x00010000u
#define UPNVME_SPEC_VERSION_1_1   0x00010100u
#define UPNVME_SPEC_VERSION_1_2   0x00010200u
#define UPNVME_SPEC_VERSION_1_2_1 0x00010201u
#define UPNVME_SPEC_VERSION_1_3   0x00010300u
#define UPNVME_SPEC_VERSION_1_4   0x00010400u
#define UPNVME_SPEC_VERSION_2_0   0x00020000u

/* CC: Controller Configuration. NVMe Base 2.0c, 3.1.3.5 */
#define UPNVME_SPEC_CC_EN_SHIFT     0 /* enable */
#define UPNVME_SPEC_CC_EN_MASK      0x1u
#define UPNVME_SPEC_CC_CSS_SHIFT    4 /* command set selected */
#define UPNVME_SPEC_CC_CSS_MASK     0x7u
#define UPNVME_SPEC_CC_MPS_SHIFT    7 /* memory page size, 2 ^ (12 + MPS) */
#define UPNVME_SPEC_CC_MPS_MASK     0xfu
#define UPNVME_SPEC_CC_AMS_SHIFT    11 /* arbitration mechanism selected */
#define UPNVME_SPEC_CC_AMS_MASK     0x7u
#define UPNVME_SPEC_CC_SHN_SHIFT    14 /* shutdown notification */
#define UPNVME_SPEC_CC_SHN_MASK     0x3u
#define UPNVME_SPEC_CC_IOSQES_SHIFT 16 /* I/O submission queue entry size, power of two */
#define UPNVME_SPEC_CC_IOSQES_MASK  0xfu
#define UPNVME_SPEC_CC_IOCQES_SHIFT 20 /* I/O completion queue entry size, power of two */
#define UPNVME_SPEC_CC_IOCQES_MASK  0xfu
#define UPNVME_SPEC_CC_CRIME_SHIFT  24 /* ready independent of media enable */
#define UPNVME_SPEC_CC_CRIME_MASK   0x1u

#define UPNVME_SPEC_CC_EN(cc)     UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CC_EN, cc)
#define UPNVME_SPEC_CC_CSS(cc)    UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CC_CSS, cc)
#define UPNVME_SPEC_CC_MPS(cc)    UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CC_MPS, cc)
#define UPNVME_SPEC_CC_AMS(cc)    UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CC_AMS, cc)
#define UPNVME_SPEC_CC_SHN(cc)    UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CC_SHN, cc)
#define UPNVME_SPEC_CC_IOSQES(cc) UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CC_IOSQES, cc)
#define UPNVME_SPEC_CC_IOCQES(cc) UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CC_IOCQES, cc)
#define UPNVME_SPEC_CC_CRIME(cc)  UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CC_CRIME, cc)

/* Values of CC's fields. NVMe Base 2.0c, 3.1.3.5 */
#define UPNVME_SPEC_CC_CSS_NVM    0u /* NVM command set */
#define UPNVME_SPEC_CC_CSS_IOCS   6u /* all supported I/O command sets */
#define UPNVME_SPEC_CC_CSS_ADMIN  7u /* Admin command set only */
#define UPNVME_SPEC_CC_AMS_RR     0u /* round robin */
#define UPNVME_SPEC_CC_AMS_WRR    1u /* weighted round robin with urgent class */
#define UPNVME_SPEC_CC_AMS_VENDOR 7u /* vendor specific */
#define UPNVME_SPEC_CC_SHN_NONE   0u /* no notification, no effect */
#define UPNVME_SPEC_CC_SHN_NORMAL 1u /* normal shutdown */
#define UPNVME_SPEC_CC_SHN_ABRUPT 2u /* abrupt shutdown */
#define UPNVME_SPEC_CC_IOSQES_NVM 6u /* 64 bytes */
#define UPNVME_SPEC_CC_IOCQES_NVM 4u /* 16 bytes */

/* CSTS: Controller Status. NVMe Base 2.0c, 3.1.3.6 */
#define UPNVME_SPEC_CSTS_RDY_SHIFT   0 /* ready */
#define UPNVME_SPEC_CSTS_RDY_MASK    0x1u
#define UPNVME_SPEC_CSTS_CFS_SHIFT   1 /* controller fatal status */
#define UPNVME_SPEC_CSTS_CFS_MASK    0x1u
#define UPNVME_SPEC_CSTS_SHST_SHIFT  2 /* shutdown status */
#define UPNVME_SPEC_CSTS_SHST_MASK   0x3u
#define UPNVME_SPEC_CSTS_NSSRO_SHIFT 4 /* NVM subsystem reset occurred, write 1 to clear */
#define UPNVME_SPEC_CSTS_NSSRO_MASK  0x1u
#define UPNVME_SPEC_CSTS_PP_SHIFT    5 /* processing paused */
#define UPNVME_SPEC_CSTS_PP_MASK     0x1u
#define UPNVME_SPEC_CSTS_ST_SHIFT    6 /* shutdown type: 1 for an NVM subsystem shutdown */
#define UPNVME_SPEC_CSTS_ST_MASK     0x1u

#define UPNVME_SPEC_CSTS_RDY(csts)   UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CSTS_RDY, csts)
#define UPNVME_SPEC_CSTS_CFS(csts)   UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CSTS_CFS, csts)
#define UPNVME_SPEC_CSTS_SHST(csts)  UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CSTS_SHST, csts)
#define UPNVME_SPEC_CSTS_NSSRO(csts) UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CSTS_NSSRO, csts)
#define UPNVME_SPEC_CSTS_PP(csts)    UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CSTS_PP, csts)
#define UPNVME_SPEC_CSTS_ST(csts)    UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CSTS_ST, csts)

#define UPNVME_SPEC_CSTS_SHST_NORMAL    0u /* no shutdown has been asked for */
#define UPNVME_SPEC_CSTS_SHST_OCCURRING 1u /* being processed */
#define UPNVME_SPEC_CSTS_SHST_COMPLETE  2u /* done */

/* A register of a device that is gone reads as all ones. */
#define UPNVME_SPEC_REG_ALL_ONES UINT32_C(0xffffffff)

/* NSSR and NSSD: only these values do anything. NVMe Base 2.0c, 3.1.3.7 and 3.1.3.20 */
#define UPNVME_SPEC_NSSR_RESET  UINT32_C(0x4e564d65) /* "NVMe" */
#define UPNVME_SPEC_NSSD_NORMAL UINT32_C(0x4e726d6c) /* "Nrml" */
#define UPNVME_SPEC_NSSD_ABRUPT UINT32_C(0x41627074) /* "Abpt" */

/* AQA: Admin Queue Attributes, both sizes 0's based. NVMe Base 2.0c, 3.1.3.8 */
#define UPNVME_SPEC_AQA_ASQS_SHIFT 0
#define UPNVME_SPEC_AQA_ASQS_MASK  0xfffu
#define UPNVME_SPEC_AQA_ACQS_SHIFT 16
#define UPNVME_SPEC_AQA_ACQS_MASK  0xfffu

#define UPNVME_SPEC_AQA_ASQS(aqa) UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_AQA_ASQS, aqa)
#define UPNVME_SPEC_AQA_ACQS(aqa) UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_AQA_ACQS, aqa)

/* Entries of a queue. NVMe Base 2.0c, 3.1.3.8 (admin) and 3.3.1.4 (I/O) */
#define UPNVME_SPEC_QUEUE_ENTRIES_MIN       2u
#define UPNVME_SPEC_ADMIN_QUEUE_ENTRIES_MAX 4096u
#define UPNVME_SPEC_IO_QUEUE_ENTRIES_MAX    65536u

/* ASQ, ACQ: the base addresses' lower 12 bits are reserved. NVMe Base 2.0c, 3.1.3.9 and 3.1.3.10 */
#define UPNVME_SPEC_ASQ_BASE_BITS (~UINT64_C(0xfff))
#define UPNVME_SPEC_ACQ_BASE_BITS (~UINT64_C(0xfff))

/* CMBLOC: where the Controller Memory Buffer is. NVMe Base 2.0c, 3.1.3.11 */
#define UPNVME_SPEC_CMBLOC_BIR_SHIFT     0 /* base address register */
#define UPNVME_SPEC_CMBLOC_BIR_MASK      0x7u
#define UPNVME_SPEC_CMBLOC_CQMMS_SHIFT   3 /* queues may mix memories */
#define UPNVME_SPEC_CMBLOC_CQMMS_MASK    0x1u
#define UPNVME_SPEC_CMBLOC_CQPDS_SHIFT   4 /* queues may be physically discontiguous */
#define UPNVME_SPEC_CMBLOC_CQPDS_MASK    0x1u
#define UPNVME_SPEC_CMBLOC_CDPMLS_SHIFT  5 /* data pointers may mix locations */
#define UPNVME_SPEC_CMBLOC_CDPMLS_MASK   0x1u
#define UPNVME_SPEC_CMBLOC_CDPCILS_SHIFT 6 /* data pointer and command need not be in one place */
#define UPNVME_SPEC_CMBLOC_CDPCILS_MASK  0x1u
#define UPNVME_SPEC_CMBLOC_CDMMMS_SHIFT  7 /* data and metadata may mix memories */
#define UPNVME_SPEC_CMBLOC_CDMMMS_MASK   0x1u
#define UPNVME_SPEC_CMBLOC_CQDA_SHIFT    8 /* queue dword alignment */
#define UPNVME_SPEC_CMBLOC_CQDA_MASK     0x1u
#define UPNVME_SPEC_CMBLOC_OFST_SHIFT    12 /* offset, units of CMBSZ.SZU */
#define UPNVME_SPEC_CMBLOC_OFST_MASK     0xfffffu

#define UPNVME_SPEC_CMBLOC_BIR(cmbloc)  UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CMBLOC_BIR, cmbloc)
#define UPNVME_SPEC_CMBLOC_OFST(cmbloc) UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CMBLOC_OFST, cmbloc)

/* CMBSZ: its size and what it may hold. NVMe Base 2.0c, 3.1.3.12 */
#define UPNVME_SPEC_CMBSZ_SQS_SHIFT   0 /* submission queues */
#define UPNVME_SPEC_CMBSZ_SQS_MASK    0x1u
#define UPNVME_SPEC_CMBSZ_CQS_SHIFT   1 /* completion queues */
#define UPNVME_SPEC_CMBSZ_CQS_MASK    0x1u
#define UPNVME_SPEC_CMBSZ_LISTS_SHIFT 2 /* PRP and SGL lists */
#define UPNVME_SPEC_CMBSZ_LISTS_MASK  0x1u
#define UPNVME_SPEC_CMBSZ_RDS_SHIFT   3 /* data that is read */
#define UPNVME_SPEC_CMBSZ_RDS_MASK    0x1u
#define UPNVME_SPEC_CMBSZ_WDS_SHIFT   4 /* data that is written */
#define UPNVME_SPEC_CMBSZ_WDS_MASK    0x1u
#define UPNVME_SPEC_CMBSZ_SZU_SHIFT   8 /* unit of size, 4 KiB << (4 * SZU) */
#define UPNVME_SPEC_CMBSZ_SZU_MASK    0xfu
#define UPNVME_SPEC_CMBSZ_SZU_MAX     6u /* 64 GiB; what is above is reserved */
#define UPNVME_SPEC_CMBSZ_SZ_SHIFT    12 /* size in units */
#define UPNVME_SPEC_CMBSZ_SZ_MASK     0xfffffu

#define UPNVME_SPEC_CMBSZ_SQS(cmbsz)      UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CMBSZ_SQS, cmbsz)
#define UPNVME_SPEC_CMBSZ_CQS(cmbsz)      UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CMBSZ_CQS, cmbsz)
#define UPNVME_SPEC_CMBSZ_LISTS(cmbsz)    UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CMBSZ_LISTS, cmbsz)
#define UPNVME_SPEC_CMBSZ_RDS(cmbsz)      UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CMBSZ_RDS, cmbsz)
#define UPNVME_SPEC_CMBSZ_WDS(cmbsz)      UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CMBSZ_WDS, cmbsz)
#define UPNVME_SPEC_CMBSZ_SZU(cmbsz)      UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CMBSZ_SZU, cmbsz)
#define UPNVME_SPEC_CMBSZ_SZ(cmbsz)       UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CMBSZ_SZ, cmbsz)
#define UPNVME_SPEC_CMBSZ_UNIT_BYTES(szu) (UINT64_C(4096) << (4 * (szu)))

/* CMBMSC and CMBSTS: the buffer's address as commands see it. NVMe Base 2.0c, 3.1.3.16 and .17 */
#define UPNVME_SPEC_CMBMSC_CRE_SHIFT  0 /* CMBLOC and CMBSZ show their values */
#define UPNVME_SPEC_CMBMSC_CRE_MASK   UINT64_C(0x1)
#define UPNVME_SPEC_CMBMSC_CMSE_SHIFT 1 /* memory space enable */
#define UPNVME_SPEC_CMBMSC_CMSE_MASK  UINT64_C(0x1)
#define UPNVME_SPEC_CMBMSC_CBA_SHIFT  12 /* controller base address */
#define UPNVME_SPEC_CMBMSC_CBA_MASK   UINT64_C(0xfffffffffffff)
#define UPNVME_SPEC_CMBSTS_CBAI_SHIFT 0 /* controller base address invalid */
#define UPNVME_SPEC_CMBSTS_CBAI_MASK  0x1u

/* CRTO: Controller Ready Timeouts, units of 500 ms. NVMe Base 2.0c, 3.1.3.21 */
#define UPNVME_SPEC_CRTO_CRWMT_SHIFT 0 /* ready with media */
#define UPNVME_SPEC_CRTO_CRWMT_MASK  0xffffu
#define UPNVME_SPEC_CRTO_CRIMT_SHIFT 16 /* ready independent of media */
#define UPNVME_SPEC_CRTO_CRIMT_MASK  0xffffu

#define UPNVME_SPEC_CRTO_CRWMT(crto) UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CRTO_CRWMT, crto)
#define UPNVME_SPEC_CRTO_CRIMT(crto) UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CRTO_CRIMT, crto)

/** The registers as they lie in the first page of the BAR. NVMe Base 2.0c, 3.1.3, Figure 35 */
struct upnvme_spec_regs {
	uint64_t cap;    /**< 0: Controller Capabilities: UPNVME_SPEC_CAP_... */
	uint32_t vs;     /**< 8: Version: UPNVME_SPEC_VS_... */
	uint32_t intms;  /**< 12: Interrupt Mask Set */
	uint32_t intmc;  /**< 16: Interrupt Mask Clear */
	uint32_t cc;     /**< 20: Controller Configuration: UPNVME_SPEC_CC_... */
	uint32_t rsvd18; /**< 24: reserved */
	uint32_t csts;   /**< 28: Controller Status: UPNVME_SPEC_CSTS_... */
	uint32_t nssr;   /**< 32: NVM Subsystem Reset: UPNVME_SPEC_NSSR_RESET */
	uint32_t aqa;    /**< 36: Admin Queue Attributes: UPNVME_SPEC_AQA_... */
	uint64_t asq;    /**< 40: Admin Submission Queue Base Address */
	uint64_t acq;    /**< 48: Admin Completion Queue Base Address */
	/** 56: Controller Memory Buffer Location: UPNVME_SPEC_CMBLOC_... */
	uint32_t cmbloc;
	/** 60: Controller Memory Buffer Size: UPNVME_SPEC_CMBSZ_... */
	uint32_t cmbsz;
	uint32_t bpinfo; /**< 64: Boot Partition Information */
	uint32_t bprsel; /**< 68: Boot Partition Read Select */
	uint64_t bpmbl;  /**< 72: Boot Partition Memory Buffer Location */
	/** 80: Controller Memory Buffer Memory Space Control: UPNVME_SPEC_CMBMSC_... */
	uint64_t cmbmsc;
	/** 88: Controller Memory Buffer Status: UPNVME_SPEC_CMBSTS_... */
	uint32_t cmbsts;
	uint32_t cmbebs; /**< 92: Controller Memory Buffer Elasticity Buffer Size */
	/** 96: Controller Memory Buffer Sustained Write Throughput */
	uint32_t cmbswtp;
	uint32_t nssd; /**< 100: NVM Subsystem Shutdown: UPNVME_SPEC_NSSD_... */
	/** 104: Controller Ready Timeouts: UPNVME_SPEC_CRTO_... */
	uint32_t crto;
	uint8_t rsvd6c[0xe00 - 0x6c]; /**< 108: reserved */
	uint32_t pmrcap;              /**< 3584: Persistent Memory Region Capabilities */
	uint32_t pmrctl;              /**< 3588: Persistent Memory Region Control */
	uint32_t pmrsts;              /**< 3592: Persistent Memory Region Status */
	/** 3596: Persistent Memory Region Elasticity Buffer Size */
	uint32_t pmrebs;
	/** 3600: Persistent Memory Region Sustained Write Throughput */
	uint32_t pmrswtp;
	/** 3604: Persistent Memory Region Memory Space Control, Lower */
	uint32_t pmrmscl;
	/** 3608: Persistent Memory Region Memory Space Control, Upper */
	uint32_t pmrmscu;
	uint8_t rsvde1c[0x1000 - 0xe1c]; /**< 3612: reserved */
};

#endif
