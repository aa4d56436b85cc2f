/* SPDX-License-Identifier: BSD-3-Clause */
/* The look at CSTS (NVMe Base 2.0c, 3.1.3.6). It needs no lock, so that an I/O path may make it,
 * rarely: over PCIe it takes about a microsecond. */
#include "driver/watch.h"

#include "driver/activation.h"
#include "driver/bringup.h"
#include "driver/ctrlr.h"
#include "spec/regs.h"

bool watch_alive(struct upnvme_ctrlr *ctrlr)
{
	uint32_t csts;

	if (atomic_load(&ctrlr->failed))
		return false;
	if (bringup_status(ctrlr, &csts))
		ctrlr_fail(ctrlr, "its registers cannot be read: it is gone");
	else if (NVME_CSTS_CFS(csts))
		ctrlr_fail(ctrlr, "it reports a fatal error (CSTS.CFS)");
	else if (!NVME_CSTS_RDY(csts))
		ctrlr_fail(ctrlr, "it is not ready any more (CSTS.RDY): something has reset it");
	else
		activation_note(ctrlr, csts);
	return !atomic_load(&ctrlr->failed);
}
