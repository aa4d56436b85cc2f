/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The completion queue entry.
 *
 * NVMe Base 2.0c, 3.3.3.2.
 */
#ifndef UPNVME_SPEC_CQE_H
#define UPNVME_SPEC_CQE_H

#include <stddef.h>
#include <stdint.h>

#define NVME_CQE_BYTES 16u

struct nvme_cqe {
	uint32_t dw0; /* command specific */
	uint32_t dw1; /* command specific */
	uint16_t sqhd;
	uint16_t sqid;
	uint16_t cid;
	uint16_t status; /* bit 0 is the phase tag, bits 15:1 the status field */
};

_Static_assert(sizeof(struct nvme_cqe) == NVME_CQE_BYTES, "completion queue entry");
_Static_assert(offsetof(struct nvme_cqe, dw0) == 0, "completion queue entry");
_Static_assert(offsetof(struct nvme_cqe, dw1) == 4, "completion queue entry");
_Static_assert(offsetof(struct nvme_cqe, sqhd) == 8, "completion queue entry");
_Static_assert(offsetof(struct nvme_cqe, sqid) == 10, "completion queue entry");
_Static_assert(offsetof(struct nvme_cqe, cid) == 12, "completion queue entry");
_Static_assert(offsetof(struct nvme_cqe, status) == 14, "completion queue entry");

/* The last word's two parts. NVMe Base 2.0c, 3.3.3.2 */
#define NVME_CQE_PHASE(word)  ((uint16_t)((word)&1u))
#define NVME_CQE_STATUS(word) ((uint16_t)((uint16_t)(word) >> 1))
#define NVME_CQE_STATUS_WORD(status, phase) \
	((uint16_t)(((unsigned int)(status) << 1) | ((unsigned int)(phase)&1u)))

#endif
