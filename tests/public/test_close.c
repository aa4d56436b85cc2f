/* SPDX-License-Identifier: BSD-3-Clause */
/* Stopping and closing with commands in flight: each command completes exactly once, and then its
 * memory is the caller's. */
#include <errno.h>
#include <unistd.h>

#include "support.h"

#define DEPTH 32u

struct fate {
	uint32_t n[DEPTH];
	struct upnvme_completion done[DEPTH];
};

static struct fate fate;

static void note(void *arg, const struct upnvme_completion *done)
{
	uint32_t i = (uint32_t)(uintptr_t)arg;

	assert_true(i < DEPTH);
	fate.n[i]++;
	fate.done[i] = *done;
}

/* Returns the number of accepted requests: split ones fill a small queue. */
static uint32_t submit_all(struct rig *rig, char *buf, upnvme_cb cb, uint32_t blocks)
{
	int rc = 0;

	memset(&fate, 0, sizeof(fate));
	for (uint32_t i = 0; i < DEPTH; i++) {
		char *at = buf + (size_t)i * blocks * rig->block;
		void *arg = (void *)(uintptr_t)i;

		rc = i % 2 ? upnvme_write(rig->qp, rig->ns, at, i * blocks, blocks, cb, arg) :
			     upnvme_read(rig->qp, rig->ns, at, i * blocks, blocks, cb, arg);
		if (rc) {
			assert_int_equal(rc, -EAGAIN);
			return i;
		}
	}
	return DEPTH;
}

/* A request ends with success by the device, or is aborted by the library; an aborted write is
 * indeterminate. */
static void check_fate(const struct upnvme_completion *done, uint32_t i, uint32_t blocks)
{
	if (done->status == 0) {
		assert_int_equal(done->flags & ~UPNVME_DONE_NOT_ATOMIC, 0);
		assert_true(!done->flags || (i % 2 && blocks > 1));
		assert_int_equal(done->blocks, blocks);
	} else if (done->flags & UPNVME_DONE_ABORTED) {
		assert_int_equal(STATUS_CODE(done->status), STATUS_ABORTED_BY_HOST);
		/* The parts of a split write that were never issued certainly did not happen. */
		if (blocks == 1 || i % 2 == 0)
			assert_int_equal(done->flags & UPNVME_DONE_INDETERMINATE,
					 i % 2 ? UPNVME_DONE_INDETERMINATE : 0);
	} else {
		assert_int_equal(STATUS_CODE(done->status), STATUS_ABORTED_SQ_DELETE);
	}
}

enum how { NOT_RUNG, RUNG, POLLED_ONCE };

static void close_in_flight(const char *uri, enum how how, uint32_t blocks)
{
	struct rig rig;
	uint32_t accepted;
	char *buf;

	rig_open(&rig, 64, 0, "%s", uri);
	buf = dma(rig.ctrlr, (size_t)DEPTH * blocks * rig.block);
	accepted = submit_all(&rig, buf, note, blocks);
	assert_true(accepted > 0);
	if (how == RUNG)
		OK(upnvme_qpair_ring(rig.qp));
	else if (how == POLLED_ONCE)
		OK(upnvme_poll(rig.qp, 1));
	OK(upnvme_qpair_close(rig.qp));
	for (uint32_t i = 0; i < DEPTH; i++) {
		assert_int_equal(fate.n[i], i < accepted);
		if (i < accepted)
			check_fate(&fate.done[i], i, blocks);
	}
	OK(upnvme_dma_free(rig.ctrlr, buf));
	OK(upnvme_close(rig.ctrlr));
}

static void closing_completes_each_command_once(void **state)
{
	char *image = image_create(16 << 20);
	char uris[6][128];

	snprintf(uris[0], sizeof(uris[0]), "soft:ram?size=16MiB");
	snprintf(uris[1], sizeof(uris[1]), "soft:ram?size=16MiB&mode=thread");
	snprintf(uris[2], sizeof(uris[2]), "soft:%s", image);
	snprintf(uris[3], sizeof(uris[3]), "soft:%s?mode=thread", image);
	snprintf(uris[4], sizeof(uris[4]), "soft:%s?engine=worker", image);
	snprintf(uris[5], sizeof(uris[5]), "soft:null?size=16MiB&mdts=1");
	for (size_t i = 0; i < NELEMS(uris); i++)
		for (enum how how = NOT_RUNG; how <= POLLED_ONCE; how++)
			for (uint32_t blocks = 1; blocks <= 64; blocks *= 8)
				close_in_flight(uris[i], how, blocks);
	image_remove(image);
}

static void tagged_ones_can_be_reaped_after_stopping(const char *uri)
{
	struct upnvme_completion done[DEPTH + 1];
	uint32_t seen[DEPTH] = { 0 };
	struct rig rig;
	char *buf;
	int n, total = 0;

	rig_open(&rig, 64, 0, "%s", uri);
	buf = dma(rig.ctrlr, (size_t)DEPTH * rig.block);
	assert_int_equal(submit_all(&rig, buf, NULL, 1), DEPTH);
	OK(upnvme_qpair_ring(rig.qp));
	OK(upnvme_qpair_stop(rig.qp));
	assert_int_equal(upnvme_qpair_inflight(rig.qp), DEPTH);
	assert_int_equal(upnvme_poll(rig.qp, 0), -ENOMSG);
	expect_error(upnvme_read(rig.qp, rig.ns, buf, 0, 1, note, NULL), -ESHUTDOWN,
		     UPNVME_ERR_QPAIR_CLOSED, NULL);
	while ((n = upnvme_reap(rig.qp, done, 5)) > 0) {
		for (int i = 0; i < n; i++) {
			assert_true(done[i].tag < DEPTH);
			seen[done[i].tag]++;
			check_fate(&done[i], (uint32_t)done[i].tag, 1);
		}
		total += n;
	}
	assert_int_equal(n, 0);
	assert_int_equal(total, DEPTH);
	for (uint32_t i = 0; i < DEPTH; i++)
		assert_int_equal(seen[i], 1);
	OK(upnvme_qpair_stop(rig.qp));
	assert_int_equal(upnvme_qpair_inflight(rig.qp), 0);
	rig_close(&rig);
}

static void stopping_keeps_tagged_completions(void **state)
{
	tagged_ones_can_be_reaped_after_stopping("soft:ram?size=1MiB&block=512");
	tagged_ones_can_be_reaped_after_stopping("soft:ram?size=1MiB&block=512&mode=thread");
}

/* Completions that were not reaped are dropped, and leave nothing that a leak checker would
 * find. */
static void closing_drops_tagged_completions(void **state)
{
	struct rig rig;
	char *buf;

	rig_open(&rig, 64, 0, "soft:ram?size=1MiB");
	buf = dma(rig.ctrlr, (size_t)DEPTH * rig.block);
	assert_int_equal(submit_all(&rig, buf, NULL, 1), DEPTH);
	rig_close(&rig);
}

/* A split request of which only the first parts were issued. */
static void a_split_request_ends_once_when_closed(void **state)
{
	for (uint32_t entries = 2; entries <= 8; entries++) {
		struct rig rig;
		char *buf;

		rig_open(&rig, entries, 0, "soft:ram?size=1MiB&block=512&mdts=1");
		buf = dma(rig.ctrlr, 1 << 20);
		memset(&fate, 0, sizeof(fate));
		OK(upnvme_write(rig.qp, rig.ns, buf, 0, 2048, note, (void *)1));
		if (entries > 4)
			OK(upnvme_poll(rig.qp, 1));
		OK(upnvme_qpair_close(rig.qp));
		assert_int_equal(fate.n[1], 1);
		assert_int_equal(STATUS_CODE(fate.done[1].status), STATUS_ABORTED_BY_HOST);
		assert_int_equal(fate.done[1].flags, UPNVME_DONE_ABORTED |
							     UPNVME_DONE_INDETERMINATE |
							     UPNVME_DONE_NOT_ATOMIC);
		assert_true(fate.done[1].blocks < 2048);
		OK(upnvme_close(rig.ctrlr));
	}
}

struct resubmit {
	struct rig *rig;
	void *buf;
	uint32_t ran;
	int rc;
};

static void submit_again(void *arg, const struct upnvme_completion *done)
{
	struct resubmit *again = arg;

	again->ran++;
	again->rc =
		upnvme_read(again->rig->qp, again->rig->ns, again->buf, 0, 1, submit_again, again);
	assert_int_equal(upnvme_qpair_close(again->rig->qp), -EINPROGRESS);
}

static void callbacks_of_a_closing_queue_pair_cannot_submit(void **state)
{
	struct rig rig;
	struct resubmit again = { .rig = &rig };

	rig_open(&rig, 8, 0, "soft:ram?size=1MiB");
	again.buf = dma(rig.ctrlr, 4096);
	for (int i = 0; i < 5; i++)
		OK(upnvme_read(rig.qp, rig.ns, again.buf, 0, 1, submit_again, &again));
	OK(upnvme_qpair_close(rig.qp));
	assert_int_equal(again.ran, 5);
	assert_int_equal(again.rc, -ESHUTDOWN);
	OK(upnvme_close(rig.ctrlr));
}

static void ignore(void *arg, const struct upnvme_completion *done)
{
}

/* As many commands as an admin queue takes, none of which is served: the queues can still be
 * deleted. */
static void a_full_admin_queue_does_not_keep_a_queue_pair_open(void **state)
{
	static char data[4096];
	struct upnvme_raw raw = { .cdw = { 0x06, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 },
				  .data = data,
				  .data_bytes = sizeof(data),
				  .direction = UPNVME_DATA_FROM_DEVICE };
	struct rig rig;

	rig_open(&rig, 0, 0, "soft:ram?size=1MiB");
	while (upnvme_admin_submit(rig.ctrlr, &raw, ignore, NULL) == 0)
		;
	expect_error(upnvme_admin_submit(rig.ctrlr, &raw, ignore, NULL), -EAGAIN,
		     UPNVME_ERR_ADMIN_FULL, "upnvme_ctrlr_poll", NULL);
	OK(upnvme_qpair_close(rig.qp));
	rig.qp = create_qpair(rig.ctrlr, 0, 0, 0);
	assert_int_equal(do_read(&rig, dma(rig.ctrlr, 4096), 0, 1), 0);
	assert_true(upnvme_ctrlr_poll(rig.ctrlr) > 0);
	rig_close(&rig);
}

static void close_now(void *arg, const struct upnvme_completion *done)
{
	struct rig *rig = arg;

	assert_int_equal(upnvme_qpair_close(rig->qp), -EINPROGRESS);
	rig->qp = NULL;
}

/* The close is carried out when the call that runs the callback returns, for each such call. */
static void a_callback_may_close_within_any_call(void **state)
{
	struct upnvme_completion done[8];
	struct rig rig;
	void *buf;

	for (int call = 0; call < 5; call++) {
		struct upnvme_op ops[4] = { 0 };
		upnvme_qpair *qp;

		rig_open(&rig, 4, 0, "soft:ram?size=1MiB");
		qp = rig.qp;
		buf = dma(rig.ctrlr, 4096);
		for (int i = 0; i < 4; i++)
			ops[i] = (struct upnvme_op){
				.opcode = UPNVME_OP_READ, .nsid = 1, .blocks = 1, .buf = buf
			};
		OK(upnvme_read(qp, rig.ns, buf, 0, 1, close_now, &rig));
		if (call == 0)
			assert_int_equal(upnvme_poll(qp, 0), 1);
		else if (call == 1)
			assert_int_equal(upnvme_reap(qp, done, 8), 0);
		else if (call == 2)
			OK(upnvme_qpair_stop(qp));
		else if (call == 3)
			upnvme_exec(qp, ops, 4, done, 8, 1000000000ull);
		else
			assert_int_equal(upnvme_exec(qp, NULL, 0, done, 8, 1000000000ull), 0);
		assert_null(rig.qp);
		OK(upnvme_close(rig.ctrlr));
	}
}

static void the_parent_goes_when_the_last_child_went(void **state)
{
	upnvme_ctrlr *ctrlr = open_uri("soft:ram?size=1MiB&queues=8");
	upnvme_qpair *qps[8], *more;

	for (int lap = 0; lap < 3; lap++) {
		for (size_t i = 0; i < 8; i++)
			qps[i] = create_qpair(ctrlr, 0, 0, 0);
		expect_error(upnvme_qpair_create(&more, ctrlr, NULL), -ENOSPC,
			     UPNVME_ERR_QPAIR_LIMIT, "8", NULL);
		for (size_t i = 0; i < 8; i++) {
			expect_error(upnvme_close(ctrlr), -EBUSY, UPNVME_ERR_BUSY_CHILDREN, NULL);
			OK(upnvme_qpair_close(qps[(i * 5 + 3) % 8]));
		}
	}
	OK(upnvme_close(ctrlr));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closing_completes_each_command_once),
		cmocka_unit_test(stopping_keeps_tagged_completions),
		cmocka_unit_test(closing_drops_tagged_completions),
		cmocka_unit_test(a_split_request_ends_once_when_closed),
		cmocka_unit_test(callbacks_of_a_closing_queue_pair_cannot_submit),
		cmocka_unit_test(a_full_admin_queue_does_not_keep_a_queue_pair_open),
		cmocka_unit_test(a_callback_may_close_within_any_call),
		cmocka_unit_test(the_parent_goes_when_the_last_child_went),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
