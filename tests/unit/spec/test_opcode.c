/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Opcodes: their lower bits tell the direction of the command's data.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <upnvme/spec/opcode.h>

static void commands_that_send_data_say_so_in_their_opcode(void **state)
{
	static const unsigned int opcodes[] = {
		UPNVME_SPEC_ADMIN_CREATE_IO_SQ,
		UPNVME_SPEC_ADMIN_CREATE_IO_CQ,
		UPNVME_SPEC_ADMIN_SET_FEATURES,
		UPNVME_SPEC_ADMIN_NAMESPACE_MANAGEMENT,
		UPNVME_SPEC_ADMIN_FIRMWARE_DOWNLOAD,
		UPNVME_SPEC_ADMIN_NAMESPACE_ATTACHMENT,
		UPNVME_SPEC_ADMIN_DIRECTIVE_SEND,
		UPNVME_SPEC_ADMIN_MI_SEND,
		UPNVME_SPEC_ADMIN_SECURITY_SEND,
		UPNVME_SPEC_CMD_WRITE,
		UPNVME_SPEC_CMD_COMPARE,
		UPNVME_SPEC_CMD_DATASET_MANAGEMENT,
		UPNVME_SPEC_CMD_RESERVATION_REGISTER,
		UPNVME_SPEC_CMD_RESERVATION_ACQUIRE,
		UPNVME_SPEC_CMD_RESERVATION_RELEASE,
		UPNVME_SPEC_CMD_COPY,
		UPNVME_SPEC_CMD_ZONE_MANAGEMENT_SEND,
		UPNVME_SPEC_CMD_ZONE_APPEND,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(opcodes) / sizeof(opcodes[0]); i++)
		assert_int_equal(UPNVME_SPEC_OPCODE_DIRECTION(opcodes[i]),
				 UPNVME_SPEC_DIRECTION_HOST_TO_CONTROLLER);
}

static void commands_that_fetch_data_say_so_in_their_opcode(void **state)
{
	static const unsigned int opcodes[] = {
		UPNVME_SPEC_ADMIN_GET_LOG_PAGE,     UPNVME_SPEC_ADMIN_IDENTIFY,
		UPNVME_SPEC_ADMIN_GET_FEATURES,     UPNVME_SPEC_ADMIN_DIRECTIVE_RECEIVE,
		UPNVME_SPEC_ADMIN_MI_RECEIVE,       UPNVME_SPEC_ADMIN_SECURITY_RECEIVE,
		UPNVME_SPEC_ADMIN_GET_LBA_STATUS,   UPNVME_SPEC_CMD_READ,
		UPNVME_SPEC_CMD_RESERVATION_REPORT, UPNVME_SPEC_CMD_ZONE_MANAGEMENT_RECEIVE,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(opcodes) / sizeof(opcodes[0]); i++)
		assert_int_equal(UPNVME_SPEC_OPCODE_DIRECTION(opcodes[i]),
				 UPNVME_SPEC_DIRECTION_CONTROLLER_TO_HOST);
}

static void commands_without_data_say_so_in_their_opcode(void **state)
{
	static const unsigned int opcodes[] = {
		UPNVME_SPEC_ADMIN_DELETE_IO_SQ,
		UPNVME_SPEC_ADMIN_DELETE_IO_CQ,
		UPNVME_SPEC_ADMIN_ABORT,
		UPNVME_SPEC_ADMIN_ASYNC_EVENT_REQUEST,
		UPNVME_SPEC_ADMIN_FIRMWARE_COMMIT,
		UPNVME_SPEC_ADMIN_DEVICE_SELF_TEST,
		UPNVME_SPEC_ADMIN_KEEP_ALIVE,
		UPNVME_SPEC_ADMIN_VIRTUALIZATION_MANAGEMENT,
		UPNVME_SPEC_ADMIN_CAPACITY_MANAGEMENT,
		UPNVME_SPEC_ADMIN_LOCKDOWN,
		UPNVME_SPEC_ADMIN_DOORBELL_BUFFER_CONFIG,
		UPNVME_SPEC_ADMIN_FORMAT_NVM,
		UPNVME_SPEC_ADMIN_SANITIZE,
		UPNVME_SPEC_CMD_FLUSH,
		UPNVME_SPEC_CMD_WRITE_UNCORRECTABLE,
		UPNVME_SPEC_CMD_WRITE_ZEROES,
		UPNVME_SPEC_CMD_VERIFY,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(opcodes) / sizeof(opcodes[0]); i++)
		assert_int_equal(UPNVME_SPEC_OPCODE_DIRECTION(opcodes[i]),
				 UPNVME_SPEC_DIRECTION_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_that_send_data_say_so_in_their_opcode),
		cmocka_unit_test(commands_that_fetch_data_say_so_in_their_opcode),
		cmocka_unit_test(commands_without_data_say_so_in_their_opcode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
