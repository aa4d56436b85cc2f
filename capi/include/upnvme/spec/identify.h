/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme/spec/identify.h
 * The Identify command: what can be asked for, and, in a header for each kind, the structures that
 * come back.
 *
 * NVMe Base 2.0c, 5.17; those that are the NVM command set's own: NVM Command Set 1.0c, 4.1.5.
 * Field names are the specification's acronyms in lower case.
 */
#ifndef UPNVME_SPEC_IDENTIFY_H
#define UPNVME_SPEC_IDENTIFY_H

#include "identify_ctrlr.h"
#include "identify_list.h"
#include "identify_ns.h"
#include "identify_nvm.h"

#define UPNVME_SPEC_IDENTIFY_BYTES 4096u /* of every structure */

/*
 * Controller or Namespace Structure (CNS): what Identify returns. NVMe Base 2.0c, 5.17.1, Figure
 * 273. The record of each stands beside it; those without one are bytes.
 */
#define UPNVME_SPEC_CNS_NS             0x00u /* struct upnvme_spec_id_ns */
#define UPNVME_SPEC_CNS_CTRLR          0x01u /* struct upnvme_spec_id_ctrl */
#define UPNVME_SPEC_CNS_ACTIVE_NS_LIST 0x02u /* struct upnvme_spec_ns_list */
#define UPNVME_SPEC_CNS_NS_ID_DESC_LIST \
	0x03u /* struct upnvme_spec_ns_id_desc, one after the other */
#define UPNVME_SPEC_CNS_NVM_SET_LIST             0x04u
#define UPNVME_SPEC_CNS_IOCS_NS                  0x05u /* CSI 00h: struct upnvme_spec_id_ns_nvm */
#define UPNVME_SPEC_CNS_IOCS_CTRLR               0x06u /* CSI 00h: struct upnvme_spec_id_ctrl_nvm */
#define UPNVME_SPEC_CNS_IOCS_ACTIVE_NS_LIST      0x07u /* struct upnvme_spec_ns_list */
#define UPNVME_SPEC_CNS_IOCS_INDEP_NS            0x08u /* struct upnvme_spec_id_ns_indep */
#define UPNVME_SPEC_CNS_NS_USER_DATA_FORMAT      0x09u /* of NVMe Base 2.1 */
#define UPNVME_SPEC_CNS_IOCS_NS_USER_DATA_FORMAT 0x0au /* of NVMe Base 2.1 */
#define UPNVME_SPEC_CNS_ALLOCATED_NS_LIST        0x10u /* struct upnvme_spec_ns_list */
#define UPNVME_SPEC_CNS_ALLOCATED_NS             0x11u /* struct upnvme_spec_id_ns */
#define UPNVME_SPEC_CNS_NS_CTRLR_LIST            0x12u /* struct upnvme_spec_ctrlr_list */
#define UPNVME_SPEC_CNS_CTRLR_LIST               0x13u /* struct upnvme_spec_ctrlr_list */
#define UPNVME_SPEC_CNS_PRIMARY_CTRLR_CAPS       0x14u
#define UPNVME_SPEC_CNS_SECONDARY_CTRLR_LIST     0x15u
#define UPNVME_SPEC_CNS_NS_GRANULARITY_LIST      0x16u
#define UPNVME_SPEC_CNS_UUID_LIST                0x17u
#define UPNVME_SPEC_CNS_DOMAIN_LIST              0x18u
#define UPNVME_SPEC_CNS_ENDURANCE_GROUP_LIST     0x19u
#define UPNVME_SPEC_CNS_IOCS_ALLOCATED_NS_LIST   0x1au /* struct upnvme_spec_ns_list */
#define UPNVME_SPEC_CNS_IOCS_ALLOCATED_NS        0x1bu
#define UPNVME_SPEC_CNS_IOCS_LIST \
	0x1cu /* struct upnvme_spec_iocs_list; wants CNTID: upnvme_admin */

#endif
