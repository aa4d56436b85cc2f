/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme/spec/data_ptr.h
 * The data pointer of a command: PRP entries and SGL descriptors.
 *
 * NVMe Base 2.0c, 4.1.1 (PRP) and 4.1.2 (SGL).
 */
#ifndef UPNVME_SPEC_DATA_PTR_H
#define UPNVME_SPEC_DATA_PTR_H

#include "upnvme/types.h"

/*
 * PRP entries are 64-bit addresses. NVMe Base 2.0c, 4.1.1, with pages of CC.MPS:
 * - PRP1 may have an offset into its page, a multiple of 4 bytes;
 * - data that ends in PRP1's page has no PRP2; data that ends in the next page has PRP2 = that
 *   page, offset 0;
 * - data that goes further has PRP2 = address of a PRP list, a multiple of 8 bytes;
 * - entries of a list have offset 0; when more entries are needed than fit up to the end of the
 *   list's page, the page's last entry is the address of the next list, which begins at offset 0
 *   of a page.
 */
#define UPNVME_SPEC_PRP_ENTRY_BYTES 8u
#define UPNVME_SPEC_PRP1_ALIGN      4u /* of PRP1 in its page */
#define UPNVME_SPEC_PRP_LIST_ALIGN  8u /* of the first list's address */

/* SGL identifier byte: type in bits 7:4, subtype in bits 3:0. NVMe Base 2.0c, 4.1.2 */
#define UPNVME_SPEC_SGL_TYPE_DATA_BLOCK           0x0u
#define UPNVME_SPEC_SGL_TYPE_BIT_BUCKET           0x1u
#define UPNVME_SPEC_SGL_TYPE_SEGMENT              0x2u
#define UPNVME_SPEC_SGL_TYPE_LAST_SEGMENT         0x3u
#define UPNVME_SPEC_SGL_TYPE_KEYED_DATA_BLOCK     0x4u
#define UPNVME_SPEC_SGL_TYPE_TRANSPORT_DATA_BLOCK 0x5u
#define UPNVME_SPEC_SGL_TYPE_VENDOR               0xfu

#define UPNVME_SPEC_SGL_SUBTYPE_ADDRESS 0x0u /* the address field is an address */
#define UPNVME_SPEC_SGL_SUBTYPE_OFFSET \
	0x1u /* the address is an offset into the capsule or the data */
#define UPNVME_SPEC_SGL_SUBTYPE_TRANSPORT 0xau /* Ah to Fh belong to the transport */

#define UPNVME_SPEC_SGL_ID(type, subtype) UPNVME_CAST(uint8_t, ((type) << 4) | (subtype))
#define UPNVME_SPEC_SGL_ID_TYPE(id)       (UPNVME_CAST(uint32_t, id) >> 4)
#define UPNVME_SPEC_SGL_ID_SUBTYPE(id)    (UPNVME_CAST(uint32_t, id) & 0xfu)

/**
 * SGL descriptor: every one but the keyed ones. Bit buckets have no address: what a read would put
 * there is dropped. Segment descriptors name further descriptors, their length is a multiple of
 * 16. NVMe Base 2.0c, 4.1.2.1
 */
struct upnvme_spec_sgl_desc {
	uint64_t address;  /**< 0: address, or offset, as the subtype tells */
	uint32_t length;   /**< 8: bytes */
	uint8_t rsvd12[3]; /**< 12: reserved */
	uint8_t id;        /**< 15: SGL identifier: UPNVME_SPEC_SGL_ID() */
};

/** Keyed SGL Data Block, for RDMA. NVMe Base 2.0c, 4.1.2.1 */
struct upnvme_spec_sgl_keyed_desc {
	uint64_t address;  /**< 0: address */
	uint8_t length[3]; /**< 8: bytes, little-endian */
	uint8_t key[4];    /**< 11: RDMA key, little-endian */
	uint8_t id;        /**< 15: SGL identifier: UPNVME_SPEC_SGL_ID() */
};

#endif
