/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way to a software controller in this process, for example `soft:ram?size=64MiB`. What the URI may say of the
 * medium and of the controller's shape is in softctrl/config.h.
 */
#include "transport/soft/soft.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/uri.h"
#include "base/util.h"
#include "env/env.h"
#include "mem/domain.h"
#include "softctrl/config.h"
#include "softctrl/softctrl.h"
#include <upnvme/spec/regs.h>
#include "transport/soft/vectors.h"
#include "transport/transport.h"

#define CMB_BAR 2u

/* The argument of an inline queue's hook. */
struct soft_queue {
	struct softctrl *sc;
	uint16_t qid;
	uint32_t turns; /* calls of the hook; only the queue's owner counts them */
};

struct soft {
	struct transport transport;
	struct softctrl *sc;
	struct vectors *vectors; /* null: inline */
	uint32_t nqueues;        /* the admin queue included */
	struct soft_queue queues[];
};

static struct soft *soft_of(struct transport *transport)
{
	return container_of(transport, struct soft, transport);
}

struct softctrl *soft_controller(struct transport *transport)
{
	return soft_of(transport)->sc;
}

/* --- opening and closing -------------------------------------------------------------------------- */

static void *soft_map(void *context, uint64_t iova, uint64_t bytes)
{
	return domain_resolve(context, iova, bytes);
}

static int soft_start(struct soft *soft, struct softctrl_config *config)
{
	int rc = domain_acquire(&soft->transport.domain, env_host());

	if (rc)
		return rc;
	soft->transport.node = ENV_ANY_NODE;
	config->dma = (struct softctrl_dma){ soft_map, soft->transport.domain };
	if (config->threaded)
		rc = vectors_create(&soft->vectors, soft->nqueues);
	if (soft->vectors)
		config->interrupt = (struct softctrl_interrupt){ vectors_signal, soft->vectors };
	if (!rc)
		rc = softctrl_create(&soft->sc, config);
	if (rc) {
		vectors_destroy(soft->vectors);
		domain_release(soft->transport.domain);
		return rc;
	}
	for (uint32_t i = 0; i < soft->nqueues; i++)
		soft->queues[i] = (struct soft_queue){ soft->sc, (uint16_t)i, 0 };
	return 0;
}

static int soft_create(struct transport **transport, struct softctrl_config *config)
{
	uint32_t nqueues = config->nqueues + 1u;
	struct soft *soft = calloc(1, sizeof(*soft) + nqueues * sizeof(soft->queues[0]));
	int rc;

	if (!soft)
		return error_no_memory("a software controller", sizeof(*soft));
	soft->transport.ops = &transport_soft;
	soft->nqueues = nqueues;
	rc = soft_start(soft, config);
	if (rc)
		free(soft);
	else
		*transport = &soft->transport;
	return rc;
}

static int soft_open(struct transport **transport, const struct uri *uri,
		     const struct media_maker *const *makers)
{
	static const char *const drivers[] = { "quirks", NULL };
	struct softctrl_config config;
	int rc = softctrl_config_read(&config, uri, makers, drivers);

	if (rc)
		return rc;
	rc = soft_create(transport, &config);
	softctrl_config_release(&config);
	return rc;
}

static void soft_close(struct transport *transport)
{
	struct soft *soft = soft_of(transport);

	softctrl_destroy(soft->sc);
	vectors_destroy(soft->vectors);
	domain_release(transport->domain);
	free(soft);
}

/* --- registers and queues ------------------------------------------------------------------------- */

static int soft_read32(struct transport *transport, uint32_t offset, uint32_t *value)
{
	*value = softctrl_read32(soft_of(transport)->sc, offset);
	return 0;
}

static int soft_read64(struct transport *transport, uint32_t offset, uint64_t *value)
{
	*value = softctrl_read64(soft_of(transport)->sc, offset);
	return 0;
}

static int soft_write32(struct transport *transport, uint32_t offset, uint32_t value)
{
	softctrl_write32(soft_of(transport)->sc, offset, value);
	return 0;
}

static int soft_write64(struct transport *transport, uint32_t offset, uint64_t value)
{
	softctrl_write64(soft_of(transport)->sc, offset, value);
	return 0;
}

static void soft_hook_inline(void *arg)
{
	struct soft_queue *queue = arg;

	softctrl_process(queue->sc, queue->qid);
}

/* How often the hook yields the processor. Where threads outnumber processors, a thread that only polls could keep the
 * controller's thread off the processor until its time slice ends. */
#define TURNS_BETWEEN_YIELDS 64u

static void soft_hook_wake(void *arg)
{
	struct soft_queue *queue = arg;

	softctrl_wake(queue->sc);
	if (++queue->turns % TURNS_BETWEEN_YIELDS == 0)
		sched_yield();
}

static int soft_queue(struct transport *transport, uint16_t qid, uint32_t dstrd,
		      struct transport_queue *queue)
{
	struct soft *soft = soft_of(transport);

	if (qid >= soft->nqueues)
		return error_set(
			-ENOSPC, UPNVME_ERR_QPAIR_LIMIT,
			"the software controller has %u I/O queue pairs, none with identifier %u: "
			"give queues=%u in the URI",
			soft->nqueues - 1, qid, qid);
	queue->sq_tail = softctrl_doorbell(soft->sc, (2u * qid) << dstrd);
	queue->cq_head = softctrl_doorbell(soft->sc, (2u * qid + 1) << dstrd);
	queue->hook = soft->vectors ? soft_hook_wake : soft_hook_inline;
	queue->hook_arg = &soft->queues[qid];
	return 0;
}

/* The controller's memory buffer, whose bus address is at the same distance from its address as any memory's of this
 * process. */
static int soft_memory(struct transport *transport, unsigned bar, uint64_t offset,
		       struct transport_memory *memory)
{
	uint64_t bytes;
	char *base = softctrl_cmb(soft_of(transport)->sc, &bytes);

	if (bar != CMB_BAR || offset >= bytes)
		return error_set(-ENOTSUP, UPNVME_ERR_DEVICE_BAR,
				 "the software controller has no memory at %#llx of BAR%u",
				 (unsigned long long)offset, bar);
	memory->base = base + offset;
	memory->bytes = MIN(memory->bytes, bytes - offset);
	memory->iova = (uintptr_t)memory->base + domain_env(transport->domain)->distance;
	return 0;
}

static int soft_interrupt(struct transport *transport, uint16_t vector, int fd)
{
	struct soft *soft = soft_of(transport);

	if (soft->vectors)
		return vectors_set(soft->vectors, vector, fd);
	return error_set(
		-ENOTSUP, UPNVME_ERR_UNSUPPORTED,
		"the software controller works inside the polls of its queue pairs, so that no "
		"interrupt can reach a queue pair that is not polled: give mode=thread in the URI, "
		"or create the queue pair without UPNVME_QPAIR_INTERRUPT and poll it");
}

static bool soft_waits(struct transport *transport, uint16_t qid)
{
	return softctrl_waits(soft_of(transport)->sc, qid);
}

static const char *soft_trouble(struct transport *transport)
{
	return softctrl_trouble(soft_of(transport)->sc);
}

const struct transport_ops transport_soft = {
	.scheme = "soft",
	.open = soft_open,
	.close = soft_close,
	.read32 = soft_read32,
	.read64 = soft_read64,
	.write32 = soft_write32,
	.write64 = soft_write64,
	.queue = soft_queue,
	.memory = soft_memory,
	.interrupt = soft_interrupt,
	.waits = soft_waits,
	.trouble = soft_trouble,
};
