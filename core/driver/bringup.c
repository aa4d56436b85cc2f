/* SPDX-License-Identifier: BSD-3-Clause */
/* The way up, as a state machine: each state does one thing and names the next state. Every wait has a deadline. */
#include "driver/bringup.h"

#include "base/log.h"
#include "driver/admin.h"
#include "driver/capabilities.h"
#include "driver/cmb.h"
#include "driver/command_sets.h"
#include "driver/ctrlr.h"
#include "driver/queue/qpair.h"
#include "driver/registers.h"
#include "driver/watch.h"
#include <upnvme/spec/regs.h>
#include "transport/transport.h"

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

static int do_capabilities(struct upnvme_ctrlr *ctrlr)
{
	int rc = capabilities_read(ctrlr);

	return rc ? rc : STATE_SETTLE;
}

/*
 * Clearing CC.EN before CSTS.RDY is 1, or setting it before RDY is 0, has undefined results
 * (NVMe Base 2.0c, 3.1.3.5). So this state waits first for a controller that a former user left between the two. A
 * controller that does not become ready is disabled all the same.
 */
static int do_settle(struct upnvme_ctrlr *ctrlr)
{
	uint32_t cc, csts;
	int rc = register_read32(ctrlr, UPNVME_SPEC_REG_CC, &cc);

	if (!rc)
		rc = csts_read(ctrlr, &csts);
	if (rc)
		return rc;
	if (!UPNVME_SPEC_CC_EN(cc))
		return STATE_WAIT_DISABLED;
	if (!UPNVME_SPEC_CSTS_RDY(csts) && !UPNVME_SPEC_CSTS_CFS(csts) &&
	    csts_wait_ready(ctrlr, 1, false))
		log_warn("%s: found enabled but never ready, disabling it", ctrlr->uri);
	return STATE_DISABLE;
}

static int do_disable(struct upnvme_ctrlr *ctrlr)
{
	int rc = register_clear_enable(ctrlr);

	return rc ? rc : STATE_WAIT_DISABLED;
}

static int do_wait_disabled(struct upnvme_ctrlr *ctrlr)
{
	int rc = csts_wait_ready(ctrlr, 0, true);

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
	uint32_t aqa = UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_AQA_ASQS, entries - 1) |
		       UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_AQA_ACQS, entries - 1);
	int rc = admin_create(ctrlr);

	if (!rc)
		rc = register_write32(ctrlr, UPNVME_SPEC_REG_AQA, aqa);
	if (!rc)
		rc = register_write64(ctrlr, UPNVME_SPEC_REG_ASQ,
				      qpair_sq_iova(admin_qpair(ctrlr)));
	if (!rc)
		rc = register_write64(ctrlr, UPNVME_SPEC_REG_ACQ,
				      qpair_cq_iova(admin_qpair(ctrlr)));
	return rc ? rc : STATE_ENABLE;
}

static int do_enable(struct upnvme_ctrlr *ctrlr)
{
	uint32_t cc = UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CC_EN, 1u) |
		      UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CC_CSS, command_sets_select(ctrlr->cap)) |
		      UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CC_MPS, 0u) |
		      UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CC_AMS, UPNVME_SPEC_CC_AMS_RR) |
		      UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CC_IOSQES, UPNVME_SPEC_CC_IOSQES_NVM) |
		      UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CC_IOCQES, UPNVME_SPEC_CC_IOCQES_NVM);
	int rc = watch_begin(ctrlr);

	if (!rc)
		rc = register_write32(ctrlr, UPNVME_SPEC_REG_CC, cc);
	return rc ? rc : STATE_WAIT_READY;
}

static int do_wait_ready(struct upnvme_ctrlr *ctrlr)
{
	int rc = csts_wait_ready(ctrlr, 1, false);

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
