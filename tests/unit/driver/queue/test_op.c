/* SPDX-License-Identifier: BSD-3-Clause */
/* Which ops are plain, and where in an area their data are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "driver/queue/op.h"
#include <upnvme/spec/opcode.h>

static bool is_free_to_be_anything(size_t byte)
{
	return (byte >= offsetof(struct upnvme_op, nsid) &&
		byte < offsetof(struct upnvme_op, dsm)) ||
	       (byte >= offsetof(struct upnvme_op, tag) &&
		byte < offsetof(struct upnvme_op, metadata));
}

/* Each byte of the frozen record in turn: a value that a short form cannot express makes an op not plain. */
static void an_op_is_plain_that_a_short_form_could_say(void **state)
{
	for (size_t i = 1; i < sizeof(struct upnvme_op); i++) {
		struct upnvme_op op = { .opcode = UPNVME_SPEC_CMD_READ };

		((uint8_t *)&op)[i] = 0x80;
		if (op_is_plain(&op, UPNVME_SPEC_CMD_READ) != is_free_to_be_anything(i))
			fail_msg("byte %zu", i);
		assert_false(op_is_plain(&op, UPNVME_SPEC_CMD_WRITE));
	}
}

static void data_past_the_end_of_the_area_are_refused(void **state)
{
	static char memory[8192];
	const struct ns_geometry geometry = { .block_bytes = 512 };
	const struct upnvme_area area = { .data = memory, .data_bytes = sizeof(memory) },
				 none = { 0 };
	struct upnvme_op op = { .buf = (void *)(uintptr_t)(8192 - 1024) };

	assert_ptr_equal(op_data(&op, &area, &geometry, 2), memory + 8192 - 1024);
	assert_null(op_data(&op, &area, &geometry, 3));
	assert_null(op_data(&op, &none, &geometry, 1));
	op.buf = (void *)(uintptr_t)(UINT64_MAX - 511); /* the end would be 0 */
	assert_null(op_data(&op, &area, &geometry, 1));
	op.buf = memory;
	assert_ptr_equal(op_data(&op, NULL, &geometry, 100), memory);
}

static void pages_of_an_area_begin_a_page_before_its_end(void **state)
{
	static char memory[4096];

	assert_int_equal(area_pages(&(struct upnvme_area){ .data = memory, .data_bytes = 4095 }),
			 0);
	assert_int_equal(area_pages(&(struct upnvme_area){ .data = memory, .data_bytes = 4096 }),
			 1);
	assert_int_equal(area_pages(&(struct upnvme_area){ .data_bytes = 1 << 20 }), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_op_is_plain_that_a_short_form_could_say),
		cmocka_unit_test(data_past_the_end_of_the_area_are_refused),
		cmocka_unit_test(pages_of_an_area_begin_a_page_before_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
