/* SPDX-License-Identifier: BSD-3-Clause */
/* The deletion of a queue waits for everything that uses host memory, but not for ever for a slow flush. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/pause.h"
#include "support/fault_media.h"
#include "support/softctrl_host.h"

static int setup(void **state)
{
	struct host *host = calloc(1, sizeof(*host));

	host_init(host);
	host_create(host);
	fault_attach(host->sc);
	host_enable(host);
	host_queue_pair(host, 1, 16, 16);
	*state = host;
	return 0;
}

static int teardown(void **state)
{
	fault.held = false;
	fault.held_ops = 0;
	host_destroy(*state);
	assert_int_equal(fault.nclosed_early, 0);
	free(*state);
	return 0;
}

static const struct upnvme_spec_sqe flush = { .opcode = 0x00, .nsid = 1 };
static const struct upnvme_spec_sqe delete_sq = { .opcode = 0x00, .cdw10 = 1 };

static struct upnvme_spec_sqe write_one(struct host *host, uint32_t flags)
{
	struct upnvme_spec_sqe sqe;
	uint64_t iova;

	host_page(host, &iova);
	sqe = host_rw(0x01, 1, 0, 8, iova, 0);
	sqe.cdw12 |= flags;
	return sqe;
}

static void hold(struct host *host, struct upnvme_spec_sqe sqe)
{
	fault.held = true;
	host_submit(host, 1, sqe);
	host_process(host, 1);
}

static bool is_deleted(struct host *host, uint64_t within_ns)
{
	uint64_t deadline_ns = deadline_after(within_ns);
	struct upnvme_spec_cqe cqe;
	struct pause pause = { 0 };

	host_submit(host, 0, delete_sq);
	while (!deadline_passed(deadline_ns)) {
		host_process(host, 0);
		if (host_reap(host, 0, &cqe)) {
			assert_int_equal(host_code(cqe), 0);
			return true;
		}
		pause_next(&pause);
	}
	return false;
}

static void a_flush_goes_on_without_its_queue(void **state)
{
	struct host *host = *state;
	struct upnvme_spec_cqe cqe;

	hold(host, flush);
	assert_true(is_deleted(host, 60 * NS_PER_S));
	assert_false(host_reap(host, 1, &cqe));
	assert_non_null(host->sc->orphans);
	/* The identifier can be used again, while the flush is still there. */
	assert_int_equal(
		host_status(host, 0, (struct upnvme_spec_sqe){ .opcode = 0x04, .cdw10 = 1 }), 0);
	host_queue_pair(host, 1, 16, 16);
	fault.held = false;
	fault.held_ops = 1u << MEDIA_FLUSH;
	assert_int_equal(host_status(host, 1, write_one(host, 0)), 0);
	assert_non_null(host->sc->orphans);
	fault.held_ops = 0;
	host_process(host, 0);
	assert_null(host->sc->orphans);
	assert_int_equal(fault.nsubmitted[MEDIA_FLUSH], 1);
	assert_int_equal(host_status(host, 1, flush), 0);
}

/* A read that would follow the flush must not write into memory that is the host's again. */
static void the_read_after_an_orphaned_flush_does_not_happen(void **state)
{
	struct host *host = *state;
	struct upnvme_spec_sqe read = write_one(host, 1u << 30);

	read.opcode = 0x02;
	hold(host, read);
	assert_true(is_deleted(host, 60 * NS_PER_S));
	fault.held = false;
	host_process(host, 0);
	assert_null(host->sc->orphans);
	assert_int_equal(fault.nsubmitted[MEDIA_FLUSH], 1);
	assert_int_equal(fault.nsubmitted[MEDIA_READ], 0);
}

/* Waits longer than a deletion waits for flushes. */
static void a_command_that_uses_host_memory_keeps_the_queue(void **state)
{
	struct host *host = *state;

	hold(host, flush);
	hold(host, write_one(host, 0));
	assert_false(is_deleted(host, 3 * NS_PER_S / 2));
	assert_null(host->sc->orphans);
	assert_true(softctrl_waits(host->sc, 1));
	fault.held = false;
	assert_int_equal(host_code(host_wait(host, 0)), 0);
	assert_false(softctrl_waits(host->sc, 1));
}

static void reset_and_shutdown_wait_for_an_orphaned_flush(void **state)
{
	struct host *host = *state;

	hold(host, flush);
	assert_true(is_deleted(host, 60 * NS_PER_S));
	softctrl_write32(host->sc, UPNVME_SPEC_REG_CC,
			 softctrl_read32(host->sc, UPNVME_SPEC_REG_CC) | 1 << 14);
	assert_int_equal(softctrl_read32(host->sc, UPNVME_SPEC_REG_CSTS), 1 | 1 << 2);
	assert_int_equal(fault.nsubmitted[MEDIA_FLUSH], 1);
	fault.held = false;
	assert_true(host_status_becomes(host, ~0u, 1 | 2 << 2));
	assert_int_equal(fault.nsubmitted[MEDIA_FLUSH], 2);
	host_disable(host);
	host_enable(host);
	host_queue_pair(host, 1, 16, 16);
	hold(host, flush);
	assert_true(is_deleted(host, 60 * NS_PER_S));
	softctrl_write32(host->sc, UPNVME_SPEC_REG_CC,
			 softctrl_read32(host->sc, UPNVME_SPEC_REG_CC) & ~1u);
	assert_int_equal(softctrl_read32(host->sc, UPNVME_SPEC_REG_CSTS), 1);
	fault.held = false;
	assert_true(host_status_becomes(host, ~0u, 0));
	assert_null(host->sc->orphans);
}

/* Orphans go with the controller, as if the power failed. */
static void destroying_the_controller_ends_an_orphaned_flush(void **state)
{
	struct host *host = *state;

	hold(host, flush);
	assert_true(is_deleted(host, 60 * NS_PER_S));
	fault.held = false;
	softctrl_destroy(host->sc);
	assert_int_equal(fault.nclosed_early, 1);
	fault.nclosed_early = 0;
	host->sc = NULL;
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_flush_goes_on_without_its_queue),
		test(the_read_after_an_orphaned_flush_does_not_happen),
		test(a_command_that_uses_host_memory_keeps_the_queue),
		test(reset_and_shutdown_wait_for_an_orphaned_flush),
		test(destroying_the_controller_ends_an_orphaned_flush),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
