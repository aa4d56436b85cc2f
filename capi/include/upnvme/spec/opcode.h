/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme/spec/opcode.h
 * Opcodes of the Admin, NVM, zoned and Fabrics command sets.
 */
#ifndef UPNVME_SPEC_OPCODE_H
#define UPNVME_SPEC_OPCODE_H

#include "upnvme/types.h"

/* Bits 1:0 of an opcode tell the direction of its data. NVMe Base 2.0c, 3.3.3.1, Figure 86 */
#define UPNVME_SPEC_OPCODE_DIRECTION(opcode)     (UPNVME_CAST(uint32_t, opcode) & 0x3u)
#define UPNVME_SPEC_DIRECTION_NONE               0u
#define UPNVME_SPEC_DIRECTION_HOST_TO_CONTROLLER 1u
#define UPNVME_SPEC_DIRECTION_CONTROLLER_TO_HOST 2u
#define UPNVME_SPEC_DIRECTION_BOTH               3u

/* Admin commands. NVMe Base 2.0c, 5, Figure 138; each in its subsection */
#define UPNVME_SPEC_ADMIN_DELETE_IO_SQ              0x00u /* 5.7 */
#define UPNVME_SPEC_ADMIN_CREATE_IO_SQ              0x01u /* 5.5 */
#define UPNVME_SPEC_ADMIN_GET_LOG_PAGE              0x02u /* 5.16 */
#define UPNVME_SPEC_ADMIN_DELETE_IO_CQ              0x04u /* 5.6 */
#define UPNVME_SPEC_ADMIN_CREATE_IO_CQ              0x05u /* 5.4 */
#define UPNVME_SPEC_ADMIN_IDENTIFY                  0x06u /* 5.17 */
#define UPNVME_SPEC_ADMIN_ABORT                     0x08u /* 5.1 */
#define UPNVME_SPEC_ADMIN_SET_FEATURES              0x09u /* 5.27 */
#define UPNVME_SPEC_ADMIN_GET_FEATURES              0x0au /* 5.15 */
#define UPNVME_SPEC_ADMIN_ASYNC_EVENT_REQUEST       0x0cu /* 5.2 */
#define UPNVME_SPEC_ADMIN_NAMESPACE_MANAGEMENT      0x0du /* 5.23 */
#define UPNVME_SPEC_ADMIN_FIRMWARE_COMMIT           0x10u /* 5.12 */
#define UPNVME_SPEC_ADMIN_FIRMWARE_DOWNLOAD         0x11u /* 5.13 */
#define UPNVME_SPEC_ADMIN_DEVICE_SELF_TEST          0x14u /* 5.8 */
#define UPNVME_SPEC_ADMIN_NAMESPACE_ATTACHMENT      0x15u /* 5.22 */
#define UPNVME_SPEC_ADMIN_KEEP_ALIVE                0x18u /* 5.18 */
#define UPNVME_SPEC_ADMIN_DIRECTIVE_SEND            0x19u /* 5.10 */
#define UPNVME_SPEC_ADMIN_DIRECTIVE_RECEIVE         0x1au /* 5.9 */
#define UPNVME_SPEC_ADMIN_VIRTUALIZATION_MANAGEMENT 0x1cu /* 5.28 */
#define UPNVME_SPEC_ADMIN_MI_SEND                   0x1du /* 5.21 */
#define UPNVME_SPEC_ADMIN_MI_RECEIVE                0x1eu /* 5.20 */
#define UPNVME_SPEC_ADMIN_CAPACITY_MANAGEMENT       0x20u /* 5.3 */
#define UPNVME_SPEC_ADMIN_LOCKDOWN                  0x24u /* 5.19 */
#define UPNVME_SPEC_ADMIN_DOORBELL_BUFFER_CONFIG    0x7cu /* 5.11 */
#define UPNVME_SPEC_ADMIN_FABRICS                   0x7fu /* 6 */
#define UPNVME_SPEC_ADMIN_FORMAT_NVM                0x80u /* 5.14 */
#define UPNVME_SPEC_ADMIN_SECURITY_SEND             0x81u /* 5.26 */
#define UPNVME_SPEC_ADMIN_SECURITY_RECEIVE          0x82u /* 5.25 */
#define UPNVME_SPEC_ADMIN_SANITIZE                  0x84u /* 5.24 */
#define UPNVME_SPEC_ADMIN_GET_LBA_STATUS            0x86u /* NVM Command Set 1.0c, 4.2.1 */
#define UPNVME_SPEC_ADMIN_VENDOR_FIRST              0xc0u
#define UPNVME_SPEC_ADMIN_VENDOR_LAST               0xffu

/*
 * I/O commands common to the command sets: NVMe Base 2.0c, 7. NVM commands: NVM Command Set 1.0c,
 * 3.2
 */
#define UPNVME_SPEC_CMD_FLUSH                   0x00u /* Base 7.1 */
#define UPNVME_SPEC_CMD_WRITE                   0x01u /* NVM 3.2.6 */
#define UPNVME_SPEC_CMD_READ                    0x02u /* NVM 3.2.4 */
#define UPNVME_SPEC_CMD_WRITE_UNCORRECTABLE     0x04u /* NVM 3.2.7 */
#define UPNVME_SPEC_CMD_COMPARE                 0x05u /* NVM 3.2.1 */
#define UPNVME_SPEC_CMD_WRITE_ZEROES            0x08u /* NVM 3.2.8 */
#define UPNVME_SPEC_CMD_DATASET_MANAGEMENT      0x09u /* NVM 3.2.3 */
#define UPNVME_SPEC_CMD_VERIFY                  0x0cu /* NVM 3.2.5 */
#define UPNVME_SPEC_CMD_RESERVATION_REGISTER    0x0du /* Base 7.3 */
#define UPNVME_SPEC_CMD_RESERVATION_REPORT      0x0eu /* Base 7.5 */
#define UPNVME_SPEC_CMD_RESERVATION_ACQUIRE     0x11u /* Base 7.2 */
#define UPNVME_SPEC_CMD_RESERVATION_RELEASE     0x15u /* Base 7.4 */
#define UPNVME_SPEC_CMD_COPY                    0x19u /* NVM 3.2.2 */
#define UPNVME_SPEC_CMD_ZONE_MANAGEMENT_SEND    0x79u /* Zoned Namespace Command Set 1.1c, 3.4.3 */
#define UPNVME_SPEC_CMD_ZONE_MANAGEMENT_RECEIVE 0x7au /* Zoned Namespace Command Set 1.1c, 3.4.2 */
#define UPNVME_SPEC_CMD_ZONE_APPEND             0x7du /* Zoned Namespace Command Set 1.1c, 3.4.1 */
#define UPNVME_SPEC_CMD_VENDOR_FIRST            0x80u
#define UPNVME_SPEC_CMD_VENDOR_LAST             0xffu

/* Fabrics command types, in byte 4 of an entry with opcode 7Fh. NVMe Base 2.0c, 6 */
#define UPNVME_SPEC_FABRICS_PROPERTY_SET           0x00u /* 6.6 */
#define UPNVME_SPEC_FABRICS_CONNECT                0x01u /* 6.3 */
#define UPNVME_SPEC_FABRICS_PROPERTY_GET           0x04u /* 6.5 */
#define UPNVME_SPEC_FABRICS_AUTHENTICATION_SEND    0x05u /* 6.2 */
#define UPNVME_SPEC_FABRICS_AUTHENTICATION_RECEIVE 0x06u /* 6.1 */
#define UPNVME_SPEC_FABRICS_DISCONNECT             0x08u /* 6.4 */

/* Command set identifiers (CSI). NVMe Base 2.0c, 5.17 */
#define UPNVME_SPEC_CSI_NVM       0x00u
#define UPNVME_SPEC_CSI_KEY_VALUE 0x01u
#define UPNVME_SPEC_CSI_ZONED     0x02u

#endif
