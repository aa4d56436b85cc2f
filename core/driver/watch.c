/* SPDX-License-Identifier: BSD-3-Clause */
/* The look at the controller: at the transport's notices of its loss, and at CSTS and CC (NVMe Base 2.0c, 3.1.3.6 and
 * 3.1.3.5). The look needs no lock, so that an I/O path may make it, rarely: over PCIe it takes about two
 * microseconds. */
#include "driver/watch.h"

#include "base/log.h"
#include "driver/activation.h"
#include "driver/ctrlr.h"
#include "driver/registers.h"
#include <upnvme/spec/regs.h>
#include "transport/transport.h"

#define NSSRO UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CSTS_NSSRO, 1u)

/* CSTS.NSSRO stays set from the last subsystem reset on until 1 is written to it (3.1.3.6). The bit is of no use where
 * it cannot be cleared, or without CAP.NSSRS. */
int watch_begin(struct upnvme_ctrlr *ctrlr)
{
	uint32_t csts = 0;
	int rc = csts_read(ctrlr, &csts);

	ctrlr->tells_subsystem_reset = UPNVME_SPEC_CAP_NSSRS(ctrlr->cap);
	if (rc || !ctrlr->tells_subsystem_reset || !(csts & NSSRO))
		return rc;
	rc = register_write32(ctrlr, UPNVME_SPEC_REG_CSTS, NSSRO);
	if (!rc)
		rc = csts_read(ctrlr, &csts);
	if (!rc && csts & NSSRO) {
		ctrlr->tells_subsystem_reset = false;
		log_warn(
			"%s: CSTS.NSSRO cannot be cleared: a reset of the NVM subsystem is noticed "
			"by its effects only",
			ctrlr->uri);
	}
	return rc;
}

static bool ctrlr_is_enabled(struct upnvme_ctrlr *ctrlr)
{
	uint32_t cc = 0;
	int rc = register_read32(ctrlr, UPNVME_SPEC_REG_CC, &cc);

	return !rc && UPNVME_SPEC_CC_EN(cc);
}

/* The reason to give the controller up, or null. */
static const char *find_trouble(struct upnvme_ctrlr *ctrlr, uint32_t *csts)
{
	const struct transport_ops *ops = ctrlr->transport->ops;
	const char *lost = ops->lost ? ops->lost(ctrlr->transport) : NULL;

	if (lost)
		return lost;
	if (csts_read(ctrlr, csts))
		return "its registers cannot be read: it is gone";
	if (UPNVME_SPEC_CSTS_CFS(*csts))
		return "it reports a fatal error (CSTS.CFS)";
	if (ctrlr->tells_subsystem_reset && UPNVME_SPEC_CSTS_NSSRO(*csts))
		return "its NVM subsystem was reset (CSTS.NSSRO)";
	if (!UPNVME_SPEC_CSTS_RDY(*csts))
		return "it is not ready any more (CSTS.RDY): something has reset it";
	if (!ctrlr_is_enabled(ctrlr))
		return "it is not enabled any more (CC.EN): something has reset it";
	return NULL;
}

bool watch_alive(struct upnvme_ctrlr *ctrlr)
{
	uint32_t csts = 0;
	const char *why;

	if (atomic_load(&ctrlr->failed))
		return false;
	why = find_trouble(ctrlr, &csts);
	if (why)
		ctrlr_fail(ctrlr, why);
	else
		activation_note(ctrlr, csts);
	return !atomic_load(&ctrlr->failed);
}
