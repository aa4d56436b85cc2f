/* SPDX-License-Identifier: BSD-3-Clause */
#include "driver/bringdown.h"

#include <errno.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/util.h"
#include "driver/cmb.h"
#include "driver/ctrlr.h"
#include "driver/registers.h"
#include <upnvme/spec/regs.h>
#include "transport/transport.h"

#define SHUTDOWN_TIMEOUT_MAX_MS 60000u

static bool storage_waits(struct upnvme_ctrlr *ctrlr)
{
	const struct transport_ops *ops = ctrlr->transport->ops;

	return ops->waits && ops->waits(ctrlr->transport, 0);
}

/* Replaces the sentence of a time-out where the controller waits for its storage: the controller does not hang then. */
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
	int rc = csts_read(ctrlr, &csts);

	if (!rc)
		rc = register_clear_enable(ctrlr);
	if (!rc && storage_waits(ctrlr))
		timeout_ms = whole_ms(storage_ns);
	if (!rc)
		rc = csts_wait(ctrlr, UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CSTS_RDY, 1u), 0,
			       timeout_ms, true);
	if (rc)
		return check_storage(ctrlr, rc, timeout_ms);
	cmb_disable(ctrlr);
	return 0;
}

static bool is_gone(struct upnvme_ctrlr *ctrlr)
{
	uint32_t csts = 0;

	return csts_read(ctrlr, &csts) && csts == UPNVME_SPEC_REG_ALL_ONES;
}

bool bringdown_is_disabled(struct upnvme_ctrlr *ctrlr)
{
	uint32_t csts;

	if (csts_read(ctrlr, &csts))
		return false;
	/* The first write may not have reached the controller. */
	if (UPNVME_SPEC_CSTS_RDY(csts))
		(void)register_clear_enable(ctrlr);
	return !UPNVME_SPEC_CSTS_RDY(csts);
}

/* Isolates also a controller that is gone, since it may have lost its link only for a while. A controller that cannot
 * be isolated is kept off memory by being gone, except where the isolation itself failed to take effect (-EBUSY). */
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

int bringdown_disable(struct upnvme_ctrlr *ctrlr, uint64_t storage_ns)
{
	int rc = disable(ctrlr, storage_ns);
	struct upnvme_error why;

	if (!rc)
		return 0;
	why = *error_last();
	if (!is_kept_off(ctrlr))
		return error_set(rc, why.code, "%s", why.text);
	log_warn("%s could not be disabled, and is kept from accessing memory: %s", ctrlr->uri,
		 why.text);
	return 0;
}

/* RTD3 Entry Latency (NVMe Base 2.0c, 5.17.2.1) may be missing, and is too short where the cache is full: the wait is
 * at least `shutdown_least_ms`, 5 s as in Linux (shutdown_timeout). Storage behind a software controller is given as
 * long as an admin command. */
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
	int rc = register_read32(ctrlr, UPNVME_SPEC_REG_CC, &cc);

	if (rc)
		return rc;
	cc &= ~UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CC_SHN, UPNVME_SPEC_CC_SHN_MASK);
	cc |= UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CC_SHN, UPNVME_SPEC_CC_SHN_NORMAL);
	return register_write32(ctrlr, UPNVME_SPEC_REG_CC, cc);
}

/* A shutdown that is complete (CSTS.SHST) may have failed all the same (CSTS.CFS). */
static int check_fatal(struct upnvme_ctrlr *ctrlr)
{
	uint32_t csts;
	int rc = csts_read(ctrlr, &csts);

	if (rc)
		return rc;
	return UPNVME_SPEC_CSTS_CFS(csts) ? csts_error_fatal(ctrlr, csts) : 0;
}

static const char *trouble(struct upnvme_ctrlr *ctrlr)
{
	const struct transport_ops *ops = ctrlr->transport->ops;

	return ops->trouble ? ops->trouble(ctrlr->transport) : NULL;
}

int bringdown_shutdown(struct upnvme_ctrlr *ctrlr)
{
	int rc = write_shutdown(ctrlr);

	if (!rc)
		rc = csts_wait(ctrlr,
			       UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CSTS_SHST,
						     UPNVME_SPEC_CSTS_SHST_MASK),
			       UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CSTS_SHST,
						     UPNVME_SPEC_CSTS_SHST_COMPLETE),
			       shutdown_timeout_ms(ctrlr), false);
	if (!rc)
		rc = check_fatal(ctrlr);
	if (rc == -EIO && trouble(ctrlr))
		return error_set(rc, UPNVME_ERR_CTRLR_FATAL, "%s", trouble(ctrlr));
	return check_storage(ctrlr, rc, shutdown_timeout_ms(ctrlr));
}
