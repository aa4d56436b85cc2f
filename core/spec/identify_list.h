/* SPDX-License-Identifier: BSD-3-Clause */
/* The lists that Identify returns: namespaces, controllers, identifiers of a namespace, command sets. */
#ifndef UPNVME_SPEC_IDENTIFY_LIST_H
#define UPNVME_SPEC_IDENTIFY_LIST_H

#include <stdint.h>

#include "spec/layout.h"

/* Active, allocated and command set specific lists, ascending, 0 ends. NVMe Base 2.0c, 4.4.2 */
#define NVME_NS_LIST_ENTRIES 1024u

struct nvme_ns_list {
	uint32_t nsid[NVME_NS_LIST_ENTRIES];
};

NVME_ASSERT_SIZE(nvme_ns_list, 4096);
NVME_ASSERT_OFFSET(nvme_ns_list, nsid, 0);

/* Controller List, ascending. NVMe Base 2.0c, 4.4.1 */
#define NVME_CTRLR_LIST_ENTRIES 2047u

struct nvme_ctrlr_list {
	uint16_t nids;
	uint16_t cntlid[NVME_CTRLR_LIST_ENTRIES];
};

NVME_ASSERT_SIZE(nvme_ctrlr_list, 4096);
NVME_ASSERT_OFFSET(nvme_ctrlr_list, nids, 0);
NVME_ASSERT_OFFSET(nvme_ctrlr_list, cntlid, 2);

/*
 * Namespace Identification Descriptor, CNS 03h; nidl 0 ends the list. NVMe Base 2.0c, 5.17.2.3,
 * Figure 277
 */
struct nvme_ns_id_desc {
	uint8_t nidt;
	uint8_t nidl; /* bytes of nid */
	uint8_t rsvd2[2];
	uint8_t nid[];
};

NVME_ASSERT_SIZE(nvme_ns_id_desc, 4);
NVME_ASSERT_OFFSET(nvme_ns_id_desc, nidt, 0);
NVME_ASSERT_OFFSET(nvme_ns_id_desc, nidl, 1);
NVME_ASSERT_OFFSET(nvme_ns_id_desc, nid, 4);

#define NVME_NIDT_EUI64 0x1u
#define NVME_NIDT_NGUID 0x2u
#define NVME_NIDT_UUID  0x3u
#define NVME_NIDT_CSI   0x4u

#define NVME_NIDL_EUI64 8u
#define NVME_NIDL_NGUID 16u
#define NVME_NIDL_UUID  16u
#define NVME_NIDL_CSI   1u

/*
 * Identify I/O Command Set, CNS 1Ch: combinations, bit n of each is CSI n. NVMe Base 2.0c,
 * Figures 289 and 290
 */
#define NVME_IOCS_LIST_ENTRIES 512u

struct nvme_iocs_list {
	uint64_t vector[NVME_IOCS_LIST_ENTRIES];
};

NVME_ASSERT_SIZE(nvme_iocs_list, 4096);
NVME_ASSERT_OFFSET(nvme_iocs_list, vector, 0);

#define NVME_IOCS_VECTOR_NVM       (UINT64_C(1) << 0)
#define NVME_IOCS_VECTOR_KEY_VALUE (UINT64_C(1) << 1)
#define NVME_IOCS_VECTOR_ZONED     (UINT64_C(1) << 2)

#endif
