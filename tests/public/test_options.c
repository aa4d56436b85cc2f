/* SPDX-License-Identifier: BSD-3-Clause */
/* Structs with a size: older and newer programs than the library. */
#include <errno.h>

#include "support.h"

#define SIZES "tests/abi/baseline/sizes.txt"
#define GUARD 64u
#define MOST  4096u

static int open_with(struct rig *rig, void *opts)
{
	upnvme_ctrlr *ctrlr;
	int rc = upnvme_open(&ctrlr, "soft:ram?size=1MiB", opts);

	if (!rc)
		OK(upnvme_close(ctrlr));
	return rc;
}

static int create_with(struct rig *rig, void *opts)
{
	upnvme_qpair *qp;
	int rc = upnvme_qpair_create(&qp, rig->ctrlr, opts);

	if (!rc)
		OK(upnvme_qpair_close(qp));
	return rc;
}

static int get_ctrlr_info(struct rig *rig, void *info)
{
	return upnvme_ctrlr_info_get(rig->ctrlr, info);
}

static int get_ns_info(struct rig *rig, void *info)
{
	return upnvme_ns_info_get(rig->ns, info);
}

static int get_stats(struct rig *rig, void *stats)
{
	return upnvme_qpair_stats_get(rig->qp, stats);
}

static int get_smart(struct rig *rig, void *smart)
{
	return upnvme_smart_get(rig->ctrlr, smart);
}

static int get_firmware(struct rig *rig, void *firmware)
{
	return upnvme_firmware_get(rig->ctrlr, firmware);
}

static int get_features(struct rig *rig, void *features)
{
	return upnvme_features_get(rig->ctrlr, features);
}

static int get_system(struct rig *rig, void *system)
{
	return upnvme_system_get(system);
}

/* Every struct that begins with its size, and a call that takes it. */
static const struct sized {
	const char *name;
	uint32_t bytes; /* today */
	bool is_options;
	int (*call)(struct rig *rig, void *record);
} all_sized[] = {
	{ "upnvme_open_opts", sizeof(struct upnvme_open_opts), true, open_with },
	{ "upnvme_qpair_opts", sizeof(struct upnvme_qpair_opts), true, create_with },
	{ "upnvme_ctrlr_info", sizeof(struct upnvme_ctrlr_info), false, get_ctrlr_info },
	{ "upnvme_ns_info", sizeof(struct upnvme_ns_info), false, get_ns_info },
	{ "upnvme_qpair_stats", sizeof(struct upnvme_qpair_stats), false, get_stats },
	{ "upnvme_smart", sizeof(struct upnvme_smart), false, get_smart },
	{ "upnvme_firmware", sizeof(struct upnvme_firmware), false, get_firmware },
	{ "upnvme_features", sizeof(struct upnvme_features), false, get_features },
	{ "upnvme_system", sizeof(struct upnvme_system), false, get_system },
};

static const struct sized *sized_by_name(const char *name)
{
	for (size_t i = 0; i < NELEMS(all_sized); i++)
		if (!strcmp(all_sized[i].name, name))
			return &all_sized[i];
	fail_msg("%s has struct %s, which this test does not know", SIZES, name);
	return NULL;
}

static bool all_are(const uint8_t *bytes, size_t n, uint8_t value)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i] != value)
			return false;
	return true;
}

/* Passes a record of `size` bytes of `fill`; bytes behind the record must not change. */
static int call_with(struct rig *rig, const struct sized *sized, uint32_t size, uint8_t fill,
		     uint8_t *record)
{
	int rc;

	assert_true(size + GUARD <= MOST);
	memset(record, fill, MOST);
	memcpy(record, &size, sizeof(size));
	rc = sized->call(rig, record);
	assert_memory_equal(record, &size, sizeof(size));
	assert_true(all_are(record + size, GUARD, fill));
	return rc;
}

/* A byte that kept both fills was not filled in. */
static void expect_filled(struct rig *rig, const struct sized *sized, uint32_t size)
{
	static _Alignas(16) uint8_t one[MOST], other[MOST];

	OK(call_with(rig, sized, size, 0xa5, one));
	OK(call_with(rig, sized, size, 0x5a, other));
	for (uint32_t i = sizeof(size); i < size; i++)
		if (one[i] == 0xa5 && other[i] == 0x5a)
			fail_msg("struct %s of %u bytes: byte %u is left as it was", sized->name,
				 size, i);
	if (size > sized->bytes)
		assert_true(all_are(one + sized->bytes, size - sized->bytes, 0));
}

/* Each line has a struct and one of its sizes, in the order of versions. */
static bool next_size(FILE *file, char *name, uint32_t *size)
{
	char line[200];

	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "upnvme_%70s %u", name + strlen("upnvme_"), size) == 2)
			return true;
	return false;
}

static void structs_of_every_earlier_size_are_accepted(void **state)
{
	char name[80] = "upnvme_";
	static _Alignas(16) uint8_t record[MOST];
	FILE *file = fopen(SIZES, "r");
	unsigned nlines = 0;
	uint32_t size;
	struct rig rig;

	assert_non_null(file);
	rig_open(&rig, 0, 0, "soft:ram?size=1MiB");
	for (; next_size(file, name, &size); nlines++) {
		if (sized_by_name(name)->is_options)
			OK(call_with(&rig, sized_by_name(name), size, 0, record));
		else
			expect_filled(&rig, sized_by_name(name), size);
	}
	assert_true(nlines >= NELEMS(all_sized));
	rig_close(&rig);
	fclose(file);
}

static void larger_structs_whose_unknown_fields_are_zero_are_accepted(void **state)
{
	static _Alignas(16) uint8_t record[MOST];
	struct rig rig;

	rig_open(&rig, 0, 0, "soft:ram?size=1MiB");
	for (size_t i = 0; i < NELEMS(all_sized); i++) {
		const struct sized *sized = &all_sized[i];

		if (sized->is_options)
			OK(call_with(&rig, sized, sized->bytes + 24, 0, record));
		else
			expect_filled(&rig, sized, sized->bytes + 24);
	}
	rig_close(&rig);
}

/* Sets one byte that the library does not know. */
static void expect_future_refused(struct rig *rig, const struct sized *sized, uint32_t at)
{
	static _Alignas(16) uint8_t record[MOST];
	uint32_t size = sized->bytes + 24;

	memset(record, 0, sizeof(record));
	memcpy(record, &size, sizeof(size));
	record[sized->bytes + at] = 0x80;
	expect_error(sized->call(rig, record), -E2BIG, UPNVME_ERR_OPTIONS_FUTURE, sized->name,
		     NULL);
}

static void larger_structs_whose_unknown_fields_are_set_are_refused(void **state)
{
	struct rig rig;

	rig_open(&rig, 0, 0, "soft:ram?size=1MiB");
	for (size_t i = 0; i < NELEMS(all_sized); i++) {
		if (!all_sized[i].is_options)
			continue;
		expect_future_refused(&rig, &all_sized[i], 0);
		expect_future_refused(&rig, &all_sized[i], 23);
	}
	rig_close(&rig);
}

static void known_fields_of_larger_structs_are_used(void **state)
{
	struct {
		struct upnvme_qpair_opts known;
		uint64_t unknown[3];
	} opts = { .known = UPNVME_QPAIR_OPTS_INIT };
	upnvme_ctrlr *ctrlr = open_uri("soft:ram?size=1MiB");
	upnvme_qpair *qp;

	opts.known.size = sizeof(opts);
	opts.known.entries = 32;
	OK(upnvme_qpair_create(&qp, ctrlr, &opts.known));
	assert_int_equal(upnvme_qpair_entries(qp), 32);
	OK(upnvme_qpair_close(qp));
	OK(upnvme_close(ctrlr));
}

/* A size that no version had is refused. */
static void expect_size_refused(struct rig *rig, const struct sized *sized, uint32_t size)
{
	static _Alignas(16) uint8_t record[MOST];

	memcpy(record, &size, sizeof(size));
	expect_error(sized->call(rig, record), -EINVAL, UPNVME_ERR_OPTIONS_SIZE, sized->name, NULL);
}

static void sizes_below_the_first_version_are_refused(void **state)
{
	bool seen[NELEMS(all_sized)] = { false };
	char name[80] = "upnvme_";
	FILE *file = fopen(SIZES, "r");
	uint32_t size;
	struct rig rig;

	assert_non_null(file);
	rig_open(&rig, 0, 0, "soft:ram?size=1MiB");
	while (next_size(file, name, &size)) {
		const struct sized *sized = sized_by_name(name);

		expect_size_refused(&rig, sized, 0);
		expect_size_refused(&rig, sized, sizeof(size));
		if (!seen[sized - all_sized])
			expect_size_refused(&rig, sized, size - 1);
		seen[sized - all_sized] = true;
		if (!sized->is_options)
			expect_error(sized->call(&rig, NULL), -EINVAL, UPNVME_ERR_NULL, NULL);
	}
	rig_close(&rig);
	fclose(file);
}

static void queue_pair_options_out_of_range_are_refused(void **state)
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

static void open_options_out_of_range_are_refused(void **state)
{
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	upnvme_ctrlr *ctrlr;

	opts.flags = 0x80;
	expect_error(upnvme_open(&ctrlr, "soft:ram?size=1MiB", &opts), -EINVAL, UPNVME_ERR_FLAGS,
		     "0x80", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(structs_of_every_earlier_size_are_accepted),
		cmocka_unit_test(larger_structs_whose_unknown_fields_are_zero_are_accepted),
		cmocka_unit_test(larger_structs_whose_unknown_fields_are_set_are_refused),
		cmocka_unit_test(known_fields_of_larger_structs_are_used),
		cmocka_unit_test(sizes_below_the_first_version_are_refused),
		cmocka_unit_test(queue_pair_options_out_of_range_are_refused),
		cmocka_unit_test(open_options_out_of_range_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
