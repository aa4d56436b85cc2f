/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme/spec/status.h
 * Status values: the 15-bit status field of a completion, without its phase tag.
 *
 * NVMe Base 2.0c, 3.3.3.2.1; NVM Command Set 1.0c, 3.1.
 * A code is written as (type << 8 | code), which is the field with CRD, M and DNR zero.
 */
#ifndef UPNVME_SPEC_STATUS_H
#define UPNVME_SPEC_STATUS_H

#include <stdint.h>

#include "spec/field.h"

/* The field's parts. NVMe Base 2.0c, 3.3.3.2.1, Figure 93 */
#define NVME_STATUS_SC_SHIFT   0 /* status code */
#define NVME_STATUS_SC_MASK    0xffu
#define NVME_STATUS_SCT_SHIFT  8 /* status code type */
#define NVME_STATUS_SCT_MASK   0x7u
#define NVME_STATUS_CRD_SHIFT  11 /* command retry delay: 0 or 1 to 3 for CRDT1 to CRDT3 */
#define NVME_STATUS_CRD_MASK   0x3u
#define NVME_STATUS_MORE_SHIFT 13 /* the error log has more about this command */
#define NVME_STATUS_MORE_MASK  0x1u
#define NVME_STATUS_DNR_SHIFT  14 /* do not retry */
#define NVME_STATUS_DNR_MASK   0x1u

#define NVME_STATUS_SC(status)  NVME_FIELD_GET(NVME_STATUS_SC, status)
#define NVME_STATUS_SCT(status) NVME_FIELD_GET(NVME_STATUS_SCT, status)
#define NVME_STATUS_CRD(status) NVME_FIELD_GET(NVME_STATUS_CRD, status)
/* Type and code together, to be compared with NVME_SC_... */
#define NVME_STATUS_CODE(status) ((status)&0x7ffu)

#define NVME_STATUS_MORE (1u << NVME_STATUS_MORE_SHIFT)
#define NVME_STATUS_DNR  (1u << NVME_STATUS_DNR_SHIFT)

/* Status code types. NVMe Base 2.0c, 3.3.3.2.1 */
#define NVME_SCT_GENERIC          0x0u
#define NVME_SCT_COMMAND_SPECIFIC 0x1u
#define NVME_SCT_MEDIA            0x2u
#define NVME_SCT_PATH             0x3u
#define NVME_SCT_VENDOR           0x7u

/* In every type, codes from here on belong to the vendor. NVMe Base 2.0c, 3.3.3.2.1 */
#define NVME_SC_VENDOR_FIRST 0xc0u

/* Generic command status. NVMe Base 2.0c, 3.3.3.2.1.1 */
#define NVME_SC_SUCCESS                        0x000u
#define NVME_SC_INVALID_OPCODE                 0x001u
#define NVME_SC_INVALID_FIELD                  0x002u
#define NVME_SC_CID_CONFLICT                   0x003u
#define NVME_SC_DATA_TRANSFER_ERROR            0x004u
#define NVME_SC_ABORTED_POWER_LOSS             0x005u
#define NVME_SC_INTERNAL_ERROR                 0x006u
#define NVME_SC_ABORT_REQUESTED                0x007u
#define NVME_SC_ABORTED_SQ_DELETION            0x008u
#define NVME_SC_ABORTED_FAILED_FUSED           0x009u
#define NVME_SC_ABORTED_MISSING_FUSED          0x00au
#define NVME_SC_INVALID_NAMESPACE_OR_FORMAT    0x00bu
#define NVME_SC_COMMAND_SEQUENCE_ERROR         0x00cu
#define NVME_SC_INVALID_SGL_SEGMENT_DESCRIPTOR 0x00du
#define NVME_SC_INVALID_SGL_DESCRIPTOR_COUNT   0x00eu
#define NVME_SC_INVALID_DATA_SGL_LENGTH        0x00fu
#define NVME_SC_INVALID_METADATA_SGL_LENGTH    0x010u
#define NVME_SC_INVALID_SGL_DESCRIPTOR_TYPE    0x011u
#define NVME_SC_INVALID_USE_OF_CMB             0x012u
#define NVME_SC_INVALID_PRP_OFFSET             0x013u
#define NVME_SC_ATOMIC_WRITE_UNIT_EXCEEDED     0x014u
#define NVME_SC_OPERATION_DENIED               0x015u
#define NVME_SC_INVALID_SGL_OFFSET             0x016u
#define NVME_SC_HOST_ID_INCONSISTENT_FORMAT    0x018u
#define NVME_SC_KEEP_ALIVE_TIMER_EXPIRED       0x019u
#define NVME_SC_INVALID_KEEP_ALIVE_TIMEOUT     0x01au
#define NVME_SC_ABORTED_PREEMPT                0x01bu
#define NVME_SC_SANITIZE_FAILED                0x01cu
#define NVME_SC_SANITIZE_IN_PROGRESS           0x01du
#define NVME_SC_INVALID_SGL_GRANULARITY        0x01eu
#define NVME_SC_NOT_SUPPORTED_QUEUE_IN_CMB     0x01fu
#define NVME_SC_NAMESPACE_WRITE_PROTECTED      0x020u
#define NVME_SC_COMMAND_INTERRUPTED            0x021u
#define NVME_SC_TRANSIENT_TRANSPORT_ERROR      0x022u
#define NVME_SC_PROHIBITED_BY_LOCKDOWN         0x023u
#define NVME_SC_ADMIN_COMMAND_MEDIA_NOT_READY  0x024u

/*
 * Generic status of I/O command sets. NVMe Base 2.0c, 3.3.3.2.1.1; NVM Command Set 1.0c, 3.1; Key
 * Value 1.0c
 */
#define NVME_SC_LBA_OUT_OF_RANGE     0x080u
#define NVME_SC_CAPACITY_EXCEEDED    0x081u
#define NVME_SC_NAMESPACE_NOT_READY  0x082u
#define NVME_SC_RESERVATION_CONFLICT 0x083u
#define NVME_SC_FORMAT_IN_PROGRESS   0x084u
#define NVME_SC_INVALID_VALUE_SIZE   0x085u
#define NVME_SC_INVALID_KEY_SIZE     0x086u
#define NVME_SC_KEY_DOES_NOT_EXIST   0x087u
#define NVME_SC_UNRECOVERED_ERROR    0x088u
#define NVME_SC_KEY_EXISTS           0x089u

/* Command specific status: Admin commands. NVMe Base 2.0c, 3.3.3.2.1.2 */
#define NVME_SC_CQ_INVALID                        0x100u
#define NVME_SC_INVALID_QUEUE_IDENTIFIER          0x101u
#define NVME_SC_INVALID_QUEUE_SIZE                0x102u
#define NVME_SC_ABORT_LIMIT_EXCEEDED              0x103u
#define NVME_SC_AER_LIMIT_EXCEEDED                0x105u
#define NVME_SC_INVALID_FIRMWARE_SLOT             0x106u
#define NVME_SC_INVALID_FIRMWARE_IMAGE            0x107u
#define NVME_SC_INVALID_INTERRUPT_VECTOR          0x108u
#define NVME_SC_INVALID_LOG_PAGE                  0x109u
#define NVME_SC_INVALID_FORMAT                    0x10au
#define NVME_SC_FIRMWARE_NEEDS_CONVENTIONAL_RESET 0x10bu
#define NVME_SC_INVALID_QUEUE_DELETION            0x10cu
#define NVME_SC_FEATURE_NOT_SAVEABLE              0x10du
#define NVME_SC_FEATURE_NOT_CHANGEABLE            0x10eu
#define NVME_SC_FEATURE_NOT_NS_SPECIFIC           0x10fu
#define NVME_SC_FIRMWARE_NEEDS_SUBSYSTEM_RESET    0x110u
#define NVME_SC_FIRMWARE_NEEDS_CONTROLLER_RESET   0x111u
#define NVME_SC_FIRMWARE_MAX_TIME_VIOLATION       0x112u
#define NVME_SC_FIRMWARE_ACTIVATION_PROHIBITED    0x113u
#define NVME_SC_OVERLAPPING_RANGE                 0x114u
#define NVME_SC_NS_INSUFFICIENT_CAPACITY          0x115u
#define NVME_SC_NSID_UNAVAILABLE                  0x116u
#define NVME_SC_NS_ALREADY_ATTACHED               0x118u
#define NVME_SC_NS_IS_PRIVATE                     0x119u
#define NVME_SC_NS_NOT_ATTACHED                   0x11au
#define NVME_SC_THIN_PROVISIONING_NOT_SUPPORTED   0x11bu
#define NVME_SC_INVALID_CONTROLLER_LIST           0x11cu
#define NVME_SC_SELF_TEST_IN_PROGRESS             0x11du
#define NVME_SC_BOOT_PARTITION_WRITE_PROHIBITED   0x11eu
#define NVME_SC_INVALID_CONTROLLER_IDENTIFIER     0x11fu
#define NVME_SC_INVALID_SECONDARY_STATE           0x120u
#define NVME_SC_INVALID_NUMBER_OF_RESOURCES       0x121u
#define NVME_SC_INVALID_RESOURCE_IDENTIFIER       0x122u
#define NVME_SC_SANITIZE_PROHIBITED_PMR           0x123u
#define NVME_SC_INVALID_ANA_GROUP                 0x124u
#define NVME_SC_ANA_ATTACH_FAILED                 0x125u
#define NVME_SC_INSUFFICIENT_CAPACITY             0x126u
#define NVME_SC_NS_ATTACHMENT_LIMIT_EXCEEDED      0x127u
#define NVME_SC_LOCKDOWN_NOT_SUPPORTED            0x128u
#define NVME_SC_IOCS_NOT_SUPPORTED                0x129u
#define NVME_SC_IOCS_NOT_ENABLED                  0x12au
#define NVME_SC_IOCS_COMBINATION_REJECTED         0x12bu
#define NVME_SC_INVALID_IOCS                      0x12cu
#define NVME_SC_IDENTIFIER_UNAVAILABLE            0x12du
#define NVME_SC_STREAM_ALLOCATION_FAILED          0x17fu /* Streams: Base 8.7.3 */

/* Command specific status: NVM commands. NVM Command Set 1.0c, 3.1, Figure 16 */
#define NVME_SC_CONFLICTING_ATTRIBUTES      0x180u
#define NVME_SC_INVALID_PROTECTION_INFO     0x181u
#define NVME_SC_WRITE_TO_READ_ONLY_RANGE    0x182u
#define NVME_SC_COMMAND_SIZE_LIMIT_EXCEEDED 0x183u

/* Command specific status: zoned commands. Zoned Namespace Command Set 1.1c, 3.1 */
#define NVME_SC_INVALID_ZONE_OPERATION_REQUEST 0x1b6u
#define NVME_SC_ZRWA_RESOURCES_UNAVAILABLE     0x1b7u
#define NVME_SC_ZONE_BOUNDARY_ERROR            0x1b8u
#define NVME_SC_ZONE_IS_FULL                   0x1b9u
#define NVME_SC_ZONE_IS_READ_ONLY              0x1bau
#define NVME_SC_ZONE_IS_OFFLINE                0x1bbu
#define NVME_SC_ZONE_INVALID_WRITE             0x1bcu
#define NVME_SC_TOO_MANY_ACTIVE_ZONES          0x1bdu
#define NVME_SC_TOO_MANY_OPEN_ZONES            0x1beu
#define NVME_SC_INVALID_ZONE_STATE_TRANSITION  0x1bfu

/*
 * Command specific status: Fabrics commands; the values are the NVM commands' too. NVMe Base 2.0c,
 * 3.3.3.2.1.2
 */
#define NVME_SC_FABRICS_INCOMPATIBLE_FORMAT     0x180u
#define NVME_SC_FABRICS_CONTROLLER_BUSY         0x181u
#define NVME_SC_FABRICS_INVALID_PARAMETERS      0x182u
#define NVME_SC_FABRICS_RESTART_DISCOVERY       0x183u
#define NVME_SC_FABRICS_INVALID_HOST            0x184u
#define NVME_SC_FABRICS_INVALID_QUEUE_TYPE      0x185u
#define NVME_SC_FABRICS_DISCOVER_RESTART        0x190u
#define NVME_SC_FABRICS_AUTHENTICATION_REQUIRED 0x191u

/* Media and data integrity errors. NVMe Base 2.0c, 3.3.3.2.1.3; NVM Command Set 1.0c, 3.1 */
#define NVME_SC_WRITE_FAULT                    0x280u
#define NVME_SC_UNRECOVERED_READ_ERROR         0x281u
#define NVME_SC_GUARD_CHECK_ERROR              0x282u
#define NVME_SC_APPLICATION_TAG_CHECK_ERROR    0x283u
#define NVME_SC_REFERENCE_TAG_CHECK_ERROR      0x284u
#define NVME_SC_COMPARE_FAILURE                0x285u
#define NVME_SC_ACCESS_DENIED                  0x286u
#define NVME_SC_DEALLOCATED_OR_UNWRITTEN_BLOCK 0x287u
#define NVME_SC_STORAGE_TAG_CHECK_ERROR        0x288u

/* Path related status. NVMe Base 2.0c, 3.3.3.2.1.4 */
#define NVME_SC_INTERNAL_PATH_ERROR      0x300u
#define NVME_SC_ANA_PERSISTENT_LOSS      0x301u
#define NVME_SC_ANA_INACCESSIBLE         0x302u
#define NVME_SC_ANA_TRANSITION           0x303u
#define NVME_SC_CONTROLLER_PATHING_ERROR 0x360u
#define NVME_SC_HOST_PATHING_ERROR       0x370u
#define NVME_SC_ABORTED_BY_HOST          0x371u

#endif
