/* SPDX-License-Identifier: BSD-3-Clause */
/* Registers by messages; doorbells by messages that follow a store: the hook compares what the
 * driver stored with what the controller was told. */
#include "support/qtest_transport.h"

#include <sched.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/util.h"
#include "driver/ctrlr.h"
#include "mem/domain.h"
#include <upnvme/spec/regs.h>
#include "transport/transport.h"

#define NQUEUES 66u /* QEMU's, the admin queue included, at most */

struct doorbell {
	_Atomic uint32_t stored;
	uint32_t told;
	uint32_t offset;
};

/* The transport has one owner at a time, except for its allocations. */
struct queue {
	struct doorbell sq_tail, cq_head;
	struct qemu *qemu;
};

struct qtest_transport {
	struct transport transport;
	struct qemu *qemu;
	struct queue queues[NQUEUES];
};

static struct qtest_transport *qtest_of(struct transport *transport)
{
	return container_of(transport, struct qtest_transport, transport);
}

/* --- doorbells ------------------------------------------------------------------------------------ */

static bool doorbell_ring(struct qemu *qemu, struct doorbell *doorbell)
{
	uint32_t value = atomic_load_explicit(&doorbell->stored, memory_order_acquire);

	if (value == doorbell->told)
		return false;
	doorbell->told = value;
	qemu_write(qemu, doorbell->offset, 4, value);
	return true;
}

/* A poll without news gives the processor to QEMU. */
static void queue_hook(void *arg)
{
	struct queue *queue = arg;
	bool told = doorbell_ring(queue->qemu, &queue->cq_head);

	if (!doorbell_ring(queue->qemu, &queue->sq_tail) && !told)
		sched_yield();
}

static void doorbell_init(struct doorbell *doorbell, uint32_t index, uint32_t dstrd)
{
	atomic_store(&doorbell->stored, 0);
	doorbell->told = 0;
	doorbell->offset = UPNVME_SPEC_REG_DOORBELLS + (index << (2 + dstrd));
}

static int qtest_queue(struct transport *transport, uint16_t qid, uint32_t dstrd,
		       struct transport_queue *wanted)
{
	struct qtest_transport *qtest = qtest_of(transport);
	struct queue *queue = &qtest->queues[qid];

	if (qid >= NQUEUES)
		return error_set(-ENOSPC, UPNVME_ERR_QPAIR_LIMIT,
				 "this transport has %u queue pairs, none with identifier %u",
				 NQUEUES, qid);
	queue->qemu = qtest->qemu;
	doorbell_init(&queue->sq_tail, 2u * qid, dstrd);
	doorbell_init(&queue->cq_head, 2u * qid + 1, dstrd);
	*wanted = (struct transport_queue){ .sq_tail = &queue->sq_tail.stored,
					    .cq_head = &queue->cq_head.stored,
					    .hook = queue_hook,
					    .hook_arg = queue };
	return 0;
}

/* --- registers ------------------------------------------------------------------------------------ */

static int qtest_read32(struct transport *transport, uint32_t offset, uint32_t *value)
{
	*value = (uint32_t)qemu_read(qtest_of(transport)->qemu, offset, 4);
	return 0;
}

static int qtest_read64(struct transport *transport, uint32_t offset, uint64_t *value)
{
	*value = qemu_read(qtest_of(transport)->qemu, offset, 8);
	return 0;
}

static int qtest_write32(struct transport *transport, uint32_t offset, uint32_t value)
{
	qemu_write(qtest_of(transport)->qemu, offset, 4, value);
	return 0;
}

static int qtest_write64(struct transport *transport, uint32_t offset, uint64_t value)
{
	qemu_write(qtest_of(transport)->qemu, offset, 8, value);
	return 0;
}

/* --- life ----------------------------------------------------------------------------------------- */

static void qtest_close(struct transport *transport)
{
	qtest_of(transport)->qemu->nusers--;
	domain_release(transport->domain);
	free(qtest_of(transport));
}

static const struct transport_ops qtest_ops = {
	.scheme = "qtest",
	.close = qtest_close,
	.read32 = qtest_read32,
	.read64 = qtest_read64,
	.write32 = qtest_write32,
	.write64 = qtest_write64,
	.queue = qtest_queue,
};

int qtest_transport_open(struct transport **transport, struct qemu *qemu)
{
	struct qtest_transport *qtest = calloc(1, sizeof(*qtest));
	int rc;

	if (!qtest)
		return error_no_memory("a transport", sizeof(*qtest));
	qtest->transport.ops = &qtest_ops;
	qtest->transport.node = ENV_ANY_NODE;
	qtest->qemu = qemu;
	rc = domain_acquire(&qtest->transport.domain, &qemu->memory->env);
	if (rc) {
		free(qtest);
		return rc;
	}
	qemu->nusers++;
	*transport = &qtest->transport;
	return 0;
}

int qtest_open(upnvme_ctrlr **ctrlr, struct qemu *qemu, const struct upnvme_open_opts *opts)
{
	struct upnvme_open_opts defaults = UPNVME_OPEN_OPTS_INIT;
	struct transport *transport;
	int rc = qtest_transport_open(&transport, qemu);

	return rc ? rc : ctrlr_attach(ctrlr, transport, "qtest:", NULL, opts ? opts : &defaults);
}
