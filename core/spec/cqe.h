/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The completion queue entry.
 *
 * NVMe Base 2.0c, 3.3.3.2.
 */
#ifndef UPNVME_SPEC_CQE_H
#define UPNVME_SPEC_CQE_H

#include <stdint.h>

#include "spec/layout.h"

#define NVME_CQE_BYTES 16u

struct nvme_cqe {
	uint32_t dw0; /* command specific */
	uint32_t dw1; /* command specific */
	uint16_t sqhd;
	uint16_t sqid;
	uint16_t cid;
	uint16_t status; /* bit 0 is the phase tag, bits 15:1 the status field */
};

NVME_ASSERT_SIZE(nvme_cqe, NVME_CQE_BYTES);
NVME_ASSERT_OFFSET(nvme_cqe, dw0, 0);
NVME_ASSERT_OFFSET(nvme_cqe, dw1, 4);
NVME_ASSERT_OFFSET(nvme_cqe, sqhd, 8);
NVME_ASSERT_OFFSET(nvme_cqe, sqid, 10);
NVME_ASSERT_OFFSET(nvme_cqe, cid, 12);
NVME_ASSERT_OFFSET(nvme_cqe, status, 14);

/* The last word's two parts. NVMe Base 2.0c, 3.3.3.2 */
#define NVME_CQE_PHASE(word)  ((uint16_t)((word)&1u))
#define NVME_CQE_STATUS(word) ((uint16_t)((uint16_t)(word) >> 1))
#define NVME_CQE_STATUS_WORD(status, phase) \
	((uint16_t)(((unsigned int)(status) << 1) | ((unsigned int)(phase)&1u)))

#endif
