/* SPDX-License-Identifier: BSD-3-Clause */
/* Segments of a command's data: how they are gathered, moved and compared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "softctrl/ring/data.h"

#define BASE UINT64_C(0x10000)

static uint8_t memory_bytes[4096];

static void *map(void *context, uint64_t iova, uint64_t bytes)
{
	uint64_t offset = iova - BASE;

	if (iova < BASE || offset > sizeof(memory_bytes) || bytes > sizeof(memory_bytes) - offset)
		return NULL;
	return memory_bytes + offset;
}

static const struct sc_memory memory = { .dma = { .map = map }, .page_shift = 12 };

static struct sc_data data_of(struct iovec *iov, uint32_t niov_max)
{
	return (struct sc_data){ .memory = &memory, .iov = iov, .niov_max = niov_max };
}

static void neighbours_are_joined(void **state)
{
	struct iovec iov[3] = { { 0 } };
	struct sc_data data = data_of(iov, 3);

	assert_int_equal(sc_data_append(&data, BASE, 100), 0);
	assert_int_equal(sc_data_append(&data, BASE + 100, 50), 0);
	assert_int_equal(data.niov, 1);
	assert_int_equal(iov[0].iov_len, 150);
	assert_int_equal(sc_data_append(&data, BASE + 151, 1), 0);
	assert_int_equal(sc_data_append(&data, BASE, 4), 0);
	assert_int_equal(data.niov, 3);
	assert_ptr_equal(iov[1].iov_base, memory_bytes + 151);
	assert_ptr_equal(iov[2].iov_base, memory_bytes);
}

static void segments_have_a_limit_and_a_place(void **state)
{
	struct iovec iov[1];
	struct sc_data data = data_of(iov, 1);

	assert_int_equal(sc_data_append(&data, BASE - 1, 1), 0x004);
	assert_int_equal(sc_data_append(&data, BASE + sizeof(memory_bytes), 1), 0x004);
	assert_int_equal(sc_data_append(&data, UINT64_MAX, 2), 0x004);
	assert_int_equal(data.niov, 0);
	assert_int_equal(sc_data_append(&data, BASE, 10), 0);
	assert_int_equal(sc_data_append(&data, BASE + 20, 10), 0x400e); /* Do Not Retry */
	assert_int_equal(sc_data_append(&data, BASE + 10, 10), 0);
	assert_int_equal(data.niov, 1);
}

static struct sc_data three_segments(struct iovec iov[3])
{
	struct sc_data data = data_of(iov, 3);

	assert_int_equal(sc_data_append(&data, BASE + 1000, 3), 0);
	assert_int_equal(sc_data_append(&data, BASE + 10, 1), 0);
	assert_int_equal(sc_data_append(&data, BASE + 2000, 4), 0);
	return data;
}

static void data_moves_in_order(void **state)
{
	struct iovec iov[3];
	struct sc_data data = three_segments(iov);
	char text[9] = { 0 };

	sc_data_write(&data, "abcdefgh");
	assert_memory_equal(memory_bytes + 1000, "abc", 3);
	assert_memory_equal(memory_bytes + 10, "d", 1);
	assert_memory_equal(memory_bytes + 2000, "efgh", 4);
	sc_data_read(&data, text);
	assert_string_equal(text, "abcdefgh");
}

static void parts_are_compared_at_any_place(void **state)
{
	static const char text[] = "abcdefgh";
	struct iovec iov[3];
	struct sc_data data = three_segments(iov);

	sc_data_write(&data, text);
	for (uint64_t at = 0; at < 8; at++) {
		for (uint64_t n = 0; n <= 8 - at; n++) {
			char other[9];

			assert_true(sc_data_equal(&data, at, text + at, n));
			memcpy(other, text + at, n);
			other[n ? n - 1 : 0] ^= 1;
			assert_int_equal(sc_data_equal(&data, at, other, n), n == 0);
		}
		/* The data ends before the bytes do. */
		assert_false(sc_data_equal(&data, at, text + at, 9 - at));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(neighbours_are_joined),
		cmocka_unit_test(segments_have_a_limit_and_a_place),
		cmocka_unit_test(data_moves_in_order),
		cmocka_unit_test(parts_are_compared_at_any_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
