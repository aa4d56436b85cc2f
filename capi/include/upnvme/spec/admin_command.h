/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme/spec/admin_command.h
 * What admin commands put into their dwords and data buffers, and what they return in dword 0.
 *
 * A field's name is UPNVME_SPEC_<command>_<field>; the comment above a group tells the dword. The
 * masks are not shifted, use UPNVME_SPEC_FIELD_GET and UPNVME_SPEC_FIELD_SET.
 */
#ifndef UPNVME_SPEC_ADMIN_COMMAND_H
#define UPNVME_SPEC_ADMIN_COMMAND_H

#include <stdint.h>

#include "field.h"

/* Abort. NVMe Base 2.0c, 5.1. Dword 10 */
#define UPNVME_SPEC_ABORT_SQID_SHIFT 0
#define UPNVME_SPEC_ABORT_SQID_MASK  0xffffu
#define UPNVME_SPEC_ABORT_CID_SHIFT  16
#define UPNVME_SPEC_ABORT_CID_MASK   0xffffu
/* Abort: completion dword 0 */
#define UPNVME_SPEC_ABORT_NOT_ABORTED (1u << 0)

/* Asynchronous Event Request: completion dword 0. NVMe Base 2.0c, 5.2.1 */
#define UPNVME_SPEC_AER_TYPE_SHIFT 0
#define UPNVME_SPEC_AER_TYPE_MASK  0x7u
#define UPNVME_SPEC_AER_INFO_SHIFT 8
#define UPNVME_SPEC_AER_INFO_MASK  0xffu
#define UPNVME_SPEC_AER_LID_SHIFT  16 /* log page to read, which also clears the event */
#define UPNVME_SPEC_AER_LID_MASK   0xffu

#define UPNVME_SPEC_AER_TYPE(dw0) UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_AER_TYPE, dw0)
#define UPNVME_SPEC_AER_INFO(dw0) UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_AER_INFO, dw0)
#define UPNVME_SPEC_AER_LID(dw0)  UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_AER_LID, dw0)

#define UPNVME_SPEC_AER_TYPE_ERROR          0u
#define UPNVME_SPEC_AER_TYPE_SMART          1u
#define UPNVME_SPEC_AER_TYPE_NOTICE         2u
#define UPNVME_SPEC_AER_TYPE_IMMEDIATE      3u
#define UPNVME_SPEC_AER_TYPE_IO_COMMAND_SET 6u
#define UPNVME_SPEC_AER_TYPE_VENDOR         7u

/* Information of the type Error */
#define UPNVME_SPEC_AER_ERROR_INVALID_DOORBELL_REGISTER 0x00u
#define UPNVME_SPEC_AER_ERROR_INVALID_DOORBELL_VALUE    0x01u
#define UPNVME_SPEC_AER_ERROR_DIAGNOSTIC_FAILURE        0x02u
#define UPNVME_SPEC_AER_ERROR_PERSISTENT_INTERNAL       0x03u
#define UPNVME_SPEC_AER_ERROR_TRANSIENT_INTERNAL        0x04u
#define UPNVME_SPEC_AER_ERROR_FIRMWARE_IMAGE_LOAD       0x05u
/* of the type SMART / Health */
#define UPNVME_SPEC_AER_SMART_RELIABILITY 0x00u
#define UPNVME_SPEC_AER_SMART_TEMPERATURE 0x01u
#define UPNVME_SPEC_AER_SMART_SPARE       0x02u
/* of the type Notice */
#define UPNVME_SPEC_AER_NOTICE_NS_ATTRIBUTE_CHANGED    0x00u
#define UPNVME_SPEC_AER_NOTICE_FIRMWARE_ACTIVATION     0x01u
#define UPNVME_SPEC_AER_NOTICE_TELEMETRY_CHANGED       0x02u
#define UPNVME_SPEC_AER_NOTICE_ANA_CHANGE              0x03u
#define UPNVME_SPEC_AER_NOTICE_PREDICTABLE_LATENCY     0x04u
#define UPNVME_SPEC_AER_NOTICE_LBA_STATUS              0x05u
#define UPNVME_SPEC_AER_NOTICE_ENDURANCE_GROUP         0x06u
#define UPNVME_SPEC_AER_NOTICE_ZONE_DESCRIPTOR_CHANGED 0xefu
#define UPNVME_SPEC_AER_NOTICE_DISCOVERY_CHANGED       0xf0u
/* of the type Immediate */
#define UPNVME_SPEC_AER_IMMEDIATE_NORMAL_SHUTDOWN 0x00u
/* of the type I/O Command Specific Status */
#define UPNVME_SPEC_AER_IO_RESERVATION_LOG                0x00u
#define UPNVME_SPEC_AER_IO_SANITIZE_COMPLETED             0x01u
#define UPNVME_SPEC_AER_IO_SANITIZE_UNEXPECTED_DEALLOCATE 0x02u

/* Create I/O Completion Queue. NVMe Base 2.0c, 5.4. Dword 10 */
#define UPNVME_SPEC_CREATE_CQ_QID_SHIFT   0
#define UPNVME_SPEC_CREATE_CQ_QID_MASK    0xffffu
#define UPNVME_SPEC_CREATE_CQ_QSIZE_SHIFT 16 /* 0's based */
#define UPNVME_SPEC_CREATE_CQ_QSIZE_MASK  0xffffu
/* Dword 11 */
#define UPNVME_SPEC_CREATE_CQ_PC_SHIFT  0 /* physically contiguous */
#define UPNVME_SPEC_CREATE_CQ_PC_MASK   0x1u
#define UPNVME_SPEC_CREATE_CQ_IEN_SHIFT 1 /* interrupts enabled */
#define UPNVME_SPEC_CREATE_CQ_IEN_MASK  0x1u
#define UPNVME_SPEC_CREATE_CQ_IV_SHIFT  16 /* interrupt vector */
#define UPNVME_SPEC_CREATE_CQ_IV_MASK   0xffffu

/* Create I/O Submission Queue. NVMe Base 2.0c, 5.5. Dword 10 */
#define UPNVME_SPEC_CREATE_SQ_QID_SHIFT   0
#define UPNVME_SPEC_CREATE_SQ_QID_MASK    0xffffu
#define UPNVME_SPEC_CREATE_SQ_QSIZE_SHIFT 16 /* 0's based */
#define UPNVME_SPEC_CREATE_SQ_QSIZE_MASK  0xffffu
/* Dword 11 */
#define UPNVME_SPEC_CREATE_SQ_PC_SHIFT    0 /* physically contiguous */
#define UPNVME_SPEC_CREATE_SQ_PC_MASK     0x1u
#define UPNVME_SPEC_CREATE_SQ_QPRIO_SHIFT 1 /* class for weighted round robin */
#define UPNVME_SPEC_CREATE_SQ_QPRIO_MASK  0x3u
#define UPNVME_SPEC_CREATE_SQ_CQID_SHIFT  16
#define UPNVME_SPEC_CREATE_SQ_CQID_MASK   0xffffu
/* Dword 12 */
#define UPNVME_SPEC_CREATE_SQ_NVMSETID_SHIFT 0
#define UPNVME_SPEC_CREATE_SQ_NVMSETID_MASK  0xffffu

#define UPNVME_SPEC_QPRIO_URGENT 0u
#define UPNVME_SPEC_QPRIO_HIGH   1u
#define UPNVME_SPEC_QPRIO_MEDIUM 2u
#define UPNVME_SPEC_QPRIO_LOW    3u

/*
 * Delete I/O Completion Queue, Delete I/O Submission Queue. NVMe Base 2.0c, 5.6 and 5.7. Dword 10
 */
#define UPNVME_SPEC_DELETE_QUEUE_QID_SHIFT 0
#define UPNVME_SPEC_DELETE_QUEUE_QID_MASK  0xffffu

/* Device Self-test. NVMe Base 2.0c, 5.8. Dword 10 */
#define UPNVME_SPEC_SELF_TEST_STC_SHIFT    0
#define UPNVME_SPEC_SELF_TEST_STC_MASK     0xfu
#define UPNVME_SPEC_SELF_TEST_STC_SHORT    0x1u
#define UPNVME_SPEC_SELF_TEST_STC_EXTENDED 0x2u
#define UPNVME_SPEC_SELF_TEST_STC_VENDOR   0xeu
#define UPNVME_SPEC_SELF_TEST_STC_ABORT    0xfu

/*
 * Directive Receive, Directive Send. NVMe Base 2.0c, 5.9 and 5.10. Dword 10 is NUMD (0's based),
 * dword 11:
 */
#define UPNVME_SPEC_DIRECTIVE_DOPER_SHIFT 0
#define UPNVME_SPEC_DIRECTIVE_DOPER_MASK  0xffu
#define UPNVME_SPEC_DIRECTIVE_DTYPE_SHIFT 8
#define UPNVME_SPEC_DIRECTIVE_DTYPE_MASK  0xffu
#define UPNVME_SPEC_DIRECTIVE_DSPEC_SHIFT 16
#define UPNVME_SPEC_DIRECTIVE_DSPEC_MASK  0xffffu

/* Directive types. NVMe Base 2.0c, 8.7 */
#define UPNVME_SPEC_DIRECTIVE_IDENTIFY 0x00u
#define UPNVME_SPEC_DIRECTIVE_STREAMS  0x01u

/* Firmware Commit. NVMe Base 2.0c, 5.12. Dword 10 */
#define UPNVME_SPEC_FIRMWARE_COMMIT_FS_SHIFT   0 /* slot, 0: the controller chooses */
#define UPNVME_SPEC_FIRMWARE_COMMIT_FS_MASK    0x7u
#define UPNVME_SPEC_FIRMWARE_COMMIT_CA_SHIFT   3 /* commit action */
#define UPNVME_SPEC_FIRMWARE_COMMIT_CA_MASK    0x7u
#define UPNVME_SPEC_FIRMWARE_COMMIT_BPID_SHIFT 31
#define UPNVME_SPEC_FIRMWARE_COMMIT_BPID_MASK  0x1u
#define UPNVME_SPEC_FIRMWARE_COMMIT_CA_REPLACE 0u
#define UPNVME_SPEC_FIRMWARE_COMMIT_CA_REPLACE_AND_ACTIVATE \
	1u                                              /* at the next controller level reset */
#define UPNVME_SPEC_FIRMWARE_COMMIT_CA_ACTIVATE      2u /* at the next controller level reset */
#define UPNVME_SPEC_FIRMWARE_COMMIT_CA_ACTIVATE_NOW  3u
#define UPNVME_SPEC_FIRMWARE_COMMIT_CA_REPLACE_BOOT  6u
#define UPNVME_SPEC_FIRMWARE_COMMIT_CA_ACTIVATE_BOOT 7u

/*
 * Firmware Image Download. NVMe Base 2.0c, 5.13: dword 10 NUMD (0's based), dword 11 OFST, both in
 * dwords
 */

/* Format NVM. NVMe Base 2.0c, 5.14. Dword 10 */
#define UPNVME_SPEC_FORMAT_LBAFL_SHIFT       0 /* format index, bits 3:0 */
#define UPNVME_SPEC_FORMAT_LBAFL_MASK        0xfu
#define UPNVME_SPEC_FORMAT_MSET_SHIFT        4 /* metadata at the end of each block */
#define UPNVME_SPEC_FORMAT_MSET_MASK         0x1u
#define UPNVME_SPEC_FORMAT_PI_SHIFT          5 /* protection type */
#define UPNVME_SPEC_FORMAT_PI_MASK           0x7u
#define UPNVME_SPEC_FORMAT_PIL_SHIFT         8 /* protection information comes first in the metadata */
#define UPNVME_SPEC_FORMAT_PIL_MASK          0x1u
#define UPNVME_SPEC_FORMAT_SES_SHIFT         9 /* secure erase */
#define UPNVME_SPEC_FORMAT_SES_MASK          0x7u
#define UPNVME_SPEC_FORMAT_LBAFU_SHIFT       12 /* format index, bits 5:4 */
#define UPNVME_SPEC_FORMAT_LBAFU_MASK        0x3u
#define UPNVME_SPEC_FORMAT_SES_NONE          0u
#define UPNVME_SPEC_FORMAT_SES_USER_DATA     1u
#define UPNVME_SPEC_FORMAT_SES_CRYPTOGRAPHIC 2u

/* Get Features. NVMe Base 2.0c, 5.15. Dword 10 */
#define UPNVME_SPEC_GET_FEATURES_FID_SHIFT 0
#define UPNVME_SPEC_GET_FEATURES_FID_MASK  0xffu
#define UPNVME_SPEC_GET_FEATURES_SEL_SHIFT 8
#define UPNVME_SPEC_GET_FEATURES_SEL_MASK  0x7u
/* Dword 14 */
#define UPNVME_SPEC_GET_FEATURES_UIDX_SHIFT 0
#define UPNVME_SPEC_GET_FEATURES_UIDX_MASK  0x7fu

#define UPNVME_SPEC_FEATURES_SEL_CURRENT   0u
#define UPNVME_SPEC_FEATURES_SEL_DEFAULT   1u
#define UPNVME_SPEC_FEATURES_SEL_SAVED     2u
#define UPNVME_SPEC_FEATURES_SEL_SUPPORTED 3u
/* Get Features: completion dword 0 with SEL = supported capabilities. NVMe Base 2.0c, 5.15.1 */
#define UPNVME_SPEC_FEATURES_CAP_SAVEABLE    (1u << 0)
#define UPNVME_SPEC_FEATURES_CAP_NS_SPECIFIC (1u << 1)
#define UPNVME_SPEC_FEATURES_CAP_CHANGEABLE  (1u << 2)

/* Set Features. NVMe Base 2.0c, 5.27. Dword 10 */
#define UPNVME_SPEC_SET_FEATURES_FID_SHIFT 0
#define UPNVME_SPEC_SET_FEATURES_FID_MASK  0xffu
#define UPNVME_SPEC_SET_FEATURES_SV_SHIFT  31 /* save */
#define UPNVME_SPEC_SET_FEATURES_SV_MASK   0x1u
/* Dword 14 */
#define UPNVME_SPEC_SET_FEATURES_UIDX_SHIFT 0
#define UPNVME_SPEC_SET_FEATURES_UIDX_MASK  0x7fu

/* Get Log Page. NVMe Base 2.0c, 5.16. Dword 10 */
#define UPNVME_SPEC_GET_LOG_LID_SHIFT   0
#define UPNVME_SPEC_GET_LOG_LID_MASK    0xffu
#define UPNVME_SPEC_GET_LOG_LSP_SHIFT   8 /* log specific parameter */
#define UPNVME_SPEC_GET_LOG_LSP_MASK    0x7fu
#define UPNVME_SPEC_GET_LOG_RAE_SHIFT   15 /* retain asynchronous event */
#define UPNVME_SPEC_GET_LOG_RAE_MASK    0x1u
#define UPNVME_SPEC_GET_LOG_NUMDL_SHIFT 16 /* dwords, 0's based, bits 15:0 */
#define UPNVME_SPEC_GET_LOG_NUMDL_MASK  0xffffu
/* Dword 11 */
#define UPNVME_SPEC_GET_LOG_NUMDU_SHIFT 0 /* dwords, 0's based, bits 31:16 */
#define UPNVME_SPEC_GET_LOG_NUMDU_MASK  0xffffu
#define UPNVME_SPEC_GET_LOG_LSI_SHIFT   16 /* log specific identifier */
#define UPNVME_SPEC_GET_LOG_LSI_MASK    0xffffu
/*
 * Dwords 12 and 13 are the offset's lower and upper half (LPOL, LPOU); in bytes unless OT is 1.
 * Dword 14
 */
#define UPNVME_SPEC_GET_LOG_UIDX_SHIFT 0
#define UPNVME_SPEC_GET_LOG_UIDX_MASK  0x7fu
#define UPNVME_SPEC_GET_LOG_OT_SHIFT   23 /* the offset is an index */
#define UPNVME_SPEC_GET_LOG_OT_MASK    0x1u
#define UPNVME_SPEC_GET_LOG_CSI_SHIFT  24
#define UPNVME_SPEC_GET_LOG_CSI_MASK   0xffu

/* Identify. NVMe Base 2.0c, 5.17. Dword 10 */
#define UPNVME_SPEC_IDENTIFY_CNS_SHIFT   0
#define UPNVME_SPEC_IDENTIFY_CNS_MASK    0xffu
#define UPNVME_SPEC_IDENTIFY_CNTID_SHIFT 16
#define UPNVME_SPEC_IDENTIFY_CNTID_MASK  0xffffu
/* Dword 11 */
#define UPNVME_SPEC_IDENTIFY_CNSSID_SHIFT 0 /* CNS specific identifier */
#define UPNVME_SPEC_IDENTIFY_CNSSID_MASK  0xffffu
#define UPNVME_SPEC_IDENTIFY_CSI_SHIFT    24
#define UPNVME_SPEC_IDENTIFY_CSI_MASK     0xffu
/* Dword 14 */
#define UPNVME_SPEC_IDENTIFY_UIDX_SHIFT 0
#define UPNVME_SPEC_IDENTIFY_UIDX_MASK  0x7fu

/* Namespace Attachment (5.22) and Management (5.23). NVMe Base 2.0c. Dword 10 */
#define UPNVME_SPEC_NS_ATTACHMENT_SEL_SHIFT  0
#define UPNVME_SPEC_NS_ATTACHMENT_SEL_MASK   0xfu
#define UPNVME_SPEC_NS_ATTACHMENT_SEL_ATTACH 0u
#define UPNVME_SPEC_NS_ATTACHMENT_SEL_DETACH 1u
#define UPNVME_SPEC_NS_MANAGEMENT_SEL_SHIFT  0
#define UPNVME_SPEC_NS_MANAGEMENT_SEL_MASK   0xfu
#define UPNVME_SPEC_NS_MANAGEMENT_SEL_CREATE 0u
#define UPNVME_SPEC_NS_MANAGEMENT_SEL_DELETE 1u
/* Namespace Management: dword 11 */
#define UPNVME_SPEC_NS_MANAGEMENT_CSI_SHIFT 24
#define UPNVME_SPEC_NS_MANAGEMENT_CSI_MASK  0xffu

/* Sanitize. NVMe Base 2.0c, 5.24. Dword 10; dword 11 is the overwrite pattern */
#define UPNVME_SPEC_SANITIZE_SANACT_SHIFT 0
#define UPNVME_SPEC_SANITIZE_SANACT_MASK  0x7u
#define UPNVME_SPEC_SANITIZE_AUSE_SHIFT   3 /* allow unrestricted exit */
#define UPNVME_SPEC_SANITIZE_AUSE_MASK    0x1u
#define UPNVME_SPEC_SANITIZE_OWPASS_SHIFT 4 /* overwrite passes, 0 means 16 */
#define UPNVME_SPEC_SANITIZE_OWPASS_MASK  0xfu
#define UPNVME_SPEC_SANITIZE_OIPBP_SHIFT  8 /* invert the pattern between passes */
#define UPNVME_SPEC_SANITIZE_OIPBP_MASK   0x1u
#define UPNVME_SPEC_SANITIZE_NDAS_SHIFT   9 /* no deallocate after */
#define UPNVME_SPEC_SANITIZE_NDAS_MASK    0x1u
#define UPNVME_SPEC_SANITIZE_EXIT_FAILURE 1u
#define UPNVME_SPEC_SANITIZE_BLOCK_ERASE  2u
#define UPNVME_SPEC_SANITIZE_OVERWRITE    3u
#define UPNVME_SPEC_SANITIZE_CRYPTO_ERASE 4u

/*
 * Security Receive (5.25) and Send (5.26). NVMe Base 2.0c. Dword 10; dword 11 is the length in
 * bytes
 */
#define UPNVME_SPEC_SECURITY_NSSF_SHIFT  0
#define UPNVME_SPEC_SECURITY_NSSF_MASK   0xffu
#define UPNVME_SPEC_SECURITY_SPSP0_SHIFT 8
#define UPNVME_SPEC_SECURITY_SPSP0_MASK  0xffu
#define UPNVME_SPEC_SECURITY_SPSP1_SHIFT 16
#define UPNVME_SPEC_SECURITY_SPSP1_MASK  0xffu
#define UPNVME_SPEC_SECURITY_SECP_SHIFT  24
#define UPNVME_SPEC_SECURITY_SECP_MASK   0xffu

#endif
