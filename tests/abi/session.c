/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions: each on a fresh rig, with callbacks through closures. */
#include "session.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "record.h"
#include "rig.h"

#define SECOND           1000000000ull
#define COMPARE_FAILURE  0x285u
#define THRESHOLD        0x04u /* Temperature Threshold: NVMe Base 2.0, 5.27.1.3 */
#define SMART_LOG        0x02u
#define GET_FEATURES     0x0au
#define NUMBER_OF_QUEUES 0x07u
#define ALL_NS           0xffffffffu
#define ANY_ARGUMENT     0xabcdu
#define NBUCKETS         2048u

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

/* Polls, by a call with these arguments, until `n` callbacks have run. */
static void wait_for(struct rig *rig, uint32_t n, const char *poll, unsigned narguments,
		     const uint64_t *arguments)
{
	uint64_t deadline = now_ns() + 20 * SECOND;

	while (rig->ncallbacks < n) {
		ok(call_with(poll, narguments, arguments), poll);
		if (now_ns() > deadline)
			fail_msg("%s: %u of %u callbacks in 20 s", poll, rig->ncallbacks, n);
	}
	assert_int_equal(rig->ncallbacks, n);
}

static void wait_for_qpair(struct rig *rig, uint32_t n)
{
	wait_for(rig, n, "upnvme_poll", 2, (const uint64_t[]){ rig->qp, 0 });
}

static void wait_for_ctrlr(struct rig *rig, uint32_t n)
{
	wait_for(rig, n, "upnvme_ctrlr_poll", 1, (const uint64_t[]){ rig->ctrlr });
}

/* One command by callback, with these arguments between the handles and that; gives its status. */
static uint64_t run(struct rig *rig, const char *name, unsigned n, const uint64_t *arguments)
{
	uint64_t all[MAX_ARGUMENTS] = { rig->qp, rig->ns };

	memcpy(all + 2, arguments, n * sizeof(*arguments));
	all[2 + n] = P(rig->cb.code);
	all[3 + n] = ANY_ARGUMENT;
	rig->ncallbacks = 0;
	assert_int_equal(ok(call_with(name, n + 4, all), name), 0);
	wait_for_qpair(rig, 1);
	assert_int_equal(rig->last_arg, ANY_ARGUMENT);
	assert_int_equal(record_get(rig->done, "upnvme_completion.tag"), ANY_ARGUMENT);
	return record_get(rig->done, "upnvme_completion.status") & 0x7ff;
}
#define RUN(rig, name, ...)                                                          \
	run(rig, name, sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t), \
	    (const uint64_t[]){ __VA_ARGS__ })

static char *block(const struct rig *rig, unsigned n)
{
	return (char *)(uintptr_t)rig->buf + (size_t)n * RIG_BLOCK;
}

static void assert_filled(const char *bytes, size_t n, char with)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(bytes[i], with);
}

static const char *text(int64_t result)
{
	return (const char *)(uintptr_t)result;
}

/* --- data ----------------------------------------------------------------------------------------- */

static void written_blocks_are_read_back(void **state)
{
	struct rig rig;

	rig_open(&rig);
	memset(block(&rig, 0), 'w', 2 * RIG_BLOCK);
	assert_int_equal(RUN(&rig, "upnvme_write", rig.buf, 7, 2), 0);
	assert_int_equal(record_get(rig.done, "upnvme_completion.blocks"), 2);
	assert_int_equal(run(&rig, "upnvme_flush", 0, &rig.ns), 0);
	assert_int_equal(RUN(&rig, "upnvme_read", P(block(&rig, 4)), 7, 2), 0);
	assert_filled(block(&rig, 4), 2 * RIG_BLOCK, 'w');
	assert_int_equal(RUN(&rig, "upnvme_compare", rig.buf, 7, 2), 0);
	assert_int_equal(RUN(&rig, "upnvme_compare", rig.buf, 8, 2), COMPARE_FAILURE);
	assert_int_equal(RUN(&rig, "upnvme_verify", 7, 2), 0);
	assert_int_equal(RUN(&rig, "upnvme_write_zeroes", 7, 1), 0);
	assert_int_equal(RUN(&rig, "upnvme_deallocate", 8, 1), 0);
	assert_int_equal(RUN(&rig, "upnvme_read", rig.buf, 7, 2), 0);
	assert_filled(block(&rig, 0), 2 * RIG_BLOCK, 0);
	rig_close(&rig);
}

/* Two segments: DMA memory of the library's, and the caller's own. */
static void vectors_gather_and_scatter(void **state)
{
	size_t bytes = record_bytes("iovec");
	struct rig rig;
	char *iov;

	rig_open(&rig);
	iov = record_new("iovec", 2);
	OK("upnvme_mem_register", rig.ctrlr, P(rig.memory), 8192);
	record_set(iov, "iovec.iov_base", rig.buf);
	record_set(iov, "iovec.iov_len", RIG_BLOCK);
	record_set(iov + bytes, "iovec.iov_base", P(rig.memory));
	record_set(iov + bytes, "iovec.iov_len", RIG_BLOCK);
	memset(block(&rig, 0), 'a', RIG_BLOCK);
	memset(rig.memory, 'b', RIG_BLOCK);
	assert_int_equal(RUN(&rig, "upnvme_writev", P(iov), 2, 0, 2), 0);
	assert_int_equal(RUN(&rig, "upnvme_read", P(block(&rig, 1)), 0, 2), 0);
	assert_filled(block(&rig, 1), RIG_BLOCK, 'a');
	assert_filled(block(&rig, 2), RIG_BLOCK, 'b');
	memset(rig.memory, 0, RIG_BLOCK);
	assert_int_equal(RUN(&rig, "upnvme_readv", P(iov), 2, 0, 2), 0);
	assert_filled(rig.memory, RIG_BLOCK, 'b');
	OK("upnvme_mem_unregister", rig.ctrlr, P(rig.memory), 8192);
	free(iov);
	rig_close(&rig);
}

/* --- batches -------------------------------------------------------------------------------------- */

/* Reads with the tags 100, 101, ... */
static char *ops_of(const struct rig *rig, unsigned n)
{
	size_t bytes = record_bytes("upnvme_op");
	char *ops = record_new("upnvme_op", n);

	for (unsigned i = 0; i < n; i++) {
		char *op = ops + i * bytes;

		record_set(op, "upnvme_op.opcode", (uint64_t)constant("UPNVME_OP_READ"));
		record_set(op, "upnvme_op.nsid", 1);
		record_set(op, "upnvme_op.lba", i);
		record_set(op, "upnvme_op.blocks", 1);
		record_set(op, "upnvme_op.buf", P(block(rig, i)));
		record_set(op, "upnvme_op.tag", 100 + i);
	}
	return ops;
}

static void assert_tags(const char *done, unsigned n)
{
	for (unsigned i = 0; i < n; i++, done += record_bytes("upnvme_completion")) {
		assert_int_equal(record_get(done, "upnvme_completion.tag"), 100 + i);
		assert_int_equal(record_get(done, "upnvme_completion.status"), 0);
		assert_int_equal(record_get(done, "upnvme_completion.blocks"), 1);
	}
}

static void a_batch_comes_back_by_its_tags(void **state)
{
	uint64_t deadline = now_ns() + 20 * SECOND, n = 0;
	struct rig rig;
	char *ops, *done;

	rig_open(&rig);
	ops = ops_of(&rig, 8);
	done = record_new("upnvme_completion", 8);
	assert_int_equal(OK("upnvme_submit", rig.qp, P(ops), 8), 8);
	assert_int_equal(OK("upnvme_qpair_inflight", rig.qp), 8);
	OK("upnvme_qpair_ring", rig.qp);
	while (n < 8 && now_ns() < deadline)
		n += (uint64_t)OK("upnvme_reap", rig.qp,
				  P(done + n * record_bytes("upnvme_completion")), 8 - n);
	assert_int_equal(n, 8);
	assert_tags(done, 8);
	assert_int_equal(CALL("upnvme_qpair_inflight", rig.qp), 0);
	assert_int_equal(OK("upnvme_io", rig.qp, P(ops), P(rig.cb.code), ANY_ARGUMENT), 0);
	wait_for_qpair(&rig, 1);
	assert_int_equal(OK("upnvme_io", rig.qp, P(ops), 0, 0), 0);
	assert_int_equal(OK("upnvme_qpair_wait", rig.qp, 20 * SECOND), 1);
	assert_int_equal(CALL("upnvme_poll", rig.qp, 0), -ENOMSG);
	free(done);
	free(ops);
	rig_close(&rig);
}

struct elsewhere {
	struct rig *rig;
	uint64_t ops, done;
	int64_t refused, stored;
};

static void *exec_elsewhere(void *arg)
{
	struct elsewhere *job = arg;

	job->refused = CALL("upnvme_poll", job->rig->qp, 0);
	job->stored = CALL("upnvme_exec", job->rig->qp, job->ops, 8, job->done, 8, 20 * SECOND);
	return NULL;
}

/* Threads are told apart on the other side of an FFI too. */
static void a_queue_pair_goes_to_another_thread(void **state)
{
	struct elsewhere job = { 0 };
	pthread_t thread;
	struct rig rig;

	rig_open(&rig);
	job.rig = &rig;
	job.ops = P(ops_of(&rig, 8));
	job.done = P(record_new("upnvme_completion", 8));
	assert_int_equal(CALL("upnvme_qpair_adopt", rig.qp), -EBUSY);
	OK("upnvme_qpair_release", rig.qp);
	assert_int_equal(pthread_create(&thread, NULL, exec_elsewhere, &job), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(job.refused, -EPERM);
	assert_int_equal(job.stored, 8);
	assert_tags((const char *)(uintptr_t)job.done, 8);
	OK("upnvme_qpair_adopt", rig.qp);
	OK("upnvme_qpair_abandon", rig.qp);
	OK("upnvme_qpair_adopt", rig.qp);
	assert_int_equal(RUN(&rig, "upnvme_read", rig.buf, 0, 1), 0);
	free((void *)(uintptr_t)job.done);
	free((void *)(uintptr_t)job.ops);
	rig_close(&rig);
}

/* --- counting ------------------------------------------------------------------------------------- */

static void latencies_and_commands_are_counted(void **state)
{
	uint64_t *buckets = calloc(NBUCKETS, sizeof(*buckets)), sum = 0;
	struct rig rig;
	void *stats;
	int64_t n;

	rig_open(&rig);
	stats = rig_record(&rig, "upnvme_qpair_stats");
	for (int i = 0; i < 10; i++)
		assert_int_equal(RUN(&rig, "upnvme_read", rig.buf, 0, 1), 0);
	OK("upnvme_qpair_stats_get", rig.qp, P(stats));
	assert_int_equal(record_get(stats, "upnvme_qpair_stats.submitted"), 10);
	assert_int_equal(record_get(stats, "upnvme_qpair_stats.completed"), 10);
	n = OK("upnvme_qpair_histogram", rig.qp, P(buckets), NBUCKETS);
	assert_in_range(n, 1, NBUCKETS);
	for (int64_t i = 0; i < n; i++)
		sum += buckets[i];
	assert_int_equal(sum, 10);
	assert_true(CALL("upnvme_histogram_limit_ns", 1) < CALL("upnvme_histogram_limit_ns", 2));
	assert_int_equal(CALL("upnvme_histogram_limit_ns", (uint64_t)n), -1);
	free(buckets);
	rig_close(&rig);
}

static void a_queue_pair_has_properties_until_it_is_stopped(void **state)
{
	struct rig rig;
	void *opts;

	rig_open(&rig);
	OK("upnvme_qpair_close", rig.qp);
	opts = rig_record(&rig, "upnvme_qpair_opts");
	record_set(opts, "upnvme_qpair_opts.entries", 32);
	record_set(opts, "upnvme_qpair_opts.outstanding", 8);
	OK("upnvme_qpair_create", P(&rig.qp), rig.ctrlr, P(opts));
	assert_int_equal(OK("upnvme_qpair_entries", rig.qp), 32);
	assert_int_equal(OK("upnvme_qpair_outstanding_max", rig.qp), 8);
	assert_int_equal(OK("upnvme_qpair_id", rig.qp), 1);
	for (int i = 0; i < 8; i++)
		OK("upnvme_read", rig.qp, rig.ns, rig.buf, 0, 1, P(rig.cb.code), 0);
	assert_int_equal(CALL("upnvme_read", rig.qp, rig.ns, rig.buf, 0, 1, P(rig.cb.code), 0),
			 -EAGAIN);
	OK("upnvme_qpair_stop", rig.qp);
	assert_int_equal(rig.ncallbacks, 8);
	assert_int_equal(CALL("upnvme_read", rig.qp, rig.ns, rig.buf, 0, 1, 0, 0), -ESHUTDOWN);
	rig_close(&rig);
}

/* --- the admin side ------------------------------------------------------------------------------- */

static void controllers_and_namespaces_say_what_they_are(void **state)
{
	struct rig rig;
	void *info, *ns;

	rig_open(&rig);
	info = rig_record(&rig, "upnvme_ctrlr_info");
	ns = rig_record(&rig, "upnvme_ns_info");
	OK("upnvme_ctrlr_info_get", rig.ctrlr, P(info));
	assert_int_equal(record_get(info, "upnvme_ctrlr_info.ns_count"), 1);
	assert_true(*(char *)record_at(info, "upnvme_ctrlr_info.model"));
	assert_memory_equal(text(CALL("upnvme_ctrlr_uri", rig.ctrlr)), "soft:ram", 8);
	assert_int_equal(OK("upnvme_ns_next", rig.ctrlr, 0), 1);
	OK("upnvme_ns_info_get", rig.ns, P(ns));
	assert_int_equal(record_get(ns, "upnvme_ns_info.block_bytes"), RIG_BLOCK);
	assert_int_equal(record_get(ns, "upnvme_ns_info.block_count"), RIG_BLOCKS);
	assert_int_equal(OK("upnvme_ns_id", rig.ns), 1);
	assert_int_equal(OK("upnvme_ns_block_size", rig.ns), RIG_BLOCK);
	assert_int_equal(OK("upnvme_ns_block_count", rig.ns), RIG_BLOCKS);
	assert_int_equal(OK("upnvme_ns_metadata_size", rig.ns), 0);
	assert_true(OK("upnvme_ns_max_transfer_blocks", rig.ns) > 1);
	rig_close(&rig);
}

/* A threshold below the temperature makes a health event, by a closure in upnvme_ctrlr_poll. */
static void an_event_arrives(void **state)
{
	struct rig rig;
	void *smart;

	rig_open(&rig);
	smart = rig_record(&rig, "upnvme_smart");
	OK("upnvme_ctrlr_on_event", rig.ctrlr, P(rig.event_cb.code), ANY_ARGUMENT);
	OK("upnvme_feature_get", rig.ctrlr, 0, THRESHOLD, 0, P(&rig.got), 0, 0);
	assert_true(rig.got > 273);
	OK("upnvme_feature_set", rig.ctrlr, 0, THRESHOLD, 1, 0, 0, 0);
	wait_for_ctrlr(&rig, 1);
	assert_int_equal(rig.last_arg, ANY_ARGUMENT);
	assert_int_equal(rig.last_event, constant("UPNVME_EVENT_SMART"));
	OK("upnvme_smart_get", rig.ctrlr, P(smart));
	assert_int_equal(record_get(smart, "upnvme_smart.critical_warning"), 0x02);
	OK("upnvme_ctrlr_on_event", rig.ctrlr, 0, 0);
	OK("upnvme_ctrlr_abandon", rig.ctrlr); /* no callback was left */
	rig_close(&rig);
}

static void admin_commands_are_answered(void **state)
{
	struct rig rig;
	char *log;
	void *raw;

	rig_open(&rig);
	log = rig.memory;
	raw = rig_record(&rig, "upnvme_raw");
	OK("upnvme_identify", rig.ctrlr, 1, 0, P(rig.memory));
	OK("upnvme_admin", rig.ctrlr, P(raw), P(rig.done));
	assert_int_equal(record_get(rig.done, "upnvme_completion.status"), 0);
	assert_memory_equal(rig.data, rig.memory, 4096);
	memset(rig.data, 0, 4096);
	OK("upnvme_admin_submit", rig.ctrlr, P(raw), P(rig.cb.code), ANY_ARGUMENT);
	wait_for_ctrlr(&rig, 1);
	assert_int_equal(record_get(rig.done, "upnvme_completion.tag"), ANY_ARGUMENT);
	assert_memory_equal(rig.data, rig.memory, 4096);
	OK("upnvme_log_page", rig.ctrlr, ALL_NS, SMART_LOG, 0, P(log), 512);
	assert_int_equal(log[3], 100); /* available spare, percent */
	assert_int_equal(CALL("upnvme_feature_set", rig.ctrlr, 0, NUMBER_OF_QUEUES, 1, 0, 0, 0),
			 -EINVAL);
	rig_close(&rig);
}

static void answers_come_decoded(void **state)
{
	struct rig rig;
	void *features, *firmware, *entries;

	rig_open(&rig);
	features = rig_record(&rig, "upnvme_features");
	firmware = rig_record(&rig, "upnvme_firmware");
	entries = rig_record(&rig, "upnvme_error_entry");
	OK("upnvme_features_get", rig.ctrlr, P(features));
	assert_true(record_get(features, "upnvme_features.valid") &
		    (uint64_t)constant("UPNVME_FEATURES_QUEUES"));
	OK("upnvme_firmware_get", rig.ctrlr, P(firmware));
	assert_int_equal(record_get(firmware, "upnvme_firmware.active_slot"), 1);
	assert_int_equal(OK("upnvme_error_log", rig.ctrlr, P(entries), 1), 0);
	OK("upnvme_command_effects", rig.ctrlr, 1, GET_FEATURES, P(&rig.got));
	assert_true((int64_t)rig.got & constant("UPNVME_EFFECT_SUPPORTED"));
	rig_close(&rig);
}

/* --- without a controller ------------------------------------------------------------------------- */

static void errors_and_statuses_have_names(void **state)
{
	void *error = record_new("upnvme_error", 1);
	uint64_t handle = 0;

	assert_int_equal(CALL("upnvme_open", P(&handle), P("tape:0"), 0), -EINVAL);
	OK("upnvme_error_get", P(error));
	assert_int_equal(record_get(error, "upnvme_error.code"), constant("UPNVME_ERR_URI_SCHEME"));
	assert_string_equal(text(CALL0("upnvme_last_error")),
			    (char *)record_at(error, "upnvme_error.text"));
	assert_string_equal(text(CALL("upnvme_error_name", 2)), "UPNVME_ERR_ARGUMENT");
	assert_string_equal(text(CALL("upnvme_status_name", COMPARE_FAILURE)), "Compare Failure");
	assert_true(*text(CALL("upnvme_status_text", COMPARE_FAILURE)));
	free(error);
}

static void the_library_is_the_one_described(void **state)
{
	char version[32];

	snprintf(version, sizeof(version), "%d.%d.%d", (int)constant("UPNVME_VERSION_MAJOR"),
		 (int)constant("UPNVME_VERSION_MINOR"), (int)constant("UPNVME_VERSION_PATCH"));
	assert_string_equal(text(CALL0("upnvme_version")), version);
	assert_int_equal(CALL0("upnvme_abi_version"), constant("UPNVME_ABI_VERSION"));
	assert_non_null(strstr(text(CALL0("upnvme_build_info")), version));
}

static void devices_are_listed(void **state)
{
	void *devices = record_new("upnvme_device", 8), *system = record_new("upnvme_system", 1);
	int64_t n = OK("upnvme_devices_list", P(devices), 8);

	if (n) {
		char *address = record_at(devices, "upnvme_device.address");
		void *device = record_new("upnvme_device", 1);

		OK("upnvme_device_get", P(address), P(device));
		assert_string_equal(record_at(device, "upnvme_device.address"), address);
		free(device);
	}
	OK("upnvme_system_get", P(system));
	free(system);
	free(devices);
}

const struct CMUnitTest session_tests[] = {
	cmocka_unit_test(the_library_is_the_one_described),
	cmocka_unit_test(errors_and_statuses_have_names),
	cmocka_unit_test(devices_are_listed),
	cmocka_unit_test(controllers_and_namespaces_say_what_they_are),
	cmocka_unit_test(written_blocks_are_read_back),
	cmocka_unit_test(vectors_gather_and_scatter),
	cmocka_unit_test(a_batch_comes_back_by_its_tags),
	cmocka_unit_test(a_queue_pair_goes_to_another_thread),
	cmocka_unit_test(latencies_and_commands_are_counted),
	cmocka_unit_test(a_queue_pair_has_properties_until_it_is_stopped),
	cmocka_unit_test(admin_commands_are_answered),
	cmocka_unit_test(answers_come_decoded),
	cmocka_unit_test(an_event_arrives),
};
const size_t session_ntests = NELEMS(session_tests);
