/* SPDX-License-Identifier: BSD-3-Clause */
/* What the driver holds of each admin command, beside tables that were made from the specification. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "driver/commands/admin.h"
#include <upnvme/spec/sqe.h>

static bool is_among(uint32_t opcode, const uint8_t *opcodes, size_t n)
{
	return memchr(opcodes, (int)opcode, n) != NULL;
}

static void flag_is_on(uint32_t flag, const uint8_t *opcodes, size_t n)
{
	for (uint32_t opcode = 0; opcode < 256; opcode++)
		assert_int_equal((admin_kind((uint8_t)opcode)->flags & flag) != 0,
				 is_among(opcode, opcodes, n));
}
#define FLAG_IS_ON(flag, ...) \
	flag_is_on(flag, (uint8_t[]){ __VA_ARGS__ }, sizeof((uint8_t[]){ __VA_ARGS__ }))

/* Queues (5.4 to 5.7), events (5.2), shadow doorbells (5.11). */
static void queues_events_and_doorbells_are_the_drivers_own(void **state)
{
	FLAG_IS_ON(ADMIN_DRIVERS, 0x00, 0x01, 0x04, 0x05, 0x0c, 0x7c);
}

/* Format NVM, Namespace Management and Attachment, Sanitize, Capacity Management. */
static void commands_that_change_formats_are_known_without_the_effects_log(void **state)
{
	FLAG_IS_ON(ADMIN_CHANGES_NS, 0x0d, 0x15, 0x20, 0x80, 0x84);
}

/* What is needed to open a controller, to read its namespaces, and to keep it alive. */
static void commands_that_the_library_runs_itself_change_no_namespace(void **state)
{
	FLAG_IS_ON(ADMIN_KEEPS_NS, 0x00, 0x01, 0x02, 0x04, 0x05, 0x06, 0x08, 0x0a, 0x0c, 0x18);
	FLAG_IS_ON(ADMIN_SETTINGS, 0x09);
}

static void no_command_both_changes_and_keeps_namespaces(void **state)
{
	for (uint32_t opcode = 0; opcode < 256; opcode++) {
		uint32_t flags = admin_kind((uint8_t)opcode)->flags;

		assert_false(flags & ADMIN_KEEPS_NS && flags & (ADMIN_CHANGES_NS | ADMIN_SETTINGS));
	}
}

/* Bits 1:0 of an opcode tell whose data it has (3.3.3.1, Figure 86): where they say none, none is counted. */
static void only_commands_with_data_count_bytes(void **state)
{
	static const uint8_t known[] = {
		0x02, 0x06, 0x09, 0x0a, 0x0d, 0x11, 0x15, 0x81, 0x82, 0x86
	};

	for (uint32_t opcode = 0; opcode < 256; opcode++) {
		const struct admin_kind *kind = admin_kind((uint8_t)opcode);

		assert_int_equal(kind->bytes != NULL, is_among(opcode, known, sizeof(known)));
		assert_true(!kind->bytes || opcode & 3);
	}
}

static void long_commands_have_a_time_of_their_own(void **state)
{
	static const uint8_t slow[] = { 0x10, 0x11, 0x80, 0x84 };

	for (uint32_t opcode = 0; opcode < 256; opcode++)
		assert_int_equal(admin_kind((uint8_t)opcode)->work_ns != NULL,
				 is_among(opcode, slow, sizeof(slow)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queues_events_and_doorbells_are_the_drivers_own),
		cmocka_unit_test(commands_that_change_formats_are_known_without_the_effects_log),
		cmocka_unit_test(commands_that_the_library_runs_itself_change_no_namespace),
		cmocka_unit_test(no_command_both_changes_and_keeps_namespaces),
		cmocka_unit_test(only_commands_with_data_count_bytes),
		cmocka_unit_test(long_commands_have_a_time_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
