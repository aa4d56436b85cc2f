/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Log pages: identifiers and data structures.
 *
 * NVMe Base 2.0c, 5.16.1 (one subsection for each).
 */
#ifndef UPNVME_SPEC_LOG_PAGE_H
#define UPNVME_SPEC_LOG_PAGE_H

#include <stdint.h>

#include "spec/field.h"
#include "spec/layout.h"

/* Log page identifiers. NVMe Base 2.0c, 5.16.1, Figure 202 */
#define NVME_LOG_SUPPORTED_PAGES             0x00u
#define NVME_LOG_ERROR                       0x01u
#define NVME_LOG_SMART                       0x02u
#define NVME_LOG_FIRMWARE_SLOT               0x03u
#define NVME_LOG_CHANGED_NS_LIST             0x04u
#define NVME_LOG_COMMANDS_SUPPORTED          0x05u
#define NVME_LOG_SELF_TEST                   0x06u
#define NVME_LOG_TELEMETRY_HOST              0x07u
#define NVME_LOG_TELEMETRY_CTRLR             0x08u
#define NVME_LOG_ENDURANCE_GROUP             0x09u
#define NVME_LOG_PREDICTABLE_LATENCY_NVM_SET 0x0au
#define NVME_LOG_PREDICTABLE_LATENCY_EVENT   0x0bu
#define NVME_LOG_ANA                         0x0cu
#define NVME_LOG_PERSISTENT_EVENT            0x0du
#define NVME_LOG_LBA_STATUS                  0x0eu /* NVM Command Set 1.0c, 4.1.4 */
#define NVME_LOG_ENDURANCE_GROUP_EVENT       0x0fu
#define NVME_LOG_MEDIA_UNIT_STATUS           0x10u
#define NVME_LOG_CAPACITY_CONFIG             0x11u
#define NVME_LOG_FEATURES_SUPPORTED          0x12u
#define NVME_LOG_MI_COMMANDS_SUPPORTED       0x13u
#define NVME_LOG_LOCKDOWN                    0x14u
#define NVME_LOG_BOOT_PARTITION              0x15u
#define NVME_LOG_ROTATIONAL_MEDIA            0x16u
#define NVME_LOG_DISCOVERY                   0x70u
#define NVME_LOG_RESERVATION_NOTIFICATION    0x80u
#define NVME_LOG_SANITIZE_STATUS             0x81u
#define NVME_LOG_CHANGED_ZONE_LIST           0xbfu /* Zoned Namespace Command Set 1.1c */
#define NVME_LOG_VENDOR_FIRST                0xc0u
#define NVME_LOG_VENDOR_LAST                 0xffu

/* Supported Log Pages: one dword for each identifier. NVMe Base 2.0c, 5.16.1.1 */
struct nvme_supported_log_pages {
	uint32_t lid[256];
};

NVME_ASSERT_SIZE(nvme_supported_log_pages, 1024);
NVME_ASSERT_OFFSET(nvme_supported_log_pages, lid, 0);

#define NVME_SUPPORTED_LOG_LSUPP       (1u << 0) /* supported */
#define NVME_SUPPORTED_LOG_IOS         (1u << 1) /* offset may be an index */
#define NVME_SUPPORTED_LOG_LIDSP_SHIFT 16        /* specific to the page */
#define NVME_SUPPORTED_LOG_LIDSP_MASK  0xffffu

/* Error Information, newest first, error_count 0: not used. NVMe Base 2.0c, 5.16.1.2 */
struct nvme_error_log_entry {
	uint64_t error_count;
	uint16_t sqid;
	uint16_t cid;
	uint16_t status; /* as in the completion: bit 0 is the phase tag */
	uint16_t parameter_location;
	uint64_t lba;
	uint32_t nsid;
	uint8_t vendor_log_page; /* log page with more, 0: none */
	uint8_t trtype;
	uint8_t rsvd30[2];
	uint64_t command_specific;
	uint16_t transport_specific;
	uint8_t rsvd42[22];
};

NVME_ASSERT_SIZE(nvme_error_log_entry, 64);
NVME_ASSERT_OFFSET(nvme_error_log_entry, error_count, 0);
NVME_ASSERT_OFFSET(nvme_error_log_entry, sqid, 8);
NVME_ASSERT_OFFSET(nvme_error_log_entry, cid, 10);
NVME_ASSERT_OFFSET(nvme_error_log_entry, status, 12);
NVME_ASSERT_OFFSET(nvme_error_log_entry, parameter_location, 14);
NVME_ASSERT_OFFSET(nvme_error_log_entry, lba, 16);
NVME_ASSERT_OFFSET(nvme_error_log_entry, nsid, 24);
NVME_ASSERT_OFFSET(nvme_error_log_entry, vendor_log_page, 28);
NVME_ASSERT_OFFSET(nvme_error_log_entry, trtype, 29);
NVME_ASSERT_OFFSET(nvme_error_log_entry, command_specific, 32);
NVME_ASSERT_OFFSET(nvme_error_log_entry, transport_specific, 40);

#define NVME_ERROR_LOCATION_BYTE_SHIFT 0 /* byte in the submission entry */
#define NVME_ERROR_LOCATION_BYTE_MASK  0xffu
#define NVME_ERROR_LOCATION_BIT_SHIFT  8
#define NVME_ERROR_LOCATION_BIT_MASK   0x7u
#define NVME_ERROR_LOCATION_NONE       0xffffu /* no particular parameter */
#define NVME_ERROR_SQID_NONE           0xffffu /* no particular command: sqid and cid */

/* SMART / Health Information. NVMe Base 2.0c, 5.16.1.3 */
struct nvme_smart_log {
	uint8_t critical_warning;
	uint8_t composite_temperature[2]; /* kelvin, little-endian */
	uint8_t available_spare;          /* percent */
	uint8_t available_spare_threshold;
	uint8_t percentage_used; /* 255: 255 or more */
	uint8_t endurance_group_warning;
	uint8_t rsvd7[25];
	struct nvme_uint128 data_units_read;    /* 1000 units of 512 bytes, rounded up */
	struct nvme_uint128 data_units_written; /* the same */
	struct nvme_uint128 host_read_commands;
	struct nvme_uint128 host_write_commands;
	struct nvme_uint128 controller_busy_time; /* minutes */
	struct nvme_uint128 power_cycles;
	struct nvme_uint128 power_on_hours;
	struct nvme_uint128 unsafe_shutdowns;
	struct nvme_uint128 media_errors;
	struct nvme_uint128 error_log_entries; /* over the controller's life */
	uint32_t warning_temperature_time;     /* minutes */
	uint32_t critical_temperature_time;    /* minutes */
	uint16_t temperature_sensor[8];        /* kelvin, 0: not there */
	uint32_t thermal_transitions[2];
	uint32_t thermal_time[2]; /* seconds */
	uint8_t rsvd232[280];
};

NVME_ASSERT_SIZE(nvme_smart_log, 512);
NVME_ASSERT_OFFSET(nvme_smart_log, critical_warning, 0);
NVME_ASSERT_OFFSET(nvme_smart_log, composite_temperature, 1);
NVME_ASSERT_OFFSET(nvme_smart_log, available_spare, 3);
NVME_ASSERT_OFFSET(nvme_smart_log, available_spare_threshold, 4);
NVME_ASSERT_OFFSET(nvme_smart_log, percentage_used, 5);
NVME_ASSERT_OFFSET(nvme_smart_log, endurance_group_warning, 6);
NVME_ASSERT_OFFSET(nvme_smart_log, data_units_read, 32);
NVME_ASSERT_OFFSET(nvme_smart_log, data_units_written, 48);
NVME_ASSERT_OFFSET(nvme_smart_log, host_read_commands, 64);
NVME_ASSERT_OFFSET(nvme_smart_log, host_write_commands, 80);
NVME_ASSERT_OFFSET(nvme_smart_log, controller_busy_time, 96);
NVME_ASSERT_OFFSET(nvme_smart_log, power_cycles, 112);
NVME_ASSERT_OFFSET(nvme_smart_log, power_on_hours, 128);
NVME_ASSERT_OFFSET(nvme_smart_log, unsafe_shutdowns, 144);
NVME_ASSERT_OFFSET(nvme_smart_log, media_errors, 160);
NVME_ASSERT_OFFSET(nvme_smart_log, error_log_entries, 176);
NVME_ASSERT_OFFSET(nvme_smart_log, warning_temperature_time, 192);
NVME_ASSERT_OFFSET(nvme_smart_log, critical_temperature_time, 196);
NVME_ASSERT_OFFSET(nvme_smart_log, temperature_sensor, 200);
NVME_ASSERT_OFFSET(nvme_smart_log, thermal_transitions, 216);
NVME_ASSERT_OFFSET(nvme_smart_log, thermal_time, 224);

/* Critical warnings; the same bits enable their events: NVMe Base 2.0c, 5.16.1.3 and 5.27.1.8 */
#define NVME_SMART_WARNING_SPARE         (1u << 0)
#define NVME_SMART_WARNING_TEMPERATURE   (1u << 1)
#define NVME_SMART_WARNING_RELIABILITY   (1u << 2)
#define NVME_SMART_WARNING_READ_ONLY     (1u << 3)
#define NVME_SMART_WARNING_BACKUP        (1u << 4) /* of volatile memory */
#define NVME_SMART_WARNING_PMR_READ_ONLY (1u << 5)

/* Firmware Slot Information. NVMe Base 2.0c, 5.16.1.4 */
struct nvme_firmware_slot_log {
	uint8_t afi; /* active firmware information */
	uint8_t rsvd1[7];
	char frs[7][8]; /* revision in slot 1 to 7, ASCII; zeroes: empty */
	uint8_t rsvd64[448];
};

NVME_ASSERT_SIZE(nvme_firmware_slot_log, 512);
NVME_ASSERT_OFFSET(nvme_firmware_slot_log, afi, 0);
NVME_ASSERT_OFFSET(nvme_firmware_slot_log, frs, 8);
NVME_ASSERT_OFFSET(nvme_firmware_slot_log, rsvd64, 64);

#define NVME_AFI_ACTIVE_SHIFT 0 /* slot that runs */
#define NVME_AFI_ACTIVE_MASK  0x7u
#define NVME_AFI_NEXT_SHIFT   4 /* slot after the next controller level reset, 0: not told */
#define NVME_AFI_NEXT_MASK    0x7u

/* Changed Namespace List; more than fit: the first entry is FFFFFFFFh. NVMe Base 2.0c, 5.16.1.5 */
#define NVME_CHANGED_NS_ENTRIES  1024u
#define NVME_CHANGED_NS_OVERFLOW UINT32_C(0xffffffff)

struct nvme_changed_ns_log {
	uint32_t nsid[NVME_CHANGED_NS_ENTRIES];
};

NVME_ASSERT_SIZE(nvme_changed_ns_log, 4096);
NVME_ASSERT_OFFSET(nvme_changed_ns_log, nsid, 0);

/* Commands Supported and Effects: a dword for each opcode. NVMe Base 2.0c, 5.16.1.6 */
struct nvme_commands_supported_log {
	uint32_t acs[256];  /* Admin commands */
	uint32_t iocs[256]; /* I/O commands of the command set asked for */
	uint8_t rsvd2048[2048];
};

NVME_ASSERT_SIZE(nvme_commands_supported_log, 4096);
NVME_ASSERT_OFFSET(nvme_commands_supported_log, acs, 0);
NVME_ASSERT_OFFSET(nvme_commands_supported_log, iocs, 1024);
NVME_ASSERT_OFFSET(nvme_commands_supported_log, rsvd2048, 2048);

/* An entry of it, and (but for CSE) of the features' page below. */
#define NVME_EFFECTS_SUPPORTED   (1u << 0) /* CSUPP, FSUPP */
#define NVME_EFFECTS_LBCC        (1u << 1) /* may change the contents of blocks; features: UDCC */
#define NVME_EFFECTS_NCC         (1u << 2) /* may change a namespace's capabilities */
#define NVME_EFFECTS_NIC         (1u << 3) /* may change the inventory of namespaces */
#define NVME_EFFECTS_CCC         (1u << 4) /* may change the controller's capabilities */
#define NVME_EFFECTS_CSE_SHIFT   16        /* submission and execution */
#define NVME_EFFECTS_CSE_MASK    0x7u
#define NVME_EFFECTS_UUID        (1u << 19) /* UUID index may be used */
#define NVME_EFFECTS_SCOPE_SHIFT 20
#define NVME_EFFECTS_SCOPE_MASK  0xfffu

#define NVME_EFFECTS_CSE_NONE   0u
#define NVME_EFFECTS_CSE_NS     1u /* alone on its namespace */
#define NVME_EFFECTS_CSE_ALL_NS 2u /* alone on all namespaces */

#define NVME_EFFECTS_SCOPE_NS              (1u << 0)
#define NVME_EFFECTS_SCOPE_CTRLR           (1u << 1)
#define NVME_EFFECTS_SCOPE_NVM_SET         (1u << 2)
#define NVME_EFFECTS_SCOPE_ENDURANCE_GROUP (1u << 3)
#define NVME_EFFECTS_SCOPE_DOMAIN          (1u << 4)
#define NVME_EFFECTS_SCOPE_SUBSYSTEM       (1u << 5)

/* Feature Identifiers Supported and Effects. NVMe Base 2.0c, 5.16.1 (LID 12h) */
struct nvme_features_supported_log {
	uint32_t fid[256];
};

NVME_ASSERT_SIZE(nvme_features_supported_log, 1024);
NVME_ASSERT_OFFSET(nvme_features_supported_log, fid, 0);

/* Sanitize Status, estimates in seconds; "kept": nothing is deallocated afterwards. NVMe Base 2.0c, 5.16.1.25 */
struct nvme_sanitize_log {
	uint16_t progress;
	uint16_t status;
	uint32_t cdw10; /* of the last Sanitize */
	uint32_t overwrite_seconds;
	uint32_t block_erase_seconds;
	uint32_t crypto_erase_seconds;
	uint32_t overwrite_kept_seconds;
	uint32_t block_erase_kept_seconds;
	uint32_t crypto_erase_kept_seconds;
}; /* of 512 bytes, the others of which are reserved */

NVME_ASSERT_SIZE(nvme_sanitize_log, 32);
NVME_ASSERT_OFFSET(nvme_sanitize_log, cdw10, 4);
NVME_ASSERT_OFFSET(nvme_sanitize_log, overwrite_seconds, 8);
NVME_ASSERT_OFFSET(nvme_sanitize_log, block_erase_seconds, 12);
NVME_ASSERT_OFFSET(nvme_sanitize_log, crypto_erase_seconds, 16);
NVME_ASSERT_OFFSET(nvme_sanitize_log, overwrite_kept_seconds, 20);
NVME_ASSERT_OFFSET(nvme_sanitize_log, block_erase_kept_seconds, 24);
NVME_ASSERT_OFFSET(nvme_sanitize_log, crypto_erase_kept_seconds, 28);

#define NVME_SANITIZE_NOT_REPORTED UINT32_MAX

#endif
