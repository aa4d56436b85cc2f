/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme/spec/cqe.h
 * The completion queue entry.
 *
 * NVMe Base 2.0c, 3.3.3.2.
 */
#ifndef UPNVME_SPEC_CQE_H
#define UPNVME_SPEC_CQE_H

#include "upnvme/types.h"

#define UPNVME_SPEC_CQE_BYTES 16u

/** Completion Queue Entry. NVMe Base 2.0c, 3.3.3.2 */
struct upnvme_spec_cqe {
	uint32_t dw0;  /**< 0: command specific: result of a feature, LBA of a Zone Append, ... */
	uint32_t dw1;  /**< 4: command specific */
	uint16_t sqhd; /**< 8: SQ Head Pointer: entries before it may be written anew */
	uint16_t sqid; /**< 10: SQ Identifier */
	uint16_t cid;  /**< 12: Command Identifier */
	/** 14: phase tag in bit 0, status field in bits 15:1: see UPNVME_SPEC_CQE_STATUS */
	uint16_t status;
};

/* The last word's two parts. NVMe Base 2.0c, 3.3.3.2 */
#define UPNVME_SPEC_CQE_PHASE(word)  UPNVME_CAST(uint16_t, (word)&1u)
#define UPNVME_SPEC_CQE_STATUS(word) UPNVME_CAST(uint16_t, UPNVME_CAST(uint16_t, word) >> 1)
#define UPNVME_SPEC_CQE_STATUS_WORD(status, phase) \
	UPNVME_CAST(uint16_t,                      \
		    (UPNVME_CAST(uint32_t, status) << 1) | (UPNVME_CAST(uint32_t, phase) & 1u))

#endif
