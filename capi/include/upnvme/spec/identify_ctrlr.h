/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme/spec/identify_ctrlr.h
 * Identify Controller, CNS 01h (NVMe Base 2.0c, 5.17.2.1): the structure, and the bits of its
 * fields.
 */
#ifndef UPNVME_SPEC_IDENTIFY_CTRLR_H
#define UPNVME_SPEC_IDENTIFY_CTRLR_H

#include <stdint.h>

#include "field.h"
#include "uint128.h"

/** Power State Descriptor. NVMe Base 2.0c, 5.17.2.1, Figure 276 */
struct upnvme_spec_id_psd {
	uint16_t mp;       /**< 0: Maximum Power, in the unit that MXPS tells */
	uint8_t rsvd2;     /**< 2: reserved */
	uint8_t flags;     /**< 3: UPNVME_SPEC_PSD_FLAGS_... */
	uint32_t enlat;    /**< 4: Entry Latency, microseconds */
	uint32_t exlat;    /**< 8: Exit Latency, microseconds */
	uint8_t rrt;       /**< 12: Relative Read Throughput: 0 is the best */
	uint8_t rrl;       /**< 13: Relative Read Latency: 0 is the best */
	uint8_t rwt;       /**< 14: Relative Write Throughput: 0 is the best */
	uint8_t rwl;       /**< 15: Relative Write Latency: 0 is the best */
	uint16_t idlp;     /**< 16: Idle Power, in the scale of `ips` */
	uint8_t ips;       /**< 18: Idle Power Scale: UPNVME_SPEC_PSD_IPS_... */
	uint8_t rsvd19;    /**< 19: reserved */
	uint16_t actp;     /**< 20: Active Power, in the scale of `apws` */
	uint8_t apws;      /**< 22: workload and scale of `actp`: UPNVME_SPEC_PSD_AP[WS]_... */
	uint8_t rsvd23[9]; /**< 23: reserved */
};

#define UPNVME_SPEC_PSD_FLAGS_MXPS (1u << 0) /* mp is in 0.0001 W, else in 0.01 W */
#define UPNVME_SPEC_PSD_FLAGS_NOPS (1u << 1) /* non-operational */

/* Fields of ips and apws, and the values of both scales */
#define UPNVME_SPEC_PSD_IPS_SHIFT          6 /* Idle Power Scale */
#define UPNVME_SPEC_PSD_IPS_MASK           0x3u
#define UPNVME_SPEC_PSD_APW_SHIFT          0 /* Active Power Workload, 1 or 2; 0: not told */
#define UPNVME_SPEC_PSD_APW_MASK           0x7u
#define UPNVME_SPEC_PSD_APS_SHIFT          6 /* Active Power Scale */
#define UPNVME_SPEC_PSD_APS_MASK           0x3u
#define UPNVME_SPEC_PSD_SCALE_NOT_REPORTED 0u
#define UPNVME_SPEC_PSD_SCALE_100_UW       1u /* units of 0.0001 W */
#define UPNVME_SPEC_PSD_SCALE_10_MW        2u /* units of 0.01 W */

#define UPNVME_SPEC_MTFA_UNIT_MS 100u

/** Identify Controller, CNS 01h. NVMe Base 2.0c, 5.17.2.1, Figure 275 */
struct upnvme_spec_id_ctrl {
	/* controller capabilities and features */
	uint16_t vid;   /**< 0: PCI Vendor ID */
	uint16_t ssvid; /**< 2: PCI Subsystem Vendor ID */
	/** 4: Serial Number: ASCII, padded with spaces, no NUL; so are `mn` and `fr` */
	char sn[20];
	char mn[40];     /**< 24: Model Number */
	char fr[8];      /**< 64: Firmware Revision */
	uint8_t rab;     /**< 72: Recommended Arbitration Burst, power of two */
	uint8_t ieee[3]; /**< 73: IEEE OUI Identifier, little-endian */
	/** 76: Multi-Path I/O and Namespace Sharing: UPNVME_SPEC_CMIC_... */
	uint8_t cmic;
	/** 77: Maximum Data Transfer Size: power of two of CAP.MPSMIN pages, 0: no limit */
	uint8_t mdts;
	uint16_t cntlid; /**< 78: Controller ID */
	/** 80: Version, as the register VS: UPNVME_SPEC_VS_MJR() and its like */
	uint32_t ver;
	uint32_t rtd3r; /**< 84: RTD3 Resume Latency, microseconds */
	uint32_t rtd3e; /**< 88: RTD3 Entry Latency, microseconds */
	/** 92: Optional Asynchronous Events Supported: UPNVME_SPEC_OAES_... */
	uint32_t oaes;
	/** 96: Controller Attributes: UPNVME_SPEC_CTRATT_... */
	uint32_t ctratt;
	/** 100: Read Recovery Levels Supported, a bit for each */
	uint16_t rrls;
	uint8_t rsvd102[9];   /**< 102: reserved */
	uint8_t cntrltype;    /**< 111: Controller Type: UPNVME_SPEC_CNTRLTYPE_... */
	uint8_t fguid[16];    /**< 112: FRU Globally Unique Identifier */
	uint16_t crdt1;       /**< 128: Command Retry Delay Time 1, units of 100 ms */
	uint16_t crdt2;       /**< 130: Command Retry Delay Time 2, units of 100 ms */
	uint16_t crdt3;       /**< 132: Command Retry Delay Time 3, units of 100 ms */
	uint8_t rsvd134[106]; /**< 134: reserved */
	uint8_t rsvd240[13];  /**< 240: reserved for the Management Interface */
	uint8_t nvmsr;        /**< 253: NVM Subsystem Report */
	uint8_t vwci;         /**< 254: VPD Write Cycle Information */
	uint8_t mec;          /**< 255: Management Endpoint Capabilities */

	/* admin command set attributes */
	/** 256: Optional Admin Command Support: UPNVME_SPEC_OACS_... */
	uint16_t oacs;
	uint8_t acl;   /**< 258: Abort Command Limit, 0's based */
	uint8_t aerl;  /**< 259: Asynchronous Event Request Limit, 0's based */
	uint8_t frmw;  /**< 260: Firmware Updates: UPNVME_SPEC_FRMW_... */
	uint8_t lpa;   /**< 261: Log Page Attributes: UPNVME_SPEC_LPA_... */
	uint8_t elpe;  /**< 262: Error Log Page Entries, 0's based */
	uint8_t npss;  /**< 263: Number of Power States Support, 0's based */
	uint8_t avscc; /**< 264: Admin Vendor Specific Command Configuration */
	/** 265: Autonomous Power State Transition Attributes */
	uint8_t apsta;
	/** 266: Warning Composite Temperature Threshold, kelvin */
	uint16_t wctemp;
	/** 268: Critical Composite Temperature Threshold, kelvin */
	uint16_t cctemp;
	/** 270: Maximum Time for Firmware Activation, units of UPNVME_SPEC_MTFA_UNIT_MS */
	uint16_t mtfa;
	/** 272: Host Memory Buffer Preferred Size, units of 4 KiB */
	uint32_t hmpre;
	/** 276: Host Memory Buffer Minimum Size, units of 4 KiB */
	uint32_t hmmin;
	struct upnvme_spec_uint128 tnvmcap; /**< 280: Total NVM Capacity, bytes */
	struct upnvme_spec_uint128 unvmcap; /**< 296: Unallocated NVM Capacity, bytes */
	uint32_t rpmbs;                     /**< 312: Replay Protected Memory Block Support */
	uint16_t edstt;                     /**< 316: Extended Device Self-test Time, minutes */
	uint8_t dsto;                       /**< 318: Device Self-test Options */
	/** 319: Firmware Update Granularity, units of 4 KiB; 0: not told, FFh: any */
	uint8_t fwug;
	/** 320: Keep Alive Support: units of 100 ms, 0: Keep Alive not supported */
	uint16_t kas;
	/** 322: Host Controlled Thermal Management Attributes */
	uint16_t hctma;
	/** 324: Minimum Thermal Management Temperature, kelvin */
	uint16_t mntmt;
	/** 326: Maximum Thermal Management Temperature, kelvin */
	uint16_t mxtmt;
	uint32_t sanicap; /**< 328: Sanitize Capabilities */
	/** 332: Host Memory Buffer Minimum Descriptor Entry Size, units of 4 KiB */
	uint32_t hmminds;
	uint16_t hmmaxd;                   /**< 336: Host Memory Maximum Descriptors Entries */
	uint16_t nsetidmax;                /**< 338: NVM Set Identifier Maximum */
	uint16_t endgidmax;                /**< 340: Endurance Group Identifier Maximum */
	uint8_t anatt;                     /**< 342: ANA Transition Time, seconds */
	uint8_t anacap;                    /**< 343: Asymmetric Namespace Access Capabilities */
	uint32_t anagrpmax;                /**< 344: ANA Group Identifier Maximum */
	uint32_t nanagrpid;                /**< 348: Number of ANA Group Identifiers */
	uint32_t pels;                     /**< 352: Persistent Event Log Size, units of 64 KiB */
	uint16_t domainid;                 /**< 356: Domain Identifier */
	uint8_t rsvd358[10];               /**< 358: reserved */
	struct upnvme_spec_uint128 megcap; /**< 368: Max Endurance Group Capacity, bytes */
	uint8_t rsvd384[128];              /**< 384: reserved */

	/* I/O command set attributes */
	/** 512: Submission Queue Entry Size: UPNVME_SPEC_ENTRY_SIZE_..., powers of two */
	uint8_t sqes;
	/** 513: Completion Queue Entry Size: UPNVME_SPEC_ENTRY_SIZE_..., powers of two */
	uint8_t cqes;
	uint16_t maxcmd; /**< 514: Maximum Outstanding Commands of a queue */
	/** 516: Number of Namespaces: the largest identifier */
	uint32_t nn;
	/** 520: Optional NVM Command Support: UPNVME_SPEC_ONCS_... */
	uint16_t oncs;
	/** 522: Fused Operation Support: UPNVME_SPEC_FUSES_... */
	uint16_t fuses;
	uint8_t fna;   /**< 524: Format NVM Attributes: UPNVME_SPEC_FNA_... */
	uint8_t vwc;   /**< 525: Volatile Write Cache: UPNVME_SPEC_VWC_... */
	uint16_t awun; /**< 526: Atomic Write Unit Normal, blocks, 0's based */
	/** 528: Atomic Write Unit Power Fail, blocks, 0's based */
	uint16_t awupf;
	/** 530: I/O Command Set Vendor Specific Command Configuration */
	uint8_t icsvscc;
	uint8_t nwpc; /**< 531: Namespace Write Protection Capabilities */
	/** 532: Atomic Compare and Write Unit, blocks, 0's based */
	uint16_t acwu;
	/** 534: Optional Copy Formats Supported, a bit for each */
	uint16_t ocfs;
	uint32_t sgls; /**< 536: SGL Support: UPNVME_SPEC_SGLS_... */
	/** 540: Maximum Number of Allowed Namespaces, 0: `nn` */
	uint32_t mnan;
	struct upnvme_spec_uint128 maxdna; /**< 544: Maximum Domain Namespace Attachments */
	/** 560: Maximum I/O Controller Namespace Attachments */
	uint32_t maxcna;
	uint8_t rsvd564[204]; /**< 564: reserved */
	/** 768: NVM Subsystem NVMe Qualified Name: UTF-8, ends with NUL */
	char subnqn[256];
	uint8_t rsvd1024[768]; /**< 1024: reserved */

	/* Fabrics */
	/** 1792: I/O Queue Command Capsule Supported Size, units of 16 bytes */
	uint32_t ioccsz;
	/** 1796: I/O Queue Response Capsule Supported Size, units of 16 bytes */
	uint32_t iorcsz;
	uint16_t icdoff; /**< 1800: In Capsule Data Offset, units of 16 bytes */
	uint8_t fcatt;   /**< 1802: Fabrics Controller Attributes */
	/** 1803: Maximum SGL Data Block Descriptors, 0: no limit */
	uint8_t msdbd;
	uint16_t ofcs;         /**< 1804: Optional Fabrics Commands Support */
	uint8_t rsvd1806[242]; /**< 1806: reserved */

	/** 2048: Power State Descriptors, `npss` + 1 of them */
	struct upnvme_spec_id_psd psd[32];
	uint8_t vs[1024]; /**< 3072: vendor specific */
};

/* Bits and values of Identify Controller's fields. NVMe Base 2.0c, 5.17.2.1, Figure 275 */
#define UPNVME_SPEC_CMIC_MULTI_PORT  (1u << 0)
#define UPNVME_SPEC_CMIC_MULTI_CTRLR (1u << 1)
#define UPNVME_SPEC_CMIC_SR_IOV      (1u << 2) /* associated with a virtual function */
#define UPNVME_SPEC_CMIC_ANA         (1u << 3)

#define UPNVME_SPEC_OAES_NS_ATTRIBUTE     (1u << 8)
#define UPNVME_SPEC_OAES_FIRMWARE         (1u << 9)
#define UPNVME_SPEC_OAES_ANA              (1u << 11)
#define UPNVME_SPEC_OAES_PREDICTABLE      (1u << 12)
#define UPNVME_SPEC_OAES_LBA_STATUS       (1u << 13)
#define UPNVME_SPEC_OAES_ENDURANCE_GROUP  (1u << 14)
#define UPNVME_SPEC_OAES_NORMAL_SHUTDOWN  (1u << 15)
#define UPNVME_SPEC_OAES_ZONE_DESCRIPTOR  (1u << 27)
#define UPNVME_SPEC_OAES_DISCOVERY_CHANGE (1u << 31)

#define UPNVME_SPEC_CTRATT_HOST_ID_128 (1u << 0)
#define UPNVME_SPEC_CTRATT_NOPSPM      (1u << 1) /* non-operational power state permissive mode */
#define UPNVME_SPEC_CTRATT_NVM_SETS    (1u << 2)
#define UPNVME_SPEC_CTRATT_RRLVLS      (1u << 3) /* read recovery levels */
#define UPNVME_SPEC_CTRATT_ENDGRPS     (1u << 4) /* endurance groups */
#define UPNVME_SPEC_CTRATT_PLM         (1u << 5) /* predictable latency mode */
#define UPNVME_SPEC_CTRATT_TBKAS       (1u << 6) /* traffic based keep alive */
#define UPNVME_SPEC_CTRATT_NSGRAN      (1u << 7) /* namespace granularity */
#define UPNVME_SPEC_CTRATT_SQ_ASSOC    (1u << 8) /* SQ associations */
#define UPNVME_SPEC_CTRATT_UUID_LIST   (1u << 9)
#define UPNVME_SPEC_CTRATT_MDS         (1u << 10) /* multi-domain subsystem */
#define UPNVME_SPEC_CTRATT_FCM         (1u << 11) /* fixed capacity management */
#define UPNVME_SPEC_CTRATT_VCM         (1u << 12) /* variable capacity management */
#define UPNVME_SPEC_CTRATT_DEG         (1u << 13) /* delete endurance group */
#define UPNVME_SPEC_CTRATT_DNVMS       (1u << 14) /* delete NVM set */
#define UPNVME_SPEC_CTRATT_ELBAS       (1u << 15) /* extended LBA formats */
#define UPNVME_SPEC_CTRATT_MEM \
	(1u << 16) /* size limits exclude metadata: NVMe Base 2.1, Figure 312 */

#define UPNVME_SPEC_CNTRLTYPE_NOT_REPORTED 0u
#define UPNVME_SPEC_CNTRLTYPE_IO           1u
#define UPNVME_SPEC_CNTRLTYPE_DISCOVERY    2u
#define UPNVME_SPEC_CNTRLTYPE_ADMIN        3u

#define UPNVME_SPEC_OACS_SECURITY        (1u << 0)
#define UPNVME_SPEC_OACS_FORMAT          (1u << 1)
#define UPNVME_SPEC_OACS_FIRMWARE        (1u << 2)
#define UPNVME_SPEC_OACS_NS_MANAGEMENT   (1u << 3)
#define UPNVME_SPEC_OACS_SELF_TEST       (1u << 4)
#define UPNVME_SPEC_OACS_DIRECTIVES      (1u << 5)
#define UPNVME_SPEC_OACS_MI              (1u << 6)
#define UPNVME_SPEC_OACS_VIRTUALIZATION  (1u << 7)
#define UPNVME_SPEC_OACS_DOORBELL_BUFFER (1u << 8)
#define UPNVME_SPEC_OACS_GET_LBA_STATUS  (1u << 9)
#define UPNVME_SPEC_OACS_LOCKDOWN        (1u << 10)

#define UPNVME_SPEC_FRMW_SLOT1_RO_SHIFT     0 /* slot 1 is read only */
#define UPNVME_SPEC_FRMW_SLOT1_RO_MASK      0x1u
#define UPNVME_SPEC_FRMW_NSLOTS_SHIFT       1 /* number of slots, 1 to 7 */
#define UPNVME_SPEC_FRMW_NSLOTS_MASK        0x7u
#define UPNVME_SPEC_FRMW_ACTIVATE_NOW_SHIFT 4 /* activation without a reset */
#define UPNVME_SPEC_FRMW_ACTIVATE_NOW_MASK  0x1u
#define UPNVME_SPEC_FRMW_SMUD_SHIFT         5 /* overlapping downloads are detected */
#define UPNVME_SPEC_FRMW_SMUD_MASK          0x1u

#define UPNVME_SPEC_LPA_SMART_PER_NS       (1u << 0)
#define UPNVME_SPEC_LPA_COMMANDS_SUPPORTED (1u << 1)
#define UPNVME_SPEC_LPA_EXTENDED_DATA      (1u << 2) /* 32-bit NUMD and offsets */
#define UPNVME_SPEC_LPA_TELEMETRY          (1u << 3)
#define UPNVME_SPEC_LPA_PERSISTENT_EVENT   (1u << 4)
#define UPNVME_SPEC_LPA_SUPPORTED_PAGES \
	(1u << 5) /* log pages 00h, 12h and 13h; scopes in page 05h */
#define UPNVME_SPEC_LPA_TELEMETRY_AREA_4 (1u << 6)

#define UPNVME_SPEC_ENTRY_SIZE_MIN_SHIFT 0 /* of sqes and cqes */
#define UPNVME_SPEC_ENTRY_SIZE_MIN_MASK  0xfu
#define UPNVME_SPEC_ENTRY_SIZE_MAX_SHIFT 4
#define UPNVME_SPEC_ENTRY_SIZE_MAX_MASK  0xfu

#define UPNVME_SPEC_ONCS_COMPARE             (1u << 0)
#define UPNVME_SPEC_ONCS_WRITE_UNCORRECTABLE (1u << 1)
#define UPNVME_SPEC_ONCS_DSM                 (1u << 2)
#define UPNVME_SPEC_ONCS_WRITE_ZEROES        (1u << 3)
#define UPNVME_SPEC_ONCS_SAVE_SELECT         (1u << 4) /* Set Features' SV, Get Features' SEL */
#define UPNVME_SPEC_ONCS_RESERVATIONS        (1u << 5)
#define UPNVME_SPEC_ONCS_TIMESTAMP           (1u << 6)
#define UPNVME_SPEC_ONCS_VERIFY              (1u << 7)
#define UPNVME_SPEC_ONCS_COPY                (1u << 8)

#define UPNVME_SPEC_FUSES_COMPARE_AND_WRITE (1u << 0)

#define UPNVME_SPEC_FNA_FORMAT_ALL   (1u << 0) /* a format covers all namespaces */
#define UPNVME_SPEC_FNA_ERASE_ALL    (1u << 1) /* a secure erase covers all namespaces */
#define UPNVME_SPEC_FNA_CRYPTO_ERASE (1u << 2) /* supported */
#define UPNVME_SPEC_FNA_NO_BROADCAST (1u << 3) /* FFFFFFFFh is refused */

#define UPNVME_SPEC_VWC_PRESENT                 (1u << 0)
#define UPNVME_SPEC_VWC_FLUSH_ALL_SHIFT         1 /* Flush with namespace FFFFFFFFh */
#define UPNVME_SPEC_VWC_FLUSH_ALL_MASK          0x3u
#define UPNVME_SPEC_VWC_FLUSH_ALL_NOT_INDICATED 0u
#define UPNVME_SPEC_VWC_FLUSH_ALL_NOT_SUPPORTED 2u
#define UPNVME_SPEC_VWC_FLUSH_ALL_SUPPORTED     3u

#define UPNVME_SPEC_SGLS_SUPPORT_SHIFT   0
#define UPNVME_SPEC_SGLS_SUPPORT_MASK    0x3u
#define UPNVME_SPEC_SGLS_SUPPORT_NONE    0u
#define UPNVME_SPEC_SGLS_SUPPORT_BYTE    1u /* no alignment */
#define UPNVME_SPEC_SGLS_SUPPORT_DWORD   2u /* addresses and lengths are multiples of 4 */
#define UPNVME_SPEC_SGLS_KEYED           (1u << 2)
#define UPNVME_SPEC_SGLS_SDT_SHIFT       8 /* recommended largest number of descriptors */
#define UPNVME_SPEC_SGLS_SDT_MASK        0xffu
#define UPNVME_SPEC_SGLS_BIT_BUCKET      (1u << 16)
#define UPNVME_SPEC_SGLS_MPTR_BYTE       (1u << 17) /* byte aligned contiguous metadata buffer */
#define UPNVME_SPEC_SGLS_OVERSIZED       (1u << 18) /* may be longer than the transfer */
#define UPNVME_SPEC_SGLS_MPTR_SGL        (1u << 19)
#define UPNVME_SPEC_SGLS_OFFSET          (1u << 20)
#define UPNVME_SPEC_SGLS_TRANSPORT_BLOCK (1u << 21)

#endif
