/* SPDX-License-Identifier: BSD-3-Clause */
/* The hand-made controller of the queue pair's tests. */
#include "support/fake_device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/util.h"
#include "driver/queue/histogram.h"
#include "driver/queue/owner.h"
#include "env/env.h"

struct fake_log fake_log;

static int fake_queue(struct transport *transport, uint16_t qid, uint32_t dstrd,
		      struct transport_queue *queue)
{
	struct fake_device *dev = container_of(transport, struct fake_device, transport);

	assert_int_equal(qid, FAKE_QID);
	assert_int_equal(dstrd, dev->ctrlr.limits.dstrd);
	queue->sq_tail = &dev->sq_tail;
	queue->cq_head = &dev->cq_head;
	return 0;
}

/* CSTS and CC, which a queue pair without completions looks at: ready and enabled. */
static int fake_read32(struct transport *transport, uint32_t offset, uint32_t *value)
{
	(void)transport;
	assert_true(offset == 0x1c || offset == 0x14);
	*value = 1;
	return 0;
}

static const struct transport_ops fake_ops = { .scheme = "fake",
					       .queue = fake_queue,
					       .read32 = fake_read32 };

static void fake_ctrlr(struct fake_device *dev, const struct fake_config *config)
{
	struct upnvme_ctrlr *ctrlr = &dev->ctrlr;

	dev->transport = (struct transport){ .ops = &fake_ops, .domain = dev->domain };
	ctrlr->transport = &dev->transport;
	ctrlr->domain = dev->domain;
	ctrlr->uri = (char *)(uintptr_t) "fake:";
	ctrlr->limits = (struct ctrlr_limits){
		.max_transfer_bytes =
			config->max_transfer_bytes ? config->max_transfer_bytes : 128u << 10,
		.max_write_zeroes_bytes = UINT64_MAX,
		.max_verify_bytes = UINT64_MAX,
		.max_deallocate_ranges = 256,
		.max_deallocate_blocks = UINT32_MAX,
		.max_queue_entries = 65536,
		.max_qpairs = 8,
		.oncs = 0xffff,
		.sgl = config->sgl,
		.sgl_dword_align = config->sgl_dword_align,
	};
	pthread_mutex_init(&ctrlr->lock, NULL);
}

static void fake_namespace(struct fake_device *dev, const struct fake_config *config)
{
	uint32_t block_bytes = config->block_bytes ? config->block_bytes : 512;
	uint32_t max_blocks =
		(uint32_t)MIN(dev->ctrlr.limits.max_transfer_bytes / block_bytes, 65536);

	dev->geometry = (struct ns_geometry){
		.nblocks = FAKE_NBLOCKS,
		.straight_blocks = config->boundary_blocks ? 0 : max_blocks,
		.block_bytes = block_bytes,
		.max_blocks = max_blocks,
		.max_write_zeroes_blocks = 65536,
		.max_verify_blocks = 65536,
		.boundary_blocks = config->boundary_blocks,
		.data_bytes = block_bytes,
	};
	dev->ns.ctrlr = &dev->ctrlr;
	dev->ns.nsid = FAKE_NSID;
	if (dev->geometry.straight_blocks) {
		dev->geometry.page_blocks = MIN(4096 / block_bytes, max_blocks);
		dev->geometry.page_lbas = FAKE_NBLOCKS - dev->geometry.page_blocks + 1;
	}
	dev->ns.key_read = (uint64_t)FAKE_NSID << 32 | 2;
	dev->ns.key_write = (uint64_t)FAKE_NSID << 32 | 1;
	atomic_store(&dev->ns.geometry, &dev->geometry);
}

static uint32_t list_bytes(const struct fake_device *dev)
{
	uint64_t pages = align_up(dev->ctrlr.limits.max_transfer_bytes, 4096) / 4096;

	return (uint32_t)MAX(pow2_ceil(pages * 8), 64);
}

struct fake_device *fake_create(const struct fake_config *config)
{
	static const struct fake_config defaults;
	struct fake_device *dev = calloc(1, sizeof(*dev));
	uint32_t entries;

	assert_non_null(dev);
	config = config ? config : &defaults;
	entries = config->entries ? config->entries : 16;
	assert_int_equal(domain_acquire(&dev->domain, config->env ? config->env : env_host()), 0);
	fake_ctrlr(dev, config);
	fake_namespace(dev, config);
	assert_int_equal(qpair_rings_create(&dev->qp, &dev->ctrlr, FAKE_QID, entries,
					    config->outstanding ? config->outstanding : entries - 1,
					    list_bytes(dev), config->flags),
			 0);
	dev->ctrlr.qpairs = dev->qp;
	if (config->flags & UPNVME_QPAIR_HISTOGRAM)
		assert_int_equal(histogram_create(&dev->qp->histogram, dev->qp->slot_mask + 1), 0);
	atomic_store(&dev->qp->owner, owner_token());
	assert_int_equal(owner_enter(dev->qp), 0);
	dev->qp->ns = &dev->ns;
	dev->phase = 1;
	fake_log_start();
	return dev;
}

void fake_destroy(struct fake_device *dev)
{
	if (dev->qp)
		qpair_rings_destroy(dev->qp);
	domain_release(dev->domain);
	pthread_mutex_destroy(&dev->ctrlr.lock);
	free(dev);
}

void *fake_alloc(struct fake_device *dev, uint64_t bytes)
{
	void *va = NULL;

	assert_int_equal(domain_alloc(dev->domain, bytes, 0, ENV_ANY_NODE, &va), 0);
	return va;
}

uint64_t fake_iova(const void *va)
{
	return (uint64_t)(uintptr_t)va + env_host()->distance;
}

void *fake_resolve(struct fake_device *dev, uint64_t iova, uint64_t bytes)
{
	void *va = domain_resolve(dev->domain, iova, bytes);

	if (!va)
		fail_msg("%#llx, %llu bytes, is no address that the device reaches",
			 (unsigned long long)iova, (unsigned long long)bytes);
	return va;
}

void fake_write(struct fake_device *dev, char *buf, uint32_t blocks, upnvme_cb cb, void *arg)
{
	assert_int_equal(upnvme_write(dev->qp, &dev->ns, buf, 0, blocks, cb, arg), 0);
	assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
}

void fake_give_up(struct fake_device *dev)
{
	atomic_store(&dev->ctrlr.failed, true);
	qpair_alert(dev->qp);
}

const struct upnvme_spec_sqe *fake_peek(struct fake_device *dev)
{
	const struct upnvme_spec_sqe *ring = fake_resolve(
		dev, qpair_sq_iova(dev->qp), dev->qp->entries * sizeof(struct upnvme_spec_sqe));

	return &ring[dev->sq_head];
}

bool fake_fetch(struct fake_device *dev, struct upnvme_spec_sqe *sqe)
{
	uint32_t tail = atomic_load_explicit(&dev->sq_tail, memory_order_acquire);

	assert_true(tail < dev->qp->entries);
	if (dev->sq_head == tail)
		return false;
	*sqe = *fake_peek(dev);
	dev->sq_head = (dev->sq_head + 1) % dev->qp->entries;
	return true;
}

struct upnvme_spec_sqe fake_take(struct fake_device *dev)
{
	struct upnvme_spec_sqe sqe;

	if (!fake_fetch(dev, &sqe))
		fail_msg("there is no command behind the doorbell");
	return sqe;
}

void fake_post_raw(struct fake_device *dev, struct upnvme_spec_cqe cqe, bool stale)
{
	struct upnvme_spec_cqe *ring = fake_resolve(
		dev, qpair_cq_iova(dev->qp), dev->qp->entries * sizeof(struct upnvme_spec_cqe));
	uint16_t phase = stale ? !dev->phase : dev->phase;

	cqe.status = (uint16_t)((cqe.status & ~1u) | phase);
	ring[dev->cq_tail] = cqe;
	if (++dev->cq_tail == dev->qp->entries) {
		dev->cq_tail = 0;
		dev->phase = !dev->phase;
	}
}

void fake_post_result(struct fake_device *dev, uint16_t cid, uint16_t status, uint64_t result)
{
	fake_post_raw(dev,
		      (struct upnvme_spec_cqe){ .dw0 = (uint32_t)result,
						.dw1 = (uint32_t)(result >> 32),
						.sqhd = (uint16_t)dev->sq_head,
						.sqid = FAKE_QID,
						.cid = cid,
						.status = (uint16_t)(status << 1) },
		      false);
}

void fake_post(struct fake_device *dev, uint16_t cid, uint16_t status)
{
	fake_post_result(dev, cid, status, 0);
}

struct upnvme_spec_sqe fake_issue(struct fake_device *dev, const struct upnvme_op *op)
{
	assert_int_equal(upnvme_io(dev->qp, op, fake_note, NULL), 0);
	assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
	return fake_take(dev);
}

void fake_finish(struct fake_device *dev, uint16_t cid)
{
	uint32_t before = fake_log.n;

	fake_post(dev, cid, 0);
	assert_true(upnvme_poll(dev->qp, 0) >= 0);
	assert_int_equal(fake_log.n, before + 1);
}

void fake_expect_sent(struct fake_device *dev, const struct upnvme_op *op,
		      struct upnvme_spec_sqe expected)
{
	struct upnvme_spec_sqe sqe = fake_issue(dev, op), more;

	expected.cid = sqe.cid;
	expected.nsid = FAKE_NSID;
	fake_expect_sqe(&sqe, &expected);
	assert_false(fake_fetch(dev, &more));
	fake_finish(dev, sqe.cid);
}

void fake_log_start(void)
{
	memset(&fake_log, 0, sizeof(fake_log));
}

void fake_note(void *arg, const struct upnvme_completion *done)
{
	if (fake_log.n < ARRAY_SIZE(fake_log.args)) {
		fake_log.args[fake_log.n] = arg;
		fake_log.done[fake_log.n] = *done;
	}
	fake_log.n++;
}

void fake_expect_sqe(const struct upnvme_spec_sqe *actual, const struct upnvme_spec_sqe *expected)
{
	assert_int_equal(actual->opcode, expected->opcode);
	assert_int_equal(actual->flags, expected->flags);
	assert_int_equal(actual->cid, expected->cid);
	assert_int_equal(actual->nsid, expected->nsid);
	assert_int_equal(actual->cdw2, expected->cdw2);
	assert_int_equal(actual->cdw3, expected->cdw3);
	assert_int_equal(actual->mptr, expected->mptr);
	assert_int_equal(actual->prp1, expected->prp1);
	assert_int_equal(actual->prp2, expected->prp2);
	assert_int_equal(actual->cdw10, expected->cdw10);
	assert_int_equal(actual->cdw11, expected->cdw11);
	assert_int_equal(actual->cdw12, expected->cdw12);
	assert_int_equal(actual->cdw13, expected->cdw13);
	assert_int_equal(actual->cdw14, expected->cdw14);
	assert_int_equal(actual->cdw15, expected->cdw15);
}

void fake_expect_error(int rc, int err, uint32_t code, ...)
{
	struct upnvme_error error = *error_last();
	const char *word;
	va_list words;

	assert_int_equal(rc, err);
	assert_int_equal(error.err, err);
	assert_int_equal(error.code, code);
	va_start(words, code);
	while ((word = va_arg(words, const char *)))
		if (!strstr(error.text, word))
			fail_msg("\"%s\" does not name \"%s\"", error.text, word);
	va_end(words);
}
