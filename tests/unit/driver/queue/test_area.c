/* SPDX-License-Identifier: BSD-3-Clause */
/* Offsets into the memory that a caller names become addresses, and those that leave it are refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <upnvme/types.h>

#include "base/error.h"
#include "driver/queue/area.h"

static char data[100], metadata[20];
static const struct upnvme_area both = { .data = data,
					 .data_bytes = sizeof(data),
					 .metadata = metadata,
					 .metadata_bytes = sizeof(metadata) };

static struct upnvme_op at(uintptr_t offset, uintptr_t metadata_offset)
{
	return (struct upnvme_op){ .buf = (void *)offset, .metadata = (void *)metadata_offset };
}

static void refused(int rc, int err, uint32_t code, const char *word)
{
	assert_int_equal(rc, err);
	assert_int_equal(error_last()->code, code);
	assert_non_null(strstr(error_last()->text, word));
}

static void without_an_area_an_op_has_addresses(void **state)
{
	struct upnvme_op op = at(7, 9);

	assert_int_equal(area_place(NULL, &op, UINT64_MAX, UINT64_MAX), 0);
	assert_int_equal((uintptr_t)op.buf, 7);
	assert_int_equal((uintptr_t)op.metadata, 9);
}

static void offsets_are_within_their_memory_to_the_last_byte(void **state)
{
	struct upnvme_op op = at(90, 16);

	assert_int_equal(area_place(&both, &op, 10, 4), 0);
	assert_ptr_equal(op.buf, data + 90);
	assert_ptr_equal(op.metadata, metadata + 16);
	op = at(91, 16);
	refused(area_place(&both, &op, 10, 4), -EFAULT, UPNVME_ERR_BUFFER_SHORT, "data of 10");
	op = at(90, 17);
	refused(area_place(&both, &op, 10, 4), -EFAULT, UPNVME_ERR_BUFFER_SHORT, "metadata of 4");
	op = at(UINTPTR_MAX, 0);
	refused(area_place(&both, &op, 10, 4), -EFAULT, UPNVME_ERR_BUFFER_SHORT, "data of 10");
	op = at(0, 0);
	refused(area_place(&both, &op, 101, 4), -EFAULT, UPNVME_ERR_BUFFER_SHORT, "100 bytes");
}

/* Offset 0 into memory of its own is an offset; where data and metadata share memory, it says that there is none. */
static void offset_0_is_of_metadata_where_metadata_has_its_own_memory(void **state)
{
	struct upnvme_area one = both;
	struct upnvme_op op = at(4, 0);

	assert_int_equal(area_place(&both, &op, 10, 4), 0);
	assert_ptr_equal(op.metadata, metadata);
	one.metadata = one.data;
	op = at(4, 0);
	assert_int_equal(area_place(&one, &op, 10, 4), 0);
	assert_null(op.metadata);
	one.metadata = NULL;
	op = at(4, 0);
	assert_int_equal(area_place(&one, &op, 10, 4), 0);
	assert_null(op.metadata);
}

static void an_area_without_memory_gives_null_buffers(void **state)
{
	static const struct upnvme_area nothing;
	struct upnvme_op op = at(4, 8);

	assert_int_equal(area_place(&nothing, &op, 10, 4), 0);
	assert_null(op.buf);
	assert_null(op.metadata);
}

static void forms_with_addresses_are_refused(void **state)
{
	struct upnvme_op op = at(0, 0);

	op.form = UPNVME_FORM_IOV;
	refused(area_place(&both, &op, 10, 0), -EINVAL, UPNVME_ERR_ARGUMENT, "form 1");
	op.form = UPNVME_FORM_RAW;
	refused(area_refuse(&op), -EINVAL, UPNVME_ERR_ARGUMENT, "offsets only");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_an_area_an_op_has_addresses),
		cmocka_unit_test(offsets_are_within_their_memory_to_the_last_byte),
		cmocka_unit_test(offset_0_is_of_metadata_where_metadata_has_its_own_memory),
		cmocka_unit_test(an_area_without_memory_gives_null_buffers),
		cmocka_unit_test(forms_with_addresses_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
