/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme/spec/identify_list.h
 * The lists that Identify returns: namespaces, controllers, identifiers of a namespace, command
 * sets.
 */
#ifndef UPNVME_SPEC_IDENTIFY_LIST_H
#define UPNVME_SPEC_IDENTIFY_LIST_H

#include <stdint.h>

#define UPNVME_SPEC_NS_LIST_ENTRIES 1024u

/**
 * Namespace List: CNS 02h, 07h, 10h and 1Ah, and the log of changed namespaces. NVMe Base 2.0c,
 * 4.4.2
 */
struct upnvme_spec_ns_list {
	/** 0: identifiers, ascending; 0 ends them, but not a full list */
	uint32_t nsid[UPNVME_SPEC_NS_LIST_ENTRIES];
};

#define UPNVME_SPEC_CTRLR_LIST_ENTRIES 2047u

/** Controller List, CNS 12h and 13h. NVMe Base 2.0c, 4.4.1 */
struct upnvme_spec_ctrlr_list {
	uint16_t nids; /**< 0: Number of Identifiers: to be bounded before use */
	/** 2: controller identifiers, ascending */
	uint16_t cntlid[UPNVME_SPEC_CTRLR_LIST_ENTRIES];
};

/**
 * Namespace Identification Descriptor, the head of an entry of the list of CNS 03h; `nidl` bytes of
 * the identifier follow it, and then the next head. NVMe Base 2.0c, 5.17.2.3, Figure 277
 */
struct upnvme_spec_ns_id_desc {
	uint8_t nidt; /**< 0: Namespace Identifier Type: UPNVME_SPEC_NIDT_... */
	/** 1: Namespace Identifier Length: bytes of the identifier that follows; 0 ends the list */
	uint8_t nidl;
	uint8_t rsvd2[2]; /**< 2: reserved */
};

#define UPNVME_SPEC_NIDT_EUI64 0x1u
#define UPNVME_SPEC_NIDT_NGUID 0x2u
#define UPNVME_SPEC_NIDT_UUID  0x3u
#define UPNVME_SPEC_NIDT_CSI   0x4u

#define UPNVME_SPEC_NIDL_EUI64 8u
#define UPNVME_SPEC_NIDL_NGUID 16u
#define UPNVME_SPEC_NIDL_UUID  16u
#define UPNVME_SPEC_NIDL_CSI   1u

#define UPNVME_SPEC_IOCS_LIST_ENTRIES 512u

/**
 * Identify I/O Command Set, CNS 1Ch: combinations, bit n of each is CSI n. NVMe Base 2.0c,
 * Figures 289 and 290
 */
struct upnvme_spec_iocs_list {
	/** 0: combinations of command sets: UPNVME_SPEC_IOCS_VECTOR_... */
	uint64_t vector[UPNVME_SPEC_IOCS_LIST_ENTRIES];
};

#define UPNVME_SPEC_IOCS_VECTOR_NVM       (UINT64_C(1) << 0)
#define UPNVME_SPEC_IOCS_VECTOR_KEY_VALUE (UINT64_C(1) << 1)
#define UPNVME_SPEC_IOCS_VECTOR_ZONED     (UINT64_C(1) << 2)

#endif
