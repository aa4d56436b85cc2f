/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme/spec/feature.h
 * Features: identifiers, the fields of their dwords, and their data structures.
 *
 * NVMe Base 2.0c, 5.27.1 (one subsection for each); those of the NVM command set: NVM Command Set
 * 1.0c, 4.1.3. A field's values are in dword 11 of Set Features and in dword 0 of the completion of
 * Get Features, where nothing else is said.
 */
#ifndef UPNVME_SPEC_FEATURE_H
#define UPNVME_SPEC_FEATURE_H

#include <stdint.h>

#include "field.h"

/* Feature identifiers. NVMe Base 2.0c, 5.27.1, Figures 317 and 318 */
#define UPNVME_SPEC_FEAT_ARBITRATION                0x01u
#define UPNVME_SPEC_FEAT_POWER_MANAGEMENT           0x02u
#define UPNVME_SPEC_FEAT_LBA_RANGE_TYPE             0x03u
#define UPNVME_SPEC_FEAT_TEMPERATURE_THRESHOLD      0x04u
#define UPNVME_SPEC_FEAT_ERROR_RECOVERY             0x05u
#define UPNVME_SPEC_FEAT_VOLATILE_WRITE_CACHE       0x06u
#define UPNVME_SPEC_FEAT_NUMBER_OF_QUEUES           0x07u
#define UPNVME_SPEC_FEAT_INTERRUPT_COALESCING       0x08u
#define UPNVME_SPEC_FEAT_INTERRUPT_VECTOR_CONFIG    0x09u
#define UPNVME_SPEC_FEAT_WRITE_ATOMICITY            0x0au
#define UPNVME_SPEC_FEAT_ASYNC_EVENT_CONFIG         0x0bu
#define UPNVME_SPEC_FEAT_AUTONOMOUS_POWER_STATE     0x0cu
#define UPNVME_SPEC_FEAT_HOST_MEMORY_BUFFER         0x0du
#define UPNVME_SPEC_FEAT_TIMESTAMP                  0x0eu
#define UPNVME_SPEC_FEAT_KEEP_ALIVE_TIMER           0x0fu
#define UPNVME_SPEC_FEAT_HOST_THERMAL_MANAGEMENT    0x10u
#define UPNVME_SPEC_FEAT_NON_OPERATIONAL_POWER      0x11u
#define UPNVME_SPEC_FEAT_READ_RECOVERY_LEVEL        0x12u
#define UPNVME_SPEC_FEAT_PREDICTABLE_LATENCY_CONFIG 0x13u
#define UPNVME_SPEC_FEAT_PREDICTABLE_LATENCY_WINDOW 0x14u
#define UPNVME_SPEC_FEAT_LBA_STATUS_INFO            0x15u
#define UPNVME_SPEC_FEAT_HOST_BEHAVIOR_SUPPORT      0x16u
#define UPNVME_SPEC_FEAT_SANITIZE_CONFIG            0x17u
#define UPNVME_SPEC_FEAT_ENDURANCE_GROUP_EVENT      0x18u
#define UPNVME_SPEC_FEAT_IOCS_PROFILE               0x19u
#define UPNVME_SPEC_FEAT_SPINUP_CONTROL             0x1au
#define UPNVME_SPEC_FEAT_ENHANCED_CTRLR_METADATA    0x7du
#define UPNVME_SPEC_FEAT_CTRLR_METADATA             0x7eu
#define UPNVME_SPEC_FEAT_NS_METADATA                0x7fu
#define UPNVME_SPEC_FEAT_SOFTWARE_PROGRESS_MARKER   0x80u
#define UPNVME_SPEC_FEAT_HOST_IDENTIFIER            0x81u
#define UPNVME_SPEC_FEAT_RESERVATION_NOTIFICATION   0x82u
#define UPNVME_SPEC_FEAT_RESERVATION_PERSISTENCE    0x83u
#define UPNVME_SPEC_FEAT_NS_WRITE_PROTECTION        0x84u
#define UPNVME_SPEC_FEAT_VENDOR_FIRST               0xc0u
#define UPNVME_SPEC_FEAT_VENDOR_LAST                0xffu

/* Arbitration. NVMe Base 2.0c, 5.27.1.1 */
#define UPNVME_SPEC_ARBITRATION_AB_SHIFT    0 /* burst, power of two; 7: no limit */
#define UPNVME_SPEC_ARBITRATION_AB_MASK     0x7u
#define UPNVME_SPEC_ARBITRATION_LPW_SHIFT   8 /* weight of low priority, 0's based */
#define UPNVME_SPEC_ARBITRATION_LPW_MASK    0xffu
#define UPNVME_SPEC_ARBITRATION_MPW_SHIFT   16 /* of medium priority */
#define UPNVME_SPEC_ARBITRATION_MPW_MASK    0xffu
#define UPNVME_SPEC_ARBITRATION_HPW_SHIFT   24 /* of high priority */
#define UPNVME_SPEC_ARBITRATION_HPW_MASK    0xffu
#define UPNVME_SPEC_ARBITRATION_AB_NO_LIMIT 7u

/* Power Management. NVMe Base 2.0c, 5.27.1.2 */
#define UPNVME_SPEC_POWER_MANAGEMENT_PS_SHIFT 0 /* power state */
#define UPNVME_SPEC_POWER_MANAGEMENT_PS_MASK  0x1fu
#define UPNVME_SPEC_POWER_MANAGEMENT_WH_SHIFT 5 /* workload hint */
#define UPNVME_SPEC_POWER_MANAGEMENT_WH_MASK  0x7u

/* Temperature Threshold. NVMe Base 2.0c, 5.27.1.3 */
#define UPNVME_SPEC_KELVIN_ZERO                  273 /* 0 degrees Celsius */
#define UPNVME_SPEC_TEMPERATURE_TMPTH_SHIFT      0   /* kelvin */
#define UPNVME_SPEC_TEMPERATURE_TMPTH_MASK       0xffffu
#define UPNVME_SPEC_TEMPERATURE_TMPSEL_SHIFT     16 /* 0: composite, 1 to 8: a sensor, Fh: all */
#define UPNVME_SPEC_TEMPERATURE_TMPSEL_MASK      0xfu
#define UPNVME_SPEC_TEMPERATURE_THSEL_SHIFT      20
#define UPNVME_SPEC_TEMPERATURE_THSEL_MASK       0x3u
#define UPNVME_SPEC_TEMPERATURE_TMPSEL_COMPOSITE 0x0u
#define UPNVME_SPEC_TEMPERATURE_TMPSEL_ALL       0xfu
#define UPNVME_SPEC_TEMPERATURE_THSEL_OVER       0u
#define UPNVME_SPEC_TEMPERATURE_THSEL_UNDER      1u

/* Volatile Write Cache. NVMe Base 2.0c, 5.27.1.4 */
#define UPNVME_SPEC_VOLATILE_WRITE_CACHE_WCE_SHIFT 0 /* enabled */
#define UPNVME_SPEC_VOLATILE_WRITE_CACHE_WCE_MASK  0x1u

/* Number of Queues, all 0's based. NVMe Base 2.0c, 5.27.1.5. Set Features, dword 11 */
#define UPNVME_SPEC_NUMBER_OF_QUEUES_NSQR_SHIFT 0 /* submission queues requested */
#define UPNVME_SPEC_NUMBER_OF_QUEUES_NSQR_MASK  0xffffu
#define UPNVME_SPEC_NUMBER_OF_QUEUES_NCQR_SHIFT 16 /* completion queues requested */
#define UPNVME_SPEC_NUMBER_OF_QUEUES_NCQR_MASK  0xffffu
/* Completion dword 0 of both commands */
#define UPNVME_SPEC_NUMBER_OF_QUEUES_NSQA_SHIFT 0 /* submission queues allocated */
#define UPNVME_SPEC_NUMBER_OF_QUEUES_NSQA_MASK  0xffffu
#define UPNVME_SPEC_NUMBER_OF_QUEUES_NCQA_SHIFT 16 /* completion queues allocated */
#define UPNVME_SPEC_NUMBER_OF_QUEUES_NCQA_MASK  0xffffu

/* Interrupt Coalescing. NVMe Base 2.0c, 5.27.1.6 */
#define UPNVME_SPEC_INTERRUPT_COALESCING_THR_SHIFT  0 /* entries, 0's based */
#define UPNVME_SPEC_INTERRUPT_COALESCING_THR_MASK   0xffu
#define UPNVME_SPEC_INTERRUPT_COALESCING_TIME_SHIFT 8 /* units of 100 microseconds */
#define UPNVME_SPEC_INTERRUPT_COALESCING_TIME_MASK  0xffu

/* Interrupt Vector Configuration. NVMe Base 2.0c, 5.27.1.7 */
#define UPNVME_SPEC_INTERRUPT_VECTOR_IV_SHIFT 0
#define UPNVME_SPEC_INTERRUPT_VECTOR_IV_MASK  0xffffu
#define UPNVME_SPEC_INTERRUPT_VECTOR_CD_SHIFT 16 /* coalescing disabled */
#define UPNVME_SPEC_INTERRUPT_VECTOR_CD_MASK  0x1u

/*
 * Asynchronous Event Configuration. NVMe Base 2.0c, 5.27.1.8; bits 7:0 are
 * UPNVME_SPEC_SMART_WARNING_...
 */
#define UPNVME_SPEC_ASYNC_EVENT_SMART_SHIFT      0
#define UPNVME_SPEC_ASYNC_EVENT_SMART_MASK       0xffu
#define UPNVME_SPEC_ASYNC_EVENT_NS_ATTRIBUTE     (1u << 8)
#define UPNVME_SPEC_ASYNC_EVENT_FIRMWARE         (1u << 9)
#define UPNVME_SPEC_ASYNC_EVENT_TELEMETRY        (1u << 10)
#define UPNVME_SPEC_ASYNC_EVENT_ANA              (1u << 11)
#define UPNVME_SPEC_ASYNC_EVENT_PREDICTABLE      (1u << 12)
#define UPNVME_SPEC_ASYNC_EVENT_LBA_STATUS       (1u << 13)
#define UPNVME_SPEC_ASYNC_EVENT_ENDURANCE_GROUP  (1u << 14)
#define UPNVME_SPEC_ASYNC_EVENT_NORMAL_SHUTDOWN  (1u << 15)
#define UPNVME_SPEC_ASYNC_EVENT_ZONE_DESCRIPTOR  (1u << 27)
#define UPNVME_SPEC_ASYNC_EVENT_DISCOVERY_CHANGE (1u << 31)

/* Autonomous Power State Transition. NVMe Base 2.0c, 5.27.1.9 */
#define UPNVME_SPEC_APST_APSTE_SHIFT 0 /* enabled */
#define UPNVME_SPEC_APST_APSTE_MASK  0x1u
#define UPNVME_SPEC_APST_ENTRIES     32u /* 64-bit entries in the data, one for each power state */
#define UPNVME_SPEC_APST_ITPS_SHIFT  3   /* state to go to */
#define UPNVME_SPEC_APST_ITPS_MASK   UINT64_C(0x1f)
#define UPNVME_SPEC_APST_ITPT_SHIFT  8 /* idle time before, milliseconds */
#define UPNVME_SPEC_APST_ITPT_MASK   UINT64_C(0xffffff)

/*
 * Host Memory Buffer. NVMe Base 2.0c, 5.27.1.10. Dwords 12 to 15: size, list address (two),
 * entries
 */
#define UPNVME_SPEC_HOST_MEMORY_BUFFER_EHM (1u << 0) /* enable */
#define UPNVME_SPEC_HOST_MEMORY_BUFFER_MR  (1u << 1) /* memory returned, contents untouched */

/** Host Memory Buffer Descriptor Entry. NVMe Base 2.0c, 5.27.1.10 */
struct upnvme_spec_host_memory_desc {
	uint64_t badd;   /**< 0: buffer's address, page aligned */
	uint32_t bsize;  /**< 8: pages of CC.MPS */
	uint32_t rsvd12; /**< 12: reserved */
};

/** Timestamp, in the data. NVMe Base 2.0c, 5.27.1.11 */
struct upnvme_spec_timestamp {
	uint8_t timestamp[6]; /**< 0: milliseconds, little-endian */
	uint8_t attributes;   /**< 6: Get Features only: UPNVME_SPEC_TIMESTAMP_... */
	uint8_t rsvd7;        /**< 7: reserved */
};

#define UPNVME_SPEC_TIMESTAMP_SYNCH_SHIFT  0 /* the controller may have stopped counting meanwhile */
#define UPNVME_SPEC_TIMESTAMP_SYNCH_MASK   0x1u
#define UPNVME_SPEC_TIMESTAMP_ORIGIN_SHIFT 1
#define UPNVME_SPEC_TIMESTAMP_ORIGIN_MASK  0x7u
#define UPNVME_SPEC_TIMESTAMP_ORIGIN_RESET 0u /* counts from zero since a controller level reset */
#define UPNVME_SPEC_TIMESTAMP_ORIGIN_HOST \
	1u /* counts on from what Set Features gave: since 1970 UTC */

/* Keep Alive Timer: dword 11 is KATO, milliseconds, 0 disables. NVMe Base 2.0c, 5.27.1.12 */

/* Host Controlled Thermal Management. NVMe Base 2.0c, 5.27.1.13 */
#define UPNVME_SPEC_HOST_THERMAL_TMT2_SHIFT 0 /* kelvin */
#define UPNVME_SPEC_HOST_THERMAL_TMT2_MASK  0xffffu
#define UPNVME_SPEC_HOST_THERMAL_TMT1_SHIFT 16 /* kelvin */
#define UPNVME_SPEC_HOST_THERMAL_TMT1_MASK  0xffffu

/* Non-Operational Power State Config. NVMe Base 2.0c, 5.27.1.14 */
#define UPNVME_SPEC_NON_OPERATIONAL_POWER_NOPPME_SHIFT 0 /* permissive mode */
#define UPNVME_SPEC_NON_OPERATIONAL_POWER_NOPPME_MASK  0x1u

/* Read Recovery Level Config: dword 11 is the NVM set. NVMe Base 2.0c, 5.27.1.15. Dword 12 */
#define UPNVME_SPEC_READ_RECOVERY_RRL_SHIFT 0
#define UPNVME_SPEC_READ_RECOVERY_RRL_MASK  0xfu

/** Host Behavior Support, in the data. NVMe Base 2.0c, 5.27.1.18 */
struct upnvme_spec_host_behavior {
	uint8_t acre;       /**< 0: 1: Command Interrupted and CRD may be used */
	uint8_t etdas;      /**< 1: 1: telemetry data area 4 */
	uint8_t lbafee;     /**< 2: 1: more than 16 LBA formats */
	uint8_t rsvd3[509]; /**< 3: reserved */
};

/* Sanitize Config. NVMe Base 2.0c, 5.27.1.19 */
#define UPNVME_SPEC_SANITIZE_CONFIG_NODRM_SHIFT 0 /* no-deallocate response mode */
#define UPNVME_SPEC_SANITIZE_CONFIG_NODRM_MASK  0x1u

/* I/O Command Set Profile. NVMe Base 2.0c, 5.27.1.21 */
#define UPNVME_SPEC_IOCS_PROFILE_IOCSCI_SHIFT 0 /* index into Identify CNS 1Ch's list */
#define UPNVME_SPEC_IOCS_PROFILE_IOCSCI_MASK  0x1ffu

/* Software Progress Marker. NVMe Base 2.0c, 5.27.1 (FID 80h) */
#define UPNVME_SPEC_SOFTWARE_PROGRESS_PBSLC_SHIFT 0 /* pre-boot software load count */
#define UPNVME_SPEC_SOFTWARE_PROGRESS_PBSLC_MASK  0xffu

/* Host Identifier: 8 or 16 bytes of data. NVMe Base 2.0c, 5.27.1 (FID 81h) */
#define UPNVME_SPEC_HOST_IDENTIFIER_EXHID_SHIFT 0 /* 16 bytes */
#define UPNVME_SPEC_HOST_IDENTIFIER_EXHID_MASK  0x1u

/* Reservation Notification Mask. NVMe Base 2.0c, 5.27.1 (FID 82h) */
#define UPNVME_SPEC_RESERVATION_MASK_REGPRE (1u << 1) /* registration preempted */
#define UPNVME_SPEC_RESERVATION_MASK_RESREL (1u << 2) /* reservation released */
#define UPNVME_SPEC_RESERVATION_MASK_RESPRE (1u << 3) /* reservation preempted */

/* Reservation Persistence. NVMe Base 2.0c, 5.27.1 (FID 83h) */
#define UPNVME_SPEC_RESERVATION_PERSISTENCE_PTPL (1u << 0)

/* Namespace Write Protection Config. NVMe Base 2.0c, 5.27.1 (FID 84h) */
#define UPNVME_SPEC_NS_WRITE_PROTECTION_WPS_SHIFT 0
#define UPNVME_SPEC_NS_WRITE_PROTECTION_WPS_MASK  0x7u
#define UPNVME_SPEC_NS_WRITE_PROTECTION_NONE      0u
#define UPNVME_SPEC_NS_WRITE_PROTECTION_ON        1u
#define UPNVME_SPEC_NS_WRITE_PROTECTION_POWER     2u /* until the next power cycle */
#define UPNVME_SPEC_NS_WRITE_PROTECTION_PERMANENT 3u

/* Error Recovery. NVM Command Set 1.0c, 4.1.3, Figure 84 */
#define UPNVME_SPEC_ERROR_RECOVERY_TLER_SHIFT  0 /* time limited, units of 100 ms, 0: no limit */
#define UPNVME_SPEC_ERROR_RECOVERY_TLER_MASK   0xffffu
#define UPNVME_SPEC_ERROR_RECOVERY_DULBE_SHIFT 16 /* reads of deallocated blocks fail */
#define UPNVME_SPEC_ERROR_RECOVERY_DULBE_MASK  0x1u

/*
 * LBA Range Type: dword 11 has the number of ranges (0's based). NVM Command Set 1.0c, 4.1.3 (FID
 * 03h)
 */
#define UPNVME_SPEC_LBA_RANGE_TYPE_NUM_SHIFT 0
#define UPNVME_SPEC_LBA_RANGE_TYPE_NUM_MASK  0x3fu

/** LBA Range Type, an entry of the data. NVM Command Set 1.0c, 4.1.3 (FID 03h) */
struct upnvme_spec_lba_range_type {
	uint8_t type;       /**< 0: use of the range: file system, RAID, cache, swap, ... */
	uint8_t attributes; /**< 1: bit 0: may be overwritten, bit 1: hidden from the system */
	uint8_t rsvd2[14];  /**< 2: reserved */
	uint64_t slba;      /**< 16: Starting LBA */
	uint64_t nlb;       /**< 24: Number of Logical Blocks, 0's based */
	uint8_t guid[16];   /**< 32: unique identifier */
	uint8_t rsvd48[16]; /**< 48: reserved */
};

/* Write Atomicity Normal. NVM Command Set 1.0c, 4.1.3, Figure 87 */
#define UPNVME_SPEC_WRITE_ATOMICITY_DN_SHIFT 0 /* disable normal: only the power fail limits hold */
#define UPNVME_SPEC_WRITE_ATOMICITY_DN_MASK  0x1u

/* LBA Status Information Attributes. NVM Command Set 1.0c, 4.1.3, Figure 85 */
#define UPNVME_SPEC_LBA_STATUS_INFO_LSIRI_SHIFT 0 /* report interval, units of 100 ms */
#define UPNVME_SPEC_LBA_STATUS_INFO_LSIRI_MASK  0xffffu
#define UPNVME_SPEC_LBA_STATUS_INFO_LSIPI_SHIFT 16 /* poll interval, units of 100 ms */
#define UPNVME_SPEC_LBA_STATUS_INFO_LSIPI_MASK  0xffffu

#endif
