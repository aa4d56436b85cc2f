/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A sync that fails once, of which Linux tells only one queue pair. From then on no command of any
 * queue pair that must be durable succeeds, and the health log says so, until the file is opened
 * anew.
 */
#include <errno.h>

#include "inject.h"
#include "public/support.h"

#define IMAGE_BYTES (4u << 20)
#define BLOCK       4096u

#define WRITE_FAULT          0x280u
#define CAPACITY_EXCEEDED    0x081u
#define WARNING_RELIABILITY  (1u << 2)
#define WARNING_ALL_READONLY (1u << 3)

/* The system call that fails, and the command that meets the failure. */
struct loss {
	const char *engine;
	enum inject_call call;
	int err;
	uint8_t opcode;
	uint16_t flags;
};

static struct loss losses[] = {
	{ "worker", CALL_FDATASYNC, EIO, UPNVME_OP_FLUSH, 0 },
	{ "worker", CALL_FDATASYNC, ENOSPC, UPNVME_OP_FLUSH, 0 },
	{ "worker", CALL_FDATASYNC, EIO, UPNVME_OP_WRITE_ZEROES, UPNVME_FUA },
	{ "worker", CALL_FDATASYNC, EIO, UPNVME_OP_READ, UPNVME_FUA },
	{ "worker", CALL_PWRITEV, EIO, UPNVME_OP_WRITE, UPNVME_FUA },
	{ "worker", CALL_SYNC_FILE_RANGE, EIO, UPNVME_OP_FLUSH, 0 },
	{ "worker", CALL_SYNC_FILE_RANGE, ENOSPC, UPNVME_OP_WRITE, UPNVME_FUA },
	{ "io_uring", CALL_SYNC_FILE_RANGE, EIO, UPNVME_OP_FLUSH, 0 },
	{ "io_uring", CALL_SYNC_FILE_RANGE, EIO, UPNVME_OP_WRITE, UPNVME_FUA },
	{ "io_uring", CALL_SYNC_FILE_RANGE, EIO, UPNVME_OP_WRITE_ZEROES, UPNVME_FUA },
	{ "io_uring", CALL_SYNC_FILE_RANGE, ENOSPC, UPNVME_OP_COMPARE, UPNVME_FUA },
};

static char *image;

/* Opens the image, or skips where the engine does not work. */
static void open_image(struct rig *rig, const char *engine, const char *mode)
{
	char uri[512];
	upnvme_ctrlr *ctrlr;

	snprintf(uri, sizeof(uri), "soft:%s?block=%u&engine=%s&mode=%s", image, BLOCK, engine,
		 mode);
	if (upnvme_open(&ctrlr, uri, NULL) == -ENOSYS)
		skip();
	OK(upnvme_close(ctrlr));
	rig_open(rig, 64, 0, "%s", uri);
}

/* The shutdown's flush fails as well, and closing says so. */
static void close_failed(struct rig *rig)
{
	OK(upnvme_qpair_close(rig->qp));
	assert_int_equal(upnvme_close(rig->ctrlr), -EIO);
}

static uint16_t run_op(struct rig *rig, uint8_t opcode, uint16_t flags, void *buf)
{
	struct upnvme_op op = { .opcode = opcode,
				.flags = flags,
				.nsid = 1,
				.blocks = opcode == UPNVME_OP_FLUSH ? 0 : 1,
				.buf = buf };

	if (opcode == UPNVME_OP_FLUSH || opcode == UPNVME_OP_WRITE_ZEROES)
		op.buf = NULL;
	return do_op(rig, &op).status;
}

static uint8_t warnings(struct rig *rig)
{
	struct upnvme_smart smart = { .size = UPNVME_SMART_SIZE };

	OK(upnvme_smart_get(rig->ctrlr, &smart));
	return smart.critical_warning;
}

static void expect_fault(uint16_t status)
{
	assert_int_equal(STATUS_CODE(status), WRITE_FAULT);
	assert_true(UPNVME_STATUS_DNR(status));
}

static void expect_all_but_reads_to_fail(struct rig *rig, void *buf)
{
	struct io io = { 0 };

	expect_fault(run_op(rig, UPNVME_OP_FLUSH, 0, NULL));
	expect_fault(run_op(rig, UPNVME_OP_WRITE, 0, buf));
	expect_fault(run_op(rig, UPNVME_OP_WRITE, UPNVME_FUA, buf));
	expect_fault(run_op(rig, UPNVME_OP_WRITE_ZEROES, UPNVME_FUA, NULL));
	expect_fault(run_op(rig, UPNVME_OP_WRITE_ZEROES, 0, NULL));
	expect_fault(run_op(rig, UPNVME_OP_READ, UPNVME_FUA, buf));
	expect_fault(run_op(rig, UPNVME_OP_COMPARE, UPNVME_FUA, buf));
	OK(upnvme_deallocate(rig->qp, rig->ns, 0, 1, on_done, &io));
	wait_for(rig->qp, &io, 1);
	expect_fault(io.last.status);
	assert_int_equal(run_op(rig, UPNVME_OP_READ, 0, buf), 0);
}

static void on_event(void *arg, const struct upnvme_event *event)
{
	*(unsigned *)arg += event->kind == UPNVME_EVENT_SMART && event->info == 0;
}

/* Another queue pair than the one that met the failure. */
static void lose(const struct loss *loss, const char *mode)
{
	struct inject_plan plan = { INJECT_ONCE, 1, loss->call, loss->err };
	struct rig rig, other;
	unsigned nevents = 0;
	uint16_t status;
	void *buf;

	open_image(&rig, loss->engine, mode);
	other = rig;
	other.qp = create_qpair(rig.ctrlr, 64, 0, 0);
	OK(upnvme_ctrlr_on_event(rig.ctrlr, on_event, &nevents));
	buf = dma(rig.ctrlr, BLOCK);
	assert_int_equal(run_op(&rig, UPNVME_OP_WRITE, 0, buf), 0);
	assert_int_equal(run_op(&rig, UPNVME_OP_FLUSH, 0, NULL), 0);
	assert_int_equal(run_op(&rig, UPNVME_OP_WRITE, UPNVME_FUA, buf), 0);
	assert_int_equal(warnings(&rig), 0);

	inject_arm(&plan);
	status = run_op(&other, loss->opcode, loss->flags, buf);
	inject_disarm();
	assert_int_equal(inject_fired(), 1);
	expect_fault(status);
	expect_all_but_reads_to_fail(&rig, buf);
	expect_all_but_reads_to_fail(&other, buf);
	for (uint64_t end = now_ns() + 20000000000ull; !nevents && now_ns() < end;)
		assert_true(upnvme_ctrlr_poll(rig.ctrlr) >= 0);
	assert_int_equal(nevents, 1);
	assert_int_equal(warnings(&rig), WARNING_RELIABILITY | WARNING_ALL_READONLY);
	OK(upnvme_qpair_close(other.qp));
	OK(upnvme_dma_free(rig.ctrlr, buf));
	close_failed(&rig);

	open_image(&rig, loss->engine, mode);
	buf = dma(rig.ctrlr, BLOCK);
	assert_int_equal(run_op(&rig, UPNVME_OP_WRITE, UPNVME_FUA, buf), 0);
	assert_int_equal(run_op(&rig, UPNVME_OP_FLUSH, 0, NULL), 0);
	assert_int_equal(warnings(&rig), 0);
	rig_close(&rig);
}

static void a_failed_sync_is_never_forgotten(void **state)
{
	lose(*state, "inline");
}

static void a_failed_sync_is_never_forgotten_by_a_thread(void **state)
{
	lose(*state, "thread");
}

/* The write was refused as a whole: nothing is lost, and more room helps. */
static void a_durable_write_without_room_loses_nothing(void **state)
{
	struct inject_plan plan = { INJECT_ONCE, 1, CALL_PWRITEV, ENOSPC };
	struct rig rig;
	void *buf;

	open_image(&rig, "worker", "inline");
	buf = dma(rig.ctrlr, BLOCK);
	inject_arm(&plan);
	assert_int_equal(STATUS_CODE(run_op(&rig, UPNVME_OP_WRITE, UPNVME_FUA, buf)),
			 CAPACITY_EXCEEDED);
	inject_disarm();
	assert_int_equal(run_op(&rig, UPNVME_OP_WRITE, UPNVME_FUA, buf), 0);
	assert_int_equal(run_op(&rig, UPNVME_OP_FLUSH, 0, NULL), 0);
	assert_int_equal(warnings(&rig), 0);
	rig_close(&rig);
}

/* A plain write that fails is told at once, and was never durable. */
static void a_plain_write_that_fails_loses_nothing(void **state)
{
	struct inject_plan plan = { INJECT_ONCE, 1, CALL_PWRITEV, EIO };
	struct rig rig;
	void *buf;

	open_image(&rig, "worker", "inline");
	buf = dma(rig.ctrlr, BLOCK);
	inject_arm(&plan);
	assert_int_equal(STATUS_CODE(run_op(&rig, UPNVME_OP_WRITE, 0, buf)), WRITE_FAULT);
	inject_disarm();
	assert_int_equal(run_op(&rig, UPNVME_OP_WRITE, 0, buf), 0);
	assert_int_equal(run_op(&rig, UPNVME_OP_FLUSH, 0, NULL), 0);
	rig_close(&rig);
}

/* The open tells an earlier loss, once; reads then show the content of the disk. */
static void an_open_reports_an_earlier_loss_of_data(void **state)
{
	static const struct inject_plan plans[] = { { INJECT_ONCE, 1, CALL_FDATASYNC, EIO },
						    { INJECT_ONCE, 1, CALL_SYNC_FILE_RANGE, EIO },
						    { INJECT_ONCE, 1, CALL_FDATASYNC, EPERM } };
	upnvme_ctrlr *ctrlr;
	char uri[512];

	for (size_t i = 0; i < NELEMS(plans); i++) {
		int rc;

		snprintf(uri, sizeof(uri), "soft:%s", image);
		inject_arm(&plans[i]);
		rc = upnvme_open(&ctrlr, uri, NULL);
		inject_disarm();
		expect_error(rc, -plans[i].err, i == 2 ? UPNVME_ERR_SYSTEM : UPNVME_ERR_MEDIA_OPEN,
			     image, NULL);
		OK(upnvme_open(&ctrlr, uri, NULL));
		OK(upnvme_close(ctrlr));
	}
}

/* Neither call is needed: without them the medium is as safe as its own syncs. */
static void a_sandbox_without_the_finer_calls_is_no_loss(void **state)
{
	static const struct inject_plan plans[] = { { INJECT_SAME, 1, CALL_SYNC_FILE_RANGE, EPERM },
						    { INJECT_SAME, 1, CALL_PREADV2, ENOSYS },
						    { INJECT_SAME, 1, CALL_FALLOCATE, EPERM } };
	struct rig rig;
	void *buf;

	for (size_t i = 0; i < NELEMS(plans); i++) {
		inject_arm(&plans[i]);
		open_image(&rig, "worker", "inline");
		buf = dma(rig.ctrlr, BLOCK);
		memset(buf, 0x5a, BLOCK);
		assert_int_equal(run_op(&rig, UPNVME_OP_WRITE, UPNVME_FUA, buf), 0);
		assert_int_equal(run_op(&rig, UPNVME_OP_WRITE_ZEROES, UPNVME_FUA, NULL), 0);
		assert_int_equal(run_op(&rig, UPNVME_OP_READ, 0, buf), 0);
		assert_int_equal(((char *)buf)[BLOCK - 1], 0);
		assert_int_equal(run_op(&rig, UPNVME_OP_FLUSH, 0, NULL), 0);
		rig_close(&rig);
		inject_disarm();
		assert_true(inject_fired() > 0);
	}
}

/* A system that answers EAGAIN for ever counts as failed after a while. */
static void endless_eagain_is_an_error(void **state)
{
	static const struct inject_plan plans[] = { { INJECT_SAME, 1, CALL_PWRITEV, EAGAIN },
						    { INJECT_SAME, 1, CALL_FDATASYNC, EAGAIN } };
	struct rig rig;
	void *buf;

	for (size_t i = 0; i < NELEMS(plans); i++) {
		uint16_t status;

		open_image(&rig, "worker", "inline");
		buf = dma(rig.ctrlr, BLOCK);
		inject_arm(&plans[i]);
		status = run_op(&rig, i ? UPNVME_OP_FLUSH : UPNVME_OP_WRITE, 0, buf);
		inject_disarm();
		assert_int_equal(STATUS_CODE(status), WRITE_FAULT);
		/* The tries have pauses between them: no busy loop of some hundred thousand
		 * tries. */
		assert_in_range(inject_fired(), 2, 20000);
		/* A write was told as failed, and nothing else was lost. */
		if (i)
			close_failed(&rig);
		else
			rig_close(&rig);
	}
}

int main(void)
{
	static struct CMUnitTest tests[2 * NELEMS(losses) + 5] = {
		cmocka_unit_test(a_durable_write_without_room_loses_nothing),
		cmocka_unit_test(a_plain_write_that_fails_loses_nothing),
		cmocka_unit_test(an_open_reports_an_earlier_loss_of_data),
		cmocka_unit_test(a_sandbox_without_the_finer_calls_is_no_loss),
		cmocka_unit_test(endless_eagain_is_an_error),
	};
	size_t n = 5;
	int failed;

	for (size_t i = 0; i < NELEMS(losses); i++) {
		tests[n++] = (struct CMUnitTest)cmocka_unit_test_prestate(
			a_failed_sync_is_never_forgotten, &losses[i]);
		tests[n++] = (struct CMUnitTest)cmocka_unit_test_prestate(
			a_failed_sync_is_never_forgotten_by_a_thread, &losses[i]);
	}
	image = image_create(IMAGE_BYTES);
	failed = _cmocka_run_group_tests("lost writes", tests, n, NULL, NULL);
	image_remove(image);
	return failed;
}
