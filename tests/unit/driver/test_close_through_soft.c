/* SPDX-License-Identifier: BSD-3-Clause */
/* Closing over the software controller, inline and threaded, whose media fail, are slow, or never answer. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <upnvme.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/pause.h"
#include "base/uri.h"
#include "driver/ctrlr.h"
#include "media/maker.h"
#include "support/fault_media.h"
#include "transport/soft/soft.h"
#include "transport/transport.h"

#define SHORT_NS (NS_PER_S / 5)

struct rig {
	const char *uri;
	struct upnvme_ctrlr *ctrlr, *keeper;
	upnvme_ns *ns;
	upnvme_qpair *slow, *other;
	void *buf;
	char *registered;
	uint32_t ndone;
	struct upnvme_completion done;
};

static void (*real_close)(struct transport *transport);
static uint32_t nclosed;

static void noting_close(struct transport *transport)
{
	nclosed++;
	real_close(transport);
}

/* As upnvme_open, with media that the test holds, and noting when all is freed. */
static struct upnvme_ctrlr *open_faulty(const char *text, uint64_t admin_timeout_ns)
{
	static const struct media_maker *const makers[] = { &media_ram, NULL };
	static struct transport_ops ops;
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	struct transport *transport;
	struct upnvme_ctrlr *ctrlr;
	struct uri *uri;

	opts.admin_timeout_ns = admin_timeout_ns;
	assert_int_equal(uri_parse(&uri, text), 0);
	assert_int_equal(transport_open(&transport, uri, makers), 0);
	uri_free(uri);
	fault_attach(soft_controller(transport));
	ops = *transport->ops;
	real_close = ops.close;
	ops.close = noting_close;
	transport->ops = &ops;
	assert_int_equal(ctrlr_attach(&ctrlr, transport, text, NULL, &opts), 0);
	return ctrlr;
}

static void begin(struct rig *rig, uint64_t admin_timeout_ns)
{
	rig->ctrlr = open_faulty(rig->uri, admin_timeout_ns);
	assert_int_equal(upnvme_ns_get(&rig->ns, rig->ctrlr, 1), 0);
	assert_int_equal(upnvme_dma_alloc(&rig->buf, rig->ctrlr, 4096, 0), 0);
	assert_int_equal(upnvme_mem_register(rig->ctrlr, rig->registered, 4096), 0);
	assert_int_equal(upnvme_qpair_create(&rig->slow, rig->ctrlr, NULL), 0);
	assert_int_equal(upnvme_qpair_create(&rig->other, rig->ctrlr, NULL), 0);
}

static int setup_uri(void **state, const char *uri)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	nclosed = 0;
	rig->uri = uri;
	assert_int_equal(upnvme_open(&rig->keeper, "soft:ram?size=1MiB", NULL), 0);
	rig->registered = aligned_alloc(4096, 4096);
	*state = rig;
	return 0;
}

static int setup(void **state)
{
	return setup_uri(state, "soft:ram?size=1MiB");
}

static int setup_threaded(void **state)
{
	return setup_uri(state, "soft:ram?size=1MiB&mode=thread");
}

/* The next close frees memory that was set aside. */
static int teardown(void **state)
{
	struct rig *rig = *state;

	fault.held = false;
	fault.held_ops = 0;
	assert_int_equal(upnvme_mem_unregister(rig->keeper, rig->registered, 4096), 0);
	assert_int_equal(upnvme_close(rig->keeper), 0);
	assert_int_equal(nclosed, 1);
	assert_int_equal(fault.nclosed_early, 0);
	free(rig->registered);
	free(rig);
	return 0;
}

static void note(void *arg, const struct upnvme_completion *done)
{
	struct rig *rig = arg;

	rig->ndone++;
	rig->done = *done;
}

static void wait_submitted(upnvme_qpair *qp, enum media_op op)
{
	struct pause pause = { 0 };

	while (fault.nsubmitted[op] == 0) {
		assert_true(upnvme_poll(qp, 0) >= 0);
		pause_next(&pause);
	}
}

static void hold_a_write(struct rig *rig)
{
	fault.held_ops = 1u << MEDIA_WRITE;
	assert_int_equal(upnvme_write(rig->slow, rig->ns, rig->registered, 0, 1, note, rig), 0);
	wait_submitted(rig->slow, MEDIA_WRITE);
}

static void hold_a_flush(struct rig *rig)
{
	fault.held_ops = 1u << MEDIA_FLUSH;
	assert_int_equal(upnvme_flush(rig->slow, rig->ns, note, rig), 0);
	wait_submitted(rig->slow, MEDIA_FLUSH);
}

static void expect_works(struct rig *rig, upnvme_qpair *qp)
{
	uint32_t before = rig->ndone;
	struct pause pause = { 0 };

	assert_int_equal(upnvme_read(qp, rig->ns, rig->buf, 0, 1, note, rig), 0);
	while (rig->ndone == before) {
		assert_true(upnvme_poll(qp, 0) >= 0);
		pause_next(&pause);
	}
	assert_int_equal(rig->done.status, 0);
}

static void expect(int rc, int expected, uint32_t code, const char *words)
{
	assert_int_equal(rc, expected);
	assert_int_equal(error_last()->code, code);
	assert_non_null(strstr(error_last()->text, words));
	assert_non_null(strstr(error_last()->text, "soft:ram"));
}

static void a_failed_flush_is_told(void **state)
{
	struct rig *rig = *state;

	begin(rig, 0);
	expect_works(rig, rig->other);
	fault.results[MEDIA_FLUSH] = -EIO;
	assert_int_equal(upnvme_qpair_close(rig->slow), 0);
	assert_int_equal(upnvme_qpair_close(rig->other), 0);
	expect(upnvme_close(rig->ctrlr), -EIO, UPNVME_ERR_NOT_DURABLE, "namespace 1");
	assert_non_null(strstr(error_last()->text, strerror(EIO)));
	assert_int_equal(nclosed, 1);
}

/* Where the driver waits without end, the controller itself lets go of the flush. */
static void a_slow_flush_costs_nothing(void **state)
{
	struct rig *rig = *state;
	upnvme_qpair *next;

	begin(rig, 600 * NS_PER_S);
	hold_a_flush(rig);
	assert_int_equal(upnvme_qpair_close(rig->slow), 0);
	assert_int_equal(rig->ndone, 1);
	assert_true(rig->done.flags & UPNVME_DONE_ABORTED);
	expect_works(rig, rig->other);
	assert_int_equal(upnvme_qpair_create(&next, rig->ctrlr, NULL), 0);
	expect_works(rig, next);
	assert_int_equal(upnvme_qpair_close(next), 0);
	assert_int_equal(upnvme_qpair_close(rig->other), 0);
	fault.held_ops = 0;
	assert_int_equal(upnvme_close(rig->ctrlr), 0);
}

/* With less time the queue pair is set aside, and comes back. */
static void a_flush_slower_than_the_deadline_sets_the_queue_pair_aside(void **state)
{
	struct rig *rig = *state;

	begin(rig, SHORT_NS);
	hold_a_flush(rig);
	expect(upnvme_qpair_close(rig->slow), -ETIMEDOUT, UPNVME_ERR_CTRLR_TIMEOUT, "set aside");
	expect_works(rig, rig->other);
	fault.held_ops = 0;
	expect_works(rig, rig->other);
	assert_int_equal(upnvme_qpair_close(rig->other), 0);
	assert_int_equal(upnvme_close(rig->ctrlr), 0);
}

static void storage_that_never_answers_is_set_aside(void **state)
{
	struct rig *rig = *state;

	begin(rig, SHORT_NS);
	hold_a_write(rig);
	expect(upnvme_qpair_close(rig->slow), -ETIMEDOUT, UPNVME_ERR_CTRLR_TIMEOUT, "set aside");
	assert_int_equal(rig->ndone, 1);
	assert_int_equal(rig->done.flags, UPNVME_DONE_ABORTED | UPNVME_DONE_INDETERMINATE);
	assert_int_equal(upnvme_mem_unregister(rig->ctrlr, rig->registered, 4096), -EBUSY);
	expect_works(rig, rig->other);
	assert_int_equal(upnvme_qpair_close(rig->other), 0);
	expect(upnvme_close(rig->ctrlr), -ETIMEDOUT, UPNVME_ERR_NOT_DURABLE, "set aside");
	assert_int_equal(upnvme_mem_unregister(rig->keeper, rig->registered, 4096), -EBUSY);
	assert_int_equal(nclosed, 0);
	/* The next open or close finds that it has answered. */
	fault.held_ops = 0;
	assert_int_equal(upnvme_close(open_faulty("soft:ram?size=1MiB", 0)), 0);
	assert_int_equal(nclosed, 2);
	nclosed = 1;
}

static void memory_set_aside_is_freed_when_storage_answers(void **state)
{
	struct rig *rig = *state;
	uint32_t qid;

	begin(rig, SHORT_NS);
	qid = upnvme_qpair_id(rig->slow);
	hold_a_write(rig);
	expect(upnvme_qpair_close(rig->slow), -ETIMEDOUT, UPNVME_ERR_CTRLR_TIMEOUT, "set aside");
	fault.held_ops = 0;
	assert_true(upnvme_ctrlr_poll(rig->ctrlr) >= 0);
	assert_int_equal(upnvme_mem_unregister(rig->ctrlr, rig->registered, 4096), 0);
	assert_int_equal(upnvme_mem_register(rig->ctrlr, rig->registered, 4096), 0);
	assert_int_equal(upnvme_qpair_create(&rig->slow, rig->ctrlr, NULL), 0);
	assert_int_equal(upnvme_qpair_id(rig->slow), qid);
	expect_works(rig, rig->slow);
	assert_int_equal(upnvme_qpair_close(rig->slow), 0);
	assert_int_equal(upnvme_qpair_close(rig->other), 0);
	assert_int_equal(upnvme_close(rig->ctrlr), 0);
}

/* Only the flush of the shutdown itself. */
static void a_shutdown_that_never_ends_is_told_and_set_aside(void **state)
{
	struct rig *rig = *state;

	begin(rig, SHORT_NS);
	assert_int_equal(upnvme_qpair_close(rig->slow), 0);
	assert_int_equal(upnvme_qpair_close(rig->other), 0);
	fault.held_ops = 1u << MEDIA_FLUSH;
	expect(upnvme_close(rig->ctrlr), -ETIMEDOUT, UPNVME_ERR_NOT_DURABLE, "may be lost, and");
	assert_int_equal(nclosed, 0);
}

static void giving_a_controller_up_is_no_orderly_close(void **state)
{
	struct rig *rig = *state;

	begin(rig, SHORT_NS);
	hold_a_write(rig);
	ctrlr_fail(rig->ctrlr, "a test says so");
	assert_int_equal(upnvme_poll(rig->slow, 0), 1);
	assert_int_equal(upnvme_mem_unregister(rig->ctrlr, rig->registered, 4096), -EBUSY);
	expect(upnvme_qpair_close(rig->slow), -EIO, UPNVME_ERR_CTRLR_FAILED, "set aside");
	expect(upnvme_qpair_close(rig->other), -EIO, UPNVME_ERR_CTRLR_FAILED, "set aside");
	expect(upnvme_close(rig->ctrlr), -EIO, UPNVME_ERR_NOT_DURABLE, "given up");
	assert_int_equal(nclosed, 0);
	fault.held_ops = 0;
	assert_int_equal(upnvme_close(open_faulty("soft:ram?size=1MiB", 0)), 0);
	assert_int_equal(nclosed, 2);
	nclosed = 1;
}

#define each(name)                                                      \
	{ #name, name, setup, teardown, NULL },                         \
	{                                                               \
#name " (thread)", name, setup_threaded, teardown, NULL \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		each(a_failed_flush_is_told),
		each(a_slow_flush_costs_nothing),
		each(a_flush_slower_than_the_deadline_sets_the_queue_pair_aside),
		each(storage_that_never_answers_is_set_aside),
		each(memory_set_aside_is_freed_when_storage_answers),
		each(a_shutdown_that_never_ends_is_told_and_set_aside),
		each(giving_a_controller_up_is_no_orderly_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
