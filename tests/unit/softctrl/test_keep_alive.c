/* SPDX-License-Identifier: BSD-3-Clause */
/* The Keep Alive Timer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/pause.h"
#include "support/softctrl_host.h"

static void *read_log(struct host *host, uint32_t lid, bool retain)
{
	struct upnvme_spec_sqe sqe = { .opcode = 0x02,
				       .cdw10 = 127u << 16 | (uint32_t)retain << 15 | lid };
	void *log = host_page(host, &sqe.prp1);

	assert_int_equal(host_status(host, 0, sqe), 0);
	return log;
}

static void keep_alive(struct host *host, uint32_t ms)
{
	struct upnvme_spec_sqe sqe = { .opcode = 0x09, .cdw10 = 0x0f, .cdw11 = ms };

	assert_int_equal(host_status(host, 0, sqe), 0);
}

static void keep_alive_expires_only_without_the_command(void **state)
{
	struct host *host = *state;
	uint64_t start = clock_now_ns(), last = start;
	const struct upnvme_spec_error_log_entry *entry;
	struct upnvme_spec_cqe cqe;
	struct pause pause = { 0 };

	keep_alive(host, 1001); /* rounded up to 2 s */
	while (clock_now_ns() - start < 2200 * NS_PER_MS) {
		if (clock_now_ns() - last > 200 * NS_PER_MS) {
			assert_int_equal(host_status(host, 0,
						     (struct upnvme_spec_sqe){ .opcode = 0x18 }),
					 0);
			last = clock_now_ns();
		}
		host_process(host, 0);
		assert_int_equal(softctrl_read32(host->sc, UPNVME_SPEC_REG_CSTS), 1);
		pause_next(&pause);
	}
	while (softctrl_read32(host->sc, UPNVME_SPEC_REG_CSTS) == 1 &&
	       clock_now_ns() - last < 10 * NS_PER_S) {
		host_process(host, 0);
		pause_next(&pause);
	}
	assert_int_equal(softctrl_read32(host->sc, UPNVME_SPEC_REG_CSTS), 3);
	assert_in_range(clock_now_ns() - last, 1999 * NS_PER_MS, 9 * NS_PER_S);
	host_submit(host, 0, (struct upnvme_spec_sqe){ .opcode = 0x18 });
	host_process(host, 0);
	assert_false(host_reap(host, 0, &cqe));
	host_disable(host);
	assert_int_equal(softctrl_read32(host->sc, UPNVME_SPEC_REG_CSTS), 0);
	host_enable(host);
	entry = read_log(host, 0x01, false);
	assert_int_equal(entry->error_count, 1);
	assert_int_equal(entry->sqid, 0xffff);
	assert_int_equal(entry->cid, 0xffff);
	assert_int_equal(entry->status, 0x019 << 1);
}

#define test(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(keep_alive_expires_only_without_the_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
