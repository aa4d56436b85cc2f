/* SPDX-License-Identifier: BSD-3-Clause */
/* Reset and shutdown over media that take their time, or fail: the registers never wait, and the status tells. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/fault_media.h"
#include "support/softctrl_host.h"

#define RDY      1u
#define CFS      2u
#define OCCURS   (1u << 2)
#define COMPLETE (2u << 2)

static int setup_mode(void **state, bool threaded)
{
	struct host *host = calloc(1, sizeof(*host));

	host_init(host);
	host->config.threaded = threaded;
	host->media[1] = host->media[0];
	host->config.nnamespaces = 2;
	host_create(host);
	fault_attach(host->sc);
	host_enable(host);
	host_queue_pair(host, 1, 16, 16);
	*state = host;
	return 0;
}

static int setup(void **state)
{
	return setup_mode(state, false);
}

static int setup_threaded(void **state)
{
	return setup_mode(state, true);
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

static uint32_t csts(struct host *host)
{
	return softctrl_read32(host->sc, UPNVME_SPEC_REG_CSTS);
}

static void write_cc(struct host *host, uint32_t clear, uint32_t set)
{
	softctrl_write32(host->sc, UPNVME_SPEC_REG_CC,
			 (softctrl_read32(host->sc, UPNVME_SPEC_REG_CC) & ~clear) | set);
}

/* Starts a command, which stays at the medium. */
static uint16_t start(struct host *host, uint8_t opcode)
{
	unsigned before = fault.nsubmitted[MEDIA_WRITE] + fault.nsubmitted[MEDIA_FLUSH];
	struct upnvme_spec_sqe sqe = { .opcode = 0x00, .nsid = 1 };
	uint64_t iova;
	uint16_t cid;

	host_page(host, &iova);
	if (opcode)
		sqe = host_rw(opcode, 1, 0, 8, iova, 0);
	cid = host_submit(host, 1, sqe);
	while (fault.nsubmitted[MEDIA_WRITE] + fault.nsubmitted[MEDIA_FLUSH] == before)
		host_process(host, 1);
	return cid;
}

static void shutdown_ends_running_commands_and_flushes(void **state)
{
	struct host *host = *state;
	struct upnvme_spec_cqe cqe;
	uint16_t cid;

	fault.held = true;
	cid = start(host, 0x01);
	write_cc(host, 0, 1 << 14);
	assert_int_equal(csts(host), RDY | OCCURS);
	assert_true(softctrl_waits(host->sc, 0));
	assert_int_equal(fault.nsubmitted[MEDIA_FLUSH], 0);
	fault.held_ops = 1u << MEDIA_FLUSH;
	fault.held = false;
	while (fault.nsubmitted[MEDIA_FLUSH] < 2)
		assert_int_equal(csts(host), RDY | OCCURS);
	assert_true(host_reap(host, 1, &cqe));
	assert_int_equal(cqe.cid, cid);
	assert_int_equal(host_code(cqe), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(csts(host), RDY | OCCURS);
	fault.held_ops = 0;
	assert_true(host_status_becomes(host, ~0u, RDY | COMPLETE));
	assert_null(softctrl_trouble(host->sc));
	assert_false(softctrl_waits(host->sc, 0));
}

static void a_flush_that_fails_at_shutdown_is_fatal_and_says_why(void **state)
{
	struct host *host = *state;

	fault.results[MEDIA_FLUSH] = -ENOSPC;
	write_cc(host, 0, 2 << 14);
	assert_true(host_status_becomes(host, ~0u, RDY | CFS | COMPLETE));
	assert_non_null(strstr(softctrl_trouble(host->sc), "namespace 1"));
	assert_non_null(strstr(softctrl_trouble(host->sc), strerror(ENOSPC)));
	host_disable(host);
	assert_int_equal(csts(host), 0);
	/* A failure does not stick to the controller. */
	fault.results[MEDIA_FLUSH] = 0;
	host_enable(host);
	write_cc(host, 0, 1 << 14);
	assert_true(host_status_becomes(host, ~0u, RDY | COMPLETE));
}

static void a_reset_is_over_when_the_media_are_done(void **state)
{
	struct host *host = *state;

	fault.held = true;
	start(host, 0x01);
	write_cc(host, 1, 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(csts(host), RDY);
	assert_true(softctrl_waits(host->sc, 1));
	assert_true(softctrl_waits(host->sc, 0));
	fault.held = false;
	assert_true(host_status_becomes(host, ~0u, 0));
	assert_false(softctrl_waits(host->sc, 1));
	assert_false(softctrl_waits(host->sc, 0));
	host->used = 0;
	host_enable(host);
	host_queue_pair(host, 1, 16, 16);
	start(host, 0x01);
	assert_int_equal(host_code(host_wait(host, 1)), 0);
}

static void a_reset_ends_a_shutdown_that_waits(void **state)
{
	struct host *host = *state;

	fault.held_ops = 1u << MEDIA_FLUSH;
	write_cc(host, 0, 1 << 14);
	assert_int_equal(csts(host), RDY | OCCURS);
	write_cc(host, 3 << 14 | 1, 0);
	assert_int_equal(csts(host), RDY | OCCURS);
	fault.held_ops = 0;
	assert_true(host_status_becomes(host, ~0u, 0));
}

static void a_reset_ends_a_deletion_that_waits(void **state)
{
	struct host *host = *state;

	fault.held = true;
	start(host, 0x01);
	host_submit(host, 0, (struct upnvme_spec_sqe){ .opcode = 0x00, .cdw10 = 1 });
	host_process(host, 0);
	write_cc(host, 1, 0);
	assert_int_equal(csts(host), RDY);
	fault.held = false;
	assert_true(host_status_becomes(host, ~0u, 0));
	host->used = 0;
	host_enable(host);
	host_queue_pair(host, 1, 16, 16);
	start(host, 0x01);
	assert_int_equal(host_code(host_wait(host, 1)), 0);
}

/* Enabling before CSTS.RDY is 0 is against the rules, and yet no deadlock: it waits for the end of the reset. */
static void enabling_waits_for_the_end_of_a_reset(void **state)
{
	struct host *host = *state;

	fault.held = true;
	start(host, 0x01);
	write_cc(host, 1, 0);
	write_cc(host, 0, 1 << 14);
	write_cc(host, 3 << 14, 1);
	assert_int_equal(csts(host), RDY);
	assert_true(softctrl_waits(host->sc, 1));
	fault.held = false;
	assert_true(host_status_becomes(host, RDY | CFS | OCCURS, RDY));
	assert_false(softctrl_waits(host->sc, 0));
}

static void a_subsystem_reset_waits_likewise(void **state)
{
	struct host *host = *state;

	fault.held = true;
	start(host, 0x01);
	softctrl_write32(host->sc, UPNVME_SPEC_REG_NSSR, 0x4e564d65);
	assert_int_equal(softctrl_read32(host->sc, UPNVME_SPEC_REG_CC), 0);
	assert_int_equal(csts(host), RDY | 1u << 4);
	fault.held = false;
	assert_true(host_status_becomes(host, ~0u, 1u << 4));
}

static void deletion_of_another_queue_does_not_wait(void **state)
{
	struct host *host = *state;

	host_queue_pair(host, 2, 16, 16);
	fault.held = true;
	start(host, 0x01);
	assert_true(softctrl_waits(host->sc, 1));
	assert_false(softctrl_waits(host->sc, 2));
	host_queue_pair_delete(host, 2);
	assert_false(softctrl_waits(host->sc, 2));
	fault.held = false;
	assert_int_equal(host_code(host_wait(host, 1)), 0);
}

#define each(name)                                                      \
	{ #name, name, setup, teardown, NULL },                         \
	{                                                               \
#name " (thread)", name, setup_threaded, teardown, NULL \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		each(shutdown_ends_running_commands_and_flushes),
		each(a_flush_that_fails_at_shutdown_is_fatal_and_says_why),
		each(a_reset_is_over_when_the_media_are_done),
		each(a_reset_ends_a_shutdown_that_waits),
		each(a_reset_ends_a_deletion_that_waits),
		each(enabling_waits_for_the_end_of_a_reset),
		each(a_subsystem_reset_waits_likewise),
		each(deletion_of_another_queue_does_not_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
