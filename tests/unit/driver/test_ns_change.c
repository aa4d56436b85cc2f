/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands that change namespaces, on a controller that answers when the test lets it, or never. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <upnvme.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"
#include "driver/ns_change.h"
#include "support/fake_transport.h"

#define VENDOR      0xc0u /* an admin opcode that the log of effects says something about */
#define VENDOR_HELD 0xc4u /* another, which is answered when the test posts it */

struct rig {
	struct fake_transport *fake;
	struct upnvme_ctrlr *ctrlr;
	struct upnvme_ns *ns;
	uint16_t held;   /* the command that is */
	bool no_answers; /* to Identify: an error that is no namespace's */
};

static struct rig rig;

/* What changes blocks doubles them. */
static enum fake_verdict script(struct fake_transport *fake, const struct upnvme_spec_sqe *sqe,
				struct upnvme_spec_cqe *cqe)
{
	if (sqe->opcode == UPNVME_SPEC_ADMIN_IDENTIFY && rig.no_answers) {
		cqe->status = UPNVME_SPEC_SC_INTERNAL_ERROR;
		return FAKE_ANSWER;
	}
	if (sqe->opcode == UPNVME_SPEC_ADMIN_FORMAT_NVM || sqe->opcode == VENDOR ||
	    sqe->opcode == VENDOR_HELD || sqe->opcode == UPNVME_SPEC_ADMIN_SANITIZE ||
	    sqe->opcode == UPNVME_SPEC_ADMIN_NAMESPACE_MANAGEMENT ||
	    sqe->opcode == UPNVME_SPEC_ADMIN_CAPACITY_MANAGEMENT)
		fake->ns.lbaf[0].lbads = 12;
	else
		return FAKE_DEFAULT;
	rig.held = sqe->cid;
	return sqe->opcode == VENDOR_HELD ? FAKE_HOLD : FAKE_ANSWER;
}

static void open_with_effects(uint32_t of_vendor, uint32_t of_set_features)
{
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	struct upnvme_spec_commands_supported_log log = { 0 };

	memset(&rig, 0, sizeof(rig));
	opts.admin_timeout_ns = 50 * NS_PER_MS;
	rig.fake = fake_transport_create();
	log.acs[VENDOR] = log.acs[VENDOR_HELD] = UPNVME_SPEC_EFFECTS_SUPPORTED | of_vendor;
	log.acs[UPNVME_SPEC_ADMIN_IDENTIFY] = log.acs[UPNVME_SPEC_ADMIN_GET_LOG_PAGE] =
		0xff; /* nonsense */
	log.acs[UPNVME_SPEC_ADMIN_SET_FEATURES] = UPNVME_SPEC_EFFECTS_SUPPORTED | of_set_features;
	memcpy(rig.fake->log, &log, sizeof(log));
	rig.fake->id.lpa |= UPNVME_SPEC_LPA_COMMANDS_SUPPORTED;
	assert_int_equal(fake_transport_open(rig.fake, &rig.ctrlr, &opts), 0);
	rig.fake->script = script;
	assert_int_equal(upnvme_ns_get(&rig.ns, rig.ctrlr, 1), 0);
	assert_int_equal(upnvme_ns_block_size(rig.ns), 512);
}

static int setup(void **state)
{
	(void)state;
	open_with_effects(UPNVME_SPEC_EFFECTS_NCC, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(upnvme_close(rig.ctrlr), 0);
	return 0;
}

static int run(uint8_t opcode)
{
	struct upnvme_raw raw = { .cdw = { opcode, 1, [10] = 1 } }; /* 0Dh: delete, without data */
	struct upnvme_completion done;

	return upnvme_admin(rig.ctrlr, &raw, &done);
}

static struct upnvme_qpair *create(void)
{
	struct upnvme_qpair *qp = NULL;

	assert_int_equal(upnvme_qpair_create(&qp, rig.ctrlr, NULL), 0);
	return qp;
}

static void expect_busy(int rc, const char *word)
{
	assert_int_equal(rc, -EBUSY);
	assert_int_equal(error_last()->code, UPNVME_ERR_NS_CHANGING);
	assert_non_null(strstr(error_last()->text, word));
}

/* --- which commands ------------------------------------------------------------------------------- */

static void the_specifications_commands_change_namespaces(void **state)
{
	static const uint8_t opcodes[] = { 0x80, 0x0d, 0x84, 0x20 };

	for (size_t i = 0; i < ARRAY_SIZE(opcodes); i++) {
		assert_int_equal(run(opcodes[i]), 0);
		assert_int_equal(upnvme_ns_block_size(rig.ns), 4096);
		assert_int_equal(teardown(state), 0);
		assert_int_equal(setup(state), 0);
	}
}

static void the_effects_log_names_further_commands(void **state)
{
	static const uint32_t effects[] = { UPNVME_SPEC_EFFECTS_NCC, UPNVME_SPEC_EFFECTS_NIC };

	for (size_t i = 0; i < ARRAY_SIZE(effects); i++) {
		assert_int_equal(teardown(state), 0);
		open_with_effects(effects[i], 0);
		assert_int_equal(run(VENDOR), 0);
		assert_int_equal(upnvme_ns_block_size(rig.ns), 4096);
	}
	assert_int_equal(teardown(state), 0);
	open_with_effects(UPNVME_SPEC_EFFECTS_LBCC | UPNVME_SPEC_EFFECTS_CCC, 0);
	rig.fake->nseen = 0;
	assert_int_equal(run(VENDOR), 0);
	assert_int_equal(fake_transport_count(rig.fake, UPNVME_SPEC_ADMIN_IDENTIFY), 0);
}

/* The effects log describes Set Features as a whole, by the most that one feature may do: commands go on all the same.
 * */
static void setting_a_feature_does_not_stop_queue_pairs(void **state)
{
	struct upnvme_qpair *qp;
	void *buf;

	assert_int_equal(teardown(state), 0);
	open_with_effects(0, UPNVME_SPEC_EFFECTS_NCC);
	qp = create();
	assert_int_equal(upnvme_dma_alloc(&buf, rig.ctrlr, 4096, 0), 0);
	assert_int_equal(upnvme_read(qp, rig.ns, buf, 0, 1, NULL, NULL), 0);
	rig.fake->ns.lbaf[0].lbads = 12;
	assert_int_equal(
		upnvme_feature_set(rig.ctrlr, 0, UPNVME_SPEC_FEAT_ARBITRATION, 0, 0, NULL, 0), 0);
	assert_int_equal(upnvme_ns_block_size(rig.ns), 4096);
	assert_int_equal(upnvme_read(qp, rig.ns, buf, 0, 1, NULL, NULL), 0);
	assert_int_equal(upnvme_qpair_close(qp), 0);
}

/* --- queue pairs ---------------------------------------------------------------------------------- */

static void an_idle_released_queue_pair_is_not_waited_for(void **state)
{
	struct upnvme_qpair *qp = create();

	(void)state;
	assert_int_equal(upnvme_qpair_release(qp), 0);
	assert_int_equal(run(UPNVME_SPEC_ADMIN_FORMAT_NVM), 0);
	assert_int_equal(upnvme_ns_block_size(rig.ns), 4096);
	assert_int_equal(upnvme_qpair_close(qp), 0);
}

static void a_released_queue_pair_with_commands_refuses_the_change(void **state)
{
	struct upnvme_qpair *qp = create();
	void *buf;

	(void)state;
	assert_int_equal(upnvme_dma_alloc(&buf, rig.ctrlr, 4096, 0), 0);
	assert_int_equal(upnvme_read(qp, rig.ns, buf, 0, 1, NULL, NULL), 0);
	assert_int_equal(upnvme_qpair_release(qp), 0);
	expect_busy(run(UPNVME_SPEC_ADMIN_FORMAT_NVM), "in flight");
	assert_int_equal(fake_transport_count(rig.fake, UPNVME_SPEC_ADMIN_FORMAT_NVM), 0);
	assert_int_equal(upnvme_qpair_close(qp), 0);
	assert_int_equal(run(UPNVME_SPEC_ADMIN_FORMAT_NVM), 0);
}

/* A thread that owns a queue pair, and makes calls for it as long as it is told to. */
struct owner {
	_Atomic bool ready, polls, stop;
};

static void *own(void *arg)
{
	struct owner *owner = arg;
	struct upnvme_qpair *qp = NULL;
	bool ok = !upnvme_qpair_create(&qp, rig.ctrlr, NULL);

	atomic_store(&owner->ready, true);
	while (ok && !atomic_load(&owner->stop))
		if (atomic_load(&owner->polls))
			ok = upnvme_poll(qp, 0) >= 0;
	return (void *)(uintptr_t)(ok && !upnvme_qpair_close(qp));
}

static void another_threads_queue_pair_refuses_the_change_until_its_next_call(void **state)
{
	struct owner owner = { 0 };
	pthread_t thread;
	void *ok;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, own, &owner), 0);
	while (!atomic_load(&owner.ready))
		;
	expect_busy(run(UPNVME_SPEC_ADMIN_FORMAT_NVM), "another thread");
	assert_int_equal(fake_transport_count(rig.fake, UPNVME_SPEC_ADMIN_FORMAT_NVM), 0);
	atomic_store(&owner.polls, true);
	while (run(UPNVME_SPEC_ADMIN_FORMAT_NVM) ==
	       -EBUSY) /* the owner's next poll may be late, too */
		;
	assert_int_equal(upnvme_ns_block_size(rig.ns), 4096);
	atomic_store(&owner.stop, true);
	pthread_join(thread, &ok);
	assert_non_null(ok);
}

/* --- when the end comes late, or cannot be read --------------------------------------------------- */

static void a_command_that_ends_late_changes_namespaces_at_its_end(void **state)
{
	struct upnvme_qpair *qp = create();
	void *buf;

	(void)state;
	assert_int_equal(upnvme_dma_alloc(&buf, rig.ctrlr, 4096, 0), 0);
	assert_int_equal(run(VENDOR_HELD), -ETIMEDOUT);
	expect_busy(upnvme_read(qp, rig.ns, buf, 0, 1, NULL, NULL), "upnvme_ctrlr_poll");
	assert_int_equal(upnvme_ctrlr_poll(rig.ctrlr), 0);
	expect_busy(upnvme_read(qp, rig.ns, buf, 0, 1, NULL, NULL), "upnvme_ctrlr_poll");
	assert_int_equal(upnvme_ns_block_size(rig.ns), 512);
	fake_transport_post(rig.fake, rig.held, 0, 0);
	assert_int_equal(upnvme_ctrlr_poll(rig.ctrlr), 0);
	assert_int_equal(upnvme_ns_block_size(rig.ns), 4096);
	assert_int_equal(upnvme_read(qp, rig.ns, buf, 0, 1, NULL, NULL), 0);
	assert_int_equal(upnvme_qpair_close(qp), 0);
}

static void commands_are_refused_until_the_namespaces_can_be_read(void **state)
{
	struct upnvme_qpair *qp = create();
	void *buf;

	(void)state;
	assert_int_equal(upnvme_dma_alloc(&buf, rig.ctrlr, 4096, 0), 0);
	rig.no_answers = true;
	assert_int_equal(run(UPNVME_SPEC_ADMIN_FORMAT_NVM), -EIO);
	assert_non_null(strstr(error_last()->text, "the command has ended"));
	assert_int_equal(upnvme_ctrlr_poll(rig.ctrlr), 0);
	expect_busy(upnvme_read(qp, rig.ns, buf, 0, 1, NULL, NULL), "queue pair 1");
	rig.no_answers = false;
	assert_int_equal(upnvme_ctrlr_poll(rig.ctrlr), 0);
	assert_int_equal(upnvme_ns_block_size(rig.ns), 4096);
	assert_int_equal(upnvme_read(qp, rig.ns, buf, 0, 1, NULL, NULL), 0);
	assert_int_equal(upnvme_qpair_close(qp), 0);
}

/* Two at once, and the first that ends does not let I/O go on beside the other. */
static void queue_pairs_are_frozen_until_the_last_change_has_ended(void **state)
{
	struct upnvme_qpair *qp = create();
	void *buf;

	(void)state;
	assert_int_equal(upnvme_dma_alloc(&buf, rig.ctrlr, 4096, 0), 0);
	assert_int_equal(run(VENDOR_HELD), -ETIMEDOUT);
	assert_int_equal(run(UPNVME_SPEC_ADMIN_FORMAT_NVM), 0);
	assert_int_equal(upnvme_ns_block_size(rig.ns), 4096);
	expect_busy(upnvme_read(qp, rig.ns, buf, 0, 1, NULL, NULL), "queue pair 1");
	assert_int_equal(upnvme_qpair_close(qp), 0);
}

/* A status is an end like any other, and so is a failure: a queue pair says that, and not that it waits. */
static void a_failed_controller_is_not_waited_for(void **state)
{
	struct upnvme_qpair *qp = create();
	void *buf;

	(void)state;
	assert_int_equal(upnvme_dma_alloc(&buf, rig.ctrlr, 4096, 0), 0);
	assert_int_equal(run(VENDOR_HELD), -ETIMEDOUT);
	ctrlr_fail(rig.ctrlr, "the test says so");
	assert_int_equal(upnvme_read(qp, rig.ns, buf, 0, 1, NULL, NULL), -EIO);
	assert_int_equal(upnvme_ctrlr_poll(rig.ctrlr), -EIO);
	assert_int_equal(run(UPNVME_SPEC_ADMIN_FORMAT_NVM), -EIO);
	assert_int_equal(upnvme_qpair_close(qp), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_specifications_commands_change_namespaces),
		TEST(the_effects_log_names_further_commands),
		TEST(setting_a_feature_does_not_stop_queue_pairs),
		TEST(an_idle_released_queue_pair_is_not_waited_for),
		TEST(a_released_queue_pair_with_commands_refuses_the_change),
		TEST(another_threads_queue_pair_refuses_the_change_until_its_next_call),
		TEST(a_command_that_ends_late_changes_namespaces_at_its_end),
		TEST(commands_are_refused_until_the_namespaces_can_be_read),
		TEST(queue_pairs_are_frozen_until_the_last_change_has_ended),
		TEST(a_failed_controller_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
