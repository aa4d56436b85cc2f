/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows that every I/O command set has: Flush and reservations (NVMe Base 2.0c, 7). */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "driver/commands/sets.h"
#include "support/fake_device.h"

static void a_flush_has_a_namespace_and_nothing_else(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	struct upnvme_op op = { .opcode = UPNVME_OP_FLUSH,
				.nsid = FAKE_NSID,
				.lba = 77,
				.blocks = 5,
				.dsm = 3,
				.ref_tag = 9,
				.app_tag = 8 };

	fake_expect_sent(dev, &op, (struct upnvme_spec_sqe){ .opcode = 0x00 });
	assert_int_equal(fake_log.done[0].blocks, 0);
	fake_destroy(dev);
}

/* 7.2 to 7.5: two keys, a structure of NUMD dwords, two keys, and one key. */
static void reservations_move_the_bytes_of_the_specification(void **state)
{
	static const struct {
		const struct command_kind *kind;
		uint32_t cdw10;
		uint64_t bytes;
	} table[] = {
		{ &kind_reservation_acquire, 0xffffffff, 16 },
		{ &kind_reservation_register, 0xffffffff, 16 },
		{ &kind_reservation_release, 0xffffffff, 8 },
		{ &kind_reservation_report, 0, 4 },
		{ &kind_reservation_report, 1023, 4096 },
		{ &kind_reservation_report, 0xffffffff, 4ull << 32 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		uint32_t cdw[16] = { [10] = table[i].cdw10 };

		assert_int_equal(table[i].kind->bytes(cdw, NULL), table[i].bytes);
		assert_null(table[i].kind->check);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flush_has_a_namespace_and_nothing_else),
		cmocka_unit_test(reservations_move_the_bytes_of_the_specification),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
