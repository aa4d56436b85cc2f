/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands that work on all of the medium, or on the controller's own firmware, have more time than others: as much as
 * the device says, where it says it. */
#include "driver/command_timeout.h"

#include <stddef.h>

#include "base/clock.h"
#include "base/util.h"
#include "driver/commands/admin.h"
#include "driver/ctrlr.h"
#include "driver/log_pages.h"
#include <upnvme/spec/command.h>
#include <upnvme/spec/log_page.h>
#include <upnvme/spec/sqe.h>

/* Times for devices that give none; the specification has no such field for Format NVM. */
#define MEDIUM_NS   (3600 * NS_PER_S)
#define DOWNLOAD_NS (60 * NS_PER_S)
#define COMMIT_NS   (120 * NS_PER_S)

/* The sanitize log page without its reserved bytes: a poll may need the page, and the stack of a poll is bounded. */
struct estimates {
	uint32_t words[offsetof(struct upnvme_spec_sanitize_log, rsvd32) / sizeof(uint32_t)];
};

#define ESTIMATE(log, field) \
	((log)->words[offsetof(struct upnvme_spec_sanitize_log, field) / sizeof(uint32_t)])

/* The estimate of the log page (NVMe Base 2.0c, 5.16.1.25): seconds, or all ones for none. */
static uint32_t estimate_of(const struct estimates *log, uint32_t cdw10)
{
	bool keeps = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_SANITIZE_NDAS, cdw10);

	switch (UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_SANITIZE_SANACT, cdw10)) {
	case UPNVME_SPEC_SANITIZE_BLOCK_ERASE:
		return keeps ? ESTIMATE(log, etbenmm) : ESTIMATE(log, etbe);
	case UPNVME_SPEC_SANITIZE_OVERWRITE:
		return keeps ? ESTIMATE(log, etodmm) : ESTIMATE(log, eto);
	case UPNVME_SPEC_SANITIZE_CRYPTO_ERASE:
		return keeps ? ESTIMATE(log, etcenmm) : ESTIMATE(log, etce);
	default:
		return UPNVME_SPEC_SANITIZE_NOT_REPORTED;
	}
}

uint64_t format_ns(struct upnvme_ctrlr *ctrlr, const struct upnvme_spec_sqe *sqe)
{
	(void)ctrlr;
	(void)sqe;
	return MEDIUM_NS;
}

/* The command Sanitize should end at once, while its work goes on in the background; not all controllers do so. */
uint64_t sanitize_ns(struct upnvme_ctrlr *ctrlr, const struct upnvme_spec_sqe *sqe)
{
	struct estimates log;
	struct log_range range = { .nsid = UPNVME_SPEC_NSID_BROADCAST,
				   .lid = UPNVME_SPEC_LOG_SANITIZE_STATUS,
				   .data = &log,
				   .bytes = sizeof(log) };
	uint32_t seconds;

	if (!ctrlr->id.sanicap || log_page_peek(ctrlr, &range))
		return MEDIUM_NS;
	seconds = estimate_of(&log, sqe->cdw10);
	return seconds == UPNVME_SPEC_SANITIZE_NOT_REPORTED ? MEDIUM_NS : seconds * NS_PER_S;
}

uint64_t firmware_download_ns(struct upnvme_ctrlr *ctrlr, const struct upnvme_spec_sqe *sqe)
{
	(void)ctrlr;
	(void)sqe;
	return DOWNLOAD_NS;
}

/* An activation without a reset takes up to MTFA (5.12). */
uint64_t firmware_commit_ns(struct upnvme_ctrlr *ctrlr, const struct upnvme_spec_sqe *sqe)
{
	(void)sqe;
	return MAX(ctrlr->id.mtfa * UPNVME_SPEC_MTFA_UNIT_MS * NS_PER_MS, COMMIT_NS);
}

uint64_t command_timeout_ns(struct upnvme_ctrlr *ctrlr, const struct upnvme_spec_sqe *sqe)
{
	const struct admin_kind *kind = admin_kind(sqe->opcode);

	return ns_add(kind->work_ns ? kind->work_ns(ctrlr, sqe) : 0, ctrlr->admin_timeout_ns);
}
