/* SPDX-License-Identifier: BSD-3-Clause */
/* Random life of a queue pair beside a simple model of it: whatever the order in which a device ends
 * what, each request completes once, with what the model says, and its memory is kept until then. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/util.h"
#include "driver/queue/owner.h"
#include "mem/internal.h"
#include <upnvme/spec/opcode.h>
#include <upnvme/spec/status.h>
#include "support/fake_device.h"
#include "support/prp_walk.h"

#define BLOCK        512u
#define BLOCKS_MAX   96u
#define LBAS         1024u /* for each request: its blocks begin at a multiple of it */
#define BUFFER_BYTES 65536u
#define REQUESTS     16u /* more than can be outstanding */
#define COMMANDS     64u
#define SEGMENTS     4u

struct model_request {
	bool live, tagged, data, vectored, aborted;
	bool torn; /* a write of which a command does not write all */
	uint32_t blocks, error_at;
	uint16_t status;
	char *buf;
	struct iovec iov[SEGMENTS];
	bool seen[BLOCKS_MAX];
};

struct model_command {
	uint16_t cid;
	uint32_t request, first;
};

struct model {
	struct fake_device *dev;
	unsigned seed;
	uint32_t nlive, ncommands;
	bool in_reap, quiet;
	struct model_request requests[REQUESTS];
	struct model_command commands[COMMANDS];
};

static struct model model;

static uint32_t below(uint32_t n)
{
	return (uint32_t)rand_r(&model.seed) % n;
}

/* --- the caller ----------------------------------------------------------------------------------- */

static bool submit_one(void);

static void check_done(const struct upnvme_completion *done)
{
	struct model_request *request = &model.requests[done->tag];

	assert_true(done->tag < REQUESTS && request->live);
	request->live = false;
	model.nlive--;
	if (done->flags & UPNVME_DONE_ABORTED) {
		assert_true(model.quiet && done->status != 0);
		assert_true(done->blocks <= request->error_at);
		return;
	}
	assert_int_equal(done->flags, request->torn ? UPNVME_DONE_NOT_ATOMIC : 0);
	assert_int_equal(done->status, request->status);
	assert_int_equal(done->blocks, request->status ? request->error_at : request->blocks);
	for (uint32_t i = 0; request->data && !done->status && i < request->blocks; i++)
		assert_true(request->seen[i]);
}

static void on_done(void *arg, const struct upnvme_completion *done)
{
	assert_ptr_equal(arg, (void *)(uintptr_t)done->tag);
	check_done(done);
	if (!model.in_reap)
		assert_int_equal(upnvme_qpair_inflight(model.dev->qp), model.nlive);
	assert_int_equal(upnvme_poll(model.dev->qp, 0), -EDEADLK);
	if (!model.quiet && below(3) == 0)
		submit_one();
}

/* Pages of the buffer from its end to its beginning, so that no two segments are neighbours. */
static void segments_fill(struct model_request *request)
{
	uint32_t bytes = request->blocks * BLOCK, n = 0;

	memset(request->iov, 0, sizeof(request->iov));
	for (; bytes; n++) {
		uint32_t part = n == SEGMENTS - 1 ? bytes : MIN(bytes, 8192);

		request->iov[n] = (struct iovec){ request->buf + 49152 - n * 16384, part };
		bytes -= part;
	}
}

static uint64_t block_address(const struct model_request *request, uint32_t block)
{
	uint64_t offset = (uint64_t)block * BLOCK;
	uint32_t n = 0;

	if (!request->vectored)
		return fake_iova(request->buf) + offset;
	while (offset >= request->iov[n].iov_len)
		offset -= request->iov[n++].iov_len;
	return fake_iova(request->iov[n].iov_base) + offset;
}

static char *buffer_of(uint32_t index)
{
	static char *buffers[REQUESTS];

	if (index == 0 && model.requests[0].buf == NULL)
		memset(buffers, 0, sizeof(buffers));
	if (!buffers[index])
		buffers[index] = fake_alloc(model.dev, 2 * BUFFER_BYTES);
	return buffers[index];
}

static void request_invent(struct model_request *request, uint32_t index)
{
	*request = (struct model_request){ .tagged = below(3) == 0,
					   .data = below(8) != 0,
					   .vectored = below(4) == 0 };
	request->buf = buffer_of(index);
	request->blocks = 1 + below(below(2) ? 8 : BLOCKS_MAX);
	request->error_at = request->blocks;
	if (!request->data)
		request->blocks = request->error_at = 0;
	else if (request->vectored)
		segments_fill(request);
	else
		request->buf += below(3) ? 0 : 4 * below(2000);
}

static int request_submit(const struct model_request *request, uint32_t index)
{
	struct upnvme_op op = { .opcode = below(2) ? UPNVME_OP_READ : UPNVME_OP_WRITE,
				.nsid = FAKE_NSID,
				.lba = index * LBAS,
				.blocks = request->blocks,
				.buf = request->buf,
				.tag = index };

	if (!request->data)
		op = (struct upnvme_op){ .opcode = UPNVME_OP_FLUSH,
					 .nsid = FAKE_NSID,
					 .tag = index };
	if (request->data && request->vectored) {
		op.form = UPNVME_FORM_IOV;
		op.buf = (void *)(uintptr_t)request->iov;
		op.niov = SEGMENTS;
	}
	if (request->tagged && below(2))
		return upnvme_submit(model.dev->qp, &op, 1) == 1 ? 0 : -EAGAIN;
	return upnvme_io(model.dev->qp, &op, request->tagged ? NULL : on_done,
			 (void *)(uintptr_t)index);
}

static bool submit_one(void)
{
	uint32_t index = 0;
	int rc;

	while (index < REQUESTS && model.requests[index].live)
		index++;
	if (index == REQUESTS)
		return false;
	request_invent(&model.requests[index], index);
	model.requests[index].live = true;
	model.nlive++;
	rc = request_submit(&model.requests[index], index);
	if (rc) {
		assert_int_equal(rc, -EAGAIN);
		model.requests[index].live = false;
		model.nlive--;
	}
	return !rc;
}

static void take_some(void)
{
	struct upnvme_completion done[REQUESTS];
	uint32_t room = below(4), before = model.nlive;
	int n;

	if (below(2)) {
		n = upnvme_poll(model.dev->qp, room);
		assert_true(n >= 0 || n == -ENOMSG);
		assert_true(room == 0 || n <= (int)room);
		assert_true(n <= 0 || before > 0);
		return;
	}
	model.in_reap = true;
	n = upnvme_reap(model.dev->qp, done, room);
	model.in_reap = false;
	assert_true(n >= 0 && n <= (int)room);
	for (int i = 0; i < n; i++)
		check_done(&done[i]);
}

/* --- the device ----------------------------------------------------------------------------------- */

static void check_data(const struct upnvme_spec_sqe *sqe, struct model_request *request,
		       uint32_t first)
{
	static struct walk walk;
	uint32_t n = (sqe->cdw12 & 0xffff) + 1, block = first;

	walk_data(model.dev, sqe, (uint64_t)n * BLOCK, &walk);
	for (uint32_t i = 0; i < walk.n; i++)
		for (uint64_t at = 0; at < walk.ranges[i].bytes; at += BLOCK, block++) {
			assert_true(block < request->blocks && !request->seen[block]);
			assert_true(walk.ranges[i].iova + at == block_address(request, block));
			request->seen[block] = true;
		}
	assert_int_equal(block, first + n);
}

static void device_fetch(void)
{
	struct upnvme_spec_sqe sqe;

	while (fake_fetch(model.dev, &sqe)) {
		struct model_command *command = &model.commands[model.ncommands++];
		uint64_t lba = sqe.cdw10 | (uint64_t)sqe.cdw11 << 32;

		assert_true(model.ncommands <= model.dev->qp->outstanding);
		for (struct model_command *other = model.commands; other < command; other++)
			assert_int_not_equal(other->cid, sqe.cid);
		*command = (struct model_command){ sqe.cid, REQUESTS, 0 };
		if (sqe.opcode == UPNVME_SPEC_CMD_FLUSH)
			continue;
		command->request = (uint32_t)(lba / LBAS);
		command->first = (uint32_t)(lba % LBAS);
		assert_true(model.requests[command->request].live);
		check_data(&sqe, &model.requests[command->request], command->first);
		model.requests[command->request].torn |=
			sqe.opcode == UPNVME_SPEC_CMD_WRITE &&
			(sqe.cdw12 & 0xffff) + 1 < model.requests[command->request].blocks;
	}
}

/* Of no command in flight, nor one that will be before the entry is looked at. */
static void device_lie(void)
{
	const struct upnvme_qpair *qp = model.dev->qp;
	uint16_t cid = (uint16_t)rand_r(&model.seed);
	const struct slot *slot = &qp->slots[cid % qp->nslots];

	if ((uint16_t)(cid - slot->head) < 256 * qp->nslots)
		return;
	fake_post(model.dev, cid, (uint16_t)(below(2) ? 0 : rand_r(&model.seed) & 0x7fff));
}

static void device_end(uint32_t index)
{
	struct model_command command = model.commands[index];
	uint16_t status = below(6) ? 0 : (uint16_t)(0x280 + below(8));

	model.commands[index] = model.commands[--model.ncommands];
	if (command.request == REQUESTS)
		status = 0;
	if (status && command.first < model.requests[command.request].error_at) {
		model.requests[command.request].error_at = command.first;
		model.requests[command.request].status = status;
	}
	fake_post(model.dev, command.cid, status);
}

static uint32_t device_room(void)
{
	uint32_t entries = (uint32_t)model.dev->qp->entries;

	return entries - 1 -
	       (entries + model.dev->cq_tail - atomic_load(&model.dev->cq_head)) % entries;
}

static void device_work(void)
{
	device_fetch();
	for (uint32_t n = below(model.ncommands + 1); n > 0 && device_room(); n--)
		device_end(below(model.ncommands));
	if (device_room() && below(4) == 0) {
		assert_int_equal(upnvme_qpair_ring(model.dev->qp), 0);
		device_fetch();
		device_lie();
	}
}

/* --- both ----------------------------------------------------------------------------------------- */

static bool is_touched(const void *va)
{
	return users_may_touch(model.dev->domain, (uint64_t)(uintptr_t)va, 1);
}

static void check_kept(void)
{
	assert_int_equal(upnvme_qpair_inflight(model.dev->qp), model.nlive);
	for (uint32_t i = 0; i < REQUESTS; i++) {
		const struct model_request *request = &model.requests[i];

		if (!request->live || !request->data)
			continue;
		assert_true(is_touched(request->buf));
		assert_true(is_touched(request->buf + request->blocks * BLOCK - 1));
	}
}

static void hand_over(void)
{
	struct upnvme_qpair *qp = model.dev->qp;

	switch (below(20)) {
	case 0:
		assert_int_equal(qpair_release(qp), 0);
		assert_int_equal(qpair_adopt(qp), 0);
		break;
	case 1:
		assert_int_equal(qpair_abandon(qp), 0);
		assert_int_equal(qpair_adopt(qp), 0);
		break;
	case 2:
		qpair_alert(qp);
		break;
	}
}

static void step(void)
{
	for (uint32_t n = below(4); n > 0 && submit_one(); n--)
		;
	if (below(2))
		assert_int_equal(upnvme_qpair_ring(model.dev->qp), 0);
	hand_over();
	device_work();
	take_some();
	check_kept();
}

static void finish(void)
{
	struct upnvme_qpair *qp = model.dev->qp;

	model.quiet = true;
	if (below(2)) {
		atomic_store(&model.dev->ctrlr.failed, true);
		qpair_alert(qp);
		if (below(2))
			assert_int_equal(qpair_stop(qp), 0);
	}
	for (int i = 0; i < 2000 && model.nlive; i++) {
		assert_int_equal(upnvme_qpair_ring(qp), 0);
		if (!atomic_load(&model.dev->ctrlr.failed))
			device_work();
		take_some();
	}
	assert_int_equal(model.nlive, 0);
	assert_int_equal(upnvme_qpair_inflight(qp), 0);
	assert_true(upnvme_poll(qp, 0) == 0);
	assert_false(is_touched(model.dev->qp->sq));
}

static void episode(unsigned seed)
{
	static const uint32_t flags[] = { 0, 0, UPNVME_QPAIR_RING_EACH, UPNVME_QPAIR_HISTOGRAM };
	struct fake_config config = { 0 };

	memset(&model, 0, sizeof(model));
	model.seed = seed;
	config.entries = 2 + below(10);
	config.outstanding = 1 + below(config.entries - 1);
	config.flags = flags[below(ARRAY_SIZE(flags))];
	config.max_transfer_bytes = 4096u << below(3);
	config.boundary_blocks = below(3) ? 0 : 3 + below(20);
	config.sgl = below(2);
	model.dev = fake_create(&config);
	for (int i = 0; i < 200; i++)
		step();
	finish();
	fake_destroy(model.dev);
}

static void a_random_life_goes_as_the_model_says(void **state)
{
	const char *given = getenv("UPNVME_TEST_SEED"), *build = getenv("UPNVME_TEST_BUILD");
	unsigned seed = given ? (unsigned)strtoul(given, NULL, 0) : (unsigned)clock_now_ns();
	int n = build && strcmp(build, "release") != 0 ? 100 : 1000;

	for (int i = 0; i < (given ? 1 : n); i++) {
		print_message("UPNVME_TEST_SEED=%u\n", seed + (unsigned)i);
		episode(seed + (unsigned)i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_random_life_goes_as_the_model_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
