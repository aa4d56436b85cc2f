/* SPDX-License-Identifier: BSD-3-Clause */
/* A controller's life: options, refusals, failure, fork, and closing. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <upnvme.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/pause.h"
#include "base/util.h"
#include "support/fake_transport.h"

static struct upnvme_ctrlr *open_soft(const char *uri)
{
	struct upnvme_ctrlr *ctrlr = NULL;

	assert_int_equal(upnvme_open(&ctrlr, uri, NULL), 0);
	return ctrlr;
}

static void open_refused(const char *uri, const struct upnvme_open_opts *opts, int err,
			 uint32_t code, const char *word)
{
	struct upnvme_ctrlr *ctrlr = NULL;

	assert_int_equal(upnvme_open(&ctrlr, uri, opts), err);
	assert_null(ctrlr);
	assert_int_equal(error_last()->code, code);
	assert_non_null(strstr(upnvme_last_error(), word));
}

static void null_arguments_are_named(void **state)
{
	assert_int_equal(upnvme_open(NULL, "soft:ram", NULL), -EINVAL);
	assert_non_null(strstr(upnvme_last_error(), "`ctrlr` is null"));
	open_refused(NULL, NULL, -EINVAL, UPNVME_ERR_NULL, "`uri` is null");
	assert_int_equal(upnvme_close(NULL), 0);
	assert_int_equal(upnvme_ctrlr_poll(NULL), -EINVAL);
	assert_non_null(strstr(upnvme_last_error(), "upnvme_ctrlr_poll"));
}

static void bad_options_are_refused(void **state)
{
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;

	opts.flags = 0x82;
	open_refused("soft:ram", &opts, -EINVAL, UPNVME_ERR_FLAGS, "0x82");
	opts.flags = 0;
	opts.nqpairs = 65536;
	open_refused("soft:ram", &opts, -EINVAL, UPNVME_ERR_ARGUMENT, "nqpairs is 65536");
	opts.nqpairs = 0;
	opts.max_transfer_bytes = 4095;
	open_refused("soft:ram", &opts, -EINVAL, UPNVME_ERR_ARGUMENT, "4095");
	opts.max_transfer_bytes = 0;
	opts.size = 8;
	open_refused("soft:ram", &opts, -EINVAL, UPNVME_ERR_OPTIONS_SIZE, "upnvme_open_opts");
	opts.size = 0;
	open_refused("soft:ram", &opts, -EINVAL, UPNVME_ERR_OPTIONS_SIZE, "sizeof");
}

static void larger_options_are_accepted_only_if_their_unknown_fields_are_zero(void **state)
{
	struct {
		struct upnvme_open_opts opts;
		uint8_t tail[24];
	} future = { .opts = UPNVME_OPEN_OPTS_INIT };
	struct upnvme_ctrlr *ctrlr;

	future.opts.size = sizeof(future);
	assert_int_equal(upnvme_open(&ctrlr, "soft:ram", &future.opts), 0);
	assert_int_equal(upnvme_close(ctrlr), 0);
	future.tail[23] = 1;
	open_refused("soft:ram", &future.opts, -E2BIG, UPNVME_ERR_OPTIONS_FUTURE, "newer library");
}

static void a_parent_with_live_queue_pairs_is_not_closed(void **state)
{
	struct upnvme_ctrlr *ctrlr = open_soft("soft:ram?size=1MiB");
	struct upnvme_qpair *a, *b;
	struct upnvme_ns *ns;

	assert_int_equal(upnvme_qpair_create(&a, ctrlr, NULL), 0);
	assert_int_equal(upnvme_qpair_create(&b, ctrlr, NULL), 0);
	assert_int_equal(upnvme_close(ctrlr), -EBUSY);
	assert_int_equal(error_last()->code, UPNVME_ERR_BUSY_CHILDREN);
	assert_non_null(strstr(upnvme_last_error(), "2 queue pair"));
	assert_int_equal(upnvme_ns_get(&ns, ctrlr, 1), 0); /* nothing has happened */
	assert_int_equal(upnvme_qpair_close(a), 0);
	assert_int_equal(upnvme_close(ctrlr), -EBUSY);
	assert_int_equal(upnvme_qpair_close(b), 0);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

/* In the child: 0 when every call is refused as it must be. */
static int child(struct upnvme_ctrlr *ctrlr, struct upnvme_ns *ns)
{
	struct upnvme_ctrlr_info info = { .size = UPNVME_CTRLR_INFO_SIZE };
	struct upnvme_ns_info ns_info = { .size = UPNVME_NS_INFO_SIZE };
	struct upnvme_raw raw = { .cdw = { 0x18 } };
	struct upnvme_completion done;
	uint32_t value;

	if (upnvme_ctrlr_poll(ctrlr) != -EOWNERDEAD)
		return 1;
	if (error_last()->code != UPNVME_ERR_FORKED)
		return 2;
	if (upnvme_ctrlr_info_get(ctrlr, &info) != -EOWNERDEAD ||
	    upnvme_ns_get(&ns, ctrlr, 1) != -EOWNERDEAD ||
	    upnvme_ns_info_get(ns, &ns_info) != -EOWNERDEAD || upnvme_ns_next(ctrlr, 0) != 0)
		return 3;
	if (upnvme_admin(ctrlr, &raw, &done) != -EOWNERDEAD ||
	    upnvme_feature_get(ctrlr, 0, 1, 0, &value, NULL, 0) != -EOWNERDEAD ||
	    upnvme_ctrlr_on_event(ctrlr, NULL, NULL) != -EOWNERDEAD)
		return 4;
	return upnvme_close(ctrlr) == -EOWNERDEAD ? 0 : 5;
}

static void a_forked_child_is_refused(void **state)
{
	struct upnvme_ctrlr *ctrlr = open_soft("soft:ram?size=1MiB");
	struct upnvme_ns *ns;
	int status;
	pid_t pid;

	assert_int_equal(upnvme_ns_get(&ns, ctrlr, 1), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(child(ctrlr, ns));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void a_failed_open_can_be_repeated(void **state)
{
	for (int i = 0; i < 3; i++) {
		open_refused("soft:/nowhere/at/all.img", NULL, -ENOENT, UPNVME_ERR_MEDIA_OPEN,
			     "/nowhere/at/all.img");
		assert_int_equal(upnvme_close(open_soft("soft:ram")), 0);
	}
}

/* --- failure -------------------------------------------------------------------------------------- */

static struct upnvme_event told;
static uint32_t ntold;

static void note(void *arg, const struct upnvme_event *event)
{
	told = *event;
	ntold++;
}

static struct upnvme_completion ended;
static uint32_t nended;

static void note_end(void *arg, const struct upnvme_completion *done)
{
	ended = *done;
	nended++;
}

static enum fake_verdict mute_vendor(struct fake_transport *fake, const struct upnvme_spec_sqe *sqe,
				     struct upnvme_spec_cqe *cqe)
{
	return sqe->opcode == 0xc0 ? FAKE_HOLD : FAKE_DEFAULT;
}

static void expect_failed(struct upnvme_ctrlr *ctrlr)
{
	struct upnvme_raw raw = { .cdw = { 0xc0 } };
	struct upnvme_completion done;

	assert_int_equal(upnvme_ctrlr_poll(ctrlr), -EIO);
	assert_int_equal(error_last()->code, UPNVME_ERR_CTRLR_FAILED);
	assert_int_equal(ntold, 1);
	assert_int_equal(told.kind, UPNVME_EVENT_FAILED);
	assert_int_equal(upnvme_admin(ctrlr, &raw, &done), -EIO);
	assert_int_equal(upnvme_admin_submit(ctrlr, &raw, note_end, NULL), -EIO);
	assert_int_equal(upnvme_ctrlr_poll(ctrlr), -EIO);
	assert_int_equal(ntold, 1);
}

static void fail_by(bool gone)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr = fake_transport_opened(fake);
	struct upnvme_raw raw = { .cdw = { 0xc0 } };

	ntold = nended = 0;
	fake->script = mute_vendor;
	assert_int_equal(upnvme_ctrlr_on_event(ctrlr, note, NULL), 0);
	assert_int_equal(upnvme_admin_submit(ctrlr, &raw, note_end, NULL), 0);
	assert_int_equal(upnvme_ctrlr_poll(ctrlr), 0);
	if (gone)
		atomic_store(&fake->gone, true);
	else
		fake->csts |= UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CSTS_CFS, 1u);
	assert_int_equal(upnvme_ctrlr_poll(ctrlr), -EIO);
	assert_int_equal(nended, 1);
	assert_true(ended.flags & UPNVME_DONE_ABORTED);
	assert_int_equal(UPNVME_SPEC_CC_EN(fake->cc), gone);
	expect_failed(ctrlr);
	assert_int_equal(nended, 1);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void a_fatal_status_gives_the_controller_up(void **state)
{
	fail_by(false);
}

static void a_controller_that_vanishes_is_given_up(void **state)
{
	fail_by(true);
}

static void a_controller_that_cannot_be_disabled_is_given_up_in_time(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr = fake_transport_opened(fake);
	uint64_t start_ns = clock_now_ns();

	ntold = 0;
	assert_int_equal(upnvme_ctrlr_on_event(ctrlr, note, NULL), 0);
	fake->never_disabled = true;
	ctrlr_fail(ctrlr, "a test says so");
	ctrlr_fail(ctrlr, "twice");
	assert_int_equal(fake->nisolated, 1);
	assert_in_range(clock_now_ns() - start_ns, 450 * NS_PER_MS, 20 * NS_PER_S);
	expect_failed(ctrlr);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void a_controller_that_is_to_be_removed_is_given_up(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr = fake_transport_opened(fake);

	ntold = 0;
	assert_int_equal(upnvme_ctrlr_on_event(ctrlr, note, NULL), 0);
	assert_true(upnvme_ctrlr_poll(ctrlr) >= 0);
	atomic_store(&fake->leaving, true);
	assert_int_equal(upnvme_ctrlr_poll(ctrlr), -EIO);
	expect_failed(ctrlr);
	assert_int_equal(fake->nisolated, 0); /* the controller could be disabled */
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void a_controller_that_has_vanished_is_isolated(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr = fake_transport_opened(fake);

	atomic_store(&fake->gone, true);
	assert_int_equal(upnvme_ctrlr_poll(ctrlr), -EIO);
	assert_int_equal(fake->nisolated, 1);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static _Atomic bool held;

static enum fake_verdict hold_vendor(struct fake_transport *fake, const struct upnvme_spec_sqe *sqe,
				     struct upnvme_spec_cqe *cqe)
{
	if (sqe->opcode != 0xc0)
		return FAKE_DEFAULT;
	atomic_store(&held, true);
	return FAKE_HOLD;
}

static void *wait_for_ever(void *arg)
{
	struct upnvme_raw raw = { .cdw = { 0xc0 }, .timeout_ns = UINT64_MAX };
	struct upnvme_completion done;
	long rc = upnvme_admin(arg, &raw, &done);

	return (void *)(rc == -EIO && error_last()->code == UPNVME_ERR_CTRLR_FAILED ? 0 : rc - 1);
}

static void threads_that_wait_for_a_failed_controller_return(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr = fake_transport_opened(fake);
	struct pause pause = { 0 };
	pthread_t threads[3];
	void *bad;

	fake->script = hold_vendor;
	atomic_store(&held, false);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, wait_for_ever, ctrlr), 0);
	while (!atomic_load(&held))
		pause_next(&pause);
	ctrlr_fail(ctrlr, "a test says so");
	for (int i = 0; i < 3; i++) {
		pthread_join(threads[i], &bad);
		assert_null(bad);
	}
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void queue_pairs_of_a_failed_controller_complete_as_aborted(void **state)
{
	struct upnvme_ctrlr *ctrlr = open_soft("soft:ram?size=1MiB");
	struct upnvme_qpair *qp;
	struct upnvme_ns *ns;
	void *buf;

	nended = 0;
	assert_int_equal(upnvme_ns_get(&ns, ctrlr, 1), 0);
	assert_int_equal(upnvme_qpair_create(&qp, ctrlr, NULL), 0);
	assert_int_equal(upnvme_dma_alloc(&buf, ctrlr, 4096, 0), 0);
	assert_int_equal(upnvme_read(qp, ns, buf, 0, 1, note_end, NULL), 0);
	ctrlr_fail(ctrlr, "a test says so");
	for (int i = 0; i < 10 && !nended; i++)
		upnvme_poll(qp, 0);
	assert_int_equal(nended, 1);
	assert_true(ended.flags & UPNVME_DONE_ABORTED);
	assert_int_equal(upnvme_dma_free(ctrlr, buf), 0);
	assert_int_equal(upnvme_qpair_close(qp), 0);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

/* --- a drive that is degraded --------------------------------------------------------------------- */

static bool refuses_list;

static enum fake_verdict refuse_queues(struct fake_transport *fake,
				       const struct upnvme_spec_sqe *sqe,
				       struct upnvme_spec_cqe *cqe)
{
	cqe->status = UPNVME_SPEC_SC_INTERNAL_ERROR;
	if (sqe->opcode == UPNVME_SPEC_ADMIN_SET_FEATURES &&
	    (sqe->cdw10 & 0xff) == UPNVME_SPEC_FEAT_NUMBER_OF_QUEUES)
		return FAKE_ANSWER;
	if (fake_transport_cns(sqe) == UPNVME_SPEC_CNS_ACTIVE_NS_LIST && refuses_list)
		return FAKE_ANSWER;
	cqe->status = 0;
	return sqe->opcode == UPNVME_SPEC_ADMIN_FORMAT_NVM ? FAKE_ANSWER : FAKE_DEFAULT;
}

static void a_controller_without_io_queues_is_opened_for_its_admin_side(void **state)
{
	struct upnvme_raw raw = { .cdw = { UPNVME_SPEC_ADMIN_FORMAT_NVM, 1 } };
	struct upnvme_ctrlr_info info = { .size = UPNVME_CTRLR_INFO_SIZE };

	for (int i = 0; i < 2; i++) { /* then its namespaces cannot be read either */
		struct fake_transport *fake = fake_transport_create();
		struct upnvme_completion done;
		struct upnvme_qpair *qp = NULL;
		struct upnvme_ctrlr *ctrlr;

		refuses_list = i;
		fake->script = refuse_queues;
		ctrlr = fake_transport_opened(fake);
		assert_int_equal(upnvme_ctrlr_info_get(ctrlr, &info), 0);
		assert_int_equal(info.max_qpairs, 0);
		assert_int_equal(upnvme_qpair_create(&qp, ctrlr, NULL), -ENOSPC);
		assert_non_null(strstr(error_last()->text, "admin side"));
		if (!refuses_list) {
			assert_int_equal(upnvme_ns_next(ctrlr, 0), 1);
			assert_int_equal(upnvme_admin(ctrlr, &raw, &done), 0);
			assert_int_equal(done.status, 0);
		}
		assert_int_equal(upnvme_close(ctrlr), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(null_arguments_are_named),
		cmocka_unit_test(bad_options_are_refused),
		cmocka_unit_test(larger_options_are_accepted_only_if_their_unknown_fields_are_zero),
		cmocka_unit_test(a_parent_with_live_queue_pairs_is_not_closed),
		cmocka_unit_test(a_forked_child_is_refused),
		cmocka_unit_test(a_failed_open_can_be_repeated),
		cmocka_unit_test(a_fatal_status_gives_the_controller_up),
		cmocka_unit_test(a_controller_that_vanishes_is_given_up),
		cmocka_unit_test(a_controller_that_cannot_be_disabled_is_given_up_in_time),
		cmocka_unit_test(a_controller_that_is_to_be_removed_is_given_up),
		cmocka_unit_test(a_controller_that_has_vanished_is_isolated),
		cmocka_unit_test(threads_that_wait_for_a_failed_controller_return),
		cmocka_unit_test(queue_pairs_of_a_failed_controller_complete_as_aborted),
		cmocka_unit_test(a_controller_without_io_queues_is_opened_for_its_admin_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
