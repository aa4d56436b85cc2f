/* SPDX-License-Identifier: BSD-3-Clause */
/* Capabilities (NVMe Base 2.0c, 3.1.3.1 and 3.1.3.21): checked here before anything relies on them. */
#include "driver/capabilities.h"

#include <errno.h>

#include "base/error.h"
#include "base/log.h"
#include "base/pause.h"
#include "base/util.h"
#include "driver/command_sets.h"
#include "driver/ctrlr.h"
#include "driver/quirks.h"
#include "driver/registers.h"
#include <upnvme/spec/regs.h>

/* The least wait for a controller: some controllers promise less time than they need. */
#define READY_TIMEOUT_MIN_MS 500u

/* CAP.TO has eight bits; CRTO.CRWMT has the time where these are too few (3.1.3.21). */
static int read_ready_timeout(struct upnvme_ctrlr *ctrlr)
{
	uint64_t units = UPNVME_SPEC_CAP_TO(ctrlr->cap), ms;
	uint32_t crto = 0;
	int rc = 0;

	if (UPNVME_SPEC_CAP_CRMS(ctrlr->cap) & UPNVME_SPEC_CAP_CRMS_CRWMS)
		rc = register_read32(ctrlr, UPNVME_SPEC_REG_CRTO, &crto);
	if (rc)
		return rc;
	ms = MAX(units, UPNVME_SPEC_CRTO_CRWMT(crto)) * UPNVME_SPEC_CAP_TO_UNIT_MS;
	ctrlr->ready_timeout_ms = (uint32_t)MAX(ms, READY_TIMEOUT_MIN_MS);
	return 0;
}

static int check_capabilities(const struct upnvme_ctrlr *ctrlr)
{
	uint64_t cap = ctrlr->cap;

	if (!command_sets_are_known(cap))
		return error_set(
			-ENOTSUP, UPNVME_ERR_CTRLR_UNSUPPORTED,
			"%s: the controller does not offer the NVM command set (CAP.CSS %02xh), "
			"and this library uses no other",
			ctrlr->uri, (unsigned)UPNVME_SPEC_CAP_CSS(cap));
	if (UPNVME_SPEC_CAP_MPSMIN(cap) > 0)
		return error_set(
			-ENOTSUP, UPNVME_ERR_CTRLR_UNSUPPORTED,
			"%s: the controller wants memory pages of at least %llu bytes "
			"(CAP.MPSMIN %u), this library uses %u",
			ctrlr->uri,
			(unsigned long long)UPNVME_SPEC_MPS_BYTES(UPNVME_SPEC_CAP_MPSMIN(cap)),
			(unsigned)UPNVME_SPEC_CAP_MPSMIN(cap), NVME_PAGE_BYTES);
	if (UPNVME_SPEC_CAP_MQES(cap) < UPNVME_SPEC_QUEUE_ENTRIES_MIN - 1)
		return error_set(
			-EIO, UPNVME_ERR_CTRLR_INVALID,
			"%s: the controller says that its queues have one entry (CAP.MQES 0), but "
			"the specification asks for two at least: update the controller's firmware",
			ctrlr->uri);
	return 0;
}

/* CAP does not change: where it reads otherwise in two halves, the device, or a bridge on the way to the device, does
 * not take 64-bit accesses. */
static int check_halves(struct upnvme_ctrlr *ctrlr)
{
	uint64_t halves;
	int rc = register_read_halves(ctrlr, UPNVME_SPEC_REG_CAP, &halves);

	if (rc || halves == ctrlr->cap || ctrlr->quirks_given)
		return rc;
	log_warn("%s: CAP reads as %llxh, and %llxh in halves: 64-bit registers are accessed in "
		 "halves",
		 ctrlr->uri, (unsigned long long)ctrlr->cap, (unsigned long long)halves);
	ctrlr->quirks |= QUIRK_HALVES;
	ctrlr->cap = halves;
	return 0;
}

int capabilities_read(struct upnvme_ctrlr *ctrlr)
{
	int rc;

	if (ctrlr->quirks & QUIRK_DELAY_INIT)
		pause_ms(QUIRK_DELAY_INIT_MS);
	rc = register_read64(ctrlr, UPNVME_SPEC_REG_CAP, &ctrlr->cap);
	if (!rc)
		rc = check_halves(ctrlr);
	if (!rc)
		rc = register_read32(ctrlr, UPNVME_SPEC_REG_VS, &ctrlr->version);
	if (!rc && (ctrlr->cap == UINT64_MAX || ctrlr->version == UPNVME_SPEC_REG_ALL_ONES))
		rc = csts_error_gone(ctrlr);
	if (!rc)
		rc = check_capabilities(ctrlr);
	if (!rc)
		rc = read_ready_timeout(ctrlr);
	if (rc)
		return rc;
	ctrlr->limits.max_queue_entries = (uint32_t)UPNVME_SPEC_CAP_MQES(ctrlr->cap) + 1;
	ctrlr->limits.dstrd = (uint32_t)UPNVME_SPEC_CAP_DSTRD(ctrlr->cap);
	return 0;
}
