/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands at the media: steps, completions and failures, as any command has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "softctrl/controller.h"
#include "softctrl/process.h"
#include "support/fault_media.h"
#include "support/softctrl_host.h"

static uint64_t buffer(struct host *host)
{
	uint64_t iova;

	host_page(host, &iova);
	return iova;
}

static void completions_come_in_the_order_of_the_media(void **state)
{
	struct host *host = *state;
	uint16_t slow, fast;

	fault.held = true;
	slow = host_submit(host, 1, host_rw(0x02, 1, 0, 8, buffer(host), 0));
	host_process(host, 1);
	fast = host_submit(host, 1,
			   host_rw(0x02, 9, 0, 8, 0, 0)); /* the namespace is refused at once */
	assert_int_equal(host_wait(host, 1).cid, fast);
	fault.held = false;
	assert_int_equal(host_wait(host, 1).cid, slow);
}

#define NSTEPS 1000u

static unsigned depth, nsteps;

/* A medium in memory answers within the call that starts the step. */
static void take_step(struct sc_cmd *cmd, int result)
{
	assert_int_equal(result, 0);
	assert_int_equal(depth, 0);
	depth++;
	if (++nsteps < NSTEPS)
		sc_cmd_flush(cmd, take_step);
	else
		sc_cmd_complete(cmd, UPNVME_SPEC_SC_SUCCESS);
	depth--;
}

static struct sc_cmd *take_command(struct sc_sq *sq, uint16_t cid)
{
	struct sc_cmd *cmd = sq->free;

	sq->free = cmd->next;
	cmd->ns = &sq->sc->namespaces[0];
	cmd->sqe.cid = cid;
	cmd->dw0 = 0;
	return cmd;
}

static void steps_of_commands_do_not_nest(void **state)
{
	struct host *host = *state;
	struct sc_sq *sq = &host->sc->sqs[1];
	struct upnvme_spec_cqe cqe;

	nsteps = 0;
	depth = 0;
	sc_cmd_flush(take_command(sq, 77), take_step);
	assert_int_equal(nsteps, 0);
	host_process(host, 1);
	assert_int_equal(nsteps, NSTEPS);
	assert_int_equal(sq->noutstanding, 0);
	assert_int_equal(sq->nflushing, 0);
	assert_true(host_reap(host, 1, &cqe));
	assert_int_equal(cqe.cid, 77);
	assert_int_equal(host_code(cqe), 0);
}

static void a_failure_is_in_the_error_log(void **state)
{
	struct host *host = *state;
	struct sc_cmd *cmd = take_command(&host->sc->sqs[1], 78);
	struct upnvme_spec_cqe cqe;

	cmd->error_lba = 5;
	sc_cmd_complete(cmd, sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_FIELD, SC_AT(nsid, 3)));
	host_process(host, 1);
	assert_true(host_reap(host, 1, &cqe));
	assert_int_equal(UPNVME_SPEC_CQE_STATUS(cqe.status), 0x6002); /* Do Not Retry, More */
	assert_int_equal(host->sc->errors.count, 1);
	assert_int_equal(host->sc->errors.entries[0].location, 3 << 8 | 4);
	assert_int_equal(host->sc->errors.entries[0].lba, 5);
	assert_int_equal(host->sc->errors.entries[0].cid, 78);
}

/* The buffer that the controller reads commands' blocks into is made once, and freed with the queue. */
static void a_command_keeps_its_buffer(void **state)
{
	struct host *host = *state;
	struct sc_cmd *cmd = host->sc->sqs[1].free;
	uint8_t *bounce;

	assert_true(sc_cmd_bounce(cmd));
	bounce = cmd->bounce;
	memset(bounce, 1, SC_BOUNCE_BYTES);
	assert_true(sc_cmd_bounce(cmd));
	assert_ptr_equal(cmd->bounce, bounce);
}

#define test(name) cmocka_unit_test_setup_teardown(name, host_setup_io, host_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(completions_come_in_the_order_of_the_media,
						fault_setup, fault_teardown),
		test(steps_of_commands_do_not_nest),
		test(a_failure_is_in_the_error_log),
		test(a_command_keeps_its_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
