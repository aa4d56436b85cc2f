/* SPDX-License-Identifier: BSD-3-Clause */
/* The rows of the NVM command set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "softctrl/nvm.h"
#include "support/softctrl_host.h"

static const struct {
	uint8_t opcode;
	bool changes;
	bool has_slba;
	bool broadcasts;
} expected[] = {
	{ 0x00, false, false, true }, { 0x01, true, true, false }, { 0x02, false, true, false },
	{ 0x05, false, true, false }, { 0x08, true, true, false }, { 0x09, true, false, false },
	{ 0x0c, false, true, false },
};

static void rows_are_those_of_the_specification(void **state)
{
	unsigned next = 0;

	for (unsigned opcode = 0; opcode < 256; opcode++) {
		const struct sc_command *row = &sc_nvm_commands.rows[opcode];

		if (next == sizeof(expected) / sizeof(expected[0]) ||
		    expected[next].opcode != opcode) {
			assert_null(row->run);
			assert_int_equal(row->effects, 0);
			continue;
		}
		assert_non_null(row->run);
		assert_int_equal(row->effects & 1, 1); /* supported */
		assert_int_equal(!!(row->effects & 2), expected[next].changes);
		assert_int_equal(!!(row->flags & SC_HAS_SLBA), expected[next].has_slba);
		assert_int_equal(!!(row->flags & SC_BROADCASTS), expected[next].broadcasts);
		next++;
	}
	assert_int_equal(next, sizeof(expected) / sizeof(expected[0]));
	assert_int_equal(sc_nvm_commands.csi, 0);
}

/* Opcodes without a row are Invalid Opcode; the others are told that the namespace is not there. */
static void opcodes_without_a_row_are_refused(void **state)
{
	for (unsigned opcode = 0; opcode < 256; opcode++) {
		struct upnvme_spec_sqe sqe = host_rw((uint8_t)opcode, 9, 0, 1, HOST_IOVA, 0);
		bool there = sc_nvm_commands.rows[opcode].run;

		assert_int_equal(host_status(*state, 1, sqe), there ? 0x00b : 0x001);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_those_of_the_specification),
		cmocka_unit_test_setup_teardown(opcodes_without_a_row_are_refused, host_setup_io,
						host_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
