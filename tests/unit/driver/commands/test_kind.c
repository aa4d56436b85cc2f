/* SPDX-License-Identifier: BSD-3-Clause */
/* What the general path and raw commands ask of every row of every command set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "driver/commands/kind.h"

#include <upnvme/types.h>

static bool has_direction(uint32_t opcode)
{
	return opcode & 3; /* NVMe Base 2.0c, 3.3.3.1, Figure 86 */
}

static void look_at(uint32_t opcode, const struct command_kind *kind)
{
	assert_non_null(kind->name);
	assert_true(kind->name[0]);
	assert_int_equal(kind->limit != NULL, kind->check != NULL);
	assert_true(kind->check || !kind->build);
	assert_int_equal(kind->oncs & (kind->oncs - 1), 0);
	assert_int_equal(kind->op_flags & (UPNVME_FUSED_FIRST | UPNVME_FUSED_SECOND), 0);
	/* A command has data if and only if its opcode says whose. */
	assert_int_equal(kind->bytes != NULL, has_direction(opcode));
	assert_true(!(kind->flags & KIND_DATA) || has_direction(opcode));
	assert_true(!(kind->flags & KIND_WRITES) || kind->flags & KIND_CHANGES);
}

static void each_row_has_all_that_its_command_needs(void **state)
{
	uint32_t n = 0;

	for (uint32_t csi = 0; csi < COMMAND_SETS; csi++)
		for (uint32_t opcode = 0; opcode < COMMAND_OPCODES; opcode++) {
			const struct command_kind *kind =
				command_kind((uint8_t)csi, (uint8_t)opcode);

			if (kind)
				look_at(opcode, kind);
			n += kind != NULL;
		}
	assert_true(n >= 13 * COMMAND_SETS);
}

/* NVMe Base 2.0c, 7: whatever the command set. */
static void each_set_has_flush_and_reservations(void **state)
{
	static const uint8_t common[] = { 0x00, 0x0d, 0x0e, 0x11, 0x15 };

	for (uint32_t csi = 0; csi < COMMAND_SETS; csi++)
		for (size_t i = 0; i < sizeof(common); i++)
			assert_ptr_equal(command_kind((uint8_t)csi, common[i]),
					 command_kind(0, common[i]));
}

static void a_set_that_is_not_known_has_no_kinds(void **state)
{
	for (uint32_t csi = COMMAND_SETS; csi < 256; csi++)
		for (uint32_t opcode = 0; opcode < COMMAND_OPCODES; opcode++)
			assert_null(command_kind((uint8_t)csi, (uint8_t)opcode));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_has_all_that_its_command_needs),
		cmocka_unit_test(each_set_has_flush_and_reservations),
		cmocka_unit_test(a_set_that_is_not_known_has_no_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
