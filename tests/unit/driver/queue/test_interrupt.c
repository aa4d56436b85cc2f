/* SPDX-License-Identifier: BSD-3-Clause */
/* Interrupt vectors of queue pairs: what the controller is told, who has which, and when they are given back. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <upnvme/io.h>

#include "base/clock.h"
#include "base/error.h"
#include "support/fake_transport.h"

struct rig {
	struct fake_transport *fake;
	struct upnvme_ctrlr *ctrlr;
	struct transport_ops ops;
};

static uint8_t refused;

static enum fake_verdict refuse(struct fake_transport *fake, const struct upnvme_spec_sqe *sqe,
				struct upnvme_spec_cqe *cqe)
{
	(void)fake;
	if (sqe->opcode != refused)
		return FAKE_DEFAULT;
	cqe->status = UPNVME_SPEC_SC_INVALID_INTERRUPT_VECTOR;
	return FAKE_ANSWER;
}

static int setup(void **state)
{
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	struct rig *rig = calloc(1, sizeof(*rig));

	opts.admin_timeout_ns = NS_PER_S / 5;
	rig->fake = fake_transport_create();
	assert_int_equal(fake_transport_open(rig->fake, &rig->ctrlr, &opts), 0);
	*state = rig;
	return 0;
}

static int teardown(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(upnvme_close(rig->ctrlr), 0);
	free(rig);
	return 0;
}

static int create(struct rig *rig, upnvme_qpair **qp, uint32_t flags)
{
	struct upnvme_qpair_opts opts = UPNVME_QPAIR_OPTS_INIT;

	opts.entries = 32;
	opts.flags = flags;
	return upnvme_qpair_create(qp, rig->ctrlr, &opts);
}

static upnvme_qpair *waiting(struct rig *rig)
{
	upnvme_qpair *qp = NULL;

	assert_int_equal(create(rig, &qp, UPNVME_QPAIR_INTERRUPT), 0);
	return qp;
}

/* Figure 151: PC, IEN, IV. */
static void the_completion_queue_names_its_vector(void **state)
{
	struct rig *rig = *state;
	upnvme_qpair *polled, *one, *two;

	assert_int_equal(create(rig, &polled, 0), 0);
	one = waiting(rig);
	two = waiting(rig);
	for (uint32_t i = 0; i < 3; i++) {
		static const uint32_t dword11[] = { 0x00001, 0x10003, 0x20003 };

		fake_transport_expect(
			fake_transport_seen(rig->fake, UPNVME_SPEC_ADMIN_CREATE_IO_CQ, i),
			&(struct upnvme_spec_sqe){
				.opcode = 0x05, .cdw10 = 31u << 16 | (i + 1), .cdw11 = dword11[i] },
			true);
	}
	assert_int_equal(rig->fake->vectors[1], upnvme_qpair_fd(one));
	assert_int_equal(rig->fake->vectors[2], upnvme_qpair_fd(two));
	assert_int_equal(rig->fake->vectors[3], -1);
	assert_int_equal(upnvme_qpair_close(polled), 0);
	assert_int_equal(upnvme_qpair_close(one), 0);
	assert_int_equal(upnvme_qpair_close(two), 0);
}

static void a_vector_is_given_back_and_used_again(void **state)
{
	struct rig *rig = *state;
	upnvme_qpair *one = waiting(rig), *two = waiting(rig), *three;

	assert_int_equal(upnvme_qpair_stop(one), 0);
	assert_int_equal(rig->fake->vectors[1], upnvme_qpair_fd(one));
	assert_int_equal(upnvme_qpair_close(one), 0);
	assert_int_equal(rig->fake->vectors[1], -1);
	assert_int_equal(rig->fake->vectors[2], upnvme_qpair_fd(two));
	three = waiting(rig);
	assert_int_equal(rig->fake->vectors[1], upnvme_qpair_fd(three));
	assert_int_equal(upnvme_qpair_close(two), 0);
	assert_int_equal(upnvme_qpair_close(three), 0);
	assert_int_equal(rig->fake->vectors[1], -1);
	assert_int_equal(rig->fake->vectors[2], -1);
}

/* The descriptor that the next file gets. */
static int next_descriptor(void)
{
	int fd = dup(0);

	assert_true(fd >= 0);
	close(fd);
	return fd;
}

static void a_queue_pair_without_a_free_vector_is_refused(void **state)
{
	struct rig *rig = *state;
	int before = next_descriptor();
	upnvme_qpair *qp;

	rig->fake->no_vectors = true;
	assert_int_equal(create(rig, &qp, UPNVME_QPAIR_INTERRUPT), -ENOSPC);
	assert_int_equal(error_last()->code, UPNVME_ERR_QPAIR_LIMIT);
	assert_int_equal(fake_transport_count(rig->fake, UPNVME_SPEC_ADMIN_CREATE_IO_CQ), 0);
	assert_int_equal(next_descriptor(), before);
	/* A queue pair that is polled is still created, and gets the first identifier. */
	assert_int_equal(create(rig, &qp, 0), 0);
	assert_int_equal(upnvme_qpair_id(qp), 1);
	assert_int_equal(upnvme_qpair_close(qp), 0);
}

static void a_transport_may_have_no_interrupts(void **state)
{
	struct rig *rig = *state;
	int before = next_descriptor();
	upnvme_qpair *qp;

	rig->ops = *rig->fake->transport.ops;
	rig->ops.interrupt = NULL;
	rig->fake->transport.ops = &rig->ops;
	assert_int_equal(create(rig, &qp, UPNVME_QPAIR_INTERRUPT), -ENOTSUP);
	assert_int_equal(error_last()->code, UPNVME_ERR_UNSUPPORTED);
	assert_non_null(strstr(upnvme_last_error(), "\"fake\""));
	assert_non_null(strstr(upnvme_last_error(), "without UPNVME_QPAIR_INTERRUPT"));
	assert_int_equal(next_descriptor(), before);
	assert_int_equal(create(rig, &qp, 0), 0);
	assert_int_equal(upnvme_qpair_close(qp), 0);
}

static void a_refused_queue_gives_its_vector_back(void **state)
{
	static const uint8_t opcodes[] = { UPNVME_SPEC_ADMIN_CREATE_IO_CQ,
					   UPNVME_SPEC_ADMIN_CREATE_IO_SQ };
	struct rig *rig = *state;
	int before = next_descriptor();
	upnvme_qpair *qp;

	rig->fake->script = refuse;
	for (size_t i = 0; i < sizeof(opcodes); i++) {
		refused = opcodes[i];
		assert_int_equal(create(rig, &qp, UPNVME_QPAIR_INTERRUPT), -EIO);
		assert_int_equal(error_last()->code, UPNVME_ERR_CTRLR_STATUS);
		assert_int_equal(rig->fake->vectors[1], -1);
		assert_int_equal(next_descriptor(), before);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_completion_queue_names_its_vector),
		TEST(a_vector_is_given_back_and_used_again),
		TEST(a_queue_pair_without_a_free_vector_is_refused),
		TEST(a_transport_may_have_no_interrupts),
		TEST(a_refused_queue_gives_its_vector_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
