/* SPDX-License-Identifier: BSD-3-Clause */
/* What is checked of all commands alike: opcode, fused operation, PSDT, namespace. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/softctrl_host.h"

static void namespaces_that_do_not_exist_are_refused(void **state)
{
	struct host *host = *state;

	assert_int_equal(host_status(host, 1, host_rw(0x02, 0, 0, 1, HOST_IOVA, 0)), 0x00b);
	assert_int_equal(host_status(host, 1, host_rw(0x02, 2, 0, 1, HOST_IOVA, 0)), 0x00b);
	assert_int_equal(host_status(host, 1, host_rw(0x02, 0xffffffff, 0, 1, HOST_IOVA, 0)),
			 0x002);
}

static void unknown_opcodes_and_fused_commands_are_refused(void **state)
{
	struct host *host = *state;
	struct upnvme_spec_sqe fused = host_rw(0x02, 1, 0, 1, HOST_IOVA, 0);

	fused.flags = 1;
	assert_int_equal(host_status(host, 1, fused), 0x002);
	assert_int_equal(host_status(host, 1, host_rw(0x04, 1, 0, 1, HOST_IOVA, 0)), 0x001);
	assert_int_equal(host_status(host, 1, host_rw(0x19, 1, 0, 1, HOST_IOVA, 0)), 0x001);
	assert_int_equal(host_status(host, 1, host_rw(0xff, 1, 0, 1, HOST_IOVA, 0)), 0x001);
}

static void psdt_is_checked(void **state)
{
	struct host *host = *state;
	struct upnvme_spec_sqe sqe =
		host_sgl_rw(0x02, 1, host_sgl_desc(0, HOST_IOVA + HOST_BYTES / 2, 512));

	assert_int_equal(host_status(host, 1, sqe), 0);
	sqe.flags = 2 << 6; /* metadata by SGL */
	assert_int_equal(host_status(host, 1, sqe), 0x002);
	sqe.flags = 3 << 6;
	assert_int_equal(host_status(host, 1, sqe), 0x002);
	sqe = (struct upnvme_spec_sqe){ .opcode = 0x06, .cdw10 = 1, .flags = 1 << 6 };
	sqe.sgl1 = host_sgl_desc(0, HOST_IOVA + HOST_BYTES / 2, 4096);
	assert_int_equal(host_status(host, 0, sqe), 0x002);
}

static void sgls_are_refused_when_they_are_not_configured(void **state)
{
	struct host host;

	(void)state;
	host_init(&host);
	host.config.sgl = false;
	host_create(&host);
	host_enable(&host);
	host_queue_pair(&host, 1, 16, 16);
	assert_int_equal(
		host_status(&host, 1,
			    host_sgl_rw(0x02, 1,
					host_sgl_desc(0, HOST_IOVA + HOST_BYTES / 2, 512))),
		0x002);
	host_destroy(&host);
}

static void commands_that_have_no_namespace_are_given_none(void **state)
{
	struct host *host = *state;
	struct upnvme_spec_sqe sqe;
	uint64_t iova;

	host_page(host, &iova);
	sqe = host_create_cq(1, 16, iova);
	sqe.nsid = 1;
	assert_int_equal(host_status(host, 0, sqe), 0x002);
}

#define test(name) cmocka_unit_test_setup_teardown(name, host_setup_io, host_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(namespaces_that_do_not_exist_are_refused),
		test(unknown_opcodes_and_fused_commands_are_refused),
		test(psdt_is_checked),
		cmocka_unit_test(sgls_are_refused_when_they_are_not_configured),
		test(commands_that_have_no_namespace_are_given_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
