/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The controller registers: the values that a host reads, and the effects of its writes.
 *
 * NVMe Base 2.0c, 3.1.3 (registers), 3.5.1 (initialization).
 */
#include "softctrl/registers.h"

#include "base/log.h"
#include "softctrl/controller.h"

#define SC_TO     10u /* CAP.TO and CRTO.CRWMT, in units of 500 ms: 5 s */
#define SC_MPSMAX 4u  /* CAP.MPSMAX: 64 KiB */

/* The bits of CC and AQA that are not reserved. */
#define CC_FIELDS                                                          \
	(CC_LIVE_FIELDS | UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CC_CSS, ~0u) | \
	 UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CC_MPS, ~0u) |                  \
	 UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CC_AMS, ~0u) |                  \
	 UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CC_CRIME, ~0u))
#define AQA_FIELDS                                          \
	(UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_AQA_ASQS, ~0u) | \
	 UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_AQA_ACQS, ~0u))

/* The fields of CC that a host may change while the controller is enabled. */
#define CC_LIVE_FIELDS                                       \
	(UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CC_SHN, ~0u) |    \
	 UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CC_IOSQES, ~0u) | \
	 UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CC_IOCQES, ~0u) | \
	 UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CC_EN, ~0u))

void sc_registers_init(struct softctrl *sc, const struct softctrl_config *config)
{
	sc->cap = UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CAP_MQES, (uint64_t)config->mqes) |
		  UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CAP_CQR, 1ull) |
		  UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CAP_TO, (uint64_t)SC_TO) |
		  UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CAP_DSTRD, (uint64_t)config->dstrd) |
		  UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CAP_NSSRS, 1ull) |
		  UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CAP_CSS, (uint64_t)(UPNVME_SPEC_CAP_CSS_NVM |
									UPNVME_SPEC_CAP_CSS_IOCS)) |
		  UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CAP_MPSMAX, (uint64_t)SC_MPSMAX) |
		  UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CAP_CMBS, sc->memory.cmb.base ? 1ull : 0) |
		  UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CAP_CRMS, (uint64_t)UPNVME_SPEC_CAP_CRMS_CRWMS);
}

void sc_fatal(struct softctrl *sc, const char *why)
{
	log_warn("software controller %s: fatal status: %s", sc->serial, why);
	atomic_store_explicit(&sc->running, false, memory_order_release);
	atomic_fetch_or(&sc->csts, CSTS_CFS);
}

/* The first reason why the controller cannot be enabled as CC, AQA, ASQ and ACQ are set, or NULL. Base 2.0c, 3.1.3.5 */
static const char *enable_obstacle(const struct softctrl *sc)
{
	uint64_t page_bytes = UPNVME_SPEC_MPS_BYTES(UPNVME_SPEC_CC_MPS(sc->cc));
	unsigned css = UPNVME_SPEC_CC_CSS(sc->cc);
	unsigned iosqes = UPNVME_SPEC_CC_IOSQES(sc->cc);
	unsigned iocqes = UPNVME_SPEC_CC_IOCQES(sc->cc);

	if (UPNVME_SPEC_CC_MPS(sc->cc) > SC_MPSMAX)
		return "CC.MPS is above CAP.MPSMAX";
	if (css != UPNVME_SPEC_CC_CSS_NVM && css != UPNVME_SPEC_CC_CSS_IOCS)
		return "CC.CSS selects a command set that CAP.CSS does not have";
	if (UPNVME_SPEC_CC_AMS(sc->cc) != UPNVME_SPEC_CC_AMS_RR)
		return "CC.AMS selects an arbitration that CAP.AMS does not have";
	if (UPNVME_SPEC_CC_CRIME(sc->cc))
		return "CC.CRIME is set, but CAP.CRMS.CRIMS is not";
	/* Both sizes may be 0 as long as the host creates no I/O queue. */
	if ((iosqes && iosqes != UPNVME_SPEC_CC_IOSQES_NVM) ||
	    (iocqes && iocqes != UPNVME_SPEC_CC_IOCQES_NVM))
		return "CC.IOSQES or CC.IOCQES is not a supported entry size";
	if (!UPNVME_SPEC_AQA_ASQS(sc->aqa) || !UPNVME_SPEC_AQA_ACQS(sc->aqa))
		return "AQA gives an admin queue fewer than two entries";
	if (!is_aligned(sc->asq, page_bytes) || !is_aligned(sc->acq, page_bytes))
		return "ASQ or ACQ is not aligned to CC.MPS";
	return NULL;
}

static const char *admin_queues_create(struct softctrl *sc)
{
	const struct softctrl_dma *dma = &sc->memory.dma;
	uint32_t nsqes = UPNVME_SPEC_AQA_ASQS(sc->aqa) + 1u;
	uint32_t ncqes = UPNVME_SPEC_AQA_ACQS(sc->aqa) + 1u;
	void *sq = dma->map(dma->context, sc->asq, nsqes * sizeof(struct upnvme_spec_sqe));
	void *cq = dma->map(dma->context, sc->acq, ncqes * sizeof(struct upnvme_spec_cqe));
	const char *obstacle = NULL;

	if (!sq || !cq)
		return "ASQ or ACQ is not in reachable memory";
	pthread_mutex_lock(&sc->sqs[0].lock);
	sc_cq_create(&sc->cqs[0], cq, ncqes, true, 0);
	if (sc_sq_create(&sc->sqs[0], &sc->cqs[0], sq, nsqes))
		obstacle = "no memory for the admin queue";
	pthread_mutex_unlock(&sc->sqs[0].lock);
	return obstacle;
}

static void controller_enable(struct softctrl *sc)
{
	const char *obstacle = enable_obstacle(sc);

	if (!obstacle) {
		sc->memory.page_shift = UPNVME_SPEC_PAGE_SHIFT_MIN + UPNVME_SPEC_CC_MPS(sc->cc);
		obstacle = admin_queues_create(sc);
	}
	if (obstacle) {
		sc_fatal(sc, obstacle);
		return;
	}
	atomic_fetch_and(&sc->csts, ~CSTS_SHST);
	atomic_store_explicit(&sc->running, true, memory_order_release);
	atomic_fetch_or(&sc->csts, CSTS_RDY);
}

/* Takes a reset or a shutdown as far as it can go now. The caller has the registers' lock. */
static void endings_advance(struct softctrl *sc)
{
	if (!sc_ending_advance(sc))
		return;
	if (UPNVME_SPEC_CC_EN(sc->cc)) /* the host has set CC.EN before CSTS.RDY was 0 */
		controller_enable(sc);
	if (sc->shutdown_due)
		sc_shutdown_begin(sc);
	sc->shutdown_due = false;
	sc_ending_advance(sc);
}

static void write_cc(struct softctrl *sc, uint32_t value)
{
	uint32_t old = sc->cc;

	value &= CC_FIELDS;
	if (UPNVME_SPEC_CC_EN(old) && UPNVME_SPEC_CC_EN(value))
		value = (value & CC_LIVE_FIELDS) | (old & ~CC_LIVE_FIELDS);
	sc->cc = value;
	if (UPNVME_SPEC_CC_EN(old) && !UPNVME_SPEC_CC_EN(value))
		sc_reset_begin(sc);
	sc->shutdown_due =
		UPNVME_SPEC_CC_SHN(value) && UPNVME_SPEC_CC_SHN(value) != UPNVME_SPEC_CC_SHN(old);
	if (sc->ending != SC_RESETTING) {
		if (!UPNVME_SPEC_CC_EN(old) && UPNVME_SPEC_CC_EN(value))
			controller_enable(sc);
		if (sc->shutdown_due)
			sc_shutdown_begin(sc);
		sc->shutdown_due = false;
	}
	endings_advance(sc);
	sc_thread_kick(sc);
}

/* NVM Subsystem Reset: the registers are as after power on, but CSTS.NSSRO tells of the reset. 3.1.3.7 */
static void subsystem_reset(struct softctrl *sc)
{
	sc->cc = 0;
	sc->aqa = 0;
	sc->asq = 0;
	sc->acq = 0;
	sc_cmb_write(&sc->memory.cmb, 0);
	atomic_fetch_or(&sc->csts, CSTS_NSSRO);
	sc_reset_begin(sc);
	endings_advance(sc);
}

static void set_low(uint64_t *reg, uint32_t value)
{
	*reg = (*reg & ~UINT64_C(0xffffffff)) | value;
}

static void set_high(uint64_t *reg, uint32_t value)
{
	*reg = (*reg & UINT64_C(0xffffffff)) | (uint64_t)value << 32;
}

static void write_cmbmsc(struct softctrl *sc, uint32_t value, void (*set)(uint64_t *, uint32_t))
{
	uint64_t cmbmsc = atomic_load_explicit(&sc->memory.cmb.cmbmsc, memory_order_relaxed);

	set(&cmbmsc, value);
	sc_cmb_write(&sc->memory.cmb, cmbmsc);
}

static void write_locked(struct softctrl *sc, uint32_t offset, uint32_t value)
{
	switch (offset) {
	case UPNVME_SPEC_REG_INTMS:
		sc->intm |= value;
		break;
	case UPNVME_SPEC_REG_INTMC:
		sc->intm &= ~value;
		break;
	case UPNVME_SPEC_REG_CC:
		write_cc(sc, value);
		break;
	case UPNVME_SPEC_REG_CSTS:
		atomic_fetch_and(&sc->csts, ~(value & CSTS_NSSRO));
		break;
	case UPNVME_SPEC_REG_NSSR:
		if (value == UPNVME_SPEC_NSSR_RESET)
			subsystem_reset(sc);
		break;
	case UPNVME_SPEC_REG_AQA:
		sc->aqa = value & AQA_FIELDS;
		break;
	case UPNVME_SPEC_REG_ASQ:
		set_low(&sc->asq, value & (uint32_t)UPNVME_SPEC_ASQ_BASE_BITS);
		break;
	case UPNVME_SPEC_REG_ASQ + 4:
		set_high(&sc->asq, value);
		break;
	case UPNVME_SPEC_REG_ACQ:
		set_low(&sc->acq, value & (uint32_t)UPNVME_SPEC_ACQ_BASE_BITS);
		break;
	case UPNVME_SPEC_REG_ACQ + 4:
		set_high(&sc->acq, value);
		break;
	case UPNVME_SPEC_REG_CMBMSC:
		write_cmbmsc(sc, value, set_low);
		break;
	case UPNVME_SPEC_REG_CMBMSC + 4:
		write_cmbmsc(sc, value, set_high);
		break;
	default:
		break; /* a register that is read only or reserved, or one of a feature that CAP does not offer */
	}
}

void softctrl_write32(struct softctrl *sc, uint32_t offset, uint32_t value)
{
	pthread_mutex_lock(&sc->lock);
	write_locked(sc, offset, value);
	pthread_mutex_unlock(&sc->lock);
}

void softctrl_write64(struct softctrl *sc, uint32_t offset, uint64_t value)
{
	pthread_mutex_lock(&sc->lock);
	write_locked(sc, offset, (uint32_t)value);
	write_locked(sc, offset + 4, (uint32_t)(value >> 32));
	pthread_mutex_unlock(&sc->lock);
}

static uint32_t read_locked(struct softctrl *sc, uint32_t offset)
{
	switch (offset) {
	case UPNVME_SPEC_REG_CAP:
		return (uint32_t)sc->cap;
	case UPNVME_SPEC_REG_CAP + 4:
		return (uint32_t)(sc->cap >> 32);
	case UPNVME_SPEC_REG_VS:
		return UPNVME_SPEC_VERSION_2_0;
	case UPNVME_SPEC_REG_INTMS:
	case UPNVME_SPEC_REG_INTMC:
		return sc->intm;
	case UPNVME_SPEC_REG_CC:
		return sc->cc;
	case UPNVME_SPEC_REG_AQA:
		return sc->aqa;
	case UPNVME_SPEC_REG_ASQ:
		return (uint32_t)sc->asq;
	case UPNVME_SPEC_REG_ASQ + 4:
		return (uint32_t)(sc->asq >> 32);
	case UPNVME_SPEC_REG_ACQ:
		return (uint32_t)sc->acq;
	case UPNVME_SPEC_REG_ACQ + 4:
		return (uint32_t)(sc->acq >> 32);
	case UPNVME_SPEC_REG_CMBLOC:
	case UPNVME_SPEC_REG_CMBSZ:
	case UPNVME_SPEC_REG_CMBMSC:
	case UPNVME_SPEC_REG_CMBMSC + 4:
	case UPNVME_SPEC_REG_CMBSTS:
		return sc_cmb_read(&sc->memory.cmb, offset);
	case UPNVME_SPEC_REG_CRTO:
		return UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CRTO_CRWMT, SC_TO);
	default:
		return 0;
	}
}

/* A thread that reads CSTS takes the reset or shutdown further, unless another thread holds the registers' lock. */
static uint32_t read_csts(struct softctrl *sc)
{
	if (atomic_load_explicit(&sc->ending, memory_order_relaxed) != SC_AT_WORK &&
	    pthread_mutex_trylock(&sc->lock) == 0) {
		endings_advance(sc);
		pthread_mutex_unlock(&sc->lock);
	}
	return atomic_load_explicit(&sc->csts, memory_order_acquire);
}

uint32_t softctrl_read32(struct softctrl *sc, uint32_t offset)
{
	uint32_t value;

	if (offset == UPNVME_SPEC_REG_CSTS)
		return read_csts(sc);
	pthread_mutex_lock(&sc->lock);
	value = read_locked(sc, offset);
	pthread_mutex_unlock(&sc->lock);
	return value;
}

uint64_t softctrl_read64(struct softctrl *sc, uint32_t offset)
{
	uint64_t low = softctrl_read32(sc, offset);

	return low | (uint64_t)softctrl_read32(sc, offset + 4) << 32;
}
