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

#include "spec/opcode.h"

static void commands_that_send_data_say_so_in_their_opcode(void **state)
{
	static const unsigned int opcodes[] = {
		NVME_ADMIN_CREATE_IO_SQ,
		NVME_ADMIN_CREATE_IO_CQ,
		NVME_ADMIN_SET_FEATURES,
		NVME_ADMIN_NAMESPACE_MANAGEMENT,
		NVME_ADMIN_FIRMWARE_DOWNLOAD,
		NVME_ADMIN_NAMESPACE_ATTACHMENT,
		NVME_ADMIN_DIRECTIVE_SEND,
		NVME_ADMIN_MI_SEND,
		NVME_ADMIN_SECURITY_SEND,
		NVME_CMD_WRITE,
		NVME_CMD_COMPARE,
		NVME_CMD_DATASET_MANAGEMENT,
		NVME_CMD_RESERVATION_REGISTER,
		NVME_CMD_RESERVATION_ACQUIRE,
		NVME_CMD_RESERVATION_RELEASE,
		NVME_CMD_COPY,
		NVME_CMD_ZONE_MANAGEMENT_SEND,
		NVME_CMD_ZONE_APPEND,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(opcodes) / sizeof(opcodes[0]); i++)
		assert_int_equal(NVME_OPCODE_DIRECTION(opcodes[i]),
				 NVME_DIRECTION_HOST_TO_CONTROLLER);
}

static void commands_that_fetch_data_say_so_in_their_opcode(void **state)
{
	static const unsigned int opcodes[] = {
		NVME_ADMIN_GET_LOG_PAGE,     NVME_ADMIN_IDENTIFY,
		NVME_ADMIN_GET_FEATURES,     NVME_ADMIN_DIRECTIVE_RECEIVE,
		NVME_ADMIN_MI_RECEIVE,       NVME_ADMIN_SECURITY_RECEIVE,
		NVME_ADMIN_GET_LBA_STATUS,   NVME_CMD_READ,
		NVME_CMD_RESERVATION_REPORT, NVME_CMD_ZONE_MANAGEMENT_RECEIVE,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(opcodes) / sizeof(opcodes[0]); i++)
		assert_int_equal(NVME_OPCODE_DIRECTION(opcodes[i]),
				 NVME_DIRECTION_CONTROLLER_TO_HOST);
}

static void commands_without_data_say_so_in_their_opcode(void **state)
{
	static const unsigned int opcodes[] = {
		NVME_ADMIN_DELETE_IO_SQ,
		NVME_ADMIN_DELETE_IO_CQ,
		NVME_ADMIN_ABORT,
		NVME_ADMIN_ASYNC_EVENT_REQUEST,
		NVME_ADMIN_FIRMWARE_COMMIT,
		NVME_ADMIN_DEVICE_SELF_TEST,
		NVME_ADMIN_KEEP_ALIVE,
		NVME_ADMIN_VIRTUALIZATION_MANAGEMENT,
		NVME_ADMIN_CAPACITY_MANAGEMENT,
		NVME_ADMIN_LOCKDOWN,
		NVME_ADMIN_DOORBELL_BUFFER_CONFIG,
		NVME_ADMIN_FORMAT_NVM,
		NVME_ADMIN_SANITIZE,
		NVME_CMD_FLUSH,
		NVME_CMD_WRITE_UNCORRECTABLE,
		NVME_CMD_WRITE_ZEROES,
		NVME_CMD_VERIFY,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(opcodes) / sizeof(opcodes[0]); i++)
		assert_int_equal(NVME_OPCODE_DIRECTION(opcodes[i]), NVME_DIRECTION_NONE);
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
