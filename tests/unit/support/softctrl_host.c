/* SPDX-License-Identifier: BSD-3-Clause */
/* The host side of the software controller's tests. */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/util.h"
#include "support/softctrl_host.h"

static void *map(void *context, uint64_t iova, uint64_t bytes)
{
	struct host *host = context;
	uint64_t offset = iova - HOST_IOVA;

	if (iova < HOST_IOVA || offset > HOST_BYTES || bytes > HOST_BYTES - offset)
		return NULL;
	return host->memory + offset;
}

void host_init(struct host *host)
{
	memset(host, 0, sizeof(*host));
	host->memory = aligned_alloc(HOST_PAGE, HOST_BYTES);
	assert_non_null(host->memory);
	host->page_bytes = HOST_PAGE;
	host->admin_entries = 32;
	softctrl_config_init(&host->config);
	host->media[0] = (struct media_config){ .maker = &media_ram,
						.size_bytes = 16 << 20,
						.block_bytes = 512 };
	host->config.namespaces = host->media;
	host->config.nnamespaces = 1;
	host->config.nqueues = HOST_NQUEUES - 1;
	host->config.serial = "TEST";
	host->config.dma.map = map;
	host->config.dma.context = host;
}

void host_create(struct host *host)
{
	assert_int_equal(softctrl_create(&host->sc, &host->config), 0);
}

void *host_ptr(struct host *host, uint64_t iova)
{
	return host->memory + (iova - HOST_IOVA);
}

void *host_alloc(struct host *host, uint64_t bytes, uint64_t align, uint64_t *iova)
{
	uint64_t at = align_up(host->used, align);

	assert_true(at + bytes <= HOST_BYTES);
	host->used = at + bytes;
	*iova = HOST_IOVA + at;
	return memset(host->memory + at, 0, bytes);
}

void *host_page(struct host *host, uint64_t *iova)
{
	return host_alloc(host, host->page_bytes, host->page_bytes, iova);
}

static void queue_memory(struct host *host, uint16_t qid, uint32_t nsqes, uint32_t ncqes)
{
	struct host_queue *q = &host->queues[qid];

	q->nsqes = nsqes;
	q->ncqes = ncqes;
	q->tail = 0;
	q->head = 0;
	q->phase = 1;
	q->cqid = qid;
	q->sq = host_alloc(host, nsqes * sizeof(*q->sq), host->page_bytes, &q->sq_iova);
	q->cq = host_alloc(host, ncqes * sizeof(*q->cq), host->page_bytes, &q->cq_iova);
}

void host_enable(struct host *host)
{
	uint32_t n = host->admin_entries;
	uint32_t cc = UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CC_EN, 1u) |
		      UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CC_MPS, log2_floor(host->page_bytes) - 12) |
		      UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CC_IOSQES, UPNVME_SPEC_CC_IOSQES_NVM) |
		      UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CC_IOCQES, UPNVME_SPEC_CC_IOCQES_NVM);

	queue_memory(host, 0, n, n);
	softctrl_write32(host->sc, UPNVME_SPEC_REG_AQA, (n - 1) << 16 | (n - 1));
	softctrl_write64(host->sc, UPNVME_SPEC_REG_ASQ, host->queues[0].sq_iova);
	softctrl_write64(host->sc, UPNVME_SPEC_REG_ACQ, host->queues[0].cq_iova);
	softctrl_write32(host->sc, UPNVME_SPEC_REG_CC, cc);
	assert_int_equal(softctrl_read32(host->sc, UPNVME_SPEC_REG_CSTS), 1);
}

bool host_status_becomes(struct host *host, uint32_t mask, uint32_t wanted)
{
	uint64_t deadline_ns = deadline_after(HOST_PATIENCE_S * NS_PER_S);

	while ((softctrl_read32(host->sc, UPNVME_SPEC_REG_CSTS) & mask) != wanted) {
		if (deadline_passed(deadline_ns))
			return false;
		sched_yield();
	}
	return true;
}

void host_disable(struct host *host)
{
	uint32_t cc = softctrl_read32(host->sc, UPNVME_SPEC_REG_CC);

	softctrl_write32(host->sc, UPNVME_SPEC_REG_CC, cc & ~1u);
	assert_true(host_status_becomes(host, UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CSTS_RDY, 1u), 0));
	host->used = 0;
}

void host_open(struct host *host)
{
	host_init(host);
	host_create(host);
	host_enable(host);
}

void host_destroy(struct host *host)
{
	softctrl_destroy(host->sc);
	free(host->memory);
}

int host_setup(void **state)
{
	struct host *host = calloc(1, sizeof(*host));

	host_open(host);
	*state = host;
	return 0;
}

int host_setup_io(void **state)
{
	host_setup(state);
	host_queue_pair(*state, 1, 16, 16);
	return 0;
}

int host_teardown(void **state)
{
	host_destroy(*state);
	free(*state);
	return 0;
}

static void ring(struct host *host, uint32_t index, uint32_t value)
{
	_Atomic uint32_t *doorbell = softctrl_doorbell(host->sc, index << host->config.dstrd);

	assert_non_null(doorbell);
	atomic_store_explicit(doorbell, value, memory_order_release);
	softctrl_wake(host->sc);
}

void host_ring_sq(struct host *host, uint16_t qid, uint32_t value)
{
	ring(host, 2u * qid, value);
}

void host_ring_cq(struct host *host, uint16_t cqid, uint32_t value)
{
	ring(host, 2u * cqid + 1, value);
}

uint16_t host_put(struct host *host, uint16_t qid, struct upnvme_spec_sqe sqe)
{
	struct host_queue *q = &host->queues[qid];

	sqe.cid = __atomic_fetch_add(&host->next_cid, 1, __ATOMIC_RELAXED);
	q->sq[q->tail] = sqe;
	q->tail = (q->tail + 1) % q->nsqes;
	return sqe.cid;
}

uint16_t host_submit(struct host *host, uint16_t qid, struct upnvme_spec_sqe sqe)
{
	uint16_t cid = host_put(host, qid, sqe);

	host_ring_sq(host, qid, host->queues[qid].tail);
	return cid;
}

void host_process(struct host *host, uint16_t qid)
{
	if (host->config.threaded)
		sched_yield();
	else
		softctrl_process(host->sc, qid);
}

bool host_reap(struct host *host, uint16_t qid, struct upnvme_spec_cqe *cqe)
{
	struct host_queue *q = &host->queues[qid];
	struct upnvme_spec_cqe *at = &q->cq[q->head];
	uint64_t last = __atomic_load_n((uint64_t *)(void *)&at->sqhd, __ATOMIC_ACQUIRE);

	if ((last >> 48 & 1) != q->phase)
		return false;
	cqe->dw0 = at->dw0;
	cqe->dw1 = at->dw1;
	memcpy(&cqe->sqhd, &last, sizeof(last));
	if (++q->head == q->ncqes) {
		q->head = 0;
		q->phase ^= 1;
	}
	host_ring_cq(host, qid, q->head);
	return true;
}

struct upnvme_spec_cqe host_wait(struct host *host, uint16_t qid)
{
	uint64_t deadline = deadline_after(HOST_PATIENCE_S * NS_PER_S);
	struct upnvme_spec_cqe cqe = { 0 };

	while (!host_reap(host, qid, &cqe)) {
		host_process(host, qid);
		if (deadline_passed(deadline))
			fail_msg("no completion in queue %u", qid);
	}
	return cqe;
}

struct upnvme_spec_cqe host_run(struct host *host, uint16_t qid, struct upnvme_spec_sqe sqe)
{
	uint16_t cid = host_submit(host, qid, sqe);
	struct upnvme_spec_cqe cqe = host_wait(host, qid);

	assert_int_equal(cqe.cid, cid);
	assert_int_equal(cqe.sqid, qid);
	assert_int_equal(cqe.sqhd, host->queues[qid].tail);
	assert_int_equal(cqe.dw1, 0);
	return cqe;
}

uint16_t host_status(struct host *host, uint16_t qid, struct upnvme_spec_sqe sqe)
{
	struct upnvme_spec_cqe cqe = host_run(host, qid, sqe);

	return (uint16_t)host_code(cqe);
}

struct upnvme_spec_sqe host_create_cq(uint16_t qid, uint32_t nentries, uint64_t iova)
{
	return (struct upnvme_spec_sqe){
		.opcode = 0x05, .prp1 = iova, .cdw10 = (nentries - 1) << 16 | qid, .cdw11 = 1
	};
}

struct upnvme_spec_sqe host_create_sq(uint16_t qid, uint32_t nentries, uint64_t iova, uint16_t cqid)
{
	return (struct upnvme_spec_sqe){ .opcode = 0x01,
					 .prp1 = iova,
					 .cdw10 = (nentries - 1) << 16 | qid,
					 .cdw11 = (uint32_t)cqid << 16 | 1 };
}

void host_queue_pair(struct host *host, uint16_t qid, uint32_t nsqes, uint32_t ncqes)
{
	host_queue_pair_with(host, qid, nsqes, ncqes, 0);
}

void host_queue_pair_with(struct host *host, uint16_t qid, uint32_t nsqes, uint32_t ncqes,
			  uint32_t cq_dword11)
{
	struct host_queue *q = &host->queues[qid];
	struct upnvme_spec_sqe cq;

	queue_memory(host, qid, nsqes, ncqes);
	cq = host_create_cq(qid, ncqes, q->cq_iova);
	cq.cdw11 |= cq_dword11;
	assert_int_equal(host_status(host, 0, cq), 0);
	assert_int_equal(host_status(host, 0, host_create_sq(qid, nsqes, q->sq_iova, qid)), 0);
}

void host_queue_pair_delete(struct host *host, uint16_t qid)
{
	struct upnvme_spec_sqe sq = { .opcode = 0x00, .cdw10 = qid };
	struct upnvme_spec_sqe cq = { .opcode = 0x04, .cdw10 = qid };

	assert_int_equal(host_status(host, 0, sq), 0);
	assert_int_equal(host_status(host, 0, cq), 0);
}

struct upnvme_spec_sqe host_rw(uint8_t opcode, uint32_t nsid, uint64_t slba, uint32_t nblocks,
			       uint64_t prp1, uint64_t prp2)
{
	return (struct upnvme_spec_sqe){ .opcode = opcode,
					 .nsid = nsid,
					 .prp1 = prp1,
					 .prp2 = prp2,
					 .cdw10 = (uint32_t)slba,
					 .cdw11 = (uint32_t)(slba >> 32),
					 .cdw12 = nblocks - 1 };
}

struct upnvme_spec_sgl_desc host_sgl_desc(unsigned type, uint64_t address, uint32_t length)
{
	return (struct upnvme_spec_sgl_desc){ .address = address,
					      .length = length,
					      .id = (uint8_t)(type << 4) };
}

struct upnvme_spec_sqe host_sgl_rw(uint8_t opcode, uint32_t nblocks,
				   struct upnvme_spec_sgl_desc sgl1)
{
	struct upnvme_spec_sqe sqe = host_rw(opcode, 1, 0, nblocks, 0, 0);

	sqe.flags = 1 << 6;
	sqe.sgl1 = sgl1;
	return sqe;
}

uint8_t *host_write_pattern(struct host *host, uint32_t bytes)
{
	uint8_t *pattern = malloc(bytes);
	uint64_t iova;

	assert_non_null(pattern);
	srand(1);
	for (uint32_t i = 0; i < bytes; i++)
		pattern[i] = (uint8_t)rand();
	for (uint32_t at = 0; at < bytes; at += 8192) {
		memcpy(host_alloc(host, 8192, 4096, &iova), pattern + at, 8192);
		assert_int_equal(
			host_status(host, 1, host_rw(0x01, 1, at / 512, 16, iova, iova + 4096)), 0);
		host->used -= 8192;
	}
	return pattern;
}

struct upnvme_spec_sqe host_get_feature_sqe(uint32_t fid, uint32_t select, uint32_t cdw11)
{
	return (struct upnvme_spec_sqe){ .opcode = 0x0a,
					 .cdw10 = select << 8 | fid,
					 .cdw11 = cdw11 };
}

struct upnvme_spec_sqe host_set_feature_sqe(uint32_t fid, uint32_t cdw11)
{
	return (struct upnvme_spec_sqe){ .opcode = 0x09, .cdw10 = fid, .cdw11 = cdw11 };
}

uint32_t host_get_feature(struct host *host, uint32_t fid, uint32_t select, uint32_t cdw11)
{
	struct upnvme_spec_cqe cqe = host_run(host, 0, host_get_feature_sqe(fid, select, cdw11));

	assert_int_equal(host_code(cqe), 0);
	return cqe.dw0;
}

uint16_t host_set_feature(struct host *host, uint32_t fid, uint32_t cdw11)
{
	return host_status(host, 0, host_set_feature_sqe(fid, cdw11));
}

int host_temp_file(char path[HOST_PATH_BYTES], uint64_t bytes)
{
	const char *folder = getenv("TMPDIR");
	int fd;

	snprintf(path, HOST_PATH_BYTES, "%s/upnvme-test-XXXXXX", folder ? folder : "/tmp");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
	return fd;
}
