/* SPDX-License-Identifier: BSD-3-Clause */
/* The Admin command set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/softctrl_host.h"

static void commands_without_a_row_are_refused(void **state)
{
	static const uint8_t rows[] = { 0x00, 0x01, 0x02, 0x04, 0x05, 0x06,
					0x08, 0x09, 0x0a, 0x0c, 0x18 };

	for (unsigned opcode = 0; opcode < 256; opcode++) {
		struct upnvme_spec_sqe sqe = { .opcode = (uint8_t)opcode };

		if (!memchr(rows, (int)opcode, sizeof(rows)))
			assert_int_equal(host_status(*state, 0, sqe), 0x001);
	}
}

/* Each part of the Admin Queue's work has its turn when the queue is processed, without a further command. */
static void the_queue_is_served_besides_its_commands(void **state)
{
	struct upnvme_spec_sqe config = { .opcode = 0x09, .cdw10 = 0x0b, .cdw11 = 1 << 8 };
	struct host *host = *state;
	struct upnvme_spec_cqe cqe;

	assert_int_equal(host_status(host, 0, config), 0);
	host_submit(host, 0, (struct upnvme_spec_sqe){ .opcode = 0x0c });
	host_process(host, 0);
	assert_false(host_reap(host, 0, &cqe));
	assert_int_equal(softctrl_namespace_resize(host->sc, 1, 10), 0);
	host_process(host, 0);
	assert_true(host_reap(host, 0, &cqe));
}

#define test(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(commands_without_a_row_are_refused),
		test(the_queue_is_served_besides_its_commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
