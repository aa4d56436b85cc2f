/* SPDX-License-Identifier: BSD-3-Clause */
/* Identify Controller, CNS 01h (NVMe Base 2.0c, 5.17.2.1): the structure, and the bits of its fields. */
#ifndef UPNVME_SPEC_IDENTIFY_CTRLR_H
#define UPNVME_SPEC_IDENTIFY_CTRLR_H

#include <stdint.h>

#include "spec/field.h"
#include "spec/layout.h"

/* Power State Descriptor. NVMe Base 2.0c, 5.17.2.1, Figure 276 */
struct nvme_id_psd {
	uint16_t mp; /* maximum power, in the unit that MXPS tells */
	uint8_t rsvd2;
	uint8_t flags;  /* NVME_PSD_FLAGS_... */
	uint32_t enlat; /* entry latency, microseconds */
	uint32_t exlat; /* exit latency, microseconds */
	uint8_t rrt;
	uint8_t rrl;
	uint8_t rwt;
	uint8_t rwl;
	uint16_t idlp;
	uint8_t ips; /* scale of idlp in bits 7:6 */
	uint8_t rsvd19;
	uint16_t actp;
	uint8_t apws; /* workload (APW) in bits 2:0, scale of actp (APS) in bits 7:6 */
	uint8_t rsvd23[9];
};

NVME_ASSERT_SIZE(nvme_id_psd, 32);
NVME_ASSERT_OFFSET(nvme_id_psd, mp, 0);
NVME_ASSERT_OFFSET(nvme_id_psd, flags, 3);
NVME_ASSERT_OFFSET(nvme_id_psd, enlat, 4);
NVME_ASSERT_OFFSET(nvme_id_psd, exlat, 8);
NVME_ASSERT_OFFSET(nvme_id_psd, rrt, 12);
NVME_ASSERT_OFFSET(nvme_id_psd, rrl, 13);
NVME_ASSERT_OFFSET(nvme_id_psd, rwt, 14);
NVME_ASSERT_OFFSET(nvme_id_psd, rwl, 15);
NVME_ASSERT_OFFSET(nvme_id_psd, idlp, 16);
NVME_ASSERT_OFFSET(nvme_id_psd, ips, 18);
NVME_ASSERT_OFFSET(nvme_id_psd, actp, 20);
NVME_ASSERT_OFFSET(nvme_id_psd, apws, 22);

#define NVME_PSD_FLAGS_MXPS (1u << 0) /* mp is in 0.0001 W, else in 0.01 W */
#define NVME_PSD_FLAGS_NOPS (1u << 1) /* non-operational */

#define NVME_MTFA_UNIT_MS 100u

/* Identify Controller, CNS 01h. NVMe Base 2.0c, 5.17.2.1, Figure 275 */
struct nvme_id_ctrl {
	/* controller capabilities and features */
	uint16_t vid;
	uint16_t ssvid;
	char sn[20]; /* ASCII, padded with spaces, no NUL; so are mn and fr */
	char mn[40];
	char fr[8];
	uint8_t rab;
	uint8_t ieee[3];
	uint8_t cmic;
	uint8_t mdts; /* power of two of CAP.MPSMIN pages, 0: no limit */
	uint16_t cntlid;
	uint32_t ver;
	uint32_t rtd3r;
	uint32_t rtd3e;
	uint32_t oaes;
	uint32_t ctratt;
	uint16_t rrls;
	uint8_t rsvd102[9];
	uint8_t cntrltype;
	uint8_t fguid[16];
	uint16_t crdt1; /* units of 100 ms; so are crdt2 and crdt3 */
	uint16_t crdt2;
	uint16_t crdt3;
	uint8_t rsvd134[106];
	uint8_t rsvd240[13]; /* for the Management Interface */
	uint8_t nvmsr;
	uint8_t vwci;
	uint8_t mec;

	/* admin command set attributes */
	uint16_t oacs;
	uint8_t acl;  /* 0's based */
	uint8_t aerl; /* 0's based */
	uint8_t frmw;
	uint8_t lpa;
	uint8_t elpe; /* 0's based */
	uint8_t npss; /* 0's based */
	uint8_t avscc;
	uint8_t apsta;
	uint16_t wctemp; /* kelvin */
	uint16_t cctemp; /* kelvin */
	uint16_t mtfa;   /* units of NVME_MTFA_UNIT_MS */
	uint32_t hmpre;  /* units of 4 KiB */
	uint32_t hmmin;  /* units of 4 KiB */
	struct nvme_uint128 tnvmcap;
	struct nvme_uint128 unvmcap;
	uint32_t rpmbs;
	uint16_t edstt;
	uint8_t dsto;
	uint8_t fwug;
	uint16_t kas; /* units of 100 ms, 0: Keep Alive not supported */
	uint16_t hctma;
	uint16_t mntmt;
	uint16_t mxtmt;
	uint32_t sanicap;
	uint32_t hmminds;
	uint16_t hmmaxd;
	uint16_t nsetidmax;
	uint16_t endgidmax;
	uint8_t anatt;
	uint8_t anacap;
	uint32_t anagrpmax;
	uint32_t nanagrpid;
	uint32_t pels;
	uint16_t domainid;
	uint8_t rsvd358[10];
	struct nvme_uint128 megcap;
	uint8_t rsvd384[128];

	/* I/O command set attributes */
	uint8_t sqes; /* NVME_ENTRY_SIZE_..., powers of two; so is cqes */
	uint8_t cqes;
	uint16_t maxcmd;
	uint32_t nn;
	uint16_t oncs;
	uint16_t fuses;
	uint8_t fna;
	uint8_t vwc;
	uint16_t awun;  /* blocks, 0's based */
	uint16_t awupf; /* blocks, 0's based */
	uint8_t icsvscc;
	uint8_t nwpc;
	uint16_t acwu; /* blocks, 0's based */
	uint16_t cdfs;
	uint32_t sgls;
	uint32_t mnan;
	struct nvme_uint128 maxdna;
	uint32_t maxcna;
	uint8_t rsvd564[204];
	char subnqn[256]; /* UTF-8, ends with NUL */
	uint8_t rsvd1024[768];

	/* Fabrics */
	uint32_t ioccsz;
	uint32_t iorcsz;
	uint16_t icdoff;
	uint8_t fcatt;
	uint8_t msdbd;
	uint16_t ofcs;
	uint8_t rsvd1806[242];

	struct nvme_id_psd psd[32];
	uint8_t vs[1024];
};

NVME_ASSERT_SIZE(nvme_id_ctrl, 4096);
NVME_ASSERT_OFFSET(nvme_id_ctrl, vid, 0);
NVME_ASSERT_OFFSET(nvme_id_ctrl, ssvid, 2);
NVME_ASSERT_OFFSET(nvme_id_ctrl, sn, 4);
NVME_ASSERT_OFFSET(nvme_id_ctrl, mn, 24);
NVME_ASSERT_OFFSET(nvme_id_ctrl, fr, 64);
NVME_ASSERT_OFFSET(nvme_id_ctrl, rab, 72);
NVME_ASSERT_OFFSET(nvme_id_ctrl, ieee, 73);
NVME_ASSERT_OFFSET(nvme_id_ctrl, cmic, 76);
NVME_ASSERT_OFFSET(nvme_id_ctrl, mdts, 77);
NVME_ASSERT_OFFSET(nvme_id_ctrl, cntlid, 78);
NVME_ASSERT_OFFSET(nvme_id_ctrl, ver, 80);
NVME_ASSERT_OFFSET(nvme_id_ctrl, rtd3r, 84);
NVME_ASSERT_OFFSET(nvme_id_ctrl, rtd3e, 88);
NVME_ASSERT_OFFSET(nvme_id_ctrl, oaes, 92);
NVME_ASSERT_OFFSET(nvme_id_ctrl, ctratt, 96);
NVME_ASSERT_OFFSET(nvme_id_ctrl, rrls, 100);
NVME_ASSERT_OFFSET(nvme_id_ctrl, cntrltype, 111);
NVME_ASSERT_OFFSET(nvme_id_ctrl, fguid, 112);
NVME_ASSERT_OFFSET(nvme_id_ctrl, crdt1, 128);
NVME_ASSERT_OFFSET(nvme_id_ctrl, crdt2, 130);
NVME_ASSERT_OFFSET(nvme_id_ctrl, crdt3, 132);
NVME_ASSERT_OFFSET(nvme_id_ctrl, rsvd240, 240);
NVME_ASSERT_OFFSET(nvme_id_ctrl, nvmsr, 253);
NVME_ASSERT_OFFSET(nvme_id_ctrl, vwci, 254);
NVME_ASSERT_OFFSET(nvme_id_ctrl, mec, 255);
NVME_ASSERT_OFFSET(nvme_id_ctrl, oacs, 256);
NVME_ASSERT_OFFSET(nvme_id_ctrl, acl, 258);
NVME_ASSERT_OFFSET(nvme_id_ctrl, aerl, 259);
NVME_ASSERT_OFFSET(nvme_id_ctrl, frmw, 260);
NVME_ASSERT_OFFSET(nvme_id_ctrl, lpa, 261);
NVME_ASSERT_OFFSET(nvme_id_ctrl, elpe, 262);
NVME_ASSERT_OFFSET(nvme_id_ctrl, npss, 263);
NVME_ASSERT_OFFSET(nvme_id_ctrl, avscc, 264);
NVME_ASSERT_OFFSET(nvme_id_ctrl, apsta, 265);
NVME_ASSERT_OFFSET(nvme_id_ctrl, wctemp, 266);
NVME_ASSERT_OFFSET(nvme_id_ctrl, cctemp, 268);
NVME_ASSERT_OFFSET(nvme_id_ctrl, mtfa, 270);
NVME_ASSERT_OFFSET(nvme_id_ctrl, hmpre, 272);
NVME_ASSERT_OFFSET(nvme_id_ctrl, hmmin, 276);
NVME_ASSERT_OFFSET(nvme_id_ctrl, tnvmcap, 280);
NVME_ASSERT_OFFSET(nvme_id_ctrl, unvmcap, 296);
NVME_ASSERT_OFFSET(nvme_id_ctrl, rpmbs, 312);
NVME_ASSERT_OFFSET(nvme_id_ctrl, edstt, 316);
NVME_ASSERT_OFFSET(nvme_id_ctrl, dsto, 318);
NVME_ASSERT_OFFSET(nvme_id_ctrl, fwug, 319);
NVME_ASSERT_OFFSET(nvme_id_ctrl, kas, 320);
NVME_ASSERT_OFFSET(nvme_id_ctrl, hctma, 322);
NVME_ASSERT_OFFSET(nvme_id_ctrl, mntmt, 324);
NVME_ASSERT_OFFSET(nvme_id_ctrl, mxtmt, 326);
NVME_ASSERT_OFFSET(nvme_id_ctrl, sanicap, 328);
NVME_ASSERT_OFFSET(nvme_id_ctrl, hmminds, 332);
NVME_ASSERT_OFFSET(nvme_id_ctrl, hmmaxd, 336);
NVME_ASSERT_OFFSET(nvme_id_ctrl, nsetidmax, 338);
NVME_ASSERT_OFFSET(nvme_id_ctrl, endgidmax, 340);
NVME_ASSERT_OFFSET(nvme_id_ctrl, anatt, 342);
NVME_ASSERT_OFFSET(nvme_id_ctrl, anacap, 343);
NVME_ASSERT_OFFSET(nvme_id_ctrl, anagrpmax, 344);
NVME_ASSERT_OFFSET(nvme_id_ctrl, nanagrpid, 348);
NVME_ASSERT_OFFSET(nvme_id_ctrl, pels, 352);
NVME_ASSERT_OFFSET(nvme_id_ctrl, domainid, 356);
NVME_ASSERT_OFFSET(nvme_id_ctrl, megcap, 368);
NVME_ASSERT_OFFSET(nvme_id_ctrl, sqes, 512);
NVME_ASSERT_OFFSET(nvme_id_ctrl, cqes, 513);
NVME_ASSERT_OFFSET(nvme_id_ctrl, maxcmd, 514);
NVME_ASSERT_OFFSET(nvme_id_ctrl, nn, 516);
NVME_ASSERT_OFFSET(nvme_id_ctrl, oncs, 520);
NVME_ASSERT_OFFSET(nvme_id_ctrl, fuses, 522);
NVME_ASSERT_OFFSET(nvme_id_ctrl, fna, 524);
NVME_ASSERT_OFFSET(nvme_id_ctrl, vwc, 525);
NVME_ASSERT_OFFSET(nvme_id_ctrl, awun, 526);
NVME_ASSERT_OFFSET(nvme_id_ctrl, awupf, 528);
NVME_ASSERT_OFFSET(nvme_id_ctrl, icsvscc, 530);
NVME_ASSERT_OFFSET(nvme_id_ctrl, nwpc, 531);
NVME_ASSERT_OFFSET(nvme_id_ctrl, acwu, 532);
NVME_ASSERT_OFFSET(nvme_id_ctrl, cdfs, 534);
NVME_ASSERT_OFFSET(nvme_id_ctrl, sgls, 536);
NVME_ASSERT_OFFSET(nvme_id_ctrl, mnan, 540);
NVME_ASSERT_OFFSET(nvme_id_ctrl, maxdna, 544);
NVME_ASSERT_OFFSET(nvme_id_ctrl, maxcna, 560);
NVME_ASSERT_OFFSET(nvme_id_ctrl, subnqn, 768);
NVME_ASSERT_OFFSET(nvme_id_ctrl, ioccsz, 1792);
NVME_ASSERT_OFFSET(nvme_id_ctrl, iorcsz, 1796);
NVME_ASSERT_OFFSET(nvme_id_ctrl, icdoff, 1800);
NVME_ASSERT_OFFSET(nvme_id_ctrl, fcatt, 1802);
NVME_ASSERT_OFFSET(nvme_id_ctrl, msdbd, 1803);
NVME_ASSERT_OFFSET(nvme_id_ctrl, ofcs, 1804);
NVME_ASSERT_OFFSET(nvme_id_ctrl, psd, 2048);
NVME_ASSERT_OFFSET(nvme_id_ctrl, vs, 3072);

/* Bits and values of Identify Controller's fields. NVMe Base 2.0c, 5.17.2.1, Figure 275 */
#define NVME_CMIC_MULTI_PORT  (1u << 0)
#define NVME_CMIC_MULTI_CTRLR (1u << 1)
#define NVME_CMIC_SR_IOV      (1u << 2) /* associated with a virtual function */
#define NVME_CMIC_ANA         (1u << 3)

#define NVME_OAES_NS_ATTRIBUTE     (1u << 8)
#define NVME_OAES_FIRMWARE         (1u << 9)
#define NVME_OAES_ANA              (1u << 11)
#define NVME_OAES_PREDICTABLE      (1u << 12)
#define NVME_OAES_LBA_STATUS       (1u << 13)
#define NVME_OAES_ENDURANCE_GROUP  (1u << 14)
#define NVME_OAES_NORMAL_SHUTDOWN  (1u << 15)
#define NVME_OAES_ZONE_DESCRIPTOR  (1u << 27)
#define NVME_OAES_DISCOVERY_CHANGE (1u << 31)

#define NVME_CTRATT_HOST_ID_128 (1u << 0)
#define NVME_CTRATT_NOPSPM      (1u << 1) /* non-operational power state permissive mode */
#define NVME_CTRATT_NVM_SETS    (1u << 2)
#define NVME_CTRATT_RRLVLS      (1u << 3) /* read recovery levels */
#define NVME_CTRATT_ENDGRPS     (1u << 4) /* endurance groups */
#define NVME_CTRATT_PLM         (1u << 5) /* predictable latency mode */
#define NVME_CTRATT_TBKAS       (1u << 6) /* traffic based keep alive */
#define NVME_CTRATT_NSGRAN      (1u << 7) /* namespace granularity */
#define NVME_CTRATT_SQ_ASSOC    (1u << 8) /* SQ associations */
#define NVME_CTRATT_UUID_LIST   (1u << 9)
#define NVME_CTRATT_MDS         (1u << 10) /* multi-domain subsystem */
#define NVME_CTRATT_FCM         (1u << 11) /* fixed capacity management */
#define NVME_CTRATT_VCM         (1u << 12) /* variable capacity management */
#define NVME_CTRATT_DEG         (1u << 13) /* delete endurance group */
#define NVME_CTRATT_DNVMS       (1u << 14) /* delete NVM set */
#define NVME_CTRATT_ELBAS       (1u << 15) /* extended LBA formats */
#define NVME_CTRATT_MEM         (1u << 16) /* size limits exclude metadata: NVMe Base 2.1, Figure 312 */

#define NVME_CNTRLTYPE_NOT_REPORTED 0u
#define NVME_CNTRLTYPE_IO           1u
#define NVME_CNTRLTYPE_DISCOVERY    2u
#define NVME_CNTRLTYPE_ADMIN        3u

#define NVME_OACS_SECURITY        (1u << 0)
#define NVME_OACS_FORMAT          (1u << 1)
#define NVME_OACS_FIRMWARE        (1u << 2)
#define NVME_OACS_NS_MANAGEMENT   (1u << 3)
#define NVME_OACS_SELF_TEST       (1u << 4)
#define NVME_OACS_DIRECTIVES      (1u << 5)
#define NVME_OACS_MI              (1u << 6)
#define NVME_OACS_VIRTUALIZATION  (1u << 7)
#define NVME_OACS_DOORBELL_BUFFER (1u << 8)
#define NVME_OACS_GET_LBA_STATUS  (1u << 9)
#define NVME_OACS_LOCKDOWN        (1u << 10)

#define NVME_FRMW_SLOT1_RO_SHIFT     0 /* slot 1 is read only */
#define NVME_FRMW_SLOT1_RO_MASK      0x1u
#define NVME_FRMW_NSLOTS_SHIFT       1 /* number of slots, 1 to 7 */
#define NVME_FRMW_NSLOTS_MASK        0x7u
#define NVME_FRMW_ACTIVATE_NOW_SHIFT 4 /* activation without a reset */
#define NVME_FRMW_ACTIVATE_NOW_MASK  0x1u
#define NVME_FRMW_SMUD_SHIFT         5 /* overlapping downloads are detected */
#define NVME_FRMW_SMUD_MASK          0x1u

#define NVME_LPA_SMART_PER_NS       (1u << 0)
#define NVME_LPA_COMMANDS_SUPPORTED (1u << 1)
#define NVME_LPA_EXTENDED_DATA      (1u << 2) /* 32-bit NUMD and offsets */
#define NVME_LPA_TELEMETRY          (1u << 3)
#define NVME_LPA_PERSISTENT_EVENT   (1u << 4)
#define NVME_LPA_SUPPORTED_PAGES    (1u << 5) /* log pages 00h, 12h and 13h; scopes in page 05h */
#define NVME_LPA_TELEMETRY_AREA_4   (1u << 6)

#define NVME_ENTRY_SIZE_MIN_SHIFT 0 /* of sqes and cqes */
#define NVME_ENTRY_SIZE_MIN_MASK  0xfu
#define NVME_ENTRY_SIZE_MAX_SHIFT 4
#define NVME_ENTRY_SIZE_MAX_MASK  0xfu

#define NVME_ONCS_COMPARE             (1u << 0)
#define NVME_ONCS_WRITE_UNCORRECTABLE (1u << 1)
#define NVME_ONCS_DSM                 (1u << 2)
#define NVME_ONCS_WRITE_ZEROES        (1u << 3)
#define NVME_ONCS_SAVE_SELECT         (1u << 4) /* Set Features' SV, Get Features' SEL */
#define NVME_ONCS_RESERVATIONS        (1u << 5)
#define NVME_ONCS_TIMESTAMP           (1u << 6)
#define NVME_ONCS_VERIFY              (1u << 7)
#define NVME_ONCS_COPY                (1u << 8)

#define NVME_FUSES_COMPARE_AND_WRITE (1u << 0)

#define NVME_FNA_FORMAT_ALL   (1u << 0) /* a format covers all namespaces */
#define NVME_FNA_ERASE_ALL    (1u << 1) /* a secure erase covers all namespaces */
#define NVME_FNA_CRYPTO_ERASE (1u << 2) /* supported */
#define NVME_FNA_NO_BROADCAST (1u << 3) /* FFFFFFFFh is refused */

#define NVME_VWC_PRESENT                 (1u << 0)
#define NVME_VWC_FLUSH_ALL_SHIFT         1 /* Flush with namespace FFFFFFFFh */
#define NVME_VWC_FLUSH_ALL_MASK          0x3u
#define NVME_VWC_FLUSH_ALL_NOT_INDICATED 0u
#define NVME_VWC_FLUSH_ALL_NOT_SUPPORTED 2u
#define NVME_VWC_FLUSH_ALL_SUPPORTED     3u

#define NVME_SGLS_SUPPORT_SHIFT   0
#define NVME_SGLS_SUPPORT_MASK    0x3u
#define NVME_SGLS_SUPPORT_NONE    0u
#define NVME_SGLS_SUPPORT_BYTE    1u /* no alignment */
#define NVME_SGLS_SUPPORT_DWORD   2u /* addresses and lengths are multiples of 4 */
#define NVME_SGLS_KEYED           (1u << 2)
#define NVME_SGLS_SDT_SHIFT       8 /* recommended largest number of descriptors */
#define NVME_SGLS_SDT_MASK        0xffu
#define NVME_SGLS_BIT_BUCKET      (1u << 16)
#define NVME_SGLS_MPTR_BYTE       (1u << 17) /* byte aligned contiguous metadata buffer */
#define NVME_SGLS_OVERSIZED       (1u << 18) /* may be longer than the transfer */
#define NVME_SGLS_MPTR_SGL        (1u << 19)
#define NVME_SGLS_OFFSET          (1u << 20)
#define NVME_SGLS_TRANSPORT_BLOCK (1u << 21)

#endif
