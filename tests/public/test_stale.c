/* SPDX-License-Identifier: BSD-3-Clause */
/* Closed handles: every call off the hot path refuses them, and later handles are left alone. */
#include <errno.h>
#include <pthread.h>

#include "support.h"

#define ROUNDS 300

static void stale(int rc, const char *call)
{
	expect_error(rc, -EBADF, UPNVME_ERR_ARGUMENT, call, "closed before", NULL);
}

#define STALE(function, ...) stale(function(__VA_ARGS__), #function)

static void queue_pair_is_refused(upnvme_qpair *qp)
{
	struct upnvme_qpair_stats stats = { .size = UPNVME_QPAIR_STATS_SIZE };

	STALE(upnvme_qpair_stop, qp);
	STALE(upnvme_qpair_close, qp);
	STALE(upnvme_qpair_release, qp);
	STALE(upnvme_qpair_adopt, qp);
	STALE(upnvme_qpair_abandon, qp);
	STALE(upnvme_qpair_stats_get, qp, &stats);
	STALE(upnvme_qpair_histogram, qp, NULL, 0);
	STALE(upnvme_qpair_fd, qp);
	assert_int_equal(upnvme_qpair_id(qp), 0);
	assert_int_equal(upnvme_qpair_entries(qp), 0);
	assert_int_equal(upnvme_qpair_outstanding_max(qp), 0);
}

static void a_queue_pair_that_was_closed_closes_no_other(void **state)
{
	upnvme_qpair *before[ROUNDS] = { NULL }, *after;
	struct rig rig;
	void *buf;

	rig_open(&rig, 0, 0, "soft:ram?size=1MiB");
	buf = dma(rig.ctrlr, 4096);
	for (int i = 0; i < ROUNDS; i++) {
		before[i] = create_qpair(rig.ctrlr, 2 + 50u * (unsigned)(i % 3), 0, 0);
		OK(upnvme_qpair_close(before[i]));
		after = create_qpair(rig.ctrlr, 2, 0, 0);
		for (int j = 0; j <= i; j += i / 4 + 1)
			STALE(upnvme_qpair_close, before[j]);
		queue_pair_is_refused(before[i]);
		OK(upnvme_qpair_close(after));
	}
	assert_int_equal(do_read(&rig, buf, 0, 1), 0);
	rig_close(&rig);
}

static void controller_is_refused(upnvme_ctrlr *ctrlr)
{
	struct upnvme_ctrlr_info info = { .size = UPNVME_CTRLR_INFO_SIZE };
	struct upnvme_smart smart = { .size = UPNVME_SMART_SIZE };
	struct upnvme_features features = { .size = UPNVME_FEATURES_SIZE };
	struct upnvme_firmware firmware = { .size = UPNVME_FIRMWARE_SIZE };
	struct upnvme_raw raw = { .cdw = { 0x0a, 0 } };
	struct upnvme_completion done;
	static char data[4096];
	uint32_t effects;
	upnvme_qpair *qp;
	upnvme_ns *ns;
	void *place;

	STALE(upnvme_close, ctrlr);
	STALE(upnvme_ctrlr_poll, ctrlr);
	STALE(upnvme_ctrlr_on_event, ctrlr, NULL, NULL);
	STALE(upnvme_ctrlr_info_get, ctrlr, &info);
	STALE(upnvme_admin, ctrlr, &raw, &done);
	STALE(upnvme_admin_submit, ctrlr, &raw, on_done, NULL);
	STALE(upnvme_identify, ctrlr, 1, 0, data);
	STALE(upnvme_log_page, ctrlr, UINT32_MAX, 2, 0, data, 512);
	STALE(upnvme_feature_get, ctrlr, 0, 7, 0, NULL, NULL, 0);
	STALE(upnvme_feature_set, ctrlr, 0, 1, 0, 0, NULL, 0);
	STALE(upnvme_features_get, ctrlr, &features);
	STALE(upnvme_smart_get, ctrlr, &smart);
	STALE(upnvme_firmware_get, ctrlr, &firmware);
	STALE(upnvme_command_effects, ctrlr, 1, 6, &effects);
	STALE(upnvme_ns_get, &ns, ctrlr, 1);
	STALE(upnvme_qpair_create, &qp, ctrlr, NULL);
	STALE(upnvme_dma_alloc, &place, ctrlr, 4096, 0);
	STALE(upnvme_dma_free, ctrlr, data);
	STALE(upnvme_mem_register, ctrlr, data, 4096);
	STALE(upnvme_mem_unregister, ctrlr, data, 4096);
	assert_int_equal(upnvme_ns_next(ctrlr, 0), 0);
	assert_null(upnvme_ctrlr_uri(ctrlr));
}

static void a_controller_that_was_closed_closes_no_other(void **state)
{
	struct upnvme_ns_info info = { .size = UPNVME_NS_INFO_SIZE };
	struct rig before, after;

	for (int i = 0; i < 20; i++) {
		rig_open(&before, 0, 0, "soft:ram?size=1MiB");
		rig_close(&before);
		STALE(upnvme_ns_info_get, before.ns, &info);
		rig_open(&after, 0, 0, "soft:ram?size=1MiB");
		controller_is_refused(before.ctrlr);
		queue_pair_is_refused(before.qp);
		OK(upnvme_ns_info_get(after.ns, &info));
		rig_close(&after);
	}
}

/* A handle of one kind is not taken for another kind. */
static void handles_of_another_kind_are_refused(void **state)
{
	struct upnvme_ns_info info = { .size = UPNVME_NS_INFO_SIZE };
	struct rig rig;

	rig_open(&rig, 0, 0, "soft:ram?size=1MiB");
	STALE(upnvme_close, (upnvme_ctrlr *)rig.qp);
	STALE(upnvme_qpair_close, (upnvme_qpair *)rig.ctrlr);
	STALE(upnvme_qpair_close, (upnvme_qpair *)rig.ns);
	STALE(upnvme_ns_info_get, (upnvme_ns *)rig.ctrlr, &info);
	rig_close(&rig);
}

static _Atomic(upnvme_qpair *) shown;

/* The handle is of another kind, or was closed: either way the call changes nothing. */
static int call_what_is_shown(void *arg)
{
	for (int i = 0; i < 2000; i++) {
		int rc = upnvme_qpair_fd(shown);

		if (rc != -EBADF && rc != -ENOTSUP && rc != -EINVAL)
			return 1;
	}
	return 0;
}

static void *call_on(void *arg)
{
	*(int *)arg = call_what_is_shown(NULL);
	return NULL;
}

/* Closed handles are used afterwards by other threads, as a bug would. */
static void threads_with_stale_handles_do_not_disturb_live_handles(void **state)
{
	int rcs[2] = { -1, -1 };
	pthread_t threads[2];
	struct rig rig;

	rig_open(&rig, 0, 0, "soft:ram?size=1MiB");
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, call_on, &rcs[i]), 0);
	for (int i = 0; i < 200; i++) {
		upnvme_qpair *qp = create_qpair(rig.ctrlr, 2, 0, 0);

		OK(upnvme_qpair_close(qp));
		shown = qp;
	}
	for (int i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(rcs[i], 0);
	}
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_queue_pair_that_was_closed_closes_no_other),
		cmocka_unit_test(a_controller_that_was_closed_closes_no_other),
		cmocka_unit_test(handles_of_another_kind_are_refused),
		cmocka_unit_test(threads_with_stale_handles_do_not_disturb_live_handles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
