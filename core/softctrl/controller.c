/* SPDX-License-Identifier: BSD-3-Clause */
/* The controller object: its configuration, its beginning and its end. */
#include "softctrl/controller.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "media/identity.h"
#include "softctrl/admin.h"
#include "softctrl/nvm.h"
#include "softctrl/process.h"
#include "softctrl/registers.h"
#include "softctrl/thread.h"
#include <upnvme/spec/opcode.h>

#define SC_NCNTLIDS 0xfff0u /* higher values are reserved: NVMe Base 2.0c, 5.17.2.1 */
#define SC_IOV_MIN  1024u   /* data segments that each controller allows */

static const struct sc_command_set *const io_command_sets[] = {
	[UPNVME_SPEC_CSI_NVM] = &sc_nvm_commands,
};

/*
 * An I/O command that names no namespace gets its row from the NVM command set: Flush, the one such command, is common
 * to all command sets.
 */
static const struct sc_queue_kind io_queue = {
	.commands = &sc_nvm_commands,
	.execute = sc_io_execute,
};

void softctrl_config_init(struct softctrl_config *config)
{
	memset(config, 0, sizeof(*config));
	config->mdts = 8;
	config->mqes = 65535;
	config->nqueues = 64;
	config->sgl = true;
}

static int limit_error(const char *field, unsigned value, unsigned min, unsigned max)
{
	return error_set(-EINVAL, UPNVME_ERR_ARGUMENT,
			 "software controller: %s is %u; it must be from %u to %u", field, value,
			 min, max);
}

static int serial_check(const char *serial)
{
	size_t length = strlen(serial);

	for (size_t i = 0; i < length; i++) {
		if (serial[i] < 0x20 || serial[i] > 0x7e)
			return error_set(
				-EINVAL, UPNVME_ERR_ARGUMENT,
				"software controller: the serial number has byte %02xh; use "
				"printable ASCII characters",
				(unsigned char)serial[i]);
	}
	return length <= 20 ? 0 :
			      limit_error("the serial number's length", (unsigned)length, 0, 20);
}

static int config_check(const struct softctrl_config *config)
{
	if (!config->dma.map)
		return error_set(
			-EINVAL, UPNVME_ERR_NULL,
			"software controller: dma.map is null: give a function that maps host "
			"memory");
	if (!config->namespaces || !config->nnamespaces ||
	    config->nnamespaces > SOFTCTRL_NNAMESPACES_MAX)
		return limit_error("the number of namespaces", config->nnamespaces, 1,
				   SOFTCTRL_NNAMESPACES_MAX);
	if (!config->mdts || config->mdts > SOFTCTRL_MDTS_MAX)
		return limit_error("mdts", config->mdts, 1, SOFTCTRL_MDTS_MAX);
	if (!config->mqes)
		return limit_error("mqes", config->mqes, 1, UINT16_MAX);
	if (!config->nqueues || config->nqueues > SOFTCTRL_NQUEUES_MAX)
		return limit_error("the number of queues", config->nqueues, 1,
				   SOFTCTRL_NQUEUES_MAX);
	if (config->cmb_bytes > SOFTCTRL_CMB_BYTES_MAX || config->cmb_bytes % SC_PAGE_BYTES)
		return error_set(-EINVAL, UPNVME_ERR_ARGUMENT,
				 "software controller: a memory buffer of %llu bytes; it must be a "
				 "multiple of %u, and %llu at most",
				 (unsigned long long)config->cmb_bytes, SC_PAGE_BYTES,
				 SOFTCTRL_CMB_BYTES_MAX);
	if (config->dstrd > SOFTCTRL_DSTRD_MAX)
		return limit_error("dstrd", config->dstrd, 0, SOFTCTRL_DSTRD_MAX);
	return config->serial ? serial_check(config->serial) : 0;
}

/*
 * The controller identifier comes from the medium even where the serial number is given, so that two controllers with
 * the same serial number differ. Where several controllers may share a medium, each has a random controller identifier.
 */
static void identity_init(struct softctrl *sc, const struct softctrl_config *config)
{
	struct media_identity identity = sc->namespaces[0].media->identity;

	if (config->serial)
		strncpy(sc->serial, config->serial, sizeof(sc->serial) - 1);
	else
		snprintf(sc->serial, sizeof(sc->serial), "%016llX%04X",
			 (unsigned long long)identity.half[0],
			 (unsigned)(identity.half[1] & 0xffff));
	for (uint32_t i = 0; i < config->nnamespaces; i++)
		sc->shared |= sc->namespaces[i].media->is_shared;
	if (sc->shared)
		identity_random(&identity);
	sc->cntlid = (uint16_t)(identity.half[1] % SC_NCNTLIDS);
}

static int doorbells_init(struct softctrl *sc, uint8_t dstrd)
{
	uint64_t bytes = (2ull * (sc->nqueues + 1u)) * (4ull << dstrd);

	sc->doorbells_bytes = align_up(bytes, SC_PAGE_BYTES);
	sc->doorbells = aligned_alloc(SC_PAGE_BYTES, sc->doorbells_bytes);
	if (!sc->doorbells)
		return error_no_memory("doorbells", sc->doorbells_bytes);
	memset(sc->doorbells, 0, sc->doorbells_bytes);
	return 0;
}

static int parts_init(struct softctrl *sc, const struct softctrl_config *config)
{
	int err = sc_namespaces_open(sc, config, &sc_nvm_commands);

	if (!err)
		identity_init(sc, config);
	if (!err)
		err = sc_cmb_init(&sc->memory.cmb, config->cmb_bytes);
	sc_registers_init(sc, config);
	if (!err)
		err = doorbells_init(sc, config->dstrd);
	if (!err)
		err = sc_queues_init(sc, &sc_admin_queue, &io_queue);
	if (!err)
		err = sc_features_init(sc);
	if (!err)
		err = sc_interrupts_init(sc, &config->interrupt);
	if (!err)
		err = sc_events_init(sc);
	if (!err)
		err = sc_ending_init(sc);
	if (err)
		return err;
	sc->scratch = calloc(1, SC_PAGE_BYTES);
	if (!sc->scratch)
		return error_no_memory("a page for answers", SC_PAGE_BYTES);
	return config->threaded ? sc_thread_start(sc) : 0;
}

int softctrl_create(struct softctrl **out, const struct softctrl_config *config)
{
	struct softctrl *sc;
	int err = config_check(config);

	if (!err)
		err = sc_namespaces_check(config);
	if (err)
		return err;
	sc = calloc(1, sizeof(*sc));
	if (!sc)
		return error_no_memory("a software controller", sizeof(*sc));
	pthread_mutex_init(&sc->lock, NULL);
	pthread_mutex_init(&sc->errors.lock, NULL);
	pthread_mutex_init(&sc->interrupts.lock, NULL);
	sc->memory.dma = config->dma;
	sc->mdts = config->mdts;
	sc->nqueues = config->nqueues;
	sc->noiob = config->noiob;
	sc->sgl = config->sgl;
	sc->threaded = config->threaded;
	sc->command_sets = io_command_sets;
	sc->ncommand_sets = ARRAY_SIZE(io_command_sets);
	sc->niov_max = MAX((1u << config->mdts) + 1u, SC_IOV_MIN);
	sc->created_ns = clock_now_ns();
	err = parts_init(sc, config);
	if (err) {
		softctrl_destroy(sc);
		return err;
	}
	*out = sc;
	return 0;
}

void softctrl_destroy(struct softctrl *sc)
{
	if (!sc)
		return;
	sc_thread_stop(sc);
	if (sc->scratch) /* the last part that is made: all others exist */
		sc_ending_force(sc);
	sc_ending_fini(sc);
	sc_queues_fini(sc);
	sc_events_fini(sc);
	sc_interrupts_fini(sc);
	sc_features_fini(sc);
	sc_namespaces_close(sc);
	sc_cmb_fini(&sc->memory.cmb);
	free(sc->doorbells);
	free(sc->scratch);
	pthread_mutex_destroy(&sc->interrupts.lock);
	pthread_mutex_destroy(&sc->errors.lock);
	pthread_mutex_destroy(&sc->lock);
	free(sc);
}

_Atomic uint32_t *softctrl_doorbell(struct softctrl *sc, uint32_t index)
{
	return index < sc->doorbells_bytes / sizeof(*sc->doorbells) ? &sc->doorbells[index] : NULL;
}

uint64_t softctrl_doorbells_bytes(const struct softctrl *sc)
{
	return sc->doorbells_bytes;
}

void *softctrl_cmb(const struct softctrl *sc, uint64_t *bytes)
{
	*bytes = sc->memory.cmb.bytes;
	return sc->memory.cmb.base;
}

void softctrl_process(struct softctrl *sc, uint16_t qid)
{
	sc_process(sc, qid);
}

static bool queue_waits(struct sc_sq *sq)
{
	bool waits;

	pthread_mutex_lock(&sq->lock);
	waits = sc_sq_live(sq) && sq->noutstanding;
	pthread_mutex_unlock(&sq->lock);
	return waits;
}

bool softctrl_waits(struct softctrl *sc, uint16_t qid)
{
	bool waits = false;

	sc_process(sc, 0); /* a deletion that waited may be over now */
	if (qid)
		return qid <= sc->nqueues && queue_waits(&sc->sqs[qid]);
	for (uint32_t i = 1; i <= sc->nqueues && !waits; i++)
		waits = queue_waits(&sc->sqs[i]);
	return waits || atomic_load(&sc->ending) != SC_AT_WORK;
}

const char *softctrl_trouble(const struct softctrl *sc)
{
	return sc->trouble[0] ? sc->trouble : NULL;
}
