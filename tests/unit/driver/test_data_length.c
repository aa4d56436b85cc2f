/* SPDX-License-Identifier: BSD-3-Clause */
/* What known commands move, by their dwords, and buffers that say otherwise. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <upnvme/types.h>

#include "base/error.h"
#include "base/util.h"
#include "driver/data_length.h"
#include "driver/ns.h"
#include <upnvme/spec/sqe.h>

static void refused(int rc, uint32_t code, const char *word)
{
	assert_int_equal(rc, -EINVAL);
	assert_int_equal(error_last()->code, code);
	if (!strstr(error_last()->text, word))
		fail_msg("no \"%s\" in: %s", word, error_last()->text);
}

static void admin_commands_need_a_buffer_for_all_their_data(void **state)
{
	static const struct {
		uint8_t opcode;
		uint32_t cdw10, cdw11, cdw12, direction, bytes;
	} moves[] = {
		{ 0x06, 1, 0, 0, 2, 4096 },            /* Identify */
		{ 0x02, 0x007f0002, 0, 0, 2, 512 },    /* Get Log Page */
		{ 0x02, 0xffff0002, 0, 0, 2, 262144 }, /* as large as NUMDL says */
		{ 0x02, 0x00000002, 1, 0, 2, 262148 }, /* and NUMDU */
		{ 0x0a, 0x0e, 0, 0, 2, 8 },            /* Get Features: timestamp */
		{ 0x0a, 0x03, 0, 0, 2, 4096 },         /* LBA range type */
		{ 0x0a, 0x0c, 0, 0, 2, 256 },          /* power state transitions */
		{ 0x0a, 0x16, 0, 0, 2, 512 },          /* host behavior */
		{ 0x0a, 0x81, 0, 0, 2, 8 },            /* host identifier */
		{ 0x0a, 0x81, 1, 0, 2, 16 },           /* of 128 bits */
		{ 0x0a, 0x20e, 0, 0, 2, 8 },           /* the saved one */
		{ 0x09, 0x0e, 0, 0, 1, 8 },            /* Set Features */
		{ 0x09, 0x7f, 0, 0, 1, 4096 },         /* namespace metadata */
		{ 0x0d, 0, 0, 0, 1, 4096 },            /* Namespace Management: create */
		{ 0x15, 0, 0, 0, 1, 4096 },            /* Namespace Attachment */
		{ 0x11, 1023, 0, 0, 1, 4096 },         /* Firmware Image Download */
		{ 0x81, 0, 512, 0, 1, 512 },           /* Security Send */
		{ 0x82, 0, 512, 0, 2, 512 },           /* Security Receive */
		{ 0x86, 0, 0, 5, 2, 24 },              /* Get LBA Status */
	};

	for (size_t i = 0; i < ARRAY_SIZE(moves); i++) {
		struct upnvme_spec_sqe sqe = { .opcode = moves[i].opcode,
					       .cdw10 = moves[i].cdw10,
					       .cdw11 = moves[i].cdw11,
					       .cdw12 = moves[i].cdw12 };
		uint32_t direction = moves[i].direction, bytes = moves[i].bytes;

		assert_int_equal(data_length_check_admin(&sqe, direction, bytes), 0);
		assert_int_equal(data_length_check_admin(&sqe, direction, bytes + 4), 0);
		refused(data_length_check_admin(&sqe, direction, bytes - 1), UPNVME_ERR_TRANSFER,
			"at least");
		refused(data_length_check_admin(&sqe, UPNVME_DATA_NONE, 0), UPNVME_ERR_TRANSFER,
			"buffer has 0");
		refused(data_length_check_admin(&sqe, 3 - direction, bytes), UPNVME_ERR_ARGUMENT,
			"direction");
	}
}

static void unknown_admin_commands_may_move_any_number_of_bytes(void **state)
{
	static const struct {
		uint8_t opcode;
		uint32_t cdw10;
	} free_ones[] = { { 0xc1, 0 }, { 0x18, 0 },     { 0x0a, 0x04 }, { 0x09, 0x04 },
			  { 0x0d, 1 }, { 0x0a, 0x30e }, { 0x0a, 0xc0 }, { 0x19, 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(free_ones); i++) {
		struct upnvme_spec_sqe sqe = { .opcode = free_ones[i].opcode,
					       .cdw10 = free_ones[i].cdw10 };

		assert_int_equal(data_length_check_admin(&sqe, UPNVME_DATA_NONE, 0), 0);
		assert_int_equal(data_length_check_admin(&sqe, UPNVME_DATA_TO_DEVICE, 64), 0);
	}
}

static const struct ns_geometry plain = { .nblocks = 1000, .block_bytes = 512, .data_bytes = 512 };
static const struct ns_geometry extended = { .nblocks = 1000,
					     .block_bytes = 520,
					     .data_bytes = 512,
					     .metadata_bytes = 8,
					     .metadata_extended = true,
					     .protection = 1,
					     .pi_bytes = 8 };
static const struct ns_geometry separate = { .nblocks = 1000,
					     .block_bytes = 512,
					     .data_bytes = 512,
					     .metadata_bytes = 8,
					     .protection = 1,
					     .pi_bytes = 8 };
/* With a guard of 64 bits. */
static const struct ns_geometry wide = { .nblocks = 1000,
					 .block_bytes = 528,
					 .data_bytes = 512,
					 .metadata_bytes = 16,
					 .metadata_extended = true,
					 .protection = 1,
					 .pi_bytes = 16 };
/* The same metadata, and a guard of 16 bits. */
static const struct ns_geometry roomy = { .nblocks = 1000,
					  .block_bytes = 528,
					  .data_bytes = 512,
					  .metadata_bytes = 16,
					  .metadata_extended = true,
					  .protection = 1,
					  .pi_bytes = 8 };

#define PRACT (1u << 29)

static void io_commands_move_as_many_bytes_as_their_dwords_say(void **state)
{
	static const struct {
		uint8_t opcode;
		const struct ns_geometry *geometry;
		uint32_t cdw10, cdw12, direction, bytes;
	} moves[] = {
		{ 0x02, &plain, 0, 103, 2, 104 * 512 }, /* Read */
		{ 0x01, &plain, 0, 0, 1, 512 },         /* Write */
		{ 0x05, &plain, 0, 65535, 1, 65536 * 512 },
		{ 0x02, &extended, 0, 7, 2, 8 * 520 },
		{ 0x02, &extended, 0, 7 | PRACT, 2, 8 * 512 },
		{ 0x01, &separate, 0, 7 | PRACT, 1, 8 * 512 },
		{ 0x01, &wide, 0, 7 | PRACT, 1, 8 * 512 },
		{ 0x02, &roomy, 0, 7 | PRACT, 2, 8 * 528 },
		{ 0x09, NULL, 3, 0, 1, 4 * 16 },     /* Dataset Management */
		{ 0x19, NULL, 0, 3, 1, 4 * 32 },     /* Copy */
		{ 0x19, NULL, 0, 0x103, 1, 4 * 40 }, /* of the other format */
		{ 0x0d, NULL, 0, 0, 1, 16 },         /* reservations */
		{ 0x0e, NULL, 1023, 0, 2, 4096 },
		{ 0x11, NULL, 0, 0, 1, 16 },
		{ 0x15, NULL, 0, 0, 1, 8 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(moves); i++) {
		struct upnvme_raw raw = { .cdw = { moves[i].opcode },
					  .data_bytes = moves[i].bytes,
					  .direction = moves[i].direction };

		raw.cdw[10] = moves[i].cdw10;
		raw.cdw[12] = moves[i].cdw12;
		assert_int_equal(data_length_check_io(&raw, moves[i].geometry), 0);
		raw.data_bytes--;
		refused(data_length_check_io(&raw, moves[i].geometry), UPNVME_ERR_TRANSFER,
			"give the same number");
		raw.data_bytes += 2;
		refused(data_length_check_io(&raw, moves[i].geometry), UPNVME_ERR_TRANSFER,
			"give the same number");
		raw.data_bytes--;
		raw.direction = UPNVME_DATA_NONE;
		refused(data_length_check_io(&raw, moves[i].geometry), UPNVME_ERR_TRANSFER,
			"but 0");
		raw.direction = 3 - moves[i].direction;
		refused(data_length_check_io(&raw, moves[i].geometry), UPNVME_ERR_ARGUMENT,
			"direction");
	}
}

static void io_commands_without_data_have_none(void **state)
{
	static const uint8_t opcodes[] = { 0x00, 0x04, 0x08, 0x0c };

	for (size_t i = 0; i < ARRAY_SIZE(opcodes); i++) {
		struct upnvme_raw raw = { .cdw = { opcodes[i] } };

		raw.cdw[12] = 7;
		assert_int_equal(data_length_check_io(&raw, &plain), 0);
		assert_int_equal(data_length_check_io(&raw, NULL), 0);
		raw.data_bytes = 4096;
		raw.direction = UPNVME_DATA_TO_DEVICE;
		refused(data_length_check_io(&raw, &plain), UPNVME_ERR_TRANSFER, "0 bytes");
	}
}

static void separate_metadata_that_is_too_short_is_refused(void **state)
{
	static char metadata[64];
	struct upnvme_raw raw = { .cdw = { 0x02 },
				  .data_bytes = 8 * 512,
				  .direction = UPNVME_DATA_FROM_DEVICE,
				  .metadata = metadata,
				  .metadata_bytes = 64 };

	raw.cdw[12] = 7;
	assert_int_equal(data_length_check_io(&raw, &separate), 0);
	raw.metadata_bytes = 63;
	refused(data_length_check_io(&raw, &separate), UPNVME_ERR_METADATA, "64 bytes");
	raw.metadata = NULL;
	raw.metadata_bytes = 0;
	refused(data_length_check_io(&raw, &separate), UPNVME_ERR_METADATA, "buffer has 0");
}

static void lengths_of_unknown_commands_are_not_checked(void **state)
{
	struct upnvme_raw raw = { .cdw = { 0x81 },
				  .data_bytes = 12,
				  .direction = UPNVME_DATA_TO_DEVICE };

	assert_int_equal(data_length_check_io(&raw, &plain), 0);
	raw.cdw[0] = 0x01;
	assert_int_equal(data_length_check_io(&raw, NULL), 0); /* of a format that is not known */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(admin_commands_need_a_buffer_for_all_their_data),
		cmocka_unit_test(unknown_admin_commands_may_move_any_number_of_bytes),
		cmocka_unit_test(io_commands_move_as_many_bytes_as_their_dwords_say),
		cmocka_unit_test(io_commands_without_data_have_none),
		cmocka_unit_test(separate_metadata_that_is_too_short_is_refused),
		cmocka_unit_test(lengths_of_unknown_commands_are_not_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
