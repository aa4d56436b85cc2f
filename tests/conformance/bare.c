/* SPDX-License-Identifier: BSD-3-Clause */
/* NVMe Base 2.0c, 3.5.1 (initialization), 3.3.1 (queues); PCIe Transport 1.0c, 3.1.2 (doorbells) */
#include "bare.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "mem/domain.h"

#define CAP         0x00u
#define CC          0x14u
#define CSTS        0x1cu
#define AQA         0x24u
#define ASQ         0x28u
#define ACQ         0x30u
#define CC_NVM      0x00460000u /* entries of 64 and 16 bytes, pages of 4096 */
#define EN          0x1u        /* CC.EN and CSTS.RDY */
#define DEADLINE_NS (60 * NS_PER_S)

static int late(const char *what)
{
	return error_set(-ETIMEDOUT, UPNVME_ERR_TIMEOUT, "%s: not within 60 s", what);
}

static int wait_ready(struct transport *transport, uint32_t wanted)
{
	uint64_t deadline_ns = clock_now_ns() + DEADLINE_NS;
	uint32_t csts = 0;
	int rc;

	do {
		rc = transport->ops->read32(transport, CSTS, &csts);
		if (!rc && (csts & EN) == wanted)
			return 0;
	} while (!rc && clock_now_ns() < deadline_ns);
	return rc ? rc : late("CSTS.RDY");
}

static int set_enabled(struct transport *transport, uint32_t wanted)
{
	int rc = transport->ops->write32(transport, CC, CC_NVM | wanted);

	return rc ? rc : wait_ready(transport, wanted);
}

static int allocate(struct bare *bare)
{
	void **pages[] = { &bare->sq, &bare->cq, &bare->data };
	int rc = 0;

	for (int i = 0; i < 3 && !rc; i++)
		rc = domain_alloc(bare->transport->domain, BARE_PAGE_BYTES, BARE_PAGE_BYTES,
				  bare->transport->node, pages[i]);
	return rc;
}

static int tell_queues(const struct bare *bare)
{
	const struct transport_ops *ops = bare->transport->ops;
	struct domain *domain = bare->transport->domain;
	int rc = ops->write32(bare->transport, AQA, (BARE_ENTRIES - 1) << 16 | (BARE_ENTRIES - 1));

	if (!rc)
		rc = ops->write64(bare->transport, ASQ, domain_iova(domain, bare->sq));
	if (!rc)
		rc = ops->write64(bare->transport, ACQ, domain_iova(domain, bare->cq));
	return rc;
}

int bare_enable(struct bare *bare, struct transport *transport)
{
	uint64_t cap;
	int rc;

	*bare = (struct bare){ .transport = transport, .phase = 1 };
	rc = allocate(bare);
	if (!rc)
		rc = set_enabled(transport, 0);
	if (!rc)
		rc = tell_queues(bare);
	if (!rc)
		rc = transport->ops->read64(transport, CAP, &cap);
	if (!rc)
		rc = transport->ops->queue(transport, 0, cap >> 32 & 0xf, &bare->queue);
	return rc ? rc : set_enabled(transport, EN);
}

static struct bare_command *find(struct bare *bare, bool begun, uint16_t cid)
{
	for (uint32_t i = 0; i < BARE_ENTRIES; i++) {
		struct bare_command *command = &bare->commands[i];

		if (command->begun == begun && (!begun || command->cid == cid))
			return command;
	}
	return NULL;
}

/* At most as many commands as leave an entry of each queue free. */
static struct bare_command *submit(struct bare *bare, const struct upnvme_raw *raw)
{
	struct bare_command *command = find(bare, false, 0);
	uint32_t *entry = (uint32_t *)bare->sq + 16 * bare->tail;
	uint64_t prp = domain_iova(bare->transport->domain, bare->data);

	if (!command || command == &bare->commands[BARE_ENTRIES - 1])
		return NULL;
	*command = (struct bare_command){ .begun = true, .cid = bare->next_cid++ };
	memcpy(entry, raw->cdw, sizeof(raw->cdw));
	entry[0] |= (uint32_t)command->cid << 16;
	entry[6] = raw->data_bytes ? (uint32_t)prp : 0;
	entry[7] = raw->data_bytes ? (uint32_t)(prp >> 32) : 0;
	bare->tail = (bare->tail + 1) % BARE_ENTRIES;
	atomic_store_explicit(bare->queue.sq_tail, bare->tail, memory_order_release);
	return command;
}

/* Takes the completions that are there: a phase bit, in the second half, has turned. -EPROTO: of no command. */
static int reap(struct bare *bare)
{
	const _Atomic uint64_t *entry = (_Atomic uint64_t *)bare->cq + 2 * bare->head;
	struct bare_command *command;
	uint64_t last;

	if (bare->queue.hook)
		bare->queue.hook(bare->queue.hook_arg);
	last = atomic_load_explicit(entry + 1, memory_order_acquire);
	if ((last >> 48 & 1) != bare->phase)
		return 0;
	command = find(bare, true, (uint16_t)(last >> 32));
	if (!command || command->ended)
		return error_set(-EPROTO, UPNVME_ERR_CTRLR_STATUS,
				 "a completion of command %u, which is not outstanding",
				 (unsigned)(last >> 32 & 0xffff));
	command->ended = true;
	command->done.result = (uint32_t)atomic_load_explicit(entry, memory_order_relaxed);
	command->done.status = (uint16_t)(last >> 49);
	bare->head = (bare->head + 1) % BARE_ENTRIES;
	bare->phase ^= bare->head == 0;
	atomic_store_explicit(bare->queue.cq_head, bare->head, memory_order_release);
	return reap(bare);
}

int bare_begin(struct bare *bare, const struct upnvme_raw *raw)
{
	const struct bare_command *command = submit(bare, raw);

	return command ? command->cid :
			 error_set(-EAGAIN, UPNVME_ERR_ARGUMENT, "the admin queue is full");
}

int bare_ended(struct bare *bare, uint16_t cid, struct upnvme_completion *done)
{
	struct bare_command *command = find(bare, true, cid);
	int rc = reap(bare);

	if (rc)
		return rc;
	if (!command)
		return error_set(-ENOENT, UPNVME_ERR_ARGUMENT, "command %u was not begun", cid);
	if (!command->ended)
		return 0;
	*done = command->done;
	command->begun = false;
	return 1;
}

int bare_end(struct bare *bare, uint16_t cid, struct upnvme_completion *done)
{
	uint64_t deadline_ns = clock_now_ns() + DEADLINE_NS;
	int rc;

	do {
		rc = bare_ended(bare, cid, done);
	} while (rc == 0 && clock_now_ns() < deadline_ns);
	return rc > 0 ? 0 : rc ? rc : late("an admin command");
}

int bare_admin(struct bare *bare, const struct upnvme_raw *raw, struct upnvme_completion *done)
{
	int rc;

	if (raw->data_bytes > BARE_PAGE_BYTES)
		return error_set(-EINVAL, UPNVME_ERR_TRANSFER, "%u bytes: a page at most",
				 raw->data_bytes);
	memset(bare->data, 0, BARE_PAGE_BYTES);
	if (raw->direction == UPNVME_DATA_TO_DEVICE)
		memcpy(bare->data, raw->data, raw->data_bytes);
	rc = bare_begin(bare, raw);
	if (rc >= 0)
		rc = bare_end(bare, (uint16_t)rc, done);
	if (!rc && raw->direction == UPNVME_DATA_FROM_DEVICE)
		memcpy(raw->data, bare->data, raw->data_bytes);
	return rc;
}

void bare_disable(struct bare *bare)
{
	void *pages[] = { bare->sq, bare->cq, bare->data };

	if (!bare->transport || set_enabled(bare->transport, 0))
		return;
	for (int i = 0; i < 3; i++)
		domain_free(bare->transport->domain, pages[i]);
}
