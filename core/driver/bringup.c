/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A controller's life through its registers, as a machine whose states each do one thing and name
 * the next.
 *
 * Everything that the controller says about itself is checked here before anything relies on it,
 * and every wait has a deadline: CAP.TO, or CRTO where there is one, within sane bounds (NVMe Base
 * 2.0c, 3.1.3.1 and 3.1.3.21).
 */
#include "driver/bringup.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/pause.h"
#include "base/util.h"
#include "driver/admin.h"
#include "driver/cmb.h"
#include "driver/command_sets.h"
#include "driver/ctrlr.h"
#include "driver/queue/qpair.h"
#include "driver/quirks.h"
#include "driver/watch.h"
#include "spec/regs.h"
#include "transport/transport.h"

/* Some controllers promise less than they need. CAP.TO has eight bits; where those are too few, CRTO says more. */
#define READY_TIMEOUT_MIN_MS    500u
#define SHUTDOWN_TIMEOUT_MAX_MS 60000u

enum state {
	STATE_CAPABILITIES,
	STATE_SETTLE,
	STATE_DISABLE,
	STATE_WAIT_DISABLED,
	STATE_MEMORY_BUFFER,
	STATE_CONNECT,
	STATE_ADMIN_QUEUE,
	STATE_ENABLE,
	STATE_WAIT_READY,
	STATE_READY,
};

/* --- registers
 * ------------------------------------------------------------------------------------ */

static int read32(struct upnvme_ctrlr *ctrlr, uint32_t offset, uint32_t *value)
{
	return ctrlr->transport->ops->read32(ctrlr->transport, offset, value);
}

static int write32(struct upnvme_ctrlr *ctrlr, uint32_t offset, uint32_t value)
{
	return ctrlr->transport->ops->write32(ctrlr->transport, offset, value);
}

static int read_halves(struct upnvme_ctrlr *ctrlr, uint32_t offset, uint64_t *value)
{
	uint32_t low, high = 0;
	int rc = read32(ctrlr, offset, &low);

	if (!rc)
		rc = read32(ctrlr, offset + 4, &high);
	if (!rc)
		*value = (uint64_t)high << 32 | low;
	return rc;
}

int bringup_read64(struct upnvme_ctrlr *ctrlr, uint32_t offset, uint64_t *value)
{
	if (ctrlr->quirks & QUIRK_HALVES)
		return read_halves(ctrlr, offset, value);
	return ctrlr->transport->ops->read64(ctrlr->transport, offset, value);
}

int bringup_write64(struct upnvme_ctrlr *ctrlr, uint32_t offset, uint64_t value)
{
	int rc;

	if (!(ctrlr->quirks & QUIRK_HALVES))
		return ctrlr->transport->ops->write64(ctrlr->transport, offset, value);
	rc = write32(ctrlr, offset, (uint32_t)value);
	return rc ? rc : write32(ctrlr, offset + 4, (uint32_t)(value >> 32));
}

static int error_gone(const struct upnvme_ctrlr *ctrlr)
{
	return error_set(
		-EIO, UPNVME_ERR_CTRLR_FATAL,
		"%s: its registers read as all ones: the controller is gone, powered off, or not "
		"reachable over the bus",
		ctrlr->uri);
}

static int error_fatal(const struct upnvme_ctrlr *ctrlr, uint32_t csts)
{
	return error_set(
		-EIO, UPNVME_ERR_CTRLR_FATAL,
		"%s: the controller reports a fatal error (CSTS %08xh): reset it by a power cycle",
		ctrlr->uri, csts);
}

int bringup_status(struct upnvme_ctrlr *ctrlr, uint32_t *csts)
{
	int rc = read32(ctrlr, NVME_REG_CSTS, csts);

	if (!rc && *csts == NVME_REG_ALL_ONES)
		rc = error_gone(ctrlr);
	return rc;
}

/* --- what the controller says about itself
 * -------------------------------------------------------- */

static int read_ready_timeout(struct upnvme_ctrlr *ctrlr)
{
	uint64_t units = NVME_CAP_TO(ctrlr->cap), ms;
	uint32_t crto = 0;
	int rc = 0;

	if (NVME_CAP_CRMS(ctrlr->cap) & NVME_CAP_CRMS_CRWMS)
		rc = read32(ctrlr, NVME_REG_CRTO, &crto);
	if (rc)
		return rc;
	ms = MAX(units, NVME_CRTO_CRWMT(crto)) * NVME_CAP_TO_UNIT_MS;
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
			"and this library speaks no other",
			ctrlr->uri, (unsigned)NVME_CAP_CSS(cap));
	if (NVME_CAP_MPSMIN(cap) > 0)
		return error_set(-ENOTSUP, UPNVME_ERR_CTRLR_UNSUPPORTED,
				 "%s: the controller wants memory pages of at least %llu bytes "
				 "(CAP.MPSMIN %u), this library uses %u",
				 ctrlr->uri,
				 (unsigned long long)NVME_MPS_BYTES(NVME_CAP_MPSMIN(cap)),
				 (unsigned)NVME_CAP_MPSMIN(cap), NVME_PAGE_BYTES);
	if (NVME_CAP_MQES(cap) < NVME_QUEUE_ENTRIES_MIN - 1)
		return error_set(
			-EIO, UPNVME_ERR_CTRLR_INVALID,
			"%s: the controller says that its queues have one entry (CAP.MQES 0), the "
			"specification asks for two at least: update its firmware",
			ctrlr->uri);
	return 0;
}

/* CAP does not change: a device that says something else in two halves does not take 64-bit accesses, or a bridge on
 * the way to it. */
static int check_halves(struct upnvme_ctrlr *ctrlr)
{
	uint64_t halves;
	int rc = read_halves(ctrlr, NVME_REG_CAP, &halves);

	if (rc || halves == ctrlr->cap || ctrlr->quirks_given)
		return rc;
	log_warn("%s: CAP reads as %llxh, and %llxh in halves: 64-bit registers are accessed in "
		 "halves",
		 ctrlr->uri, (unsigned long long)ctrlr->cap, (unsigned long long)halves);
	ctrlr->quirks |= QUIRK_HALVES;
	ctrlr->cap = halves;
	return 0;
}

static int do_capabilities(struct upnvme_ctrlr *ctrlr)
{
	int rc;

	if (ctrlr->quirks & QUIRK_DELAY_INIT)
		pause_ms(QUIRK_DELAY_INIT_MS);
	rc = bringup_read64(ctrlr, NVME_REG_CAP, &ctrlr->cap);
	if (!rc)
		rc = check_halves(ctrlr);
	if (!rc)
		rc = read32(ctrlr, NVME_REG_VS, &ctrlr->version);
	if (!rc && (ctrlr->cap == UINT64_MAX || ctrlr->version == NVME_REG_ALL_ONES))
		rc = error_gone(ctrlr);
	if (!rc)
		rc = check_capabilities(ctrlr);
	if (!rc)
		rc = read_ready_timeout(ctrlr);
	if (rc)
		return rc;
	ctrlr->limits.max_queue_entries = (uint32_t)NVME_CAP_MQES(ctrlr->cap) + 1;
	ctrlr->limits.dstrd = (uint32_t)NVME_CAP_DSTRD(ctrlr->cap);
	return STATE_SETTLE;
}

/* --- waiting
 * -------------------------------------------------------------------------------------- */

/* Until (CSTS & mask) is `wanted`. A fatal status ends it, where it is not `fatal_is_fine`. */
static int wait_status(struct upnvme_ctrlr *ctrlr, uint32_t mask, uint32_t wanted,
		       uint32_t timeout_ms, bool fatal_is_fine)
{
	uint64_t deadline_ns = deadline_after(timeout_ms * NS_PER_MS);
	struct pause pause = { 0 };
	uint32_t csts;

	for (;;) {
		bool late = deadline_passed(deadline_ns); /* before the last look */
		int rc = bringup_status(ctrlr, &csts);

		if (rc)
			return rc;
		if ((csts & mask) == wanted)
			return 0;
		if (NVME_CSTS_CFS(csts) && !fatal_is_fine)
			return error_fatal(ctrlr, csts);
		if (late)
			return error_set(
				-ETIMEDOUT, UPNVME_ERR_CTRLR_TIMEOUT,
				"%s: CSTS is still %08xh after %u ms, (CSTS & %xh) should be "
				"%xh: the controller hangs, reset it by a power cycle",
				ctrlr->uri, csts, timeout_ms, mask, wanted);
		pause_next(&pause);
	}
}

static int wait_ready(struct upnvme_ctrlr *ctrlr, uint32_t rdy, bool fatal_is_fine)
{
	return wait_status(ctrlr, NVME_FIELD_SET(NVME_CSTS_RDY, 1u),
			   NVME_FIELD_SET(NVME_CSTS_RDY, rdy), ctrlr->ready_timeout_ms,
			   fatal_is_fine);
}

/* --- the states
 * ----------------------------------------------------------------------------------- */

/*
 * Clearing CC.EN before CSTS.RDY is 1, or setting it before RDY is 0, has undefined results
 * (3.1.3.5): one that somebody left on the way comes to rest first. If it does not, disabling is
 * all that is left to try.
 */
static int do_settle(struct upnvme_ctrlr *ctrlr)
{
	uint32_t cc, csts;
	int rc = read32(ctrlr, NVME_REG_CC, &cc);

	if (!rc)
		rc = bringup_status(ctrlr, &csts);
	if (rc)
		return rc;
	if (!NVME_CC_EN(cc))
		return STATE_WAIT_DISABLED;
	if (!NVME_CSTS_RDY(csts) && !NVME_CSTS_CFS(csts) && wait_ready(ctrlr, 1, false))
		log_warn("%s: found enabled but never ready, disabling it", ctrlr->uri);
	return STATE_DISABLE;
}

static int write_disabled(struct upnvme_ctrlr *ctrlr)
{
	uint32_t cc;
	int rc = read32(ctrlr, NVME_REG_CC, &cc);

	if (rc)
		return rc;
	cc &= ~(NVME_FIELD_SET(NVME_CC_EN, 1u) | NVME_FIELD_SET(NVME_CC_SHN, NVME_CC_SHN_MASK));
	rc = write32(ctrlr, NVME_REG_CC, cc);
	if (!rc && ctrlr->quirks & QUIRK_DELAY_READY)
		pause_ms(QUIRK_DELAY_READY_MS);
	return rc;
}

static int do_disable(struct upnvme_ctrlr *ctrlr)
{
	int rc = write_disabled(ctrlr);

	return rc ? rc : STATE_WAIT_DISABLED;
}

static int do_wait_disabled(struct upnvme_ctrlr *ctrlr)
{
	int rc = wait_ready(ctrlr, 0, true);

	return rc ? rc : STATE_MEMORY_BUFFER;
}

static int do_memory_buffer(struct upnvme_ctrlr *ctrlr)
{
	int rc = cmb_find(ctrlr);

	return rc ? rc : STATE_CONNECT;
}

static int do_connect(struct upnvme_ctrlr *ctrlr)
{
	const struct transport_ops *ops = ctrlr->transport->ops;
	int rc = ops->connect ? ops->connect(ctrlr->transport) : 0;

	return rc ? rc : STATE_ADMIN_QUEUE;
}

static int do_admin_queue(struct upnvme_ctrlr *ctrlr)
{
	uint32_t entries = admin_entries(ctrlr);
	uint32_t aqa = NVME_FIELD_SET(NVME_AQA_ASQS, entries - 1) |
		       NVME_FIELD_SET(NVME_AQA_ACQS, entries - 1);
	int rc = admin_create(ctrlr);

	if (!rc)
		rc = write32(ctrlr, NVME_REG_AQA, aqa);
	if (!rc)
		rc = bringup_write64(ctrlr, NVME_REG_ASQ, qpair_sq_iova(admin_qpair(ctrlr)));
	if (!rc)
		rc = bringup_write64(ctrlr, NVME_REG_ACQ, qpair_cq_iova(admin_qpair(ctrlr)));
	return rc ? rc : STATE_ENABLE;
}

static int do_enable(struct upnvme_ctrlr *ctrlr)
{
	uint32_t cc = NVME_FIELD_SET(NVME_CC_EN, 1u) |
		      NVME_FIELD_SET(NVME_CC_CSS, command_sets_select(ctrlr->cap)) |
		      NVME_FIELD_SET(NVME_CC_MPS, 0u) |
		      NVME_FIELD_SET(NVME_CC_AMS, NVME_CC_AMS_RR) |
		      NVME_FIELD_SET(NVME_CC_IOSQES, NVME_CC_IOSQES_NVM) |
		      NVME_FIELD_SET(NVME_CC_IOCQES, NVME_CC_IOCQES_NVM);
	int rc = watch_begin(ctrlr);

	if (!rc)
		rc = write32(ctrlr, NVME_REG_CC, cc);
	return rc ? rc : STATE_WAIT_READY;
}

static int do_wait_ready(struct upnvme_ctrlr *ctrlr)
{
	int rc = wait_ready(ctrlr, 1, false);

	return rc ? rc : STATE_READY;
}

int bringup_enable(struct upnvme_ctrlr *ctrlr)
{
	static int (*const states[])(struct upnvme_ctrlr *) = {
		[STATE_CAPABILITIES] = do_capabilities,
		[STATE_SETTLE] = do_settle,
		[STATE_DISABLE] = do_disable,
		[STATE_WAIT_DISABLED] = do_wait_disabled,
		[STATE_MEMORY_BUFFER] = do_memory_buffer,
		[STATE_CONNECT] = do_connect,
		[STATE_ADMIN_QUEUE] = do_admin_queue,
		[STATE_ENABLE] = do_enable,
		[STATE_WAIT_READY] = do_wait_ready,
	};
	int state = STATE_CAPABILITIES;

	while (state >= 0 && state != STATE_READY)
		state = states[state](ctrlr);
	return state < 0 ? state : 0;
}

/* --- the way down
 * --------------------------------------------------------------------------------- */

static bool storage_waits(struct upnvme_ctrlr *ctrlr)
{
	const struct transport_ops *ops = ctrlr->transport->ops;

	return ops->waits && ops->waits(ctrlr->transport, 0);
}

/* It is storage that is late, and not the controller that hangs. The sentence is set already. */
static int check_storage(struct upnvme_ctrlr *ctrlr, int rc, uint32_t timeout_ms)
{
	if (rc != -ETIMEDOUT || !storage_waits(ctrlr))
		return rc;
	return error_set(rc, UPNVME_ERR_CTRLR_TIMEOUT, "its storage did not answer within %u ms",
			 timeout_ms);
}

static uint32_t whole_ms(uint64_t ns)
{
	return (uint32_t)MIN(ns / NS_PER_MS, UINT32_MAX);
}

static int disable(struct upnvme_ctrlr *ctrlr, uint64_t storage_ns)
{
	uint32_t timeout_ms = ctrlr->ready_timeout_ms;
	uint32_t csts;
	int rc = bringup_status(ctrlr, &csts);

	if (!rc)
		rc = write_disabled(ctrlr);
	if (!rc && storage_waits(ctrlr))
		timeout_ms = whole_ms(storage_ns);
	if (!rc)
		rc = wait_status(ctrlr, NVME_FIELD_SET(NVME_CSTS_RDY, 1u), 0, timeout_ms, true);
	if (rc)
		return check_storage(ctrlr, rc, timeout_ms);
	cmb_disable(ctrlr);
	return 0;
}

static bool is_gone(struct upnvme_ctrlr *ctrlr)
{
	uint32_t csts = 0;

	return bringup_status(ctrlr, &csts) && csts == NVME_REG_ALL_ONES;
}

bool bringup_is_disabled(struct upnvme_ctrlr *ctrlr)
{
	uint32_t csts;

	if (bringup_status(ctrlr, &csts))
		return false;
	if (NVME_CSTS_RDY(csts))
		(void)write_disabled(ctrlr); /* it may have been out of reach when it was told */
	return !NVME_CSTS_RDY(csts);
}

/* Also one that is gone: it may only have lost its link for a while. Where nothing can be switched off any more, it
 * counts that it is gone; not where something can, and does not obey. */
static bool is_kept_off(struct upnvme_ctrlr *ctrlr)
{
	const struct transport_ops *ops = ctrlr->transport->ops;
	int rc = ops->isolate ? ops->isolate(ctrlr->transport) : -ENOTSUP;

	if (!rc)
		return true;
	if (ops->isolate)
		log_warn("%s cannot be isolated: %s", ctrlr->uri, error_last()->text);
	return rc != -EBUSY && is_gone(ctrlr);
}

int bringup_disable(struct upnvme_ctrlr *ctrlr, uint64_t storage_ns)
{
	int rc = disable(ctrlr, storage_ns);
	struct upnvme_error why;

	if (!rc)
		return 0;
	why = *error_last();
	if (!is_kept_off(ctrlr))
		return error_set(rc, why.code, "%s", why.text);
	log_warn("%s, which could not be disabled, is kept off memory: %s", ctrlr->uri, why.text);
	return 0;
}

/* RTD3 Entry Latency (NVMe Base 2.0c, 5.17.2.1) may be missing, and is too short where the cache is full: Linux waits
 * for 5 s, too (shutdown_timeout). Storage behind a software controller is given as long as an admin command. */
static uint32_t shutdown_timeout_ms(const struct upnvme_ctrlr *ctrlr)
{
	uint32_t ms = ctrlr->id.rtd3e / 1000;

	if (ctrlr->transport->ops->waits)
		return whole_ms(ctrlr->admin_timeout_ns);
	return MIN(MAX(ms, ctrlr->shutdown_least_ms), SHUTDOWN_TIMEOUT_MAX_MS);
}

static int write_shutdown(struct upnvme_ctrlr *ctrlr)
{
	uint32_t cc;
	int rc = read32(ctrlr, NVME_REG_CC, &cc);

	if (rc)
		return rc;
	cc &= ~NVME_FIELD_SET(NVME_CC_SHN, NVME_CC_SHN_MASK);
	cc |= NVME_FIELD_SET(NVME_CC_SHN, NVME_CC_SHN_NORMAL);
	return write32(ctrlr, NVME_REG_CC, cc);
}

/* A shutdown that is complete may have failed all the same. */
static int check_fatal(struct upnvme_ctrlr *ctrlr)
{
	uint32_t csts;
	int rc = bringup_status(ctrlr, &csts);

	if (rc)
		return rc;
	return NVME_CSTS_CFS(csts) ? error_fatal(ctrlr, csts) : 0;
}

static const char *trouble(struct upnvme_ctrlr *ctrlr)
{
	const struct transport_ops *ops = ctrlr->transport->ops;

	return ops->trouble ? ops->trouble(ctrlr->transport) : NULL;
}

int bringup_shutdown(struct upnvme_ctrlr *ctrlr)
{
	int rc = write_shutdown(ctrlr);

	if (!rc)
		rc = wait_status(ctrlr, NVME_FIELD_SET(NVME_CSTS_SHST, NVME_CSTS_SHST_MASK),
				 NVME_FIELD_SET(NVME_CSTS_SHST, NVME_CSTS_SHST_COMPLETE),
				 shutdown_timeout_ms(ctrlr), false);
	if (!rc)
		rc = check_fatal(ctrlr);
	if (rc == -EIO && trouble(ctrlr))
		return error_set(rc, UPNVME_ERR_CTRLR_FATAL, "%s", trouble(ctrlr));
	return check_storage(ctrlr, rc, shutdown_timeout_ms(ctrlr));
}
