/* SPDX-License-Identifier: BSD-3-Clause */
/* Structs with a size: older and newer programs than the library. */
#include <errno.h>

#include "support.h"

/* As a later version of the library may define them. */
struct future_open_opts {
	struct upnvme_open_opts known;
	uint64_t unknown[3];
};

struct future_qpair_opts {
	struct upnvme_qpair_opts known;
	uint64_t unknown[3];
};

static void options_from_the_future_are_taken_if_they_ask_for_nothing(void **state)
{
	struct future_open_opts open_opts = { .known = UPNVME_OPEN_OPTS_INIT };
	struct future_qpair_opts opts = { .known = UPNVME_QPAIR_OPTS_INIT };
	upnvme_ctrlr *ctrlr;
	upnvme_qpair *qp;

	open_opts.known.size = sizeof(open_opts);
	opts.known.size = sizeof(opts);
	opts.known.entries = 32;
	OK(upnvme_open(&ctrlr, "soft:ram?size=1MiB", &open_opts.known));
	OK(upnvme_qpair_create(&qp, ctrlr, &opts.known));
	assert_int_equal(upnvme_qpair_entries(qp), 32);
	OK(upnvme_qpair_close(qp));
	OK(upnvme_close(ctrlr));
}

static void options_from_the_future_are_refused_if_they_ask_for_something(void **state)
{
	struct future_open_opts open_opts = { .known = UPNVME_OPEN_OPTS_INIT };
	struct future_qpair_opts opts = { .known = UPNVME_QPAIR_OPTS_INIT };
	upnvme_ctrlr *ctrlr;
	upnvme_qpair *qp;

	open_opts.known.size = sizeof(open_opts);
	open_opts.unknown[2] = 1ull << 63;
	expect_error(upnvme_open(&ctrlr, "soft:ram?size=1MiB", &open_opts.known), -E2BIG,
		     UPNVME_ERR_OPTIONS_FUTURE, "upnvme_open_opts", NULL);
	ctrlr = open_uri("soft:ram?size=1MiB");
	opts.known.size = sizeof(opts);
	opts.unknown[0] = 1;
	expect_error(upnvme_qpair_create(&qp, ctrlr, &opts.known), -E2BIG,
		     UPNVME_ERR_OPTIONS_FUTURE, "upnvme_qpair_opts", NULL);
	OK(upnvme_close(ctrlr));
}

static void sizes_below_the_first_version_are_refused(void **state)
{
	struct upnvme_open_opts open_opts = UPNVME_OPEN_OPTS_INIT;
	struct upnvme_qpair_opts opts = UPNVME_QPAIR_OPTS_INIT;
	struct upnvme_qpair_stats stats = { 0 };
	struct upnvme_ctrlr_info info = { 0 };
	struct upnvme_ns_info ns_info = { 0 };
	struct upnvme_smart smart = { 0 };
	struct upnvme_firmware firmware = { 0 };
	struct upnvme_features features = { 0 };
	struct rig rig;
	upnvme_qpair *qp;
	upnvme_ctrlr *ctrlr;

	rig_open(&rig, 0, 0, "soft:ram?size=1MiB");
	open_opts.size = 0;
	expect_error(upnvme_open(&ctrlr, "soft:ram?size=1MiB", &open_opts), -EINVAL,
		     UPNVME_ERR_OPTIONS_SIZE, "upnvme_open_opts", "0", NULL);
	opts.size = 4;
	expect_error(upnvme_qpair_create(&qp, rig.ctrlr, &opts), -EINVAL, UPNVME_ERR_OPTIONS_SIZE,
		     "upnvme_qpair_opts", "4", NULL);
	expect_error(upnvme_qpair_stats_get(rig.qp, &stats), -EINVAL, UPNVME_ERR_OPTIONS_SIZE,
		     "upnvme_qpair_stats", NULL);
	expect_error(upnvme_ctrlr_info_get(rig.ctrlr, &info), -EINVAL, UPNVME_ERR_OPTIONS_SIZE,
		     NULL);
	expect_error(upnvme_ns_info_get(rig.ns, &ns_info), -EINVAL, UPNVME_ERR_OPTIONS_SIZE, NULL);
	expect_error(upnvme_smart_get(rig.ctrlr, &smart), -EINVAL, UPNVME_ERR_OPTIONS_SIZE, NULL);
	expect_error(upnvme_firmware_get(rig.ctrlr, &firmware), -EINVAL, UPNVME_ERR_OPTIONS_SIZE,
		     NULL);
	expect_error(upnvme_features_get(rig.ctrlr, &features), -EINVAL, UPNVME_ERR_OPTIONS_SIZE,
		     "upnvme_features", NULL);
	expect_error(upnvme_qpair_stats_get(rig.qp, NULL), -EINVAL, UPNVME_ERR_NULL, NULL);
	expect_error(upnvme_ctrlr_info_get(rig.ctrlr, NULL), -EINVAL, UPNVME_ERR_NULL, NULL);
	expect_error(upnvme_ns_info_get(rig.ns, NULL), -EINVAL, UPNVME_ERR_NULL, NULL);
	expect_error(upnvme_smart_get(rig.ctrlr, NULL), -EINVAL, UPNVME_ERR_NULL, NULL);
	expect_error(upnvme_features_get(rig.ctrlr, NULL), -EINVAL, UPNVME_ERR_NULL, NULL);
	rig_close(&rig);
}

static void larger_records_get_zeroes_at_their_end(void **state)
{
	struct {
		struct upnvme_ctrlr_info known;
		uint8_t unknown[40];
	} info;
	upnvme_ctrlr *ctrlr = open_uri("soft:ram?size=1MiB&serial=ABC");

	memset(&info, 0xff, sizeof(info));
	info.known.size = sizeof(info);
	OK(upnvme_ctrlr_info_get(ctrlr, &info.known));
	assert_int_equal(info.known.size, sizeof(info));
	assert_string_equal(info.known.serial, "ABC");
	for (size_t i = 0; i < sizeof(info.unknown); i++)
		assert_int_equal(info.unknown[i], 0);
	OK(upnvme_close(ctrlr));
}

static void queue_pair_options_out_of_range(void **state)
{
	static const struct {
		uint32_t entries, outstanding, flags, code;
		const char *names;
	} bad[] = {
		{ 1, 0, 0, UPNVME_ERR_ARGUMENT, "entries is 1" },
		{ 513, 0, 0, UPNVME_ERR_ARGUMENT, "513" },
		{ UINT32_MAX, 0, 0, UPNVME_ERR_ARGUMENT, "4294967295" },
		{ 16, 16, 0, UPNVME_ERR_ARGUMENT, "16" },
		{ 16, UINT32_MAX, 0, UPNVME_ERR_ARGUMENT, "4294967295" },
		{ 0, 0, 0x8000, UPNVME_ERR_FLAGS, "0x8000" },
	};
	upnvme_ctrlr *ctrlr = open_uri("soft:ram?size=1MiB&entries=512"), *large;
	upnvme_qpair *qp;
	struct upnvme_qpair_opts opts = UPNVME_QPAIR_OPTS_INIT;

	for (size_t i = 0; i < NELEMS(bad); i++) {
		opts.entries = bad[i].entries;
		opts.outstanding = bad[i].outstanding;
		opts.flags = bad[i].flags;
		expect_error(upnvme_qpair_create(&qp, ctrlr, &opts), -EINVAL, bad[i].code,
			     bad[i].names, NULL);
	}
	qp = create_qpair(ctrlr, 512, 511, 0);
	OK(upnvme_qpair_close(qp));
	large = open_uri("soft:ram?size=1MiB");
	opts.flags = 0;
	opts.entries = 65536;
	opts.outstanding = 4097;
	expect_error(upnvme_qpair_create(&qp, large, &opts), -EINVAL, UPNVME_ERR_ARGUMENT, "4097",
		     NULL);
	qp = create_qpair(large, 65536, 4096, 0);
	assert_int_equal(upnvme_qpair_entries(qp), 65536);
	OK(upnvme_qpair_close(qp));
	OK(upnvme_close(large));
	OK(upnvme_close(ctrlr));
}

static void open_options_out_of_range(void **state)
{
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	upnvme_ctrlr *ctrlr;

	opts.flags = 0x80;
	expect_error(upnvme_open(&ctrlr, "soft:ram?size=1MiB", &opts), -EINVAL, UPNVME_ERR_FLAGS,
		     "80h", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_from_the_future_are_taken_if_they_ask_for_nothing),
		cmocka_unit_test(options_from_the_future_are_refused_if_they_ask_for_something),
		cmocka_unit_test(sizes_below_the_first_version_are_refused),
		cmocka_unit_test(larger_records_get_zeroes_at_their_end),
		cmocka_unit_test(queue_pair_options_out_of_range),
		cmocka_unit_test(open_options_out_of_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
