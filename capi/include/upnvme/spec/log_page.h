/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme/spec/log_page.h
 * Log pages: identifiers and data structures.
 *
 * NVMe Base 2.0c, 5.16.1 (one subsection for each).
 */
#ifndef UPNVME_SPEC_LOG_PAGE_H
#define UPNVME_SPEC_LOG_PAGE_H

#include <stdint.h>

#include "field.h"
#include "uint128.h"

/*
 * Log page identifiers, each with the record of its page; those without one are bytes. NVMe Base
 * 2.0c, 5.16.1, Figure 202
 */
#define UPNVME_SPEC_LOG_SUPPORTED_PAGES             0x00u /* struct upnvme_spec_supported_log_pages */
#define UPNVME_SPEC_LOG_ERROR                       0x01u /* struct upnvme_spec_error_log_entry, one after the other */
#define UPNVME_SPEC_LOG_SMART                       0x02u /* struct upnvme_spec_smart_log */
#define UPNVME_SPEC_LOG_FIRMWARE_SLOT               0x03u /* struct upnvme_spec_firmware_slot_log */
#define UPNVME_SPEC_LOG_CHANGED_NS_LIST             0x04u /* struct upnvme_spec_changed_ns_log */
#define UPNVME_SPEC_LOG_COMMANDS_SUPPORTED          0x05u /* struct upnvme_spec_commands_supported_log */
#define UPNVME_SPEC_LOG_SELF_TEST                   0x06u
#define UPNVME_SPEC_LOG_TELEMETRY_HOST              0x07u
#define UPNVME_SPEC_LOG_TELEMETRY_CTRLR             0x08u
#define UPNVME_SPEC_LOG_ENDURANCE_GROUP             0x09u
#define UPNVME_SPEC_LOG_PREDICTABLE_LATENCY_NVM_SET 0x0au
#define UPNVME_SPEC_LOG_PREDICTABLE_LATENCY_EVENT   0x0bu
#define UPNVME_SPEC_LOG_ANA                         0x0cu
#define UPNVME_SPEC_LOG_PERSISTENT_EVENT            0x0du
#define UPNVME_SPEC_LOG_LBA_STATUS                  0x0eu /* NVM Command Set 1.0c, 4.1.4 */
#define UPNVME_SPEC_LOG_ENDURANCE_GROUP_EVENT       0x0fu
#define UPNVME_SPEC_LOG_MEDIA_UNIT_STATUS           0x10u
#define UPNVME_SPEC_LOG_CAPACITY_CONFIG             0x11u
#define UPNVME_SPEC_LOG_FEATURES_SUPPORTED          0x12u /* struct upnvme_spec_features_supported_log */
#define UPNVME_SPEC_LOG_MI_COMMANDS_SUPPORTED       0x13u
#define UPNVME_SPEC_LOG_LOCKDOWN                    0x14u
#define UPNVME_SPEC_LOG_BOOT_PARTITION              0x15u
#define UPNVME_SPEC_LOG_ROTATIONAL_MEDIA            0x16u
#define UPNVME_SPEC_LOG_DISCOVERY                   0x70u
#define UPNVME_SPEC_LOG_RESERVATION_NOTIFICATION    0x80u
#define UPNVME_SPEC_LOG_SANITIZE_STATUS             0x81u /* struct upnvme_spec_sanitize_log */
#define UPNVME_SPEC_LOG_CHANGED_ZONE_LIST           0xbfu /* Zoned Namespace Command Set 1.1c */
#define UPNVME_SPEC_LOG_VENDOR_FIRST                0xc0u
#define UPNVME_SPEC_LOG_VENDOR_LAST                 0xffu

/** Supported Log Pages: one dword for each identifier. NVMe Base 2.0c, 5.16.1.1 */
struct upnvme_spec_supported_log_pages {
	/** 0: a dword for each log page identifier: UPNVME_SPEC_SUPPORTED_LOG_... */
	uint32_t lid[256];
};

#define UPNVME_SPEC_SUPPORTED_LOG_LSUPP       (1u << 0) /* supported */
#define UPNVME_SPEC_SUPPORTED_LOG_IOS         (1u << 1) /* offset may be an index */
#define UPNVME_SPEC_SUPPORTED_LOG_LIDSP_SHIFT 16        /* specific to the page */
#define UPNVME_SPEC_SUPPORTED_LOG_LIDSP_MASK  0xffffu

/** Error Information, newest first, error_count 0: not used. NVMe Base 2.0c, 5.16.1.2 */
struct upnvme_spec_error_log_entry {
	uint64_t error_count;        /**< 0: number of this error, 0: entry not used */
	uint16_t sqid;               /**< 8: Submission Queue ID, or UPNVME_SPEC_ERROR_SQID_NONE */
	uint16_t cid;                /**< 10: Command ID, or UPNVME_SPEC_ERROR_SQID_NONE */
	uint16_t status;             /**< 12: as in the completion: bit 0 is the phase tag */
	uint16_t parameter_location; /**< 14: UPNVME_SPEC_ERROR_LOCATION_... */
	uint64_t lba;                /**< 16: first block that failed */
	uint32_t nsid;               /**< 24: namespace */
	uint8_t vendor_log_page;     /**< 28: log page with more, 0: none */
	uint8_t trtype;              /**< 29: Transport Type */
	uint8_t rsvd30[2];           /**< 30: reserved */
	uint64_t command_specific;   /**< 32: command specific */
	uint16_t transport_specific; /**< 40: transport specific */
	uint8_t rsvd42[22];          /**< 42: reserved */
};

#define UPNVME_SPEC_ERROR_LOCATION_BYTE_SHIFT 0 /* byte in the submission entry */
#define UPNVME_SPEC_ERROR_LOCATION_BYTE_MASK  0xffu
#define UPNVME_SPEC_ERROR_LOCATION_BIT_SHIFT  8
#define UPNVME_SPEC_ERROR_LOCATION_BIT_MASK   0x7u
#define UPNVME_SPEC_ERROR_LOCATION_NONE       0xffffu /* no particular parameter */
#define UPNVME_SPEC_ERROR_SQID_NONE           0xffffu /* no particular command: sqid and cid */

/** SMART / Health Information. NVMe Base 2.0c, 5.16.1.3 */
struct upnvme_spec_smart_log {
	uint8_t critical_warning;          /**< 0: UPNVME_SPEC_SMART_WARNING_... */
	uint8_t composite_temperature[2];  /**< 1: kelvin, little-endian */
	uint8_t available_spare;           /**< 3: percent */
	uint8_t available_spare_threshold; /**< 4: percent */
	/** 5: percent of the expected life, 255: 255 or more */
	uint8_t percentage_used;
	/** 6: critical warnings of the endurance groups */
	uint8_t endurance_group_warning;
	uint8_t rsvd7[25]; /**< 7: reserved */
	/** 32: 1000 units of 512 bytes, rounded up */
	struct upnvme_spec_uint128 data_units_read;
	/** 48: 1000 units of 512 bytes, rounded up */
	struct upnvme_spec_uint128 data_units_written;
	struct upnvme_spec_uint128 host_read_commands;   /**< 64: Compare and Read commands */
	struct upnvme_spec_uint128 host_write_commands;  /**< 80: Write commands */
	struct upnvme_spec_uint128 controller_busy_time; /**< 96: minutes */
	struct upnvme_spec_uint128 power_cycles;         /**< 112: power cycles */
	struct upnvme_spec_uint128 power_on_hours;       /**< 128: hours */
	/** 144: losses of power without a shutdown notification */
	struct upnvme_spec_uint128 unsafe_shutdowns;
	/** 160: errors of media and data integrity */
	struct upnvme_spec_uint128 media_errors;
	/** 176: entries of the error log over the controller's life */
	struct upnvme_spec_uint128 error_log_entries;
	uint32_t warning_temperature_time;  /**< 192: minutes at or above WCTEMP */
	uint32_t critical_temperature_time; /**< 196: minutes at or above CCTEMP */
	uint16_t temperature_sensor[8];     /**< 200: kelvin, 0: not there */
	/** 216: entries into thermal management of TMT1 and of TMT2 */
	uint32_t thermal_transitions[2];
	/** 224: seconds in thermal management of TMT1 and of TMT2 */
	uint32_t thermal_time[2];
	uint8_t rsvd232[280]; /**< 232: reserved */
};

/* Critical warnings; the same bits enable their events: NVMe Base 2.0c, 5.16.1.3 and 5.27.1.8 */
#define UPNVME_SPEC_SMART_WARNING_SPARE         (1u << 0)
#define UPNVME_SPEC_SMART_WARNING_TEMPERATURE   (1u << 1)
#define UPNVME_SPEC_SMART_WARNING_RELIABILITY   (1u << 2)
#define UPNVME_SPEC_SMART_WARNING_READ_ONLY     (1u << 3)
#define UPNVME_SPEC_SMART_WARNING_BACKUP        (1u << 4) /* of volatile memory */
#define UPNVME_SPEC_SMART_WARNING_PMR_READ_ONLY (1u << 5)

/** Firmware Slot Information. NVMe Base 2.0c, 5.16.1.4 */
struct upnvme_spec_firmware_slot_log {
	uint8_t afi;         /**< 0: Active Firmware Info: UPNVME_SPEC_AFI_... */
	uint8_t rsvd1[7];    /**< 1: reserved */
	char frs[7][8];      /**< 8: revision in slot 1 to 7, ASCII; zeroes: empty */
	uint8_t rsvd64[448]; /**< 64: reserved */
};

#define UPNVME_SPEC_AFI_ACTIVE_SHIFT 0 /* slot that runs */
#define UPNVME_SPEC_AFI_ACTIVE_MASK  0x7u
#define UPNVME_SPEC_AFI_NEXT_SHIFT   4 /* slot after the next controller level reset, 0: not told */
#define UPNVME_SPEC_AFI_NEXT_MASK    0x7u

#define UPNVME_SPEC_CHANGED_NS_ENTRIES 1024u
#define UPNVME_SPEC_CHANGED_NS_OVERFLOW \
	UINT32_C(0xffffffff) /* the first entry, if more changed than fit */

/** Changed Namespace List. NVMe Base 2.0c, 5.16.1.5 */
struct upnvme_spec_changed_ns_log {
	/** 0: identifiers, ascending, 0 ends them; or UPNVME_SPEC_CHANGED_NS_OVERFLOW alone */
	uint32_t nsid[UPNVME_SPEC_CHANGED_NS_ENTRIES];
};

/** Commands Supported and Effects: a dword for each opcode. NVMe Base 2.0c, 5.16.1.6 */
struct upnvme_spec_commands_supported_log {
	uint32_t acs[256]; /**< 0: Admin commands: UPNVME_SPEC_EFFECTS_... */
	/** 1024: I/O commands of the command set asked for: UPNVME_SPEC_EFFECTS_... */
	uint32_t iocs[256];
	uint8_t rsvd2048[2048]; /**< 2048: reserved */
};

/*
 * An entry of Commands Supported and Effects, and (but for CSE) of Feature Identifiers Supported
 * and Effects.
 */
#define UPNVME_SPEC_EFFECTS_SUPPORTED   (1u << 0) /* CSUPP, FSUPP */
#define UPNVME_SPEC_EFFECTS_LBCC        (1u << 1) /* may change the contents of blocks; features: UDCC */
#define UPNVME_SPEC_EFFECTS_NCC         (1u << 2) /* may change a namespace's capabilities */
#define UPNVME_SPEC_EFFECTS_NIC         (1u << 3) /* may change the inventory of namespaces */
#define UPNVME_SPEC_EFFECTS_CCC         (1u << 4) /* may change the controller's capabilities */
#define UPNVME_SPEC_EFFECTS_CSE_SHIFT   16        /* submission and execution */
#define UPNVME_SPEC_EFFECTS_CSE_MASK    0x7u
#define UPNVME_SPEC_EFFECTS_UUID        (1u << 19) /* UUID index may be used */
#define UPNVME_SPEC_EFFECTS_SCOPE_SHIFT 20
#define UPNVME_SPEC_EFFECTS_SCOPE_MASK  0xfffu

#define UPNVME_SPEC_EFFECTS_CSE_NONE   0u
#define UPNVME_SPEC_EFFECTS_CSE_NS     1u /* alone on its namespace */
#define UPNVME_SPEC_EFFECTS_CSE_ALL_NS 2u /* alone on all namespaces */

#define UPNVME_SPEC_EFFECTS_SCOPE_NS              (1u << 0)
#define UPNVME_SPEC_EFFECTS_SCOPE_CTRLR           (1u << 1)
#define UPNVME_SPEC_EFFECTS_SCOPE_NVM_SET         (1u << 2)
#define UPNVME_SPEC_EFFECTS_SCOPE_ENDURANCE_GROUP (1u << 3)
#define UPNVME_SPEC_EFFECTS_SCOPE_DOMAIN          (1u << 4)
#define UPNVME_SPEC_EFFECTS_SCOPE_SUBSYSTEM       (1u << 5)

/** Feature Identifiers Supported and Effects. NVMe Base 2.0c, 5.16.1 (LID 12h) */
struct upnvme_spec_features_supported_log {
	uint32_t fid[256]; /**< 0: a dword for each feature identifier: UPNVME_SPEC_EFFECTS_... */
};

/** Sanitize Status; estimates are in seconds. NVMe Base 2.0c, 5.16.1.25 */
struct upnvme_spec_sanitize_log {
	/** 0: Sanitize Progress: of 65536 parts; FFFFh: not in progress */
	uint16_t sprog;
	uint16_t sstat;      /**< 2: Sanitize Status: UPNVME_SPEC_SSTAT_... */
	uint32_t scdw10;     /**< 4: dword 10 of the last Sanitize */
	uint32_t eto;        /**< 8: estimate for an overwrite */
	uint32_t etbe;       /**< 12: estimate for a block erase */
	uint32_t etce;       /**< 16: estimate for a crypto erase */
	uint32_t etodmm;     /**< 20: overwrite, nothing deallocated afterwards */
	uint32_t etbenmm;    /**< 24: block erase, nothing deallocated afterwards */
	uint32_t etcenmm;    /**< 28: crypto erase, nothing deallocated afterwards */
	uint8_t rsvd32[480]; /**< 32: reserved */
};

/* Fields of sstat, and the values of the first one */
#define UPNVME_SPEC_SSTAT_STATUS_SHIFT      0
#define UPNVME_SPEC_SSTAT_STATUS_MASK       0x7u
#define UPNVME_SPEC_SSTAT_PASSES_SHIFT      3 /* overwrite passes that are completed */
#define UPNVME_SPEC_SSTAT_PASSES_MASK       0x1fu
#define UPNVME_SPEC_SSTAT_GDE_SHIFT         8 /* Global Data Erased: nothing was written since */
#define UPNVME_SPEC_SSTAT_GDE_MASK          0x1u
#define UPNVME_SPEC_SSTAT_NEVER             0u
#define UPNVME_SPEC_SSTAT_COMPLETED         1u
#define UPNVME_SPEC_SSTAT_IN_PROGRESS       2u
#define UPNVME_SPEC_SSTAT_FAILED            3u
#define UPNVME_SPEC_SSTAT_COMPLETED_DEALLOC 4u /* deallocated, though asked not to */

#define UPNVME_SPEC_SANITIZE_NOT_REPORTED UINT32_MAX

#endif
