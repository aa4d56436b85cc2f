/* SPDX-License-Identifier: BSD-3-Clause */
#include "driver/registers.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/pause.h"
#include "driver/ctrlr.h"
#include "driver/quirks.h"
#include <upnvme/spec/regs.h>
#include "transport/transport.h"

int register_read32(struct upnvme_ctrlr *ctrlr, uint32_t offset, uint32_t *value)
{
	return ctrlr->transport->ops->read32(ctrlr->transport, offset, value);
}

int register_write32(struct upnvme_ctrlr *ctrlr, uint32_t offset, uint32_t value)
{
	return ctrlr->transport->ops->write32(ctrlr->transport, offset, value);
}

int register_read_halves(struct upnvme_ctrlr *ctrlr, uint32_t offset, uint64_t *value)
{
	uint32_t low, high = 0;
	int rc = register_read32(ctrlr, offset, &low);

	if (!rc)
		rc = register_read32(ctrlr, offset + 4, &high);
	if (!rc)
		*value = (uint64_t)high << 32 | low;
	return rc;
}

int register_read64(struct upnvme_ctrlr *ctrlr, uint32_t offset, uint64_t *value)
{
	if (ctrlr->quirks & QUIRK_HALVES)
		return register_read_halves(ctrlr, offset, value);
	return ctrlr->transport->ops->read64(ctrlr->transport, offset, value);
}

int register_write64(struct upnvme_ctrlr *ctrlr, uint32_t offset, uint64_t value)
{
	int rc;

	if (!(ctrlr->quirks & QUIRK_HALVES))
		return ctrlr->transport->ops->write64(ctrlr->transport, offset, value);
	rc = register_write32(ctrlr, offset, (uint32_t)value);
	return rc ? rc : register_write32(ctrlr, offset + 4, (uint32_t)(value >> 32));
}

int csts_error_gone(const struct upnvme_ctrlr *ctrlr)
{
	return error_set(
		-EIO, UPNVME_ERR_CTRLR_FATAL,
		"%s: the controller's registers read as all ones: the controller is gone, powered "
		"off, or not reachable over the bus",
		ctrlr->uri);
}

int csts_error_fatal(const struct upnvme_ctrlr *ctrlr, uint32_t csts)
{
	return error_set(
		-EIO, UPNVME_ERR_CTRLR_FATAL,
		"%s: the controller reports a fatal error (CSTS %08xh): reset it by a power cycle",
		ctrlr->uri, csts);
}

int csts_read(struct upnvme_ctrlr *ctrlr, uint32_t *csts)
{
	int rc = register_read32(ctrlr, UPNVME_SPEC_REG_CSTS, csts);

	if (!rc && *csts == UPNVME_SPEC_REG_ALL_ONES)
		rc = csts_error_gone(ctrlr);
	return rc;
}

int csts_wait(struct upnvme_ctrlr *ctrlr, uint32_t mask, uint32_t wanted, uint32_t timeout_ms,
	      bool fatal_is_fine)
{
	uint64_t deadline_ns = deadline_after(timeout_ms * NS_PER_MS);
	struct pause pause = { 0 };
	uint32_t csts;

	for (;;) {
		/* The clock is read first, so that the last look comes after the deadline. */
		bool late = deadline_passed(deadline_ns);
		int rc = csts_read(ctrlr, &csts);

		if (rc)
			return rc;
		if ((csts & mask) == wanted)
			return 0;
		if (UPNVME_SPEC_CSTS_CFS(csts) && !fatal_is_fine)
			return csts_error_fatal(ctrlr, csts);
		if (late)
			return error_set(
				-ETIMEDOUT, UPNVME_ERR_CTRLR_TIMEOUT,
				"%s: CSTS is still %08xh after %u ms, but (CSTS & %xh) should be "
				"%xh: the controller hangs: reset it by a power cycle",
				ctrlr->uri, csts, timeout_ms, mask, wanted);
		pause_next(&pause);
	}
}

int csts_wait_ready(struct upnvme_ctrlr *ctrlr, uint32_t rdy, bool fatal_is_fine)
{
	return csts_wait(ctrlr, UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CSTS_RDY, 1u),
			 UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CSTS_RDY, rdy), ctrlr->ready_timeout_ms,
			 fatal_is_fine);
}

int register_clear_enable(struct upnvme_ctrlr *ctrlr)
{
	uint32_t cc;
	int rc = register_read32(ctrlr, UPNVME_SPEC_REG_CC, &cc);

	if (rc)
		return rc;
	cc &= ~(UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CC_EN, 1u) |
		UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CC_SHN, UPNVME_SPEC_CC_SHN_MASK));
	rc = register_write32(ctrlr, UPNVME_SPEC_REG_CC, cc);
	if (!rc && ctrlr->quirks & QUIRK_DELAY_READY)
		pause_ms(QUIRK_DELAY_READY_MS);
	return rc;
}
