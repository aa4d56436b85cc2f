/* SPDX-License-Identifier: BSD-3-Clause */
/* Registers and an admin queue under a test's control. */
#include "support/fake_transport.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/util.h"
#include "env/env.h"
#include "mem/domain.h"

static struct fake_transport *fake_of(struct transport *transport)
{
	return container_of(transport, struct fake_transport, transport);
}

void *fake_transport_memory(struct fake_transport *fake, uint64_t iova, uint64_t bytes)
{
	void *memory = domain_resolve(fake->transport.domain, iova, bytes);

	assert_non_null(memory);
	return memory;
}

/* --- registers ------------------------------------------------------------------------------------ */

static void settle_shutdown(struct fake_transport *fake)
{
	uint32_t mask = UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CSTS_SHST, UPNVME_SPEC_CSTS_SHST_MASK);

	if (UPNVME_SPEC_CC_SHN(fake->cc) && fake->shutdown_reads && --fake->shutdown_reads == 0)
		fake->csts = (fake->csts & ~mask) |
			     UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CSTS_SHST,
						   UPNVME_SPEC_CSTS_SHST_COMPLETE);
}

static void settle(struct fake_transport *fake)
{
	bool enabled = UPNVME_SPEC_CC_EN(fake->cc), ready = UPNVME_SPEC_CSTS_RDY(fake->csts);

	if (enabled == ready || (enabled ? fake->never_ready : fake->never_disabled))
		return;
	if (fake->pending_reads) {
		fake->pending_reads--;
		return;
	}
	if (enabled && fake->fatal_on_enable)
		fake->csts |= UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CSTS_CFS, 1u);
	else
		fake->csts ^= UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CSTS_RDY, 1u);
}

static void write_cc(struct fake_transport *fake, uint32_t value)
{
	if (fake->ncc_written < ARRAY_SIZE(fake->cc_written))
		fake->cc_written[fake->ncc_written++] = value;
	if (UPNVME_SPEC_CC_EN(fake->cc) != UPNVME_SPEC_CC_EN(value)) {
		fake->pending_reads = fake->slowness;
		fake->sq_head = fake->cq_tail = 0;
		fake->phase = 1;
		fake->naers = 0;
		if (!UPNVME_SPEC_CC_EN(value)) /* a reset: only RDY takes its time */
			fake->csts &= UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CSTS_RDY, 1u) |
				      UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CSTS_NSSRO, 1u);
	}
	if (UPNVME_SPEC_CC_SHN(value) && fake->trouble)
		fake->csts |= UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CSTS_CFS, 1u);
	if (UPNVME_SPEC_CC_SHN(value))
		fake->csts |= UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CSTS_SHST,
						    fake->never_shut_down || fake->shutdown_reads ?
							    UPNVME_SPEC_CSTS_SHST_OCCURRING :
							    UPNVME_SPEC_CSTS_SHST_COMPLETE);
	fake->cc = value;
}

static int fake_read64(struct transport *transport, uint32_t offset, uint64_t *value)
{
	struct fake_transport *fake = fake_of(transport);

	assert_int_equal(offset, UPNVME_SPEC_REG_CAP);
	if (fake->fail_reads)
		return error_set(fake->fail_reads, UPNVME_ERR_SYSTEM, "a read that fails");
	*value = atomic_load(&fake->gone) ? UINT64_MAX : fake->cap;
	if (fake->loses_upper_half)
		*value = (uint32_t)*value;
	return 0;
}

/* NVMe Base 2.0c, 3.1.3.11: zero until they are asked for, where that can be done. */
static uint32_t cmb_register(struct fake_transport *fake, uint32_t offset)
{
	fake->ncmb_read++;
	if (UPNVME_SPEC_CAP_CMBS(fake->cap) && !(fake->cmbmsc & UPNVME_SPEC_CMBMSC_CRE_MASK))
		return 0;
	return offset == UPNVME_SPEC_REG_CMBLOC ? fake->cmbloc : fake->cmbsz;
}

static void write_cmbmsc(struct fake_transport *fake, uint64_t value)
{
	assert_true(fake->ncmbmsc_written < ARRAY_SIZE(fake->cmbmsc_written));
	fake->cmbmsc = value;
	fake->cmbmsc_written[fake->ncmbmsc_written++] =
		value | (uint64_t)UPNVME_SPEC_CC_EN(fake->cc) << 63;
}

static int fake_memory(struct transport *transport, unsigned bar, uint64_t offset,
		       struct transport_memory *memory)
{
	struct fake_transport *fake = fake_of(transport);

	assert_null(fake->memory);
	fake->memory_bar = bar;
	fake->memory_offset = offset;
	if (fake->fail_memory)
		return error_set(fake->fail_memory, UPNVME_ERR_DEVICE_BAR,
				 "fake:test: no memory, as the test wants it");
	memory->bytes = MIN(memory->bytes, fake->memory_bytes);
	fake->memory = calloc(1, memory->bytes + 1);
	memory->base = fake->memory;
	memory->iova = FAKE_MEMORY_IOVA;
	return 0;
}

static int fake_read32(struct transport *transport, uint32_t offset, uint32_t *value)
{
	struct fake_transport *fake = fake_of(transport);

	if (fake->fail_reads)
		return error_set(fake->fail_reads, UPNVME_ERR_SYSTEM, "a read that fails");
	pthread_mutex_lock(&fake->lock);
	if (offset == UPNVME_SPEC_REG_CSTS) {
		settle_shutdown(fake);
		settle(fake);
	}
	switch (offset) {
	case UPNVME_SPEC_REG_CAP:
		*value = (uint32_t)fake->cap;
		break;
	case UPNVME_SPEC_REG_CAP + 4:
		*value = (uint32_t)(fake->cap >> 32);
		break;
	case UPNVME_SPEC_REG_VS:
		*value = fake->vs;
		break;
	case UPNVME_SPEC_REG_CC:
		*value = fake->cc;
		break;
	case UPNVME_SPEC_REG_CSTS:
		*value = fake->csts;
		break;
	case UPNVME_SPEC_REG_CRTO:
		*value = fake->crto;
		break;
	case UPNVME_SPEC_REG_CMBLOC:
	case UPNVME_SPEC_REG_CMBSZ:
		*value = cmb_register(fake, offset);
		break;
	case UPNVME_SPEC_REG_CMBSTS:
		*value = fake->cmbsts;
		break;
	default:
		fail_msg("the driver reads register %xh", offset);
	}
	pthread_mutex_unlock(&fake->lock);
	if (atomic_load(&fake->gone))
		*value = UINT32_MAX;
	return 0;
}

/* Writes a half of a 64-bit register, at byte 0 or 4 of it; false elsewhere. */
static bool write_half(uint64_t *reg, uint32_t byte, uint32_t value)
{
	if (byte != 0 && byte != 4)
		return false;
	*reg = (*reg & ~(0xffffffffull << byte * 8)) | (uint64_t)value << byte * 8;
	return true;
}

static int fake_write32(struct transport *transport, uint32_t offset, uint32_t value)
{
	struct fake_transport *fake = fake_of(transport);

	pthread_mutex_lock(&fake->lock);
	if (offset == UPNVME_SPEC_REG_CC)
		write_cc(fake, value);
	else if (offset == UPNVME_SPEC_REG_AQA)
		fake->aqa = value;
	else if (offset == UPNVME_SPEC_REG_CSTS && !fake->sticky)
		fake->csts &= ~(value & UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CSTS_NSSRO,
							      1u)); /* all else is read-only */
	else if (offset == UPNVME_SPEC_REG_CSTS)
		;
	else if (offset == UPNVME_SPEC_REG_PMRMSCL && UPNVME_SPEC_CAP_PMRS(fake->cap))
		fake->pmrmscl = value;
	else if (offset == UPNVME_SPEC_REG_PMRMSCU && UPNVME_SPEC_CAP_PMRS(fake->cap))
		fake->pmrmscu = value;
	else if (!write_half(&fake->asq, offset - UPNVME_SPEC_REG_ASQ, value) &&
		 !write_half(&fake->acq, offset - UPNVME_SPEC_REG_ACQ, value))
		fail_msg("the driver writes register %xh", offset);
	pthread_mutex_unlock(&fake->lock);
	return 0;
}

static int fake_write64(struct transport *transport, uint32_t offset, uint64_t value)
{
	struct fake_transport *fake = fake_of(transport);

	if (offset == UPNVME_SPEC_REG_CMBMSC) {
		write_cmbmsc(fake, value);
		return 0;
	}
	assert_false(UPNVME_SPEC_CC_EN(fake->cc));
	if (fake->loses_upper_half)
		value = (uint32_t)value;
	if (offset == UPNVME_SPEC_REG_ASQ)
		fake->asq = value;
	else if (offset == UPNVME_SPEC_REG_ACQ)
		fake->acq = value;
	else
		fail_msg("the driver writes register %xh", offset);
	return 0;
}

/* --- the admin queue ------------------------------------------------------------------------------ */

static uint32_t sq_entries(const struct fake_transport *fake)
{
	return UPNVME_SPEC_AQA_ASQS(fake->aqa) + 1;
}

void fake_transport_post(struct fake_transport *fake, uint16_t cid, uint16_t status,
			 uint32_t result)
{
	struct upnvme_spec_cqe *ring = fake_transport_memory(fake, fake->acq, sizeof(*ring));
	struct upnvme_spec_cqe *cqe = &ring[fake->cq_tail];

	cqe->dw0 = result;
	cqe->dw1 = 0;
	cqe->sqhd = (uint16_t)fake->sq_head;
	cqe->sqid = 0;
	cqe->cid = cid;
	__atomic_store_n(&cqe->status, UPNVME_SPEC_CQE_STATUS_WORD(status, fake->phase),
			 __ATOMIC_RELEASE);
	if (++fake->cq_tail == UPNVME_SPEC_AQA_ACQS(fake->aqa) + 1) {
		fake->cq_tail = 0;
		fake->phase ^= 1;
	}
}

static void give(struct fake_transport *fake, const struct upnvme_spec_sqe *sqe, const void *data,
		 uint32_t bytes)
{
	memcpy(fake_transport_memory(fake, sqe->prp1, bytes), data, bytes);
}

static void give_active(struct fake_transport *fake, const struct upnvme_spec_sqe *sqe)
{
	struct upnvme_spec_ns_list list = { { 0 } };
	uint32_t n = 0;

	for (uint32_t i = 0; i < fake->nactive && n < UPNVME_SPEC_NS_LIST_ENTRIES; i++)
		if (fake->active[i] > sqe->nsid)
			list.nsid[n++] = fake->active[i];
	give(fake, sqe, &list, sizeof(list));
}

static uint16_t do_identify(struct fake_transport *fake, const struct upnvme_spec_sqe *sqe)
{
	static const struct upnvme_spec_id_ns nothing;
	bool active = false;

	for (uint32_t i = 0; i < fake->nactive; i++)
		active = active || fake->active[i] == sqe->nsid;
	switch (UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_IDENTIFY_CNS, sqe->cdw10)) {
	case UPNVME_SPEC_CNS_NS:
		give(fake, sqe,
		     !active                     ? &nothing :
		     sqe->nsid == fake->odd_nsid ? &fake->odd :
						   &fake->ns,
		     sizeof(fake->ns));
		return UPNVME_SPEC_SC_SUCCESS;
	case UPNVME_SPEC_CNS_CTRLR:
		give(fake, sqe, &fake->id, sizeof(fake->id));
		return UPNVME_SPEC_SC_SUCCESS;
	case UPNVME_SPEC_CNS_ACTIVE_NS_LIST:
		give_active(fake, sqe);
		return UPNVME_SPEC_SC_SUCCESS;
	case UPNVME_SPEC_CNS_NS_ID_DESC_LIST:
		give(fake, sqe, fake->descriptors, sizeof(fake->descriptors));
		return UPNVME_SPEC_SC_SUCCESS;
	case UPNVME_SPEC_CNS_IOCS_NS:
		if (fake->has_ns_nvm)
			give(fake, sqe, &fake->ns_nvm, sizeof(fake->ns_nvm));
		return fake->has_ns_nvm ? UPNVME_SPEC_SC_SUCCESS : UPNVME_SPEC_SC_INVALID_FIELD;
	case UPNVME_SPEC_CNS_IOCS_CTRLR:
		give(fake, sqe, &fake->nvm, sizeof(fake->nvm));
		return fake->has_nvm ? UPNVME_SPEC_SC_SUCCESS : UPNVME_SPEC_SC_INVALID_FIELD;
	default:
		return UPNVME_SPEC_SC_INVALID_FIELD | UPNVME_SPEC_STATUS_DNR_BIT;
	}
}

static void do_log(struct fake_transport *fake, const struct upnvme_spec_sqe *sqe)
{
	uint32_t ndwords = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_GET_LOG_NUMDL, sqe->cdw10) + 1;
	uint32_t bytes = MIN(ndwords * 4, 4096u);

	give(fake, sqe, fake->log + sqe->cdw12, bytes);
}

static enum fake_verdict decent(struct fake_transport *fake, const struct upnvme_spec_sqe *sqe,
				uint16_t *status, uint32_t *result)
{
	switch (sqe->opcode) {
	case UPNVME_SPEC_ADMIN_IDENTIFY:
		*status = do_identify(fake, sqe);
		return FAKE_ANSWER;
	case UPNVME_SPEC_ADMIN_SET_FEATURES:
		if ((sqe->cdw10 & 0xff) == UPNVME_SPEC_FEAT_NUMBER_OF_QUEUES)
			*result = fake->ncqa << 16 | fake->nsqa;
		return FAKE_ANSWER;
	case UPNVME_SPEC_ADMIN_GET_FEATURES:
		*result = fake->feature_value;
		return FAKE_ANSWER;
	case UPNVME_SPEC_ADMIN_GET_LOG_PAGE:
		do_log(fake, sqe);
		return FAKE_ANSWER;
	case UPNVME_SPEC_ADMIN_CREATE_IO_CQ:
	case UPNVME_SPEC_ADMIN_CREATE_IO_SQ:
	case UPNVME_SPEC_ADMIN_DELETE_IO_SQ:
	case UPNVME_SPEC_ADMIN_DELETE_IO_CQ:
	case UPNVME_SPEC_ADMIN_KEEP_ALIVE:
		return FAKE_ANSWER;
	case UPNVME_SPEC_ADMIN_ASYNC_EVENT_REQUEST:
		if (fake->naers < fake->aer_limit) {
			fake->aers[fake->naers++] = sqe->cid;
			return FAKE_HOLD;
		}
		*status = UPNVME_SPEC_SC_AER_LIMIT_EXCEEDED;
		return FAKE_ANSWER;
	default:
		*status = UPNVME_SPEC_SC_INVALID_OPCODE | UPNVME_SPEC_STATUS_DNR_BIT;
		return FAKE_ANSWER;
	}
}

static void execute(struct fake_transport *fake, const struct upnvme_spec_sqe *sqe)
{
	struct upnvme_spec_cqe cqe = { 0 };
	enum fake_verdict verdict = FAKE_DEFAULT;
	uint32_t result = 0;
	uint16_t status = 0;

	if (fake->nseen < FAKE_SEEN_MAX)
		fake->seen[fake->nseen++] = *sqe;
	if (fake->script)
		verdict = fake->script(fake, sqe, &cqe);
	if (verdict == FAKE_ANSWER) {
		status = cqe.status;
		result = cqe.dw0;
	} else if (verdict == FAKE_DEFAULT) {
		verdict = decent(fake, sqe, &status, &result);
	}
	if (verdict == FAKE_ANSWER)
		fake_transport_post(fake, sqe->cid, status, result);
}

static void fake_hook(void *arg)
{
	struct fake_transport *fake = arg;
	uint32_t tail = atomic_load_explicit(&fake->sq_tail, memory_order_acquire);

	pthread_mutex_lock(&fake->lock);
	if (!UPNVME_SPEC_CC_EN(fake->cc) || !UPNVME_SPEC_CSTS_RDY(fake->csts) ||
	    atomic_load(&fake->gone))
		tail = fake->sq_head;
	while (fake->sq_head != tail) {
		const struct upnvme_spec_sqe *sqe = fake_transport_memory(
			fake, fake->asq + fake->sq_head * sizeof(*sqe), sizeof(*sqe));

		fake->sq_head = (fake->sq_head + 1) % sq_entries(fake);
		execute(fake, sqe);
	}
	pthread_mutex_unlock(&fake->lock);
}

static int fake_queue(struct transport *transport, uint16_t qid, uint32_t dstrd,
		      struct transport_queue *queue)
{
	struct fake_transport *fake = fake_of(transport);

	assert_int_equal(dstrd, UPNVME_SPEC_CAP_DSTRD(fake->cap));
	if (qid) {
		assert_true(qid < FAKE_QUEUES);
		queue->sq_tail = &fake->io_doorbells[qid][0];
		queue->cq_head = &fake->io_doorbells[qid][1];
		return 0;
	}
	queue->sq_tail = &fake->sq_tail;
	queue->cq_head = &fake->cq_head;
	queue->hook = fake_hook;
	queue->hook_arg = fake;
	return 0;
}

void fake_transport_event(struct fake_transport *fake, uint32_t type, uint32_t info, uint32_t lid)
{
	assert_true(fake->naers > 0);
	fake_transport_post(fake, fake->aers[--fake->naers], 0,
			    UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_AER_TYPE, type) |
				    UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_AER_INFO, info) |
				    UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_AER_LID, lid));
}

/* --- life ----------------------------------------------------------------------------------------- */

static void fake_close(struct transport *transport)
{
	struct fake_transport *fake = fake_of(transport);

	if (fake->nclosed)
		++*fake->nclosed;
	domain_release(transport->domain);
	pthread_mutex_destroy(&fake->lock);
	free(fake->memory);
	free(fake);
}

/* A controller that is still enabled would now carry out commands of its former user. */
static int fake_connect(struct transport *transport)
{
	struct fake_transport *fake = fake_of(transport);

	assert_false(UPNVME_SPEC_CC_EN(fake->cc) || UPNVME_SPEC_CSTS_RDY(fake->csts));
	fake->nconnected++;
	return fake->fail_connect;
}

static int fake_isolate(struct transport *transport)
{
	struct fake_transport *fake = fake_of(transport);

	fake->nisolated++;
	return fake->fail_isolate ? error_set(fake->disobeys ? -EBUSY : -EIO, UPNVME_ERR_SYSTEM,
					      "an isolation that fails") :
				    0;
}

static int fake_interrupt(struct transport *transport, uint16_t vector, int fd)
{
	struct fake_transport *fake = fake_of(transport);

	assert_in_range(vector, 1, FAKE_QUEUES - 1);
	if (fake->no_vectors)
		return error_set(-ENOSPC, UPNVME_ERR_QPAIR_LIMIT, "no vector is left");
	/* The transport has no other owner. */
	assert_true(fd == -1 || fake->vectors[vector] == -1);
	fake->vectors[vector] = fd;
	return 0;
}

static const char *fake_lost(struct transport *transport)
{
	return atomic_load(&fake_of(transport)->leaving) ? "the test takes it away" : NULL;
}

static const struct transport_ops fake_ops = {
	.scheme = "fake",
	.close = fake_close,
	.read32 = fake_read32,
	.read64 = fake_read64,
	.write32 = fake_write32,
	.write64 = fake_write64,
	.queue = fake_queue,
	.memory = fake_memory,
	.connect = fake_connect,
	.isolate = fake_isolate,
	.interrupt = fake_interrupt,
	.lost = fake_lost,
};

static bool fake_waits(struct transport *transport, uint16_t qid)
{
	(void)qid;
	return atomic_load(&fake_of(transport)->waiting);
}

static const char *fake_trouble(struct transport *transport)
{
	return fake_of(transport)->trouble;
}

void fake_transport_with_storage(struct fake_transport *fake)
{
	static struct transport_ops ops;

	ops = fake_ops;
	ops.isolate = NULL;
	ops.waits = fake_waits;
	ops.trouble = fake_trouble;
	fake->transport.ops = &ops;
}

static void describe(struct fake_transport *fake)
{
	fake->cap = UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CAP_MQES, 1023ull) |
		    UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CAP_CQR, 1ull) |
		    UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CAP_TO, 1ull) |
		    UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CAP_CSS, (uint64_t)UPNVME_SPEC_CAP_CSS_NVM);
	fake->vs = UPNVME_SPEC_VERSION_1_4;
	fake->id.vid = 0x1234;
	memset(fake->id.sn, ' ', sizeof(fake->id.sn));
	memset(fake->id.mn, ' ', sizeof(fake->id.mn));
	memset(fake->id.fr, ' ', sizeof(fake->id.fr));
	memcpy(fake->id.sn, "S1", 2);
	fake->id.mdts = 5;
	fake->id.cntrltype = UPNVME_SPEC_CNTRLTYPE_IO;
	fake->id.aerl = 3;
	fake->id.elpe = 3;
	fake->id.lpa = UPNVME_SPEC_LPA_EXTENDED_DATA;
	fake->id.oaes = UPNVME_SPEC_OAES_NS_ATTRIBUTE;
	fake->id.sqes = 0x66;
	fake->id.cqes = 0x44;
	fake->id.nn = 1;
	fake->ns.nsze = fake->ns.ncap = fake->ns.nuse = 1000;
	fake->ns.lbaf[0].lbads = 9;
	fake->active[0] = fake->nactive = 1;
	fake->nsqa = fake->ncqa = 15;
	fake->aer_limit = 4;
}

struct fake_transport *fake_transport_create(void)
{
	struct fake_transport *fake = calloc(1, sizeof(*fake));

	assert_non_null(fake);
	fake->transport.ops = &fake_ops;
	fake->transport.node = ENV_ANY_NODE;
	pthread_mutex_init(&fake->lock, NULL);
	assert_int_equal(domain_acquire(&fake->transport.domain, env_host()), 0);
	for (uint32_t i = 0; i < FAKE_QUEUES; i++)
		fake->vectors[i] = -1;
	describe(fake);
	return fake;
}

int fake_transport_open(struct fake_transport *fake, struct upnvme_ctrlr **ctrlr,
			const struct upnvme_open_opts *opts)
{
	struct upnvme_open_opts defaults = UPNVME_OPEN_OPTS_INIT;

	return ctrlr_attach(ctrlr, &fake->transport, "fake:test", NULL, opts ? opts : &defaults);
}

struct upnvme_ctrlr *fake_transport_opened(struct fake_transport *fake)
{
	struct upnvme_ctrlr *ctrlr = NULL;

	assert_int_equal(fake_transport_open(fake, &ctrlr, NULL), 0);
	return ctrlr;
}

void fake_transport_open_fails(struct fake_transport *fake, int err, uint32_t code,
			       const char *word)
{
	struct upnvme_ctrlr *ctrlr = NULL;
	uint32_t nclosed = 0;

	fake->nclosed = &nclosed;
	assert_int_equal(fake_transport_open(fake, &ctrlr, NULL), err);
	assert_null(ctrlr);
	assert_int_equal(nclosed, 1);
	assert_int_equal(error_last()->code, code);
	assert_non_null(strstr(error_last()->text, word));
	assert_non_null(strstr(error_last()->text, "fake:test"));
}

void fake_transport_set_active(struct fake_transport *fake, uint32_t n, const uint32_t *nsids)
{
	memcpy(fake->active, nsids, n * sizeof(*nsids));
	fake->nactive = n;
}

struct upnvme_ns *fake_transport_ns(struct upnvme_ctrlr *ctrlr, uint32_t nsid)
{
	struct upnvme_ns *ns = NULL;

	assert_int_equal(upnvme_ns_get(&ns, ctrlr, nsid), 0);
	assert_non_null(ns);
	return ns;
}

void fake_transport_no_ns(struct upnvme_ctrlr *ctrlr, uint32_t nsid, int err, uint32_t code)
{
	struct upnvme_ns *ns = NULL;

	assert_int_equal(upnvme_ns_get(&ns, ctrlr, nsid), err);
	assert_int_equal(error_last()->code, code);
	assert_null(ns);
}

/* --- looking -------------------------------------------------------------------------------------- */

uint32_t fake_transport_count(const struct fake_transport *fake, uint8_t opcode)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < fake->nseen; i++)
		n += fake->seen[i].opcode == opcode;
	return n;
}

uint32_t fake_transport_cns(const struct upnvme_spec_sqe *sqe)
{
	return sqe->opcode == UPNVME_SPEC_ADMIN_IDENTIFY ?
		       UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_IDENTIFY_CNS, sqe->cdw10) :
		       UINT32_MAX;
}

uint32_t fake_transport_identified(const struct fake_transport *fake, uint32_t cns)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < fake->nseen; i++)
		n += fake_transport_cns(&fake->seen[i]) == cns;
	return n;
}

const struct upnvme_spec_sqe *fake_transport_seen(const struct fake_transport *fake, uint8_t opcode,
						  uint32_t n)
{
	for (uint32_t i = 0; i < fake->nseen; i++)
		if (fake->seen[i].opcode == opcode && n-- == 0)
			return &fake->seen[i];
	fail_msg("the driver did not send that command");
	return NULL;
}

void fake_transport_expect(const struct upnvme_spec_sqe *actual,
			   const struct upnvme_spec_sqe *expected, bool data)
{
	assert_int_equal(actual->opcode, expected->opcode);
	assert_int_equal(actual->flags, expected->flags);
	assert_int_equal(actual->nsid, expected->nsid);
	assert_int_equal(actual->cdw2, expected->cdw2);
	assert_int_equal(actual->cdw3, expected->cdw3);
	assert_int_equal(actual->mptr, expected->mptr);
	if (data)
		assert_true(actual->prp1 != 0 && is_aligned(actual->prp1, NVME_PAGE_BYTES));
	else
		assert_int_equal(actual->prp1, 0);
	assert_int_equal(actual->prp2, expected->prp2);
	assert_int_equal(actual->cdw10, expected->cdw10);
	assert_int_equal(actual->cdw11, expected->cdw11);
	assert_int_equal(actual->cdw12, expected->cdw12);
	assert_int_equal(actual->cdw13, expected->cdw13);
	assert_int_equal(actual->cdw14, expected->cdw14);
	assert_int_equal(actual->cdw15, expected->cdw15);
}
