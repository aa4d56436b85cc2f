/* SPDX-License-Identifier: BSD-3-Clause */
/* soft: URIs reach the controller that they describe; the keys themselves are softctrl/config.h's. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <upnvme.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"
#include "driver/ctrlr.h"
#include <upnvme/spec/sqe.h>

static struct upnvme_ctrlr *open_it(const char *uri)
{
	struct upnvme_ctrlr *ctrlr = NULL;

	if (upnvme_open(&ctrlr, uri, NULL))
		fail_msg("%s: %s", uri, upnvme_last_error());
	return ctrlr;
}

static void refused(const char *uri, int err, uint32_t code, const char *word)
{
	struct upnvme_ctrlr *ctrlr = NULL;

	assert_int_equal(upnvme_open(&ctrlr, uri, NULL), err);
	assert_int_equal(error_last()->code, code);
	if (!strstr(upnvme_last_error(), word))
		fail_msg("\"%s\" does not say \"%s\"", upnvme_last_error(), word);
}

static void expect_ns(struct upnvme_ctrlr *ctrlr, uint32_t nsid, uint64_t blocks, uint32_t bytes)
{
	struct upnvme_ns *ns;

	assert_int_equal(upnvme_ns_get(&ns, ctrlr, nsid), 0);
	assert_int_equal(upnvme_ns_block_count(ns), blocks);
	assert_int_equal(upnvme_ns_block_size(ns), bytes);
}

static void memory_has_its_defaults(void **state)
{
	struct upnvme_ctrlr *ctrlr = open_it("soft:ram");

	expect_ns(ctrlr, 1, (1ull << 30) / 4096, 4096);
	assert_int_equal(upnvme_ns_next(ctrlr, 1), 0);
	assert_int_equal(upnvme_close(ctrlr), 0);
	ctrlr = open_it("soft:null");
	expect_ns(ctrlr, 1, (1ull << 40) / 4096, 4096);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void size_block_and_namespaces_are_taken(void **state)
{
	struct upnvme_ctrlr *ctrlr = open_it("soft:ram?size=64MiB&block=512&namespaces=3");

	for (uint32_t nsid = 1; nsid <= 3; nsid++)
		expect_ns(ctrlr, nsid, 131072, 512);
	assert_int_equal(upnvme_ns_next(ctrlr, 3), 0);
	assert_int_equal(upnvme_close(ctrlr), 0);
	ctrlr = open_it("soft:null?size=4P&block=64K&zero=1&readonly=yes");
	expect_ns(ctrlr, 1, 1ull << 36, 65536);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void the_shape_reaches_the_controller(void **state)
{
	struct upnvme_ctrlr_info info = { .size = UPNVME_CTRLR_INFO_SIZE };
	struct upnvme_ns_info ns_info = { .size = UPNVME_NS_INFO_SIZE };
	struct upnvme_ns *ns;
	struct upnvme_ctrlr *ctrlr = open_it("soft:ram?mdts=2&entries=32&queues=5&dstrd=3&sgl=0"
					     "&noiob=16&cmb=8K&serial=ABC%20123");

	assert_int_equal(upnvme_ctrlr_info_get(ctrlr, &info), 0);
	assert_int_equal(info.max_transfer_bytes, 16384);
	assert_int_equal(info.max_queue_entries, 32);
	assert_int_equal(info.max_qpairs, 5);
	assert_int_equal(info.sgl, 0);
	assert_int_equal(info.cmb_bytes, 8192);
	assert_int_equal(info.cmb_flags, UPNVME_CMB_SUBMISSION_QUEUES);
	assert_string_equal(info.serial, "ABC 123");
	assert_int_equal(ctrlr->limits.dstrd, 3);
	assert_int_equal(upnvme_ns_get(&ns, ctrlr, 1), 0);
	assert_int_equal(upnvme_ns_info_get(ns, &ns_info), 0);
	assert_int_equal(ns_info.boundary_blocks, 16);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void done(void *arg, const struct upnvme_completion *completion)
{
	assert_int_equal(completion->status, 0);
	*(int *)arg = 1;
}

static void write_and_read(struct upnvme_ctrlr *ctrlr, struct upnvme_qpair *qp)
{
	uint64_t deadline_ns = deadline_after(10 * NS_PER_S);
	int written = 0, read = 0;
	struct upnvme_ns *ns;
	char *buf;

	assert_int_equal(upnvme_ns_get(&ns, ctrlr, 1), 0);
	assert_int_equal(upnvme_dma_alloc((void **)&buf, ctrlr, 8192, 0), 0);
	strcpy(buf, "there and back");
	assert_int_equal(upnvme_write(qp, ns, buf, 3, 1, done, &written), 0);
	while (!written && !deadline_passed(deadline_ns))
		assert_true(upnvme_poll(qp, 0) >= 0);
	assert_int_equal(upnvme_read(qp, ns, buf + 4096, 3, 1, done, &read), 0);
	while (!read && !deadline_passed(deadline_ns))
		assert_true(upnvme_poll(qp, 0) >= 0);
	assert_string_equal(buf + 4096, "there and back");
	assert_int_equal(upnvme_dma_free(ctrlr, buf), 0);
}

static void both_modes_work_at_all_strides(void **state)
{
	for (uint32_t i = 0; i <= 10; i++) {
		struct upnvme_qpair *qps[3];
		struct upnvme_ctrlr *ctrlr;
		char uri[64];

		snprintf(uri, sizeof(uri), "soft:ram?dstrd=%u&mode=%s", i,
			 i % 2 ? "thread" : "inline");
		ctrlr = open_it(uri);
		for (int q = 0; q < 3; q++)
			assert_int_equal(upnvme_qpair_create(&qps[q], ctrlr, NULL), 0);
		for (int q = 0; q < 3; q++) {
			write_and_read(ctrlr, qps[q]);
			assert_int_equal(upnvme_qpair_close(qps[q]), 0);
		}
		assert_int_equal(upnvme_close(ctrlr), 0);
	}
}

static void the_number_of_queue_pairs_is_that_of_the_uri(void **state)
{
	struct upnvme_ctrlr *ctrlr = open_it("soft:ram?queues=2");
	struct upnvme_qpair *a, *b, *c;

	assert_int_equal(upnvme_qpair_create(&a, ctrlr, NULL), 0);
	assert_int_equal(upnvme_qpair_create(&b, ctrlr, NULL), 0);
	assert_int_equal(upnvme_qpair_create(&c, ctrlr, NULL), -ENOSPC);
	assert_int_equal(upnvme_qpair_close(a), 0);
	assert_int_equal(upnvme_qpair_close(b), 0);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void mistakes_are_refused_by_name(void **state)
{
	refused("soft:ram?sise=1", -EINVAL, UPNVME_ERR_URI_KEY, "\"sise\"");
	refused("soft:ram?mdts=13", -EINVAL, UPNVME_ERR_URI_VALUE, "mdts=13");
	refused("soft:ram?size=4097", -EINVAL, UPNVME_ERR_MEDIA_SIZE, "4096");
	refused("soft:disk.img", -EINVAL, UPNVME_ERR_URI,
		"\"disk.img\" is neither \"ram\", \"null\" nor a path: write soft:./disk.img");
}

/* --- files ---------------------------------------------------------------------------------------- */

struct temporary {
	char path[256];
	char uri[512];
};

static int make_file(void **state)
{
	static struct temporary file;
	const char *dir = getenv("TMPDIR");
	int fd;

	snprintf(file.path, sizeof(file.path), "%s/upnvme-test-XXXXXX", dir ? dir : "/tmp");
	fd = mkstemp(file.path);
	if (fd < 0 || ftruncate(fd, 1 << 20))
		return -1;
	close(fd);
	*state = &file;
	return 0;
}

static int remove_file(void **state)
{
	return unlink(((struct temporary *)*state)->path);
}

static const char *uri_of(struct temporary *file, const char *query)
{
	snprintf(file->uri, sizeof(file->uri), "soft:%s%s", file->path, query);
	return file->uri;
}

static void a_file_keeps_its_bytes(void **state)
{
	static const char *const queries[] = { "", "?engine=worker", "?mode=thread",
					       "?block=4096" };
	struct temporary *file = *state;

	for (size_t i = 0; i < ARRAY_SIZE(queries); i++) {
		struct upnvme_ctrlr *ctrlr = open_it(uri_of(file, queries[i]));
		uint32_t block = i == 3 ? 4096 : 512;
		struct upnvme_qpair *qp;
		char text[15] = "";
		int fd;

		expect_ns(ctrlr, 1, (1 << 20) / block, block);
		assert_int_equal(upnvme_qpair_create(&qp, ctrlr, NULL), 0);
		write_and_read(ctrlr, qp);
		assert_int_equal(upnvme_qpair_close(qp), 0);
		assert_int_equal(upnvme_close(ctrlr), 0);
		fd = open(file->path, O_RDWR);
		assert_true(fd >= 0);
		assert_int_equal(pread(fd, text, 15, 3 * block), 15);
		assert_string_equal(text, "there and back");
		assert_int_equal(pwrite(fd, "", 1, 3 * block), 1);
		close(fd);
	}
}

static void a_second_writer_is_refused_and_readers_are_many(void **state)
{
	struct temporary *file = *state;
	struct upnvme_ctrlr *a = open_it(uri_of(file, "")), *b;

	refused(uri_of(file, ""), -EBUSY, UPNVME_ERR_MEDIA_LOCKED, file->path);
	assert_int_equal(upnvme_close(a), 0);
	a = open_it(uri_of(file, "?readonly=1"));
	b = open_it(uri_of(file, "?readonly=1"));
	assert_int_equal(upnvme_close(a), 0);
	assert_int_equal(upnvme_close(b), 0);
}

static void bad_files_are_refused(void **state)
{
	struct temporary *file = *state;

	assert_int_equal(truncate(file->path, 1000), 0);
	refused(uri_of(file, ""), -EINVAL, UPNVME_ERR_MEDIA_SIZE, file->path);
	assert_int_equal(truncate(file->path, 0), 0);
	refused(uri_of(file, ""), -EINVAL, UPNVME_ERR_MEDIA_SIZE, file->path);
	refused("soft:/tmp/", -EISDIR, UPNVME_ERR_MEDIA_TYPE, "/tmp/");
	refused("soft:/nowhere/x", -ENOENT, UPNVME_ERR_MEDIA_OPEN, "/nowhere/x");
}

static void opening_takes_milliseconds(void **state)
{
	uint64_t best_ns = UINT64_MAX;

	for (int i = 0; i < 10; i++) {
		uint64_t start_ns = clock_now_ns();
		struct upnvme_ctrlr *ctrlr = open_it("soft:ram");

		best_ns = MIN(best_ns, clock_now_ns() - start_ns);
		assert_int_equal(upnvme_close(ctrlr), 0);
	}
	assert_true(best_ns <
		    50 * NS_PER_MS); /* under a sanitizer; a release needs well under one */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_has_its_defaults),
		cmocka_unit_test(size_block_and_namespaces_are_taken),
		cmocka_unit_test(the_shape_reaches_the_controller),
		cmocka_unit_test(both_modes_work_at_all_strides),
		cmocka_unit_test(the_number_of_queue_pairs_is_that_of_the_uri),
		cmocka_unit_test(mistakes_are_refused_by_name),
		cmocka_unit_test_setup_teardown(a_file_keeps_its_bytes, make_file, remove_file),
		cmocka_unit_test_setup_teardown(a_second_writer_is_refused_and_readers_are_many,
						make_file, remove_file),
		cmocka_unit_test_setup_teardown(bad_files_are_refused, make_file, remove_file),
		cmocka_unit_test(opening_takes_milliseconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
